/* SPDX-License-Identifier: Apache-2.0 */
/* cholesky, lu and solve against higher precision, against each other and against a LAPACK. */

#include "core/compare.h"
#include "core/rng.h"
#include "matrix_helpers.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <math.h>
#include <string.h>

/* Orders around tiles, panels, blocks and what is small. */
static const int orders[] = {1, 2, 5, 16, 17, 33, 64, 65, 100, 191, 192, 193, 250, 401};
enum { ORDERS = sizeof orders / sizeof *orders };

static const char *const names[] = {"autovec", "simd", "threads:1", "threads:2", "threads:3", "threads:7"};
enum { NAMES = sizeof names / sizeof *names };

/* The scalar result, which every other backend must give too. */
static struct flynn_image run_all(const char *text, const struct flynn_image *a, const struct flynn_image *b)
{
    struct flynn_image want = run(text, a, b, "scalar");
    for (int i = 0; i < NAMES; i++) {
        struct flynn_image got = run(text, a, b, names[i]);
        cr_assert(flynn_images_equal(&want, &got), "%s of order %d on %s", text, a->shape.width, names[i]);
        flynn_image_free(&got);
    }
    return want;
}

static long double gamma_of(int steps, enum flynn_type type)
{
    long double ku = steps * (type == FLYNN_F64 ? 0x1p-53L : 0x1p-24L);
    return 1.001L * ku / (1 - ku);
}

static long double lower_at(const struct flynn_image *m, int top, int i, int k, bool unit)
{
    return k > i ? 0 : k == i && unit ? 1 : at(m, top + i, k);
}

/* |A - L L'| <= g(n + 1) |L||L'| (Higham 2002, theorem 10.3), long double being as good as exact. */
static void check_cholesky(const struct flynn_image *a, const struct flynn_image *l)
{
    int n = a->shape.width;
    long double g = gamma_of(n + 1, a->shape.type);
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            long double sum = 0, size = 0;
            for (int k = 0; k <= j && j <= i; k++) {
                sum += at(l, i, k) * at(l, j, k);
                size += fabsl(at(l, i, k) * at(l, j, k));
            }
            if (j <= i)
                cr_assert_leq(fabsl(at(a, i, j) - sum), g * size, "order %d: %d, %d", n, i, j);
            else
                cr_assert(at(l, i, j) == 0 && !signbit(at(l, i, j)));
        }
    }
}

static void find_rows(const struct flynn_image *lu, int n, int *rows)
{
    for (int i = 0; i < n; i++)
        rows[i] = i;
    for (int k = 0; k < n; k++) {
        int other = (int)at(lu, n, k), held = rows[k];
        cr_assert(other >= k && other < n);
        rows[k] = rows[other];
        rows[other] = held;
    }
}

/* |PA - LU| <= g(n) |L||U| (theorem 9.3), and no element of L above 1. */
static void check_lu(const struct flynn_image *a, const struct flynn_image *lu)
{
    int n = a->shape.width, rows[512];
    long double g = gamma_of(n, a->shape.type);
    find_rows(lu, n, rows);
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            long double sum = 0, size = 0;
            for (int k = 0; k <= i && k <= j; k++) {
                sum += lower_at(lu, 0, i, k, true) * at(lu, k, j);
                size += fabsl(lower_at(lu, 0, i, k, true) * at(lu, k, j));
            }
            cr_assert_leq(fabsl(at(a, rows[i], j) - sum), g * size, "order %d: %d, %d", n, i, j);
            cr_assert(j >= i || fabsl(at(lu, i, j)) <= 1, "order %d: %d, %d", n, i, j);
        }
    }
}

