/* SPDX-License-Identifier: Apache-2.0 */
#include "core/sample.h"
#include "core/table.h"
#include "core/taps.h"

#include <math.h>

/* One stage, described in core/taps.h. */

#define CHUNK 256 /* samples summed at a time: the sums stay in the first-level cache */

static int chunk(int from, int samples)
{
    return samples - from < CHUNK ? samples - from : CHUNK;
}

/* The row of tap t for output row r, at the tap's column. */
static const void *tap_row(const struct flynn_call *call, int r, int t, size_t bytes)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *place = (const int32_t *)stage->table[0].data + 2 * t;
    const uint8_t *row = call->in[stage->up + r + place[1]];
    return row + (ptrdiff_t)place[0] * stage->in.channels * (ptrdiff_t)bytes;
}

/* sum / d, from 0 to white, rounded down. */
static void divide(const struct flynn_stage *stage, int32_t *sum, int n, int32_t white)
{
    int32_t d = stage->k[2], shift = stage->k[3], most = white * d;
    for (int i = 0; i < n; i++) {
        int32_t s = sum[i] > 0 ? sum[i] : 0;
        sum[i] = s < most ? s : most;
    }
    for (int i = 0; shift >= 0 && i < n; i++)
        sum[i] >>= shift;
    for (int i = 0; shift < 0 && i < n; i++)
        sum[i] /= d;
}

static void convolve_u8(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *weight = stage->table[1].data;
    int samples = call->width * stage->in.channels;
    int32_t sum[CHUNK];
    for (int r = 0; r < call->rows; r++) {
        uint8_t *out = call->out[r];
        for (int from = 0; from < samples; from += CHUNK) {
            int n = chunk(from, samples);
            for (int i = 0; i < n; i++)
                sum[i] = stage->k[1];
            for (int t = 0; t < stage->k[0]; t++) {
                const uint8_t *in = (const uint8_t *)tap_row(call, r, t, 1) + from;
                int32_t w = weight[t];
                for (int i = 0; i < n; i++)
                    sum[i] += w * in[i];
            }
            divide(stage, sum, n, 255);
            for (int i = 0; i < n; i++)
                out[from + i] = (uint8_t)sum[i];
        }
    }
}

static void convolve_u16(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *weight = stage->table[1].data;
    int samples = call->width * stage->in.channels;
    int32_t sum[CHUNK];
    for (int r = 0; r < call->rows; r++) {
        uint16_t *out = call->out[r];
        for (int from = 0; from < samples; from += CHUNK) {
            int n = chunk(from, samples);
            for (int i = 0; i < n; i++)
                sum[i] = stage->k[1];
            for (int t = 0; t < stage->k[0]; t++) {
                const uint16_t *in = (const uint16_t *)tap_row(call, r, t, 2) + from;
                int32_t w = weight[t];
                for (int i = 0; i < n; i++)
                    sum[i] += w * in[i];
            }
            divide(stage, sum, n, 65535);
            for (int i = 0; i < n; i++)
                out[from + i] = (uint16_t)sum[i];
        }
    }
}

static void convolve_f32(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    const float *weight = stage->table[1].data;
    int samples = call->width * stage->in.channels;
    float sum[CHUNK];
    for (int r = 0; r < call->rows; r++) {
        float *out = call->out[r];
        for (int from = 0; from < samples; from += CHUNK) {
            int n = chunk(from, samples);
            const float *first = (const float *)tap_row(call, r, 0, 4) + from;
            for (int i = 0; i < n; i++)
                sum[i] = weight[0] * first[i];
            for (int t = 1; t < stage->k[0]; t++) {
                const float *in = (const float *)tap_row(call, r, t, 4) + from;
                float w = weight[t];
                for (int i = 0; i < n; i++)
                    sum[i] += w * in[i];
            }
            for (int i = 0; i < n; i++)
                out[from + i] = sum[i] + stage->f[0];
        }
    }
}

/* ---- the kernels that have names --------------------------------------------------------------------------------- */

struct preset {
    int width, height, divisor;
    const signed char *weight;
};

