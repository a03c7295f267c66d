/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pyramid_up.h"
#include "core/table.h"

/* `across` makes rows of twice the width: u16 from u8, u32 from u16, f32. `down` makes output rows of up to three of
 * them. What lies outside: before the first pixel the second one, behind the last pixel the last one. */

enum { ACROSS, DOWN };

static void across_u8(const struct flynn_call *call)
{
    int n = call->stage->in.channels, pixels = call->width / 2;
    const uint8_t *in = call->in[0];
    uint16_t *out = call->out[0];
    for (int x = 0; x < pixels; x++, out += 2 * n) {
        struct pixel_at at = pixel_at(call, x);
        const uint8_t *a = in + at.a, *b = in + at.b, *c = in + at.c;
        for (int k = 0; k < n; k++) {
            out[k] = (uint16_t)(a[k] + 6 * b[k] + c[k]);
            out[k + n] = (uint16_t)(4 * (b[k] + c[k]));
        }
    }
}

static void across_u16(const struct flynn_call *call)
{
    int n = call->stage->in.channels, pixels = call->width / 2;
    const uint16_t *in = call->in[0];
    uint32_t *out = call->out[0];
    for (int x = 0; x < pixels; x++, out += 2 * n) {
        struct pixel_at at = pixel_at(call, x);
        const uint16_t *a = in + at.a, *b = in + at.b, *c = in + at.c;
        for (int k = 0; k < n; k++) {
            out[k] = a[k] + 6u * b[k] + c[k];
            out[k + n] = 4u * ((uint32_t)b[k] + c[k]);
        }
    }
}

static void across_f32(const struct flynn_call *call)
{
    int n = call->stage->in.channels, pixels = call->width / 2;
    const float *in = call->in[0];
    float *out = call->out[0];
    for (int x = 0; x < pixels; x++, out += 2 * n) {
        struct pixel_at at = pixel_at(call, x);
        const float *a = in + at.a, *b = in + at.b, *c = in + at.c;
        for (int k = 0; k < n; k++) {
            out[k] = (a[k] + c[k]) + b[k] * 6;
            out[k + n] = (b[k] + c[k]) * 4;
        }
    }
}

/* The rows before, at and behind input row y / 2. */
static inline void rows_of(const struct flynn_call *call, const void *row[3])
{
    int height = call->stage->in.height, y = call->y / 2, first = call->stage->first[call->y];
    row[0] = call->in[pixel_before(y, height) - first];
    row[1] = call->in[y - first];
    row[2] = call->in[pixel_behind(y, height) - first];
}

static void down_u8(const struct flynn_call *call)
{
    const void *row[3];
    rows_of(call, row);
    const uint16_t *a = row[0], *b = row[1], *c = row[2];
    uint8_t *out = call->out[0];
    int samples = call->width * call->stage->in.channels;
    if (call->y % 2) {
        for (int i = 0; i < samples; i++)
            out[i] = (uint8_t)((4 * (b[i] + c[i]) + 32) >> 6);
    } else {
        for (int i = 0; i < samples; i++)
            out[i] = (uint8_t)((a[i] + 6 * b[i] + c[i] + 32) >> 6);
    }
}

static void down_u16(const struct flynn_call *call)
{
    const void *row[3];
    rows_of(call, row);
    const uint32_t *a = row[0], *b = row[1], *c = row[2];
    uint16_t *out = call->out[0];
    int samples = call->width * call->stage->in.channels;
    if (call->y % 2) {
        for (int i = 0; i < samples; i++)
            out[i] = (uint16_t)((4 * (b[i] + c[i]) + 32) >> 6);
    } else {
        for (int i = 0; i < samples; i++)
            out[i] = (uint16_t)((a[i] + 6 * b[i] + c[i] + 32) >> 6);
    }
}

