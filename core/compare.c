/* SPDX-License-Identifier: Apache-2.0 */
#include "core/compare.h"

#include "core/sample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_float(enum flynn_type type)
{
    return type == FLYNN_F32 || type == FLYNN_F64;
}

static bool samples_equal(enum flynn_type type, const void *a, const void *b, size_t i)
{
    size_t n = flynn_type_bytes(type);
    if (memcmp((const char *)a + i * n, (const char *)b + i * n, n) == 0)
        return true;
    return is_float(type) && isnan(flynn_sample(type, a, i)) && isnan(flynn_sample(type, b, i));
}

/* The place of a float among all floats of its type in ascending order; -0 comes right before +0. */
static int64_t float_rank(enum flynn_type type, const void *row, size_t i)
{
    if (type == FLYNN_F32) {
        int32_t bits;
        memcpy(&bits, (const float *)row + i, sizeof bits);
        return bits >= 0 ? bits : -1 - (int64_t)(bits & INT32_MAX);
    }
    int64_t bits;
    memcpy(&bits, (const double *)row + i, sizeof bits);
    return bits >= 0 ? bits : -1 - (bits & INT64_MAX);
}

static uint64_t ulp_distance(enum flynn_type type, const void *a, const void *b, size_t i)
{
    if (isnan(flynn_sample(type, a, i)) || isnan(flynn_sample(type, b, i)))
        return UINT64_MAX;
    int64_t x = float_rank(type, a, i), y = float_rank(type, b, i);
    return x > y ? (uint64_t)x - (uint64_t)y : (uint64_t)y - (uint64_t)x;
}

static bool rows_equal(const struct flynn_shape *shape, const void *a, const void *b)
{
    if (memcmp(a, b, flynn_row_bytes(shape)) == 0)
        return true;
    if (!is_float(shape->type))
        return false;
    for (size_t i = 0; i < flynn_row_samples(shape); i++) {
        if (!samples_equal(shape->type, a, b, i))
            return false;
    }
    return true;
}

bool flynn_images_equal(const struct flynn_image *expected, const struct flynn_image *got)
{
    if (!flynn_shape_equal(&expected->shape, &got->shape))
        return false;
    for (int y = 0; y < expected->shape.height; y++) {
        if (!rows_equal(&expected->shape, flynn_row(expected, y), flynn_row(got, y)))
            return false;
    }
    return true;
}

static void count(struct flynn_channel_difference *d, double distance, uint64_t ulp)
{
    d->differing++;
    d->max_abs = distance > d->max_abs ? distance : d->max_abs;
    d->sum_abs += distance;
    d->sum_square += distance * distance;
    d->max_ulp = ulp > d->max_ulp ? ulp : d->max_ulp;
}

static void note_place(struct flynn_difference *d, int x, int y)
{
    if (!d->all.differing) {
        d->left = d->right = d->x = x;
        d->top = d->y = y;
    }
    d->left = x < d->left ? x : d->left;
    d->right = x > d->right ? x : d->right;
    d->bottom = y;
}

/* Exact sums of integer samples, by channel. */
struct exact {
    uint64_t abs[FLYNN_MAX_CHANNELS], square[FLYNN_MAX_CHANNELS];
};

static bool is_small(enum flynn_type type)
{
    return type == FLYNN_U8 || type == FLYNN_U16;
}

static void take_exact(struct flynn_difference *d, const struct exact *exact)
{
    uint64_t abs = 0, square = 0;
    if (!is_small(d->shape.type))
        return;
    for (int c = 0; c < d->shape.channels; c++) {
        d->channel[c].sum_abs = (double)exact->abs[c];
        d->channel[c].sum_square = (double)exact->square[c];
        abs += exact->abs[c];
        square += exact->square[c];
    }
    d->all.sum_abs = (double)abs;
    d->all.sum_square = (double)square;
}

static void compare_row(struct flynn_difference *d, struct exact *exact, const void *a, const void *b, int y)
{
    enum flynn_type type = d->shape.type;
    size_t samples = flynn_row_samples(&d->shape);
    int channels = d->shape.channels;

    for (size_t i = 0; i < samples; i++) {
        if (samples_equal(type, a, b, i))
            continue;
        double expected = flynn_sample(type, a, i), got = flynn_sample(type, b, i);
        double distance = isnan(expected) || isnan(got) ? INFINITY : fabs(expected - got);
        uint64_t ulp = is_float(type) ? ulp_distance(type, a, b, i) : 0;
        int c = (int)(i % (size_t)channels);
        note_place(d, (int)(i / (size_t)channels), y);
        if (!d->all.differing) {
            d->c = c;
            d->expected = expected;
            d->got = got;
        }
        count(&d->all, distance, ulp);
        count(&d->channel[c], distance, ulp);
        if (is_small(type)) {
            exact->abs[c] += (uint64_t)distance;
            exact->square[c] += (uint64_t)distance * (uint64_t)distance;
        }
    }
}