/* |B - A X| <= (3 g(n) + g(n)^2) P' |L||U||X| (theorem 9.4). */
static void check_solution(const struct flynn_image *a, const struct flynn_image *b, const struct flynn_image *x)
{
    int n = a->shape.width, rows[512];
    static long double sizes[512];
    struct flynn_image lu = run("lu", a, NULL, "simd");
    long double g = gamma_of(n, a->shape.type);
    find_rows(&lu, n, rows);
    for (int j = 0; j < x->shape.width; j++) {
        for (int k = 0; k < n; k++) {
            sizes[k] = 0;
            for (int i = k; i < n; i++)
                sizes[k] += fabsl(at(&lu, k, i) * at(x, i, j));
        }
        for (int i = 0; i < n; i++) {
            long double sum = 0, size = 0;
            for (int k = 0; k < n; k++)
                sum += at(a, rows[i], k) * at(x, k, j);
            for (int k = 0; k <= i; k++)
                size += fabsl(lower_at(&lu, 0, i, k, true)) * sizes[k];
            cr_assert_leq(fabsl(at(b, rows[i], j) - sum), (3 * g + g * g) * size, "order %d: %d, %d", n, i, j);
        }
    }
    flynn_image_free(&lu);
}

static void try_orders(enum flynn_type type, void (*one)(int order, enum flynn_type type, uint64_t seed))
{
    for (int i = 0; i < ORDERS; i++)
        one(orders[i], type, (uint64_t)i);
}

static void one_cholesky(int n, enum flynn_type type, uint64_t seed)
{
    struct flynn_image a = shifted_matrix(n, n, type, seed, n), l = run_all("cholesky", &a, NULL);
    check_cholesky(&a, &l);
    flynn_image_free(&a);
    flynn_image_free(&l);
}

static void one_lu(int n, enum flynn_type type, uint64_t seed)
{
    struct flynn_image a = shifted_matrix(n, n, type, seed, 0), lu = run_all("lu", &a, NULL);
    check_lu(&a, &lu);
    flynn_image_free(&a);
    flynn_image_free(&lu);
}

static void one_solve(int n, enum flynn_type type, uint64_t seed)
{
    struct flynn_image a = shifted_matrix(n, n, type, seed, 0);
    struct flynn_image b = shifted_matrix(n, 1 + n % 40, type, seed + 100, 0), x = run_all("solve", &a, &b);
    check_solution(&a, &b, &x);
    flynn_image_free(&a);
    flynn_image_free(&b);
    flynn_image_free(&x);
}

Test(factor, cholesky_of_f32_is_within_the_bound_and_has_the_same_bits)
{
    try_orders(FLYNN_F32, one_cholesky);
}

Test(factor, cholesky_of_f64_is_within_the_bound_and_has_the_same_bits)
{
    try_orders(FLYNN_F64, one_cholesky);
}

Test(factor, lu_of_f32_is_within_the_bound_and_has_the_same_bits)
{
    try_orders(FLYNN_F32, one_lu);
}

Test(factor, lu_of_f64_is_within_the_bound_and_has_the_same_bits)
{
    try_orders(FLYNN_F64, one_lu);
}

Test(factor, solutions_of_f32_are_within_the_bound_and_have_the_same_bits)
{
    try_orders(FLYNN_F32, one_solve);
}

Test(factor, solutions_of_f64_are_within_the_bound_and_have_the_same_bits)
{
    try_orders(FLYNN_F64, one_solve);
}

/* Small integers: no step rounds, so the factor comes back. */
Test(factor, cholesky_of_integers_is_exact)
{
    enum { N = 60 };
    struct flynn_image l = new_matrix(N, N, FLYNN_F32), a = new_matrix(N, N, FLYNN_F32);
    uint64_t seed = 3;
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++)
            set(&l, i, j, j < i ? (double)flynn_rng_below(&seed, 9) - 4 : j == i ? 1 << i % 4 : 0);
    }
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            long double sum = 0;
            for (int k = 0; k < N; k++)
                sum += at(&l, i, k) * at(&l, j, k);
            set(&a, i, j, (double)sum);
        }
    }
    struct flynn_image found = run_all("cholesky", &a, NULL);
    cr_assert(flynn_images_equal(&found, &l));
}

