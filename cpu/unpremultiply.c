/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/point.h"

/* x * white / alpha to the nearest, halves up; white where x is above alpha, and 0 where alpha is 0. */
static inline uint32_t quotient(uint32_t x, uint32_t alpha, uint32_t white)
{
    x = x < alpha ? x : alpha;
    return alpha ? (x * white + alpha / 2) / alpha : 0;
}

static inline uint32_t quotient_u8(uint32_t x, uint32_t alpha)
{
    return quotient(x, alpha, 255);
}

static inline uint32_t quotient_u16(uint32_t x, uint32_t alpha)
{
    return quotient(x, alpha, 65535);
}

static inline float quotient_f32(float x, float alpha)
{
    return alpha != 0 ? x / alpha : 0;
}

#define SAMPLE uint8_t
#define ANSWER quotient_u8
#define KERNEL unpremultiply_u8
#include "cpu/alpha_rows.h"

#define SAMPLE uint16_t
#define ANSWER quotient_u16
#define KERNEL unpremultiply_u16
#include "cpu/alpha_rows.h"

#define SAMPLE float
#define ANSWER quotient_f32
#define KERNEL unpremultiply_f32
#include "cpu/alpha_rows.h"

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    (void)err;
    flynn_node_launch(node, "unpremultiply", flynn_point_stage(node, 0));
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(unpremultiply) = {
    .name = "unpremultiply",
    .aliases = "mrgba2rgba disassociate",
    .group = "point",
    .summary = "colours divided by alpha",
    .definition =
        "u8 and u16, W = 255 or 65535: (min(x, alpha) * W + alpha / 2) / alpha, both divisions rounded down; 0 "
        "where alpha is 0. f32: x / alpha; 0 where alpha is 0. Alpha is kept.",
    .source = "OpenCV cvtColor with COLOR_mRGBA2RGBA, where no colour is above alpha; libvips unpremultiply",
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_CHANNEL_BIT(2) | FLYNN_CHANNEL_BIT(4),
    .kind = FLYNN_ROWS,
    .lower = lower,
    .kernels =
        {.fn = {{[FLYNN_U8] = unpremultiply_u8, [FLYNN_U16] = unpremultiply_u16, [FLYNN_F32] = unpremultiply_f32}}},
};
