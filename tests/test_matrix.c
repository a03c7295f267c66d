/* SPDX-License-Identifier: Apache-2.0 */
/* Products of matrices against higher precision, against each other and against a BLAS. */

#include "core/compare.h"
#include "core/rng.h"
#include "dispatch/verify.h"

#include <flynn/backend.h>
#include <flynn/file.h>

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sizes around tiles and blocks of every table: chains longer than a block, few rows, few columns. */
static const struct size {
    int m, k, n;
} sizes[] = {{1, 1, 1},     {3, 700, 50},  {6, 300, 16}, {13, 257, 33},  {40, 1030, 17},
             {1, 600, 200}, {200, 513, 5}, {97, 64, 95}, {170, 260, 30}, {15, 20, 800}};

enum { SIZES = sizeof sizes / sizeof *sizes };

static struct flynn_image random_matrix(int rows, int cols, enum flynn_type type, uint64_t seed)
{
    struct flynn_image m;
    struct flynn_err err;
    cr_assert_eq(flynn_image_alloc(&m, &(struct flynn_shape){cols, rows, 1, type}, &err), 0, "%s", err.text);
    for (int y = 0; y < rows; y++) {
        for (int x = 0; x < cols; x++) {
            double v = flynn_rng_unit(&seed) * 2 - 1;
            if (type == FLYNN_F64)
                ((double *)flynn_row(&m, y))[x] = v;
            else if (type == FLYNN_F32)
                ((float *)flynn_row(&m, y))[x] = (float)v;
            else
                ((uint8_t *)flynn_row(&m, y))[x] = (uint8_t)((v + 1) * 128);
        }
    }
    return m;
}

static long double at(const struct flynn_image *m, int row, int col)
{
    const void *p = flynn_row(m, row);
    if (m->shape.type == FLYNN_S32)
        return ((const int32_t *)p)[col];
    if (m->shape.type == FLYNN_U8)
        return ((const uint8_t *)p)[col];
    return m->shape.type == FLYNN_F64 ? (long double)((const double *)p)[col] : (long double)((const float *)p)[col];
}

/* What one op makes on a backend ("" for the scalar reference). */
static struct flynn_image run(const char *text, const struct flynn_image *a, const struct flynn_image *b,
                              const char *name)
{
    static struct flynn_chain chain;
    struct flynn_plan plan;
    struct flynn_image out = {0};
    struct flynn_limits limits = {0};
    struct flynn_backend backend;
    struct flynn_err err;
    cr_assert_eq(flynn_backends_parse(&backend, 1, name, &limits, &err), 1, "%s", err.text);
    cr_assert_eq(flynn_chain_add_with(&chain, text, b, &err), 0, "%s", err.text);
    cr_assert_eq(flynn_plan_build(&plan, &chain, &a->shape, &err), 0, "%s", err.text);
    cr_assert_eq(flynn_run_plan(&plan, &backend, a, &out, &err), 0, "%s", err.text);
    flynn_plan_free(&plan);
    flynn_chain_free(&chain);
    return out;
}

static bool same_bits(const struct flynn_image *a, const struct flynn_image *b)
{
    return flynn_images_equal(a, b);
}

/* |C - AB| <= g |A||B| with g = k u / (1 - k u), and long double as good as exact. */
static void check_residual(const struct flynn_image *a, const struct flynn_image *b, const struct flynn_image *c)
{
    int k = a->shape.width;
    long double ku = k * (a->shape.type == FLYNN_F64 ? 0x1p-53L : 0x1p-24L), g = 1.001L * ku / (1 - ku);
    for (int y = 0; y < c->shape.height; y++) {
        for (int x = 0; x < c->shape.width; x++) {
            long double exact = 0, size = 0;
            for (int i = 0; i < k; i++) {
                exact += at(a, y, i) * at(b, i, x);
                size += fabsl(at(a, y, i) * at(b, i, x));
            }
            cr_assert_leq(fabsl(at(c, y, x) - exact), g * size, "element %d, %d", y, x);
        }
    }
}

