/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "core/canny.h"

#include <stdlib.h>
#include <string.h>

/* Four stages. GRADIENT: out of bytes words (norm=l1) or longs (norm=l2) that hold magnitude << 2 | direction.
 * SUPPRESS: k[0], k[1]: the low and the high threshold; two bits for each of these, see core/canny.h. HYSTERESIS: one
 * bit: strong edges, and weak ones that touch them, directly or through others. EXPAND: bytes of these bits. */

enum { GRADIENT_L1, GRADIENT_L2, SUPPRESS, HYSTERESIS, EXPAND };

static void gradient_l1(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++) {
        uint16_t *out = call->out[r];
        for (int x = 0; x < call->width; x++)
            out[x] = (uint16_t)flynn_canny_gradient(call->in + r, x, call->width, false);
    }
}

static void gradient_l2(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++) {
        uint32_t *out = call->out[r];
        for (int x = 0; x < call->width; x++)
            out[x] = flynn_canny_gradient(call->in + r, x, call->width, true);
    }
}

/* Whether a magnitude m is a peak between its neighbours on either side along the slope. On a plateau along a row or a
 * column the first sample counts, on a diagonal none. */
static bool is_peak(int m, int before, int after, bool diagonal)
{
    return m > before && (diagonal ? m > after : m >= after);
}

static void put_bits(uint64_t *words, int count, int x, int m, bool peak, const int32_t *threshold)
{
    uint64_t bit = (uint64_t)1 << (x & 63);
    words[x / 64] |= peak && m > threshold[0] ? bit : 0;
    words[count + x / 64] |= peak && m > threshold[1] ? bit : 0;
}

static void suppress_row_u16(const struct flynn_call *call, int r)
{
    const uint16_t *up = call->in[r], *row = call->in[r + 1], *down = call->in[r + 2];
    int width = call->stage->in.width, count = flynn_canny_words(width);
    memset(call->out[r], 0, (size_t)call->width);
    for (int x = 0; x < width; x++) {
        const int before[] = {row[x - 1], up[x], up[x - 1], up[x + 1]};
        const int after[] = {row[x + 1], down[x], down[x + 1], down[x - 1]};
        int way = row[x] & 3, m = row[x] >> 2;
        bool peak = is_peak(m, before[way] >> 2, after[way] >> 2, way > FLYNN_CANNY_DOWN);
        put_bits(call->out[r], count, x, m, peak, call->stage->k);
    }
}

static void suppress_u16(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++)
        suppress_row_u16(call, r);
}

static void suppress_row_u32(const struct flynn_call *call, int r)
{
    const uint32_t *up = call->in[r], *row = call->in[r + 1], *down = call->in[r + 2];
    int width = call->stage->in.width, count = flynn_canny_words(width);
    memset(call->out[r], 0, (size_t)call->width);
    for (int x = 0; x < width; x++) {
        const uint32_t before[] = {row[x - 1], up[x], up[x - 1], up[x + 1]};
        const uint32_t after[] = {row[x + 1], down[x], down[x + 1], down[x - 1]};
        int way = (int)(row[x] & 3), m = (int)(row[x] >> 2);
        bool peak = is_peak(m, (int)(before[way] >> 2), (int)(after[way] >> 2), way > FLYNN_CANNY_DOWN);
        put_bits(call->out[r], count, x, m, peak, call->stage->k);
    }
}

static void suppress_u32(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++)
        suppress_row_u32(call, r);
}

static void expand(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++) {
        const uint64_t *bits = call->in[r];
        uint8_t *out = call->out[r];
        for (int x = 0; x < call->width; x++)
            out[x] = bits[x / 64] >> (x & 63) & 1 ? 255 : 0;
    }
}

/* ---- hysteresis ------------------------------------------------------------------------------------------------- */

/* A flood of rows [first, last), 64 pixels at a time: what is reached lies in `out`, and the list has the words whose
 * neighbours are still to be looked at. When the list is full, what does not fit is found again by looking at all
 * rows. */
struct flood {
    const struct flynn_image *map, *out;
    struct flynn_canny_word *list;
    int listed, words, first, last;
    bool lost;
};

