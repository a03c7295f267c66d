/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"

/* One stage for each further image: the input's pixels, each with the second input's sample appended. */

static void append_u8(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, wide = channels + 1;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r], *with = call->with[r];
        uint8_t *out = call->out[r];
        for (int c = 0; c < channels; c++) {
            for (int i = 0; i < call->width; i++)
                out[i * wide + c] = in[i * channels + c];
        }
        for (int i = 0; i < call->width; i++)
            out[i * wide + channels] = with[i];
    }
}

static void append_u16(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, wide = channels + 1;
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r], *with = call->with[r];
        uint16_t *out = call->out[r];
        for (int c = 0; c < channels; c++) {
            for (int i = 0; i < call->width; i++)
                out[i * wide + c] = in[i * channels + c];
        }
        for (int i = 0; i < call->width; i++)
            out[i * wide + channels] = with[i];
    }
}

static void append_f32(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, wide = channels + 1;
    for (int r = 0; r < call->rows; r++) {
        const float *in = call->in[r], *with = call->with[r];
        float *out = call->out[r];
        for (int c = 0; c < channels; c++) {
            for (int i = 0; i < call->width; i++)
                out[i * wide + c] = in[i * channels + c];
        }
        for (int i = 0; i < call->width; i++)
            out[i * wide + channels] = with[i];
    }
}

static int append(struct flynn_node *node, const char *name, struct flynn_err *err)
{
    const struct flynn_image *with = flynn_node_value(node, name)->input;
    if (!with)
        return FLYNN_OK;
    if (!flynn_shape_equal(&node->in, &with->shape))
        return flynn_fail(
            err, FLYNN_EINPUT, "merge: %s is %dx%d with %d channels of %s; it must be as the input, %dx%d with 1 of %s",
            name, with->shape.width, with->shape.height, with->shape.channels, flynn_type_name(with->shape.type),
            node->in.width, node->in.height, flynn_type_name(node->in.type));
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, 0);
    stage->with = with;
    stage->out.channels = ++node->out.channels;
    struct flynn_launch *launch = flynn_node_launch(node, "append", stage);
    launch->per_pixel = true;
    launch->item_x = launch->item_y = 0;
    return FLYNN_OK;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    int code = append(node, "with", err);
    if (!code)
        code = append(node, "with2", err);
    return code ? code : append(node, "with3", err);
}

const struct flynn_op FLYNN_OP_SYMBOL(merge) = {
    .name = "merge",
    .aliases = "combine bandjoin rgb3toppm",
    .group = "point",
    .summary = "join images of one channel into one of two to four",
    .definition =
        "Channel 0 is the input, the others are with, with2 and with3, in this order and without those that are "
        "not given. A second or fourth channel is alpha. Samples are copied.",
    .source = "OpenCV merge, libvips bandjoin, ImageMagick -combine, Netpbm rgb3toppm",
    .params = {{.name = "with", .kind = FLYNN_PARAM_INPUT, .help = "the next channel: an image of the input's shape"},
               {.name = "with2", .kind = FLYNN_PARAM_INPUT, .preset = "", .help = "the channel after it"},
               {.name = "with3", .kind = FLYNN_PARAM_INPUT, .preset = "", .help = "the last channel"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_CHANNEL_BIT(1),
    .kind = FLYNN_ROWS,
    .cases = {"@,with2=@", "@", "@,with2=@,with3=@"},
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = append_u8, [FLYNN_U16] = append_u16, [FLYNN_F32] = append_f32}}},
};
