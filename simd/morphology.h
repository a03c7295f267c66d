/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_MORPHOLOGY_H
#define FLYNN_SIMD_MORPHOLOGY_H

#include "simd/order.h"

#include "core/morphology.h"

/* The stages are described in core/morphology.h. `bytes` is the size of a sample, or of a key of f32. */

#define GROUP 8  /* most output rows that are made together */
#define MANY  48 /* rows of a window from which on blocks of rows are faster */

FLYNN_UNROLLED vi choose(vi a, vi b, int bytes, bool largest)
{
    return largest ? order_most(a, b, bytes) : order_least(a, b, bytes);
}

/* The n first bytes of a vector; n is VEC, or less at the end of short rows. */
FLYNN_UNROLLED vi take(const uint8_t *p, size_t n, int bytes)
{
    return order_key(n < VEC ? v_load_n(p, n) : v_load(p), bytes);
}

FLYNN_UNROLLED void give(uint8_t *p, vi v, size_t n, int bytes, bool floats)
{
    if (bytes != 4 || floats)
        v = order_flip(v, bytes);
    if (n < VEC)
        v_store_n(p, v, n);
    else
        v_store(p, v);
}

/* ---- down -------------------------------------------------------------------------------------------------------- */

/* The choice, and where both are wanted the opposite one. */
struct choice {
    vi best, other;
};

FLYNN_UNROLLED struct choice choose_both(struct choice a, struct choice b, bool both, int bytes, bool largest)
{
    return (struct choice){choose(a.best, b.best, bytes, largest),
                           both ? choose(a.other, b.other, bytes, !largest) : a.other};
}

FLYNN_UNROLLED struct choice take_both(const uint8_t *p, size_t n, int bytes)
{
    vi v = take(p, n, bytes);
    return (struct choice){v, v};
}

/* `rows` output rows at byte i. They share the input rows that all of their windows have; above these the windows are
 * continued one after the other, and likewise below. The keys of f32 are left as they are. The opposite choices go to
 * `also`, where that is not NULL. */
FLYNN_UNROLLED void down_vectors(const uint8_t *const *in, uint8_t *const *out, uint8_t *const *also, int k, size_t i,
                                 size_t n, int rows, int bytes, bool largest)
{
    struct choice best[GROUP], all = take_both(in[rows - 1] + i, n, bytes);
    bool both = also;
    for (int t = rows; t < k; t++)
        all = choose_both(all, take_both(in[t] + i, n, bytes), both, bytes, largest);
    best[rows - 1] = all;
    for (int r = rows - 2; r >= 0; r--)
        best[r] = choose_both(best[r + 1], take_both(in[r] + i, n, bytes), both, bytes, largest);
    for (int r = 1; r < rows; r++) {
        struct choice next = take_both(in[k + r - 1] + i, n, bytes);
        all = r == 1 ? next : choose_both(all, next, both, bytes, largest);
        best[r] = choose_both(best[r], all, both, bytes, largest);
    }
    for (int r = 0; r < rows; r++) {
        give(out[r] + i, best[r].best, n, bytes, false);
        if (both)
            give(also[r] + i, best[r].other, n, bytes, false);
    }
}

FLYNN_UNROLLED void down_group(const void *const *from, void *const *to, void *const *also, int k, size_t all, int rows,
                               int bytes, bool largest)
{
    const uint8_t *const *in = (const uint8_t *const *)from;
    uint8_t *out[GROUP], *more[GROUP];
    for (int r = 0; r < rows; r++) {
        out[r] = to[r];
        more[r] = also ? also[r] : NULL;
    }
    size_t i = 0;
    for (; i + VEC <= all; i += VEC)
        down_vectors(in, out, also ? more : NULL, k, i, VEC, rows, bytes, largest);
    if (i < all && i)
        down_vectors(in, out, also ? more : NULL, k, all - VEC, VEC, rows, bytes, largest);
    else if (i < all)
        down_vectors(in, out, also ? more : NULL, k, 0, all, rows, bytes, largest);
}

