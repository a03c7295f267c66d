/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/binary.h"

static uint8_t and_u8_sample(uint8_t x, uint8_t w)
{
    return x & w;
}

static uint16_t and_u16_sample(uint16_t x, uint16_t w)
{
    return x & w;
}

static void and_u8(const struct flynn_call *call)
{
    binary_u8(call, and_u8_sample);
}

static void and_u16(const struct flynn_call *call)
{
    binary_u16(call, and_u16_sample);
}

const struct flynn_op FLYNN_OP_SYMBOL(and) = {
    .name = "and",
    .aliases = "bitwise_and",
    .group = "arithmetic",
    .summary = "the bits that both samples have",
    .definition = "x & w for x of the input and w of `with`.\n"
                  "The input's alpha channel is kept.",
    .source = "OpenCV bitwise_and",
    .params = {BINARY_WITH},
    .types = FLYNN_TYPE_BIT(FLYNN_U8) | FLYNN_TYPE_BIT(FLYNN_U16),
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"@"},
    .lower = binary_lower,
    .kernels = {.fn = {{[FLYNN_U8] = and_u8, [FLYNN_U16] = and_u16}}},
};
