/* SPDX-License-Identifier: Apache-2.0 */
#include "core/compare.h"
#include "dispatch/inputs.h"
#include "matrix_helpers.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <stdio.h>
#include <string.h>

/* Relations that follow from what the ops of two inputs mean, whatever the samples. Those of one input, or of the same
 * second input on both sides, stand in dispatch/laws.c. */

static const char *const backends[] = {"scalar", "autovec", "simd", "threads:3", "opencl"};
#define BACKENDS ((int)(sizeof backends / sizeof *backends))

static const struct flynn_size sizes[] = {{1, 1}, {1, 33}, {47, 1}, {7, 5}, {65, 19}, {131, 40}};
#define SIZES ((int)(sizeof sizes / sizeof *sizes))

ParameterizedTestParameters(metamorphic, pictures)
{
    static int number[BACKENDS];
    for (int i = 0; i < BACKENDS; i++)
        number[i] = i;
    return cr_make_param_array(int, number, BACKENDS);
}

ParameterizedTestParameters(metamorphic, matrices)
{
    static int number[BACKENDS];
    for (int i = 0; i < BACKENDS; i++)
        number[i] = i;
    return cr_make_param_array(int, number, BACKENDS);
}

static const char *available(int number)
{
    struct flynn_limits limits = {0};
    struct flynn_backend backend;
    struct flynn_err err;
    const char *name = backends[number];
    cr_assert_eq(flynn_backends_parse(&backend, 1, name, &limits, &err), 1, "%s", err.text);
    if (!backend.available)
        cr_skip_test("%s: %s", name, backend.why);
    return name;
}

static struct flynn_image blank(int width, int height, int channels, enum flynn_type type)
{
    struct flynn_image image;
    struct flynn_err err;
    struct flynn_shape shape = {width, height, channels, type};
    cr_assert_eq(flynn_image_alloc(&image, &shape, &err), 0, "%s", err.text);
    for (int y = 0; y < height; y++)
        memset(flynn_row(&image, y), 0, flynn_row_bytes(&shape));
    return image;
}

static struct flynn_image random_picture(const struct flynn_shape *shape, uint64_t seed)
{
    struct flynn_image image = blank(shape->width, shape->height, shape->channels, shape->type);
    flynn_pattern_fill(&image, 2, &seed);
    return image;
}

/* Takes both images. */
static void expect_equal(struct flynn_image left, struct flynn_image right, const char *what, const char *backend)
{
    struct flynn_difference difference;
    char text[200];
    cr_assert(flynn_shape_equal(&left.shape, &right.shape), "%s on %s: the shapes differ", what, backend);
    cr_expect(flynn_compare(&difference, &left, &right), "%s on %s, %s %dx%dx%d: %s", what, backend,
              flynn_type_name(left.shape.type), left.shape.width, left.shape.height, left.shape.channels,
              flynn_difference_text(text, sizeof text, &difference));
    flynn_image_free(&left);
    flynn_image_free(&right);
}

static struct flynn_image copy_of(const struct flynn_image *image)
{
    struct flynn_image copy;
    struct flynn_err err;
    cr_assert_eq(flynn_image_copy(&copy, image, &err), 0, "%s", err.text);
    return copy;
}

/* left(a, b) = right(b, a); with b NULL in one of them where its text needs none. */
static void expect_swapped(const char *left, const char *right, const struct flynn_image *a,
                           const struct flynn_image *b, const char *backend)
{
    char what[200];
    snprintf(what, sizeof what, "%s of a and b, %s of b and a", left, right);
    expect_equal(run(left, a, b, backend), run(right, b, a, backend), what, backend);
}

/* ---- pictures ---------------------------------------------------------------------------------------------------- */