/* Multiples of 1/4 in L, integers in U, rows in another order: again nothing rounds, and the rows are found. */
Test(factor, lu_of_dyadic_factors_is_exact)
{
    enum { N = 40 };
    struct flynn_image l = new_matrix(N, N, FLYNN_F64), u = new_matrix(N, N, FLYNN_F64),
                       a = new_matrix(N, N, FLYNN_F64);
    uint64_t seed = 4;
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            set(&l, i, j, j < i ? ((double)flynn_rng_below(&seed, 5) - 2) / 4 : i == j);
            set(&u, i, j, j > i ? (double)flynn_rng_below(&seed, 9) - 4 : i == j ? 2 << i % 3 : 0);
        }
    }
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            long double sum = 0;
            for (int k = 0; k < N; k++)
                sum += at(&l, i, k) * at(&u, k, j);
            set(&a, (i * 7 + 3) % N, j, (double)sum);
        }
    }
    struct flynn_image found_l = run_all("lu:l", &a, NULL), found_u = run_all("lu:u", &a, NULL);
    struct flynn_image p = run_all("lu:p", &a, NULL);
    cr_assert(flynn_images_equal(&found_l, &l));
    cr_assert(flynn_images_equal(&found_u, &u));
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++)
            cr_assert_eq(at(&p, i, j), j == (i * 7 + 3) % N);
    }
}

Test(factor, the_first_of_equal_pivots_is_taken)
{
    struct flynn_image a = new_matrix(3, 3, FLYNN_F32);
    const float rows[3][3] = {{1, 2, 3}, {-4, 5, 6}, {4, 7, 9}};
    for (int i = 0; i < 9; i++)
        set(&a, i / 3, i % 3, (double)rows[i / 3][i % 3]);
    struct flynn_image lu = run_all("lu", &a, NULL);
    cr_assert_eq(at(&lu, 3, 0), 1);
    cr_assert_eq(at(&lu, 3, 1), 2);
}

Test(factor, both_ways_to_solve_agree)
{
    enum { N = 120 };
    struct flynn_image a = shifted_matrix(N, N, FLYNN_F64, 8, N), b = shifted_matrix(N, 3, FLYNN_F64, 9, 0);
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < i; j++)
            set(&a, j, i, (double)at(&a, i, j));
    }
    struct flynn_image x = run_all("solve", &a, &b), y = run_all("solve:assume=positive", &a, &b);
    check_solution(&a, &b, &y);
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < 3; j++)
            cr_assert_leq(fabsl(at(&x, i, j) - at(&y, i, j)), 1e-14L, "%d, %d", i, j);
    }
}

static struct flynn_image hilbert(int n, enum flynn_type type)
{
    struct flynn_image a = new_matrix(n, n, type);
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++)
            set(&a, i, j, 1.0 / (i + j + 1));
    }
    return a;
}

/* Condition 10^16: the bound is of the residual, and holds all the same. */
Test(factor, hilbert_matrices_keep_the_bound)
{
    struct flynn_image a = hilbert(12, FLYNN_F64), l = run_all("cholesky", &a, NULL), lu = run_all("lu", &a, NULL);
    struct flynn_image b = shifted_matrix(12, 2, FLYNN_F64, 5, 0), x = run_all("solve", &a, &b);
    check_cholesky(&a, &l);
    check_lu(&a, &lu);
    check_solution(&a, &b, &x);
}

static void refused(const char *text, const struct flynn_image *a, const struct flynn_image *b, const char *say)
{
    static const char *const all[] = {"scalar", "autovec", "simd", "threads:2", "threads:7"};
    for (int i = 0; i < 5; i++) {
        struct flynn_image out;
        struct flynn_err err;
        cr_assert_eq(try_run(text, a, b, all[i], &out, &err), FLYNN_EINPUT, "%s on %s", text, all[i]);
        cr_assert_str_eq(err.text, say, "on %s", all[i]);
    }
}

