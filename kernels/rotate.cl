/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* k[0]: enum flynn_turn (core/turn.h). Items make whole pixels; pixels move as bytes.
 *
 * A quarter turn is a transposition with one image upside down: pixel (x, y) of the output is `first + x * step` of the
 * input's column for y. An item walks along its rows, several of them side by side, so that the input's cache lines,
 * which it reads down the columns, are used up while they are near. */
#define PIXEL (a.in.channels * (int)sizeof(T))

enum { TURN_90, TURN_180, TURN_270, TURN_TRANSPOSE, TURN_UPSIDE, TURN_MIRROR };

static inline bool is_quarter(int turn)
{
    return turn == TURN_90 || turn == TURN_270 || turn == TURN_TRANSPOSE;
}

/* The byte of the input that output pixel (0, y) comes from, and the step to the one of (1, y). */
static __global const uchar *column_of(const struct flynn_args *a, __global const T *in, int y, int pixel, long *step)
{
    const int down = a->k[0] == TURN_180 || a->k[0] == TURN_UPSIDE ? a->in.height - 1 - y : y;
    const int column = a->k[0] == TURN_270 ? a->in.width - 1 - y : y;
    switch (a->k[0]) {
    case TURN_90:
    case TURN_270:
    case TURN_TRANSPOSE:
        *step = a->k[0] == TURN_90 ? -(long)a->in.stride : (long)a->in.stride;
        return CROW(uchar, in, a->k[0] == TURN_90 ? a->in.height - 1 : 0, a->in.stride) + (size_t)column * pixel;
    case TURN_UPSIDE:
        *step = pixel;
        return CROW(uchar, in, down, a->in.stride);
    default:
        *step = -(long)pixel;
        return CROW(uchar, in, down, a->in.stride) + (size_t)(a->in.width - 1) * pixel;
    }
}

/* Output pixels [x, end) of one row. */
static void move(__global const uchar *from, long step, __global uchar *to, int pixel, int x, int end)
{
    for (; x < end; x++) {
        __global const uchar *p = from + x * step;
        __global uchar *q = to + (size_t)x * pixel;
        for (int i = 0; i < pixel; i++)
            q[i] = p[i];
    }
}

/* 16 rows of 16 bytes, transposed: four rounds that interleave the first half of the rows with the second. */
#define LOW16(p, q)                                                                                                    \
    (uchar16)(p.s0, q.s0, p.s1, q.s1, p.s2, q.s2, p.s3, q.s3, p.s4, q.s4, p.s5, q.s5, p.s6, q.s6, p.s7, q.s7)
#define HIGH16(p, q)                                                                                                   \
    (uchar16)(p.s8, q.s8, p.s9, q.s9, p.sa, q.sa, p.sb, q.sb, p.sc, q.sc, p.sd, q.sd, p.se, q.se, p.sf, q.sf)

static inline void interleave16(const uchar16 *from, uchar16 *to)
{
    __attribute__((opencl_unroll_hint(8))) for (int i = 0; i < 8; i++)
    {
        to[2 * i] = LOW16(from[i], from[i + 8]);
        to[2 * i + 1] = HIGH16(from[i], from[i + 8]);
    }
}

static void tile1(__global const uchar *from, long step, __global uchar *to, long to_step)
{
    uchar16 v[16], w[16];
    __attribute__((opencl_unroll_hint(16))) for (int i = 0; i < 16; i++) v[i] = LOAD(uchar, 16, from + i * step);
    interleave16(v, w);
    interleave16(w, v);
    interleave16(v, w);
    interleave16(w, v);
    __attribute__((opencl_unroll_hint(16))) for (int i = 0; i < 16; i++) STORE(uchar, 16, v[i], to + i * to_step);
}

/* Four pixels of 3 bytes in a row of the output; each is loaded with the byte after it. */
static inline void four3(__global const uchar *p, long step, __global uchar *q)
{
    const uchar16 v = (uchar16)(LOAD(uchar, 4, p), LOAD(uchar, 4, p + step), LOAD(uchar, 4, p + 2 * step),
                                LOAD(uchar, 4, p + 3 * step));
    STORE(uchar, 8, v.s01245689, q);
    STORE(uchar, 4, v.sacde, q + 8);
}

static inline void four4(__global const uchar *p, long step, __global uchar *q)
{
    STORE(uchar, 16,
          (uchar16)(LOAD(uchar, 4, p), LOAD(uchar, 4, p + step), LOAD(uchar, 4, p + 2 * step),
                    LOAD(uchar, 4, p + 3 * step)),
          q);
}

static inline void four2(__global const uchar *p, long step, __global uchar *q)
{
    STORE(uchar, 8,
          (uchar8)(LOAD(uchar, 2, p), LOAD(uchar, 2, p + step), LOAD(uchar, 2, p + 2 * step),
                   LOAD(uchar, 2, p + 3 * step)),
          q);
}

/* Four pixels of any size: whole vectors where the size is one's. */
static inline void four(__global const uchar *p, long step, __global uchar *q, int pixel)
{
    if (pixel == 3) {
        four3(p, step, q);
    } else if (pixel == 4) {
        four4(p, step, q);
    } else if (pixel == 2) {
        four2(p, step, q);
    } else {
        for (int i = 0; i < 4; i++) {
            if (pixel > 16) {
                for (int b = 0; b < pixel; b += 8)
                    STORE(uchar, 8, LOAD(uchar, 8, p + i * step + b), q + i * pixel + b);
            } else if (pixel == 16) {
                STORE(uchar, 16, LOAD(uchar, 16, p + i * step), q + i * 16);
            } else if (pixel == 8) {
                STORE(uchar, 8, LOAD(uchar, 8, p + i * step), q + i * 8);
            } else if (pixel == 12) {
                const uchar8 v = LOAD(uchar, 8, p + i * step);
                const uchar4 w = LOAD(uchar, 4, p + i * step + 8);
                STORE(uchar, 8, v, q + i * 12);
                STORE(uchar, 4, w, q + i * 12 + 8);
            } else if (pixel == 6) {
                const uchar4 v = LOAD(uchar, 4, p + i * step);
                const uchar2 w = LOAD(uchar, 2, p + i * step + 4);
                STORE(uchar, 4, v, q + i * 6);
                STORE(uchar, 2, w, q + i * 6 + 4);
            } else {
                q[i] = p[i * step];
            }
        }
    }
}

