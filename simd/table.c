/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/isa.h"

/* Compiled with every SIMD table's flags. An op without a file in this folder leaves NULL. */

#define DECLARE_0(name)
#define DECLARE_1(name) extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(name);
#define ENTRY_0(name)   NULL,
#define ENTRY_1(name)   &FLYNN_KERNELS_SYMBOL(name),

#define FLYNN_OP(name, simd, cl) DECLARE_##simd(name)
#include "core/ops.def"
#undef FLYNN_OP

extern const struct flynn_table FLYNN_TABLE_SYMBOL;

const struct flynn_table FLYNN_TABLE_SYMBOL = {{
#define FLYNN_OP(name, simd, cl) ENTRY_##simd(name)
#include "core/ops.def"
#undef FLYNN_OP
}};