FLYNN_UNROLLED void down_rows(const struct flynn_call *call, void *const *out, void *const *also, size_t all, int bytes,
                              bool largest)
{
    int k = call->stage->k[1];
    for (int r = 0; r < call->rows;) {
        int left = call->rows - r;
        const void *const *in = call->in + r;
        void *const *to = out + r, *const *more = also ? also + r : NULL;
        if (left >= 8 && k >= 8) {
            down_group(in, to, more, k, all, 8, bytes, largest);
            r += 8;
        } else if (left >= 4 && k >= 4) {
            down_group(in, to, more, k, all, 4, bytes, largest);
            r += 4;
        } else if (left >= 2 && k >= 2) {
            down_group(in, to, more, k, all, 2, bytes, largest);
            r += 2;
        } else {
            down_group(in, to, more, k, all, 1, bytes, largest);
            r++;
        }
    }
}

/* A row of keys: the choice between two, or a copy of the first. */
FLYNN_UNROLLED void choose_rows(uint8_t *to, const uint8_t *a, const uint8_t *b, size_t all, int bytes, bool largest)
{
    for (size_t i = 0; i < all; i += VEC) {
        vi v = v_load(a + i);
        v_store(to + i, b ? choose(v, v_load(b + i), bytes, largest) : v);
    }
}

/* Rows of samples to keys; those of the state are padded to whole vectors. */
FLYNN_UNROLLED void take_row(uint8_t *to, const uint8_t *from, size_t all, int bytes)
{
    size_t i = 0;
    for (; i + VEC <= all; i += VEC)
        v_store(to + i, take(from + i, VEC, bytes));
    if (i < all)
        v_store(to + i, take(from + i, all - i, bytes));
}

FLYNN_UNROLLED void give_row(uint8_t *to, const uint8_t *a, const uint8_t *b, size_t all, int bytes, bool largest)
{
    for (size_t i = 0; i < all; i += VEC) {
        vi v = choose(v_load(a + i), v_load(b + i), bytes, largest);
        give(to + i, v, all - i < VEC ? all - i : VEC, bytes, false);
    }
}

/* Blocks of k rows: cpu/erode.c. */
FLYNN_UNROLLED void down_blocks(const struct flynn_call *call, size_t all, int bytes, bool largest)
{
    int k = call->stage->k[1];
    int32_t *done = call->state;
    uint8_t *rows = (uint8_t *)call->state + FLYNN_MORPH_HEAD;
    size_t stride = (size_t)call->stage->d[0];
    uint8_t *newest = rows + (size_t)k * stride;
    for (int r = 0; r < call->rows; r++) {
        int j = *done % k;
        if (j == 0) {
            take_row(rows + (size_t)(k - 1) * stride, call->in[r + k - 1], all, bytes);
            for (int t = k - 2; t >= 0; t--) {
                take_row(rows + (size_t)t * stride, call->in[r + t], all, bytes);
                choose_rows(rows + (size_t)t * stride, rows + (size_t)t * stride, rows + (size_t)(t + 1) * stride, all,
                            bytes, largest);
            }
            give_row(call->out[r], rows, rows, all, bytes, largest);
        } else {
            uint8_t *last = rows; /* the first row of a block is of no more use */
            take_row(j == 1 ? newest : last, call->in[r + k - 1], all, bytes);
            if (j > 1)
                choose_rows(newest, newest, last, all, bytes, largest);
            give_row(call->out[r], rows + (size_t)j * stride, newest, all, bytes, largest);
        }
        *done = j + 1;
    }
}

FLYNN_UNROLLED void morph_down(const struct flynn_call *call, int bytes)
{
    size_t all = (size_t)call->width * (size_t)call->stage->in.channels * (size_t)bytes;
    if (call->stage->k[1] > MANY) {
        if (call->stage->k[0])
            down_blocks(call, all, bytes, true);
        else
            down_blocks(call, all, bytes, false);
    } else {
        if (call->stage->k[0])
            down_rows(call, call->out, NULL, all, bytes, true);
        else
            down_rows(call, call->out, NULL, all, bytes, false);
    }
}

/* ---- across ------------------------------------------------------------------------------------------------------ */

/* The choice of n vectors, `far` bytes apart, the last one `last` bytes from the first. The rows have keys of f32, but
 * samples of 16 bits, unless `keys`. */
