/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/curve.h"
#include "cpu/rgb_rows.h"

/* u8: table[0] holds int32_t [256 + 3072 + 9]: the linear light of a sample in 1/2040, f of X, Y and Z in 1/2040 as
 * 1/32768, and the matrix to X, Y, Z of a white of 1 in 1/4096, row by row.
 * f32: table[0] holds the matrix as float [9]. */

enum { LIGHT = 256, ROOTS = 3072 };

static inline int dot(const int32_t *m, int r, int g, int b)
{
    return (m[0] * r + m[1] * g + m[2] * b + 2048) >> 12;
}

static inline uint8_t clamp(int x)
{
    x = x < 0 ? 0 : x;
    return (uint8_t)(x > 255 ? 255 : x);
}

RGB_INLINE void row_u8(const void *from, void *to, int width, int channels, const void *by)
{
    const uint8_t *in = from;
    const int32_t *table = by;
    uint8_t *out = to;
    const int32_t *root = table + LIGHT, *m = root + ROOTS;
    for (int i = 0; i < width; i++) {
        int r = table[in[i * channels]], g = table[in[i * channels + 1]], b = table[in[i * channels + 2]];
        int x = root[dot(m, r, g, b)], y = root[dot(m + 3, r, g, b)], z = root[dot(m + 6, r, g, b)];
        out[i * channels] = clamp((296 * y - 1336935 + 16384) >> 15);
        out[i * channels + 1] = clamp((500 * (x - y) + (128 << 15) + 16384) >> 15);
        out[i * channels + 2] = clamp((200 * (y - z) + (128 << 15) + 16384) >> 15);
    }
}

static void lab_u8(const struct flynn_call *call)
{
    flynn_rgb_rows(call, 1, row_u8, call->stage->table[0].data);
}

static inline float root_f32(float t)
{
    float root = flynn_cube_root(t < 0x1p120f ? t : 0x1p120f);
    return t > 216 / 24389.0f ? root : t * (841 / 108.0f) + 16 / 116.0f;
}

RGB_INLINE void row_f32(const void *from, void *to, int width, int channels, const void *by)
{
    const float *in = from;
    const float *m = by;
    float *out = to;
    for (int i = 0; i < width; i++) {
        float r = flynn_to_linear(in[i * channels]), g = flynn_to_linear(in[i * channels + 1]);
        float b = flynn_to_linear(in[i * channels + 2]);
        float x = root_f32((m[0] * r + m[1] * g) + m[2] * b);
        float y = root_f32((m[3] * r + m[4] * g) + m[5] * b);
        float z = root_f32((m[6] * r + m[7] * g) + m[8] * b);
        out[i * channels] = y * 116.0f - 16.0f;
        out[i * channels + 1] = (x - y) * 500.0f;
        out[i * channels + 2] = (y - z) * 200.0f;
    }
}

static void lab_f32(const struct flynn_call *call)
{
    flynn_rgb_rows(call, 4, row_f32, call->stage->table[0].data);
}

/* ---- metadata ---------------------------------------------------------------------------------------------------- */

static int32_t nearest(double x)
{
    return (int32_t)floor(x + 0.5);
}

static void fill_u8(int32_t *table, const double *m)
{
    for (int i = 0; i < LIGHT; i++)
        table[i] = nearest(2040 * flynn_to_linear_exactly(i / 255.0));
    for (int i = 0; i < ROOTS; i++) {
        double t = i / 2040.0;
        table[LIGHT + i] = nearest(32768 * (t < 216 / 24389.0 ? t * 841 / 108 + 16 / 116.0 : cbrt(t)));
    }
    /* So near to a half that OpenCV's floats round them the other way. */
    table[LIGHT + 49] = 9454;
    table[LIGHT + 628] = 22126;
    for (int i = 0; i < 9; i++)
        table[LIGHT + ROOTS + i] = nearest(4096 * m[i]);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    static const double white[3] = {0.950456, 1, 1.088754};
    static const double xyz[9] = {0.412453, 0.357580, 0.180423, 0.212671, 0.715160,
                                  0.072169, 0.019334, 0.119193, 0.950227};
    double m[9];
    int32_t *table = flynn_node_alloc(node, (LIGHT + ROOTS + 9) * sizeof *table, err);
    if (!table)
        return err->code;
    for (int i = 0; i < 9; i++)
        m[i] = xyz[i] / white[i / 3];
    if (node->in.type == FLYNN_U8)
        fill_u8(table, m);
    for (int i = 0; i < 9 && node->in.type == FLYNN_F32; i++)
        ((float *)table)[i] = (float)m[i];
    struct flynn_stage *stage = flynn_rgb_stage(node, "rgb_to_lab");
    stage->table[0] = (struct flynn_table_data){table, (LIGHT + ROOTS + 9) * sizeof *table};
    stage->costly = true;
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(rgb_to_lab) = {
    .name = "rgb-to-lab",
    .aliases = "sRGB2Lab rgb2lab",
    .group = "color",
    .summary = "from sRGB to CIE L*a*b* with the white D65",
    .definition =
        "Linear light r, g, b; X = (0.412453 r + 0.357580 g + 0.180423 b) / 0.950456, Y = 0.212671 r + 0.715160 g + "
        "0.072169 b, Z = (0.019334 r + 0.119193 g + 0.950227 b) / 1.088754; f(t) = t > 216/24389 ? t^(1/3) : 841/108 t "
        "+ 16/116.\n"
        "u8: r, g, b in 1/2040, X, Y, Z in 1/2040 with the coefficients rounded to 1/4096: (.. + 2048) >> 12; f in "
        "1/32768, but f(49/2040) = 9454 and f(628/2040) = 22126; all rounded to nearest in double. "
        "L = (296 f(Y) - 1336935 + 16384) >> 15, a = (500 (f(X) - f(Y)) + 128 * 32768 + 16384) >> 15, "
        "b = (200 (f(Y) - f(Z)) + 128 * 32768 + 16384) >> 15, clamped: L is in 1/2.55, a and b are 128 more.\n"
        "f32, each step rounded: r, g, b as srgb-to-linear; X, Y, Z with coefficients divided in double and rounded; "
        "the cube root as in linear-to-srgb; t (841/108) + 16/116; L = f(Y) 116 - 16, a = (f(X) - f(Y)) 500, "
        "b = (f(Y) - f(Z)) 200.\n"
        "Alpha is kept.",
    .source = "CIE 1976; OpenCV cvtColor with COLOR_RGB2Lab, on u8 to the bit",
    .types = FLYNN_TYPE_BIT(FLYNN_U8) | FLYNN_TYPE_BIT(FLYNN_F32),
    .channels = FLYNN_CHANNEL_BIT(3) | FLYNN_CHANNEL_BIT(4),
    .kind = FLYNN_ROWS,
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = lab_u8, [FLYNN_F32] = lab_f32}}},
};