/* Pixels of `may` that are connected with those of `reached`, a part of it, along the row. Upwards the carry of an
 * addition runs through the ones; downwards in steps that double. */
static uint64_t run_along(uint64_t reached, uint64_t may)
{
    reached |= ((may + reached) ^ may) & may;
    if (!(reached >> 1 & may & ~reached))
        return reached;
    for (int step = 1; step < 64; step *= 2) {
        reached |= reached >> step & may;
        may &= may >> step;
    }
    return reached;
}

static const uint64_t *may_of(const struct flood *f, int y)
{
    return flynn_row(f->map, y);
}

static uint64_t *reached_of(const struct flood *f, int y)
{
    return flynn_row(f->out, y);
}

/* Reach what `from` touches of word i of a row. */
static inline void reach(struct flood *f, int y, int i, uint64_t from)
{
    uint64_t may = may_of(f, y)[i], *reached = reached_of(f, y) + i;
    if (!(from & may & ~*reached))
        return;
    *reached = run_along(*reached | (from & may), may);
    if (f->listed < FLYNN_CANNY_LIST)
        f->list[f->listed++] = (struct flynn_canny_word){i, y};
    else
        f->lost = true;
}

static void spread(struct flood *f)
{
    while (f->listed) {
        struct flynn_canny_word at = f->list[--f->listed];
        uint64_t here = reached_of(f, at.y)[at.i], wide = here | here << 1 | here >> 1;
        int first = at.y > f->first ? at.y - 1 : at.y, last = at.y + 1 < f->last ? at.y + 1 : at.y;
        for (int y = first; y <= last; y++) {
            reach(f, y, at.i, wide);
            if (here & 1 && at.i > 0)
                reach(f, y, at.i - 1, here << 63);
            if (here >> 63 && at.i + 1 < f->words)
                reach(f, y, at.i + 1, here >> 63);
        }
    }
}

/* What touches the pixels of word i of the row in the middle from three rows, which may be one and the same. */
static inline uint64_t around(const uint64_t *a, const uint64_t *b, const uint64_t *c, int i, int words)
{
    uint64_t before = i > 0 ? (a[i - 1] | b[i - 1] | c[i - 1]) >> 63 : 0, here = a[i] | b[i] | c[i];
    uint64_t after = i + 1 < words ? (a[i + 1] | b[i + 1] | c[i + 1]) << 63 : 0;
    return here | here << 1 | here >> 1 | before | after;
}

/* From the strong edges of a row and from the row above, if that is in reach, to the right. */
static void start_row(struct flood *f, int y)
{
    const uint64_t *may = may_of(f, y), *strong = may + f->words;
    const uint64_t *above = y > f->first ? reached_of(f, y - 1) : NULL;
    uint64_t *out = reached_of(f, y), before = 0;
    for (int i = 0; i < f->words; i++) {
        uint64_t reached = strong[i];
        if (reached != may[i]) {
            reached |= may[i] & (before >> 63 | (above ? around(above, above, above, i, f->words) : 0));
            reached = run_along(reached, may[i]);
        }
        out[i] = before = reached;
    }
}

/* From the rows around row y, and from the row itself. */
static void look_again(struct flood *f, int y)
{
    const uint64_t *may = may_of(f, y), *out = reached_of(f, y);
    const uint64_t *above = y > f->first ? reached_of(f, y - 1) : out;
    const uint64_t *below = y + 1 < f->last ? reached_of(f, y + 1) : out;
    for (int i = f->words - 1; i >= 0; i--) {
        if (may[i] == out[i])
            continue;
        reach(f, y, i, around(above, out, below, i, f->words));
        spread(f);
    }
}

static void look_at_all(struct flood *f)
{
    do {
        f->lost = false;
        for (int y = f->last - 1; y >= f->first; y--)
            look_again(f, y);
    } while (f->lost);
}

static void flood_band(struct flood *f, int first, int last)
{
    f->first = first;
    f->last = last;
    for (int y = first; y < last; y++)
        start_row(f, y);
    look_at_all(f);
}