FLYNN_UNROLLED vi window(const uint8_t *p, ptrdiff_t far, ptrdiff_t last, int n, int bytes, bool keys, bool largest)
{
    vi best = v_load(p);
    if (bytes != 4 && !keys)
        best = order_key(best, bytes);
    for (int t = 1; t < n; t++) {
        vi v = v_load(p + (t == n - 1 ? last : t * far));
        best = choose(best, bytes != 4 && !keys ? order_key(v, bytes) : v, bytes, largest);
    }
    return best;
}

/* A row of `all` bytes to the output. */
FLYNN_UNROLLED void window_out(const uint8_t *from, uint8_t *to, ptrdiff_t all, ptrdiff_t far, ptrdiff_t last, int n,
                               int bytes, bool keys, bool largest)
{
    ptrdiff_t i = 0;
    for (; i + VEC <= all; i += VEC)
        give(to + i, window(from + i, far, last, n, bytes, keys, largest), VEC, bytes, true);
    if (i < all) {
        i = all >= VEC ? all - VEC : 0;
        give(to + i, window(from + i, far, last, n, bytes, keys, largest), all < VEC ? (size_t)all : VEC, bytes, true);
    }
}

/* The same to a row of keys, beyond whose end a vector may be written. from may be to: what is written is not read
 * again. */
FLYNN_UNROLLED void window_keys(const uint8_t *from, uint8_t *to, ptrdiff_t all, ptrdiff_t far, ptrdiff_t last, int n,
                                int bytes, bool keys, bool largest)
{
    for (ptrdiff_t i = 0; i < all; i += VEC)
        v_store(to + i, window(from + i, far, last, n, bytes, keys, largest));
}

FLYNN_UNROLLED void window_any(const uint8_t *from, uint8_t *to, bool out, ptrdiff_t all, ptrdiff_t far, ptrdiff_t last,
                               int n, int bytes, bool keys, bool largest)
{
    if (out)
        window_out(from, to, all, far, last, n, bytes, keys, largest);
    else
        window_keys(from, to, all, far, last, n, bytes, keys, largest);
}

FLYNN_UNROLLED void window_some(const uint8_t *from, uint8_t *to, bool out, ptrdiff_t all, ptrdiff_t far,
                                ptrdiff_t last, int n, int bytes, bool keys, bool largest)
{
    switch (n) {
    case 1:
        window_any(from, to, out, all, far, last, 1, bytes, keys, largest);
        break;
    case 2:
        window_any(from, to, out, all, far, last, 2, bytes, keys, largest);
        break;
    case 3:
        window_any(from, to, out, all, far, last, 3, bytes, keys, largest);
        break;
    case 4:
        window_any(from, to, out, all, far, last, 4, bytes, keys, largest);
        break;
    default:
        window_any(from, to, out, all, far, last, 5, bytes, keys, largest);
    }
}

/* Windows of up to 5 samples at once; larger ones of 4, 16, 64, ... samples, each from up to 4 of the smaller ones. */
FLYNN_UNROLLED void across_row(const struct flynn_call *call, const uint8_t *in, uint8_t *out, int bytes, bool largest)
{
    const struct flynn_stage *stage = call->stage;
    ptrdiff_t pixel = stage->in.channels * bytes, all = call->width * pixel;
    int k = stage->k[1], size = 1;
    in -= stage->left * pixel;
    if (k <= 5) {
        window_some(in, out, true, all, pixel, (k - 1) * pixel, k, bytes, false, largest);
        return;
    }
    uint8_t *work = call->state;
    while (size < k) {
        int next = 4 * size < k ? 4 * size : k, n = (next + size - 1) / size;
        ptrdiff_t length = all + (k - next) * pixel;
        const uint8_t *from = size == 1 ? in : work;
        window_some(from, next == k ? out : work, next == k, length, size * pixel, (next - size) * pixel, n, bytes,
                    size > 1, largest);
        size = next;
    }
}

FLYNN_UNROLLED void morph_across(const struct flynn_call *call, int bytes)
{
    for (int r = 0; r < call->rows; r++) {
        if (call->stage->k[0])
            across_row(call, call->in[r], call->out[r], bytes, true);
        else
            across_row(call, call->in[r], call->out[r], bytes, false);
    }
}

#endif
