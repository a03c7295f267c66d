/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/order.h"

#include <math.h>

/* One stage of 3 rows and one border column on each side. The median of nine is the median of three numbers: of the
 * smallest of the columns' largest, the median of their middles, and the largest of their smallest. */

static uint8_t min_u8(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

static uint8_t max_u8(uint8_t a, uint8_t b)
{
    return a > b ? a : b;
}

static uint8_t middle_u8(uint8_t a, uint8_t b, uint8_t c)
{
    return max_u8(min_u8(a, b), min_u8(max_u8(a, b), c));
}

static uint16_t min_u16(uint16_t a, uint16_t b)
{
    return a < b ? a : b;
}

static uint16_t max_u16(uint16_t a, uint16_t b)
{
    return a > b ? a : b;
}

static uint16_t middle_u16(uint16_t a, uint16_t b, uint16_t c)
{
    return max_u16(min_u16(a, b), min_u16(max_u16(a, b), c));
}

static int32_t min_s32(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t max_s32(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static int32_t middle_s32(int32_t a, int32_t b, int32_t c)
{
    return max_s32(min_s32(a, b), min_s32(max_s32(a, b), c));
}

static void median3_u8(const struct flynn_call *call)
{
    int c = call->stage->in.channels, samples = call->width * c;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *p = call->in[r], *q = call->in[r + 1], *s = call->in[r + 2];
        uint8_t *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            uint8_t low[3], mid[3], high[3];
            for (int k = 0; k < 3; k++) {
                int at = i + (k - 1) * c;
                low[k] = min_u8(min_u8(p[at], q[at]), s[at]);
                mid[k] = middle_u8(p[at], q[at], s[at]);
                high[k] = max_u8(max_u8(p[at], q[at]), s[at]);
            }
            out[i] = middle_u8(max_u8(max_u8(low[0], low[1]), low[2]), middle_u8(mid[0], mid[1], mid[2]),
                               min_u8(min_u8(high[0], high[1]), high[2]));
        }
    }
}

static void median3_u16(const struct flynn_call *call)
{
    int c = call->stage->in.channels, samples = call->width * c;
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *p = call->in[r], *q = call->in[r + 1], *s = call->in[r + 2];
        uint16_t *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            uint16_t low[3], mid[3], high[3];
            for (int k = 0; k < 3; k++) {
                int at = i + (k - 1) * c;
                low[k] = min_u16(min_u16(p[at], q[at]), s[at]);
                mid[k] = middle_u16(p[at], q[at], s[at]);
                high[k] = max_u16(max_u16(p[at], q[at]), s[at]);
            }
            out[i] = middle_u16(max_u16(max_u16(low[0], low[1]), low[2]), middle_u16(mid[0], mid[1], mid[2]),
                                min_u16(min_u16(high[0], high[1]), high[2]));
        }
    }
}

static void median3_f32(const struct flynn_call *call)
{
    int c = call->stage->in.channels, samples = call->width * c;
    for (int r = 0; r < call->rows; r++) {
        const float *p = call->in[r], *q = call->in[r + 1], *s = call->in[r + 2];
        float *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            int32_t low[3], mid[3], high[3];
            for (int k = 0; k < 3; k++) {
                int at = i + (k - 1) * c;
                int32_t x = flynn_order_key_at(p + at), y = flynn_order_key_at(q + at), z = flynn_order_key_at(s + at);
                low[k] = min_s32(min_s32(x, y), z);
                mid[k] = middle_s32(x, y, z);
                high[k] = max_s32(max_s32(x, y), z);
            }
            int32_t bits = flynn_order_flip(middle_s32(max_s32(max_s32(low[0], low[1]), low[2]), middle_s32(mid[0], mid[1], mid[2]),
                                           min_s32(min_s32(high[0], high[1]), high[2])));
            memcpy(out + i, &bits, sizeof bits);
        }
    }
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    (void)err;
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, 0);
    double fill = flynn_node_sample(node, "fill");
    stage->up = stage->down = stage->left = stage->right = 1;
    stage->step = 2;
    stage->border = (enum flynn_border)flynn_node_value(node, "border")->integer;
    stage->border_value = node->in.type == FLYNN_F32 ? fill : floor(fill + 0.5);
    flynn_node_launch(node, "median3", stage);
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(median) = {
    .name = "median",
    .aliases = "medianblur",
    .group = "filter",
    .summary = "median of the 3x3 neighbours of every sample",
    .definition = "The fifth of the nine samples of the channel around a sample, in order of size; f32:\n"
                  "-inf, ..., -0, +0, ..., +inf, NaN (of either sign). Every channel, alpha too, is filtered alike.",
    .source = "OpenCV medianBlur, with border=replicate",
    .params =
        {
            {.name = "ksize",
             .kind = FLYNN_PARAM_INT,
             .min = 3,
             .max = 3,
             .preset = "3",
             .help = "side of the square in pixels"},
            FLYNN_PARAM_BORDER,
            FLYNN_PARAM_FILL,
        },
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"border=wrap", "border=constant,fill=50%", "border=constant", "border=replicate", "border=reflect"},
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = median3_u8, [FLYNN_U16] = median3_u16, [FLYNN_F32] = median3_f32}}},
};
