/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/wide_point.h"

#if W_SHUFFLES

/* Pixels of n channels: n loads make one vector, each giving the samples of the channel that it holds. */
struct pick {
    wi shuffle[4];
};

static void find_shuffles(struct pick *pick, int channels, int channel, int sample)
{
    uint8_t index[4][16];
    memset(index, 0x80, sizeof index);
    for (int i = 0; i < 16; i++) {
        int from = (i / sample * channels + channel) * sample + i % sample;
        index[from / 16][i] = (uint8_t)(from % 16);
    }
    for (int j = 0; j < 4; j++)
        pick->shuffle[j] = w_repeat16(index[j]);
}

POINT_INLINE void pick_block(const uint8_t *in, uint8_t *out, const struct pick *pick, int channels)
{
    wi y = W(shuffle_epi8)(w_load_lanes(in, 16 * channels), pick->shuffle[0]);
    for (int j = 1; j < channels; j++)
        y = W_SI(or)(y, W(shuffle_epi8)(w_load_lanes(in + 16 * j, 16 * channels), pick->shuffle[j]));
    w_store(out, y);
}

static inline void pick_2(const uint8_t *in, uint8_t *out, bool stream, const void *by)
{
    (void)stream;
    pick_block(in, out, by, 2);
}

static inline void pick_3(const uint8_t *in, uint8_t *out, bool stream, const void *by)
{
    (void)stream;
    pick_block(in, out, by, 3);
}

static inline void pick_4(const uint8_t *in, uint8_t *out, bool stream, const void *by)
{
    (void)stream;
    pick_block(in, out, by, 4);
}

POINT_INLINE void run(const struct flynn_call *call, int sample)
{
    int channels = call->stage->in.channels;
    size_t size = (size_t)sample, from = size * (size_t)channels, width = (size_t)call->width;
    struct pick pick;
    find_shuffles(&pick, channels, call->stage->k[0], sample);
    for (int r = 0; r < call->rows; r++) {
        if (channels == 2)
            wide_blocks(call->in[r], call->out[r], width, WIDE / size, from, size, WIDE_ALL, pick_2, &pick);
        else if (channels == 3)
            wide_blocks(call->in[r], call->out[r], width, WIDE / size, from, size, WIDE_ALL, pick_3, &pick);
        else
            wide_blocks(call->in[r], call->out[r], width, WIDE / size, from, size, WIDE_ALL, pick_4, &pick);
    }
}

static void pick_u8(const struct flynn_call *call)
{
    run(call, 1);
}

static void pick_u16(const struct flynn_call *call)
{
    run(call, 2);
}

static void pick_f32(const struct flynn_call *call)
{
    run(call, 4);
}

#endif

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(channel);

/* Copies and fills are memcpy and memset; without a byte shuffle the scalar loop is as good. */
const struct flynn_kernels FLYNN_KERNELS_SYMBOL(channel) = {
#if W_SHUFFLES
    .fn = {{[FLYNN_U8] = pick_u8, [FLYNN_U16] = pick_u16, [FLYNN_F32] = pick_f32}},
#else
    .fn = {{NULL}},
#endif
};