static void try_products(enum flynn_type type)
{
    static const char *const names[] = {"autovec", "simd", "threads:2", "threads:3"};
    for (int i = 0; i < SIZES; i++) {
        struct flynn_image a = random_matrix(sizes[i].m, sizes[i].k, type, (uint64_t)i);
        struct flynn_image b = random_matrix(sizes[i].k, sizes[i].n, type, 100 + (uint64_t)i);
        struct flynn_image c = run("matmul", &a, &b, "scalar");
        check_residual(&a, &b, &c);
        for (int n = 0; n < 4; n++) {
            struct flynn_image other = run("matmul", &a, &b, names[n]);
            cr_assert(same_bits(&c, &other), "%d x %d x %d on %s", sizes[i].m, sizes[i].k, sizes[i].n, names[n]);
            flynn_image_free(&other);
        }
        flynn_image_free(&a);
        flynn_image_free(&b);
        flynn_image_free(&c);
    }
}

/* Sums that lie halfway between two f32 but for what f64 cannot hold, and subnormal ones: where an fma that is made
 * from f64 would be rounded twice. */
Test(matrix, sums_between_two_f32_are_rounded_once)
{
    static const float ones[] = {1, -1, 1 + 0x1p-23f, 0x1p-60f, 0x1.000002p-74f, 3};
    static const float halves[] = {0x1p-12f,         0x1.fffffep-13f, 0x1.000002p-12f,
                                   -0x1.000002p-12f, 0x1p-66f,        0x1.fffffep-76f};
    uint64_t rng = 5;
    for (int i = 0; i < 40; i++) {
        struct flynn_image a = random_matrix(5, 70, FLYNN_F32, rng), b = random_matrix(70, 9, FLYNN_F32, rng + 1);
        for (int k = 0; k < 70; k++) {
            bool half = flynn_rng_below(&rng, 2);
            for (int y = 0; y < 5; y++)
                ((float *)flynn_row(&a, y))[k] = (half ? halves : ones)[flynn_rng_below(&rng, 6)];
            for (int x = 0; x < 9; x++)
                ((float *)flynn_row(&b, k))[x] = (half ? halves : ones)[flynn_rng_below(&rng, 6)];
        }
        struct flynn_image c = run("matmul", &a, &b, "scalar");
        struct flynn_image other = run("matmul", &a, &b, "simd:sse2"), best = run("matmul", &a, &b, "simd");
        cr_assert(same_bits(&c, &other), "sse2, round %d", i);
        cr_assert(same_bits(&c, &best), "the best table, round %d", i);
        flynn_image_free(&a);
        flynn_image_free(&b);
        flynn_image_free(&c);
        flynn_image_free(&other);
        flynn_image_free(&best);
    }
}

/* The matrix whose product with the kernel is the convolution: a row for each tap, a column for each output. */
static struct flynn_image im2col(const struct flynn_image *in, int channels, int kh, int kw, int stride, int pad)
{
    int height = in->shape.height / channels, width = in->shape.width;
    int oh = (height + 2 * pad - kh) / stride + 1, ow = (width + 2 * pad - kw) / stride + 1;
    struct flynn_image m = random_matrix(channels * kh * kw, oh * ow, FLYNN_F32, 1);
    for (int t = 0; t < channels * kh * kw; t++) {
        for (int i = 0; i < oh * ow; i++) {
            int y = i / ow * stride - pad + t / kw % kh, x = i % ow * stride - pad + t % kw;
            bool inside = y >= 0 && y < height && x >= 0 && x < width;
            ((float *)flynn_row(&m, t))[i] = inside ? ((float *)flynn_row(in, t / kw / kh * height + y))[x] : 0;
        }
    }
    return m;
}

