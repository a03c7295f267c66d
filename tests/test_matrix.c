/* SPDX-License-Identifier: Apache-2.0 */
/* Products of matrices against higher precision, against each other and against a BLAS. */

#include "core/compare.h"
#include "core/rng.h"
#include "dispatch/verify.h"
#include "matrix_helpers.h"

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

/* c = a b again, as the product of a sparse matrix that has no zeros and as a convolution whose channels are the rows
 * of b. */
static void check_other_products(const struct flynn_image *a, const struct flynn_image *b, const struct flynn_image *c,
                                 const char *backend)
{
    struct flynn_image sparse = run("spmv", b, a, backend), kernel = random_matrix(5 * 70, 1, FLYNN_F32, 1);
    struct flynn_image column = random_matrix(70, 1, FLYNN_F32, 1);
    for (int i = 0; i < 70; i++)
        *(float *)flynn_row(&column, i) = *(const float *)flynn_row(b, i);
    struct flynn_image vector = run("spmv", &column, a, backend);
    for (int y = 0; y < 5; y++)
        cr_assert_arr_eq((uint8_t *)flynn_row(&vector, y), (uint8_t *)flynn_row(c, y), sizeof(float), "%s", backend);
    for (int i = 0; i < 5 * 70; i++)
        *(float *)flynn_row(&kernel, i) = ((const float *)flynn_row(a, i / 70))[i % 70];
    struct flynn_image layer = run("conv2d:filters=5,channels=70", b, &kernel, backend);
    cr_assert(same_bits(c, &sparse), "spmv, %s", backend);
    cr_assert(same_bits(c, &layer), "conv2d, %s", backend);
    flynn_image_free(&sparse);
    flynn_image_free(&column);
    flynn_image_free(&vector);
    flynn_image_free(&kernel);
    flynn_image_free(&layer);
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
        struct flynn_image other = run("matmul", &a, &b, or_autovec("simd:sse2")), best = run("matmul", &a, &b, "simd");
        cr_assert(same_bits(&c, &other), "sse2, round %d", i);
        cr_assert(same_bits(&c, &best), "the best table, round %d", i);
        check_other_products(&a, &b, &c, or_autovec("simd:sse2"));
        check_other_products(&a, &b, &c, "simd");
        flynn_image_free(&a);
        flynn_image_free(&b);
        flynn_image_free(&c);
        flynn_image_free(&other);
        flynn_image_free(&best);
    }
}

