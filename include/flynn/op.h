/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_OP_H
#define FLYNN_OP_H

#include <flynn/image.h>

/** The op model: what an op says about itself (struct flynn_op), what one use of it in a chain becomes
 * (struct flynn_node, made of struct flynn_stage), and what its kernels are handed (struct flynn_call).
 *
 * An op's metadata and scalar reference stand in cpu/NAME.c; its SIMD kernels in simd/NAME.c; its OpenCL kernels in
 * kernels/NAME.cl. `lower` runs once per use, on the host: it checks the parameters against the input's shape, computes
 * every coefficient and table, and describes one or more stages. Kernels only execute stages; they cannot fail. */

struct flynn_node;
struct flynn_stage;
struct flynn_op;

/* ---- parameters ---------------------------------------------------------------------------------------------- */

enum flynn_param_kind {
    FLYNN_PARAM_REAL,   /**< a finite decimal number, or "50%" for 0.5 */
    FLYNN_PARAM_INT,    /**< a whole number */
    FLYNN_PARAM_SAMPLE, /**< a sample value in the type's own units, or a percentage of white: "128", "50%" */
    FLYNN_PARAM_CHOICE, /**< one of `choices` */
    FLYNN_PARAM_INPUT,  /**< a second image or matrix: a path or gen:... */
};

/** One parameter. The first of an op needs no key. */
struct flynn_param {
    const char *name;
    enum flynn_param_kind kind;
    double min, max;     /**< REAL and INT: the closed range; SAMPLE: 0..white of the type always */
    const char *preset;  /**< the default, as a user would write it; NULL: required, ""; optional and then not `set` */
    const char *choices; /**< CHOICE: "nearest|bilinear", values are numbered from 0 */
    const char *help;    /**< one line, with the unit */
};

/** A parameter's value in one use of an op. */
struct flynn_value {
    bool set;                  /**< given by the user or by a default */
    double real;               /**< REAL; INT and CHOICE as a number too; SAMPLE as written, or a fraction of white */
    int integer;               /**< INT; CHOICE: its number */
    bool percent;              /**< SAMPLE: `real` is a fraction of white (0.5 for "50%") */
    struct flynn_image *input; /**< INPUT: owned by the chain */
};

#define FLYNN_MAX_PARAMS 24

/* ---- kernels ------------------------------------------------------------------------------------------------- */

/** What a kernel is handed. Which fields are valid depends on the stage's kind.
 *
 * Kernels write exactly the samples they are asked for: rows out[0..rows), pixels [x, x + width). They may read input
 * columns from in_x - left to in_x + (input width) + right - 1, and, when the stage has left or right > 0 or declares
 * `padded`, FLYNN_ROW_PAD bytes more on either side (whose values are arbitrary). They keep no state of their own and
 * leave the floating-point environment as they found it. Different calls run at the same time on different rows. */
struct flynn_call {
    const struct flynn_stage *stage;

    /* rows and reduce */
    const void *const *in;   /**< in[k]: input row flynn_stage_first(stage, y) + k from column in_x on; border rows are
                                  already in place */
    const void *const *with; /**< with[k]: row y + k of the second input, or of what is `beside`, from column x on; or
                                  NULL */
    void *const *out;        /**< rows: out[k] is output row y + k from column x on */
    int y, rows;             /**< output rows [y, y + rows), rows <= stage->step; reduce: input rows */
    int x, width;            /**< output columns [x, x + width), in pixels; reduce: input columns */
    int in_x;                /**< the input column that in[] points at: x, or what the stage's `part` says */
    bool stream; /**< rows, whole: the output is larger than the caches; streaming stores pay, and need no fence */
    void *state; /**< state_bytes, zeroed at the start of each strip, kept over its consecutive rows */
    void *acc;   /**< reduce: this worker's accumulator */

    /* whole */
    const struct flynn_image *src, *src2, *dst; /**< the whole input, second input and output */
    void *scratch;                              /**< scratch_bytes, 64-byte aligned, private to the worker */

    /* after a stage that is `aside` */
    const struct flynn_image *side; /**< its result */

    /* whole, with `team` */
    int member, members;      /**< this call is number `member` of `members` that run at the same time */
    void (*meet)(void *team); /**< see flynn_team_wait */
    void *team;
    void *shared; /**< member 0's scratch, which all members may use together */
};

/** Wait until all members of the team have come here; what they wrote before is then seen by all. */
static inline void flynn_team_wait(const struct flynn_call *call)
{
    if (call->members > 1)
        call->meet(call->team);
}

typedef void flynn_kernel(const struct flynn_call *call);

#define FLYNN_ROW_PAD    64 /**< bytes that may be read beyond the border columns of a padded row */
#define FLYNN_OP_KERNELS 8

/** The kernels of one op in one table, by slot (numbered by the op) and by the type of the stage's `variant`.
 * A missing kernel is NULL and falls to the next lower table. */
