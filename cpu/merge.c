/* SPDX-License-Identifier: Apache-2.0 */
#include "core/planes.h"
#include "core/table.h"
#include "cpu/point.h"

/* stage->with is the second image; table[0]: a struct flynn_plane for each one after it, which kernels read directly,
 * because a stage has one second input alone. table[1]: byte shuffles for vectors (make_shuffles). */

static void merge_u8(const struct flynn_call *call)
{
    int channels = call->stage->out.channels;
    for (int r = 0; r < call->rows; r++) {
        uint8_t *out = call->out[r];
        for (int c = 0; c < channels; c++) {
            const uint8_t *in = flynn_plane_row(call, r, c);
            for (int i = 0; i < call->width; i++)
                out[i * channels + c] = in[i];
        }
    }
}

static void merge_u16(const struct flynn_call *call)
{
    int channels = call->stage->out.channels;
    for (int r = 0; r < call->rows; r++) {
        uint16_t *out = call->out[r];
        for (int c = 0; c < channels; c++) {
            const uint16_t *in = flynn_plane_row(call, r, c);
            for (int i = 0; i < call->width; i++)
                out[i * channels + c] = in[i];
        }
    }
}

static void merge_f32(const struct flynn_call *call)
{
    int channels = call->stage->out.channels;
    for (int r = 0; r < call->rows; r++) {
        float *out = call->out[r];
        for (int c = 0; c < channels; c++) {
            const float *in = flynn_plane_row(call, r, c);
            for (int i = 0; i < call->width; i++)
                out[i * channels + c] = in[i];
        }
    }
}

/* 16 bytes of each of n channels make n times 16 bytes of the output: for each of these, and for each channel, 16
 * numbers of bytes, 0x80 where the byte is not of this channel. */
static int make_shuffles(struct flynn_node *node, struct flynn_stage *stage, struct flynn_err *err)
{
    int channels = stage->out.channels, sample = (int)flynn_type_bytes(stage->in.type);
    size_t bytes = 16 * (size_t)channels * (size_t)channels;
    uint8_t *index = flynn_node_alloc(node, bytes, err);
    if (!index)
        return err->code;
    stage->table[1] = (struct flynn_table_data){index, bytes};
    for (int part = 0; part < channels; part++) {
        for (int c = 0; c < channels; c++) {
            for (int i = 0; i < 16; i++, index++) {
                int at = (16 * part + i) / sample;
                *index = at % channels == c ? (uint8_t)(at / channels * sample + i % sample) : 0x80;
            }
        }
    }
    return FLYNN_OK;
}

/* OpenCL has a launch for each further image; every one takes its second input from a stage of its own. */
static int append(struct flynn_node *node, const struct flynn_image *with, struct flynn_err *err)
{
    struct flynn_stage *stage = flynn_node_alloc(node, sizeof *stage, err);
    if (!stage)
        return err->code;
    *stage = node->stage[0];
    stage->table[0] = (struct flynn_table_data){0};
    stage->with = with;
    stage->in.channels = node->launches + 1;
    stage->out.channels = node->launches + 2;
    flynn_node_launch(node, "append", stage)->per_pixel = true;
    return FLYNN_OK;
}

static int check(const struct flynn_node *node, const char *name, const struct flynn_shape *with, struct flynn_err *err)
{
    if (flynn_shape_equal(&node->in, with))
        return FLYNN_OK;
    return flynn_fail(err, FLYNN_EINPUT,
                      "merge: %s is %dx%d with %d channels of %s; it must be as the input, %dx%d with 1 of %s", name,
                      with->width, with->height, with->channels, flynn_type_name(with->type), node->in.width,
                      node->in.height, flynn_type_name(node->in.type));
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    static const char *const names[] = {"with", "with2", "with3"};
    struct flynn_stage *stage = flynn_point_stage(node, 0);
    struct flynn_plane *planes = flynn_node_alloc(node, 2 * sizeof *planes, err);
    int code = planes ? FLYNN_OK : err->code;
    stage->table[0] = (struct flynn_table_data){planes, 2 * sizeof *planes};
    for (int i = 0; i < 3 && !code; i++) {
        const struct flynn_image *with = flynn_node_value(node, names[i])->input;
        if (!with)
            continue;
        code = check(node, names[i], &with->shape, err);
        if (stage->with)
            planes[stage->out.channels - 2] = (struct flynn_plane){with->data, with->stride};
        else
            stage->with = with;
        stage->out.channels++;
        if (!code)
            code = append(node, with, err);
    }
    node->out.channels = stage->out.channels;
    return code ? code : make_shuffles(node, stage, err);
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
    .kernels = {.fn = {{[FLYNN_U8] = merge_u8, [FLYNN_U16] = merge_u16, [FLYNN_F32] = merge_f32}}},
};
