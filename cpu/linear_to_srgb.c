/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/curve_rows.h"

static void curve_f32(const struct flynn_call *call)
{
    flynn_curve_rows(call, flynn_from_linear);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    static const struct flynn_curve curve = {flynn_from_linear_exactly};
    return flynn_curve_lower(node, &curve, "linear_to_srgb", err);
}

const struct flynn_op FLYNN_OP_SYMBOL(linear_to_srgb) = {
    .name = "linear-to-srgb",
    .aliases = "scRGB2sRGB",
    .group = "color",
    .summary = "linear light to samples of the sRGB curve",
    .definition =
        "c = x <= 0.0031308 ? 12.92 x : 1.055 x^(1 / 2.4) - 0.055.\n"
        "u8 and u16: floor(white * c(x / white) + 0.5) in double with the C library's pow.\n"
        "f32, each step rounded: 12.92 x up to 0.0031308; else 1.055 (z sqrt(sqrt(z))) - 0.055, where z is the "
        "cube root of x or of 2^120, if that is less: the float of the bits int(float(bits of x) * (1 / 3) + "
        "710000000) after two times z = z - z (((z z) z - x) / (((z z) z + (z z) z) + x)). Within 5e-7 of the "
        "true value, relatively. Infinity and NaN pass.\n"
        "Alpha is kept.",
    .source = "IEC 61966-2-1",
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_F32] = curve_f32}}},
};
