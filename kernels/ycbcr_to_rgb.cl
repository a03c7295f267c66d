/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "rgb.clh"

/* u8; other types are color_matrix.cl's. */
static inline struct rgb16 map(struct rgb16 px, __global const uchar *table0, __global const uchar *table1)
{
    const int16 y = convert_int16(px.r), cb = convert_int16(px.g) - 128, cr = convert_int16(px.b) - 128;
    px.r = T16_SAT(y + ((91881 * cr + 32768) >> 16));
    px.g = T16_SAT(y + ((-22554 * cb - 46802 * cr + 32768) >> 16));
    px.b = T16_SAT(y + ((116130 * cb + 32768) >> 16));
    return px;
}

#include "rgb_rows.clh"

FLYNN_KERNEL(ycbcr_to_rgb, T, T)
{
    rgb_rows(in, out, a, table0, table1);
}
