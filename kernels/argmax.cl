/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* Where the greatest (or, with k[0] ARGMIN, least) sample stands: core/extreme.h. */

#ifndef HAVE_FP64
#error argmax needs a device with double
#endif

#define BLOCK  8192
#define LANES  64
#define PARTS  256
#define ARGMIN 6
#define MANY   64 /* samples that are looked at together on CPUs */

#if T_FLOAT
#define T_MOST  ((T)INFINITY)
#define T_LEAST (-(T)INFINITY)
#else
#define T_MOST  T_WHITE
#define T_LEAST ((T)(T_WHITE + 1)) /* without sign and with */
#endif

/* Any number takes the place of NaN, and nothing that of its equal. */
static inline bool better(bool least, double value, double best)
{
    if (best != best)
        return value == value;
    return least ? value < best : value > best;
}

/* Of equal values the one with the lesser index. */
static inline bool earlier(bool least, double value, int index, double best, int at)
{
    return better(least, value, best) || (value == best && index < at);
}

#ifdef ON_CPU

/* The best of `best` and n samples. */
INLINE T best_of(bool least, __global const T *x, int n, T best)
{
    T16 most[4] = {(T16)(best), (T16)(best), (T16)(best), (T16)(best)};
    T part[16];
    int i = 0;
    for (; i + MANY <= n; i += MANY) {
#pragma unroll
        for (int k = 0; k < 4; k++) {
            const T16 v = LOAD(T, 16, x + i + 16 * k);
            most[k] = least ? (v < most[k] ? v : most[k]) : (v > most[k] ? v : most[k]);
        }
    }
    for (int k = 0; k < 4; k++) {
        vstore16(most[k], 0, part);
        for (int j = 0; j < 16; j++)
            best = (least ? part[j] < best : part[j] > best) ? part[j] : best;
    }
    for (; i < n; i++)
        best = (least ? x[i] < best : x[i] > best) ? x[i] : best;
    return best;
}

/* The first of n samples that is equal, or n. */
INLINE int place_of(__global const T *x, int n, T value)
{
    const T16 e = (T16)(value);
    int i = 0;
    while (i + MANY <= n && !any((LOAD(T, 16, x + i) == e) | (LOAD(T, 16, x + i + 16) == e) |
                                 (LOAD(T, 16, x + i + 32) == e) | (LOAD(T, 16, x + i + 48) == e)))
        i += MANY;
    while (i < n && x[i] != value)
        i++;
    return i;
}

/* Samples of a block that lie side by side in row y from x on. */
struct run {
    int x, y, done, n;
};

INLINE struct run first_run(const struct flynn_args *a, int number, int all)
{
    const long first = (long)number * BLOCK;
    const struct run run = {(int)(first % a->in.width), (int)(first / a->in.width), 0,
                            min(a->in.width - (int)(first % a->in.width), all)};
    return run;
}

INLINE struct run next_run(const struct flynn_args *a, struct run run, int all)
{
    run.done += run.n;
    run.x = 0;
    run.y++;
    run.n = min(a->in.width, all - run.done);
    return run;
}

/* First what is the best, then where it is; a block of nothing but NaN has no place, and begins with one. */
INLINE void block_of(bool least, __global const T *in, __global double *out, const struct flynn_args *a, int number)
{
    const int n = (int)min((long)a->in.width * a->in.height - (long)number * BLOCK, (long)BLOCK);
    double value = NAN;
    int at = 0;
    T best = least ? T_MOST : T_LEAST;
    for (struct run r = first_run(a, number, n); r.n > 0; r = next_run(a, r, n))
        best = best_of(least, CROW(T, in, r.y, a->in.stride) + r.x, r.n, best);
    for (struct run r = first_run(a, number, n); r.n > 0; r = next_run(a, r, n)) {
        __global const T *row = CROW(T, in, r.y, a->in.stride) + r.x;
        const int i = place_of(row, r.n, best);
        if (i < r.n) {
            value = (double)row[i];
            at = r.done + i;
            break;
        }
    }
    ROW(double, out, number, a->out.stride)[0] = value;
    ROW(double, out, number, a->out.stride)[1] = at;
}

/* An item makes whole blocks. */
FLYNN_KERNEL(block, T, double)
{
    const struct flynn_args args = a;
    const int last = LAST_Y(a.out.height);
    for (int number = FIRST_Y; number < last; number++) {
        if (a.k[0] == ARGMIN)
            block_of(true, in, out, &args, number);
        else
            block_of(false, in, out, &args, number);
    }
}

#else

FLYNN_KERNEL(block, T, double)
{
    __local double value[LANES];
    __local int index[LANES];
    const int j = (int)get_local_id(0), number = (int)get_group_id(1), width = a.in.width;
    const bool least = a.k[0] == ARGMIN;
    const long all = (long)width * a.in.height, first = (long)number * BLOCK;
    const int n = (int)min(all - first, (long)BLOCK);
    int y = (int)((first + j) / width), x = (int)((first + j) % width), at = 0;
    double best = NAN;
    for (int i = j; i < n; i += LANES) {
        const double sample = (double)CROW(T, in, y, a.in.stride)[x];
        at = better(least, sample, best) ? i : at;
        best = better(least, sample, best) ? sample : best;
        x += LANES;
        if (x >= width) {
            y += x / width;
            x %= width;
        }
    }
    value[j] = best;
    index[j] = at;
    for (int step = LANES / 2; step > 0; step /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (j < step && earlier(least, value[j + step], index[j + step], value[j], index[j])) {
            value[j] = value[j + step];
            index[j] = index[j + step];
        }
    }
    if (j == 0) {
        ROW(double, out, number, a.out.stride)[0] = value[0];
        ROW(double, out, number, a.out.stride)[1] = index[0];
    }
}

#endif

/* One group of up to PARTS; items take neighbouring blocks. */
FLYNN_KERNEL(combine, double, double)
{
    __local double value[PARTS];
    __local long index[PARTS];
    const int items = (int)get_local_size(0), i = (int)get_local_id(0), n = a.in.height, chunk = (n + items - 1) / items;
    const bool least = a.k[0] == ARGMIN;
    double best = NAN;
    long at = 0;
    for (int b = i * chunk; b < min(n, (i + 1) * chunk); b++) {
        __global const double *block = CROW(double, in, b, a.in.stride);
        if (better(least, block[0], best)) {
            best = block[0];
            at = (long)b * BLOCK + (long)block[1];
        }
    }
    value[i] = best;
    index[i] = at;
    barrier(CLK_LOCAL_MEM_FENCE);
    if (i > 0)
        return;
    for (int k = 1; k < items; k++) {
        if (better(least, value[k], best)) {
            best = value[k];
            at = index[k];
        }
    }
    out[0] = best;
    out[1] = (double)(at / a.k[1]);
    out[2] = (double)(at % a.k[1]);
}
