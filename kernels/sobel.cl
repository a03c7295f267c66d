/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "filter.clh"

/* D: what the differences are computed in. */
#if defined(T_U8)
#define D       short
#define D16     short16
#define TO_D(v) convert_short16(v)
#elif defined(T_U16)
#define D       int
#define D16     int16
#define TO_D(v) convert_int16(v)
#else
#define D       float
#define D16     float16
#define TO_D(v) (v)
#endif

struct slope {
    D16 dx, dy;
};

/* a, b, c are the columns left, at and right of the group, 0, 1, 2 its rows; the centre is of no use. k[0] and k[1] are the weights. */
static struct slope slope_of(const struct flynn_args *a, D16 a0, D16 b0, D16 c0, D16 a1, D16 c1, D16 a2, D16 b2, D16 c2)
{
    struct slope s;
    const D16 side = (D)a->k[0], middle = (D)a->k[1];
    s.dx = (side * (c0 - a0) + middle * (c1 - a1)) + side * (c2 - a2);
    s.dy = (side * (a2 - a0) + middle * (b2 - b0)) + side * (c2 - c0);
    return s;
}

static struct slope slope16(const struct flynn_args *a, __global const T *r0, __global const T *r1, __global const T *r2, int x,
                            int c)
{
    return slope_of(a, TO_D(LOAD(T, 16, r0 + x - c)), TO_D(LOAD(T, 16, r0 + x)), TO_D(LOAD(T, 16, r0 + x + c)),
                    TO_D(LOAD(T, 16, r1 + x - c)), TO_D(LOAD(T, 16, r1 + x + c)), TO_D(LOAD(T, 16, r2 + x - c)),
                    TO_D(LOAD(T, 16, r2 + x)), TO_D(LOAD(T, 16, r2 + x + c)));
}

static struct slope edge_slope(__global const T *in, const struct flynn_args *a, int x, int y)
{
    const int c = a->in.channels;
    return slope_of(a, TO_D(edge16(in, a, x - c, y - 1)), TO_D(edge16(in, a, x, y - 1)), TO_D(edge16(in, a, x + c, y - 1)),
                    TO_D(edge16(in, a, x - c, y)), TO_D(edge16(in, a, x + c, y)), TO_D(edge16(in, a, x - c, y + 1)),
                    TO_D(edge16(in, a, x, y + 1)), TO_D(edge16(in, a, x + c, y + 1)));
}

#if T_FLOAT

static T16 magnitude(struct slope s, bool l2)
{
    return l2 ? sqrt(s.dx * s.dx + s.dy * s.dy) : fabs(s.dx) + fabs(s.dy);
}

#else

static D16 size_of(D16 d)
{
    return d > (D16)(0) ? d : -d;
}

static D16 at_most(D16 d, int most)
{
    return d < (D16)(most) ? d : (D16)(most);
}

#if defined(T_U8)

/* The root of a whole number is never so near to a half that a float's error changes the rounding. */
static T16 length16(D16 x, D16 y)
{
    const int16 dx = convert_int16(x), dy = convert_int16(y), n = dx * dx + dy * dy, most = 255 * 255 + 255;
    return convert_uchar16(convert_int16(sqrt(convert_float16(n < most ? n : most)) + 0.5f));
}

#else

/* The float's root is the result or one less (cpu/sobel.c). */
static T16 length16(D16 dx, D16 dy)
{
    const uint16 x = as_uint16(at_most(size_of(dx), 65535)), y = as_uint16(at_most(size_of(dy), 65535));
    const uint16 most = 65535u * 65535u + 65535u, xx = x * x, sum = xx + y * y;
    const uint16 n = (sum < xx) | (sum > most) ? most : sum;
    const uint16 root = convert_uint16(convert_int16(sqrt(convert_float16(n)) - 0.25f));
    return convert_ushort16(n > root * root + root ? root + 1 : root);
}

#endif

static T16 magnitude(struct slope s, bool l2)
{
    return l2 ? length16(s.dx, s.dy) : TO_T16(at_most(size_of(s.dx) + size_of(s.dy), T_WHITE));
}

#endif

/* One row from x to last_x. */
INLINE void row_of_sobel(__global const T *in, const struct flynn_args *a, __global T *to, int x, int last_x, int y, bool l2)
{
    const int c = a->in.channels, above = border_index(a->border, y - 1, a->in.height),
              below = border_index(a->border, y + 1, a->in.height);
    __global const T *r0 = CROW(T, in, max(above, 0), a->in.stride), *r1 = CROW(T, in, y, a->in.stride),
                     *r2 = CROW(T, in, max(below, 0), a->in.stride);
    const int end = above < 0 || below < 0 ? 0 : min(last_x, a->in.width * c - c) - 15;
    while (x < last_x) {
        if (x < c || x >= end) {
            store_some(to + x, magnitude(edge_slope(in, a, x, y), l2), min(last_x - x, 16));
            x += 16;
            continue;
        }
        const bool streams = STREAMS(*a, to + x);
        for (; x < end; x += 16)
            STREAM(T, 16, streams, magnitude(slope16(a, r0, r1, r2, x, c), l2), to + x);
    }
}

FLYNN_KERNEL(sobel_l1, T, T)
{
    const struct flynn_args args = a;
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++)
        row_of_sobel(in, &args, ROW(T, out, y, a.out.stride), FIRST_X, last_x, y, false);
}

/* Only where the root of a float is rounded correctly. */
#if !T_FLOAT || defined(HAVE_EXACT_DIV)
FLYNN_KERNEL(sobel_l2, T, T)
{
    const struct flynn_args args = a;
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++)
        row_of_sobel(in, &args, ROW(T, out, y, a.out.stride), FIRST_X, last_x, y, true);
}
#endif