bool flynn_compare(struct flynn_difference *difference, const struct flynn_image *expected,
                   const struct flynn_image *got)
{
    if (!flynn_shape_equal(&expected->shape, &got->shape))
        abort();
    if (!difference)
        return flynn_images_equal(expected, got);
    struct exact exact = {{0}, {0}};
    *difference = (struct flynn_difference){.shape = expected->shape};
    difference->samples = (uint64_t)flynn_row_samples(&expected->shape) * (uint64_t)expected->shape.height;
    for (int y = 0; y < expected->shape.height; y++) {
        const void *a = flynn_row(expected, y), *b = flynn_row(got, y);
        if (memcmp(a, b, flynn_row_bytes(&expected->shape)) != 0)
            compare_row(difference, &exact, a, b, y);
    }
    take_exact(difference, &exact);
    return difference->all.differing == 0;
}

double flynn_difference_mean(const struct flynn_channel_difference *d, uint64_t samples)
{
    return d->sum_abs / (double)samples;
}

double flynn_difference_rmse(const struct flynn_channel_difference *d, uint64_t samples)
{
    return sqrt(d->sum_square / (double)samples);
}

double flynn_difference_psnr(const struct flynn_channel_difference *d, uint64_t samples, enum flynn_type type)
{
    double rmse = flynn_difference_rmse(d, samples);
    return rmse > 0 ? 20 * log10(flynn_type_white(type) / rmse) : (double)INFINITY;
}

static void difference_sample(enum flynn_type type, const void *a, const void *b, void *to, size_t i)
{
    double p = flynn_sample(type, a, i), q = flynn_sample(type, b, i), distance = p > q ? p - q : q - p;
    if (type == FLYNN_S32 && distance > INT32_MAX)
        distance = INT32_MAX;
    flynn_sample_put(type, to, i, distance);
}

int flynn_difference_image(struct flynn_image *difference, const struct flynn_image *expected,
                           const struct flynn_image *got, struct flynn_err *err)
{
    const struct flynn_shape *shape = &expected->shape;
    int alpha = flynn_alpha_channel(shape);
    if (!flynn_shape_equal(shape, &got->shape))
        abort();
    int code = flynn_image_alloc(difference, shape, err);
    if (code)
        return code;
    difference->matrix = expected->matrix;
    size_t channels = (size_t)shape->channels, bytes = flynn_type_bytes(shape->type);
    const float white = 1;
    for (int y = 0; y < shape->height; y++) {
        uint8_t *to = flynn_row(difference, y);
        for (size_t i = 0; i < flynn_row_samples(shape); i++) {
            if (alpha < 0 || i % channels != (size_t)alpha)
                difference_sample(shape->type, flynn_row(expected, y), flynn_row(got, y), to, i);
            else if (shape->type == FLYNN_F32)
                memcpy(to + i * bytes, &white, bytes);
            else
                memset(to + i * bytes, 255, bytes);
        }
    }
    return FLYNN_OK;
}

const char *flynn_sample_text(char *text, size_t size, enum flynn_type type, double value)
{
    int digits = type == FLYNN_F64 ? 17 : type == FLYNN_F32 ? 9 : 10;
    snprintf(text, size, "%.*g", digits, value);
    return text;
}

const char *flynn_difference_text(char *text, size_t size, const struct flynn_difference *d)
{
    char expected[32], got[32];
    if (!d->all.differing)
        snprintf(text, size, "%llu samples are equal", (unsigned long long)d->samples);
    else
        snprintf(text, size, "%llu of %llu samples differ, first at x=%d y=%d channel %d: expected %s, got %s",
                 (unsigned long long)d->all.differing, (unsigned long long)d->samples, d->x, d->y, d->c,
                 flynn_sample_text(expected, sizeof expected, d->shape.type, d->expected),
                 flynn_sample_text(got, sizeof got, d->shape.type, d->got));
    return text;
}

static char pixel_mark(const struct flynn_image *a, const struct flynn_image *b, int x, int y)
{
    for (int c = 0; c < a->shape.channels; c++) {
        size_t i = (size_t)x * (size_t)a->shape.channels + (size_t)c;
        if (!samples_equal(a->shape.type, flynn_row(a, y), flynn_row(b, y), i))
            return 'x';
    }
    return '.';
}

/* The start of a window of at most `most` in [0, n) that shows i with a little before it. */
static int window_start(int i, int n, int most, int before)
{
    int start = i - before;
    if (start > n - most)
        start = n - most;
    return start > 0 ? start : 0;
}

const char *flynn_difference_map(char *text, size_t size, const struct flynn_difference *d,
                                 const struct flynn_image *expected, const struct flynn_image *got)
{
    enum { COLUMNS = 64, ROWS = 16 };
    int x0 = window_start(d->x, d->shape.width, COLUMNS, 8), y0 = window_start(d->y, d->shape.height, ROWS, 2);
    size_t used = (size_t)snprintf(text, size, "pixels from x=%d y=%d ('x' differs):\n", x0, y0);

    for (int y = y0; y < d->shape.height && y < y0 + ROWS; y++) {
        for (int x = x0; x < d->shape.width && x < x0 + COLUMNS && used + 3 < size; x++)
            text[used++] = pixel_mark(expected, got, x, y);
        if (used + 1 < size)
            text[used++] = '\n';
    }
    text[used < size ? used : size - 1] = '\0';
    return text;
}