Test(matrix, conv2d_is_the_product_with_the_im2col_matrix)
{
    static const struct {
        int filters, channels, height, width, kh, kw, stride, pad;
    } cases[] = {
        {7, 3, 9, 21, 3, 3, 1, 1}, {1, 1, 5, 40, 5, 1, 1, 0}, {12, 5, 8, 17, 2, 4, 2, 3}, {3, 8, 1, 1, 1, 1, 1, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int f = cases[i].filters, c = cases[i].channels, taps = c * cases[i].kh * cases[i].kw;
        struct flynn_image in = random_matrix(c * cases[i].height, cases[i].width, FLYNN_F32, i);
        struct flynn_image flat = random_matrix(f, taps, FLYNN_F32, 50 + i);
        struct flynn_image kernel = random_matrix(f * c * cases[i].kh, cases[i].kw, FLYNN_F32, 1);
        for (int k = 0; k < f * taps; k++)
            ((float *)flynn_row(&kernel, k / cases[i].kw))[k % cases[i].kw] =
                ((float *)flynn_row(&flat, k / taps))[k % taps];
        struct flynn_image columns = im2col(&in, c, cases[i].kh, cases[i].kw, cases[i].stride, cases[i].pad);
        struct flynn_image product = run("matmul", &flat, &columns, "scalar");
        char text[100];
        snprintf(text, sizeof text, "conv2d:@,filters=%d,channels=%d,stride=%d,padding=%d", f, c, cases[i].stride,
                 cases[i].pad);
        static const char *const names[] = {"scalar", "autovec", "simd", "threads:3"};
        for (int n = 0; n < 4; n++) {
            struct flynn_image out = run(text, &in, &kernel, names[n]);
            cr_assert_eq(out.planes, f);
            cr_assert_eq(out.shape.height * out.shape.width, f * product.shape.width);
            for (int k = 0, each = product.shape.width; k < f * each; k++)
                cr_assert_eq(((float *)flynn_row(&out, k / out.shape.width))[k % out.shape.width],
                             ((float *)flynn_row(&product, k / each))[k % each], "case %zu, %s, element %d", i,
                             names[n], k);
            flynn_image_free(&out);
        }
        flynn_image_free(&in);
        flynn_image_free(&flat);
        flynn_image_free(&kernel);
        flynn_image_free(&columns);
        flynn_image_free(&product);
    }
}

/* A Matrix Market file of n x n elements, some twice, and rows of very different lengths where `uneven`; and the
 * matrix. */
static struct flynn_image sparse_matrix(struct flynn_image *dense, int n, bool uneven, uint64_t seed)
{
    struct flynn_image list;
    struct flynn_err err;
    char *text = NULL;
    size_t size = 0;
    int count = 0;
    FILE *body = open_memstream(&text, &size);
    cr_assert_eq(flynn_image_alloc(dense, &(struct flynn_shape){n, n, 1, FLYNN_F64}, &err), 0);
    for (int y = 0; y < n; y++) {
        memset(flynn_row(dense, y), 0, sizeof(double) * (size_t)n);
        uint64_t most = uneven && y % 97 ? 2 : uneven ? (uint64_t)n : 12;
        for (uint64_t left = flynn_rng_below(&seed, most); left > 0; left--) {
            int x = (int)flynn_rng_below(&seed, (uint64_t)n), v = (int)flynn_rng_below(&seed, 99) - 49;
            double *at = (double *)flynn_row(dense, y) + x;
            if (*at != 0 || v == 0)
                continue;
            fprintf(body, "%d %d %d\n", y + 1, x + 1, v);
            count++;
            *at = v;
        }
    }
    fclose(body);
    char *file = NULL;
    size_t bytes = 0;
    FILE *whole = open_memstream(&file, &bytes);
    fprintf(whole, "%%%%MatrixMarket matrix coordinate integer general\n%d %d %d\n%s", n, n, count, text);
    fclose(whole);
    cr_assert_eq(flynn_read_memory(&list, file, bytes, NULL, "test.mtx", &err), 1, "%s", err.text);
    cr_assert(list.sparse && list.shape.width == count + 1);
    free(text);
    free(file);
    return list;
}

Test(matrix, spmv_is_the_product_without_the_zeros)
{
    static const char *const names[] = {"scalar", "autovec", "simd", "threads:3"};
    static const int counts[] = {1, 15, 16, 17, 300, 1100};
    for (int i = 0; i < 12; i++) {
        int n = counts[i / 2];
        struct flynn_image dense, list = sparse_matrix(&dense, n, i % 2, (uint64_t)i + 1);
        for (int cols = 1; cols <= 21; cols += 20) {
            struct flynn_image x = random_matrix(n, cols, FLYNN_F64, 7), expected = run("matmul", &dense, &x, "scalar");
            for (int b = 0; b < 4; b++) {
                struct flynn_image y = run("spmv", &x, &list, names[b]);
                cr_assert(same_bits(&expected, &y), "%d rows, %d vectors, case %d on %s", n, cols, i, names[b]);
                flynn_image_free(&y);
            }
            flynn_image_free(&x);
            flynn_image_free(&expected);
        }
        flynn_image_free(&dense);
        flynn_image_free(&list);
    }
}

Test(matrix, matrix_market_lists_are_in_order)
{
    static const char text[] = "%%matrixmarket Matrix Coordinate Real Symmetric\r\n% a\n\n 3 3 4\n3 1 .5\n3 1 -2\n"
                               "2\t2 1e3\n\n1 1 4";
    static const double expected[3][7] = {{3, 1, 1, 1, 2, 3, 3}, {3, 1, 3, 3, 2, 1, 1}, {6, 4, .5, -2, 1e3, .5, -2}};
    struct flynn_image list;
    struct flynn_err err;
    cr_assert_eq(flynn_read_memory(&list, text, sizeof text - 1, NULL, "test.mtx", &err), 1, "%s", err.text);
    cr_assert(list.sparse && list.shape.width == 7 && list.shape.height == 3);
    for (int k = 0; k < 21; k++)
        cr_assert_eq(((double *)flynn_row(&list, k / 7))[k % 7], expected[k / 7][k % 7], "element %d", k);
    flynn_image_free(&list);
    cr_assert_eq(flynn_read_memory(&list, "%%MatrixMarket matrix array real general\n2 3\n1\n2\n3\n4\n5\n6\n", 57, NULL,
                                   "test.mtx", &err),
                 1, "%s", err.text);
    cr_assert(!list.sparse && list.shape.width == 3 && list.shape.height == 2);
    for (int k = 0; k < 6; k++)
        cr_assert_eq(((double *)flynn_row(&list, k % 2))[k / 2], k + 1);
    flynn_image_free(&list);
}

/* Large outputs are written in another way than those of the general verification. */
Test(matrix, running_sums_of_large_matrices)
{
    static const char *const texts[] = {"cumsum", "cumsum:axis=column", "cumsum:axis=all"};
    static const char *const names[] = {"simd:sse2", "simd", "threads:2"};
    for (int i = 0; i < 6; i++) {
        struct flynn_image m = random_matrix(2603, 2601, i % 2 ? FLYNN_F64 : FLYNN_F32, (uint64_t)i);
        struct flynn_image expected = run(texts[i / 2], &m, &m, "scalar");
        for (int b = 0; b < 3; b++) {
            struct flynn_image out = run(texts[i / 2], &m, &m, names[b]);
            cr_assert(same_bits(&expected, &out), "%s, case %d on %s", texts[i / 2], i, names[b]);
            flynn_image_free(&out);
        }
        flynn_image_free(&m);
        flynn_image_free(&expected);
    }
}

Test(matrix, turns_of_large_matrices)
{
    static const char *const texts[] = {"transpose", "transpose", "rotate:90", "rotate:270"};
    static const char *const names[] = {"simd:sse2", "simd", "threads:2"};
    for (int i = 0; i < 4; i++) {
        struct flynn_image m = random_matrix(2603, 2601, i == 1 ? FLYNN_F64 : FLYNN_F32, (uint64_t)i);
        struct flynn_image expected = run(texts[i], &m, &m, "scalar");
        for (int b = 0; b < 3; b++) {
            struct flynn_image out = run(texts[i], &m, &m, names[b]);
            cr_assert(same_bits(&expected, &out), "%s, case %d on %s", texts[i], i, names[b]);
            flynn_image_free(&out);
        }
        flynn_image_free(&m);
        flynn_image_free(&expected);
    }
}

Test(matrix, products_of_f32_are_within_the_bound_and_have_the_same_bits)
{
    try_products(FLYNN_F32);
}

Test(matrix, products_of_f64_are_within_the_bound_and_have_the_same_bits)
{
    try_products(FLYNN_F64);
}

static struct flynn_image transposed(const struct flynn_image *m)
{
    struct flynn_image t = random_matrix(m->shape.width, m->shape.height, m->shape.type, 1);
    for (int y = 0; y < t.shape.height; y++) {
        for (int x = 0; x < t.shape.width; x++)
            ((float *)flynn_row(&t, y))[x] = ((float *)flynn_row(m, x))[y];
    }
    return t;
}

Test(matrix, stored_transposed_gives_the_same_bits)
{
    struct flynn_image a = random_matrix(37, 600, FLYNN_F32, 5), b = random_matrix(600, 70, FLYNN_F32, 6);
    struct flynn_image at_ = transposed(&a), bt = transposed(&b);
    struct flynn_image plain = run("matmul", &a, &b, "simd");
    struct flynn_image sides[] = {run("matmul:trans=a", &at_, &b, "simd"), run("matmul:trans=b", &a, &bt, "simd"),
                                  run("matmul:trans=both", &at_, &bt, "simd")};
    for (int i = 0; i < 3; i++)
        cr_assert(same_bits(&plain, &sides[i]), "side %d", i);
}

Test(matrix, a_batch_is_its_products_below_each_other)
{
    struct flynn_image a = random_matrix(3 * 20, 31, FLYNN_F32, 7), b = random_matrix(3 * 31, 40, FLYNN_F32, 8);
    struct flynn_image all = run("matmul:batch=3", &a, &b, "threads:2");
    for (int i = 0; i < 3; i++) {
        struct flynn_image pa = a, pb = b, part = all;
        pa.data = flynn_row(&a, i * 20);
        pb.data = flynn_row(&b, i * 31);
        part.data = flynn_row(&all, i * 20);
        pa.shape.height = part.shape.height = 20;
        pb.shape.height = 31;
        struct flynn_image one = run("matmul", &pa, &pb, "scalar");
        cr_assert(same_bits(&one, &part), "product %d", i);
    }
}

/* C t = A (B t) for a random t of -1 and 1, up to rounding: O(n^2) operations find any wrong element with probability
 * 1/2 or more (Freivalds 1977). */
Test(matrix, a_large_product_passes_freivalds_check)
{
    enum { N = 700, ROUNDS = 8 };
    struct flynn_image a = random_matrix(N, N, FLYNN_F32, 9), b = random_matrix(N, N, FLYNN_F32, 10);
    struct flynn_image c = run("matmul", &a, &b, "threads:2");
    static double t[N], bt[N];
    uint64_t seed = 11;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < N; i++)
            t[i] = flynn_rng_below(&seed, 2) ? 1 : -1;
        for (int i = 0; i < N; i++) {
            bt[i] = 0;
            for (int j = 0; j < N; j++)
                bt[i] += (double)at(&b, i, j) * t[j];
        }
        for (int i = 0; i < N; i++) {
            double left = 0, right = 0;
            for (int j = 0; j < N; j++) {
                left += (double)at(&c, i, j) * t[j];
                right += (double)at(&a, i, j) * bt[j];
            }
            /* N errors of about sqrt(N) u each and of both signs make some 1e-5; the limit is a thousand times that. */
            cr_assert_leq(fabs(left - right), 0.02, "row %d", i);
        }
    }
}

