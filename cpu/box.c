/* SPDX-License-Identifier: Apache-2.0 */
#include "core/border.h"
#include "core/box.h"
#include "cpu/ring.h"

#include <math.h>
#include <string.h>

/* Running sums, so that the size of the box costs nothing. Bytes: one stage (core/box.h). Other types have two: sums of
 * every column, DOWN, then sums of these, ACROSS, and the division.
 * k[0], k[1]: width and height of the box; k[2]: its area, k[3]: the half of it, rounded down; f[0]: 1 / area.
 * `state` of DOWN for u16: struct columns. */

enum { DOWN, ACROSS, BYTES = DOWN };

#define STEP      16   /* output rows at a time */
#define CL_REACH  2048 /* OpenCL: samples that a box reaches along a row at most to be done in one step */
#define MOST_FREE 255  /* boxes up to this size may be larger than the image */

struct columns {
    int32_t started;    /* the sums hold all rows of the box but the last */
    int32_t unused[15]; /* the sums are aligned like the state */
};

/* ---- down -------------------------------------------------------------------------------------------------------- */

static void down_u16(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int samples = call->width * stage->in.channels, tall = stage->k[1];
    struct columns *state = call->state;
    uint32_t *sum = (uint32_t *)(state + 1);
    for (int k = 0; !state->started && k < tall - 1; k++) {
        const uint16_t *in = call->in[k];
        for (int i = 0; i < samples; i++)
            sum[i] += in[i];
    }
    state->started = 1;
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *first = call->in[r], *last = call->in[r + tall - 1];
        uint32_t *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            out[i] = sum[i] + last[i];
            sum[i] = out[i] - first[i];
        }
    }
}

/* Floats have no running sums: what is added and subtracted later leaves an error behind. */
static void down_f32(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int samples = call->width * stage->in.channels;
    for (int r = 0; r < call->rows; r++) {
        float *out = call->out[r];
        memcpy(out, call->in[r], (size_t)samples * sizeof *out);
        for (int k = 1; k < stage->k[1]; k++) {
            const float *in = call->in[r + k];
            for (int i = 0; i < samples; i++)
                out[i] += in[i];
        }
    }
}

/* ---- across ------------------------------------------------------------------------------------------------------ */

static void across_u16(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int c = stage->in.channels, samples = call->width * c, wide = stage->k[0] * c;
    uint64_t area = (uint64_t)stage->k[2], sum[FLYNN_MAX_CHANNELS];
    for (int r = 0; r < call->rows; r++) {
        const uint32_t *in = (const uint32_t *)call->in[r] - stage->left * c;
        uint16_t *out = call->out[r];
        for (int k = 0; k < c; k++) {
            sum[k] = (uint64_t)stage->k[3];
            for (int i = k; i < wide - c; i += c)
                sum[k] += in[i];
        }
        for (int i = 0; i < samples; i += c) {
            for (int k = 0; k < c; k++) {
                sum[k] += in[i + wide - c + k];
                out[i + k] = (uint16_t)(sum[k] / area);
                sum[k] -= in[i + k];
            }
        }
    }
}

static void across_f32(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int c = stage->in.channels, samples = call->width * c;
    for (int r = 0; r < call->rows; r++) {
        const float *in = (const float *)call->in[r] - stage->left * c;
        float *out = call->out[r];
        memcpy(out, in, (size_t)samples * sizeof *out);
        for (int k = 1; k < stage->k[0]; k++) {
            for (int i = 0; i < samples; i++)
                out[i] += in[i + k * c];
        }
        for (int i = 0; i < samples; i++)
            out[i] *= stage->f[0];
    }
}

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

static void add_row(uint32_t *sum, const uint8_t *row, int samples)
{
    for (int i = 0; i < samples; i++)
        sum[i] += row[i];
}

static void take_row(uint32_t *sum, const uint8_t *row, int samples)
{
    for (int i = 0; i < samples; i++)
        sum[i] -= row[i];
}

/* Sums of the border columns. */
static void pad_sums(const struct flynn_stage *stage, uint32_t *sum)
{
    int c = stage->in.channels, left = stage->k[4], count = left + stage->k[12];
    const int32_t *from = stage->table[0].data;
    for (int j = 0; j < count; j++) {
        uint32_t *to = sum + (j < left ? j - left : stage->in.width + j - left) * c;
        for (int k = 0; k < c; k++)
            to[k] = from[j] < 0 ? (uint32_t)(stage->k[8] * stage->k[1]) : sum[(from[j] - stage->k[11]) * c + k];
    }
}

