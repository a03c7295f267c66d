/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/curve_rows.h"

static void linear_f32(const struct flynn_call *call)
{
    flynn_curve_rows(call, flynn_to_linear);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    static const struct flynn_curve curve = {flynn_to_linear_exactly};
    return flynn_curve_lower(node, &curve, "srgb_to_linear", err);
}

const struct flynn_op FLYNN_OP_SYMBOL(srgb_to_linear) = {
    .name = "srgb-to-linear",
    .aliases = "sRGB2scRGB",
    .group = "color",
    .summary = "samples of the sRGB curve to linear light",
    .definition =
        "c = x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055)^2.4.\n"
        "u8 and u16: floor(white * c(x / white) + 0.5) in double with the C library's pow.\n"
        "f32, each step rounded: x (1 / 12.92) up to 0.04045; else with t = (x + 0.055) (1 / 1.055), at most "
        "2^54, (t t) z, where z = t^0.4 is the float of the bits int(float(bits of t) * 0.4 + 639000000) "
        "after three times z = z - (z - (t t) / ((z z) (z z))) 0.2. Within 5e-7 of the true value, relatively. "
        "Infinity and NaN pass.\n"
        "Alpha is kept.",
    .source = "IEC 61966-2-1",
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_F32] = linear_f32}}},
};
