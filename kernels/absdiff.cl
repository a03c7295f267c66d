/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

static inline T16 map16(T16 v, T16 w, const struct flynn_args a)
{
#if T_FLOAT
    return fabs(v - w);
#else
    return select(w - v, v - w, v > w); /* of abs_diff pocl makes many instructions */
#endif
}

#include "binary.clh"
