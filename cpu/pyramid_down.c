/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"

#include <string.h>

/* `down` adds five rows, at full width: u16 from u8, u32 from u16, f32. `across` makes output rows of them, with two
 * border columns; its state is room for a row whose even and odd pixels are taken apart. */

enum { DOWN, ACROSS };

/* 1 4 6 4 1, in the order of the definition. */
static inline uint32_t five(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e)
{
    return a + e + 4 * (b + d) + 6 * c;
}

static inline float five_f32(float a, float b, float c, float d, float e)
{
    return (a + e) + (b + d) * 4 + c * 6;
}

static void down_u8(const struct flynn_call *call)
{
    const uint8_t *const *in = (const uint8_t *const *)call->in;
    const uint8_t *a = in[0], *b = in[1], *c = in[2], *d = in[3], *e = in[4];
    uint16_t *out = call->out[0];
    int samples = call->width * call->stage->in.channels;
    for (int i = 0; i < samples; i++)
        out[i] = (uint16_t)five(a[i], b[i], c[i], d[i], e[i]);
}

static void down_u16(const struct flynn_call *call)
{
    const uint16_t *const *in = (const uint16_t *const *)call->in;
    const uint16_t *a = in[0], *b = in[1], *c = in[2], *d = in[3], *e = in[4];
    uint32_t *out = call->out[0];
    int samples = call->width * call->stage->in.channels;
    for (int i = 0; i < samples; i++)
        out[i] = five(a[i], b[i], c[i], d[i], e[i]);
}

static void down_f32(const struct flynn_call *call)
{
    const float *const *in = (const float *const *)call->in;
    const float *a = in[0], *b = in[1], *c = in[2], *d = in[3], *e = in[4];
    float *out = call->out[0];
    int samples = call->width * call->stage->in.channels;
    for (int i = 0; i < samples; i++)
        out[i] = five_f32(a[i], b[i], c[i], d[i], e[i]);
}

static void across_u8(const struct flynn_call *call)
{
    int n = call->stage->in.channels;
    const uint16_t *in = call->in[0];
    uint8_t *out = call->out[0];
    for (int x = 0; x < call->width; x++, in += 2 * n) {
        for (int c = 0; c < n; c++)
            *out++ = (uint8_t)((five(in[c - 2 * n], in[c - n], in[c], in[c + n], in[c + 2 * n]) + 128) >> 8);
    }
}

static void across_u16(const struct flynn_call *call)
{
    int n = call->stage->in.channels;
    const uint32_t *in = call->in[0];
    uint16_t *out = call->out[0];
    for (int x = 0; x < call->width; x++, in += 2 * n) {
        for (int c = 0; c < n; c++)
            *out++ = (uint16_t)((five(in[c - 2 * n], in[c - n], in[c], in[c + n], in[c + 2 * n]) + 128) >> 8);
    }
}

static void across_f32(const struct flynn_call *call)
{
    int n = call->stage->in.channels;
    const float *in = call->in[0];
    float *out = call->out[0];
    for (int x = 0; x < call->width; x++, in += 2 * n) {
        for (int c = 0; c < n; c++)
            *out++ = five_f32(in[c - 2 * n], in[c - n], in[c], in[c + n], in[c + 2 * n]) * (1.0f / 256);
    }
}

/* Room for the even and the odd pixels of so many output columns; vectors may reach a little behind them. */
static size_t room(const struct flynn_stage *across, int columns)
{
    size_t pixel = (size_t)across->in.channels * flynn_type_bytes(across->in.type);
    return 2 * ((size_t)(columns + 4) * pixel + 64 * (size_t)across->in.channels);
}

static void part_across(struct flynn_stage *stage, struct flynn_part *part)
{
    int64_t to = 2 * ((int64_t)part->x + part->width) + 1;
    part->in_x = 2 * part->x;
    part->from = part->x ? part->in_x - 2 : 0;
    part->to = to < stage->in.width ? (int)to : stage->in.width;
    stage->state_bytes = room(stage, part->width);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    enum flynn_type type = node->in.type;
    struct flynn_shape out = node->in;
    out.width = node->in.width / 2 + node->in.width % 2;
    out.height = node->in.height / 2 + node->in.height % 2;
    int32_t *first = flynn_node_alloc(node, (size_t)out.height * sizeof *first, err);
    if (!first)
        return err->code;
    for (int y = 0; y < out.height; y++)
        first[y] = 2 * y - 2;

    struct flynn_stage *down = flynn_node_stage(node, FLYNN_ROWS, DOWN);
    down->out.height = out.height;
    down->out.type = type == FLYNN_U8 ? FLYNN_U16 : type == FLYNN_U16 ? FLYNN_U32 : FLYNN_F32;
    down->first = first;
    down->taps = 5;
    down->border = FLYNN_REFLECT101;

    struct flynn_stage *across = flynn_node_stage(node, FLYNN_ROWS, ACROSS);
    across->variant = type;
    across->out = out;
    across->left = across->right = 2;
    across->border = FLYNN_REFLECT101;
    across->part = part_across;
    across->state_bytes = room(across, out.width);
    node->out = out;

    struct flynn_launch *launch = flynn_node_launch(node, "down", down);
    launch->item_y_cpu = 8;
    launch = flynn_node_launch(node, "across", across);
    launch->per_pixel = true;
    launch->item_y_cpu = 8;
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(pyramid_down) = {
    .name = "pyramid-down",
    .aliases = "pyrdown",
    .group = "geometry",
    .summary = "smooths and takes every second pixel of every second row",
    .definition =
        "Output pixel (x, y), ceil(width / 2) x ceil(height / 2) of them, is made of the 5 x 5 pixels around (2x, 2y); "
        "the "
        "border is\n"
        "reflect101. Down the columns and then along the row a + e + 4 * (b + d) + 6 * c of five neighbours, without "
        "rounding of\n"
        "integers; then (sum + 128) >> 8. f32: ((a + e) + (b + d) * 4) + c * 6, each operation rounded, and at the end "
        "times 1/256.\n"
        "All channels alike, alpha too.",
    .source = "OpenCV pyrDown (to the bit for u8 and u16); Burt and Adelson, The Laplacian pyramid (1983)",
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .lower = lower,
    .kernels = {.fn = {[DOWN] = {down_u8, down_u16, down_f32}, [ACROSS] = {across_u8, across_u16, across_f32}}},
};
