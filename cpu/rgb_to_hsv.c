/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/rgb_rows.h"

#include <math.h>

/* u8: table[0] holds int32_t [2][256], what saturation and hue are multiplied with: floor(255 * 4096 / i + 0.5) and
 * floor(30 * 4096 / i + 0.5), and 0 for i = 0. */

static inline int largest(int a, int b, int c)
{
    int d = a > b ? a : b;
    return d > c ? d : c;
}

static inline int smallest(int a, int b, int c)
{
    int d = a < b ? a : b;
    return d < c ? d : c;
}

RGB_INLINE void row_u8(const void *from, void *to, int width, int channels, const void *by)
{
    const uint8_t *in = from;
    const int32_t *table = by;
    uint8_t *out = to;
    for (int i = 0; i < width; i++) {
        int r = in[i * channels], g = in[i * channels + 1], b = in[i * channels + 2];
        int v = largest(r, g, b), d = v - smallest(r, g, b);
        int h = v == r ? g - b : v == g ? b - r + 2 * d : r - g + 4 * d;
        h = (h * table[256 + d] + 2048) >> 12;
        out[i * channels] = (uint8_t)(h < 0 ? h + 180 : h);
        out[i * channels + 1] = (uint8_t)((d * table[v] + 2048) >> 12);
        out[i * channels + 2] = (uint8_t)v;
    }
}

static void hsv_u8(const struct flynn_call *call)
{
    const int32_t *table = call->stage->table[0].data;
    flynn_rgb_rows(call, 1, row_u8, table);
}

/* ---- floats ------------------------------------------------------------------------------------------------------ */

struct hsv {
    float h, s, v;
};

/* A comparison with NaN is false, which decides what the larger and the smaller of two are. */
static inline struct hsv convert(float r, float g, float b)
{
    const float epsilon = 0x1p-23f;
    float v = r > g ? r : g, low = r < g ? r : g;
    v = v > b ? v : b;
    low = low < b ? low : b;
    float d = v - low, s = d / (fabsf(v) + epsilon), k = 60.0f / (d + epsilon);
    float h = v == r ? (g - b) * k : v == g ? (b - r) * k + 120.0f : (r - g) * k + 240.0f;
    return (struct hsv){h < 0 ? h + 360.0f : h, s, v};
}

RGB_INLINE void row_u16(const void *from, void *to, int width, int channels, const void *by)
{
    const uint16_t *in = from;
    uint16_t *out = to;
    (void)by;
    for (int i = 0; i < width; i++) {
        struct hsv x = convert(in[i * channels], in[i * channels + 1], in[i * channels + 2]);
        out[i * channels] = (uint16_t)((int)(x.h * (65536 / 360.0f) + 0.5f) & 65535);
        out[i * channels + 1] = (uint16_t)(int)(x.s * 65535.0f + 0.5f);
        out[i * channels + 2] = (uint16_t)(int)x.v;
    }
}

static void hsv_u16(const struct flynn_call *call)
{
    flynn_rgb_rows(call, 2, row_u16, NULL);
}

RGB_INLINE void row_f32(const void *from, void *to, int width, int channels, const void *by)
{
    const float *in = from;
    float *out = to;
    (void)by;
    for (int i = 0; i < width; i++) {
        struct hsv x = convert(in[i * channels], in[i * channels + 1], in[i * channels + 2]);
        out[i * channels] = x.h;
        out[i * channels + 1] = x.s;
        out[i * channels + 2] = x.v;
    }
}

static void hsv_f32(const struct flynn_call *call)
{
    flynn_rgb_rows(call, 4, row_f32, NULL);
}

/* ---- metadata ---------------------------------------------------------------------------------------------------- */

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    struct flynn_stage *stage = flynn_rgb_stage(node, "rgb_to_hsv");
    if (node->in.type == FLYNN_U8) {
        int32_t *table = flynn_node_alloc(node, 512 * sizeof *table, err);
        if (!table)
            return err->code;
        for (int i = 1; i < 256; i++) {
            table[i] = (int32_t)floor(255 * 4096 / (double)i + 0.5);
            table[256 + i] = (int32_t)floor(30 * 4096 / (double)i + 0.5);
        }
        stage->table[0] = (struct flynn_table_data){table, 512 * sizeof *table};
    }
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(rgb_to_hsv) = {
    .name = "rgb-to-hsv",
    .aliases = "sRGB2HSV rgb2hsv",
    .group = "color",
    .summary = "hue, saturation and value",
    .definition =
        "V is the largest of R, G, B, and d = V less the smallest. h = G - B where V = R, else B - R + 2 d where V = "
        "G, "
        "else R - G + 4 d.\n"
        "u8: S = (d * floor(255 * 4096 / V + 0.5) + 2048) >> 12; H = (h * floor(30 * 4096 / d + 0.5) + 2048) >> 12, "
        "and "
        "180 more where that is negative; 0 for V = 0 and d = 0. H is from 0 to 179, of 2 degrees.\n"
        "f32, each step rounded: e = 2^-23, S = d / (|V| + e), k = 60 / (d + e), H = (G - B) k, (B - R) k + 120 or "
        "(R - G) k + 240, and 360 more where that is negative.\n"
        "u16: as f32 of the samples as they are; then H = int(H * (65536 / 360) + 0.5) mod 65536, "
        "S = int(S * 65535 + 0.5).\n"
        "Alpha is kept.",
    .source = "OpenCV cvtColor with COLOR_RGB2HSV, to the bit on u8",
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_CHANNEL_BIT(3) | FLYNN_CHANNEL_BIT(4),
    .kind = FLYNN_ROWS,
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = hsv_u8, [FLYNN_U16] = hsv_u16, [FLYNN_F32] = hsv_f32}}},
};
