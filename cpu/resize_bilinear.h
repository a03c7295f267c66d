/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_RESIZE_BILINEAR_H
#define FLYNN_CPU_RESIZE_BILINEAR_H

#include <flynn/op.h>

#include <string.h>

/** The reference kernels of resize by the nearest pixel and bilinearly; their tables are described in cpu/resize.c. */

static inline void across_u8_n(const struct flynn_call *call, int channels)
{
    const int32_t *tap = call->stage->table[0].data, *weight = call->stage->table[1].data;
    const uint8_t *in = call->in[0];
    uint16_t *out = call->out[0];
    int last = call->stage->in.width - 1;
    for (int x = 0; x < call->width; x++) {
        const uint8_t *a = in + (size_t)tap[x] * (size_t)channels;
        const uint8_t *b = tap[x] < last ? a + channels : a;
        for (int c = 0; c < channels; c++)
            *out++ = (uint16_t)((a[c] * (256 - weight[x]) + b[c] * weight[x]) ^ 0x8000);
    }
}

static inline void across_u16_n(const struct flynn_call *call, int channels)
{
    const int32_t *tap = call->stage->table[0].data, *weight = call->stage->table[1].data;
    const uint16_t *in = call->in[0];
    uint32_t *out = call->out[0];
    int last = call->stage->in.width - 1;
    for (int x = 0; x < call->width; x++) {
        const uint16_t *a = in + (size_t)tap[x] * (size_t)channels;
        const uint16_t *b = tap[x] < last ? a + channels : a;
        uint32_t w = (uint32_t)weight[x];
        for (int c = 0; c < channels; c++)
            *out++ = a[c] * (65536 - w) + b[c] * w;
    }
}

static inline void across_f32_n(const struct flynn_call *call, int channels)
{
    const int32_t *tap = call->stage->table[0].data;
    const float *weight = call->stage->table[1].data, *in = call->in[0];
    float *out = call->out[0];
    int last = call->stage->in.width - 1;
    for (int x = 0; x < call->width; x++) {
        const float *a = in + (size_t)tap[x] * (size_t)channels;
        const float *b = tap[x] < last ? a + channels : a;
        float w = weight[x];
        for (int c = 0; c < channels; c++)
            *out++ = w == 0 ? a[c] : a[c] * (1 - w) + b[c] * w;
    }
}

/* The loops above for each number of channels, so that the inner one is unrolled. */
static inline __attribute__((always_inline)) void by_channels(const struct flynn_call *call,
                                                              void (*row)(const struct flynn_call *call, int channels))
{
    switch (call->stage->in.channels) {
    case 1:
        row(call, 1);
        break;
    case 2:
        row(call, 2);
        break;
    case 3:
        row(call, 3);
        break;
    default:
        row(call, 4);
    }
}

static void across_u8(const struct flynn_call *call)
{
    by_channels(call, across_u8_n);
}

static void across_u16(const struct flynn_call *call)
{
    by_channels(call, across_u16_n);
}

static void across_f32(const struct flynn_call *call)
{
    by_channels(call, across_f32_n);
}

static void down_u8(const struct flynn_call *call)
{
    uint32_t w = (uint32_t)((const int32_t *)call->stage->table[3].data)[call->y];
    const uint16_t *a = call->in[0], *b = call->in[1];
    uint8_t *out = call->out[0];
    int samples = call->width * call->stage->in.channels;
    for (int i = 0; i < samples; i++)
        out[i] = (uint8_t)(((a[i] ^ 0x8000u) * (256 - w) + (b[i] ^ 0x8000u) * w + (1u << 15)) >> 16);
}

static void down_u16(const struct flynn_call *call)
{
    uint64_t w = (uint64_t)((const int32_t *)call->stage->table[3].data)[call->y];
    const uint32_t *a = call->in[0], *b = call->in[1];
    uint16_t *out = call->out[0];
    int samples = call->width * call->stage->in.channels;
    for (int i = 0; i < samples; i++)
        out[i] = (uint16_t)((a[i] * (65536 - w) + b[i] * w + (1u << 31)) >> 32);
}

static void down_f32(const struct flynn_call *call)
{
    float w = ((const float *)call->stage->table[3].data)[call->y];
    const float *a = call->in[0], *b = call->in[1];
    float *out = call->out[0];
    int samples = call->width * call->stage->in.channels;
    if (w == 0) {
        memcpy(out, a, (size_t)samples * sizeof *out);
        return;
    }
    for (int i = 0; i < samples; i++)
        out[i] = a[i] * (1 - w) + b[i] * w;
}

static inline void half_u8_n(const struct flynn_call *call, int channels)
{
    const uint8_t *a = call->in[0], *b = call->in[1];
    uint8_t *out = call->out[0];
    for (int x = 0; x < call->width; x++) {
        for (int c = 0; c < channels; c++)
            out[c] = (uint8_t)((a[c] + a[c + channels] + b[c] + b[c + channels] + 2) >> 2);
        a += 2 * channels;
        b += 2 * channels;
        out += channels;
    }
}

static inline void half_u16_n(const struct flynn_call *call, int channels)
{
    const uint16_t *a = call->in[0], *b = call->in[1];
    uint16_t *out = call->out[0];
    for (int x = 0; x < call->width; x++) {
        for (int c = 0; c < channels; c++)
            out[c] = (uint16_t)((a[c] + a[c + channels] + b[c] + b[c + channels] + 2) >> 2);
        a += 2 * channels;
        b += 2 * channels;
        out += channels;
    }
}

static void half_u8(const struct flynn_call *call)
{
    by_channels(call, half_u8_n);
}

static void half_u16(const struct flynn_call *call)
{
    by_channels(call, half_u16_n);
}

static inline void nearest_n(const struct flynn_call *call, size_t pixel)
{
    const int32_t *tap = call->stage->table[0].data;
    const uint8_t *in = call->in[0];
    uint8_t *out = call->out[0];
    for (int x = 0; x < call->width; x++)
        memcpy(out + (size_t)x * pixel, in + (size_t)tap[x] * pixel, pixel);
}

static void nearest(const struct flynn_call *call)
{
    switch ((size_t)call->stage->in.channels * flynn_type_bytes(call->stage->in.type)) {
    case 1:
        nearest_n(call, 1);
        break;
    case 2:
        nearest_n(call, 2);
        break;
    case 3:
        nearest_n(call, 3);
        break;
    case 4:
        nearest_n(call, 4);
        break;
    case 6:
        nearest_n(call, 6);
        break;
    case 8:
        nearest_n(call, 8);
        break;
    case 12:
        nearest_n(call, 12);
        break;
    default:
        nearest_n(call, 16);
    }
}

#endif
