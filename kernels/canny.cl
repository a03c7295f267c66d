/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "canny.clh"

/* As cpu/canny.c; items make pixels. */

static int direction(int dx, int dy)
{
    const int x = (int)abs(dx) * 13573, y = (int)abs(dy) << 15;
    return y < x ? ACROSS : y > x + ((int)abs(dx) << 16) ? DOWN : (dx ^ dy) < 0 ? RISING : FALLING;
}

static int pixel(__global const uchar *in, const struct flynn_args a, int x, int y)
{
    x = clamp(x, 0, a.in.width - 1);
    y = clamp(y, 0, a.in.height - 1);
    return CROW(uchar, in, y, a.in.stride)[x];
}

static int2 slopes(__global const uchar *in, const struct flynn_args a, int x, int y)
{
    const int a0 = pixel(in, a, x - 1, y - 1), a1 = pixel(in, a, x, y - 1), a2 = pixel(in, a, x + 1, y - 1);
    const int b0 = pixel(in, a, x - 1, y), b2 = pixel(in, a, x + 1, y);
    const int c0 = pixel(in, a, x - 1, y + 1), c1 = pixel(in, a, x, y + 1), c2 = pixel(in, a, x + 1, y + 1);
    return (int2)((a2 - a0) + 2 * (b2 - b0) + (c2 - c0), (c0 - a0) + 2 * (c1 - a1) + (c2 - a2));
}

#if defined(T_U8)
FLYNN_KERNEL(gradient_l1, uchar, ushort)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global ushort *to = ROW(ushort, out, y, a.out.stride);
        for (int x = FIRST_X; x < last_x; x++) {
            const int2 d = slopes(in, a, x, y);
            to[x] = (ushort)((abs(d.x) + abs(d.y)) << 2 | (uint)direction(d.x, d.y));
        }
    }
}

FLYNN_KERNEL(gradient_l2, uchar, uint)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global uint *to = ROW(uint, out, y, a.out.stride);
        for (int x = FIRST_X; x < last_x; x++) {
            const int2 d = slopes(in, a, x, y);
            to[x] = (uint)(d.x * d.x + d.y * d.y) << 2 | (uint)direction(d.x, d.y);
        }
    }
}

#define LIST 2048

/* A pixel becomes an edge, and is put on the list if there is room. */
static int reach(__global const uchar *map, __global uchar *out, const struct flynn_args a, int x, int y, int2 *list,
                 int listed, bool *lost)
{
    if (x < 0 || y < 0 || x >= a.in.width || y >= a.in.height || CROW(uchar, map, y, a.in.stride)[x] == NONE)
        return listed;
    __global uchar *to = ROW(uchar, out, y, a.out.stride) + x;
    if (*to)
        return listed;
    *to = 255;
    if (listed == LIST) {
        *lost = true;
        return listed;
    }
    list[listed] = (int2)(x, y);
    return listed + 1;
}

/* One item floods the image; a list that was too short is made up for by going over the image again. */
FLYNN_KERNEL(hysteresis, uchar, uchar)
{
    int2 list[LIST];
    bool lost = true;
    if (get_global_id(0) != 0 || get_global_id(1) != 0)
        return;
    for (bool first = true; lost; first = false) {
        lost = false;
        for (int y = 0; y < a.in.height; y++) {
            __global const uchar *map = CROW(uchar, in, y, a.in.stride);
            for (int x = 0; x < a.in.width; x++) {
                const bool edge = ROW(uchar, out, y, a.out.stride)[x] != 0;
                int listed = 0;
                if (first ? map[x] != STRONG || edge : !edge)
                    continue;
                list[listed++] = (int2)(x, y);
                ROW(uchar, out, y, a.out.stride)[x] = 255;
                while (listed) {
                    const int2 p = list[--listed];
                    for (int i = 0; i < 9; i++)
                        listed = reach(in, out, a, p.x + i % 3 - 1, p.y + i / 3 - 1, list, listed, &lost);
                }
            }
        }
    }
}
#else

static int magnitude(__global const T *in, const struct flynn_args a, int x, int y)
{
    if (x < 0 || y < 0 || x >= a.in.width || y >= a.in.height)
        return 0;
    return (int)(CROW(T, in, y, a.in.stride)[x] >> 2);
}

FLYNN_KERNEL(suppress, T, uchar)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height), low = a.k[0], high = a.k[1];
    for (int y = FIRST_Y; y < last_y; y++) {
        __global uchar *to = ROW(uchar, out, y, a.out.stride);
        for (int x = FIRST_X; x < last_x; x++) {
            const int v = (int)CROW(T, in, y, a.in.stride)[x], m = v >> 2, way = v & 3;
            const int u = way == DOWN ? 0 : way == RISING ? -1 : 1, w = way == ACROSS ? 0 : 1;
            const int before = magnitude(in, a, x - u, y - w), after = magnitude(in, a, x + u, y + w);
            const bool peak = m > before && (way > DOWN ? m > after : m >= after);
            to[x] = m > low && peak ? m > high ? STRONG : WEAK : NONE;
        }
    }
}
#endif
