/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"

/* Pixels of 2 or 4 channels, of which the last is alpha; no numbers. */

static void premultiply_u8(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, samples = call->width * channels;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        uint8_t *out = call->out[r];
        for (int a = channels - 1; a < samples; a += channels) {
            for (int i = a - channels + 1; i < a; i++)
                out[i] = (uint8_t)((in[i] * in[a] + 127) / 255);
            out[a] = in[a];
        }
    }
}

static void premultiply_u16(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, samples = call->width * channels;
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r];
        uint16_t *out = call->out[r];
        for (int a = channels - 1; a < samples; a += channels) {
            for (int i = a - channels + 1; i < a; i++)
                out[i] = (uint16_t)((in[i] * (uint32_t)in[a] + 32767) / 65535);
            out[a] = in[a];
        }
    }
}

static void premultiply_f32(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, samples = call->width * channels;
    for (int r = 0; r < call->rows; r++) {
        const float *in = call->in[r];
        float *out = call->out[r];
        for (int a = channels - 1; a < samples; a += channels) {
            for (int i = a - channels + 1; i < a; i++)
                out[i] = in[i] * in[a];
            out[a] = in[a];
        }
    }
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    (void)err;
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, 0);
    stage->step = 8; /* shares out what kernels prepare */
    struct flynn_launch *launch = flynn_node_launch(node, "premultiply", stage);
    launch->item_x = launch->item_y = 0;
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(premultiply) = {
    .name = "premultiply",
    .aliases = "rgba2mrgba associate",
    .group = "point",
    .summary = "colours times alpha",
    .definition =
        "u8: (x * alpha + 127) / 255, u16: (x * alpha + 32767) / 65535, rounded down: to the nearest. f32: x * "
        "alpha. Alpha is kept.",
    .source = "Porter and Duff 1984; libvips premultiply; OpenCV cvtColor with COLOR_RGBA2mRGBA, which may differ by 1",
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_CHANNEL_BIT(2) | FLYNN_CHANNEL_BIT(4),
    .kind = FLYNN_ROWS,
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = premultiply_u8, [FLYNN_U16] = premultiply_u16, [FLYNN_F32] = premultiply_f32}}},
};