/* Large outputs are written in another way than those of the general verification. */
Test(matrix, running_sums_of_large_matrices)
{
    static const char *const texts[] = {"cumsum", "cumsum:axis=column", "cumsum:axis=all"};
    const char *const names[] = {or_autovec("simd:sse2"), "simd", "threads:2"};
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

/* Outputs that do not stay in a cache are written past them by whole lines; what is left of the sides goes otherwise.
 */
Test(matrix, what_is_turned_past_the_caches_has_the_same_bits)
{
    static const char *const texts[] = {"transpose", "rotate:90", "rotate:270"};
    const char *const names[] = {or_autovec("simd:sse2"), "simd", "threads:3"};
    static const struct {
        enum flynn_type type;
        int width, height, channels;
    } shapes[] = {{FLYNN_U8, 1091, 9001, 1}, {FLYNN_U16, 3203, 1450, 1}, {FLYNN_F32, 2117, 1043, 1},
                  {FLYNN_F64, 40, 28003, 1}, {FLYNN_U16, 1100, 2111, 2}, {FLYNN_U8, 4096, 1024, 4}};
    for (int i = 0; i < 6 * 3; i++) {
        if (shapes[i / 3].type == FLYNN_F64 && i % 3)
            continue; /* pictures alone are rotated */
        struct flynn_shape shape = {shapes[i / 3].width, shapes[i / 3].height, shapes[i / 3].channels,
                                    shapes[i / 3].type};
        struct flynn_image a;
        struct flynn_err err;
        uint64_t seed = (uint64_t)i;
        cr_assert_eq(flynn_image_alloc(&a, &shape, &err), 0, "%s", err.text);
        for (int y = 0; y < shape.height; y++) {
            uint8_t *row = flynn_row(&a, y);
            for (size_t x = 0; x < flynn_row_bytes(&shape); x++)
                row[x] = (uint8_t)flynn_rng_below(&seed, 127); /* no NaN */
        }
        struct flynn_image expected = run(texts[i % 3], &a, NULL, "scalar");
        for (int n = 0; n < 3; n++) {
            struct flynn_image out = run(texts[i % 3], &a, NULL, names[n]);
            cr_assert(same_bits(&expected, &out), "%s of shape %d on %s", texts[i % 3], i / 3, names[n]);
            flynn_image_free(&out);
        }
        flynn_image_free(&a);
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

/* More rows, steps and columns than a block has in every member's share, and in one product all of them. */
Test(matrix, shares_of_several_blocks_have_the_same_bits)
{
    static const char *const names[] = {"threads:2", "threads:3", "threads:7"};
    static const struct size large[] = {{1201, 370, 41}, {2359, 5, 70}, {700, 9, 3100}, {200, 1023, 2200}};
    static const char *const texts[] = {"matmul", "matmul:trans=both"};
    for (int i = 0; i < 16; i++) {
        enum flynn_type type = i % 2 ? FLYNN_F64 : FLYNN_F32;
        bool turned = i / 2 % 2;
        struct size s = large[i / 4];
        struct flynn_image a = random_matrix(turned ? s.k : s.m, turned ? s.m : s.k, type, 50);
        struct flynn_image b = random_matrix(turned ? s.n : s.k, turned ? s.k : s.n, type, 51);
        struct flynn_image c = run(texts[turned], &a, &b, "simd");
        for (int n = 0; n < 3; n++) {
            struct flynn_image other = run(texts[turned], &a, &b, names[n]);
            cr_assert(same_bits(&c, &other), "%d x %d x %d on %s", s.m, s.k, s.n, names[n]);
            flynn_image_free(&other);
        }
        flynn_image_free(&a);
        flynn_image_free(&b);
        flynn_image_free(&c);
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
    const char *const names[] = {"scalar", "autovec", "simd", or_autovec("simd:sse2")};
    for (int i = 0; i < 4; i++) {
        const char *n = names[i];
        cr_assert(isnan(chain_of((float[]){INFINITY, 1}, (float[]){0, 1}, 2, n)), "%s: inf * 0", n);
        cr_assert(isnan(chain_of((float[]){INFINITY, -INFINITY}, (float[]){1, 1}, 2, n)), "%s: inf - inf", n);
        cr_assert(isnan(chain_of((float[]){NAN, 1}, (float[]){1, 1}, 2, n)), "%s: NaN", n);
        cr_assert_eq(chain_of((float[]){3e38f, -3e38f}, (float[]){2, 2}, 2, n), INFINITY, "%s: overflow stays", n);
        cr_assert_eq(chain_of((float[]){3e38f, 3e38f}, (float[]){1, -1}, 2, n), 0, "%s: no overflow", n);
        float zero = chain_of((float[]){-0.0f}, (float[]){1}, 1, n);
        cr_assert(zero == 0 && !signbit(zero), "%s: +0 + -0", n);
        cr_assert_eq(chain_of((float[]){0x1p-100f}, (float[]){0x1p-49f}, 1, n), 0x1p-149f, "%s: subnormal", n);
        /* The product is less than half of the sum's last bit by so little that f64 does not see it. */
        const float odd = 0x1p-127f + 0x1p-149f;
        cr_assert_eq(chain_of((float[]){1, 0x1.000004p-75f}, (float[]){odd, 0x1.fffff8p-76f}, 2, n), odd,
                     "%s: between subnormals", n);
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