static void across_row(const struct flynn_stage *stage, const uint32_t *in, uint8_t *out)
{
    int c = stage->in.channels, samples = stage->out.width * c, wide = stage->k[0] * c;
    uint32_t area = (uint32_t)stage->k[2], sum[FLYNN_MAX_CHANNELS];
    for (int k = 0; k < c; k++) {
        sum[k] = (uint32_t)stage->k[3];
        for (int i = k; i < wide - c; i += c)
            sum[k] += in[i];
    }
    for (int i = 0; i < samples; i += c) {
        for (int k = 0; k < c; k++) {
            sum[k] += in[i + wide - c + k];
            out[i + k] = (uint8_t)(sum[k] / area);
            sum[k] -= in[i + k];
        }
    }
}

static void bytes(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int c = stage->in.channels, samples = stage->in.width * c, tall = stage->k[1];
    struct box_state *state = call->state;
    uint32_t *padded = box_sums(call), *sum = padded + stage->k[4] * c;
    for (int k = 1; !state->started && k < tall; k++)
        add_row(sum, call->in[k], samples);
    state->started = 1;
    for (int r = 0; r < call->rows; r++) {
        add_row(sum, call->in[r + tall], samples);
        pad_sums(stage, sum);
        across_row(stage, padded + stage->k[10] * c, call->out[r]);
        take_row(sum, call->in[r + 1], samples);
    }
}

/* ---- stages ------------------------------------------------------------------------------------------------------ */

static int side(const struct flynn_node *node, const char *name, int image, int *length, struct flynn_err *err)
{
    const struct flynn_value *value = flynn_node_value(node, name), *ksize = flynn_node_value(node, "ksize");
    if (!value->set && !ksize->set)
        return flynn_fail(err, FLYNN_EUSAGE, "%s: needs ksize, or width and height, as in box:5", node->op->name);
    *length = value->set ? value->integer : ksize->integer;
    if (*length > MOST_FREE && *length > image)
        return flynn_fail(err, FLYNN_EUSAGE, "%s: a %s of %d is larger than the image, which has %d; up to %d may be",
                          node->op->name, name, *length, image, MOST_FREE);
    return FLYNN_OK;
}

/* Whether upper halves of products with m, shifted, are quotients by `area` of all numbers up to `most`: they grow with
 * the number, so the steps tell. */
static bool divides(int64_t m, int shift, int64_t area, int64_t most)
{
    for (int64_t q = 1;; q++) {
        int64_t v = q * area, last = v - 1 < most ? v - 1 : most;
        if (last * m >> (16 + shift) != q - 1)
            return false;
        if (v > most)
            return true;
    }
}

/* A multiplier and a shift for numbers of 16 bits up to `most`. */
static bool find_magic(int32_t area, int64_t most, int32_t *magic, int32_t *shift)
{
    for (int s = 0; s < 16; s++) {
        int64_t m = ((int64_t)1 << (16 + s)) / area + 1;
        if (m < 65536 && divides(m, s, area, most)) {
            *magic = (int32_t)m;
            *shift = s;
            return true;
        }
    }
    return false;
}

/* Whether sum * inverse in floats, rounded down, is the quotient: it grows with the sum, so its steps tell. */
static bool floats_do(int32_t area, float inverse)
{
    for (int32_t q = 1; q <= 255; q++) {
        if ((int32_t)((float)(q * area - 1) * inverse) != q - 1 || (int32_t)((float)(q * area) * inverse) != q)
            return false;
    }
    return true;
}

static void describe(struct flynn_stage *stage, int wide, int tall)
{
    stage->k[0] = wide;
    stage->k[1] = tall;
    stage->k[2] = wide * tall;
    stage->k[3] = wide * tall / 2;
    stage->f[0] = (float)(1.0 / (wide * (double)tall));
    stage->step = STEP;
}