Test(factor, what_has_no_factors_is_refused_alike)
{
    struct flynn_image a = shifted_matrix(230, 230, FLYNN_F32, 6, 230), b = shifted_matrix(230, 2, FLYNN_F32, 7, 0);
    set(&a, 217, 217, -1);
    refused("cholesky", &a, NULL,
            "cholesky: the matrix is not positive definite: pivot 217 is not positive and finite");
    refused("solve:assume=positive", &a, &b,
            "solve: the matrix is not positive definite: pivot 217 is not positive and finite");
    set(&a, 217, 3, (double)NAN);
    refused("lu", &a, NULL, "lu: the matrix is singular: column 3 has no pivot that is finite and not 0");
    for (int i = 0; i < 230; i++) {
        set(&a, 217, i, 0);
        set(&a, i, 17, 0);
    }
    refused("solve", &a, &b, "solve: the matrix is singular: column 17 has no pivot that is finite and not 0");
    struct flynn_image pair = shifted_matrix(10, 5, FLYNN_F64, 1, 5);
    for (int i = 0; i < 5; i++)
        set(&pair, 5 + i, 2, 0);
    refused("lu:batch=2", &pair, NULL,
            "lu: the matrix is singular: column 2 of matrix 1 has no pivot that is finite and not 0");
}

static void refused_shape(const char *text, int rows, int cols, const char *say)
{
    static struct flynn_chain chain;
    struct flynn_plan plan;
    struct flynn_err err;
    cr_assert_eq(flynn_chain_add(&chain, text, &err), 0, "%s", err.text);
    cr_assert_eq(flynn_plan_build(&plan, &chain, &(struct flynn_shape){cols, rows, 1, FLYNN_F32}, &err), FLYNN_EINPUT);
    cr_assert_str_eq(err.text, say);
    flynn_chain_free(&chain);
}

Test(factor, what_is_not_square_is_refused)
{
    refused_shape("cholesky", 3, 4, "cholesky: a square matrix is needed, not 3 rows x 4 columns");
    refused_shape("lu", 12, 4,
                  "lu: a square matrix is needed, not 12 rows x 4 columns; batch=3 if these are 3 matrices");
    refused_shape("lu:batch=5", 12, 4, "lu: batch=5 does not divide the 12 rows of the matrix");
}

typedef void getrf(const int *, const int *, double *, const int *, int *, int *);
typedef void potrf(const char *, const int *, double *, const int *, int *);

/* LAPACK stores columns: it sees the transpose, so it is given that. */
Test(factor, a_lapack_takes_the_same_pivots_and_keeps_the_bound)
{
    enum { N = 150 };
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    void *symbols[2] = {library ? dlsym(library, "dgetrf_") : NULL, library ? dlsym(library, "dpotrf_") : NULL};
    getrf *factor;
    potrf *root;
    int n = N, stride, pivots[N], info;
    if (!symbols[0] || !symbols[1])
        cr_skip_test("no LAPACK: libopenblas.so.0 is not installed");
    memcpy(&factor, &symbols[0], sizeof factor);
    memcpy(&root, &symbols[1], sizeof root);
    struct flynn_image a = shifted_matrix(N, N, FLYNN_F64, 30, 0), ours = run("lu", &a, NULL, "simd");
    struct flynn_image theirs = new_matrix(N + 1, N, FLYNN_F64), turned = new_matrix(N, N, FLYNN_F64);
    for (int i = 0; i < N * N; i++)
        set(&turned, i % N, i / N, (double)at(&a, i / N, i % N));
    stride = (int)(turned.stride / sizeof(double));
    factor(&n, &n, (double *)(void *)turned.data, &stride, pivots, &info);
    for (int i = 0; i < N; i++) {
        cr_assert_eq(pivots[i] - 1, (int)at(&ours, N, i), "pivot %d", i);
        set(&theirs, N, i, pivots[i] - 1);
        for (int j = 0; j < N; j++)
            set(&theirs, i, j, (double)at(&turned, j, i));
    }
    check_lu(&a, &theirs);
    struct flynn_image p = shifted_matrix(N, N, FLYNN_F64, 31, N), l = run("cholesky", &p, NULL, "simd");
    root("U", &n, (double *)(void *)p.data, &stride, &info);
    cr_assert_eq(info, 0);
    for (int i = 0; i < N; i++) {
        for (int j = 0; j <= i; j++)
            cr_assert_leq(fabsl(at(&p, i, j) - at(&l, i, j)), 1e-12L, "%d, %d", i, j);
    }
}
