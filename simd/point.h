/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_POINT_H
#define FLYNN_SIMD_POINT_H

#include "simd/vec.h"

/** Kernels of point ops whose samples are as wide in the output as in the input: an op gives the function of one
 * vector, which is inlined here. */

#define POINT_INLINE static inline __attribute__((always_inline))

/** One vector of the output from one of the input; `by` holds the op's constants. */
typedef vi point_map(vi x, const void *by);

/** The same with a second input. */
typedef vi point_map2(vi x, vi w, const void *by);

/* Load, map, keep alpha; n < VEC bytes, or VEC. */
POINT_INLINE vi point_vector(const uint8_t *in, const uint8_t *with, size_t n, point_map *map, point_map2 *map2,
                             const void *by, const vi *alpha)
{
    vi x = n < VEC ? v_load_n(in, n) : v_load(in);
    vi y;
    if (map2)
        y = map2(x, n < VEC ? v_load_n(with, n) : v_load(with), by);
    else
        y = map(x, by);
    return alpha ? v_select(*alpha, y, x) : y;
}

/* CPUs of the avx512 table look further ahead by themselves than those that end at avx2. */
#if defined(FLYNN_ISA_AVX512) || defined(FLYNN_NARROW)
#define POINT_FAR true
#else
#define POINT_FAR false
#endif

#define POINT_AHEAD 2048
#define POINT_LINE  64

/** Ask for the line of a store so many bytes early. Caches may fetch a line that is to be written only when the store
 * has come to it, and the stores behind it wait: asking took 8 % (copy) to 13 % (two inputs) off the time of images
 * that fit into the third-level cache, and did no harm in the first. Where a CPU does so itself it took 10 % longer. */
POINT_INLINE void point_ask(const uint8_t *out)
{
    if (!POINT_FAR)
        __builtin_prefetch(out + POINT_AHEAD, 1);
}

/* A line of 64 bytes. */
POINT_INLINE void point_line(const uint8_t *in, const uint8_t *with, uint8_t *out, point_map *map, point_map2 *map2,
                             const void *by, const vi *alpha)
{
    point_ask(out);
#pragma GCC unroll 4
    for (size_t j = 0; j < POINT_LINE; j += VEC)
        v_store(out + j, point_vector(in + j, with + j, VEC, map, map2, by, alpha));
}

/** The units of a row that go past the caches; none where to is 0. */
struct streamed {
    size_t from, to;
};

/** Of n units of `unit` bytes, of which `step` are stored at a time: stores begin at a vector, at most a step from
 * the row's begin, and end with a line; behind them lies nothing or at least a step, so that the last store of a row,
 * which may overlap the one before, is in no line that was just streamed. */
POINT_INLINE struct streamed streamed_part(const uint8_t *out, size_t n, size_t step, size_t unit)
{
    size_t from = 0;
    while (from <= step && (uintptr_t)(out + from * unit) % VEC)
        from++;
    if (from > step || from >= n)
        return (struct streamed){0};
    size_t to = from + (n - from) / step * step;
    while (to > from && ((uintptr_t)(out + to * unit) % POINT_LINE || (to < n && n - to < step)))
        to -= step;
    return to > from ? (struct streamed){from, to} : (struct streamed){0};
}

/* Bytes; alpha's places do not move with a first vector that is not aligned. */
POINT_INLINE struct streamed point_streamed(const uint8_t *out, size_t bytes, const vi *alpha)
{
    if (alpha && (uintptr_t)out % VEC)
        return (struct streamed){0};
    return streamed_part(out, bytes, VEC, 1);
}

/** Maps of more than a few instructions leave a processor too little room to look ahead: where they stream, they ask
 * for their inputs so many bytes early, which took 6 to 30 % off their time. Light ones took 10 % longer with it where
 * CPUs end at avx2; with AVX-512 those of one input take 5 to 8 % less, those of two the same. In the caches all took
 * longer. */
#define POINT_EARLY 3072

POINT_INLINE void point_stream(const uint8_t *in, const uint8_t *with, uint8_t *out, struct streamed part, bool heavy,
                               point_map *map, point_map2 *map2, const void *by, const vi *alpha)
{
    for (size_t i = part.from; i < part.to; i += VEC) {
        if (heavy)
            __builtin_prefetch(in + i + POINT_EARLY);
        if (heavy && map2)
            __builtin_prefetch(with + i + POINT_EARLY);
        v_stream(out + i, point_vector(in + i, with + i, VEC, map, map2, by, alpha));
    }
}