/* Every member floods bands of its own, which lie between those of the others, because edges are in some parts of an
 * image alone; then the first one goes on across the rows where bands meet. */
static void hysteresis(const struct flynn_call *call)
{
    enum { BANDS = 8 };
    int height = call->dst->shape.height, bands = call->members > 1 ? BANDS * call->members : 1;
    struct flood f = {.map = call->src, .out = call->dst, .list = call->scratch, .words = call->width / 8};
    for (int i = call->member; i < bands; i += call->members)
        flood_band(&f, (int)((int64_t)height * i / bands), (int)((int64_t)height * (i + 1) / bands));
    flynn_team_wait(call);
    if (call->member)
        return;
    f.first = 0;
    f.last = height;
    for (int i = 1; i < bands; i++) {
        int y = (int)((int64_t)height * i / bands);
        look_again(&f, y > 0 ? y - 1 : y);
        look_again(&f, y < height ? y : y - 1);
    }
    if (f.lost)
        look_at_all(&f);
}

/* ---- metadata --------------------------------------------------------------------------------------------------- */

/* norm=l2 compares squares. */
static int32_t limit(double value, bool squares)
{
    double v = squares ? value * value : value;
    return (int32_t)(v < 0x1p30 ? v : 0x1p30);
}

/* norm=l1 on CPUs: bits, as the stages have them. k[2]: bands that are flooded on their own. */
static int launch_bits(struct flynn_node *node, const struct flynn_stage *suppress, struct flynn_err *err)
{
    enum { BANDS = 16 };
    struct flynn_stage *stage = flynn_node_alloc(node, sizeof *stage, err);
    if (!stage)
        return err->code;
    *stage = *suppress;
    stage->variant = FLYNN_U8;
    stage->in = node->in;
    stage->border = FLYNN_REPLICATE;
    stage->k[2] = node->in.height < BANDS ? node->in.height : BANDS;
    const struct flynn_shape map = stage->out, reached = {map.width / 2, map.height, 1, FLYNN_U8};
    int first = node->launches;
    flynn_node_launch(node, "edges", stage)->item_y_cpu = 64;
    struct flynn_launch *launch = flynn_node_launch(node, "flood_bands", stage);
    launch->items_x = 1;
    launch->items_y = stage->k[2];
    launch->in = map;
    launch->out = reached;
    launch = flynn_node_launch(node, "flood_rest", stage);
    launch->items_x = launch->items_y = 1;
    launch->in = map;
    launch->out = reached;
    launch->again = true;
    launch = flynn_node_launch(node, "expand", stage);
    launch->in = reached;
    launch->out = node->in;
    for (int i = first; i < node->launches; i++)
        node->launch[i].on = FLYNN_ON_CPU;
    return FLYNN_OK;
}

/* Labels that are joined: kernels/canny.cl. */
static void launch_labels(struct flynn_node *node, const struct flynn_stage *gradient,
                          const struct flynn_stage *suppress, const struct flynn_stage *expand, bool squares)
{
    const struct flynn_shape labels = {node->in.width, node->in.height, 1, FLYNN_U32};
    int first = node->launches;
    flynn_node_launch(node, squares ? "gradient_l2" : "gradient_l1", gradient);
    flynn_node_launch(node, "suppress", suppress)->out = labels;
    struct flynn_launch *launch = flynn_node_launch(node, "merge", suppress);
    launch->out = labels;
    launch->again = true;
    flynn_node_launch(node, "mark", expand)->in = labels;
    for (int i = first; i < node->launches; i++)
        node->launch[i].on = squares ? FLYNN_ON_ANY : FLYNN_ON_OTHERS;
}

enum { STEP = 8 }; /* rows that are made at once */

