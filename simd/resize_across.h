/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_RESIZE_ACROSS_H
#define FLYNN_SIMD_RESIZE_ACROSS_H

#include "simd/wide.h"

/** Resize with a filter, along rows; tables and the samples between the passes are described in cpu/resize_filter.h.
 * Every lane of a vector is a row of its own: a group of taps is loaded for several rows at once, its pixels are put
 * sample beside sample, and multiplied by the group's weights, which all rows share. */

#if W_SHUFFLES
enum { FILTER_ROWS = 2 * W_LANES }; /* rows that are made at once */

/* The rows of a call in groups of FILTER_ROWS; the last one stands in for those that are missing. */
struct filter_rows {
    const uint8_t *in[FILTER_ROWS];
    uint8_t *out[FILTER_ROWS];
};

static inline struct filter_rows filter_rows_at(const struct flynn_call *call, int r)
{
    struct filter_rows rows;
    for (int i = 0; i < FILTER_ROWS; i++) {
        int at = r + i < call->rows ? r + i : call->rows - 1;
        rows.in[i] = call->in[at];
        rows.out[i] = call->out[at];
    }
    return rows;
}

/* 16 bytes of the rows of vector v (0 or 1). */
static inline wi filter_bytes(const struct filter_rows *rows, int v, size_t at)
{
#if WIDE == 32
    return simde_mm256_inserti128_si256(simde_mm256_castsi128_si256(w_load16(rows->in[2 * v] + at)),
                                        w_load16(rows->in[2 * v + 1] + at), 1);
#else
    return w_load16(rows->in[v] + at);
#endif
}

/* The weights of a group of taps, each pair as often as there are samples in a pixel. */
static inline wi filter_group_weights(const int16_t *w, int channels)
{
    int64_t four;
    int32_t two;
    switch (channels) {
    case 1:
        return w_repeat16(w);
    case 2:
        memcpy(&four, w, sizeof four);
        return W(shuffle_epi32)(W(set1_epi64x)(four), 0x50);
    default:
        memcpy(&two, w, sizeof two);
        return W(set1_epi32)(two);
    }
}

/* Where the bytes of a group's pixels, which begin with pixel `start`, go: pairs of neighbours' samples, each as 16
 * bits. */
static inline wi filter_order_of(int channels, int bytes, int start)
{
    int8_t order[16];
    for (int i = 0; i < 8; i++) {
        int pair = i / 2, pixel, sample;
        if (channels == 1) {
            pixel = i;
            sample = 0;
        } else if (channels == 2) {
            pixel = pair / 2 * 2 + i % 2;
            sample = pair % 2;
        } else {
            pixel = i % 2;
            sample = pair;
        }
        int from = ((start + pixel) * channels + sample) * bytes;
        bool none = sample >= channels;
        order[2 * i] = (int8_t)(none ? -1 : from);
        order[2 * i + 1] = (int8_t)(none || bytes == 1 ? -1 : from + 1);
    }
    return w_repeat16(order);
}

/* Sums of one output column of FILTER_ROWS rows: int32, a lane holds the samples of a pixel. */
struct filter_sums {
    wi v[2];
};

/* Put together what the lanes of one or two channels have of the same sample. */
static inline struct filter_sums filter_fold(struct filter_sums s, int channels)
{
    for (int v = 0; v < 2 && channels < 3; v++) {
        s.v[v] = W(add_epi32)(s.v[v], W(shuffle_epi32)(s.v[v], 0x4e));
        if (channels == 1)
            s.v[v] = W(add_epi32)(s.v[v], W(shuffle_epi32)(s.v[v], 0xb1));
    }
    return s;
}

/* How a group of taps is brought into order; `next` is for the group behind it in the same 16 bytes, where pixels of
 * three and four bytes leave room for one. `flip` makes u16 signed. */
struct filter_order {
    wi group, next, flip;
};

static inline struct filter_sums filter_add(struct filter_sums s, const wi x[2], wi order, wi flip, wi weights)
{
    for (int v = 0; v < 2; v++) {
        wi pairs = W_SI(xor)(W(shuffle_epi8)(x[v], order), flip);
        s.v[v] = W(add_epi32)(s.v[v], W(madd_epi16)(pairs, weights));
    }
    return s;
}

/* From samples of 16 bits, or of 8. */
static inline struct filter_sums filter_column(const struct filter_rows *rows, size_t at, const int16_t *w, int stride,
                                               const struct filter_order *order, int channels, int bytes)
{
    const int group = channels == 1 ? 8 : channels == 2 ? 4 : 2;
    const bool two = channels > 2 && bytes == 1;
    struct filter_sums s = {{W(set1_epi32)(0), W(set1_epi32)(0)}};
    int k = 0;
    for (; two && k + 4 <= stride; k += 4, at += (size_t)(4 * channels)) {
        wi x[2] = {filter_bytes(rows, 0, at), filter_bytes(rows, 1, at)};
        s = filter_add(s, x, order->group, order->flip, filter_group_weights(w + k, channels));
        s = filter_add(s, x, order->next, order->flip, filter_group_weights(w + k + 2, channels));
    }
    for (; k < stride; k += group, at += (size_t)(group * channels * bytes)) {
        wi x[2] = {filter_bytes(rows, 0, at), filter_bytes(rows, 1, at)};
        s = filter_add(s, x, order->group, order->flip, filter_group_weights(w + k, channels));
    }
    return filter_fold(s, channels);
}

