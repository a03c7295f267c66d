/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* Warps: core/warp.h describes stages, tables and the arithmetic. Items make whole pixels.
 * k[0]: 0 nearest, 1 bilinear, 2 bicubic. A pixel is four samples; what its channels lack means nothing. */

#define WARP_FAR (1 << 25)

enum { NEAREST, BILINEAR, BICUBIC };

#if T_FLOAT
#define SUM4 float4
#else
#define SUM4 int4
#endif
#define TO_SUM4(v) PASTE(convert_, SUM4)(v)

static inline T4 fill_of(const struct flynn_args *a)
{
#if T_FLOAT
    return (T4)((T)a->border_f);
#else
    return (T4)((T)a->border_i);
#endif
}

/* The pixel at (x, y), or the one that stands there. */
static T4 pixel_at(const struct flynn_args *a, __global const T *in, int x, int y)
{
    const int column = border_index(a->border, x, a->in.width), row = border_index(a->border, y, a->in.height);
    const int c = a->in.channels;
    if (column < 0 || row < 0)
        return fill_of(a);
    __global const T *p = CROW(T, in, row, a->in.stride) + (size_t)column * c;
    return (T4)(p[0], c > 1 ? p[1] : 0, c > 2 ? p[2] : 0, c > 3 ? p[3] : 0);
}

static inline void put(__global T *to, T4 v, int channels)
{
    if (channels == 3) {
        to[0] = v.s0;
        to[1] = v.s1;
        to[2] = v.s2;
    } else if (channels == 1) {
        to[0] = v.s0;
    } else if (channels == 4) {
        STORE(T, 4, v, to);
    } else {
        to[0] = v.s0;
        to[1] = v.s1;
    }
}

/* Whether the n x n pixels from (x, y) on lie inside, with four samples to read at each. */
static inline bool is_inside(const struct flynn_args *a, int x, int y, int n)
{
    const int c = a->in.channels;
    return x >= 0 && y >= 0 && y + n <= a->in.height && x < a->in.width && (x + n - 1) * c + 4 <= a->in.width * c;
}

static inline bool is_beyond(const struct flynn_args *a, int x, int y, int n)
{
    return a->border == BORDER_CONSTANT && (x >= a->in.width || y >= a->in.height || x + n <= 0 || y + n <= 0);
}

static T4 bilinear(const struct flynn_args *a, __global const T *in, int X, int Y)
{
    const int x = X >> 5, y = Y >> 5, fx = X & 31, fy = Y & 31, c = a->in.channels;
    T4 v00, v01, v10, v11;
    if (is_inside(a, x, y, 2)) {
        __global const T *p = CROW(T, in, y, a->in.stride) + (size_t)x * c;
        __global const T *q = CROW(T, p, 1, a->in.stride);
        v00 = LOAD(T, 4, p);
        v01 = LOAD(T, 4, p + c);
        v10 = LOAD(T, 4, q);
        v11 = LOAD(T, 4, q + c);
    } else if (is_beyond(a, x, y, 2)) {
        return fill_of(a);
    } else {
        v00 = pixel_at(a, in, x, y);
        v01 = pixel_at(a, in, x + 1, y);
        v10 = pixel_at(a, in, x, y + 1);
        v11 = pixel_at(a, in, x + 1, y + 1);
    }
    const int w00 = (32 - fx) * (32 - fy), w01 = fx * (32 - fy), w10 = (32 - fx) * fy, w11 = fx * fy;
#if T_FLOAT
    const float unit = 1.0f / 1024;
    return v00 * ((float)w00 * unit) + v01 * ((float)w01 * unit) + v10 * ((float)w10 * unit) + v11 * ((float)w11 * unit);
#else
    return TO_T4((TO_SUM4(v00) * w00 + TO_SUM4(v01) * w01 + TO_SUM4(v10) * w10 + TO_SUM4(v11) * w11 + 512) >> 10);
#endif
}

/* One row of a bicubic sum. */
static inline SUM4 cubic_row(const T4 v[4], __global const uchar *ints, __global const uchar *floats, int r, int fx,
                             int fy)
{
#if T_FLOAT
    __global const float *across = (__global const float *)floats + 4 * fx;
    const float down = ((__global const float *)floats)[4 * fy + r];
    return v[0] * (down * across[0]) + v[1] * (down * across[1]) + v[2] * (down * across[2]) +
           v[3] * (down * across[3]);
#else
    __global const short *w = (__global const short *)ints + (fy * 32 + fx) * 16 + 4 * r;
#if defined(T_U16)
    const int zero = 32768;
#else
    const int zero = 0;
#endif
    return (TO_SUM4(v[0]) - zero) * w[0] + (TO_SUM4(v[1]) - zero) * w[1] + (TO_SUM4(v[2]) - zero) * w[2] +
           (TO_SUM4(v[3]) - zero) * w[3];
#endif
}

