/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "core/turn.h"

#include <string.h>

/* k[0]: enum flynn_turn. Pixels move as they are, so all sample types share a kernel. */

static inline void copy_pixels(const uint8_t *from, ptrdiff_t step, uint8_t *to, int width, size_t pixel)
{
    for (ptrdiff_t x = 0; x < width; x++)
        memcpy(to + (size_t)x * pixel, from + x * step, pixel);
}

/* Inlined once for each pixel size, so that the copies are plain moves. */
static inline void turn_pixels(const struct flynn_call *call, size_t pixel)
{
    const struct flynn_image *src = call->src;
    int width = src->shape.width, height = src->shape.height;
    for (int y = call->y; y < call->y + call->rows; y++) {
        const uint8_t *from;
        ptrdiff_t step;
        switch (call->stage->k[0]) {
        case FLYNN_TURN_90:
            from = (const uint8_t *)flynn_row(src, height - 1) + (size_t)y * pixel;
            step = -(ptrdiff_t)src->stride;
            break;
        case FLYNN_TURN_180:
            from = (const uint8_t *)flynn_row(src, height - 1 - y) + (size_t)(width - 1) * pixel;
            step = -(ptrdiff_t)pixel;
            break;
        case FLYNN_TURN_270:
            from = (const uint8_t *)flynn_row(src, 0) + (size_t)(width - 1 - y) * pixel;
            step = (ptrdiff_t)src->stride;
            break;
        case FLYNN_TURN_TRANSPOSE:
            from = (const uint8_t *)flynn_row(src, 0) + (size_t)y * pixel;
            step = (ptrdiff_t)src->stride;
            break;
        default:
            from = flynn_row(src, height - 1 - y);
            step = (ptrdiff_t)pixel;
        }
        copy_pixels(from, step, flynn_row(call->dst, y), call->width, pixel);
    }
}

static inline void mirror_pixels(const struct flynn_call *call, size_t pixel)
{
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        copy_pixels(in + (size_t)(call->width - 1) * pixel, -(ptrdiff_t)pixel, call->out[r], call->width, pixel);
    }
}

typedef void move_fn(const struct flynn_call *call, size_t pixel);

/* The sizes of pixels from 1 to 4 samples of 1 to 8 bytes. */
static inline void for_size(const struct flynn_call *call, move_fn *move)
{
    switch ((size_t)call->stage->in.channels * flynn_type_bytes(call->stage->in.type)) {
    case 1:
        move(call, 1);
        break;
    case 2:
        move(call, 2);
        break;
    case 3:
        move(call, 3);
        break;
    case 4:
        move(call, 4);
        break;
    case 6:
        move(call, 6);
        break;
    case 8:
        move(call, 8);
        break;
    case 12:
        move(call, 12);
        break;
    case 16:
        move(call, 16);
        break;
    case 24:
        move(call, 24);
        break;
    default:
        move(call, 32);
    }
}

static void turn(const struct flynn_call *call)
{
    for_size(call, turn_pixels);
}

static void mirror(const struct flynn_call *call)
{
    for_size(call, mirror_pixels);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    (void)err;
    flynn_turn_lower(node, (enum flynn_turn)flynn_node_value(node, "angle")->integer);
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
    .kernels = {.fn = {[FLYNN_TURN_WHOLE] = {[FLYNN_U8] = turn,
                                             [FLYNN_U16] = turn,
                                             [FLYNN_F32] = turn,
                                             [FLYNN_F64] = turn,
                                             [FLYNN_U32] = turn,
                                             [FLYNN_S32] = turn},
                       [FLYNN_TURN_ROWS] = {[FLYNN_U8] = mirror, [FLYNN_U16] = mirror, [FLYNN_F32] = mirror}}},
};