/* Rows [y, end), at most 32, of columns [x, last_x): four columns at a time, and the rows side by side. */
static void rows_of(const struct flynn_args *a, __global const T *in, __global T *out, int pixel, int y, int end, int x,
                    int last_x)
{
    long step;
    __global const uchar *first = column_of(a, in, y, pixel, &step);
    const long next = is_quarter(a->k[0])       ? (a->k[0] == TURN_270 ? -(long)pixel : pixel)
                      : a->k[0] == TURN_MIRROR ? (long)a->in.stride
                                               : -(long)a->in.stride;
    __global uchar *to = ROW(uchar, out, y, a->out.stride);
    for (; x + 4 <= last_x; x += 4) {
        for (int r = 0; r < end - y; r++)
            four(first + r * next + x * step, step, to + (size_t)r * a->out.stride + (size_t)x * pixel, pixel);
    }
    for (int r = 0; r < end - y; r++)
        move(first + r * next, step, to + (size_t)r * a->out.stride, pixel, x, last_x);
}

/* The same for quarter turns of 1-byte pixels: 16 rows in tiles. */
static void tiles_of(const struct flynn_args *a, __global const T *in, __global T *out, int y, int x, int last_x)
{
    long step;
    const int left = a->k[0] == TURN_270;
    __global const uchar *first = column_of(a, in, left ? y + 15 : y, 1, &step);
    __global uchar *to = ROW(uchar, out, left ? y + 15 : y, a->out.stride);
    const long to_step = left ? -(long)a->out.stride : (long)a->out.stride;
    for (; x + 16 <= last_x; x += 16)
        tile1(first + x * step, step, to + x, to_step);
    for (int r = 0; r < 16; r++)
        move(first + r, step, to + r * to_step, 1, x, last_x);
}

/* Half a turn of one row: pixels of 3 bytes five at a time, 4-byte ones and such as vectors of them. */
static void reverse(const struct flynn_args *a, __global const uchar *last, __global uchar *to, int pixel, int x, int last_x)
{
    if (pixel == 1) {
        const bool streams = STREAMS(*a, to + x);
        for (; x + 16 <= last_x; x += 16) {
            const uchar16 v = LOAD(uchar, 16, last - x - 15);
            STREAM(uchar, 16, streams, v.sfedcba9876543210, to + x);
        }
    } else if (pixel == 3) {
        for (; x + 6 <= last_x; x += 5) {
            const uchar16 v = LOAD(uchar, 16, last - 3 * x - 13);
            STORE(uchar, 16, (uchar16)(v.sdefabc78, v.s94561230), to + 3 * x);
        }
    }
    move(last, -(long)pixel, to, pixel, x, last_x);
}

/* Bytes [x, end) of a row as they are. */
static void forward(const struct flynn_args *a, __global const uchar *from, __global uchar *to, int x, int end)
{
    const bool streams = STREAMS(*a, to + x);
    for (; x + 16 <= end; x += 16)
        STREAM(uchar, 16, streams, LOAD(uchar, 16, from + x), to + x);
    for (; x < end; x++)
        to[x] = from[x];
}

/* `rotate` itself is a function of OpenCL C. */
FLYNN_KERNEL(turn, T, T)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height), pixel = PIXEL;
    int y = FIRST_Y;
    if (FIRST_X >= last_x || y >= last_y)
        return;
    if ((a.k[0] == TURN_180 || a.k[0] == TURN_MIRROR) && (pixel == 1 || pixel == 3)) {
        for (; y < last_y; y++) {
            long step;
            reverse(&a, column_of(&a, in, y, pixel, &step), ROW(uchar, out, y, a.out.stride), pixel, FIRST_X, last_x);
        }
        return;
    }
    if (a.k[0] == TURN_UPSIDE) {
        for (; y < last_y; y++) {
            long step;
            forward(&a, column_of(&a, in, y, pixel, &step), ROW(uchar, out, y, a.out.stride), FIRST_X * pixel,
                    last_x * pixel);
        }
        return;
    }
    for (; is_quarter(a.k[0]) && pixel == 1 && y + 16 <= last_y; y += 16)
        tiles_of(&a, in, out, y, FIRST_X, last_x);
    /* Of pixels of 3 bytes the last of an input row has no byte after it. */
    const int edge = pixel != 3 || !is_quarter(a.k[0]) ? -1 : a.k[0] == TURN_270 ? 0 : a.out.height - 1;
    for (int end; y < last_y; y = end) {
        end = min(y + 32, last_y);
        if (y == edge) {
            long step;
            __global const uchar *first = column_of(&a, in, y, pixel, &step);
            move(first, step, ROW(uchar, out, y, a.out.stride), pixel, FIRST_X, last_x);
            end = y + 1;
            continue;
        }
        if (edge > y && edge < end)
            end = edge;
        rows_of(&a, in, out, pixel, y, end, FIRST_X, last_x);
    }
}
