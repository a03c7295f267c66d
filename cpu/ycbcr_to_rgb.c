/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/color_matrix.h"
#include "cpu/rgb_rows.h"

/* u8 here; u16 and f32 are color-matrix's. */

static inline uint8_t clamp(int x)
{
    x = x < 0 ? 0 : x;
    return (uint8_t)(x > 255 ? 255 : x);
}

RGB_INLINE void row_u8(const void *from, void *to, int width, int channels, const void *by)
{
    const uint8_t *in = from;
    uint8_t *out = to;
    (void)by;
    for (int i = 0; i < width; i++) {
        int y = in[i * channels], cb = in[i * channels + 1] - 128, cr = in[i * channels + 2] - 128;
        out[i * channels] = clamp(y + ((91881 * cr + 32768) >> 16));
        out[i * channels + 1] = clamp(y + ((-22554 * cb - 46802 * cr + 32768) >> 16));
        out[i * channels + 2] = clamp(y + ((116130 * cb + 32768) >> 16));
    }
}

static void rgb_u8(const struct flynn_call *call)
{
    flynn_rgb_rows(call, 1, row_u8, NULL);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    const double cr = 1.402, cb = 1.772, half = node->in.type == FLYNN_U16 ? 32768 / 65535.0 : 0.5;
    const double g_cb = -0.114 * cb / 0.587, g_cr = -0.299 * cr / 0.587;
    const double m[12] = {1, 0, cr, -cr * half, 1, g_cb, g_cr, -(g_cb + g_cr) * half, 1, cb, 0, -cb * half};
    if (node->in.type != FLYNN_U8)
        return flynn_color_matrix_stage(node, m, err);
    flynn_rgb_stage(node, "ycbcr_to_rgb");
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(ycbcr_to_rgb) = {
    .name = "ycbcr-to-rgb",
    .aliases = "yuvtoppm",
    .group = "color",
    .summary = "the way back from rgb-to-ycbcr",
    .definition = "cb = Cb - 128, cr = Cr - 128.\n"
                  "u8: R = Y + ((91881 cr + 32768) >> 16), G = Y + ((-22554 cb - 46802 cr + 32768) >> 16), "
                  "B = Y + ((116130 cb + 32768) >> 16), clamped; >> rounds down.\n"
                  "u16 and f32: color-matrix with the rows (1, 0, 1.402, -1.402 h), (1, p, q, -(p + q) h), "
                  "(1, 1.772, 0, -1.772 h), where p = -0.114 * 1.772 / 0.587, q = -0.299 * 1.402 / 0.587 and h is "
                  "32768 / 65535 for u16 and 0.5 for f32.\n"
                  "Alpha is kept.",
    .source = "JFIF; on u8 libjpeg's integers, to the bit",
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_CHANNEL_BIT(3) | FLYNN_CHANNEL_BIT(4),
    .kind = FLYNN_ROWS,
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = rgb_u8}}},
};
