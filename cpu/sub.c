/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/binary.h"

static uint8_t sub_u8_sample(uint8_t x, uint8_t w)
{
    return (uint8_t)(x > w ? x - w : 0);
}

static uint16_t sub_u16_sample(uint16_t x, uint16_t w)
{
    return (uint16_t)(x > w ? x - w : 0);
}

static float sub_f32_sample(float x, float w)
{
    return x - w;
}

static double sub_f64_sample(double x, double w)
{
    return x - w;
}

static void sub_u8(const struct flynn_call *call)
{
    binary_u8(call, sub_u8_sample);
}

static void sub_u16(const struct flynn_call *call)
{
    binary_u16(call, sub_u16_sample);
}

static void sub_f32(const struct flynn_call *call)
{
    binary_f32(call, sub_f32_sample);
}

static void sub_f64(const struct flynn_call *call)
{
    binary_f64(call, sub_f64_sample);
}

const struct flynn_op FLYNN_OP_SYMBOL(sub) = {
    .name = "sub",
    .aliases = "subtract minus",
    .group = "arithmetic",
    .summary = "the input less a second image or matrix",
    .definition = "x of the input, w of `with`.\n"
                  "u8 and u16: x - w, at least 0. f32 and f64: x - w, rounded once.\n"
                  "The input's alpha channel is kept.",
    .source = "OpenCV subtract",
    .params = {BINARY_WITH},
    .types = BINARY_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"@"},
    .lower = binary_lower,
    .kernels = {.fn = {{[FLYNN_U8] = sub_u8, [FLYNN_U16] = sub_u16, [FLYNN_F32] = sub_f32, [FLYNN_F64] = sub_f64}}},
};