Test(matrix, long_rows_times_a_vector_are_within_the_bound)
{
    struct flynn_image a = random_matrix(5, 20011, FLYNN_F32, 12), x = random_matrix(20011, 1, FLYNN_F32, 13);
    struct flynn_image y = run("matvec", &a, &x, "scalar"), fast = run("matvec", &a, &x, "simd");
    cr_assert(same_bits(&y, &fast));
    cr_assert_eq(y.shape.width, 1);
    check_residual(&a, &x, &y);
    struct flynn_image wide = random_matrix(3, 9000, FLYNN_F64, 14), v = random_matrix(1, 9000, FLYNN_F64, 15);
    struct flynn_image one = run("matvec", &wide, &v, "scalar"), two = run("matvec", &wide, &v, "simd");
    cr_assert(same_bits(&one, &two));
}

Test(matrix, products_of_bytes_are_exact)
{
    static const char *const texts[] = {"matmul-int8", "matmul-int8:signed=a", "matmul-int8:signed=b",
                                        "matmul-int8:signed=both"};
    struct flynn_image a = random_matrix(19, 1101, FLYNN_U8, 16), b = random_matrix(1101, 37, FLYNN_U8, 17);
    for (int s = 0; s < 4; s++) {
        struct flynn_image c = run(texts[s], &a, &b, "simd");
        for (int y = 0; y < 19; y++) {
            for (int x = 0; x < 37; x++) {
                int64_t sum = 0;
                for (int k = 0; k < 1101; k++) {
                    int64_t p = (int64_t)at(&a, y, k), q = (int64_t)at(&b, k, x);
                    sum += (s & 1 && p > 127 ? p - 256 : p) * (s & 2 && q > 127 ? q - 256 : q);
                }
                cr_assert_eq((int64_t)at(&c, y, x), sum, "%s: %d, %d", texts[s], y, x);
            }
        }
        flynn_image_free(&c);
    }
}

