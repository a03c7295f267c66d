/* SPDX-License-Identifier: Apache-2.0 */
#include "core/sample.h"
#include "core/table.h"
#include "cpu/color_matrix.h"
#include "cpu/rgb_rows.h"

/* table[0]: see cpu/color_matrix.h. */

static inline uint8_t product_u8(const int32_t *m, int r, int g, int b)
{
    int y = (m[0] * r + m[1] * g + m[2] * b + m[3]) >> 12;
    y = y < 0 ? 0 : y;
    return (uint8_t)(y > 255 ? 255 : y);
}

RGB_INLINE void row_u8(const void *from, void *to, int width, int channels, const void *by)
{
    const uint8_t *in = from;
    const int32_t *m = by;
    uint8_t *out = to;
    for (int i = 0; i < width; i++) {
        int r = in[i * channels], g = in[i * channels + 1], b = in[i * channels + 2];
        out[i * channels] = product_u8(m, r, g, b);
        out[i * channels + 1] = product_u8(m + 4, r, g, b);
        out[i * channels + 2] = product_u8(m + 8, r, g, b);
    }
}

static void matrix_u8(const struct flynn_call *call)
{
    int32_t m[12];
    memcpy(m, call->stage->table[0].data, sizeof m);
    flynn_rgb_rows(call, 1, row_u8, m);
}

static inline uint16_t product_u16(const int64_t *m, int64_t r, int64_t g, int64_t b)
{
    int64_t y = (m[0] * r + m[1] * g + m[2] * b + m[3]) >> 22;
    y = y < 0 ? 0 : y;
    return (uint16_t)(y > 65535 ? 65535 : y);
}

RGB_INLINE void row_u16(const void *from, void *to, int width, int channels, const void *by)
{
    const uint16_t *in = from;
    const int64_t *m = by;
    uint16_t *out = to;
    for (int i = 0; i < width; i++) {
        int64_t r = in[i * channels], g = in[i * channels + 1], b = in[i * channels + 2];
        out[i * channels] = product_u16(m, r, g, b);
        out[i * channels + 1] = product_u16(m + 4, r, g, b);
        out[i * channels + 2] = product_u16(m + 8, r, g, b);
    }
}

static void matrix_u16(const struct flynn_call *call)
{
    const int32_t *table = call->stage->table[0].data;
    int64_t m[12];
    for (int i = 0; i < 12; i++)
        m[i] = (int64_t)table[i / 4 * 8 + i % 4] * 1024 + table[i / 4 * 8 + 4 + i % 4];
    flynn_rgb_rows(call, 2, row_u16, m);
}

static inline float product_f32(const float *m, float r, float g, float b)
{
    return ((m[0] * r + m[1] * g) + m[2] * b) + m[3];
}

RGB_INLINE void row_f32(const void *from, void *to, int width, int channels, const void *by)
{
    const float *in = from;
    const float *m = by;
    float *out = to;
    for (int i = 0; i < width; i++) {
        float r = in[i * channels], g = in[i * channels + 1], b = in[i * channels + 2];
        out[i * channels] = product_f32(m, r, g, b);
        out[i * channels + 1] = product_f32(m + 4, r, g, b);
        out[i * channels + 2] = product_f32(m + 8, r, g, b);
    }
}

static void matrix_f32(const struct flynn_call *call)
{
    float m[12];
    memcpy(m, call->stage->table[0].data, sizeof m);
    flynn_rgb_rows(call, 4, row_f32, m);
}

/* ---- metadata ---------------------------------------------------------------------------------------------------- */

/* In the order of the choices of `preset`. */
static const double presets[][12] = {
    {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0},
    {0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0},
    {0.299, 0.587, 0.114, 0, 0.299, 0.587, 0.114, 0, 0.299, 0.587, 0.114, 0},
    {0.393, 0.769, 0.189, 0, 0.349, 0.686, 0.168, 0, 0.272, 0.534, 0.131, 0},
    {-1, 0, 0, 1, 0, -1, 0, 1, 0, 0, -1, 1},
    {0.412453, 0.357580, 0.180423, 0, 0.212671, 0.715160, 0.072169, 0, 0.019334, 0.119193, 0.950227, 0},
};

static int read_matrix(double m[12], const struct flynn_image *image, struct flynn_err *err)
{
    const struct flynn_shape *shape = &image->shape;
    bool real = shape->type == FLYNN_F32 || shape->type == FLYNN_F64;
    if (!real || shape->channels != 1 || shape->height != 3 || (shape->width != 3 && shape->width != 4))
        return flynn_fail(err, FLYNN_EINPUT,
                          "color-matrix: with is %dx%d with %d channels of %s; it must have 3 rows of 3 or 4 numbers, "
                          "f32 or f64",
                          shape->width, shape->height, shape->channels, flynn_type_name(shape->type));
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 4; j++)
            m[4 * i + j] = j < shape->width ? flynn_sample(shape->type, flynn_row(image, i), (size_t)j) : 0;
    }
    return FLYNN_OK;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    const struct flynn_image *with = flynn_node_value(node, "with")->input;
    double m[12];

    memcpy(m, presets[flynn_node_value(node, "preset")->integer], sizeof m);
    int code = with ? read_matrix(m, with, err) : FLYNN_OK;
    return code ? code : flynn_color_matrix_stage(node, m, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(color_matrix) = {
    .name = "color-matrix",
    .aliases = "recomb transform colour-matrix",
    .group = "color",
    .summary = "every pixel times a matrix of 3 x 3, or of 3 x 4 whose last column is added",
    .definition = "Row (a, b, c, d) of the matrix in double makes one channel of the result.\n"
                  "u8: (A R + B G + C B + D + 2048) >> 12, clamped; A = floor(a * 4096 + 0.5), B and C alike, "
                  "D = 256 * floor(d * 255 * 16 + 0.5).\n"
                  "u16: (A R + B G + C B + D + 2^21) >> 22, clamped; A = floor(a * 2^22 + 0.5), D = floor(d * 65535 * "
                  "2^22 + 0.5).\n"
                  "f32: ((a R + b G) + c B) + d, coefficients rounded to float, each step rounded.\n"
                  "Alpha is kept. The absolute values of a row may add up to 7.9.",
    .source = "libvips recomb, OpenCV transform, ImageMagick -color-matrix; preset=xyz on u8 is OpenCV's COLOR_RGB2XYZ",
    .params = {{.name = "preset",
                .kind = FLYNN_PARAM_CHOICE,
                .preset = "identity",
                .choices = "identity|bgr|gray|sepia|negative|xyz",
                .help = "a matrix by name"},
               {.name = "with",
                .kind = FLYNN_PARAM_INPUT,
                .preset = "",
                .help = "the matrix: 3 rows of 3 or 4 numbers (CSV or NPY)"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_CHANNEL_BIT(3) | FLYNN_CHANNEL_BIT(4),
    .kind = FLYNN_ROWS,
    .cases = {"bgr", "gray", "sepia", "negative", "xyz"},
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = matrix_u8, [FLYNN_U16] = matrix_u16, [FLYNN_F32] = matrix_f32}}},
};
