/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/binary.h"

#include <string.h>

/* table[0]: the mask's rows, k[0] bytes apart; k[1]: samples of the input for each of the mask. For SIMD kernels k[2]:
 * bytes of the input for each of the mask. */

/* From the first column of the call on. */
static const uint8_t *mask_row(const struct flynn_call *call, int r)
{
    const struct flynn_stage *stage = call->stage;
    return (const uint8_t *)stage->table[0].data + (size_t)(call->y + r) * (size_t)stage->k[0] +
           (size_t)call->x * (size_t)(stage->in.channels / stage->k[1]);
}

static void copy_masked_u8(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int group = stage->k[1], n = call->width * stage->in.channels / group;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *mask = mask_row(call, r);
        const uint8_t *in = call->in[r], *with = call->with[r];
        uint8_t *out = call->out[r];
        for (int i = 0; i < n; i++) {
            for (int c = 0; c < group; c++)
                out[i * group + c] = mask[i] ? with[i * group + c] : in[i * group + c];
        }
    }
}

static void copy_masked_u16(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int group = stage->k[1], n = call->width * stage->in.channels / group;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *mask = mask_row(call, r);
        const uint16_t *in = call->in[r], *with = call->with[r];
        uint16_t *out = call->out[r];
        for (int i = 0; i < n; i++) {
            for (int c = 0; c < group; c++)
                out[i * group + c] = mask[i] ? with[i * group + c] : in[i * group + c];
        }
    }
}

/* As words: a NaN keeps its bits. */
static void copy_masked_f32(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int group = stage->k[1], n = call->width * stage->in.channels / group;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *mask = mask_row(call, r);
        const uint32_t *in = call->in[r], *with = call->with[r];
        uint32_t *out = call->out[r];
        for (int i = 0; i < n; i++) {
            for (int c = 0; c < group; c++)
                out[i * group + c] = mask[i] ? with[i * group + c] : in[i * group + c];
        }
    }
}

static int check(const struct flynn_node *node, const struct flynn_shape *mask, struct flynn_err *err)
{
    const struct flynn_shape *in = &node->in;
    int code = binary_check(node, err);
    if (code)
        return code;
    if (mask->width != in->width || mask->height != in->height || mask->type != FLYNN_U8 ||
        (mask->channels != 1 && mask->channels != in->channels))
        return flynn_fail(err, FLYNN_EINPUT,
                          "copy-masked: mask is %dx%d with %d channels of %s; it must be %dx%d with 1 or %d of u8",
                          mask->width, mask->height, mask->channels, flynn_type_name(mask->type), in->width, in->height,
                          in->channels);
    return FLYNN_OK;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    const struct flynn_image *mask = flynn_node_value(node, "mask")->input;
    int code = check(node, &mask->shape, err);
    if (code)
        return code;
    struct flynn_stage *stage = flynn_point_stage(node, 0);
    stage->with = flynn_node_value(node, "with")->input;
    stage->k[0] = (int32_t)mask->stride;
    stage->k[1] = mask->shape.channels == 1 ? node->in.channels : 1;
    stage->k[2] = stage->k[1] * (int32_t)flynn_type_bytes(node->in.type);
    stage->table[0].data = mask->data;
    stage->table[0].bytes = mask->stride * (size_t)(mask->shape.height - 1) + flynn_row_bytes(&mask->shape);
    flynn_node_launch(node, "copy_masked", stage);
    return FLYNN_OK;
}

/* The mask has one channel or all. */
static void second_shape(struct flynn_shape *shape, const struct flynn_value *value, int param)
{
    (void)value;
    if (param == 0)
        return;
    shape->type = FLYNN_U8;
    shape->channels = shape->width % 2 ? 1 : shape->channels;
}

const struct flynn_op FLYNN_OP_SYMBOL(copy_masked) = {
    .name = "copy-masked",
    .aliases = "ifthenelse",
    .group = "arithmetic",
    .summary = "copy a second image onto the first where a mask says so",
    .definition = "Samples of the second image where the mask is not 0, else those of the input. A mask of one channel "
                  "covers whole pixels; one of as many as the input, samples. Alpha is a channel like the others.",
    .source =
        "OpenCV Mat::copyTo(dst, mask), libvips ifthenelse, ImageMagick -composite with a mask of black and white",
    .params = {{.name = "with",
                .kind = FLYNN_PARAM_INPUT,
                .help = "the image that is copied, of the input's shape and type"},
               {.name = "mask",
                .kind = FLYNN_PARAM_INPUT,
                .help = "the mask, u8 of the input's size, with one channel or as many as the input"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .second_shape = second_shape,
    .cases = {"@,mask=@"},
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = copy_masked_u8, [FLYNN_U16] = copy_masked_u16, [FLYNN_F32] = copy_masked_f32}}},
};