Test(matrix, sums_of_bytes_that_may_overflow_are_refused)
{
    static struct flynn_chain chain;
    struct flynn_plan plan;
    struct flynn_err err;
    struct flynn_image b = random_matrix(33026, 1, FLYNN_U8, 18);
    cr_assert_eq(flynn_chain_add_with(&chain, "matmul-int8", &b, &err), 0);
    cr_assert_eq(flynn_plan_build(&plan, &chain, &(struct flynn_shape){33026, 1, 1, FLYNN_U8}, &err), FLYNN_EINPUT);
    cr_assert(strstr(err.text, "33025"), "%s", err.text);
    flynn_chain_free(&chain);
}

/* One row times one column, on a backend. */
static float chain_of(const float *p, const float *q, int k, const char *backend)
{
    struct flynn_image a = random_matrix(1, k, FLYNN_F32, 1), b = random_matrix(k, 1, FLYNN_F32, 2);
    for (int i = 0; i < k; i++) {
        ((float *)flynn_row(&a, 0))[i] = p[i];
        ((float *)flynn_row(&b, i))[0] = q[i];
    }
    struct flynn_image c = run("matmul", &a, &b, backend);
    float value = ((float *)flynn_row(&c, 0))[0];
    flynn_image_free(&a);
    flynn_image_free(&b);
    flynn_image_free(&c);
    return value;
}

