/* SPDX-License-Identifier: Apache-2.0 */
#include "dispatch/tables.h"

#include "flynn_config.h"
#include "simd/detect.h"

#include <flynn/backend.h>

#include <stdlib.h>
#include <string.h>

#define MOST_TABLES 8

#define DECLARE(name) extern const struct flynn_table flynn_table_##name;
DECLARE(scalar)
DECLARE(scalar_fma)
DECLARE(autovec_base)
DECLARE(autovec_avx2)
DECLARE(autovec_avx512)
DECLARE(base)
DECLARE(sse2)
DECLARE(sse41)
DECLARE(avx2)
DECLARE(avx512)

/* One row may stand for several builds of the same table: the last one that the CPU runs is taken. */
static const struct row {
    const char *name;
    const struct flynn_table *table;
    enum flynn_level level;
    const char *why;
} rows[] = {
    {"scalar", &flynn_table_scalar, FLYNN_LEVEL_BASE, ""},
#if FLYNN_BUILT_SCALAR_FMA
    {"scalar", &flynn_table_scalar_fma, FLYNN_LEVEL_FMA, ""},
#endif
#if FLYNN_BUILT_AUTOVEC_BASE
    {"autovec", &flynn_table_autovec_base, FLYNN_LEVEL_BASE, ""},
#endif
#if FLYNN_BUILT_AUTOVEC_AVX2
    {"autovec", &flynn_table_autovec_avx2, FLYNN_LEVEL_AVX2, "the CPU has no AVX2"},
#endif
#if FLYNN_BUILT_AUTOVEC_AVX512
    {"autovec", &flynn_table_autovec_avx512, FLYNN_LEVEL_AVX512, ""},
#endif
#if FLYNN_BUILT_BASE
    {"base", &flynn_table_base, FLYNN_LEVEL_BASE, ""},
#endif
#if FLYNN_BUILT_SSE2
    {"sse2", &flynn_table_sse2, FLYNN_LEVEL_BASE, ""},
#endif
#if FLYNN_BUILT_SSE41
    {"sse41", &flynn_table_sse41, FLYNN_LEVEL_SSE41, "the CPU has no SSE4.1"},
#endif
#if FLYNN_BUILT_AVX2
    {"avx2", &flynn_table_avx2, FLYNN_LEVEL_AVX2, "the CPU has no AVX2 and FMA"},
#endif
#if FLYNN_BUILT_AVX512
    {"avx512", &flynn_table_avx512, FLYNN_LEVEL_AVX512,
     "the CPU has not all of AVX-512 F BW DQ VL VBMI VBMI2 VNNI BITALG and GFNI"},
#endif
};

static const struct flynn_table *overrides[MOST_TABLES];

/* The row that table number `table` uses on this CPU: the last usable of its name, else the first. */
static const struct row *row_of(int table)
{
    const struct row *best = NULL;
    int number = -1;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (i == 0 || strcmp(rows[i].name, rows[i - 1].name) != 0)
            number++;
        if (number == table && (!best || flynn_cpu_has(rows[i].level)))
            best = &rows[i];
    }
    if (!best)
        abort();
    return best;
}

int flynn_table_count(void)
{
    int number = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        number += i == 0 || strcmp(rows[i].name, rows[i - 1].name) != 0;
    return number;
}

const char *flynn_table_name(int table)
{
    return row_of(table)->name;
}

bool flynn_table_usable(int table, const char **why)
{
    const struct row *row = row_of(table);
    bool usable = flynn_cpu_has(row->level) || overrides[table];
    if (why)
        *why = usable ? "" : row->why;
    return usable;
}

bool flynn_table_has(int table, const struct flynn_op *op)
{
    const struct flynn_kernels *kernels = row_of(table)->table->kernels[flynn_op_index(op)];
    return kernels != NULL;
}

int flynn_table_find(const char *name)
{
    for (int i = 0; i < flynn_table_count(); i++) {
        if (strcmp(flynn_table_name(i), name) == 0)
            return i;
    }
    return -1;
}

int flynn_table_best(const char *cap)
{
    int last = cap ? flynn_table_find(cap) : flynn_table_count() - 1;
    for (int i = last; i > FLYNN_TABLE_SCALAR; i--) {
        if (strcmp(flynn_table_name(i), "autovec") != 0 && flynn_table_usable(i, NULL))
            return i;
    }
    return FLYNN_TABLE_SCALAR;
}

/* What a table without a kernel falls to: the next lower one that is not compiled from the scalar sources. */
static int next_lower(int table)
{
    do
        table--;
    while (table > FLYNN_TABLE_SCALAR && strcmp(flynn_table_name(table), "autovec") == 0);
    return table;
}

flynn_kernel *flynn_table_resolve(int table, const struct flynn_stage *stage, int *from)
{
    for (;; table = next_lower(table)) {
        if (table < FLYNN_TABLE_SCALAR)
            abort();
        const struct flynn_table *t = overrides[table] ? overrides[table] : row_of(table)->table;
        flynn_kernel *kernel = flynn_table_kernel(t, stage);
        if (kernel) {
            if (from)
                *from = table;
            return kernel;
        }
    }
}

void flynn_table_override(int index, const struct flynn_table *table)
{
    overrides[index] = table;
}