static void describe_vectors(struct flynn_stage *stage)
{
    int32_t area = stage->k[2], gain = stage->k[0] <= 128 ? 255 * stage->k[0] : 65535, most = 255 * area + stage->k[3];
    if (most <= 65535 && find_magic(area, most, &stage->k[6], &stage->k[7])) {
        stage->k[5] = BOX_16;
        return;
    }
    stage->k[9] = (gain + area - 1) / area;
    most = (stage->k[9] + 1) * area - 1 + gain;
    if (stage->k[9] < 127 && most <= 65535 && find_magic(area, most, &stage->k[6], &stage->k[7])) {
        stage->k[5] = BOX_REST;
        return;
    }
    if (!floats_do(area, stage->f[0]))
        stage->f[0] = nextafterf(stage->f[0], 1);
    stage->k[5] = floats_do(area, stage->f[0]) ? BOX_32 : BOX_32_OFF;
}

static double column_of(double fill, enum flynn_type type, int tall)
{
    float sum = (float)fill;
    if (type != FLYNN_F32)
        return fill * tall;
    for (int i = 1; i < tall; i++)
        sum += (float)fill;
    return sum;
}

/* What both stages, or the launches, have in common. */
static void describe_down(struct flynn_stage *down, const struct flynn_node *node, int wide, int tall)
{
    down->up = tall / 2;
    down->down = tall - 1 - down->up;
    flynn_stage_border(down, node);
    down->out.type = node->in.type == FLYNN_F32 ? FLYNN_F32 : FLYNN_U32;
    describe(down, wide, tall);
}

static void describe_across(struct flynn_stage *across, const struct flynn_stage *down, int wide, int tall)
{
    across->left = wide / 2;
    across->right = wide - 1 - across->left;
    across->padded = true;
    across->border = down->border;
    across->border_value = column_of(down->border_value, down->in.type, tall);
    across->variant = down->in.type;
    across->out.type = down->in.type;
    describe(across, wide, tall);
}

/* OpenCL: an item goes down many rows, because each begins with the sum of a box. CPUs do all in one step where the
 * sums are short: kernels/box.cl. */
static int launch(struct flynn_node *node, const struct flynn_stage *down, const struct flynn_stage *across,
                  struct flynn_err *err)
{
    int tall = down->k[1], enough = tall > 64 ? tall : 64;
    struct flynn_launch *first = flynn_node_launch(node, "down", down);
    struct flynn_launch *second = flynn_node_launch(node, "across", across);
    first->item_y = 64;
    first->item_y_cpu = enough;
    if (node->in.type == FLYNN_F32)
        return FLYNN_OK;
    second->item_x = 256 * node->in.channels;
    if (across->k[0] * node->in.channels > CL_REACH ||
        (int64_t)across->k[2] * (flynn_type_white(node->in.type) + 1) >= 1u << 31)
        return FLYNN_OK;
    struct flynn_stage *both = flynn_node_alloc(node, sizeof *both, err);
    if (!both)
        return err->code;
    *both = *down;
    both->op = flynn_op_at(flynn_op_find("box")); /* whoever made the stages */
    both->left = across->left;
    both->right = across->right;
    both->out = node->in;
    if (node->in.type == FLYNN_U8)
        describe_vectors(both);
    flynn_node_launch(node, "box", both)->on = FLYNN_ON_CPU;
    node->launch[2].item_y_cpu = 2 * enough;
    first->on = second->on = FLYNN_ON_OTHERS;
    return FLYNN_OK;
}

/* Of the columns to the left and right of some, those inside the image are as any others. */
static void part(struct flynn_stage *stage, struct flynn_part *part)
{
    struct flynn_stage around = {.border = stage->border, .in = stage->in};
    around.left = stage->k[4];
    around.right = stage->k[12];
    struct flynn_span in = flynn_ring_columns(&around, (struct flynn_span){part->x, part->width});
    int left = around.left - part->x, right = part->x + part->width + around.right - stage->in.width;
    part->from = part->in_x = stage->k[11] = in.x;
    part->to = in.x + in.width;
    stage->k[4] = left > 0 ? left : 0;
    stage->k[12] = right > 0 ? right : 0;
    stage->k[10] = part->x - around.left - in.x + stage->k[4];
    stage->table[0].data = (const int32_t *)stage->table[0].data + around.left - stage->k[4];
    stage->in.width = in.width;
    stage->out.width = part->width;
    stage->state_bytes = box_state_bytes(stage);
}