static T4 bicubic(const struct flynn_args *a, __global const T *in, int X, int Y, __global const uchar *ints,
                  __global const uchar *floats)
{
    const int x = (X >> 5) - 1, y = (Y >> 5) - 1, fx = X & 31, fy = Y & 31, c = a->in.channels;
    const bool inside = is_inside(a, x, y, 4);
    SUM4 sum = (SUM4)(0);
    if (!inside && is_beyond(a, x, y, 4))
        return fill_of(a);
    for (int r = 0; r < 4; r++) {
        T4 v[4];
        __global const T *p = CROW(T, in, inside ? y + r : 0, a->in.stride) + (inside ? (size_t)x * c : 0);
        for (int i = 0; i < 4; i++)
            v[i] = inside ? LOAD(T, 4, p + i * c) : pixel_at(a, in, x + i, y + r);
        const SUM4 row = cubic_row(v, ints, floats, r, fx, fy);
        sum = r ? sum + row : row;
    }
#if T_FLOAT
    return sum;
#elif defined(T_U16)
    return T4_SAT(((16384 - sum) >> 15) + 32768);
#else
    return T4_SAT((16384 - sum) >> 15);
#endif
}

/* The output pixel whose place in the input is (X, Y). */
static inline T4 sample(const struct flynn_args *a, __global const T *in, int X, int Y, __global const uchar *ints,
                        __global const uchar *floats)
{
    if (a->k[0] == BILINEAR)
        return bilinear(a, in, X, Y);
    if (a->k[0] == NEAREST)
        return pixel_at(a, in, X, Y);
    return bicubic(a, in, X, Y, ints, floats);
}

FLYNN_KERNEL(affine, T, T)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height), shift = a.k[0] == NEAREST ? 10 : 5;
    __global const int *column = (__global const int *)table0, *column_y = column + a.out.width;
    for (int y = FIRST_Y; y < last_y; y++) {
        const int across = ((__global const int *)table1)[2 * y], down = ((__global const int *)table1)[2 * y + 1];
        __global T *to = ROW(T, out, y, a.out.stride);
        for (int x = FIRST_X; x < last_x; x++) {
            const int X = (column[x] + across) >> shift, Y = (column_y[x] + down) >> shift;
            put(to + (size_t)x * a.out.channels, sample(&a, in, X, Y, table2, table3), a.out.channels);
        }
    }
}

#ifdef HAVE_FP64
/* What is not a number is far away. */
static inline int nearest_int(double v)
{
    v = v < WARP_FAR ? v : WARP_FAR;
    v = v > -WARP_FAR ? v : -WARP_FAR;
    return convert_int_rte(v);
}

FLYNN_KERNEL(perspective, T, T)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height);
    __global const double *m = (__global const double *)table0;
    const double one = a.k[0] == NEAREST ? 1 : 32;
    for (int y = FIRST_Y; y < last_y; y++) {
        __global T *to = ROW(T, out, y, a.out.stride);
        for (int x = FIRST_X; x < last_x; x++) {
            const int start = x & ~63;
            const double i = x - start;
            double w = m[6] * start + m[7] * y + m[8] + m[6] * i;
            w = w != 0 ? one / w : 0;
            const int X = nearest_int((m[0] * start + m[1] * y + m[2] + m[0] * i) * w);
            const int Y = nearest_int((m[3] * start + m[4] * y + m[5] + m[3] * i) * w);
            put(to + (size_t)x * a.out.channels, sample(&a, in, X, Y, table2, table3), a.out.channels);
        }
    }
}
#endif

static inline int nearest_int_f32(float v)
{
    v = v < (float)WARP_FAR ? v : (float)WARP_FAR;
    v = v > -(float)WARP_FAR ? v : -(float)WARP_FAR;
    return convert_int_rte(v);
}

FLYNN_KERNEL(remap, T, T)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height);
    const float one = a.k[0] == NEAREST ? 1 : 32, from = a.k[1] ? 1 : 0;
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const float *map = CROW(float, with, y, a.with.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        for (int x = FIRST_X; x < last_x; x++) {
            const int X = nearest_int_f32((map[2 * x] * a.f[0] + (float)x * from) * one);
            const int Y = nearest_int_f32((map[2 * x + 1] * a.f[1] + (float)y * from) * one);
            put(to + (size_t)x * a.out.channels, sample(&a, in, X, Y, table2, table3), a.out.channels);
        }
    }
}