static inline wi filter_scale_w(wi sum, int bits)
{
    return W(srai_epi32)(W(add_epi32)(sum, W(set1_epi32)(1 << (bits - 1))), bits);
}

static inline simde__m128i filter_take_lane(wi v, int l)
{
#if WIDE == 32
    return l ? simde_mm256_extracti128_si256(v, 1) : simde_mm256_castsi256_si128(v);
#else
    (void)l;
    return v;
#endif
}

/* Store the first `n` bytes of a pixel of up to 16 of every row; `room`: whether 16 may be written. Row i is in lane
 * i % W_LANES of v[i / W_LANES], from byte `from` on. */
static inline void filter_store32(const struct filter_rows *rows, size_t at, struct filter_sums s, size_t n, bool room)
{
    for (int i = 0; i < FILTER_ROWS; i++) {
        uint8_t bytes[16];
        simde__m128i lane = filter_take_lane(s.v[i / W_LANES], i % W_LANES);
        w_store16(room ? rows->out[i] + at : bytes, lane);
        if (!room)
            memcpy(rows->out[i] + at, bytes, n);
    }
}

/* The same for 8 bytes of a pixel of 16-bit samples: v has the rows of both vectors in each lane. */
static inline void filter_store16(const struct filter_rows *rows, size_t at, wi v, size_t n, bool room)
{
    if (!room) {
        uint64_t word[2 * W_LANES];
        memcpy(word, &v, sizeof word);
        for (int i = 0; i < FILTER_ROWS; i++)
            memcpy(rows->out[i] + at, &word[i % W_LANES * 2 + i / W_LANES], n);
        return;
    }
    for (int l = 0; l < W_LANES; l++) {
        simde__m128i lane = filter_take_lane(v, l);
        simde_mm_storel_epi64((void *)(rows->out[l] + at), lane);
        simde_mm_storeh_pd((void *)(rows->out[l + W_LANES] + at), simde_mm_castsi128_pd(lane));
    }
}

static inline void filter_store8(const struct filter_rows *rows, size_t at, wi v, size_t n, bool room)
{
    v = W(packus_epi16)(v, v);
    for (int l = 0; l < W_LANES; l++) {
        simde__m128i lane = filter_take_lane(v, l);
        int32_t low = simde_mm_cvtsi128_si32(lane), high = simde_mm_extract_epi32(lane, 1);
        memcpy(rows->out[l] + at, &low, room ? 4 : n);
        memcpy(rows->out[l + W_LANES] + at, &high, room ? 4 : n);
    }
}

enum filter_pass { FIRST_U8, FIRST_U16, LAST_U8 };

static inline void filter_finish(const struct filter_rows *rows, size_t sample, struct filter_sums s, int channels,
                                 bool room, enum filter_pass pass)
{
    size_t n = (size_t)channels;
    if (pass == FIRST_U16) {
        for (int v = 0; v < 2; v++) {
            wi t = filter_scale_w(s.v[v], 8);
            s.v[v] = W_SI(or)(W(slli_epi32)(W(srai_epi32)(t, 8), 16), W_SI(and)(t, W(set1_epi32)(255)));
        }
        filter_store32(rows, sample * 4, s, n * 4, room);
        return;
    }
    int bits = pass == FIRST_U8 ? 8 : 20;
    wi v = W(packs_epi32)(filter_scale_w(s.v[0], bits), filter_scale_w(s.v[1], bits));
    if (pass == FIRST_U8)
        filter_store16(rows, sample * 2, v, n * 2, room);
    else
        filter_store8(rows, sample, v, n, room);
}

static inline __attribute__((always_inline)) void filter_along(const struct flynn_call *call, int channels,
                                                               enum filter_pass pass)
{
    const int32_t *first = call->stage->table[0].data;
    const int16_t *weight = call->stage->table[1].data;
    const int stride = call->stage->k[1], bytes = pass == FIRST_U8 ? 1 : 2;
    const size_t pixel = (size_t)(channels * bytes), samples = (size_t)call->width * (size_t)channels;
    const struct filter_order order = {filter_order_of(channels, bytes, 0),
                                       filter_order_of(channels, bytes, channels > 2 && bytes == 1 ? 2 : 0),
                                       W(set1_epi16)((int16_t)(pass == FIRST_U16 ? -32768 : 0))};
    for (int r = 0; r < call->rows; r += FILTER_ROWS) {
        struct filter_rows rows = filter_rows_at(call, r);
        for (int x = 0; x < call->width; x++) {
            size_t at = (size_t)x * (size_t)channels;
            struct filter_sums s = filter_column(&rows, (size_t)first[x] * pixel, weight + (size_t)x * (size_t)stride,
                                                 stride, &order, channels, bytes);
            filter_finish(&rows, at, s, channels, at + 4 <= samples, pass);
        }
    }
}

