/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/binary.h"

static uint8_t multiply_u8_sample(uint8_t x, uint8_t w)
{
    return (uint8_t)((x * w + 127) / 255);
}

static uint16_t multiply_u16_sample(uint16_t x, uint16_t w)
{
    return (uint16_t)((x * (uint32_t)w + 32767) / 65535);
}

static float multiply_f32_sample(float x, float w)
{
    return x * w;
}

static double multiply_f64_sample(double x, double w)
{
    return x * w;
}

static void multiply_u8(const struct flynn_call *call)
{
    binary_u8(call, multiply_u8_sample);
}

static void multiply_u16(const struct flynn_call *call)
{
    binary_u16(call, multiply_u16_sample);
}

static void multiply_f32(const struct flynn_call *call)
{
    binary_f32(call, multiply_f32_sample);
}

static void multiply_f64(const struct flynn_call *call)
{
    binary_f64(call, multiply_f64_sample);
}

const struct flynn_op FLYNN_OP_SYMBOL(multiply) = {
    .name = "multiply",
    .aliases = "mul xhad hadamard",
    .group = "arithmetic",
    .summary = "the product of two images or matrices, sample by sample",
    .definition = "x of the input, w of `with`; white is 1.\n"
                  "u8: round(x * w / 255), u16: round(x * w / 65535); no product lies half way. f32 and f64: x * w, "
                  "rounded once.\n"
                  "The input's alpha channel is kept.",
    .source = "OpenCV multiply with scale = 1 / white; ImageMagick -compose multiply",
    .params = {BINARY_WITH},
    .types = BINARY_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"@"},
    .lower = binary_lower,
    .kernels = {.fn = {{[FLYNN_U8] = multiply_u8,
                        [FLYNN_U16] = multiply_u16,
                        [FLYNN_F32] = multiply_f32,
                        [FLYNN_F64] = multiply_f64}}},
};
