/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_RGB_ROWS_H
#define FLYNN_SIMD_RGB_ROWS_H

#include "simd/rgb.h"

/** Rows of pixels, group by group. */

/** Replaces r, g and b of a group; alpha is kept. `by` holds the op's constants. */
typedef void rgb_map(struct rgb *px, const void *by);

/** What rgb_kernel gives to maps, by a pointer to the first member. */
struct rgb_group {
    struct rgb px;
    const uint8_t *in; /**< the group in memory, for maps that take it apart themselves */
    int channels;
    bool packed; /**< to be set by maps that make bytes of 3 channels in the order of RGB_PLACE */
};

/* One group: reads and writes nothing beyond it. */
POINT_INLINE struct rgb rgb_load(const uint8_t *in, int channels, int sample)
{
    vi v[4];
    if (channels == 3) {
        rgb_load_blocks(v, in);
        return rgb_from_blocks(v, sample);
    }
    for (int j = 0; j < 4; j++)
        v[j] = v_load(in + j * VEC);
    return rgb_from_pixels(v, sample);
}

POINT_INLINE void rgb_store(uint8_t *out, const struct rgb *px, int channels, int sample, bool packed, bool stream)
{
    vi v[4];
    if (channels == 3) {
        rgb_to_blocks(v, px, sample, packed);
        rgb_order_blocks(v);
    } else {
        rgb_to_pixels(v, px, sample);
    }
    for (int j = 0; j < channels; j++) {
        if (stream)
            v_stream(out + j * VEC, v[j]);
        else
            v_store(out + j * VEC, v[j]);
    }
}

POINT_INLINE void rgb_group(const uint8_t *in, uint8_t *out, int channels, int sample, bool stream, rgb_map *map,
                            const void *by)
{
    struct rgb_group group = {rgb_load(in, channels, sample), in, channels, false};
    map(&group.px, by);
    rgb_store(out, &group.px, channels, sample, group.packed, stream);
}

/* The row without the pixels that are streamed. The last group overlaps the one before, and so may the first; a row
 * shorter than a group goes through a buffer. */
POINT_INLINE void rgb_rest(const uint8_t *in, uint8_t *out, size_t bytes, struct streamed part, int channels,
                           int sample, rgb_map *map, const void *by)
{
    const size_t group = (size_t)channels * VEC, pixel = (size_t)(channels * sample);
    size_t i = part.to * pixel;
    if (bytes < group) {
        uint8_t from[4 * VEC] = {0}, to[4 * VEC];
        memcpy(from, in, bytes);
        rgb_group(from, to, channels, sample, false, map, by);
        memcpy(out, to, bytes);
        return;
    }
    if (part.from)
        rgb_group(in, out, channels, sample, false, map, by);
    for (; i + group <= bytes; i += group)
        rgb_group(in + i, out + i, channels, sample, false, map, by);
    if (i < bytes)
        rgb_group(in + bytes - group, out + bytes - group, channels, sample, false, map, by);
}

/* Of rows past the caches first all streamed parts are made: ordinary stores between them would hold them up. */
POINT_INLINE void rgb_rows(const struct flynn_call *call, int channels, int sample, bool stream, rgb_map *map,
                           const void *by)
{
    const size_t width = (size_t)call->width, pixel = (size_t)(channels * sample), step = VEC / (size_t)sample;
    struct streamed part = {0};
    for (int r = 0; r < call->rows && stream; r++) {
        const uint8_t *in = call->in[r];
        uint8_t *out = call->out[r];
        part = streamed_part(out, width, step, pixel);
        for (size_t x = part.from; x < part.to; x += step) {
            for (size_t line = 0; line < step * pixel; line += POINT_LINE)
                __builtin_prefetch((const void *)((uintptr_t)in + x * pixel + POINT_EARLY + line));
            rgb_group(in + x * pixel, out + x * pixel, channels, sample, true, map, by);
        }
    }
    for (int r = 0; r < call->rows; r++) {
        if (stream)
            part = streamed_part(call->out[r], width, step, pixel);
        rgb_rest(call->in[r], call->out[r], width * pixel, part, channels, sample, map, by);
    }
}

/** Every pixel of the call through `map`; samples of `sample` bytes (1, 2, 4). `stream`: large outputs pass by the
 * caches; for maps so light that memory is the limit. */
POINT_INLINE void rgb_kernel(const struct flynn_call *call, int sample, bool stream, rgb_map *map, const void *by)
{
    if (call->stage->in.channels == 3)
        rgb_rows(call, 3, sample, stream && call->stream, map, by);
    else
        rgb_rows(call, 4, sample, stream && call->stream, map, by);
}

/** The same with maps of n <= RGB_MANY groups. Maps of long chains of instructions go faster in several loops over the
 * groups: a processor looks ahead over parts of several groups then, where else it would see one of them. */
#if defined(FLYNN_ISA_AVX512)
#define RGB_MANY 6
#else
#define RGB_MANY 8
#endif
typedef void rgb_map_many(struct rgb *px, int n, const void *by);

POINT_INLINE void rgb_groups(const uint8_t *in, uint8_t *out, int n, int channels, int sample, rgb_map_many *map,
                             const void *by)
{
    struct rgb px[RGB_MANY];
    const int group = channels * VEC;
    for (int g = 0; g < n; g++)
        px[g] = rgb_load(in + g * group, channels, sample);
    map(px, n, by);
    for (int g = 0; g < n; g++)
        rgb_store(out + g * group, &px[g], channels, sample, false, false);
}

/* One row, as in rgb_row. */
POINT_INLINE void rgb_row_many(const uint8_t *in, uint8_t *out, size_t bytes, int channels, int sample,
                               rgb_map_many *map, const void *by)
{
    const size_t group = (size_t)channels * VEC;
    size_t i = 0;
    if (bytes < group) {
        uint8_t from[4 * VEC] = {0}, to[4 * VEC];
        memcpy(from, in, bytes);
        rgb_groups(from, to, 1, channels, sample, map, by);
        memcpy(out, to, bytes);
        return;
    }
    for (size_t n; i + group <= bytes; i += n * group) {
        n = (bytes - i) / group < RGB_MANY ? (bytes - i) / group : RGB_MANY;
        rgb_groups(in + i, out + i, (int)n, channels, sample, map, by);
    }
    if (i < bytes)
        rgb_groups(in + bytes - group, out + bytes - group, 1, channels, sample, map, by);
}

POINT_INLINE void rgb_kernel_many(const struct flynn_call *call, int sample, rgb_map_many *map, const void *by)
{
    int channels = call->stage->in.channels;
    size_t bytes = (size_t)call->width * (size_t)channels * (size_t)sample;
    for (int r = 0; r < call->rows; r++) {
        if (channels == 3)
            rgb_row_many(call->in[r], call->out[r], bytes, 3, sample, map, by);
        else
            rgb_row_many(call->in[r], call->out[r], bytes, 4, sample, map, by);
    }
}

#endif
