/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

static inline T16 map16(T16 v, T16 w, const struct flynn_args a)
{
#if T_FLOAT
    return v * w;
#elif defined(T_U8)
    const ushort16 t = convert_ushort16(v) * convert_ushort16(w) + (ushort)128;
    return convert_uchar16((t + (t >> (ushort)8)) >> (ushort)8);
#else
    const uint16 t = convert_uint16(v) * convert_uint16(w) + 32768u;
    return convert_ushort16((t + (t >> 16u)) >> 16u);
#endif
}

#include "binary.clh"