struct flynn_kernels {
    flynn_kernel *fn[FLYNN_OP_KERNELS][FLYNN_N_TYPES];
};

/* ---- stages -------------------------------------------------------------------------------------------------- */

enum flynn_stage_kind {
    FLYNN_ROWS,   /**< output row y needs a window of input rows */
    FLYNN_WHOLE,  /**< output bands are independent, but any input row may be read */
    FLYNN_REDUCE, /**< rows go into accumulators, which are merged in the order of the rows */
};

/** OpenCV's border modes: constant iiii|abcd|iiii, replicate aaaa|abcd|dddd, reflect dcba|abcd|dcba,
 * reflect101 edcb|abcd|cbab, wrap abcd|abcd|abcd. */
enum flynn_border { FLYNN_CONSTANT, FLYNN_REPLICATE, FLYNN_REFLECT, FLYNN_REFLECT101, FLYNN_WRAP };
#define FLYNN_BORDER_CHOICES "constant|replicate|reflect|reflect101|wrap"

/** The two parameters of every op with borders. */
#define FLYNN_PARAM_BORDER                                                                                             \
    {                                                                                                                  \
        .name = "border", .kind = FLYNN_PARAM_CHOICE, .preset = "reflect101", .choices = FLYNN_BORDER_CHOICES,         \
        .help = "what lies outside of the image"                                                                       \
    }
#define FLYNN_PARAM_FILL                                                                                               \
    {                                                                                                                  \
        .name = "fill", .kind = FLYNN_PARAM_SAMPLE, .preset = "0", .help = "the sample outside, for border=constant"   \
    }

/** Where the coordinate i of an axis of length n comes from; -1 for FLYNN_CONSTANT outside of the axis. */
int flynn_border_index(enum flynn_border border, int64_t i, int n);

#define FLYNN_STAGE_INTS   16
#define FLYNN_STAGE_FLOATS 8
#define FLYNN_STAGE_TABLES 4
#define FLYNN_MAX_STAGES   6
#define FLYNN_MAX_LAUNCHES 12

/** A table that kernels read: made on the host, owned by the node, 64-byte aligned. */
struct flynn_table_data {
    const void *data;
    size_t bytes;
};

/** Some columns of a rows stage whose kernels make whole rows: see `part` below. */
struct flynn_part {
    int x, width; /**< output columns [x, x + width) are to be made */
    int from, to; /**< input columns [from, to) are read for them */
    int in_x;     /**< the input column that in[] will point at; it may lie outside of [from, to) */
};

/** One step of an op. The meaning of k, f, d and table is the op's own and is written down at its scalar kernel. */
struct flynn_stage {
    enum flynn_stage_kind kind;
    int kernel; /**< slot in struct flynn_kernels */
    enum flynn_type
        variant; /**< column in struct flynn_kernels; set from the input's type unless lower sets it after */
    const struct flynn_op *op; /**< whose kernels run the stage: the node's own, unless lower names another op, of which
                                    it makes a use with other coefficients */
    struct flynn_shape in, out;

    /* rows: the window of output row y is [y - up, y + down], or, when `first` is set, [first[y], first[y] + taps). */
    int up, down;
    const int32_t *first; /**< out.height entries, nondecreasing, inside the image */
    int taps;
    int left, right; /**< border columns that kernels read, in pixels */
    bool padded;     /**< wants FLYNN_ROW_PAD readable bytes although it has no border columns */
    enum flynn_border border;
    double border_value; /**< FLYNN_CONSTANT: sample value in the units of the stage's input type */
    int step;            /**< most rows that one call makes; 1 when 0 */
    /** rows and reduce: kernels take whole rows alone. Those of other stages take any columns, if rows are as long
     * after the stage as before, and keep in `state` what belongs to these columns. */
    bool full_width;
    /** rows: turn *stage, a copy, into one that makes columns [part->x, part->x + part->width) alone, and put the rest
     * of *part right, which is set for kernels that take any columns. Kernels of whole rows are then called for these
     * columns as if there were no others, but that in[] points at column part->in_x. It may take state_bytes down to
     * what these columns need. NULL: rows of kernels that take whole rows cannot be cut, and others need nothing else.
     */
    void (*part)(struct flynn_stage *stage, struct flynn_part *part);
    int part_columns; /**< parts begin at multiples of so many columns; 1 when 0 */

    int32_t k[FLYNN_STAGE_INTS];
    float f[FLYNN_STAGE_FLOATS];
    double d[2];
    struct flynn_table_data table[FLYNN_STAGE_TABLES];
    const struct flynn_image *with; /**< second input: for rows stages as large as the output */

    /** rows: with[] are rows of the node's input, which has as many rows as the output. The stages of the node up to
     * this one are rows stages whose windows hold the output row itself, without `first`, and the first one is no
     * table. */
    bool beside;