/* The row without what is streamed. The last vector overlaps the one before, and so may the first: input and output are
 * never the same memory. */
POINT_INLINE void point_rest(const uint8_t *in, const uint8_t *with, uint8_t *out, size_t bytes, struct streamed part,
                             point_map *map, point_map2 *map2, const void *by, const vi *alpha)
{
    size_t i = part.to;
    if (bytes < VEC) {
        v_store_n(out, point_vector(in, with, bytes, map, map2, by, alpha), bytes);
        return;
    }
    if (part.from)
        v_store(out, point_vector(in, with, VEC, map, map2, by, alpha));
    for (; i + POINT_LINE <= bytes; i += POINT_LINE)
        point_line(in + i, with + i, out + i, map, map2, by, alpha);
    for (; i + VEC <= bytes; i += VEC)
        v_store(out + i, point_vector(in + i, with + i, VEC, map, map2, by, alpha));
    if (i < bytes) {
        i = bytes - VEC;
        v_store(out + i, point_vector(in + i, with + i, VEC, map, map2, by, alpha));
    }
}

/* One row. Without a second input `with` is the first. */
POINT_INLINE void point_row(const uint8_t *in, const uint8_t *with, uint8_t *out, size_t bytes, bool stream,
                            point_map *map, point_map2 *map2, const void *by, const vi *alpha)
{
    struct streamed part = {0};
    if (stream) {
        part = point_streamed(out, bytes, alpha);
        point_stream(in, with, out, part, false, map, map2, by, alpha);
    }
    point_rest(in, with, out, bytes, part, map, map2, by, alpha);
}

/* Rows past the caches. An ordinary store between streaming ones holds them all up, the more so one into a line that
 * was just streamed: with the end of each row behind the row copies took a third longer. */
POINT_INLINE void point_rows_streamed(const struct flynn_call *call, size_t bytes, bool heavy, point_map *map,
                                      point_map2 *map2, const void *by, const vi *alpha)
{
    const void *const *with = map2 ? call->with : call->in;
    for (int r = 0; r < call->rows; r++)
        point_stream(call->in[r], with[r], call->out[r], point_streamed(call->out[r], bytes, alpha), heavy, map, map2,
                     by, alpha);
    for (int r = 0; r < call->rows; r++)
        point_rest(call->in[r], with[r], call->out[r], bytes, point_streamed(call->out[r], bytes, alpha), map, map2, by,
                   alpha);
}

POINT_INLINE void point_rows_stored(const struct flynn_call *call, size_t bytes, point_map *map, point_map2 *map2,
                                    const void *by, const vi *alpha)
{
    const void *const *with = map2 ? call->with : call->in;
    for (int r = 0; r < call->rows; r++)
        point_row(call->in[r], with[r], call->out[r], bytes, false, map, map2, by, alpha);
}

POINT_INLINE void point_rows(const struct flynn_call *call, size_t sample, bool heavy, point_map *map, point_map2 *map2,
                             const void *by)
{
    int channels = call->stage->in.channels;
    size_t bytes = (size_t)call->width * (size_t)channels * sample;
    vi alpha = v_alpha_mask(channels, (int)sample);
    if (call->stream && channels % 2 == 0)
        point_rows_streamed(call, bytes, heavy, map, map2, by, &alpha);
    else if (call->stream)
        point_rows_streamed(call, bytes, heavy, map, map2, by, NULL);
    else if (channels % 2 == 0)
        point_rows_stored(call, bytes, map, map2, by, &alpha);
    else
        point_rows_stored(call, bytes, map, map2, by, NULL);
}

/** Every sample of the call through `map`; samples of `sample` bytes; alpha is kept. Large outputs are streamed. */
POINT_INLINE void point_kernel(const struct flynn_call *call, size_t sample, point_map *map, const void *by)
{
    point_rows(call, sample, POINT_FAR, map, NULL, by);
}

/** The same for maps of more than a few instructions. */
POINT_INLINE void point_kernel_heavy(const struct flynn_call *call, size_t sample, point_map *map, const void *by)
{
    point_rows(call, sample, true, map, NULL, by);
}

/** Every sample of the call and of its second input through `map`; alpha is the first input's. */
POINT_INLINE void point_kernel2(const struct flynn_call *call, size_t sample, point_map2 *map, const void *by)
{
    point_rows(call, sample, false, NULL, map, by);
}

/** The same for maps of more than a few instructions. */
POINT_INLINE void point_kernel2_heavy(const struct flynn_call *call, size_t sample, point_map2 *map, const void *by)
{
    point_rows(call, sample, true, NULL, map, by);
}

#endif
