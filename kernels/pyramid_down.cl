/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* SUM: what stands between the passes; five adds in it, for u8 in 16 bits. `scaled` ends the second pass. */
#if T_FLOAT
#define SUM          float
#define TO_SUM(n, v) (v)
#define SCALED(n, s) ((s) * (1.0f / 256))
#elif defined(T_U8)
#define SUM          ushort
#define TO_SUM(n, v) PASTE(convert_ushort, n)(v)
#define SCALED(n, s) PASTE(convert_uchar, n)(((s) + (ushort)128) >> (ushort)8)
#else
#define SUM          uint
#define TO_SUM(n, v) PASTE(convert_uint, n)(v)
#define SCALED(n, s) PASTE(convert_ushort, n)(((s) + 128u) >> 8u)
#endif
#define SUM4  PASTE(SUM, 4)
#define SUM16 PASTE(SUM, 16)

static inline SUM16 five16(const SUM16 a, const SUM16 b, const SUM16 c, const SUM16 d, const SUM16 e)
{
    return (a + e) + (b + d) * (SUM)4 + c * (SUM)6;
}

static inline SUM4 five4(const SUM4 a, const SUM4 b, const SUM4 c, const SUM4 d, const SUM4 e)
{
    return (a + e) + (b + d) * (SUM)4 + c * (SUM)6;
}

static inline SUM five1(SUM a, SUM b, SUM c, SUM d, SUM e)
{
    return (SUM)((a + e) + (b + d) * (SUM)4 + c * (SUM)6);
}

FLYNN_KERNEL(down, T, SUM)
{
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *row[5];
        for (int k = 0; k < 5; k++)
            row[k] = CROW(T, in, border_index(BORDER_REFLECT101, 2 * y + k - 2, a.in.height), a.in.stride);
        __global SUM *to = ROW(SUM, out, y, a.out.stride);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16) {
            const SUM16 s = five16(TO_SUM(16, LOAD(T, 16, row[0] + x)), TO_SUM(16, LOAD(T, 16, row[1] + x)),
                                   TO_SUM(16, LOAD(T, 16, row[2] + x)), TO_SUM(16, LOAD(T, 16, row[3] + x)),
                                   TO_SUM(16, LOAD(T, 16, row[4] + x)));
            STORE(SUM, 16, s, to + x);
        }
        for (; x < last_x; x++)
            to[x] = five1(row[0][x], row[1][x], row[2][x], row[3][x], row[4][x]);
    }
}

/* Pixels of three and four samples as four: what is too much is overwritten by the next one. */
FLYNN_KERNEL(across, SUM, T)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height), n = a.in.channels, width = a.in.width;
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const SUM *row = CROW(SUM, in, y, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        for (int x = FIRST_X; x < last_x; x++) {
            if (n >= 3 && x > 0 && 2 * x + 3 < width && x + 1 < last_x) {
                __global const SUM *p = row + (size_t)(2 * x) * n;
                const SUM4 s = five4(LOAD(SUM, 4, p - 2 * n), LOAD(SUM, 4, p - n), LOAD(SUM, 4, p),
                                     LOAD(SUM, 4, p + n), LOAD(SUM, 4, p + 2 * n));
                STORE(T, 4, SCALED(4, s), to + (size_t)x * n);
                continue;
            }
            int at[5];
            for (int k = 0; k < 5; k++)
                at[k] = border_index(BORDER_REFLECT101, 2 * x + k - 2, width) * n;
            for (int c = 0; c < n; c++)
                to[(size_t)x * n + c] = SCALED(, five1(row[at[0] + c], row[at[1] + c], row[at[2] + c], row[at[3] + c],
                                                      row[at[4] + c]));
        }
    }
}
