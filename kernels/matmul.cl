/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* C = A B, every element one chain of fma in ascending k that starts at +0 (cpu/matmul.c). C of each product of a batch is
 * cut into tiles, and a group takes every tile whose number is its own modulo the number of groups. k[] holds the sides
 * that are stored transposed (1: A, 2: B), the rows of a product, and the length of its chains. */

#define TRANS_A (a.k[0] & 1)
#define TRANS_B (a.k[0] & 2)
#define HEIGHT  a.k[1]
#define DEPTH   a.k[2]

/* Where a matrix of the batch begins, and the steps from one of its rows and columns to the next. */
struct matrix {
    __global const T *at;
    size_t row, col;
};

static struct matrix find(__global const T *p, int stride, int trans, size_t stored_rows)
{
    const size_t row = (size_t)stride / sizeof(T);
    struct matrix m = {p + stored_rows * row, trans ? 1 : row, trans ? row : 1};
    return m;
}

/* alpha C, and alpha C + beta D, every operation rounded. */
#ifdef T_F64
#define ALPHA D0
#define BETA  D1
#else
#define ALPHA a.f[0]
#define BETA  a.f[1]
#endif

FLYNN_KERNEL(matmul_scale, T, T)
{
    const T alpha = ALPHA;
    for (int y = FIRST_Y; y < LAST_Y(a.out.height); y++) {
        __global const T *c = CROW(T, in, y, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        int x = FIRST_X;
        for (; x + 16 <= LAST_X(a.out.width); x += 16)
            STORE(T, 16, (T16)(alpha) * LOAD(T, 16, c + x), to + x);
        for (; x < LAST_X(a.out.width); x++)
            to[x] = alpha * c[x];
    }
}

FLYNN_KERNEL(matmul_add, T, T)
{
    const T alpha = ALPHA, beta = BETA;
    for (int y = FIRST_Y; y < LAST_Y(a.out.height); y++) {
        __global const T *c = CROW(T, in, y, a.in.stride), *d = CROW(T, with, y, a.with.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        int x = FIRST_X;
        for (; x + 16 <= LAST_X(a.out.width); x += 16)
            STORE(T, 16, (T16)(alpha) * LOAD(T, 16, c + x) + (T16)(beta) * LOAD(T, 16, d + x), to + x);
        for (; x < LAST_X(a.out.width); x++)
            to[x] = alpha * c[x] + beta * d[x];
    }
}

/* The shape that the device was found or is taken to do best with (opencl/shape.c). */
#ifdef PANELS
#include "matmul_panels.clh"
#else
#include "matmul_tiles.clh"
#endif
