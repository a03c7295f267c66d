/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "filter.clh"

/* As cpu/canny.c up to the peaks. Then every pixel gets a label: 0 where it is a strong edge, NONE where it is no edge,
 * and the number of its place, from 1, where it is a weak one. Labels of pixels that touch become one, the lowest: a
 * label points to the place that has a lower one, and so on to a place with its own number, or to 0.
 *
 * The slopes have explicit vectors not for speed alone: pocl 3.1 makes wrong code of the same loop over single pixels,
 * for 8 pixels near the end of rows of 63. */
#define NONE 0xffffffffu

#define ACROSS  0
#define DOWN    1
#define FALLING 2
#define RISING  3

#if defined(T_U8)

struct slope {
    short16 dx, dy;
};

static struct slope slope16(__global const uchar *in, const struct flynn_args *a, int x, int y)
{
    struct slope s;
    const short16 a0 = convert_short16(edge16(in, a, x - 1, y - 1)), a1 = convert_short16(edge16(in, a, x, y - 1)),
                  a2 = convert_short16(edge16(in, a, x + 1, y - 1)), b0 = convert_short16(edge16(in, a, x - 1, y)),
                  b2 = convert_short16(edge16(in, a, x + 1, y)), c0 = convert_short16(edge16(in, a, x - 1, y + 1)),
                  c1 = convert_short16(edge16(in, a, x, y + 1)), c2 = convert_short16(edge16(in, a, x + 1, y + 1));
    s.dx = (a2 - a0) + (short16)(2) * (b2 - b0) + (c2 - c0);
    s.dy = (c0 - a0) + (short16)(2) * (c1 - a1) + (c2 - a2);
    return s;
}

static int16 direction16(struct slope s)
{
    const int16 dx = convert_int16(s.dx), dy = convert_int16(s.dy), size = convert_int16(abs(s.dx));
    const int16 x = size * 13573, y = convert_int16(abs(s.dy)) << 15;
    const int16 slant = (dx ^ dy) < 0 ? (int16)(RISING) : (int16)(FALLING);
    return y < x ? (int16)(ACROSS) : y > x + (size << 16) ? (int16)(DOWN) : slant;
}

FLYNN_KERNEL(gradient_l1, uchar, ushort)
{
    const struct flynn_args args = a;
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        for (int x = FIRST_X; x < last_x; x += 16) {
            const struct slope s = slope16(in, &args, x, y);
            const ushort16 v = (abs(s.dx) + abs(s.dy)) << (ushort16)(2) | convert_ushort16(direction16(s));
            __global ushort *to = ROW(ushort, out, y, a.out.stride) + x;
            if (x + 16 <= last_x) {
                STORE(ushort, 16, v, to);
                continue;
            }
            ushort part[16];
            vstore16(v, 0, part);
            for (int i = 0; i < last_x - x; i++)
                to[i] = part[i];
        }
    }
}

FLYNN_KERNEL(gradient_l2, uchar, uint)
{
    const struct flynn_args args = a;
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        for (int x = FIRST_X; x < last_x; x += 16) {
            const struct slope s = slope16(in, &args, x, y);
            const int16 dx = convert_int16(s.dx), dy = convert_int16(s.dy);
            const uint16 v = as_uint16((dx * dx + dy * dy) << 2 | direction16(s));
            __global uint *to = ROW(uint, out, y, a.out.stride) + x;
            if (x + 16 <= last_x) {
                STORE(uint, 16, v, to);
                continue;
            }
            uint part[16];
            vstore16(v, 0, part);
            for (int i = 0; i < last_x - x; i++)
                to[i] = part[i];
        }
    }
}

/* White where the lowest label is 0. */
FLYNN_KERNEL(mark, uint, uchar)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height);
    __global const uint *labels = in;
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const uint *from = CROW(uint, in, y, a.in.stride);
        __global uchar *to = ROW(uchar, out, y, a.out.stride);
        for (int x = FIRST_X; x < last_x; x += 16) {
            if (x + 16 <= last_x && all(LOAD(uint, 16, from + x) == NONE)) {
                STORE(uchar, 16, (uchar16)(0), to + x);
                continue;
            }
            for (int i = x; i < min(x + 16, last_x); i++) {
                uint label = from[i];
                while (label != 0 && label != NONE && labels[label - 1] != label)
                    label = labels[label - 1];
                to[i] = label == 0 ? 255 : 0;
            }
        }
    }
}

