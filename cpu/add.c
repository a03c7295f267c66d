/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/binary.h"

static uint8_t add_u8_sample(uint8_t x, uint8_t w)
{
    int sum = x + w;
    return (uint8_t)(sum < 255 ? sum : 255);
}

static uint16_t add_u16_sample(uint16_t x, uint16_t w)
{
    int sum = x + w;
    return (uint16_t)(sum < 65535 ? sum : 65535);
}

static float add_f32_sample(float x, float w)
{
    return x + w;
}

static double add_f64_sample(double x, double w)
{
    return x + w;
}

static void add_u8(const struct flynn_call *call)
{
    binary_u8(call, add_u8_sample);
}

static void add_u16(const struct flynn_call *call)
{
    binary_u16(call, add_u16_sample);
}

static void add_f32(const struct flynn_call *call)
{
    binary_f32(call, add_f32_sample);
}

static void add_f64(const struct flynn_call *call)
{
    binary_f64(call, add_f64_sample);
}

const struct flynn_op FLYNN_OP_SYMBOL(add) = {
    .name = "add",
    .aliases = "plus",
    .group = "arithmetic",
    .summary = "the sum of two images or matrices",
    .definition = "x of the input, w of `with`.\n"
                  "u8 and u16: x + w, at most white. f32 and f64: x + w, rounded once.\n"
                  "The input's alpha channel is kept.",
    .source = "OpenCV add",
    .params = {BINARY_WITH},
    .types = BINARY_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"@"},
    .lower = binary_lower,
    .kernels = {.fn = {{[FLYNN_U8] = add_u8, [FLYNN_U16] = add_u16, [FLYNN_F32] = add_f32, [FLYNN_F64] = add_f64}}},
};
