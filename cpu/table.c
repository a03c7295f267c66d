/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"

/* Compiled with every scalar table's flags: the table of the kernels that stand inside the ops of this folder. */

#define FLYNN_OP(name, simd, cl) extern const struct flynn_op FLYNN_OP_SYMBOL(name);
#include "core/ops.def"
#undef FLYNN_OP

extern const struct flynn_table FLYNN_TABLE_SYMBOL;

const struct flynn_table FLYNN_TABLE_SYMBOL = {{
#define FLYNN_OP(name, simd, cl) &FLYNN_OP_SYMBOL(name).kernels,
#include "core/ops.def"
#undef FLYNN_OP
}};
