/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/point.h"

static inline uint32_t product_u8(uint32_t x, uint32_t alpha)
{
    return (x * alpha + 127) / 255;
}

static inline uint32_t product_u16(uint32_t x, uint32_t alpha)
{
    return (x * alpha + 32767) / 65535;
}

static inline float product_f32(float x, float alpha)
{
    return x * alpha;
}

#define SAMPLE uint8_t
#define ANSWER product_u8
#define KERNEL premultiply_u8
#include "cpu/alpha_rows.h"

#define SAMPLE uint16_t
#define ANSWER product_u16
#define KERNEL premultiply_u16
#include "cpu/alpha_rows.h"

#define SAMPLE float
#define ANSWER product_f32
#define KERNEL premultiply_f32
#include "cpu/alpha_rows.h"

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    (void)err;
    flynn_node_launch(node, "premultiply", flynn_point_stage(node, 0));
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(premultiply) = {
    .name = "premultiply",
    .aliases = "rgba2mrgba associate",
    .group = "point",
    .summary = "colours times alpha",
    .definition =
        "u8: (x * alpha + 127) / 255, u16: (x * alpha + 32767) / 65535, rounded down: to the nearest. f32: x * "
        "alpha. Alpha is kept.",
    .source = "Porter and Duff 1984; libvips premultiply; OpenCV cvtColor with COLOR_RGBA2mRGBA, which may differ by 1",
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_CHANNEL_BIT(2) | FLYNN_CHANNEL_BIT(4),
    .kind = FLYNN_ROWS,
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = premultiply_u8, [FLYNN_U16] = premultiply_u16, [FLYNN_F32] = premultiply_f32}}},
};