static inline __attribute__((always_inline)) void filter_by_channels(const struct flynn_call *call,
                                                                     enum filter_pass pass)
{
    switch (call->stage->in.channels) {
    case 1:
        filter_along(call, 1, pass);
        break;
    case 2:
        filter_along(call, 2, pass);
        break;
    case 3:
        filter_along(call, 3, pass);
        break;
    default:
        filter_along(call, 4, pass);
    }
}

static void across_first_u8(const struct flynn_call *call)
{
    filter_by_channels(call, FIRST_U8);
}

static void across_first_u16(const struct flynn_call *call)
{
    filter_by_channels(call, FIRST_U16);
}

static void across_last_u8(const struct flynn_call *call)
{
    filter_by_channels(call, LAST_U8);
}

/* ---- along rows, from joined halves ---------------------------------------------------------------------------- */

/* Sums of the lower and upper halves of a column: dwords low, high of one sample after the other. Pixels of three and
 * four samples take two vectors. */
static inline void joined_column(const struct filter_rows *rows, int v, size_t at, const int16_t *w, int stride,
                                 int channels, wi *a, wi *b)
{
    const int group = channels == 1 ? 4 : 2;
    for (int k = 0; k < stride; k += group, at += (size_t)(group * channels * 4)) {
        wi x = filter_bytes(rows, v, at);
        if (channels == 1) {
            x = W(shufflehi_epi16)(W(shufflelo_epi16)(x, 0xd8), 0xd8);
            *a = W(add_epi32)(*a, W(madd_epi16)(x, filter_group_weights(w + k, 2)));
        } else if (channels == 2) {
            x = W(unpacklo_epi16)(x, W(shuffle_epi32)(x, 0xee));
            *a = W(add_epi32)(*a, W(madd_epi16)(x, filter_group_weights(w + k, 4)));
        } else {
            wi y = filter_bytes(rows, v, at + (size_t)channels * 4), pair = filter_group_weights(w + k, 4);
            *a = W(add_epi32)(*a, W(madd_epi16)(W(unpacklo_epi16)(x, y), pair));
            *b = W(add_epi32)(*b, W(madd_epi16)(W(unpackhi_epi16)(x, y), pair));
        }
    }
    if (channels == 1)
        *a = W(add_epi32)(*a, W(shuffle_epi32)(*a, 0x4e));
}

/* Samples less 32768, int32. */
static inline wi joined_samples(wi a, wi b)
{
    wi round = W(set1_epi32)(1 << 19);
    a = W(add_epi32)(W(srli_epi64)(a, 32), W(srai_epi32)(W(add_epi32)(a, round), 8));
    b = W(add_epi32)(W(srli_epi64)(b, 32), W(srai_epi32)(W(add_epi32)(b, round), 8));
    wi low = W(shuffle_epi32)(a, 0x88), high = W(shuffle_epi32)(b, 0x88);
    return W(srai_epi32)(W(unpacklo_epi64)(low, high), 12);
}

static inline __attribute__((always_inline)) void joined_along(const struct flynn_call *call, int channels)
{
    const int32_t *first = call->stage->table[0].data;
    const int16_t *weight = call->stage->table[1].data;
    const int stride = call->stage->k[1];
    const size_t pixel = (size_t)channels * 4, samples = (size_t)call->width * (size_t)channels;
    for (int r = 0; r < call->rows; r += FILTER_ROWS) {
        struct filter_rows rows = filter_rows_at(call, r);
        for (int x = 0; x < call->width; x++) {
            size_t at = (size_t)x * (size_t)channels;
            struct filter_sums s;
            for (int v = 0; v < 2; v++) {
                wi a = W(set1_epi32)(0), b = a;
                joined_column(&rows, v, (size_t)first[x] * pixel, weight + (size_t)x * (size_t)stride, stride, channels,
                              &a, &b);
                s.v[v] = joined_samples(a, b);
            }
            wi packed = W_SI(xor)(W(packs_epi32)(s.v[0], s.v[1]), W(set1_epi16)(-32768));
            filter_store16(&rows, at * 2, packed, (size_t)channels * 2, at + 4 <= samples);
        }
    }
}

static void across_last_u16(const struct flynn_call *call)
{
    switch (call->stage->in.channels) {
    case 1:
        joined_along(call, 1);
        break;
    case 2:
        joined_along(call, 2);
        break;
    case 3:
        joined_along(call, 3);
        break;
    default:
        joined_along(call, 4);
    }
}
#else
/* Pairing the samples of neighbours without a byte shuffle is no better than the scalar code. */
#define across_first_u8  NULL
#define across_first_u16 NULL
#define across_last_u8   NULL
#define across_last_u16  NULL
#endif

#endif
