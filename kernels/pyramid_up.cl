/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* SUM: what stands between the passes; for u8 16 bits hold all sums. */
#if T_FLOAT
#define SUM          float
#define TO_SUM(n, v) (v)
#define SCALED(n, s) ((s) * (1.0f / 64))
#elif defined(T_U8)
#define SUM          ushort
#define TO_SUM(n, v) PASTE(convert_ushort, n)(v)
#define SCALED(n, s) PASTE(convert_uchar, n)(((s) + (ushort)32) >> (ushort)6)
#else
#define SUM          uint
#define TO_SUM(n, v) PASTE(convert_uint, n)(v)
#define SCALED(n, s) PASTE(convert_ushort, n)(((s) + 32u) >> 6u)
#endif
#define SUM4  PASTE(SUM, 4)
#define SUM16 PASTE(SUM, 16)

static inline int before(int i, int n)
{
    return i > 0 ? i - 1 : min(1, n - 1);
}

static inline int behind(int i, int n)
{
    return min(i + 1, n - 1);
}

static inline SUM even1(SUM a, SUM b, SUM c)
{
    return (SUM)((a + c) + b * (SUM)6);
}

static inline SUM odd1(SUM b, SUM c)
{
    return (SUM)((b + c) * (SUM)4);
}

/* Two output pixels of an input pixel. */
static void pair_at(__global const T *row, int x, int width, int n, __global SUM *to)
{
    __global const T *p = row + before(x, width) * n, *q = row + x * n, *r = row + behind(x, width) * n;
    for (int c = 0; c < n; c++) {
        to[c] = even1(p[c], q[c], r[c]);
        to[c + n] = odd1(q[c], r[c]);
    }
}

/* Pairs from input pixel `from` on, while four samples can be read and written; returns the first that is not done. */
static int pairs_of_fours(__global const T *row, int from, int end, int width, int n, __global SUM *to)
{
    for (; from + 1 < end && from + 2 < width; from++) {
        __global const T *q = row + (size_t)from * n;
        __global SUM *at = to + (size_t)(2 * from) * n;
        const SUM4 p4 = TO_SUM(4, LOAD(T, 4, q - n)), q4 = TO_SUM(4, LOAD(T, 4, q)), r4 = TO_SUM(4, LOAD(T, 4, q + n));
        STORE(SUM, 4, (p4 + r4) + q4 * (SUM)6, at);
        STORE(SUM, 4, (q4 + r4) * (SUM)4, at + n);
    }
    return from;
}

/* Both output pixels of an input pixel are made together; items that begin or end between them make one of them. */
FLYNN_KERNEL(across, T, SUM)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height), n = a.in.channels, width = a.in.width;
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *row = CROW(T, in, y, a.in.stride);
        __global SUM *to = ROW(SUM, out, y, a.out.stride);
        for (int x = FIRST_X; x < last_x;) {
            const int from = x / 2;
            if (x % 2 == 0 && x + 1 < last_x) {
                x = n >= 3 && from ? 2 * pairs_of_fours(row, from, last_x / 2, width, n, to) : x;
                if (x == 2 * from) {
                    pair_at(row, from, width, n, to + (size_t)x * n);
                    x += 2;
                }
                continue;
            }
            for (int c = 0; c < n; c++) {
                const SUM q = row[from * n + c], r = row[behind(from, width) * n + c];
                to[(size_t)x * n + c] = x % 2 ? odd1(q, r) : even1(row[before(from, width) * n + c], q, r);
            }
            x++;
        }
    }
}

/* Output rows that come from one row and the one behind it, and from three rows. */
static void odd_row(__global const SUM *q, __global const SUM *r, __global T *to, int x, int last_x)
{
    for (; x + 16 <= last_x; x += 16) {
        const SUM16 s = (LOAD(SUM, 16, q + x) + LOAD(SUM, 16, r + x)) * (SUM)4;
        STORE(T, 16, SCALED(16, s), to + x);
    }
    for (; x < last_x; x++)
        to[x] = SCALED(, odd1(q[x], r[x]));
}

static void even_row(__global const SUM *p, __global const SUM *q, __global const SUM *r, __global T *to, int x,
                     int last_x)
{
    for (; x + 16 <= last_x; x += 16) {
        const SUM16 s = (LOAD(SUM, 16, p + x) + LOAD(SUM, 16, r + x)) + LOAD(SUM, 16, q + x) * (SUM)6;
        STORE(T, 16, SCALED(16, s), to + x);
    }
    for (; x < last_x; x++)
        to[x] = SCALED(, even1(p[x], q[x], r[x]));
}

FLYNN_KERNEL(down, SUM, T)
{
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height), height = a.in.height;
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const SUM *q = CROW(SUM, in, y / 2, a.in.stride);
        __global const SUM *r = CROW(SUM, in, behind(y / 2, height), a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        if (y % 2)
            odd_row(q, r, to, FIRST_X, last_x);
        else
            even_row(CROW(SUM, in, before(y / 2, height), a.in.stride), q, r, to, FIRST_X, last_x);
    }
}

#if defined(ON_CPU) && defined(T_U8)
#include "pyramid_up_lines.clh"
#endif
