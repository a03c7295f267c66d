/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/curve.h"
#include "cpu/rgb_rows.h"

/* u8: table[0] holds int32_t [256 + 4096 + 9]: 65536 Y + f(Y) of L, both in 1/16384; the sample of linear light in
 * 1/4096; and the matrix to linear light in 1/4096, row by row.
 * f32: table[0] holds the matrix as float [9]. */

enum { LIGHTNESS = 256, LIGHT = 4096 };

/* f(X) or f(Z) to X or Z, both in 1/16384. */
static inline int cube(int f)
{
    return f <= 3390 ? f * 108 / 841 - 290 : ((f * f >> 14) * f) >> 14;
}

static inline uint8_t sample(const int32_t *m, int x, int y, int z, const int32_t *light)
{
    int t = (m[0] * x + m[1] * y + m[2] * z + 8192) >> 14;
    t = t < 0 ? 0 : t;
    return (uint8_t)light[t < LIGHT - 1 ? t : LIGHT - 1];
}

RGB_INLINE void row_u8(const void *from, void *to, int width, int channels, const void *by)
{
    const uint8_t *in = from;
    const int32_t *table = by;
    uint8_t *out = to;
    const int32_t *light = table + LIGHTNESS, *m = light + LIGHT;
    for (int i = 0; i < width; i++) {
        int y = table[in[i * channels]] >> 16, f = table[in[i * channels]] & 65535;
        int x = cube(f + ((268435 * in[i * channels + 1] + 128) >> 13) - 4194);
        int z = cube(f - ((41943 * in[i * channels + 2] + 16) >> 9) + 10484);
        out[i * channels] = sample(m, x, y, z, light);
        out[i * channels + 1] = sample(m + 3, x, y, z, light);
        out[i * channels + 2] = sample(m + 6, x, y, z, light);
    }
}

static void rgb_u8(const struct flynn_call *call)
{
    flynn_rgb_rows(call, 1, row_u8, call->stage->table[0].data);
}

static inline float cube_f32(float f)
{
    return f > 6 / 29.0f ? (f * f) * f : (f - 16 / 116.0f) * (108 / 841.0f);
}

RGB_INLINE void row_f32(const void *from, void *to, int width, int channels, const void *by)
{
    const float *in = from;
    const float *m = by;
    float *out = to;
    for (int i = 0; i < width; i++) {
        float f = (in[i * channels] + 16.0f) * (1 / 116.0f), y = cube_f32(f);
        float x = cube_f32(f + in[i * channels + 1] * (1 / 500.0f));
        float z = cube_f32(f - in[i * channels + 2] * (1 / 200.0f));
        out[i * channels] = flynn_from_linear((m[0] * x + m[1] * y) + m[2] * z);
        out[i * channels + 1] = flynn_from_linear((m[3] * x + m[4] * y) + m[5] * z);
        out[i * channels + 2] = flynn_from_linear((m[6] * x + m[7] * y) + m[8] * z);
    }
}

static void rgb_f32(const struct flynn_call *call)
{
    flynn_rgb_rows(call, 4, row_f32, call->stage->table[0].data);
}

/* ---- metadata ---------------------------------------------------------------------------------------------------- */

static int32_t nearest(double x)
{
    return (int32_t)floor(x + 0.5);
}

/* L of up to 20 in 1/2.55 is on the line. */
static int32_t lightness(int i)
{
    double f = i <= 20 ? 16 / 116.0 + i * 5 / (3 * 17 * 29.0) : i * 100 / (255 * 116.0) + 16 / 116.0;
    double y = i <= 20 ? i * 20 * 9 / (17 * 29 * 29 * 29.0) : f * f * f;
    return nearest(16384 * y) * 65536 + nearest(16384 * f);
}

static void fill_u8(int32_t *table, const double *m)
{
    for (int i = 0; i < LIGHTNESS; i++)
        table[i] = lightness(i);
    for (int i = 0; i < LIGHT; i++)
        table[LIGHTNESS + i] = nearest(255 * flynn_from_linear_exactly(i / 4096.0));
    for (int i = 0; i < 9; i++)
        table[LIGHTNESS + LIGHT + i] = nearest(4096 * m[i]);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    static const double white[3] = {0.950456, 1, 1.088754};
    static const double rgb[9] = {3.240479, -1.53715, -0.498535, -0.969256, 1.875991,
                                  0.041556, 0.055648, -0.204043, 1.057311};
    double m[9];
    int32_t *table = flynn_node_alloc(node, (LIGHTNESS + LIGHT + 9) * sizeof *table, err);
    if (!table)
        return err->code;
    for (int i = 0; i < 9; i++)
        m[i] = rgb[i] * white[i % 3];
    if (node->in.type == FLYNN_U8)
        fill_u8(table, m);
    for (int i = 0; i < 9 && node->in.type == FLYNN_F32; i++)
        ((float *)table)[i] = (float)m[i];
    struct flynn_stage *stage = flynn_rgb_stage(node, "lab_to_rgb");
    stage->table[0] = (struct flynn_table_data){table, (LIGHTNESS + LIGHT + 9) * sizeof *table};
    stage->costly = true;
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(lab_to_rgb) = {
    .name = "lab-to-rgb",
    .aliases = "Lab2sRGB lab2rgb",
    .group = "color",
    .summary = "the way back from rgb-to-lab",
    .definition =
        "Linear light r = 3.240479 X' - 1.53715 Y - 0.498535 Z', g = -0.969256 X' + 1.875991 Y + 0.041556 Z', "
        "b = 0.055648 X' - 0.204043 Y + 1.057311 Z', where X' = 0.950456 X and Z' = 1.088754 Z.\n"
        "u8, in 1/16384: F = 16/116 + L/295.8 and Y = F^3, or for L <= 20 Y = L * 180 / (17 * 29^3), both rounded to "
        "nearest; X = c(F + ((268435 a + 128) >> 13) - 4194), Z = c(F - ((41943 b + 16) >> 9) + 10484), "
        "c(f) = f <= 3390 ? f * 108 / 841 - 290 (rounded towards 0) : ((f * f >> 14) * f) >> 14. Coefficients times "
        "the "
        "white are rounded to 1/4096; t = (.. + 8192) >> 14 is clamped to 0..4095; floor(255 s + 0.5), where s is "
        "linear-to-srgb's curve of t/4096.\n"
        "f32, each step rounded: F = (L + 16) (1/116); Y = c(F), X = c(F + a (1/500)), Z = c(F - b (1/200)), "
        "c(f) = f > 6/29 ? (f f) f : (f - 16/116) (108/841); coefficients times the white in double, rounded; "
        "then linear-to-srgb.\n"
        "Alpha is kept.",
    .source = "CIE 1976; OpenCV cvtColor with COLOR_Lab2RGB, on u8 to the bit",
    .types = FLYNN_TYPE_BIT(FLYNN_U8) | FLYNN_TYPE_BIT(FLYNN_F32),
    .channels = FLYNN_CHANNEL_BIT(3) | FLYNN_CHANNEL_BIT(4),
    .kind = FLYNN_ROWS,
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = rgb_u8, [FLYNN_F32] = rgb_f32}}},
};
