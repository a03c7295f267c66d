/* SPDX-License-Identifier: Apache-2.0 */
#include "core/canvas.h"
#include "core/table.h"
#include "core/turn.h"
#include "core/warp.h"

#include <math.h>
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

/* ---- the op ------------------------------------------------------------------------------------------------------ */

/* 0, 90, 180 or 270 degrees: pixels move as they are. */
static int lower_quarters(struct flynn_node *node, int quarters, struct flynn_err *err)
{
    static const enum flynn_turn turns[] = {FLYNN_TURN_90, FLYNN_TURN_90, FLYNN_TURN_180, FLYNN_TURN_270};
    if (quarters == 0) {
        struct flynn_canvas same = {.width = node->in.width, .height = node->in.height, .border = FLYNN_REPLICATE};
        return flynn_canvas_lower(node, &same, err);
    }
    flynn_turn_lower(node, turns[quarters]);
    return FLYNN_OK;
}

static int lower_angle(struct flynn_node *node, double angle, struct flynn_err *err)
{
    double radians = angle * (3.14159265358979323846 / 180), c = cos(radians), s = sin(radians);
    double w = node->in.width, h = node->in.height;
    struct flynn_warp warp;
    flynn_warp_params(node, false, &warp);
    if (flynn_node_value(node, "expand")->integer) {
        double width = floor(w * fabs(c) + h * fabs(s) + 0.5), height = floor(w * fabs(s) + h * fabs(c) + 0.5);
        if (width > FLYNN_WARP_SIDE || height > FLYNN_WARP_SIDE)
            return flynn_fail(err, FLYNN_ELIMIT, "rotate: the output would be %.0f x %.0f pixels; a side is at most %d",
                              width, height, FLYNN_WARP_SIDE);
        warp.width = width < 1 ? 1 : (int32_t)width;
        warp.height = height < 1 ? 1 : (int32_t)height;
    }
    double u = (warp.width - 1) / 2.0, v = (warp.height - 1) / 2.0;
    const double m[6] = {c, s, (w - 1) / 2 - c * u - s * v, -s, c, (h - 1) / 2 + s * u - c * v};
    return flynn_warp_affine(node, &warp, m, err);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    double angle = flynn_node_value(node, "angle")->real, turn = fmod(angle, 360);
    turn = turn < 0 ? turn + 360 : turn;
    double quarters = turn / 90;
    if (quarters == floor(quarters))
        return lower_quarters(node, (int)quarters % 4, err);
    return lower_angle(node, angle, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(rotate) = {
    .name = "rotate",
    .aliases = "rot pnmrotate similarity",
    .group = "geometry",
    .summary = "turns the picture clockwise about its centre, by any angle",
    .definition =
        "For an input of W x H pixels and 90, 180 or 270 degrees, the output pixel in column x of row y is the input's "
        "pixel\n90: column y of row H-1-x; 180: column W-1-x of row H-1-y; 270: column W-1-y of row x.\n"
        "90 and 270 give an output of H x W pixels. Samples are copied as they are, alpha too.\n"
        "Other angles t: the output is as large as the input, with expand=yes floor(W |cos t| + H |sin t| + 0.5) x\n"
        "floor(W |sin t| + H |cos t| + 0.5) pixels. The centres c of input and C of output, (sides - 1) / 2, lie on "
        "each "
        "other,\nand the affine map from output to input is, in double, (cos t, sin t, cx - cos t Cx - sin t Cy; -sin "
        "t, "
        "cos t,\ncy + sin t Cx - cos t Cy), sampled as the op affine does with direction=inverse.",
    .source = "OpenCV rotate (ROTATE_90_CLOCKWISE, ROTATE_180, ROTATE_90_COUNTERCLOCKWISE) and warpAffine",
    .params = {{.name = "angle",
                .kind = FLYNN_PARAM_REAL,
                .min = -360,
                .max = 360,
                .help = "degrees clockwise; multiples of 90 move pixels without mixing them"},
               {.name = "expand",
                .kind = FLYNN_PARAM_CHOICE,
                .preset = "no",
                .choices = "no|yes",
                .help = "whether the output grows to hold the corners; not for multiples of 90, which always fit"},
               FLYNN_WARP_PARAM_METHOD,
               FLYNN_WARP_PARAM_BORDER,
               FLYNN_PARAM_FILL},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_WHOLE,
    .cases = {"90", "180", "270", "30", "-12.5,expand=yes,method=bicubic", "45,expand=yes,border=replicate", "0",
              "135,method=nearest,fill=100%", "5,border=reflect101", "-270"},
    .lower = lower,
    .kernels = {.fn = {[FLYNN_TURN_WHOLE] = {[FLYNN_U8] = turn,
                                             [FLYNN_U16] = turn,
                                             [FLYNN_F32] = turn,
                                             [FLYNN_F64] = turn,
                                             [FLYNN_U32] = turn,
                                             [FLYNN_S32] = turn},
                       [FLYNN_TURN_ROWS] = {[FLYNN_U8] = mirror, [FLYNN_U16] = mirror, [FLYNN_F32] = mirror}}},
};