static void two_pictures(const struct flynn_shape *shape, const char *backend)
{
    static const char *const either_way[] = {"add", "absdiff", "multiply", "min", "max"}, *const bits[] = {"and", "or",
                                                                                                           "xor"};
    struct flynn_image a = random_picture(shape, 11), b = random_picture(shape, 12);
    bool alpha = flynn_alpha_channel(shape) >= 0, whole = shape->type != FLYNN_F32;

    /* The input's alpha passes. */
    for (size_t i = 0; !alpha && i < sizeof either_way / sizeof *either_way; i++)
        expect_swapped(either_way[i], either_way[i], &a, &b, backend);
    for (size_t i = 0; !alpha && whole && i < sizeof bits / sizeof *bits; i++)
        expect_swapped(bits[i], bits[i], &a, &b, backend);
    if (!alpha && whole) { /* what stays above 0 of a - b and of b - a is the size of the difference */
        struct flynn_image less = run("sub", &a, &b, backend), more = run("sub", &b, &a, backend);
        expect_equal(run("or", &less, &more, backend), run("absdiff", &a, &b, backend), "a - b or b - a", backend);
        flynn_image_free(&less);
        flynn_image_free(&more);
        expect_equal(run("blend:alpha=1", &a, &b, backend), copy_of(&b), "blend:alpha=1", backend);
    }
    if (!alpha)
        expect_equal(run("over", &a, &b, backend), copy_of(&b), "over by an opaque picture", backend);
    flynn_image_free(&a);
    flynn_image_free(&b);
}

/* Channels taken apart and put together. */
static void apart_and_together(const struct flynn_shape *shape, const char *backend)
{
    struct flynn_shape gray = {shape->width, shape->height, 1, shape->type};
    struct flynn_image a = random_picture(&gray, 21), b = random_picture(&gray, 22);
    struct flynn_image both = run("merge", &a, &b, backend);
    cr_assert_eq(both.shape.channels, 2);
    expect_equal(run("channel:index=0", &both, NULL, backend), copy_of(&a), "first channel of merge", backend);
    expect_equal(run("channel:index=1", &both, NULL, backend), copy_of(&b), "second channel of merge", backend);
    flynn_image_free(&a);
    flynn_image_free(&b);
    flynn_image_free(&both);
}

/* The map that leaves every pixel where it is. */
static void identity_map(const struct flynn_shape *shape, const char *backend)
{
    struct flynn_image a = random_picture(shape, 31), map = blank(shape->width, shape->height, 2, FLYNN_F32);
    expect_equal(run("remap:units=relative", &a, &map, backend), copy_of(&a), "remap by nothing", backend);
    flynn_image_free(&a);
    flynn_image_free(&map);
}

static void identity_table(const struct flynn_shape *shape, const char *backend)
{
    if (shape->type != FLYNN_U8)
        return;
    struct flynn_image a = random_picture(shape, 41), ramp = blank(256, 1, 1, FLYNN_U8);
    for (int i = 0; i < 256; i++)
        ((uint8_t *)flynn_row(&ramp, 0))[i] = (uint8_t)i;
    expect_equal(run("lut", &a, &ramp, backend), copy_of(&a), "lut of a ramp", backend);
    flynn_image_free(&a);
    flynn_image_free(&ramp);
}

/* A picture of one sample, filtered, is the kernel turned around: every other filter is a sum of these. */
static void impulse(const char *backend)
{
    enum { SIDE = 5 };
    struct flynn_image kernel = random_matrix(SIDE, SIDE, FLYNN_F32, 51), image = blank(SIDE, SIDE, 1, FLYNN_F32);
    ((float *)flynn_row(&image, SIDE / 2))[SIDE / 2] = 1;
    expect_equal(run("convolve:with=@,border=constant", &image, &kernel, backend),
                 run("rotate:180", &kernel, NULL, backend), "convolve of an impulse", backend);
    flynn_image_free(&kernel);
    flynn_image_free(&image);
}

/* Rows, then columns, are the product of both in one go, where nothing is rounded. */
static void separable(const struct flynn_shape *shape, const char *backend)
{
    static const int weights[] = {1, 3, 5, 2, 4};
    struct flynn_image row = new_matrix(1, 5, FLYNN_F32), column = new_matrix(5, 1, FLYNN_F32);
    struct flynn_image square = new_matrix(5, 5, FLYNN_F32), a = random_picture(shape, 61), across;
    if (shape->type == FLYNN_U16) {
        for (int y = 0; y < shape->height; y++) { /* 15 * 15 * 255 is below the white of u16 */
            for (size_t x = 0; x < flynn_row_samples(shape); x++)
                ((uint16_t *)flynn_row(&a, y))[x] %= 256;
        }
        for (int i = 0; i < 25; i++) {
            ((float *)flynn_row(&row, 0))[i % 5] = (float)weights[i % 5];
            ((float *)flynn_row(&column, i / 5))[0] = (float)weights[i / 5];
            ((float *)flynn_row(&square, i / 5))[i % 5] = (float)(weights[i / 5] * weights[i % 5]);
        }
        across = run("convolve:with=@", &a, &row, backend);
        expect_equal(run("convolve:with=@", &across, &column, backend), run("convolve:with=@", &a, &square, backend),
                     "separable and direct", backend);
        flynn_image_free(&across);
    }
    flynn_image_free(&row);
    flynn_image_free(&column);
    flynn_image_free(&square);
    flynn_image_free(&a);
}

