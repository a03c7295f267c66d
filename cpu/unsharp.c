/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"

#include <math.h>
#include <stdlib.h>

/* The stages of gaussian, then one that reads the node's input beside what they made. k[0]: amount in 256ths, f[0]:
 * f32: amount; k[1], f[1]: threshold. */

static int clamp(int x, int most)
{
    return x < 0 ? 0 : x > most ? most : x;
}

static void unsharp_u8(const struct flynn_call *call)
{
    int samples = call->width * call->stage->in.channels, amount = call->stage->k[0], threshold = call->stage->k[1];
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *blurred = call->in[r], *in = call->with[r];
        uint8_t *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            int d = in[i] - blurred[i];
            d = abs(d) < threshold ? 0 : d;
            out[i] = (uint8_t)clamp(in[i] + ((d * amount + 128) >> 8), 255);
        }
    }
}

static void unsharp_u16(const struct flynn_call *call)
{
    int samples = call->width * call->stage->in.channels, amount = call->stage->k[0], threshold = call->stage->k[1];
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *blurred = call->in[r], *in = call->with[r];
        uint16_t *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            int d = in[i] - blurred[i];
            d = abs(d) < threshold ? 0 : d;
            out[i] = (uint16_t)clamp(in[i] + ((d * amount + 128) >> 8), 65535);
        }
    }
}

static void unsharp_f32(const struct flynn_call *call)
{
    int samples = call->width * call->stage->in.channels;
    float amount = call->stage->f[0], threshold = call->stage->f[1];
    for (int r = 0; r < call->rows; r++) {
        const float *blurred = call->in[r], *in = call->with[r];
        float *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            float d = in[i] - blurred[i], sharp = in[i] + amount * d;
            out[i] = fabsf(d) < threshold ? in[i] : sharp;
        }
    }
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    const struct flynn_op *gaussian = flynn_op_at(flynn_op_find("gaussian"));
    double amount = flynn_node_value(node, "amount")->real, threshold = flynn_node_sample(node, "threshold");
    int code = gaussian->lower(node, err);
    if (code)
        return code;
    for (int i = 0; i < node->stages; i++)
        node->stage[i].op = gaussian;
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, 0);
    stage->beside = true;
    stage->k[0] = (int32_t)rint(amount * 256);
    stage->k[1] = node->in.type == FLYNN_F32 ? 0 : (int32_t)floor(threshold + 0.5);
    stage->f[0] = (float)amount;
    stage->f[1] = (float)threshold;
    flynn_node_launch(node, "unsharp", stage)->beside = true;
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(unsharp) = {
    .name = "unsharp",
    .aliases = "unsharpmask unsharp-mask",
    .group = "filter",
    .summary = "strengthens the difference from the Gaussian blur",
    .definition =
        "g = gaussian with this sigma, ksize, border and fill; d = x - g, or 0 where |d| < threshold. u8, u16: A = "
        "round(amount*256)\n"
        "(to nearest, ties to even), out = x + ((d*A + 128) >> 8), at least 0, at most white. f32: out = x + amount*d, "
        "or x where\n"
        "|d| < threshold, every operation rounded; not clamped. Every channel, alpha too, is filtered alike.",
    .source = "unsharp masking as of ImageMagick -unsharp, in whole numbers",
    .params =
        {
            {.name = "sigma",
             .kind = FLYNN_PARAM_REAL,
             .min = 0.1,
             .max = 500,
             .preset = "1",
             .help = "standard deviation of the blur in pixels"},
            {.name = "amount",
             .kind = FLYNN_PARAM_REAL,
             .min = 0,
             .max = 100,
             .preset = "1",
             .help = "how much of the difference is added"},
            {.name = "threshold",
             .kind = FLYNN_PARAM_SAMPLE,
             .preset = "0",
             .help = "smaller differences are left as they are"},
            {.name = "ksize",
             .kind = FLYNN_PARAM_INT,
             .min = 1,
             .max = 4095,
             .preset = "",
             .help = "taps of the blur, an odd number; from sigma when not given"},
            FLYNN_PARAM_BORDER,
            FLYNN_PARAM_FILL,
        },
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"2,amount=0.5", "0.8,threshold=5%,border=wrap", "8,amount=7.3,border=replicate",
              "1,ksize=3,amount=1.5,border=constant,fill=100%"},
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = unsharp_u8, [FLYNN_U16] = unsharp_u16, [FLYNN_F32] = unsharp_f32}}},
};
