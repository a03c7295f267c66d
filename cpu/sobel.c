/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/slope.h"

#include <math.h>
#include <stdlib.h>

/* One stage of 3 rows and one border column on each side. k[0]: the weight of the outer differences, k[1]: of the
 * middle one; the ops of other weights (scharr, prewitt) run these kernels. */

enum { L1, L2 };

/* Inline, so that the weights are constants in the loops. */
#define FIXED static inline __attribute__((always_inline))

/* The kernel of the stage's weights: 1 2, 3 10 or 1 1. */
FIXED void of_weights(const struct flynn_call *call, void kernel(const struct flynn_call *, int, int))
{
    if (call->stage->k[0] == 3)
        kernel(call, 3, 10);
    else if (call->stage->k[1] == 1)
        kernel(call, 1, 1);
    else
        kernel(call, 1, 2);
}

/* The two differences at a sample, whose neighbours in the row are c samples away. */
struct slope {
    int x, y;
};
struct slope_f32 {
    float x, y;
};

FIXED struct slope slope_at_u8(const uint8_t *above, const uint8_t *in, const uint8_t *below, int c, int side,
                               int middle)
{
    int x = side * (above[c] - above[-c] + below[c] - below[-c]) + middle * (in[c] - in[-c]);
    int y = side * (below[-c] - above[-c] + below[c] - above[c]) + middle * (below[0] - above[0]);
    return (struct slope){x, y};
}

FIXED struct slope slope_at_u16(const uint16_t *above, const uint16_t *in, const uint16_t *below, int c, int side,
                                int middle)
{
    int x = side * (above[c] - above[-c] + below[c] - below[-c]) + middle * (in[c] - in[-c]);
    int y = side * (below[-c] - above[-c] + below[c] - above[c]) + middle * (below[0] - above[0]);
    return (struct slope){x, y};
}

FIXED struct slope_f32 slope_at_f32(const float *above, const float *in, const float *below, int c, float side,
                                    float middle)
{
    float x = (side * (above[c] - above[-c]) + middle * (in[c] - in[-c])) + side * (below[c] - below[-c]);
    float y = (side * (below[-c] - above[-c]) + middle * (below[0] - above[0])) + side * (below[c] - above[c]);
    return (struct slope_f32){x, y};
}

static int at_most(int x, int most)
{
    return x < most ? x : most;
}

/* The largest n whose root is not above white; what is larger is white anyway. */
#define MOST_U8  (255 * 255 + 255)
#define MOST_U16 (65535u * 65535u + 65535u)

FIXED void slope_l1_u8(const struct flynn_call *call, int side, int middle)
{
    int c = call->stage->in.channels, samples = call->width * c;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *above = call->in[r], *in = call->in[r + 1], *below = call->in[r + 2];
        uint8_t *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            struct slope d = slope_at_u8(above + i, in + i, below + i, c, side, middle);
            out[i] = (uint8_t)at_most(abs(d.x) + abs(d.y), 255);
        }
    }
}

/* A float holds n exactly, and the root of a whole number is never so near to a half that a float does not tell. */
FIXED void slope_l2_u8(const struct flynn_call *call, int side, int middle)
{
    int c = call->stage->in.channels, samples = call->width * c;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *above = call->in[r], *in = call->in[r + 1], *below = call->in[r + 2];
        uint8_t *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            struct slope d = slope_at_u8(above + i, in + i, below + i, c, side, middle);
            out[i] = (uint8_t)(sqrtf((float)at_most(d.x * d.x + d.y * d.y, MOST_U8)) + 0.5f);
        }
    }
}

FIXED void slope_l1_u16(const struct flynn_call *call, int side, int middle)
{
    int c = call->stage->in.channels, samples = call->width * c;
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *above = call->in[r], *in = call->in[r + 1], *below = call->in[r + 2];
        uint16_t *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            struct slope d = slope_at_u16(above + i, in + i, below + i, c, side, middle);
            out[i] = (uint16_t)at_most(abs(d.x) + abs(d.y), 65535);
        }
    }
}

/* The root of dx*dx + dy*dy, rounded, at most 65535. A difference above 65535 is white alone. The float's root is the
 * result or one less: r is right where r*r - r < n <= r*r + r. */