/* The one stage of bytes. */
static int lower_bytes(struct flynn_node *node, int wide, int tall, struct flynn_err *err)
{
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, BYTES);
    struct flynn_stage *down = flynn_node_alloc(node, 2 * sizeof *down, err), *across = down + 1;
    int32_t *from = flynn_node_alloc(node, (size_t)wide * sizeof *from, err);
    if (!down || !from)
        return FLYNN_ELIMIT;
    *down = *across = *stage;
    down->op = across->op = flynn_op_at(flynn_op_find("box")); /* whoever made the stage */
    describe_down(down, node, wide, tall);
    across->in.type = FLYNN_U32;
    describe_across(across, down, wide, tall);
    int code = launch(node, down, across, err);
    if (code)
        return code;

    describe_down(stage, node, wide, tall);
    stage->up++;
    stage->out.type = FLYNN_U8;
    stage->full_width = true; /* the border columns are those of the sums */
    stage->part = stage->border == FLYNN_WRAP ? NULL : part;
    stage->k[4] = wide / 2;
    stage->k[12] = wide - 1 - stage->k[4];
    stage->k[8] = (int32_t)stage->border_value;
    stage->state_bytes = box_state_bytes(stage);
    for (int j = 0; j < wide - 1; j++) {
        int at = j < stage->k[4] ? j - stage->k[4] : node->in.width + j - stage->k[4];
        from[j] = flynn_border_index(stage->border, at, node->in.width);
    }
    stage->table[0] = (struct flynn_table_data){from, (size_t)wide * sizeof *from};
    describe_vectors(stage);
    return FLYNN_OK;
}

/* Fewer columns have fewer sums. */
static void part_u16(struct flynn_stage *stage, struct flynn_part *part)
{
    stage->state_bytes = sizeof(struct columns) + flynn_columns_bytes(&stage->out, part->width);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    int wide = 0, tall = 0, code = side(node, "width", node->in.width, &wide, err);
    if (!code)
        code = side(node, "height", node->in.height, &tall, err);
    if (!code && (int64_t)wide * tall > INT32_MAX / 255)
        code = flynn_fail(err, FLYNN_EUSAGE, "%s: %dx%d pixels are more than %d", node->op->name, wide, tall,
                          INT32_MAX / 255);
    if (code)
        return code;
    if (node->in.type == FLYNN_U8)
        return lower_bytes(node, wide, tall, err);
    struct flynn_stage *down = flynn_node_stage(node, FLYNN_ROWS, DOWN);
    describe_down(down, node, wide, tall);
    if (node->in.type == FLYNN_U16)
        down->part = part_u16;
    part_u16(down, &(struct flynn_part){.width = node->in.width});
    struct flynn_stage *across = flynn_node_stage(node, FLYNN_ROWS, ACROSS);
    describe_across(across, down, wide, tall);
    return launch(node, down, across, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(box) = {
    .name = "box",
    .aliases = "boxfilter boxblur pnmsmooth mean",
    .group = "filter",
    .summary = "mean of a box of pixels",
    .definition =
        "A box of n = width*height pixels whose column floor(width/2), row floor(height/2) is the sample's. u8, "
        "u16: s is the\n"
        "exact sum, out = floor((s + floor(n/2)) / n). f32: t = the sum of a column from the top, then the sum of "
        "these from\n"
        "the left, every addition rounded; out = t * (1/n as a float). Every channel, alpha too, is filtered "
        "alike.",
    .source = "OpenCV blur; the same bits for u8 where n is odd, and within 1 where it is even",
    .params =
        {
            {.name = "ksize",
             .kind = FLYNN_PARAM_INT,
             .min = 1,
             .max = 65535,
             .preset = "",
             .help = "sides of the box in pixels; above 255 not larger than the image"},
            {.name = "width",
             .kind = FLYNN_PARAM_INT,
             .min = 1,
             .max = 65535,
             .preset = "",
             .help = "width of the box; default: ksize"},
            {.name = "height",
             .kind = FLYNN_PARAM_INT,
             .min = 1,
             .max = 65535,
             .preset = "",
             .help = "height of the box; default: ksize"},
            FLYNN_PARAM_BORDER,
            FLYNN_PARAM_FILL,
        },
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"3", "5,border=wrap", "15", "4,border=reflect", "19,border=replicate", "1",
              "width=9,height=1,border=constant,fill=100%", "width=1,height=16", "51,border=constant",
              "width=101,height=90", "width=5,height=150", "200"},
    .lower = lower,
    .kernels = {.fn = {[DOWN] = {[FLYNN_U8] = bytes, [FLYNN_U16] = down_u16, [FLYNN_F32] = down_f32},
                       [ACROSS] = {[FLYNN_U16] = across_u16, [FLYNN_F32] = across_f32}}},
};
