/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/binary.h"

static uint8_t or_u8_sample(uint8_t x, uint8_t w)
{
    return x | w;
}

static uint16_t or_u16_sample(uint16_t x, uint16_t w)
{
    return x | w;
}

static void or_u8(const struct flynn_call *call)
{
    binary_u8(call, or_u8_sample);
}

static void or_u16(const struct flynn_call *call)
{
    binary_u16(call, or_u16_sample);
}

const struct flynn_op FLYNN_OP_SYMBOL(or) = {
    .name = "or",
    .aliases = "bitwise_or",
    .group = "arithmetic",
    .summary = "the bits that either sample has",
    .definition = "x | w for x of the input and w of `with`.\n"
                  "The input's alpha channel is kept.",
    .source = "OpenCV bitwise_or",
    .params = {BINARY_WITH},
    .types = FLYNN_TYPE_BIT(FLYNN_U8) | FLYNN_TYPE_BIT(FLYNN_U16),
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"@"},
    .lower = binary_lower,
    .kernels = {.fn = {{[FLYNN_U8] = or_u8, [FLYNN_U16] = or_u16}}},
};
