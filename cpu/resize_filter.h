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

/* ---- along rows ------------------------------------------------------------------------------------------------ */

static inline void across_first_u8_n(const struct flynn_call *call, int channels)
{
    const int32_t *first = call->stage->table[0].data;
    const int16_t *weight = call->stage->table[1].data;
    int taps = call->stage->k[0], stride = call->stage->k[1];
    for (int r = 0; r < call->rows; r++) {
        int16_t *out = call->out[r];
        for (int x = 0; x < call->width; x++) {
            const uint8_t *in = (const uint8_t *)call->in[r] + (size_t)first[x] * (size_t)channels;
            const int16_t *w = weight + (size_t)x * (size_t)stride;
            int32_t sum[4] = {0};
            for (int k = 0; k < taps; k++) {
                for (int c = 0; c < channels; c++)
                    sum[c] += w[k] * *in++;
            }
            for (int c = 0; c < channels; c++)
                *out++ = filter_first_u8(sum[c]);
        }
    }
}

static inline void across_first_u16_n(const struct flynn_call *call, int channels)
{
    const int32_t *first = call->stage->table[0].data;
    const int16_t *weight = call->stage->table[1].data;
    int taps = call->stage->k[0], stride = call->stage->k[1];
    for (int r = 0; r < call->rows; r++) {
        int32_t *out = call->out[r];
        for (int x = 0; x < call->width; x++) {
            const uint16_t *in = (const uint16_t *)call->in[r] + (size_t)first[x] * (size_t)channels;
            const int16_t *w = weight + (size_t)x * (size_t)stride;
            int32_t sum[4] = {0};
            for (int k = 0; k < taps; k++) {
                for (int c = 0; c < channels; c++)
                    sum[c] += w[k] * (*in++ - 32768);
            }
            for (int c = 0; c < channels; c++)
                *out++ = filter_first_u16(sum[c]);
        }
    }
}

static inline void across_last_u8_n(const struct flynn_call *call, int channels)
{
    const int32_t *first = call->stage->table[0].data;
    const int16_t *weight = call->stage->table[1].data;
    int taps = call->stage->k[0], stride = call->stage->k[1];
    for (int r = 0; r < call->rows; r++) {
        uint8_t *out = call->out[r];
        for (int x = 0; x < call->width; x++) {
            const int16_t *in = (const int16_t *)call->in[r] + (size_t)first[x] * (size_t)channels;
            const int16_t *w = weight + (size_t)x * (size_t)stride;
            int32_t sum[4] = {0};
            for (int k = 0; k < taps; k++) {
                for (int c = 0; c < channels; c++)
                    sum[c] += w[k] * *in++;
            }
            for (int c = 0; c < channels; c++)
                *out++ = filter_last_u8(sum[c]);
        }
    }
}

static inline void across_last_u16_n(const struct flynn_call *call, int channels)
{
    const int32_t *first = call->stage->table[0].data;
    const int16_t *weight = call->stage->table[1].data;
    int taps = call->stage->k[0], stride = call->stage->k[1];
    for (int r = 0; r < call->rows; r++) {
        uint16_t *out = call->out[r];
        for (int x = 0; x < call->width; x++) {
            const int32_t *in = (const int32_t *)call->in[r] + (size_t)first[x] * (size_t)channels;
            const int16_t *w = weight + (size_t)x * (size_t)stride;
            int64_t sum[4] = {0};
            for (int k = 0; k < taps; k++) {
                for (int c = 0; c < channels; c++, in++)
                    sum[c] += (int64_t)w[k] * ((*in >> 16) * 256 + (*in & 255));
            }
            for (int c = 0; c < channels; c++)
                *out++ = filter_last_u16(sum[c]);
        }
    }
}

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

static void across_first_u8(const struct flynn_call *call)
{
    by_channels(call, across_first_u8_n);
}

static void across_first_u16(const struct flynn_call *call)
{
    by_channels(call, across_first_u16_n);
}

static void across_last_u8(const struct flynn_call *call)
{
    by_channels(call, across_last_u8_n);
}

static void across_last_u16(const struct flynn_call *call)
{
    by_channels(call, across_last_u16_n);
}

static void across_filter_f32(const struct flynn_call *call)
{
    by_channels(call, across_filter_f32_n);
}

/* ---- down columns ---------------------------------------------------------------------------------------------- */

static inline const int16_t *down_weights(const struct flynn_call *call)
{
    return (const int16_t *)call->stage->table[1].data + (size_t)call->y * (size_t)call->stage->k[1];
}

static inline int down_chunk(const struct flynn_call *call, int i)
{
    int left = call->width * call->stage->in.channels - i;
    return left < FILTER_CHUNK ? left : FILTER_CHUNK;
}

static void down_first_u8(const struct flynn_call *call)
{
    const int16_t *w = down_weights(call);
    int16_t *out = call->out[0];
    for (int i = 0, n; (n = down_chunk(call, i)) > 0; i += n) {
        int32_t sum[FILTER_CHUNK] = {0};
        for (int k = 0; k < call->stage->k[0]; k++) {
            const uint8_t *in = (const uint8_t *)call->in[k] + i;
            for (int j = 0; j < n; j++)
                sum[j] += w[k] * in[j];
        }
        for (int j = 0; j < n; j++)
            out[i + j] = filter_first_u8(sum[j]);
    }
}

static void down_first_u16(const struct flynn_call *call)
{
    const int16_t *w = down_weights(call);
    int32_t *out = call->out[0];
    for (int i = 0, n; (n = down_chunk(call, i)) > 0; i += n) {
        int32_t sum[FILTER_CHUNK] = {0};
        for (int k = 0; k < call->stage->k[0]; k++) {
            const uint16_t *in = (const uint16_t *)call->in[k] + i;
            for (int j = 0; j < n; j++)
                sum[j] += w[k] * (in[j] - 32768);
        }
        for (int j = 0; j < n; j++)
            out[i + j] = filter_first_u16(sum[j]);
    }
}

static void down_last_u8(const struct flynn_call *call)
{
    const int16_t *w = down_weights(call);
    uint8_t *out = call->out[0];
    for (int i = 0, n; (n = down_chunk(call, i)) > 0; i += n) {
        int32_t sum[FILTER_CHUNK] = {0};
        for (int k = 0; k < call->stage->k[0]; k++) {
            const int16_t *in = (const int16_t *)call->in[k] + i;
            for (int j = 0; j < n; j++)
                sum[j] += w[k] * in[j];
        }
        for (int j = 0; j < n; j++)
            out[i + j] = filter_last_u8(sum[j]);
    }
}

static void down_last_u16(const struct flynn_call *call)
{
    const int16_t *w = down_weights(call);
    uint16_t *out = call->out[0];
    for (int i = 0, n; (n = down_chunk(call, i)) > 0; i += n) {
        int64_t sum[FILTER_CHUNK] = {0};
        for (int k = 0; k < call->stage->k[0]; k++) {
            const int32_t *in = (const int32_t *)call->in[k] + i;
            for (int j = 0; j < n; j++)
                sum[j] += (int64_t)w[k] * ((in[j] >> 16) * 256 + (in[j] & 255));
        }
        for (int j = 0; j < n; j++)
            out[i + j] = filter_last_u16(sum[j]);
    }
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