    /** reduce: the result does not take the place of the data. The next stage reads what this one read, and it and all
     * later ones of the node get the result as call->side. The last stage of a node cannot be aside. */
    bool aside;

    /** After a stage that is aside: table[0] is its result, which has one row and takes up table[0].bytes. */
    bool side_table;

    /** reduce: makes the result instead of the op's own `finish`; NULL: that one. */
    void (*finish)(const struct flynn_stage *stage, const void *acc, const struct flynn_image *dst);

    /** whole: all workers run the kernel at the same time, each for the whole output; they share out the work by member
     * and members, and meet at flynn_team_wait. The output must not depend on the number of members. */
    bool team;

    /** whole, with `team`: the input may lie in the memory of the output, so that its row y ends where the output's row
     * y + `below` ends, and the output may be written over it. Kernels have read what they overwrite. */
    bool in_place;
    int below;

    /** whole: looks at the complete output and fails where the input had no result, as a singular matrix has none.
     * Kernels themselves go on to the end, and what they leave then is as exactly defined as any result. NULL: nothing
     * can be wrong. */
    int (*check)(const struct flynn_stage *stage, const struct flynn_image *out, struct flynn_err *err);

    const uint8_t *lut; /**< u8 to u8: the stage is this table of 256 on every sample but alpha; NULL if it is not */

    size_t state_bytes;   /**< rows */
    size_t acc_bytes;     /**< reduce: zeroed before use */
    size_t scratch_bytes; /**< whole */
    int band;             /**< whole: bands start at multiples of this many output rows; 1 when 0 */

    bool costly; /**< arithmetic per sample is heavy (tens of operations and more): worth threads on small images too */
};

/** First input row of output row y, before borders are applied. */
static inline int flynn_stage_first(const struct flynn_stage *stage, int y)
{
    return stage->first ? stage->first[y] : y - stage->up;
}

/** Input rows that one output row needs. */
static inline int flynn_stage_taps(const struct flynn_stage *stage)
{
    return stage->first ? stage->taps : stage->up + stage->down + 1;
}

/** The devices that do a launch: long items with memory of their own pay on CPUs, many independent ones elsewhere. */
enum flynn_launch_on { FLYNN_ON_ANY, FLYNN_ON_CPU, FLYNN_ON_OTHERS };

/** One OpenCL kernel launch. An op whose stages map one to one to kernels sets `cl` below and leaves the rest to the
 * launcher; an op that does better with other steps describes them in lower with flynn_node_launch.
 *
 * Every kernel has the same arguments (kernels/common.clh):
 *   (const T *in, const T *with, OUT *out, struct flynn_args a, const uchar *table0, ..., table3) */
struct flynn_launch {
    const char *kernel;              /**< function in kernels/NAME.cl; the file is compiled once per variant type */
    const struct flynn_stage *stage; /**< k, f, d, tables and shapes */
    struct flynn_shape in, out;      /**< shapes of the buffers; set from the stage by flynn_node_launch */
    int item_x, item_y;   /**< an item makes item_x units of the output row in item_y rows; 0: the launcher chooses */
    int item_y_cpu;       /**< item_y on CPU devices, where few long items pay; 0: item_y */
    bool per_pixel;       /**< item_x counts pixels; otherwise samples */
    bool zero_out;        /**< clear the output before the launch (accumulating kernels) */
    int local_x, local_y; /**< required local size, 0: free */
    int items_x, items_y; /**< explicit global size for kernels that are not laid out over the output; 0: from item_* */
    bool beside;          /**< `with` is the node's input */

    /** The output does not take the place of the data: the next launch reads what this one read, and it and the later
     * ones of the node get the output as `with` until the next launch that is aside. It may read the one before it so.
     */
    bool aside;

    bool again; /**< works in place on the output of the launch before, whose input it has too */
    int repeat; /**< this launch and the group - 1 after it, all `again`, are done so many times in turn, with a.turn
                     from 0; 1 when 0 */
    int group;  /**< how many launches that is; 1 when 0 */

    enum flynn_launch_on on; /**< other devices leave it out: an op may have a sequence of launches for each kind */
};

/* ---- ops ----------------------------------------------------------------------------------------------------- */

#define FLYNN_TYPE_BIT(type) (1u << (type))
#define FLYNN_IMAGE_TYPES    (FLYNN_TYPE_BIT(FLYNN_U8) | FLYNN_TYPE_BIT(FLYNN_U16) | FLYNN_TYPE_BIT(FLYNN_F32))
#define FLYNN_MATRIX_TYPES   (FLYNN_TYPE_BIT(FLYNN_F32) | FLYNN_TYPE_BIT(FLYNN_F64))
#define FLYNN_CHANNEL_BIT(n) (1u << (n))
#define FLYNN_ANY_CHANNELS   0x1eu

