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

/* A pixel to memory. `more`: one of the same item follows, and overwrites what is written too much. */
static inline void put(__global T *to, T4 v, int channels, bool more)
{
    if (channels == 4 || (channels == 3 && more)) {
        STORE(T, 4, v, to);
        return;
    }
    to[0] = v.s0;
    if (channels > 1)
        to[1] = v.s1;
    if (channels > 2)
        to[2] = v.s2;
}

/* Whether the n x n pixels from (x, y) on lie inside, with `samples` to read from the last column on. */
static inline bool is_inside(const struct flynn_args *a, int x, int y, int n, int samples)
{
    const int c = a->in.channels;
    return x >= 0 && y >= 0 && y + n <= a->in.height && x < a->in.width && (x + n - 1) * c + samples <= a->in.width * c;
}

static inline bool is_beyond(const struct flynn_args *a, int x, int y, int n)
{
    return a->border == BORDER_CONSTANT && (x >= a->in.width || y >= a->in.height || x + n <= 0 || y + n <= 0);
}

#if defined(T_U8)
/* 8 samples of two rows: down in 16 bits, then across. */
static inline T4 bilinear_inside(__global const T *p, __global const T *q, int fx, int fy, int c)
{
    const ushort8 v = convert_ushort8(LOAD(T, 8, p)) * (ushort)(32 - fy) + convert_ushort8(LOAD(T, 8, q)) * (ushort)fy;
    const ushort4 right = c == 3 ? v.s3456 : c == 4 ? v.hi : c == 1 ? v.s1234 : v.s2345;
    return TO_T4((convert_int4(v.lo) * (32 - fx) + convert_int4(right) * fx + 512) >> 10);
}
#endif

static T4 bilinear(const struct flynn_args *a, __global const T *in, int X, int Y)
{
    const int x = X >> 5, y = Y >> 5, fx = X & 31, fy = Y & 31, c = a->in.channels;
    T4 v00, v01, v10, v11;
#if defined(T_U8)
    if (is_inside(a, x, y, 2, 8 - c)) {
        __global const T *p = CROW(T, in, y, a->in.stride) + (size_t)x * c;
        return bilinear_inside(p, CROW(T, p, 1, a->in.stride), fx, fy, c);
    }
#endif
    if (is_inside(a, x, y, 2, 4)) {
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
    const bool inside = is_inside(a, x, y, 4, 4);
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

#ifdef X86_AVX2
#define FETCH_EARLY(p) __builtin_prefetch((const void *)(size_t)(p))
#else
#define FETCH_EARLY(p)
#endif

/* CPUs compute the coordinates of 8 pixels as vectors, and go over the output in tiles, whose source stays in a cache. */
#ifdef ON_CPU
#define GROUP          8
#define TILE_X         64
#define TILE_Y         128
#define VECTOR(type)   PASTE(type, 8)
#define STEPS(type)    ((VECTOR(type))(0, 1, 2, 3, 4, 5, 6, 7))
#define GET_GROUP(p)   LOAD(int, 8, p)
#define STORE8(x, p)   (((UNALIGNED(int, 8) *)(p))->v = (x))
#else
#define GROUP          1
#define TILE_X         1
#define TILE_Y         128
#define VECTOR(type)   type
#define STEPS(type)    ((type)0)
#define GET_GROUP(p)   (*(p))
#define STORE8(x, p)   (*(p) = (x))
#endif

#if defined(ON_CPU) && defined(T_U8)
#include "warp_bytes.clh"
#else

/* Of the output. */
struct tile {
    int left, top, right, bottom;
};

/* Not needed. */
struct line {
    int none;
};

/* A group of pixels from column x of row y on, at the places X, Y. */
static inline void draw(const struct flynn_args *a, __global const T *in, __global T *out, struct tile *t, struct line *line, int x, int y,
                        VECTOR(int) X, VECTOR(int) Y, __global const uchar *ints, __global const uchar *floats)
{
    const int c = a->out.channels, n = min(GROUP, t->right - x);
    __global T *to = ROW(T, out, y, a->out.stride) + (size_t)x * c;
    int at_x[GROUP], at_y[GROUP];
    STORE8(X, at_x);
    STORE8(Y, at_y);
    for (int i = 0; i < n; i++)
        put(to + (size_t)i * c, sample(a, in, at_x[i], at_y[i], ints, floats), c, x + i + 1 < t->right);
}

static inline void finish(const struct flynn_args *a, __global const T *in, __global T *out, struct tile *t, struct line *line, int y,
                          __global const uchar *ints, __global const uchar *floats)
{
}

#endif

#define FOR_TILES(t)                                                                                                   \
    for (t.top = FIRST_Y; t.top < last_y; t.top += TILE_Y)                                                             \
        for (t.bottom = min(t.top + TILE_Y, last_y), t.left = FIRST_X; t.left < last_x; t.left += TILE_X)              \
            for (int y = (t.right = min(t.left + TILE_X, last_x), t.top); y < t.bottom; finish(&a, in, out, &t, &line, y++, table2, table3))

FLYNN_KERNEL(affine, T, T)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height), shift = a.k[0] == NEAREST ? 10 : 5;
    __global const int *column = (__global const int *)table0, *column_y = column + a.out.width;
    struct tile t = {0};
    struct line line;
    FOR_TILES(t)
    {
        const int across = ((__global const int *)table1)[2 * y], down = ((__global const int *)table1)[2 * y + 1];
        for (int x = t.left; x < t.right; x += GROUP) {
            /* The tables are long enough for whole groups. */
            const VECTOR(int) X = (GET_GROUP(column + x) + across) >> shift;
            const VECTOR(int) Y = (GET_GROUP(column_y + x) + down) >> shift;
            draw(&a, in, out, &t, &line, x, y, X, Y, table2, table3);
        }
    }
}