static const signed char identity[] = {1};
static const signed char sharpen[] = {0, -1, 0, -1, 5, -1, 0, -1, 0};
static const signed char edge[] = {-1, -1, -1, -1, 8, -1, -1, -1, -1};
static const signed char laplacian[] = {0, 1, 0, 1, -4, 1, 0, 1, 0};
static const signed char emboss[] = {-2, -1, 0, -1, 1, 1, 0, 1, 2};
static const signed char ones[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
static const signed char gaussian3[] = {1, 2, 1, 2, 4, 2, 1, 2, 1};
static const signed char gaussian5[] = {1,  4, 6, 4,  1,  4,  16, 24, 16, 4, 6, 24, 36,
                                        24, 6, 4, 16, 24, 16, 4,  1,  4,  6, 4, 1};
static const signed char log5[] = {0,  0,  -1, 0,  0,  0,  -1, -2, -1, 0,  -1, -2, 16,
                                   -2, -1, 0,  -1, -2, -1, 0,  0,  0,  -1, 0,  0};
static const signed char motion7[] = {1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1,
                                      0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1};

#define PRESETS "identity|sharpen|edge|laplacian|emboss|box3|box5|gaussian3|gaussian5|log|motion"
static const struct preset presets[] = {
    {1, 1, 1, identity},    {3, 3, 1, sharpen}, {3, 3, 1, edge},    {3, 3, 1, laplacian},
    {3, 3, 1, emboss},      {3, 3, 9, ones},    {5, 5, 25, ones},   {3, 3, 16, gaussian3},
    {5, 5, 256, gaussian5}, {5, 5, 1, log5},    {7, 7, 7, motion7},
};

static int take_matrix(struct flynn_taps *taps, const struct flynn_image *image, struct flynn_err *err)
{
    const struct flynn_shape *shape = &image->shape;
    if (shape->channels != 1 || shape->width > FLYNN_TAPS_SIDE || shape->height > FLYNN_TAPS_SIDE)
        return flynn_fail(err, FLYNN_EINPUT,
                          "convolve: the kernel is %dx%d with %d channels; it may be up to %dx%d with 1", shape->width,
                          shape->height, shape->channels, FLYNN_TAPS_SIDE, FLYNN_TAPS_SIDE);
    taps->width = shape->width;
    taps->height = shape->height;
    for (int i = 0; i < shape->width * shape->height; i++) {
        taps->weight[i] = flynn_sample(shape->type, flynn_row(image, i / shape->width), (size_t)(i % shape->width));
        if (!isfinite(taps->weight[i]))
            return flynn_fail(err, FLYNN_EINPUT, "convolve: the kernel's row %d, column %d is not a finite number",
                              i / shape->width, i % shape->width);
    }
    return FLYNN_OK;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    const struct flynn_value *kernel = flynn_node_value(node, "kernel"), *with = flynn_node_value(node, "with");
    const struct flynn_value *divisor = flynn_node_value(node, "divisor");
    double scale = flynn_node_value(node, "scale")->real;
    struct flynn_taps taps = {.divisor = 1, .offset = flynn_node_sample(node, "offset")};
    if (kernel->set == with->set)
        return flynn_fail(err, FLYNN_EUSAGE,
                          "convolve: needs either a kernel's name or with=FILE, as in convolve:sharpen");
    if (with->set) {
        int code = take_matrix(&taps, with->input, err);
        if (code)
            return code;
    } else {
        const struct preset *preset = &presets[kernel->integer];
        taps.width = preset->width;
        taps.height = preset->height;
        taps.divisor = preset->divisor;
        for (int i = 0; i < taps.width * taps.height; i++)
            taps.weight[i] = preset->weight[i];
    }
    if (divisor->set)
        taps.divisor = divisor->real;
    for (int i = 0; i < taps.width * taps.height; i++)
        taps.weight[i] *= scale;
    return flynn_taps_lower(node, &taps, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(convolve) = {
    .name = "convolve",
    .aliases = "filter2d conv convi convf pnmconvol convolution sepfilter2d convsep",
    .group = "filter",
    .summary = "weighted sum of the neighbours, by a kernel's name or matrix",
    .definition =
        "The kernel K lies with its middle (column floor(width/2), row floor(height/2)) on the sample, as written, not "
        "turned\n"
        "around; a = K*scale/divisor. u8, u16: out = floor(s/d), at least 0, at most white, s = sum c*x + floor(d/2) + "
        "d*o,\n"
        "o = floor(offset + 1/2). Where K*scale is of whole numbers up to 32767, the divisor of up to 8191, and no sum "
        "overflows 32 "
        "bits,\n"
        "c = K*scale and d = divisor. Else d = 2^n with the smallest n for which all of c = a*d are whole, or, where "
        "none up to\n"
        "14 does, the largest up to 14 for which 32 bits hold every sum and 16 bits every c; there the a that are not "
        "0 "
        "become,\n"
        "by rows, c = round(a*d + e) (to nearest, ties to even), e being what was lost by rounding so far.\n"
        "f32: the a that are not 0 as floats by rows: t = a0*x0, t = t + a1*x1, ..., out = t + offset, every operation "
        "rounded.\n"
        "Every channel, alpha too, is filtered alike.",
    .source = "OpenCV filter2D: the same bits where K is whole, the divisor 1 and s fits 24 bits",
    .params =
        {
            {.name = "kernel",
             .kind = FLYNN_PARAM_CHOICE,
             .preset = "",
             .choices = PRESETS,
             .help = "a kernel that has a name"},
            {.name = "with",
             .kind = FLYNN_PARAM_INPUT,
             .preset = "",
             .help = "a kernel of your own: a matrix (CSV, NPY)"},
            FLYNN_TAPS_PARAM_SCALE,
            {.name = "divisor",
             .kind = FLYNN_PARAM_REAL,
             .min = 1e-3,
             .max = 1e6,
             .preset = "",
             .help = "the sum is divided by it; default: the kernel's own, 1 for matrices"},
            FLYNN_TAPS_PARAM_OFFSET,
            FLYNN_PARAM_BORDER,
            FLYNN_PARAM_FILL,
        },
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"sharpen", "emboss,offset=50%", "box5", "box3,border=constant,fill=100%", "gaussian5,border=wrap",
              "gaussian5,scale=0.3", "log,scale=40,divisor=7", "edge,border=reflect", "motion,border=replicate",
              "laplacian,scale=0.7,offset=3", "sharpen,scale=-1,offset=100%", "gaussian3,divisor=30",
              "gaussian5,scale=-30,divisor=77,offset=90%"},
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = convolve_u8, [FLYNN_U16] = convolve_u16, [FLYNN_F32] = convolve_f32}}},
};
