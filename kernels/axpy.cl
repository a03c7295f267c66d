/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* v + w * alpha, which is d[0], and f[0] for f32. */

static inline T16 map16(T16 v, T16 w, const struct flynn_args a)
{
#if defined(T_F64)
    return w * D0 + v;
#else
    return w * a.f[0] + v;
#endif
}

#include "binary.clh"
