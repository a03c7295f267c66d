/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/reuse.h"

#include <math.h>

/* k[0]: the alpha channel or -1; k[1], k[2]: the limits of integers; f[0], f[1]: those of floats. */

static void clamp_u8(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    uint8_t low = (uint8_t)call->stage->k[1], high = (uint8_t)call->stage->k[2];
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        uint8_t *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            uint8_t y = in[i] > low ? in[i] : low;
            out[i] = y < high ? y : high;
        }
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static void clamp_u16(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    uint16_t low = (uint16_t)call->stage->k[1], high = (uint16_t)call->stage->k[2];
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r];
        uint16_t *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            uint16_t y = in[i] > low ? in[i] : low;
            out[i] = y < high ? y : high;
        }
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static void clamp_f32(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    float low = call->stage->f[0], high = call->stage->f[1];
    for (int r = 0; r < call->rows; r++) {
        const float *in = call->in[r];
        float *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            float y = in[i] > low ? in[i] : low;
            out[i] = y < high ? y : high;
        }
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    double low = flynn_node_sample(node, "low"), high = flynn_node_sample(node, "high");
    if (low > high)
        return flynn_fail(err, FLYNN_EUSAGE, "clamp: low=%g is above high=%g; it must be at most that", low, high);
    if (node->in.type == FLYNN_F32) {
        flynn_clamp_floats(node, (float)low, (float)high);
        return FLYNN_OK;
    }
    struct flynn_stage *stage = flynn_point_stage(node, 0);
    stage->k[0] = flynn_alpha_channel(&node->in);
    stage->k[1] = (int32_t)floor(low + 0.5);
    stage->k[2] = (int32_t)floor(high + 0.5);
    if (node->in.type == FLYNN_U8) {
        uint8_t *lut = flynn_node_alloc(node, 256, err);
        if (!lut)
            return err->code;
        for (int i = 0; i < 256; i++)
            lut[i] = (uint8_t)(i < stage->k[1] ? stage->k[1] : i > stage->k[2] ? stage->k[2] : i);
        stage->lut = lut;
    }
    flynn_reuse(node, stage, "clamp", "limit");
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(clamp) = {
    .name = "clamp",
    .aliases = "clip",
    .group = "point",
    .summary = "keep every sample within limits",
    .definition = "y = x > low ? x : low, then y < high ? y : high. A NaN becomes low.\n"
                  "The limits are floor(low + 0.5) and floor(high + 0.5) for u8 and u16, and floats for f32. Alpha is "
                  "kept.",
    .source = "OpenCV max and min with a scalar, ImageMagick -evaluate Min and Max, libvips clamp",
    .params = {{.name = "low",
                .kind = FLYNN_PARAM_SAMPLE,
                .preset = "0",
                .help = "what is below becomes this; in sample units or in percent of white"},
               {.name = "high", .kind = FLYNN_PARAM_SAMPLE, .preset = "100%", .help = "what is above becomes this"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"20%,high=70%", "50%,high=50%", "0,high=1", "0.4%"},
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = clamp_u8, [FLYNN_U16] = clamp_u16, [FLYNN_F32] = clamp_f32}}},
};
