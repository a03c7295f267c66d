/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_RESIZE_FILTER_H
#define FLYNN_SIMD_RESIZE_FILTER_H

#include "simd/filter.h"
#include "simd/wide.h"

/** Resize with a filter; tables and the samples between the passes are described in cpu/resize_filter.h.
 *
 * Down the columns, two rows are put sample beside sample, so that one instruction multiplies and adds both. Along rows,
 * every lane of a vector is a row of its own: a group of taps is loaded for several rows at once, its pixels are put
 * sample beside sample, and multiplied by the group's weights, which all rows share. */

/* ---- down columns ---------------------------------------------------------------------------------------------- */

static inline const int16_t *filter_row_weights(const struct flynn_call *call)
{
    return (const int16_t *)call->stage->table[1].data + (size_t)call->y * (size_t)call->stage->k[1];
}

/* Weights of rows k and k + 1. */
static inline vi filter_pair(const int16_t *w, int k)
{
    int32_t pair;
    memcpy(&pair, w + k, sizeof pair);
    return v_set32(pair);
}

/* Row k at byte `at`; a row beyond the last, whose weight is 0, is the last. */
static inline const uint8_t *filter_row(const struct flynn_call *call, int k, size_t at)
{
    int last = call->stage->k[0] - 1;
    return (const uint8_t *)call->in[k < last ? k : last] + at;
}

/* Load a vector, or the first bytes of one. */
static inline vi filter_load(const uint8_t *p, size_t n)
{
    return n < VEC ? v_load_n(p, n) : v_load(p);
}

static inline vi filter_scale(vi sum, int bits)
{
    return V(srai_epi32)(V(add_epi32)(sum, v_set32(1 << (bits - 1))), bits);
}

static inline void down_first_u8_block(const struct flynn_call *call, int i, size_t n)
{
    const int16_t *w = filter_row_weights(call);
    vi a = v_zero(), b = a, c = a, d = a, zero = a;
    for (int k = 0; k < call->stage->k[0]; k += 2) {
        vi p = filter_load(filter_row(call, k, (size_t)i), n), q = filter_load(filter_row(call, k + 1, (size_t)i), n);
        vi pair = filter_pair(w, k), low = V(unpacklo_epi8)(p, q), high = V(unpackhi_epi8)(p, q);
        a = V(add_epi32)(a, V(madd_epi16)(V(unpacklo_epi8)(low, zero), pair));
        b = V(add_epi32)(b, V(madd_epi16)(V(unpackhi_epi8)(low, zero), pair));
        c = V(add_epi32)(c, V(madd_epi16)(V(unpacklo_epi8)(high, zero), pair));
        d = V(add_epi32)(d, V(madd_epi16)(V(unpackhi_epi8)(high, zero), pair));
    }
    vi low = V(packs_epi32)(filter_scale(a, 8), filter_scale(b, 8));
    vi high = V(packs_epi32)(filter_scale(c, 8), filter_scale(d, 8));
    v_unpacked_order(&low, &high);
    uint8_t *out = (uint8_t *)call->out[0] + (size_t)i * 2;
    if (n >= VEC) {
        v_store(out, low);
        v_store(out + VEC, high);
        return;
    }
    uint8_t both[2 * VEC];
    v_store(both, low);
    v_store(both + VEC, high);
    memcpy(out, both, 2 * n);
}

static void down_first_u8(const struct flynn_call *call)
{
    int samples = call->width * call->stage->in.channels;
    for (int i = 0; i < samples; i = v_advance(i, VEC, samples)) {
        if (samples - i >= VEC)
            down_first_u8_block(call, i, VEC);
        else
            down_first_u8_block(call, i, (size_t)(samples - i));
    }
}

/* The upper bits of t in the upper half, the lower 8 in the lower. */
static inline vi filter_join(vi t)
{
    return v_or(V(slli_epi32)(V(srai_epi32)(t, 8), 16), v_and(t, v_set32(255)));
}

static inline void down_first_u16_block(const struct flynn_call *call, int i, size_t n)
{
    const int16_t *w = filter_row_weights(call);
    vi a = v_zero(), b = a, sign = v_set16(-32768);
    for (int k = 0; k < call->stage->k[0]; k += 2) {
        vi p = v_xor(filter_load(filter_row(call, k, (size_t)i * 2), n), sign);
        vi q = v_xor(filter_load(filter_row(call, k + 1, (size_t)i * 2), n), sign);
        vi pair = filter_pair(w, k);
        a = V(add_epi32)(a, V(madd_epi16)(V(unpacklo_epi16)(p, q), pair));
        b = V(add_epi32)(b, V(madd_epi16)(V(unpackhi_epi16)(p, q), pair));
    }
    a = filter_join(filter_scale(a, 8));
    b = filter_join(filter_scale(b, 8));
    v_unpacked_order(&a, &b);
    uint8_t *out = (uint8_t *)call->out[0] + (size_t)i * 4, both[2 * VEC];
    v_store(both, a);
    v_store(both + VEC, b);
    memcpy(out, both, n >= VEC ? 2 * VEC : 2 * n);
}