static void part_expand(struct flynn_stage *stage, struct flynn_part *part)
{
    (void)stage;
    part->from = part->in_x = part->x / 8;
    part->to = 8 * flynn_canny_words(part->x + part->width);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    double low = flynn_node_value(node, "low")->real, high = flynn_node_value(node, "high")->real;
    bool squares = flynn_node_value(node, "norm")->integer == 1;
    int words = flynn_canny_words(node->in.width);
    if (low > high) {
        double swap = low;
        low = high;
        high = swap;
    }
    struct flynn_stage *gradient = flynn_node_stage(node, FLYNN_ROWS, squares ? GRADIENT_L2 : GRADIENT_L1);
    gradient->up = gradient->down = 1;
    gradient->border = FLYNN_REPLICATE;
    gradient->full_width = true; /* replicates the ends of rows itself, so that these need not be copied */
    gradient->step = STEP;
    gradient->out.type = squares ? FLYNN_U32 : FLYNN_U16;

    struct flynn_stage *suppress = flynn_node_stage(node, FLYNN_ROWS, SUPPRESS);
    suppress->up = suppress->down = suppress->left = suppress->right = 1;
    suppress->border = FLYNN_CONSTANT;
    suppress->out.type = FLYNN_U8;
    suppress->out.width = 2 * words * 8;
    suppress->full_width = true; /* makes bits of two kinds one behind the other; the image of them takes more memory
                                    than rings that are not cut */
    suppress->step = STEP;
    suppress->k[0] = limit(low, squares);
    suppress->k[1] = limit(high, squares);

    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_WHOLE, HYSTERESIS);
    stage->team = stage->in_place = true; /* over the strong pixels */
    stage->out.width = words * 8;
    stage->scratch_bytes = FLYNN_CANNY_LIST * sizeof(struct flynn_canny_word);

    stage = flynn_node_stage(node, FLYNN_ROWS, EXPAND);
    stage->out.width = node->in.width;
    stage->full_width = true; /* reads them */
    stage->part = part_expand;
    stage->part_columns = 64;
    stage->step = STEP;
    launch_labels(node, gradient, suppress, stage, squares);
    return squares ? FLYNN_OK : launch_bits(node, suppress, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(canny) = {
    .name = "canny",
    .aliases = "edge-detect",
    .group = "filter",
    .summary = "Canny's edges: thin lines of 255 on 0",
    .definition =
        "dx and dy: Sobel's 3x3 derivatives with replicated borders. m = |dx| + |dy|, or dx^2 + dy^2 for norm=l2, 0 "
        "outside of the image.\n"
        "With X = |dx| * 13573 and Y = |dy| * 2^15: where Y < X, m is a peak if m > left and m >= right; where Y > X + "
        "|dx| "
        "* 2^16, if m > above and m >= below; else, with s = -1 where dx and dy have different signs and 1 otherwise, "
        "if m > m(x - s, y - 1) and m > m(x + s, y + 1).\n"
        "Peaks with m > high are edges, and those with m > low that touch an edge on a side or a corner. norm=l2 "
        "compares with the squares of low and high, whole numbers are taken of both; the lesser one is low.",
    .source = "Canny 1986; OpenCV Canny with apertureSize 3, to the bit",
    .params =
        {{.name = "low",
          .kind = FLYNN_PARAM_REAL,
          .min = 0,
          .max = 32767,
          .preset = "50",
          .help = "threshold for what continues an edge"},
         {.name = "high",
          .kind = FLYNN_PARAM_REAL,
          .min = 0,
          .max = 32767,
          .preset = "150",
          .help = "threshold for what starts one"},
         {.name = "norm", .kind = FLYNN_PARAM_CHOICE, .choices = "l1|l2", .preset = "l1", .help = "of the slope"}},
    .types = FLYNN_TYPE_BIT(FLYNN_U8),
    .channels = FLYNN_CHANNEL_BIT(1),
    .kind = FLYNN_ROWS,
    .cases = {"", "10,high=30", "100,high=100,norm=l2", "300,high=200", "0,high=0"},
    .lower = lower,
    .kernels = {.fn = {[GRADIENT_L1] = {[FLYNN_U8] = gradient_l1},
                       [GRADIENT_L2] = {[FLYNN_U8] = gradient_l2},
                       [SUPPRESS] = {[FLYNN_U16] = suppress_u16, [FLYNN_U32] = suppress_u32},
                       [HYSTERESIS] = {[FLYNN_U8] = hysteresis},
                       [EXPAND] = {[FLYNN_U8] = expand}}},
};