/** An op. All strings are static; the definition is what two people need to compute the same bits. */
struct flynn_op {
    const char *name;
    const char *aliases;    /**< names of the same thing elsewhere, separated by blanks; "" for none */
    const char *group;      /**< "point", "filter", "geometry", "statistics", "matrix" */
    const char *summary;    /**< one line */
    const char *definition; /**< exact: expression, rounding, borders; several lines */
    const char *source;     /**< where the definition or the algorithm comes from */
    struct flynn_param params[FLYNN_MAX_PARAMS]; /**< ends at the first without a name */
    unsigned types;                              /**< FLYNN_TYPE_BIT of each input type */
    unsigned channels;                           /**< FLYNN_CHANNEL_BIT of each channel count */
    enum flynn_stage_kind kind;                  /**< of its first stage, for the catalogue */
    bool square_second; /**< tests: the second input is input width x input width rather than of the input's shape */
    /** Tests: turn the input's shape into that of second input number `param`; NULL: as square_second says. `value` is
     * NULL while the parameters are not known, unless square_second is set. */
    void (*second_shape)(struct flynn_shape *shape, const struct flynn_value *value, int param);
    /** Tests: turn the shape of an input into one that the op takes, and its samples into such as have a result, unless
     * they are to have none; NULL: any do. `value` is NULL where the parameters are not known. */
    void (*input_shape)(struct flynn_shape *shape, const struct flynn_value *value);
    void (*input_samples)(const struct flynn_image *input, const struct flynn_value *value);
    const char *cases[20]; /**< parameter strings that verification adds to defaults and extremes; "@" is the second
                              input; with "?" in front an input may be refused */
    int (*lower)(struct flynn_node *node, struct flynn_err *err);
    /** Arithmetic operations of one run, for GFLOP/s; NULL where bytes are the better measure. */
    double (*flops)(const struct flynn_node *node);
    /** Reduce: add `from` into `into` (merged in order of rows; must be exact), and turn it into the output image. */
    void (*merge)(const struct flynn_stage *stage, void *into, const void *from);
    void (*finish)(const struct flynn_stage *stage, const void *acc, const struct flynn_image *dst);
    struct flynn_kernels kernels; /**< of the table that this file was compiled for; scalar is the specification */
};

/** One use of an op in a chain, lowered for one input shape. Owned by its plan. */
struct flynn_node {
    const struct flynn_op *op;
    struct flynn_value value[FLYNN_MAX_PARAMS];
    struct flynn_shape in, out; /**< lower may change `out`; it starts as a copy of `in` */
    bool out_matrix;            /**< lower sets it when the result is a matrix rather than a picture */
    int out_planes; /**< and to how many matrices lie below each other in it (struct flynn_image), where many */
    struct flynn_stage stage[FLYNN_MAX_STAGES];
    int stages;
    struct flynn_launch launch[FLYNN_MAX_LAUNCHES];
    int launches;
    void *memory; /**< list of flynn_node_alloc blocks */
};

/** Zeroed, 64-byte aligned memory that lives as long as the node; NULL and *err when there is none. */
void *flynn_node_alloc(struct flynn_node *node, size_t bytes, struct flynn_err *err);

/** Append a stage whose input is the output of the one before (its input where that one is already marked as aside; the
 * node's input for the first); `out` and `variant`
 * start as the input's. Returns the stage, to be filled in by lower. */
struct flynn_stage *flynn_node_stage(struct flynn_node *node, enum flynn_stage_kind kind, int kernel);

/** Append an OpenCL launch that reads what the launch before it wrote (the node's input for the first) and takes its
 * coefficients, tables and shapes from `stage`, which must be complete. */
struct flynn_launch *flynn_node_launch(struct flynn_node *node, const char *kernel, const struct flynn_stage *stage);

/** The value of a parameter by name; aborts on a name that the op does not have (a mistake in the op). */
const struct flynn_value *flynn_node_value(const struct flynn_node *node, const char *name);

/** A SAMPLE parameter, or a REAL one of which a percentage is a part of white, in the units of the node's input type.
 */
double flynn_node_sample(const struct flynn_node *node, const char *name);

/** Number of ops, and the op of an index (the order of core/ops.def). */
int flynn_op_count(void);
const struct flynn_op *flynn_op_at(int index);

/** Index of an op by name or alias, -1 when there is none. */
int flynn_op_find(const char *name);

/** Index of an op in the registry. */
int flynn_op_index(const struct flynn_op *op);

/** The shape of the second input that tests give to an op for an input of shape *in. */
struct flynn_shape flynn_op_second(const struct flynn_op *op, const struct flynn_shape *in);

/** The registered name nearest to a misspelt one (edit distance <= 2 or a prefix), or NULL. */
const char *flynn_op_nearest(const char *name);

#endif