static void down_first_u16(const struct flynn_call *call)
{
    int samples = call->width * call->stage->in.channels;
    for (int i = 0; i < samples; i = v_advance(i, VEC / 2, samples)) {
        if (samples - i >= VEC / 2)
            down_first_u16_block(call, i, VEC);
        else
            down_first_u16_block(call, i, (size_t)(samples - i) * 2);
    }
}

/* VEC / 2 samples of the last pass as int16 that may be outside of 0 to 255. */
static inline vi down_last_u8_half(const struct flynn_call *call, int i, size_t n)
{
    const int16_t *w = filter_row_weights(call);
    vi a = v_zero(), b = a;
    for (int k = 0; k < call->stage->k[0]; k += 2) {
        vi p = filter_load(filter_row(call, k, (size_t)i * 2), n);
        vi q = filter_load(filter_row(call, k + 1, (size_t)i * 2), n), pair = filter_pair(w, k);
        a = V(add_epi32)(a, V(madd_epi16)(V(unpacklo_epi16)(p, q), pair));
        b = V(add_epi32)(b, V(madd_epi16)(V(unpackhi_epi16)(p, q), pair));
    }
    return V(packs_epi32)(filter_scale(a, 20), filter_scale(b, 20));
}

static void down_last_u8(const struct flynn_call *call)
{
    int samples = call->width * call->stage->in.channels;
    uint8_t *out = call->out[0];
    for (int i = 0; i < samples; i = v_advance(i, VEC, samples)) {
        size_t n = (size_t)(samples - i), low = n < VEC / 2 ? n : VEC / 2;
        if (n >= VEC) {
            vi v = V(packus_epi16)(down_last_u8_half(call, i, VEC), down_last_u8_half(call, i + VEC / 2, VEC));
            v_store(out + i, v_packed_order(v));
        } else {
            vi a = down_last_u8_half(call, i, 2 * low);
            vi b = low < n ? down_last_u8_half(call, i + VEC / 2, 2 * (n - low)) : v_zero();
            v_store_n(out + i, v_packed_order(V(packus_epi16)(a, b)), n);
        }
    }
}

/* Sums of lower and upper halves in turn, of two vectors, to the samples less 32768 in order. */
static inline vi filter_last_joined(vi a, vi b)
{
    vi p = V(add_epi32)(V(srli_epi64)(a, 32), filter_scale(a, 8));
    vi q = V(add_epi32)(V(srli_epi64)(b, 32), filter_scale(b, 8));
    return V_AS_I(V(shuffle_ps)(V_AS_F(p), V_AS_F(q), 0x88));
}

/* VEC / 4 samples. To the sum of the lower halves 2^19 is added, here and by filter_last_joined; both are shifted by 20 in
 * all. */
static inline vi down_last_u16_quarter(const struct flynn_call *call, int i, size_t n)
{
    const int16_t *w = filter_row_weights(call);
    vi round = V(set1_epi64x)((1 << 19) - 128), a = round, b = round;
    for (int k = 0; k < call->stage->k[0]; k += 2) {
        vi p = filter_load(filter_row(call, k, (size_t)i * 4), n);
        vi q = filter_load(filter_row(call, k + 1, (size_t)i * 4), n), pair = filter_pair(w, k);
        a = V(add_epi32)(a, V(madd_epi16)(V(unpacklo_epi16)(p, q), pair));
        b = V(add_epi32)(b, V(madd_epi16)(V(unpackhi_epi16)(p, q), pair));
    }
    return V(srai_epi32)(filter_last_joined(a, b), 12);
}

static void down_last_u16(const struct flynn_call *call)
{
    int samples = call->width * call->stage->in.channels;
    vi sign = v_set16(-32768);
    for (int i = 0; i < samples; i = v_advance(i, VEC / 2, samples)) {
        size_t n = (size_t)(samples - i), low = n < VEC / 4 ? n : VEC / 4, high = n - low < VEC / 4 ? n - low : VEC / 4;
        vi a = down_last_u16_quarter(call, i, 4 * low);
        vi b = high ? down_last_u16_quarter(call, i + VEC / 4, 4 * high) : v_zero();
        v_store_row(call->out[0], i, samples, 2, v_xor(v_packed_order(V(packs_epi32)(a, b)), sign));
    }
}

