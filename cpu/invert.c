/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/point.h"

/* k[0]: the alpha channel or -1. */

static void invert_u8(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        uint8_t *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = (uint8_t)(255 - in[i]);
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static void invert_u16(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r];
        uint16_t *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = (uint16_t)(65535 - in[i]);
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static void invert_f32(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    for (int r = 0; r < call->rows; r++) {
        const float *in = call->in[r];
        float *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = 1.0f - in[i];
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    struct flynn_stage *stage = flynn_point_stage(node, 0);
    stage->k[0] = flynn_alpha_channel(&node->in);
    if (node->in.type == FLYNN_U8) {
        uint8_t *lut = flynn_node_alloc(node, 256, err);
        if (!lut)
            return err->code;
        for (int i = 0; i < 256; i++)
            lut[i] = (uint8_t)(255 - i);
        stage->lut = lut;
    }
    flynn_node_launch(node, "invert", stage);
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(invert) = {
    .name = "invert",
    .aliases = "negate bitwise_not pnminvert",
    .group = "point",
    .summary = "the negative: white minus every sample",
    .definition = "u8: 255 - x; u16: 65535 - x; f32: 1 - x. Alpha is kept.",
    .source = "OpenCV bitwise_not, Netpbm pnminvert",
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = invert_u8, [FLYNN_U16] = invert_u16, [FLYNN_F32] = invert_f32}}},
};