static void down_f32(const struct flynn_call *call)
{
    const void *row[3];
    rows_of(call, row);
    const float *a = row[0], *b = row[1], *c = row[2];
    float *out = call->out[0];
    int samples = call->width * call->stage->in.channels;
    if (call->y % 2) {
        for (int i = 0; i < samples; i++)
            out[i] = (b[i] + c[i]) * 4 * (1.0f / 64);
    } else {
        for (int i = 0; i < samples; i++)
            out[i] = ((a[i] + c[i]) + b[i] * 6) * (1.0f / 64);
    }
}

static void part_across(struct flynn_stage *stage, struct flynn_part *part)
{
    int end = (part->x + part->width) / 2;
    part->in_x = part->x / 2;
    part->from = part->in_x > 0 ? part->in_x - 1 : 0;
    part->to = end < stage->in.width ? end + 1 : end;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    enum flynn_type type = node->in.type;
    struct flynn_shape out = node->in;
    size_t stride, bytes;
    if (node->in.width > FLYNN_MAX_SIDE / 2 || node->in.height > FLYNN_MAX_SIDE / 2)
        return flynn_fail(err, FLYNN_ELIMIT, "pyramid-up: twice %dx%d is more than the %d pixels that a side can have",
                          node->in.width, node->in.height, FLYNN_MAX_SIDE);
    out.width *= 2;
    out.height *= 2;
    int code = flynn_shape_measure(&out, &stride, &bytes, err);
    int32_t *first = code ? NULL : flynn_node_alloc(node, (size_t)out.height * sizeof *first, err);
    if (!first)
        return err->code;
    for (int y = 0; y < out.height; y++)
        first[y] = y < 2 ? 0 : y / 2 - 1;

    struct flynn_stage *across = flynn_node_stage(node, FLYNN_ROWS, ACROSS);
    across->out.width = out.width;
    across->out.type = type == FLYNN_U8 ? FLYNN_U16 : type == FLYNN_U16 ? FLYNN_U32 : FLYNN_F32;
    across->part = part_across;
    across->part_columns = 2;

    struct flynn_stage *down = flynn_node_stage(node, FLYNN_ROWS, DOWN);
    down->variant = type;
    down->out = out;
    down->first = first;
    down->taps = 3;
    down->border = FLYNN_REPLICATE;
    node->out = out;

    struct flynn_launch *launch = flynn_node_launch(node, "across", across);
    launch->per_pixel = true;
    launch->item_y_cpu = 8;
    launch = flynn_node_launch(node, "down", down);
    launch->item_y_cpu = 8;
    if (type == FLYNN_U8) {
        node->launch[0].on = node->launch[1].on = FLYNN_ON_OTHERS;
        launch = flynn_node_launch(node, "up", down);
        launch->in = node->in;
        launch->per_pixel = true;
        launch->item_x = 1 << 16; /* even: an item makes both pixels of each */
        launch->on = FLYNN_ON_CPU;
    }
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(pyramid_up) = {
    .name = "pyramid-up",
    .aliases = "pyrup",
    .group = "geometry",
    .summary = "twice the width and height, smoothly: what pyramid-down would have come from",
    .definition =
        "The output is 2 * width x 2 * height. Along rows and then down columns, pixel i with its neighbours a before "
        "and c behind it\n"
        "gives output pixels 2 * i: a + 6 * b + c, and 2 * i + 1: 4 * (b + c), without rounding of integers; then (sum "
        "+ "
        "32) >> 6.\n"
        "Before the first pixel lies the second one, behind the last pixel the last one. f32: (a + c) + b * 6 and (b + "
        "c) * 4, each\n"
        "operation rounded, and at the end times 1/64. All channels alike, alpha too.",
    .source = "OpenCV pyrUp (to the bit for u8 and u16); Burt and Adelson, The Laplacian pyramid (1983)",
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .lower = lower,
    .kernels = {.fn = {[ACROSS] = {across_u8, across_u16, across_f32}, [DOWN] = {down_u8, down_u16, down_f32}}},
};