#ifdef HAVE_FP64
/* 1.5 * 2^52: adding it leaves no bits for a fraction. The built-in rint is a call for each number on CPUs. */
#define ROUNDER 6755399441055744.0

/* Whole numbers, half to even; what is not a number is far away. */
static inline VECTOR(int) nearest_ints(VECTOR(double) v)
{
    const VECTOR(double) most = WARP_FAR;
    v = v < most ? v : most;
    v = v > -most ? v : -most;
    return PASTE(convert_, VECTOR(int))((v + ROUNDER) - ROUNDER);
}

/* x and y as doubles: the groups of a tile lie in one block of 64 columns where tiles begin at multiples of 64. */
FLYNN_KERNEL(perspective, T, T)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height);
    __global const double *m = (__global const double *)table0;
    const VECTOR(double) one = a.k[0] == NEAREST ? 1 : 32, zero = 0;
    const double m0 = m[0], m3 = m[3], m6 = m[6];
    struct tile t = {0};
    struct line line;
    FOR_TILES(t)
    {
        const int start = t.left & ~63;
        const double x0 = m0 * start + m[1] * y + m[2], y0 = m3 * start + m[4] * y + m[5];
        const double w0 = m6 * start + m[7] * y + m[8];
        for (int x = t.left; x < t.right; x += GROUP) {
            const VECTOR(double) at = (double)(x - start) + STEPS(double);
            VECTOR(double) w = w0 + m6 * at;
            w = w != zero ? one / w : zero;
            const VECTOR(int) X = nearest_ints((x0 + m0 * at) * w), Y = nearest_ints((y0 + m3 * at) * w);
            draw(&a, in, out, &t, &line, x, y, X, Y, table2, table3);
        }
    }
}
#endif

/* The same for f32, exact too. */
static inline VECTOR(int) nearest_ints_f32(VECTOR(float) v)
{
    const VECTOR(float) most = WARP_FAR;
    v = v < most ? v : most;
    v = v > -most ? v : -most;
#ifdef X86_AVX2
    return __builtin_ia32_cvtps2dq256(v);
#else
    const VECTOR(int) i = PASTE(convert_, VECTOR(int))(v);
    const VECTOR(float) rest = v - PASTE(convert_, VECTOR(float))(i);
    const VECTOR(int) up = i + 1, down = i - 1, odd = (i & 1) != 0;
    const VECTOR(int) more = (rest > 0.5f) | ((rest == 0.5f) & odd), less = (rest < -0.5f) | ((rest == -0.5f) & odd);
    return more ? up : less ? down : i;
#endif
}

/* n pairs of a map. */
static inline void get_pairs(__global const float *map, int n, VECTOR(float) *x, VECTOR(float) *y)
{
#ifdef ON_CPU
    float16 v = (float16)(0);
    float part[16];
    if (n == GROUP) {
        v = LOAD(float, 16, map);
    } else {
        for (int i = 0; i < 16; i++)
            part[i] = i < 2 * n ? map[i] : 0;
        v = vload16(0, part);
    }
    *x = v.even;
    *y = v.odd;
#else
    *x = map[0];
    *y = map[1];
#endif
}

#define MAP_AHEAD 8 /* rows of the map, of which tiles read short pieces */

FLYNN_KERNEL(remap, T, T)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height);
    const float one = a.k[0] == NEAREST ? 1 : 32, from = a.k[1] ? 1 : 0;
    struct tile t = {0};
    struct line line;
    FOR_TILES(t)
    {
        __global const float *map = CROW(float, with, y, a.with.stride);
        for (int x = t.left; x < t.right; x += GROUP) {
            VECTOR(float) at_x, at_y;
            get_pairs(map + 2 * x, min(GROUP, t.right - x), &at_x, &at_y);
            FETCH_EARLY(CROW(float, map + 2 * x, MAP_AHEAD, a.with.stride));
            const VECTOR(float) column = (float)x + STEPS(float);
            draw(&a, in, out, &t, &line, x, y,
                 nearest_ints_f32((at_x * a.f[0] + column * from) * one),
                 nearest_ints_f32((at_y * a.f[1] + (float)y * from) * one), table2, table3);
        }
    }
}
