/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/binary.h"

/* k[0]: the alpha channel or -1; k[1]: what the samples outside of the mask become; f[0]: the same for f32; k[2]:
 * samples of the input for each of the mask: 1, or in slot 1 the channels. */

static void mask_u8(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], group = call->stage->k[2];
    uint8_t fill = (uint8_t)call->stage->k[1];
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r], *mask = call->with[r];
        uint8_t *out = call->out[r];
        for (int i = 0, n = call->width * channels / group; i < n; i++) {
            for (int c = 0; c < group; c++)
                out[i * group + c] = mask[i] ? in[i * group + c] : fill;
        }
        for (int i = alpha; alpha >= 0 && i < call->width * channels; i += channels)
            out[i] = in[i];
    }
}

static void mask_u16(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], group = call->stage->k[2];
    uint16_t fill = (uint16_t)call->stage->k[1];
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r], *mask = call->with[r];
        uint16_t *out = call->out[r];
        for (int i = 0, n = call->width * channels / group; i < n; i++) {
            for (int c = 0; c < group; c++)
                out[i * group + c] = mask[i] ? in[i * group + c] : fill;
        }
        for (int i = alpha; alpha >= 0 && i < call->width * channels; i += channels)
            out[i] = in[i];
    }
}

static void mask_f32(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], group = call->stage->k[2];
    float fill = call->stage->f[0];
    for (int r = 0; r < call->rows; r++) {
        const float *in = call->in[r], *mask = call->with[r];
        float *out = call->out[r];
        for (int i = 0, n = call->width * channels / group; i < n; i++) {
            for (int c = 0; c < group; c++)
                out[i * group + c] = mask[i] != 0 ? in[i * group + c] : fill;
        }
        for (int i = alpha; alpha >= 0 && i < call->width * channels; i += channels)
            out[i] = in[i];
    }
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    const struct flynn_shape *in = &node->in, *mask = &flynn_node_value(node, "with")->input->shape;
    double fill = flynn_node_sample(node, "fill");

    if (mask->width != in->width || mask->height != in->height || mask->type != in->type ||
        (mask->channels != 1 && mask->channels != in->channels))
        return flynn_fail(err, FLYNN_EINPUT,
                          "mask: with is %dx%d with %d channels of %s; it must be %dx%d with 1 or %d of %s",
                          mask->width, mask->height, mask->channels, flynn_type_name(mask->type), in->width, in->height,
                          in->channels, flynn_type_name(in->type));
    struct flynn_stage *stage = binary_stage(node);
    stage->kernel = mask->channels == in->channels ? 0 : 1;
    stage->k[1] = in->type == FLYNN_F32 ? 0 : (int32_t)(fill + 0.5);
    stage->f[0] = (float)fill;
    stage->k[2] = mask->channels == in->channels ? 1 : in->channels;
    flynn_node_launch(node, stage->kernel ? "mask_pixels" : "binary", stage)->per_pixel = stage->kernel == 1;
    return FLYNN_OK;
}

static void one_channel(struct flynn_shape *shape, const struct flynn_value *value, int param)
{
    (void)value, (void)param;
    shape->channels = 1;
}

const struct flynn_op FLYNN_OP_SYMBOL(mask) = {
    .name = "mask",
    .aliases = "copyto",
    .group = "arithmetic",
    .summary = "keep what a mask covers and fill the rest",
    .definition =
        "A sample stays where the mask is not 0 (NaN is not, -0 is) and becomes `fill` elsewhere. The mask has "
        "one channel, which covers whole pixels, or those of the input.\n"
        "The input's alpha channel is kept. fill is rounded half up for u8 and u16.",
    .source = "OpenCV Mat::copyTo with a mask",
    .params = {{.name = "with",
                .kind = FLYNN_PARAM_INPUT,
                .help = "the mask, of the input's size and type, with one channel or as many as the input"},
               {.name = "fill", .kind = FLYNN_PARAM_SAMPLE, .preset = "0", .help = "the samples outside of the mask"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .second_shape = one_channel,
    .cases = {"@", "@,fill=40%"},
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = mask_u8, [FLYNN_U16] = mask_u16, [FLYNN_F32] = mask_f32},
                       {[FLYNN_U8] = mask_u8, [FLYNN_U16] = mask_u16, [FLYNN_F32] = mask_f32}}},
};
