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

/* Bytes ahead of a store at which its line is asked for. Caches fetch a line that is to be written only when the store
 * has come to it, and the stores behind it wait: asking early took 8 % (copy) to 13 % (two inputs) off the time of
 * images that fit into the third-level cache, and did no harm in the first. */
#define POINT_AHEAD 2048
#define POINT_LINE  64

/* A line of 64 bytes. */
POINT_INLINE void point_line(const uint8_t *in, const uint8_t *with, uint8_t *out, point_map *map, point_map2 *map2,
                             const void *by, const vi *alpha)
{
    __builtin_prefetch(out + POINT_AHEAD, 1);
#pragma GCC unroll 4
    for (size_t j = 0; j < POINT_LINE; j += VEC)
        v_store(out + j, point_vector(in + j, with + j, VEC, map, map2, by, alpha));
}

/* One row. The last vector overlaps the one before, and so does the first where stores must be aligned to stream: input
 * and output are never the same memory. Without a second input `with` is the first. */
POINT_INLINE void point_row(const uint8_t *in, const uint8_t *with, uint8_t *out, size_t bytes, bool stream,
                            point_map *map, point_map2 *map2, const void *by, const vi *alpha)
{
    size_t i = 0, head = -(uintptr_t)out % VEC;
    if (bytes < VEC) {
        v_store_n(out, point_vector(in, with, bytes, map, map2, by, alpha), bytes);
        return;
    }
    if (stream && (!head || !alpha)) {
        if (head)
            v_store(out, point_vector(in, with, VEC, map, map2, by, alpha));
        for (i = head; i + VEC <= bytes; i += VEC)
            v_stream(out + i, point_vector(in + i, with + i, VEC, map, map2, by, alpha));
    }
    for (; i + POINT_LINE <= bytes; i += POINT_LINE)
        point_line(in + i, with + i, out + i, map, map2, by, alpha);
    for (; i + VEC <= bytes; i += VEC)
        v_store(out + i, point_vector(in + i, with + i, VEC, map, map2, by, alpha));
    if (i < bytes) {
        i = bytes - VEC;
        v_store(out + i, point_vector(in + i, with + i, VEC, map, map2, by, alpha));
    }
}

POINT_INLINE void point_rows(const struct flynn_call *call, size_t sample, bool stream, point_map *map,
                             point_map2 *map2, const void *by)
{
    int channels = call->stage->in.channels;
    size_t bytes = (size_t)call->width * (size_t)channels * sample;
    vi alpha = v_alpha_mask(channels, (int)sample);
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *with = map2 ? call->with[r] : call->in[r];
        if (channels % 2 == 0)
            point_row(call->in[r], with, call->out[r], bytes, stream, map, map2, by, &alpha);
        else
            point_row(call->in[r], with, call->out[r], bytes, stream, map, map2, by, NULL);
    }
}

/** Every sample of the call through `map`; samples of `sample` bytes; alpha is kept. */
POINT_INLINE void point_kernel(const struct flynn_call *call, size_t sample, point_map *map, const void *by)
{
    point_rows(call, sample, false, map, NULL, by);
}

/** The same for maps of a few instructions, for which memory is the limit: large outputs are streamed. Where the map
 * takes longer, streaming stores were measured to be slower than others. */
POINT_INLINE void point_kernel_light(const struct flynn_call *call, size_t sample, point_map *map, const void *by)
{
    point_rows(call, sample, call->stream, map, NULL, by);
}

/** Every sample of the call and of its second input through `map`, which is light; alpha is the first input's. */
POINT_INLINE void point_kernel2(const struct flynn_call *call, size_t sample, point_map2 *map, const void *by)
{
    point_rows(call, sample, call->stream, NULL, map, by);
}

#endif
