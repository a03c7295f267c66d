/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_RESIZE_FILTER_H
#define FLYNN_CPU_RESIZE_FILTER_H

#include "cpu/resize_bilinear.h"

/** The reference kernels of resize with a filter: two passes, of which either may be the first.
 *
 * table[0]: the first tap of each output column or row, int32; table[1]: the weights of each, k[0] of them, k[1] apart,
 * int16 of 16384, or float. Pixels between the passes have 6 more bits: int16 for u8. For u16 they are less 2^21, and
 * stored as an int32 with the upper bits (t >> 8) in its upper half and the lower 8 bits in its lower one, so that
 * vectors can multiply both by 16-bit weights. */

enum { FILTER_CHUNK = 64 }; /* samples that are summed at once */

static inline int32_t filter_join(int32_t t)
{
    return (int32_t)((uint32_t)(t >> 8) << 16 | (uint32_t)(t & 255));
}

static inline int16_t filter_first_u8(int32_t sum)
{
    return (int16_t)((sum + 128) >> 8);
}

static inline int32_t filter_first_u16(int32_t sum)
{
    return filter_join((sum + 128) >> 8);
}

static inline uint8_t filter_last_u8(int32_t sum)
{
    int32_t v = (sum + (1 << 19)) >> 20;
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static inline uint16_t filter_last_u16(int64_t sum)
{
    int32_t v = (int32_t)((sum + (1 << 19)) >> 20) + 32768;
    return (uint16_t)(v < 0 ? 0 : v > 65535 ? 65535 : v);
}

static inline int32_t filter_byte(int32_t sample)
{
    return sample;
}

static inline int32_t filter_centred(int32_t sample)
{
    return sample - 32768;
}

static inline int64_t filter_joined(int32_t t)
{
    return (t >> 16) * 256 + (t & 255);
}

static inline int down_chunk(const struct flynn_call *call, int i)
{
    int left = call->width * call->stage->in.channels - i;
    return left < FILTER_CHUNK ? left : FILTER_CHUNK;
}

#define RESIZE_JOIN_NOW(name, end) name##_##end
#define RESIZE_JOIN(name, end)     RESIZE_JOIN_NOW(name, end)

#define IN     uint8_t
#define OUT    int16_t
#define SUM    int32_t
#define VALUE  filter_byte
#define ROUND  filter_first_u8
#define ACROSS across_first_u8
#define DOWN   down_first_u8
#include "cpu/resize_pass.h"

#define IN     uint16_t
#define OUT    int32_t
#define SUM    int32_t
#define VALUE  filter_centred
#define ROUND  filter_first_u16
#define ACROSS across_first_u16
#define DOWN   down_first_u16
#include "cpu/resize_pass.h"

#define IN     int16_t
#define OUT    uint8_t
#define SUM    int32_t
#define VALUE  filter_byte
#define ROUND  filter_last_u8
#define ACROSS across_last_u8
#define DOWN   down_last_u8
#include "cpu/resize_pass.h"

#define IN     int32_t
#define OUT    uint16_t
#define SUM    int64_t
#define VALUE  filter_joined
#define ROUND  filter_last_u16
#define ACROSS across_last_u16
#define DOWN   down_last_u16
#include "cpu/resize_pass.h"

#undef RESIZE_JOIN
#undef RESIZE_JOIN_NOW

static inline void across_filter_f32_n(const struct flynn_call *call, int channels)
{
    const int32_t *first = call->stage->table[0].data;
    const float *weight = call->stage->table[1].data;
    int taps = call->stage->k[0], stride = call->stage->k[1];
    for (int r = 0; r < call->rows; r++) {
        float *out = call->out[r];
        for (int x = 0; x < call->width; x++) {
            const float *in = (const float *)call->in[r] + (size_t)first[x] * (size_t)channels;
            const float *w = weight + (size_t)x * (size_t)stride;
            float sum[4];
            for (int c = 0; c < channels; c++)
                sum[c] = w[0] * *in++;
            for (int k = 1; k < taps; k++) {
                for (int c = 0; c < channels; c++)
                    sum[c] += w[k] * *in++;
            }
            for (int c = 0; c < channels; c++)
                *out++ = sum[c];
        }
    }
}

static void across_filter_f32(const struct flynn_call *call)
{
    by_channels(call, across_filter_f32_n);
}

static void down_filter_f32(const struct flynn_call *call)
{
    const float *w = (const float *)call->stage->table[1].data + (size_t)call->y * (size_t)call->stage->k[1];
    float *out = call->out[0];
    for (int i = 0, n; (n = down_chunk(call, i)) > 0; i += n) {
        const float *in = (const float *)call->in[0] + i;
        for (int j = 0; j < n; j++)
            out[i + j] = w[0] * in[j];
        for (int k = 1; k < call->stage->k[0]; k++) {
            in = (const float *)call->in[k] + i;
            for (int j = 0; j < n; j++)
                out[i + j] += w[k] * in[j];
        }
    }
}

#endif
