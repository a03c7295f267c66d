/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/binary.h"

static uint8_t xor_u8_sample(uint8_t x, uint8_t w)
{
    return x ^ w;
}

static uint16_t xor_u16_sample(uint16_t x, uint16_t w)
{
    return x ^ w;
}

static void xor_u8(const struct flynn_call *call)
{
    binary_u8(call, xor_u8_sample);
}

static void xor_u16(const struct flynn_call *call)
{
    binary_u16(call, xor_u16_sample);
}

const struct flynn_op FLYNN_OP_SYMBOL(xor) = {
    .name = "xor",
    .aliases = "bitwise_xor",
    .group = "arithmetic",
    .summary = "the bits that one of two samples has",
    .definition = "x ^ w for x of the input and w of `with`.\n"
                  "The input's alpha channel is kept.",
    .source = "OpenCV bitwise_xor",
    .params = {BINARY_WITH},
    .types = FLYNN_TYPE_BIT(FLYNN_U8) | FLYNN_TYPE_BIT(FLYNN_U16),
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"@"},
    .lower = binary_lower,
    .kernels = {.fn = {{[FLYNN_U8] = xor_u8, [FLYNN_U16] = xor_u16}}},
};