ParameterizedTest(int *number, metamorphic, pictures)
{
    const char *backend = available(*number);
    for (int i = 0; i < SIZES * FLYNN_MAX_CHANNELS * 3; i++) {
        static const enum flynn_type types[] = {FLYNN_U8, FLYNN_U16, FLYNN_F32};
        struct flynn_size size = sizes[i / (3 * FLYNN_MAX_CHANNELS)];
        struct flynn_shape shape = {size.width, size.height, 1 + i / 3 % FLYNN_MAX_CHANNELS, types[i % 3]};
        two_pictures(&shape, backend);
        apart_and_together(&shape, backend);
        identity_map(&shape, backend);
        identity_table(&shape, backend);
        separable(&shape, backend);
    }
    impulse(backend);
}

/* ---- matrices ---------------------------------------------------------------------------------------------------- */

static struct flynn_image identity(int n, enum flynn_type type)
{
    struct flynn_image m = blank(n, n, 1, type);
    for (int i = 0; i < n; i++) {
        if (type == FLYNN_F64)
            ((double *)flynn_row(&m, i))[i] = 1;
        else
            ((float *)flynn_row(&m, i))[i] = 1;
    }
    return m;
}

/* a is m x k, b is k x n. */
static void products(int m, int k, int n, enum flynn_type type, const char *backend)
{
    struct flynn_image a = random_matrix(m, k, type, 71), b = random_matrix(k, n, type, 72);
    struct flynn_image left = identity(m, type), right = identity(k, type);
    struct flynn_image product = run("matmul", &a, &b, backend);

    expect_equal(run("matmul", &a, &right, backend), copy_of(&a), "a times 1", backend);
    expect_equal(run("matmul", &left, &a, backend), copy_of(&a), "1 times a", backend);
    /* An element is the same chain of fused operations on both sides, and fma(x, y, s) is fma(y, x, s). */
    struct flynn_image at_ = run("transpose", &a, NULL, backend), bt = run("transpose", &b, NULL, backend);
    expect_equal(run("transpose", &product, NULL, backend), run("matmul", &bt, &at_, backend), "(ab)' and b'a'",
                 backend);
    expect_equal(run("matmul:trans=both", &at_, &bt, backend), copy_of(&product), "a'' b''", backend);
    expect_equal(run("spmv", &b, &right, backend), copy_of(&b), "a sparse 1 times b", backend);
    expect_equal(run("solve", &left, &a, backend), copy_of(&a), "what times 1 is a", backend);
    expect_equal(run("axpy:alpha=0", &a, &a, backend), copy_of(&a), "a + 0 a", backend);
    struct flynn_image c = random_matrix(m, k, type, 73);
    expect_swapped("dot", "dot", &a, &c, backend);
    struct flynn_image *all[] = {&a, &b, &c, &left, &right, &product, &at_, &bt};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        flynn_image_free(all[i]);
}

ParameterizedTest(int *number, metamorphic, matrices)
{
    static const int shapes[][3] = {{1, 1, 1}, {1, 9, 5}, {7, 1, 3}, {5, 8, 1}, {17, 33, 29}, {64, 70, 65}};
    const char *backend = available(*number);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        products(shapes[i][0], shapes[i][1], shapes[i][2], FLYNN_F32, backend);
        products(shapes[i][0], shapes[i][1], shapes[i][2], FLYNN_F64, backend);
    }
    struct flynn_image a = random_matrix(13, 21, FLYNN_F32, 81), one = identity(1, FLYNN_F32);
    expect_equal(run("conv2d", &a, &one, backend), copy_of(&a), "conv2d by 1", backend);
    flynn_image_free(&a);
    flynn_image_free(&one);
}
