/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/binary.h"

static uint8_t max_u8_sample(uint8_t x, uint8_t w)
{
    return x > w ? x : w;
}

static uint16_t max_u16_sample(uint16_t x, uint16_t w)
{
    return x > w ? x : w;
}

static float max_f32_sample(float x, float w)
{
    return x > w ? x : w;
}

static double max_f64_sample(double x, double w)
{
    return x > w ? x : w;
}

static void max_u8(const struct flynn_call *call)
{
    binary_u8(call, max_u8_sample);
}

static void max_u16(const struct flynn_call *call)
{
    binary_u16(call, max_u16_sample);
}

static void max_f32(const struct flynn_call *call)
{
    binary_f32(call, max_f32_sample);
}

static void max_f64(const struct flynn_call *call)
{
    binary_f64(call, max_f64_sample);
}

const struct flynn_op FLYNN_OP_SYMBOL(max) = {
    .name = "max",
    .aliases = "lighten maxpair",
    .group = "arithmetic",
    .summary = "the greater of two samples",
    .definition = "x of the input, w of `with`.\n"
                  "x > w ? x : w, so that f32 and f64 give w where one of the two is NaN or both are zeros.\n"
                  "The input's alpha channel is kept.",
    .source = "OpenCV max",
    .params = {BINARY_WITH},
    .types = BINARY_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"@"},
    .lower = binary_lower,
    .kernels = {.fn = {{[FLYNN_U8] = max_u8, [FLYNN_U16] = max_u16, [FLYNN_F32] = max_f32, [FLYNN_F64] = max_f64}}},
};