static void down_filter_f32(const struct flynn_call *call)
{
    enum { LANES = VEC / 4 };
    const float *w = (const float *)call->stage->table[1].data + (size_t)call->y * (size_t)call->stage->k[1];
    int samples = call->width * call->stage->in.channels, taps = call->stage->k[0], i = 0;
    float *out = call->out[0];
    for (; i + 2 * LANES <= samples; i += 2 * LANES) {
        const float *in = (const float *)call->in[0] + i;
        vf a = V(mul_ps)(V(set1_ps)(w[0]), vf_load(in)), b = V(mul_ps)(V(set1_ps)(w[0]), vf_load(in + LANES));
        for (int k = 1; k < taps; k++) {
            vf weight = V(set1_ps)(w[k]);
            in = (const float *)call->in[k] + i;
            a = V(add_ps)(a, V(mul_ps)(weight, vf_load(in)));
            b = V(add_ps)(b, V(mul_ps)(weight, vf_load(in + LANES)));
        }
        vf_store(out + i, a);
        vf_store(out + i + LANES, b);
    }
    for (; i < samples; i++) {
        float sum = w[0] * ((const float *)call->in[0])[i];
        for (int k = 1; k < taps; k++)
            sum += w[k] * ((const float *)call->in[k])[i];
        out[i] = sum;
    }
}

/* ---- along rows ------------------------------------------------------------------------------------------------ */

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

/* Where the bytes of a group's pixels go: pairs of neighbours' samples, each as 16 bits. */
static inline wi filter_order(int channels, int bytes)
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
        int from = (pixel * channels + sample) * bytes;
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

/* From samples of 16 bits, or of 8. `flip` is what makes u16 signed. */
static inline struct filter_sums filter_column(const struct filter_rows *rows, size_t at, const int16_t *w, int stride,
                                               wi order, wi flip, int channels, int bytes)
{
    const int group = channels == 1 ? 8 : channels == 2 ? 4 : 2;
    struct filter_sums s = {{W(set1_epi32)(0), W(set1_epi32)(0)}};
    for (int k = 0; k < stride; k += group, at += (size_t)(group * channels * bytes)) {
        wi weights = filter_group_weights(w + k, channels);
        for (int v = 0; v < 2; v++) {
            wi x = W_SI(xor)(W(shuffle_epi8)(filter_bytes(rows, v, at), order), flip);
            s.v[v] = W(add_epi32)(s.v[v], W(madd_epi16)(x, weights));
        }
    }
    return filter_fold(s, channels);
}

static inline wi filter_scale_w(wi sum, int bits)
{
    return W(srai_epi32)(W(add_epi32)(sum, W(set1_epi32)(1 << (bits - 1))), bits);
}

/* Lane l of v to `to`, 16 bytes. */
static inline void filter_lane(uint8_t *to, wi v, int l)
{
#if WIDE == 32
    if (l) {
        w_store16(to, simde_mm256_extracti128_si256(v, 1));
        return;
    }
    w_store16(to, simde_mm256_castsi256_si128(v));
#else
    (void)l;
    w_store16(to, v);
#endif
}

/* Store the first `n` bytes of a pixel of up to 16 of every row; `room`: whether 16 may be written. Row i is in lane
 * i % W_LANES of v[i / W_LANES], from byte `from` on. */
static inline void filter_store32(const struct filter_rows *rows, size_t at, struct filter_sums s, size_t n, bool room)
{
    for (int i = 0; i < FILTER_ROWS; i++) {
        uint8_t bytes[16];
        if (room) {
            filter_lane(rows->out[i] + at, s.v[i / W_LANES], i % W_LANES);
        } else {
            filter_lane(bytes, s.v[i / W_LANES], i % W_LANES);
            memcpy(rows->out[i] + at, bytes, n);
        }
    }
}

/* The same for 8 bytes of a pixel of 16-bit samples: v has the rows of both vectors in each lane. */
static inline void filter_store16(const struct filter_rows *rows, size_t at, wi v, size_t n, bool room)
{
    uint64_t word[2 * W_LANES];
    memcpy(word, &v, sizeof word);
    for (int i = 0; i < FILTER_ROWS; i++) {
        const uint64_t *from = &word[i % W_LANES * 2 + i / W_LANES];
        if (room)
            memcpy(rows->out[i] + at, from, 8);
        else
            memcpy(rows->out[i] + at, from, n);
    }
}

static inline void filter_store8(const struct filter_rows *rows, size_t at, wi v, size_t n, bool room)
{
    uint32_t word[4 * W_LANES];
    v = W(packus_epi16)(v, v);
    memcpy(word, &v, sizeof word);
    for (int i = 0; i < FILTER_ROWS; i++) {
        const uint32_t *from = &word[i % W_LANES * 4 + i / W_LANES];
        if (room)
            memcpy(rows->out[i] + at, from, 4);
        else
            memcpy(rows->out[i] + at, from, n);
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
    const wi order = filter_order(channels, bytes), flip = W(set1_epi16)((int16_t)(pass == FIRST_U16 ? -32768 : 0));
    for (int r = 0; r < call->rows; r += FILTER_ROWS) {
        struct filter_rows rows = filter_rows_at(call, r);
        for (int x = 0; x < call->width; x++) {
            size_t at = (size_t)x * (size_t)channels;
            struct filter_sums s = filter_column(&rows, (size_t)first[x] * pixel, weight + (size_t)x * (size_t)stride,
                                                 stride, order, flip, channels, bytes);
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

/* Sums of the lower and upper halves of a column: dwords low, high of one sample after the other. Pixels of three and four
 * samples take two vectors. */
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