static uint16_t length_u16(int dx, int dy)
{
    uint32_t x = (uint32_t)at_most(abs(dx), 65535), y = (uint32_t)at_most(abs(dy), 65535);
    uint64_t sum = (uint64_t)x * x + (uint64_t)y * y;
    uint32_t n = sum < MOST_U16 ? (uint32_t)sum : MOST_U16;
    uint32_t root = (uint32_t)sqrtf((float)n);
    return (uint16_t)(n > root * root + root ? root + 1 : root);
}

FIXED void slope_l2_u16(const struct flynn_call *call, int side, int middle)
{
    int c = call->stage->in.channels, samples = call->width * c;
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *above = call->in[r], *in = call->in[r + 1], *below = call->in[r + 2];
        uint16_t *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            struct slope d = slope_at_u16(above + i, in + i, below + i, c, side, middle);
            out[i] = length_u16(d.x, d.y);
        }
    }
}

FIXED void slope_l1_f32(const struct flynn_call *call, int side, int middle)
{
    float w = (float)side, m = (float)middle;
    int c = call->stage->in.channels, samples = call->width * c;
    for (int r = 0; r < call->rows; r++) {
        const float *above = call->in[r], *in = call->in[r + 1], *below = call->in[r + 2];
        float *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            struct slope_f32 d = slope_at_f32(above + i, in + i, below + i, c, w, m);
            out[i] = fabsf(d.x) + fabsf(d.y);
        }
    }
}

FIXED void slope_l2_f32(const struct flynn_call *call, int side, int middle)
{
    float w = (float)side, m = (float)middle;
    int c = call->stage->in.channels, samples = call->width * c;
    for (int r = 0; r < call->rows; r++) {
        const float *above = call->in[r], *in = call->in[r + 1], *below = call->in[r + 2];
        float *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            struct slope_f32 d = slope_at_f32(above + i, in + i, below + i, c, w, m);
            out[i] = sqrtf(d.x * d.x + d.y * d.y);
        }
    }
}

static void sobel_l1_u8(const struct flynn_call *call)
{
    of_weights(call, slope_l1_u8);
}

static void sobel_l1_u16(const struct flynn_call *call)
{
    of_weights(call, slope_l1_u16);
}

static void sobel_l1_f32(const struct flynn_call *call)
{
    of_weights(call, slope_l1_f32);
}

static void sobel_l2_u8(const struct flynn_call *call)
{
    of_weights(call, slope_l2_u8);
}

static void sobel_l2_u16(const struct flynn_call *call)
{
    of_weights(call, slope_l2_u16);
}

static void sobel_l2_f32(const struct flynn_call *call)
{
    of_weights(call, slope_l2_f32);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    (void)err;
    return slope_lower(node, 1, 2);
}

const struct flynn_op FLYNN_OP_SYMBOL(sobel) = {
    .name = "sobel",
    .aliases = "pamedge pgmedge",
    .group = "filter",
    .summary = "gradient magnitude by the pair of 3x3 Sobel kernels",
    .definition =
        "With p(row, column) around the sample: dx = (p(-1,1) - p(-1,-1)) + 2*(p(0,1) - p(0,-1)) + (p(1,1) - "
        "p(1,-1)),\n"
        "dy = (p(1,-1) - p(-1,-1)) + 2*(p(1,0) - p(-1,0)) + (p(1,1) - p(-1,1)). l1: |dx| + |dy|; l2: the square root "
        "of\n"
        "dx*dx + dy*dy, on u8 and u16 of whole numbers without loss and rounded to the nearest (no tie is possible).\n"
        "u8, u16: at most white. f32: every operation rounded, sums from the left, products before; not clamped.\n"
        "Every channel, alpha too, is filtered alike.",
    .source = "Sobel and Feldman 1968; kernels as OpenCV's Sobel with ksize 3",
    .params =
        {
            SLOPE_PARAM_NORM,
            FLYNN_PARAM_BORDER,
            FLYNN_PARAM_FILL,
        },
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"l2", "l1,border=wrap", "l2,border=constant,fill=100%", "l1,border=constant", "l1,border=replicate",
              "l2,border=reflect"},
    .lower = lower,
    .kernels = {.fn = {[L1] = {[FLYNN_U8] = sobel_l1_u8, [FLYNN_U16] = sobel_l1_u16, [FLYNN_F32] = sobel_l1_f32},
                       [L2] = {[FLYNN_U8] = sobel_l2_u8, [FLYNN_U16] = sobel_l2_u16, [FLYNN_F32] = sobel_l2_f32}}},
};
