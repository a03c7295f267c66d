/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/binary.h"

#include <math.h>

/* k[0]: the alpha channel or -1; k[1]: the weight of the second input, in 1/256 (u8) or 1/32768 (u16); f[0]: the same
 * for f32. */

static void blend_u8(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    int weight = call->stage->k[1];
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r], *with = call->with[r];
        uint8_t *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = (uint8_t)(in[i] + (((with[i] - in[i]) * weight + 128) >> 8));
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static void blend_u16(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    int weight = call->stage->k[1];
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r], *with = call->with[r];
        uint16_t *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = (uint16_t)(in[i] + (((with[i] - in[i]) * weight + 16384) >> 15));
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static void blend_f32(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    float weight = call->stage->f[0];
    for (int r = 0; r < call->rows; r++) {
        const float *in = call->in[r], *with = call->with[r];
        float *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = in[i] + (with[i] - in[i]) * weight;
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    double alpha = flynn_node_value(node, "alpha")->real;
    int code = binary_check(node, err);
    if (code)
        return code;
    struct flynn_stage *stage = binary_stage(node);
    stage->k[1] = (int32_t)floor(alpha * (node->in.type == FLYNN_U8 ? 256 : 32768) + 0.5);
    stage->f[0] = (float)alpha;
    flynn_node_launch(node, "blend", stage);
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(blend) = {
    .name = "blend",
    .aliases = "addweighted ppmmix",
    .group = "arithmetic",
    .summary = "mix with a second image of the same shape",
    .definition = "x of the input, w of `with`.\n"
                  "u8: A = floor(256 * alpha + 0.5), x + (((w - x) * A + 128) >> 8);\n"
                  "u16: A = floor(32768 * alpha + 0.5), x + (((w - x) * A + 16384) >> 15); shifts of negative numbers "
                  "round down.\n"
                  "f32: x + (w - x) * alpha, each step rounded, so that alpha = 1 is `with` up to rounding.\n"
                  "The input's alpha channel is kept.",
    .source = "ImageMagick composite -blend, OpenCV addWeighted with alpha and 1 - alpha",
    .params = {{.name = "with", .kind = FLYNN_PARAM_INPUT, .help = "the second image, of the input's shape and type"},
               {.name = "alpha",
                .kind = FLYNN_PARAM_REAL,
                .min = 0,
                .max = 1,
                .preset = "0.5",
                .help = "opacity of the second image: 0 keeps the input, 1 is the second image"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"@,alpha=0.5", "@,alpha=0.3", "@,alpha=0.7", "@,alpha=0.001", "@,alpha=0.998", "@,alpha=1", "@,alpha=0"},
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = blend_u8, [FLYNN_U16] = blend_u16, [FLYNN_F32] = blend_f32}}},
};
