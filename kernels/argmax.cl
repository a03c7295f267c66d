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
#define MANY   128 /* samples that are looked at together on CPUs */

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

/* Whether MANY samples hold anything better than T `best`. */
INLINE bool any_better(bool least, __global const T *x, T best)
{
    const T16 e = (T16)(best);
    T16 most = e;
    for (int i = 0; i < MANY; i += 16) {
        const T16 v = LOAD(T, 16, x + i);
        most = least ? (v < most ? v : most) : (v > most ? v : most);
    }
    return any(most != e);
}

INLINE void block_of(bool least, __global const T *in, __global double *out, const struct flynn_args *a, int number)
{
    const long all = (long)a->in.width * a->in.height, first = (long)number * BLOCK;
    const int n = (int)min(all - first, (long)BLOCK);
    int y = (int)(first / a->in.width), x = (int)(first % a->in.width), at = 0;
    double best = NAN;
    for (int done = 0; done < n; y++, x = 0) {
        const int some = min(a->in.width - x, n - done);
        __global const T *row = CROW(T, in, y, a->in.stride) + x;
        for (int i = 0; i < some;) {
            const int part = min(some - i, MANY);
            if (part == MANY && best == best && !any_better(least, row + i, (T)best)) {
                i += MANY;
                continue;
            }
            for (const int end = i + part; i < end; i++) {
                if (better(least, (double)row[i], best)) {
                    best = (double)row[i];
                    at = done + i;
                }
            }
        }
        done += some;
    }
    ROW(double, out, number, a->out.stride)[0] = best;
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
