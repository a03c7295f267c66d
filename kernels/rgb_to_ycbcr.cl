/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "rgb.clh"

/* u8; other types are color_matrix.cl's. */
static inline struct rgb16 map(struct rgb16 px, __global const uchar *table0, __global const uchar *table1)
{
    const int16 r = convert_int16(px.r), g = convert_int16(px.g), b = convert_int16(px.b);
    px.r = TO_T16((19595 * r + 38470 * g + 7471 * b + 32768) >> 16);
    px.g = TO_T16((-11059 * r - 21709 * g + 32768 * b + ((128 << 16) + 32767)) >> 16);
    px.b = TO_T16((32768 * r - 27439 * g - 5329 * b + ((128 << 16) + 32767)) >> 16);
    return px;
}

#include "rgb_rows.clh"

FLYNN_KERNEL(rgb_to_ycbcr, T, T)
{
    rgb_rows(in, out, a, table0, table1);
}
