/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of small matrices: as the second op of a chain, where cholesky factors them in the memory of its output, and
 * where one of them has no factors. */

#include "core/compare.h"
#include "core/rng.h"
#include "dispatch/run.h"
#include "matrix_helpers.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {"autovec",   "simd:sse2", "simd:sse41", "simd:avx2", "simd:avx512",
                                    "threads:1", "threads:2", "threads:3",  "threads:7"};
enum { NAMES = sizeof names / sizeof *names };

static const char *const ops[] = {"cholesky", "lu"};

/* The output and the status of transpose and an op; what a failed one leaves is given too. */
static int run_turned(const char *text, const struct flynn_image *a, const struct flynn_backend *backend,
                      struct flynn_image *out, struct flynn_err *err)
{
    static struct flynn_chain chain;
    struct flynn_plan plan;
    struct flynn_run *bound;
    cr_assert_eq(flynn_chain_add(&chain, "transpose", err), 0, "%s", err->text);
    cr_assert_eq(flynn_chain_add(&chain, text, err), 0, "%s", err->text);
    cr_assert_eq(flynn_plan_build(&plan, &chain, &a->shape, err), 0, "%s", err->text);
    cr_assert_eq(flynn_run_open(&bound, &plan, backend, err), 0, "%s", err->text);
    cr_assert_eq(flynn_plan_output(&plan, a, out, err), 0, "%s", err->text);
    int code = flynn_run_once(bound, a, out, err);
    flynn_run_close(bound);
    flynn_plan_free(&plan);
    flynn_chain_free(&chain);
    return code;
}

static bool find_backend(struct flynn_backend *backend, const char *name)
{
    struct flynn_limits limits = {0};
    struct flynn_err err;
    return flynn_backends_parse(backend, 1, name, &limits, &err) == 1 && backend->available;
}

/* A backend makes what the scalar one makes: the status, what is wrong, and every bit. */
static void same_as_scalar(const char *text, const struct flynn_image *a, const struct flynn_backend *backend,
                           int wanted)
{
    struct flynn_backend scalar;
    struct flynn_image expected, got;
    struct flynn_err why = {0}, err = {0};
    cr_assert(find_backend(&scalar, "scalar"));
    int n = a->shape.height;
    cr_assert_eq(run_turned(text, a, &scalar, &expected, &why), wanted, "%s of order %d: %s", text, n, why.text);
    cr_assert_eq(run_turned(text, a, backend, &got, &err), wanted, "%s of order %d on %s: %s", text, n, backend->name,
                 err.text);
    cr_assert_str_eq(err.text, why.text, "%s of order %d on %s", text, n, backend->name);
    if (!wanted || backend->kind != FLYNN_BACKEND_OPENCL)
        cr_assert(flynn_images_equal(&expected, &got), "%s of order %d on %s", text, n, backend->name);
    flynn_image_free(&expected);
    flynn_image_free(&got);
}

/* `count` matrices of order n, side by side and each transposed. */
static struct flynn_image turned_batch(const char *op, int n, int count, enum flynn_type type)
{
    struct flynn_image a = random_matrix(n, n * count, type, (uint64_t)(n * 64 + count));
    for (int x = 0; x < n * count && *op == 'c'; x++)
        set(&a, x % n, x, (double)at(&a, x % n, x) + n);
    return a;
}

static void one_order(int n, enum flynn_type type, const struct flynn_backend *list, int backends)
{
    static const int counts[] = {1, 3, 5, 9, 19, 35}; /* none of them fills the last vector of several lanes */
    char text[32];
    int count = counts[n % 6];
    for (int o = 0; o < 2; o++) {
        struct flynn_image a = turned_batch(ops[o], n, count, type);
        snprintf(text, sizeof text, "%s:batch=%d", ops[o], count);
        for (int i = 0; i < backends; i++)
            same_as_scalar(text, &a, &list[i], 0);
        flynn_image_free(&a);
    }
}

static int all_backends(struct flynn_backend *list)
{
    int n = 0;
    for (int i = 0; i < NAMES; i++)
        n += find_backend(&list[n], names[i]);
    return n;
}

static void all_orders(enum flynn_type type)
{
    struct flynn_backend list[NAMES];
    int backends = all_backends(list);
    for (int n = 1; n <= 40; n++)
        one_order(n, type, list, backends);
    /* up to the last order that goes side by side, whose matrices fall on the same lines of a cache, and beyond */
    static const int large[] = {45, 47, 52, 63, 64, 65};
    for (int i = 0; i < 6; i++)
        one_order(large[i], type, list, backends);
}

Test(factor, a_batch_of_f32_that_comes_second_has_the_same_bits)
{
    all_orders(FLYNN_F32);
}

Test(factor, a_batch_of_f64_that_comes_second_has_the_same_bits)
{
    all_orders(FLYNN_F64);
}

Test(factor, a_batch_that_comes_second_has_the_same_bits_on_a_device)
{
    struct flynn_backend device;
    if (!find_backend(&device, "opencl"))
        cr_skip_test("no OpenCL device");
    for (int n = 1; n <= 40; n += 3) {
        one_order(n, FLYNN_F32, &device, 1);
        one_order(n, FLYNN_F64, &device, 1);
    }
}

