/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_TABLE_H
#define FLYNN_CORE_TABLE_H

#include <flynn/op.h>

/** Kernel tables: the kernels of all ops for one way of computing a band of rows.
 *
 * The sources in cpu/ and simd/ are compiled several times with FLYNN_TABLE set to the table's name; what they export
 * carries that name, so that flynn_op_invert_avx2 is visible in a profiler. */

#define FLYNN_PASTE_(a, b, c) a##b##_##c
#define FLYNN_PASTE(a, b, c)  FLYNN_PASTE_(a, b, c)

/** The symbol of an op in cpu/NAME.c (struct flynn_op). */
#define FLYNN_OP_SYMBOL(name) FLYNN_PASTE(flynn_op_, name, FLYNN_TABLE)

/** The symbol of an op's kernels in simd/NAME.c (struct flynn_kernels). */
#define FLYNN_KERNELS_SYMBOL(name) FLYNN_PASTE(flynn_kernels_, name, FLYNN_TABLE)

/** The symbol of a table. */
#define FLYNN_TABLE_SYMBOL FLYNN_PASTE(flynn, _table, FLYNN_TABLE)

enum {
#define FLYNN_OP(name, simd, cl) FLYNN_OP_INDEX_##name,
#include "core/ops.def"
#undef FLYNN_OP
    FLYNN_N_OPS
};

struct flynn_table {
    const struct flynn_kernels *kernels[FLYNN_N_OPS]; /**< NULL where the table has none of an op's kernels */
};

/** The kernel of a stage in one table, or NULL. */
static inline flynn_kernel *flynn_table_kernel(const struct flynn_table *table, const struct flynn_stage *stage)
{
    const struct flynn_kernels *kernels = table->kernels[flynn_op_index(stage->op)];
    return kernels ? kernels->fn[stage->kernel][stage->variant] : NULL;
}

#endif