Test(matrix, special_values_follow_ieee_754)
{
    static const char *const names[] = {"scalar", "autovec", "simd"};
    for (int i = 0; i < 3; i++) {
        const char *n = names[i];
        cr_assert(isnan(chain_of((float[]){INFINITY, 1}, (float[]){0, 1}, 2, n)), "%s: inf * 0", n);
        cr_assert(isnan(chain_of((float[]){INFINITY, -INFINITY}, (float[]){1, 1}, 2, n)), "%s: inf - inf", n);
        cr_assert(isnan(chain_of((float[]){NAN, 1}, (float[]){1, 1}, 2, n)), "%s: NaN", n);
        cr_assert_eq(chain_of((float[]){3e38f, -3e38f}, (float[]){2, 2}, 2, n), INFINITY, "%s: overflow stays", n);
        cr_assert_eq(chain_of((float[]){3e38f, 3e38f}, (float[]){1, -1}, 2, n), 0, "%s: no overflow", n);
        float zero = chain_of((float[]){-0.0f}, (float[]){1}, 1, n);
        cr_assert(zero == 0 && !signbit(zero), "%s: +0 + -0", n);
        cr_assert_eq(chain_of((float[]){0x1p-100f}, (float[]){0x1p-49f}, 1, n), 0x1p-149f, "%s: subnormal", n);
        /* Rounded once: 1 - (1 - 2^-24)(1 + 2^-23) needs 47 bits between the product and the sum. */
        cr_assert_eq(chain_of((float[]){1, -(1 - 0x1p-24f)}, (float[]){1, 1 + 0x1p-23f}, 2, n),
                     (float)(1 - (1 - 0x1p-24) * (1 + 0x1p-23)), "%s: fused", n);
    }
}

typedef void sgemm(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);

Test(matrix, a_blas_agrees_within_the_bound)
{
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    void *symbol = library ? dlsym(library, "cblas_sgemm") : NULL;
    sgemm *gemm;
    if (!symbol)
        cr_skip_test("libopenblas.so.0 is not installed");
    memcpy(&gemm, &symbol, sizeof gemm);
    struct flynn_image a = random_matrix(90, 333, FLYNN_F32, 20), b = random_matrix(333, 65, FLYNN_F32, 21);
    struct flynn_image d = random_matrix(90, 65, FLYNN_F32, 22);
    struct flynn_image ours = run("matmul:alpha=-1.5", &a, &b, "simd");
    gemm(101, 111, 111, 90, 65, 333, -1.5f, (float *)(void *)a.data, (int)(a.stride / 4), (float *)(void *)b.data,
         (int)(b.stride / 4), 0, (float *)(void *)d.data, (int)(d.stride / 4));
    for (int y = 0; y < 90; y++) {
        for (int x = 0; x < 65; x++) {
            long double size = 0;
            for (int k = 0; k < 333; k++)
                size += fabsl(at(&a, y, k) * at(&b, k, x));
            cr_assert_leq(fabsl(at(&ours, y, x) - at(&d, y, x)), 2.1L * 335 * 0x1p-24L * 1.5L * size, "%d, %d", y, x);
        }
    }
}
