/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

#ifdef TILES
#include "matmul_int8_tiles.clh"
#else

/* An item makes 16 columns of up to 4 rows of one product. k[] is that of matmul.cl; k[3] and k[4] are 128 where the bytes
 * of A and of B are signed. */

#define ROWS 4

/* Columns [x, x + 16) of row k of B, or those that there are. */
static int16 load_b(__global const uchar *b, size_t col, int n, int sign)
{
    int v[16];
    if (n >= 16 && col == 1)
        return (convert_int16(LOAD(uchar, 16, b)) ^ sign) - sign;
    for (int i = 0; i < 16; i++)
        v[i] = i < n ? (b[(size_t)i * col] ^ sign) - sign : 0;
    return vload16(0, v);
}

static void store_c(int16 v, __global int *to, int n)
{
    int all[16];
    if (n >= 16) {
        STORE(int, 16, v, to);
        return;
    }
    vstore16(v, 0, all);
    for (int i = 0; i < n; i++)
        to[i] = all[i];
}

FLYNN_KERNEL(matmul_int8, uchar, int)
{
    const int trans_a = a.k[0] & 1, trans_b = a.k[0] & 2, height = a.k[1], depth = a.k[2];
    const int down = (height + ROWS - 1) / ROWS, x = (int)get_global_id(0) * 16;
    const size_t number = get_global_id(1) / (size_t)down;
    const int y = (int)(get_global_id(1) % (size_t)down) * ROWS, rows = min(ROWS, height - y);
    if (x >= a.out.width || (long)number * height >= a.out.height)
        return;

    const size_t a_row = trans_a ? 1 : (size_t)a.in.stride, a_col = trans_a ? (size_t)a.in.stride : 1;
    const size_t b_row = trans_b ? 1 : (size_t)a.with.stride, b_col = trans_b ? (size_t)a.with.stride : 1;
    const size_t o1 = min(1, rows - 1) * a_row, o2 = min(2, rows - 1) * a_row, o3 = min(3, rows - 1) * a_row;
    __global const uchar *p = in + number * (size_t)(trans_a ? depth : height) * (size_t)a.in.stride + (size_t)y * a_row;
    __global const uchar *b =
        with + number * (size_t)(trans_b ? a.out.width : depth) * (size_t)a.with.stride + (size_t)x * b_col;
    int16 c0 = 0, c1 = 0, c2 = 0, c3 = 0;
    for (int k = 0; k < depth; k++, p += a_col, b += b_row) {
        const int16 v = load_b(b, b_col, a.out.width - x, a.k[4]);
        c0 += ((p[0] ^ a.k[3]) - a.k[3]) * v;
        c1 += ((p[o1] ^ a.k[3]) - a.k[3]) * v;
        c2 += ((p[o2] ^ a.k[3]) - a.k[3]) * v;
        c3 += ((p[o3] ^ a.k[3]) - a.k[3]) * v;
    }
    const int first = (int)number * height + y, n = a.out.width - x;
    store_c(c0, ROW(int, out, first, a.out.stride) + x, n);
    if (rows > 1)
        store_c(c1, ROW(int, out, first + 1, a.out.stride) + x, n);
    if (rows > 2)
        store_c(c2, ROW(int, out, first + 2, a.out.stride) + x, n);
    if (rows > 3)
        store_c(c3, ROW(int, out, first + 3, a.out.stride) + x, n);
}

#endif
