/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/wide_point.h"

#if W_SHUFFLES

/* 16 bytes of the second input and as many pixels of the input make n + 1 vectors of 16 bytes. Each takes its samples
 * from 16 bytes of either; `from` is where those of the input begin. */
struct join {
    simde__m128i first[4], second[4];
    int from[4];
};

static void find_shuffles(struct join *join, int channels, int sample)
{
    int pixel = (channels + 1) * sample;
    for (int j = 0; j <= channels; j++) {
        uint8_t first[16], second[16];
        int least = 16 * channels - 16;
        memset(first, 0x80, sizeof first);
        memset(second, 0x80, sizeof second);
        for (int i = 15; i >= 0; i--) {
            int at = (16 * j + i) / pixel, in = (16 * j + i) % pixel;
            if (in < channels * sample && at * channels * sample + in < least)
                least = at * channels * sample + in;
        }
        for (int i = 0; i < 16; i++) {
            int at = (16 * j + i) / pixel, in = (16 * j + i) % pixel;
            if (in < channels * sample)
                first[i] = (uint8_t)(at * channels * sample + in - least);
            else
                second[i] = (uint8_t)(at * sample + in - channels * sample);
        }
        join->from[j] = least;
        join->first[j] = w_load16(first);
        join->second[j] = w_load16(second);
    }
}

POINT_INLINE void join_block(const uint8_t *in, const uint8_t *with, uint8_t *out, const struct join *join,
                             int channels)
{
    simde__m128i w = w_load16(with);
    for (int j = 0; j <= channels; j++) {
        simde__m128i x = simde_mm_shuffle_epi8(w_load16(in + join->from[j]), join->first[j]);
        w_store16(out + 16 * j, simde_mm_or_si128(x, simde_mm_shuffle_epi8(w, join->second[j])));
    }
}

POINT_INLINE void join_row(const uint8_t *in, const uint8_t *with, uint8_t *out, size_t bytes, const struct join *join,
                           size_t n)
{
    size_t i = 0;
    for (; i + 16 <= bytes; i += 16)
        join_block(in + i * n, with + i, out + i * (n + 1), join, (int)n);
    if (i < bytes && bytes >= 16) {
        i = bytes - 16;
        join_block(in + i * n, with + i, out + i * (n + 1), join, (int)n);
    } else if (i < bytes) {
        uint8_t source[3 * 16] = {0}, second[16] = {0}, made[4 * 16];
        memcpy(source, in, bytes * n);
        memcpy(second, with, bytes);
        join_block(source, second, made, join, (int)n);
        memcpy(out, made, bytes * (n + 1));
    }
}

POINT_INLINE void run(const struct flynn_call *call, int sample)
{
    int channels = call->stage->in.channels;
    size_t bytes = (size_t)call->width * (size_t)sample;
    struct join join;
    find_shuffles(&join, channels, sample);
    for (int r = 0; r < call->rows; r++) {
        if (channels == 1)
            join_row(call->in[r], call->with[r], call->out[r], bytes, &join, 1);
        else if (channels == 2)
            join_row(call->in[r], call->with[r], call->out[r], bytes, &join, 2);
        else
            join_row(call->in[r], call->with[r], call->out[r], bytes, &join, 3);
    }
}

static void append_u8(const struct flynn_call *call)
{
    run(call, 1);
}

static void append_u16(const struct flynn_call *call)
{
    run(call, 2);
}

static void append_f32(const struct flynn_call *call)
{
    run(call, 4);
}

#endif

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(merge);

/* Without a byte shuffle the scalar loop is as good. */
const struct flynn_kernels FLYNN_KERNELS_SYMBOL(merge) = {
#if W_SHUFFLES
    .fn = {{[FLYNN_U8] = append_u8, [FLYNN_U16] = append_u16, [FLYNN_F32] = append_f32}},
#else
    .fn = {{NULL}},
#endif
};
