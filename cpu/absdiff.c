/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/binary.h"

#include <math.h>

static uint8_t absdiff_u8_sample(uint8_t x, uint8_t w)
{
    return (uint8_t)(x > w ? x - w : w - x);
}

static uint16_t absdiff_u16_sample(uint16_t x, uint16_t w)
{
    return (uint16_t)(x > w ? x - w : w - x);
}

static float absdiff_f32_sample(float x, float w)
{
    return fabsf(x - w);
}

static double absdiff_f64_sample(double x, double w)
{
    return fabs(x - w);
}

static void absdiff_u8(const struct flynn_call *call)
{
    binary_u8(call, absdiff_u8_sample);
}

static void absdiff_u16(const struct flynn_call *call)
{
    binary_u16(call, absdiff_u16_sample);
}

static void absdiff_f32(const struct flynn_call *call)
{
    binary_f32(call, absdiff_f32_sample);
}

static void absdiff_f64(const struct flynn_call *call)
{
    binary_f64(call, absdiff_f64_sample);
}

const struct flynn_op FLYNN_OP_SYMBOL(absdiff) = {
    .name = "absdiff",
    .aliases = "difference",
    .group = "arithmetic",
    .summary = "how far two images or matrices are apart, sample by sample",
    .definition = "x of the input, w of `with`.\n"
                  "|x - w|; f32 and f64: the difference is rounded once and loses its sign.\n"
                  "The input's alpha channel is kept.",
    .source = "OpenCV absdiff",
    .params = {BINARY_WITH},
    .types = BINARY_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"@"},
    .lower = binary_lower,
    .kernels = {.fn = {{[FLYNN_U8] = absdiff_u8,
                        [FLYNN_U16] = absdiff_u16,
                        [FLYNN_F32] = absdiff_f32,
                        [FLYNN_F64] = absdiff_f64}}},
};
