/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/copy.h"
#include "cpu/point.h"

/* Slot PICK: channel k[0] of pixels of several; COPY: of pixels of one; FILL: white, for an alpha that is not there. */

enum { PICK, COPY, FILL };

static void pick_u8(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, channel = call->stage->k[0];
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        uint8_t *out = call->out[r];
        for (int i = 0; i < call->width; i++)
            out[i] = in[i * channels + channel];
    }
}

static void pick_u16(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, channel = call->stage->k[0];
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r];
        uint16_t *out = call->out[r];
        for (int i = 0; i < call->width; i++)
            out[i] = in[i * channels + channel];
    }
}

static void pick_f32(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, channel = call->stage->k[0];
    for (int r = 0; r < call->rows; r++) {
        const float *in = call->in[r];
        float *out = call->out[r];
        for (int i = 0; i < call->width; i++)
            out[i] = in[i * channels + channel];
    }
}

static void fill_u8(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++) {
        uint8_t *out = call->out[r];
        for (int i = 0; i < call->width; i++)
            out[i] = 255;
    }
}

static void fill_u16(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++) {
        uint16_t *out = call->out[r];
        for (int i = 0; i < call->width; i++)
            out[i] = 65535;
    }
}

static void fill_f32(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++) {
        float *out = call->out[r];
        for (int i = 0; i < call->width; i++)
            out[i] = 1.0f;
    }
}

/* The channel of a name in an image of 1 to 4 channels; gray stands for each colour; -1: the alpha of an opaque image.
 */
static int by_name(int name, const struct flynn_shape *in)
{
    enum { ALPHA = 3 };
    if (name == ALPHA)
        return flynn_alpha_channel(in);
    return in->channels < 3 ? 0 : name;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    static const char *const kernels[] = {[PICK] = "pick", [COPY] = "copy", [FILL] = "fill"};
    const struct flynn_value *index = flynn_node_value(node, "index");
    int channel = index->set ? index->integer : by_name(flynn_node_value(node, "name")->integer, &node->in);
    if (channel >= node->in.channels)
        return flynn_fail(err, FLYNN_EINPUT, "channel: index=%d is not there; the image has channels 0 to %d", channel,
                          node->in.channels - 1);
    int slot = channel < 0 ? FILL : node->in.channels == 1 ? COPY : PICK;
    struct flynn_stage *stage = flynn_point_stage(node, slot);
    stage->k[0] = channel;
    stage->out.channels = node->out.channels = 1;
    flynn_node_launch(node, kernels[slot], stage);
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(channel) = {
    .name = "channel",
    .aliases = "split extractchannel extract_band separate pamchannel",
    .group = "point",
    .summary = "one channel as a gray image",
    .definition = "r, g, b: channel 0, 1, 2 of colour images, channel 0 of others. a: the alpha channel (1 of 2, 3 of "
                  "4); white where there is none.\n"
                  "index counts from 0 and takes the place of the name.",
    .source = "OpenCV extractChannel and split, libvips extract_band, ImageMagick -separate",
    .params = {{.name = "name", .kind = FLYNN_PARAM_CHOICE, .choices = "r|g|b|a", .preset = "r", .help = "the channel"},
               {.name = "index",
                .kind = FLYNN_PARAM_INT,
                .min = 0,
                .max = 3,
                .preset = "",
                .help = "the channel by its number instead"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"g", "r", "b", "a", "index=0"},
    .lower = lower,
    .kernels =
        {.fn = {[PICK] = {[FLYNN_U8] = pick_u8, [FLYNN_U16] = pick_u16, [FLYNN_F32] = pick_f32},
                [COPY] = {[FLYNN_U8] = flynn_copy_rows, [FLYNN_U16] = flynn_copy_rows, [FLYNN_F32] = flynn_copy_rows},
                [FILL] = {[FLYNN_U8] = fill_u8, [FLYNN_U16] = fill_u16, [FLYNN_F32] = fill_f32}}},
};
