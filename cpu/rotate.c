/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"

#include <string.h>

/* k[0]: 0, 1, 2 for 90, 180, 270 degrees clockwise. Pixels move as they are, so all sample types share a kernel. */

/* Inlined once for each pixel size, so that the copies are plain moves. */
static inline void turn(const struct flynn_call *call, size_t pixel)
{
    const struct flynn_image *src = call->src;
    int width = src->shape.width, height = src->shape.height;
    for (int y = call->y; y < call->y + call->rows; y++) {
        const uint8_t *from;
        ptrdiff_t step;
        if (call->stage->k[0] == 0) {
            from = (const uint8_t *)flynn_row(src, height - 1) + (size_t)y * pixel;
            step = -(ptrdiff_t)src->stride;
        } else if (call->stage->k[0] == 1) {
            from = (const uint8_t *)flynn_row(src, height - 1 - y) + (size_t)(width - 1) * pixel;
            step = -(ptrdiff_t)pixel;
        } else {
            from = (const uint8_t *)flynn_row(src, 0) + (size_t)(width - 1 - y) * pixel;
            step = (ptrdiff_t)src->stride;
        }
        uint8_t *to = flynn_row(call->dst, y);
        for (ptrdiff_t x = 0; x < call->width; x++)
            memcpy(to + (size_t)x * pixel, from + x * step, pixel);
    }
}

static void rotate(const struct flynn_call *call)
{
    switch ((size_t)call->stage->in.channels * flynn_type_bytes(call->stage->in.type)) {
    case 1:
        turn(call, 1);
        break;
    case 2:
        turn(call, 2);
        break;
    case 3:
        turn(call, 3);
        break;
    case 4:
        turn(call, 4);
        break;
    case 6:
        turn(call, 6);
        break;
    case 8:
        turn(call, 8);
        break;
    case 12:
        turn(call, 12);
        break;
    default:
        turn(call, 16);
    }
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    (void)err;
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_WHOLE, 0);
    stage->k[0] = flynn_node_value(node, "angle")->integer;
    stage->band = 64;
    if (stage->k[0] != 1) {
        stage->out.width = node->in.height;
        stage->out.height = node->in.width;
    }
    node->out = stage->out;
    struct flynn_launch *launch = flynn_node_launch(node, "turn", stage);
    launch->per_pixel = true;
    launch->item_x = 0;
    launch->item_y_cpu = 64;
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(rotate) = {
    .name = "rotate",
    .aliases = "rot",
    .group = "geometry",
    .summary = "turns the picture clockwise by 90, 180 or 270 degrees",
    .definition = "For an input of W x H pixels, the output pixel in column x of row y is the input's pixel\n"
                  "90: column y of row H-1-x; 180: column W-1-x of row H-1-y; 270: column W-1-y of row x.\n"
                  "90 and 270 give an output of H x W pixels. Samples are copied as they are, alpha too.",
    .source = "OpenCV rotate (ROTATE_90_CLOCKWISE, ROTATE_180, ROTATE_90_COUNTERCLOCKWISE)",
    .params = {{.name = "angle",
                .kind = FLYNN_PARAM_CHOICE,
                .choices = "90|180|270",
                .help = "degrees clockwise: 90, 180 or 270"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_WHOLE,
    .cases = {"90", "180", "270"},
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = rotate, [FLYNN_U16] = rotate, [FLYNN_F32] = rotate}}},
};
