/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/color_matrix.h"
#include "cpu/rgb_rows.h"

/* u8 here; u16 and f32 are color-matrix's. No sum leaves 0 to 255. */

RGB_INLINE void row_u8(const void *from, void *to, int width, int channels, const void *by)
{
    const uint8_t *in = from;
    uint8_t *out = to;
    (void)by;
    for (int i = 0; i < width; i++) {
        int r = in[i * channels], g = in[i * channels + 1], b = in[i * channels + 2];
        out[i * channels] = (uint8_t)((19595 * r + 38470 * g + 7471 * b + 32768) >> 16);
        out[i * channels + 1] = (uint8_t)((-11059 * r - 21709 * g + 32768 * b + (128 << 16) + 32767) >> 16);
        out[i * channels + 2] = (uint8_t)((32768 * r - 27439 * g - 5329 * b + (128 << 16) + 32767) >> 16);
    }
}

static void ycbcr_u8(const struct flynn_call *call)
{
    flynn_rgb_rows(call, 1, row_u8, NULL);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    const double kr = 0.299, kg = 0.587, kb = 0.114, half = node->in.type == FLYNN_U16 ? 32768 / 65535.0 : 0.5;
    const double m[12] = {kr,
                          kg,
                          kb,
                          0,
                          -kr / (2 * (1 - kb)),
                          -kg / (2 * (1 - kb)),
                          0.5,
                          half,
                          0.5,
                          -kg / (2 * (1 - kr)),
                          -kb / (2 * (1 - kr)),
                          half};
    if (node->in.type != FLYNN_U8)
        return flynn_color_matrix_stage(node, m, err);
    flynn_rgb_stage(node, "rgb_to_ycbcr");
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(rgb_to_ycbcr) = {
    .name = "rgb-to-ycbcr",
    .aliases = "ppmtoyuv",
    .group = "color",
    .summary = "luma and two colour differences of the full range, as in JPEG files",
    .definition = "u8: Y = (19595 R + 38470 G + 7471 B + 32768) >> 16, "
                  "Cb = (-11059 R - 21709 G + 32768 B + 128 * 65536 + 32767) >> 16, "
                  "Cr = (32768 R - 27439 G - 5329 B + 128 * 65536 + 32767) >> 16.\n"
                  "u16 and f32: color-matrix with the rows (0.299, 0.587, 0.114, 0), (-0.299 / 1.772, -0.587 / 1.772, "
                  "0.5, h), (0.5, -0.587 / 1.402, -0.114 / 1.402, h), where h is 32768 / 65535 for u16 and 0.5 for "
                  "f32.\n"
                  "Alpha is kept.",
    .source = "JFIF; on u8 libjpeg's integers, to the bit",
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_CHANNEL_BIT(3) | FLYNN_CHANNEL_BIT(4),
    .kind = FLYNN_ROWS,
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = ycbcr_u8}}},
};