/* ---- no factors -------------------------------------------------------------------------------------------------- */

enum { QUIET, SIGNALLING, NEGATIVE, TWO, LARGE, ZEROS, NEGATIVE_ZEROS, SPOILS };

/* Not a number of either kind, with a payload: bits, as conversions would make a signalling one quiet. */
static void set_nan(struct flynn_image *a, int row, int col, int kind)
{
    uint32_t f = kind == QUIET ? 0x7fc00123 : kind == SIGNALLING ? 0x7f800123 : 0xff800001;
    uint64_t d = kind == QUIET ? 0x7ff8000000000123 : kind == SIGNALLING ? 0x7ff0000000000123 : 0xfff0000000000001;
    if (a->shape.type == FLYNN_F32)
        memcpy((float *)flynn_row(a, row) + col, &f, sizeof f);
    else
        memcpy((double *)flynn_row(a, row) + col, &d, sizeof d);
}

/* Matrix `number` of a turned batch gets a lower element or a column that leaves it without factors. */
static void spoil(struct flynn_image *a, int number, int kind, uint64_t *seed)
{
    int n = a->shape.height, row = (int)flynn_rng_below(seed, (uint32_t)n);
    int col = (int)flynn_rng_below(seed, (uint32_t)row + 1);
    if (kind <= TWO)
        set_nan(a, col, number * n + row, kind == TWO ? SIGNALLING : kind);
    if (kind == TWO) /* the first is the pivot, however the bits of the other compare */
        set_nan(a, col, number * n + n - 1, QUIET);
    if (kind == LARGE)
        set(a, col, number * n + row, (double)INFINITY);
    for (int i = 0; i < n && kind >= ZEROS; i++)
        set(a, col, number * n + i, kind == ZEROS ? 0.0 : -0.0);
}

static void without_factors(enum flynn_type type)
{
    enum { COUNT = 19 };
    static const int sizes[] = {1, 2, 3, 6, 13, 34};
    struct flynn_backend list[NAMES];
    char text[32];
    int backends = all_backends(list);
    uint64_t seed = 11;
    for (int round = 0; round < 6 * SPOILS; round++) {
        int n = sizes[round % 6], number = round * 7 % COUNT;
        for (int o = 0; o < 2; o++) {
            struct flynn_image a = turned_batch(ops[o], n, COUNT, type);
            snprintf(text, sizeof text, "%s:batch=%d", ops[o], COUNT);
            spoil(&a, number, round / 6, &seed);
            if (round % 2)
                spoil(&a, COUNT - 1, (round / 6 + 3) % SPOILS, &seed);
            for (int i = 0; i < backends; i++)
                same_as_scalar(text, &a, &list[i], FLYNN_EINPUT);
            flynn_image_free(&a);
        }
    }
}

Test(factor, a_batch_of_f32_with_matrices_without_factors_is_refused_alike)
{
    without_factors(FLYNN_F32);
}

Test(factor, a_batch_of_f64_with_matrices_without_factors_is_refused_alike)
{
    without_factors(FLYNN_F64);
}

/* Zeros of both signs on the diagonal, which are no pivots: rows are exchanged. */
Test(factor, a_batch_of_lu_goes_on_past_zeros_on_the_diagonal)
{
    enum { COUNT = 19 };
    struct flynn_backend list[NAMES];
    int backends = all_backends(list);
    for (int n = 2; n <= 20; n += 3) {
        struct flynn_image a = turned_batch("lu", n, COUNT, n % 2 ? FLYNN_F32 : FLYNN_F64);
        for (int x = 0; x < n * COUNT; x++)
            set(&a, x % n, x, x % 3 ? 0.0 : -0.0);
        for (int i = 0; i < backends; i++)
            same_as_scalar("lu:batch=19", &a, &list[i], 0);
        flynn_image_free(&a);
    }
}

/* ---- one by one -------------------------------------------------------------------------------------------------- */

Test(factor, a_batch_is_its_matrices_by_themselves)
{
    enum { N = 23, BATCH = 19 };
    static const char *const texts[][2] = {{"cholesky:batch=19", "cholesky"}, {"lu:batch=19", "lu"}};
    struct flynn_image a = shifted_matrix(N * BATCH, N, FLYNN_F32, 7, N);
    for (int t = 0; t < 2; t++) {
        struct flynn_image all = run(texts[t][0], &a, NULL, "simd");
        for (int i = 0; i < BATCH; i++) {
            struct flynn_image part = a, one_of_all = all;
            part.data = flynn_row(&a, i * N);
            part.shape.height = N;
            struct flynn_image one = run(texts[t][1], &part, NULL, "scalar");
            one_of_all.data = flynn_row(&all, i * (N + t));
            one_of_all.shape.height = N + t;
            cr_assert(flynn_images_equal(&one, &one_of_all), "%s: matrix %d", texts[t][1], i);
            flynn_image_free(&one);
        }
    }
}