#ifdef ON_CPU
#include "canny_bits.clh"
#endif

#else

/* Magnitudes without directions, and 0 outside of the image. */
static int16 magnitude16(__global const T *in, const struct flynn_args *a, int x, int y)
{
    return convert_int16(edge16(in, a, x, y) >> (T16)(2));
}

FLYNN_KERNEL(suppress, T, uint)
{
    const struct flynn_args args = a;
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height);
    const int16 low = a.k[0], high = a.k[1], ramp = (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (int y = FIRST_Y; y < last_y; y++) {
        const uint row = (uint)((size_t)y * (size_t)a.out.stride / sizeof(uint)) + 1;
        for (int x = FIRST_X; x < last_x; x += 16) {
            const int16 v = convert_int16(edge16(in, &args, x, y)), m = v >> 2, way = v & 3;
            uint16 label = NONE;
            if (any(m > low)) {
                const int16 across = way == ACROSS, down = way == DOWN, rising = way == RISING;
                int16 before = magnitude16(in, &args, x - 1, y - 1), after = magnitude16(in, &args, x + 1, y + 1);
                before = rising ? magnitude16(in, &args, x + 1, y - 1) : before;
                after = rising ? magnitude16(in, &args, x - 1, y + 1) : after;
                before = down ? magnitude16(in, &args, x, y - 1) : before;
                after = down ? magnitude16(in, &args, x, y + 1) : after;
                before = across ? magnitude16(in, &args, x - 1, y) : before;
                after = across ? magnitude16(in, &args, x + 1, y) : after;
                const int16 peak = (m > before) & ((m > after) | ((across | down) & (m == after))) & (m > low);
                const uint16 place = row + (uint)x + as_uint16(ramp);
                label = peak ? (m > high ? (uint16)(0) : place) : (uint16)(NONE);
            }
            __global uint *to = ROW(uint, out, y, a.out.stride) + x;
            if (x + 16 <= last_x) {
                STORE(uint, 16, label, to);
                continue;
            }
            uint part[16];
            vstore16(label, 0, part);
            for (int i = 0; i < last_x - x; i++)
                to[i] = part[i];
        }
    }
}

/* The lowest label that is known for this one; labels on the way are lowered to what lies behind them. */
static uint lowest(volatile __global uint *labels, uint label)
{
    while (label != 0) {
        const uint next = labels[label - 1];
        if (next == label)
            break;
        const uint after = next == 0 ? 0 : labels[next - 1];
        if (after != next)
            atomic_min(labels + (label - 1), after);
        label = after;
    }
    return label;
}

/* Labels only become lower. Where another item was faster, what it wrote is joined as well. */
static void join(volatile __global uint *labels, uint one, uint other)
{
    one = lowest(labels, one);
    other = lowest(labels, other);
    while (one != other) {
        const uint high = max(one, other), low = min(one, other), old = atomic_min(labels + (high - 1), low);
        if (old == high)
            return;
        one = lowest(labels, old);
        other = lowest(labels, low);
    }
}

/* Join every pixel with its neighbours on the left and above. */
FLYNN_KERNEL(merge, T, uint)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        volatile __global uint *row = ROW(uint, out, y, a.out.stride);
        volatile __global uint *above = y > 0 ? ROW(uint, out, y - 1, a.out.stride) : row;
        for (int x = FIRST_X; x < last_x; x++) {
            const uint label = row[x];
            if (label == NONE)
                continue;
            if (x > 0 && row[x - 1] != NONE)
                join(out, label, row[x - 1]);
            if (y == 0)
                continue;
            for (int i = max(x - 1, 0); i <= min(x + 1, a.out.width - 1); i++) {
                if (above[i] != NONE)
                    join(out, label, above[i]);
            }
        }
    }
}

#endif
