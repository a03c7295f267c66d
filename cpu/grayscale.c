/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/copy.h"
#include "cpu/point.h"

/* Slot 0: colour to gray; slot 1: a copy of what is gray already. The weights are the definition's. */

/* One row; inlined once for each number of channels, so that the distance between pixels is a constant. */

static inline void row_u8(const uint8_t *in, uint8_t *out, int width, int channels)
{
    for (int i = 0; i < width; i++)
        out[i * (channels - 2)] =
            (uint8_t)((9798 * in[i * channels] + 19235 * in[i * channels + 1] + 3735 * in[i * channels + 2] + 16384) >>
                      15);
    for (int i = 0; i < width && channels == 4; i++)
        out[i * 2 + 1] = in[i * 4 + 3];
}

static void gray_u8(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++) {
        if (call->stage->in.channels == 3)
            row_u8(call->in[r], call->out[r], call->width, 3);
        else
            row_u8(call->in[r], call->out[r], call->width, 4);
    }
}

static inline void row_u16(const uint16_t *in, uint16_t *out, int width, int channels)
{
    for (int i = 0; i < width; i++)
        out[i * (channels - 2)] =
            (uint16_t)((9798 * in[i * channels] + 19235 * in[i * channels + 1] + 3735 * in[i * channels + 2] + 16384) >>
                       15);
    for (int i = 0; i < width && channels == 4; i++)
        out[i * 2 + 1] = in[i * 4 + 3];
}

static void gray_u16(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++) {
        if (call->stage->in.channels == 3)
            row_u16(call->in[r], call->out[r], call->width, 3);
        else
            row_u16(call->in[r], call->out[r], call->width, 4);
    }
}

static inline void row_f32(const float *in, float *out, int width, int channels)
{
    for (int i = 0; i < width; i++)
        out[i * (channels - 2)] =
            (in[i * channels] * 0.299f + in[i * channels + 1] * 0.587f) + in[i * channels + 2] * 0.114f;
    for (int i = 0; i < width && channels == 4; i++)
        out[i * 2 + 1] = in[i * 4 + 3];
}

static void gray_f32(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++) {
        if (call->stage->in.channels == 3)
            row_f32(call->in[r], call->out[r], call->width, 3);
        else
            row_f32(call->in[r], call->out[r], call->width, 4);
    }
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    (void)err;
    bool colour = node->in.channels > 2;
    struct flynn_stage *stage = flynn_point_stage(node, colour ? 0 : 1);
    if (colour)
        node->out.channels = stage->out.channels = node->in.channels - 2;
    flynn_node_launch(node, colour ? "grayscale" : "copy", stage)->per_pixel = colour;
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(grayscale) = {
    .name = "grayscale",
    .aliases = "gray grey ppmtopgm rgb2gray",
    .group = "color",
    .summary = "the luma of colours; 3 channels become 1, 4 become 2",
    .definition = "u8 and u16: (9798 R + 19235 G + 3735 B + 16384) >> 15.\n"
                  "f32: (R * 0.299f + G * 0.587f) + B * 0.114f, each step rounded.\n"
                  "Alpha is kept. An image of 1 or 2 channels is copied.",
    .source = "ITU-R BT.601; OpenCV cvtColor with COLOR_RGB2GRAY, which on f32 may use fused multiply-add",
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = gray_u8, [FLYNN_U16] = gray_u16, [FLYNN_F32] = gray_f32},
                       {[FLYNN_U8] = flynn_copy_rows, [FLYNN_U16] = flynn_copy_rows, [FLYNN_F32] = flynn_copy_rows}}},
};
