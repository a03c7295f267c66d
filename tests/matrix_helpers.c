/* SPDX-License-Identifier: Apache-2.0 */
#include "matrix_helpers.h"

#include "core/rng.h"

#include <criterion/criterion.h>

struct flynn_image new_matrix(int rows, int cols, enum flynn_type type)
{
    struct flynn_image m;
    struct flynn_err err;
    cr_assert_eq(flynn_image_alloc(&m, &(struct flynn_shape){cols, rows, 1, type}, &err), 0, "%s", err.text);
    return m;
}

struct flynn_image random_matrix(int rows, int cols, enum flynn_type type, uint64_t seed)
{
    struct flynn_image m = new_matrix(rows, cols, type);
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

void set(struct flynn_image *m, int row, int col, double v)
{
    if (m->shape.type == FLYNN_F64)
        ((double *)flynn_row(m, row))[col] = v;
    else
        ((float *)flynn_row(m, row))[col] = (float)v;
}

struct flynn_image shifted_matrix(int rows, int cols, enum flynn_type type, uint64_t seed, double diagonal)
{
    struct flynn_image m = random_matrix(rows, cols, type, seed);
    for (int y = 0; y < rows; y++)
        set(&m, y, y % cols, (double)at(&m, y, y % cols) + diagonal);
    return m;
}

long double at(const struct flynn_image *m, int row, int col)
{
    const void *p = flynn_row(m, row);
    if (m->shape.type == FLYNN_S32)
        return ((const int32_t *)p)[col];
    if (m->shape.type == FLYNN_U8)
        return ((const uint8_t *)p)[col];
    return m->shape.type == FLYNN_F64 ? (long double)((const double *)p)[col] : (long double)((const float *)p)[col];
}

const char *or_autovec(const char *name)
{
    struct flynn_limits limits = {0};
    struct flynn_backend backend;
    struct flynn_err err;
    bool usable = flynn_backends_parse(&backend, 1, name, &limits, &err) == 1 && backend.available;
    return usable ? name : "autovec";
}

int try_run(const char *text, const struct flynn_image *a, const struct flynn_image *b, const char *name,
            struct flynn_image *out, struct flynn_err *err)
{
    static struct flynn_chain chain;
    struct flynn_plan plan;
    struct flynn_limits limits = {0};
    struct flynn_backend backend;
    cr_assert_eq(flynn_backends_parse(&backend, 1, name, &limits, err), 1, "%s", err->text);
    cr_assert_eq(b ? flynn_chain_add_with(&chain, text, b, err) : flynn_chain_add(&chain, text, err), 0, "%s",
                 err->text);
    cr_assert_eq(flynn_plan_build(&plan, &chain, &a->shape, err), 0, "%s", err->text);
    int code = flynn_run_plan(&plan, &backend, a, out, err);
    flynn_plan_free(&plan);
    flynn_chain_free(&chain);
    return code;
}

struct flynn_image run(const char *text, const struct flynn_image *a, const struct flynn_image *b, const char *name)
{
    struct flynn_image out;
    struct flynn_err err;
    cr_assert_eq(try_run(text, a, b, name, &out, &err), 0, "%s on %s: %s", text, name, err.text);
    return out;
}
