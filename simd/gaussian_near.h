/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_GAUSSIAN_NEAR_H
#define FLYNN_SIMD_GAUSSIAN_NEAR_H

#include "core/gaussian_near.h"
#include "simd/filter.h"

/** The Gaussian of few taps for bytes (core/gaussian_near.h), tile by tile, so that the sums across of the rows that an
 * output row needs stay in the first-level cache. n: taps from the centre outwards, a constant to unroll for.
 *
 * Sums across lie in the order of unpacked bytes, which packing at the end undoes. Wide ones have a sign: 32768 less,
 * and more by what makes half of the result's unit in the end; those of two rows are paired once for all output rows.
 */

#define NEAR_TAPS  (NEAR_RADIUS + 1)
#define NEAR_BYTES 16384                                            /* of a tile's sums, half of a first-level cache */
#define NEAR_TILE  2048                                             /* samples, at most */
#define NEAR_PART  (4 * VEC + 3 * NEAR_RADIUS * FLYNN_MAX_CHANNELS) /* of a row, with what is around */

#define NEAR_AHEAD 4 /* rows ahead at which memory is asked for: tiles are too narrow for hardware to foresee them */

struct near {
    vi across[NEAR_TAPS], more[2]; /* weights of the bytes left and right; what is more than one product holds */
    vi down[2][NEAR_TAPS];         /* of rows 2 q and 2 q + 1, for the first output row of two and for the second */
    vi start;                      /* of sums across */
    _Alignas(64) uint8_t sum[NEAR_BYTES + 4 * VEC]; /* a ring of rows, or of pairs of rows */
    _Alignas(64) uint8_t first[2 * NEAR_TILE];      /* sums of the first row of a pair */
    _Alignas(64) uint8_t spare[NEAR_TILE]; /* for what is not asked for: behind the end of rows, or of the last row */
    struct near_border border;
    uint8_t part[NEAR_PART];
};

/* Weight at position k of the window. */
static inline int near_weight(const struct flynn_stage *stage, int n, int k)
{
    int distance = k < n - 1 ? n - 1 - k : k - (n - 1);
    return distance < n ? ((const int32_t *)stage->table[1].data)[distance] : 0;
}

/* Weights of the bytes left and right; SSE2 has no products of two bytes, and one weight for both. */
static inline vi near_bytes(int left, int right)
{
#if defined(FLYNN_ISA_SSE2)
    (void)right;
    return v_set16(left);
#else
    return v_set16(left | right << 8);
#endif
}

FLYNN_UNROLLED void near_weights(struct near *near, const struct flynn_stage *stage, int n)
{
    const int32_t *weight = stage->table[1].data;
    for (int t = 0; t < n; t++) {
        const int most = t ? NEAR_SIDE : NEAR_CENTRE;
        int w = weight[t] < most ? weight[t] : most, rest = weight[t] - w;
        near->across[t] = near_bytes(w, t ? w : 0);
        if (t < 2)
            near->more[t] = near_bytes(rest, t ? rest : 0);
    }
    for (int q = 0; q < n; q++) {
        int w = near_weight(stage, n, 2 * q);
        near->down[0][q] = v_set32(w | near_weight(stage, n, 2 * q + 1) << 16);
        near->down[1][q] = v_set32(near_weight(stage, n, 2 * q - 1) | w << 16);
    }
    near_border_init(&near->border, stage);
    near->start = v_set16(stage->k[3] ? 128 - 32768 : 1 << stage->k[2] / 2 >> 1);
}

/* ---- across ------------------------------------------------------------------------------------------------------ */

/* What tap t adds to the sums of VEC samples. */
FLYNN_UNROLLED void near_add(vi sum[2], vi a, vi b, vi w, vi more, bool heavy)
{
#if defined(FLYNN_ISA_SSE2)
    vi zero = v_zero();
    vi l = V(add_epi16)(V(unpacklo_epi8)(a, zero), V(unpacklo_epi8)(b, zero));
    vi h = V(add_epi16)(V(unpackhi_epi8)(a, zero), V(unpackhi_epi8)(b, zero));
    sum[0] = V(add_epi16)(sum[0], V(mullo_epi16)(l, heavy ? V(add_epi16)(w, more) : w));
    sum[1] = V(add_epi16)(sum[1], V(mullo_epi16)(h, heavy ? V(add_epi16)(w, more) : w));
#else
    vi l = V(unpacklo_epi8)(a, b), h = V(unpackhi_epi8)(a, b);
    sum[0] = v_keep(V(add_epi16)(sum[0], V(maddubs_epi16)(l, w)));
    sum[1] = v_keep(V(add_epi16)(sum[1], V(maddubs_epi16)(h, w)));
    if (heavy) {
        sum[0] = V(add_epi16)(sum[0], V(maddubs_epi16)(l, more));
        sum[1] = V(add_epi16)(sum[1], V(maddubs_epi16)(h, more));
    }
#endif
}

/* The sums of whole vectors of a part of a row; with those of the row before, where there is one, in pairs. */
FLYNN_UNROLLED void near_sums(const struct near *near, const uint8_t *in, int channels, int samples,
                              const uint8_t *before, uint8_t *out, int n, bool heavy)
{
    const uint8_t *left[NEAR_TAPS], *right[NEAR_TAPS];
    vi start = near->start, w[NEAR_TAPS], more[2] = {near->more[0], near->more[1]};
    for (int t = 0; t < n; t++) {
        left[t] = in - t * channels;
        right[t] = in + t * channels;
        w[t] = near->across[t];
    }
    for (ptrdiff_t i = 0; i < samples; i += VEC) {
        vi sum[2] = {start, start}, x = v_keep(v_load(in + i));
        near_add(sum, x, v_zero(), w[0], more[0], heavy);
#pragma GCC unroll 8
        for (int t = 1; t < n; t++)
            near_add(sum, v_keep(v_load(left[t] + i)), v_keep(v_load(right[t] + i)), w[t], more[1], heavy && t < 2);
        if (!before) {
            v_store(out + 2 * i, sum[0]);
            v_store(out + 2 * i + VEC, sum[1]);
            continue;
        }
        for (int h = 0; h < 2; h++) {
            vi b = v_load(before + 2 * i + h * VEC);
            v_store(out + 4 * i + 2 * h * VEC, V(unpacklo_epi16)(b, sum[h]));
            v_store(out + 4 * i + 2 * h * VEC + VEC, V(unpackhi_epi16)(b, sum[h]));
        }
    }
}

/* Where a part of the row ends that begins at sample i of the tile: only next to its ends need rows be copied. */
static inline int near_end(const struct near_border *border, int from, int i, int samples)
{
    int direct = (border->samples - border->reach - VEC - from) / VEC * VEC, end = samples;
    if (border->there)
        return samples;
    if (from + i < border->reach)
        end = i + (border->reach - from - i + VEC - 1) / VEC * VEC;
    else if (direct > i)
        end = direct;
    return end < samples ? end : samples;
}

/* The sums of a tile's row. */
FLYNN_UNROLLED void near_across(struct near *near, const uint8_t *row, int from, int channels, int samples,
                                const uint8_t *before, uint8_t *out, int n, bool heavy)
{
    for (int i = 0, end; i < samples; i = end) {
        end = near_end(&near->border, from, i, samples);
        const uint8_t *in = near_part(&near->border, row, from + i, end - i, VEC, near->part);
        near_sums(near, in, channels, end - i, before ? before + 2 * i : NULL, out + (before ? 4 : 2) * i, n, heavy);
    }
}

/* ---- down -------------------------------------------------------------------------------------------------------- */

FLYNN_UNROLLED void near_store(uint8_t *to, vi v, bool stream)
{
    if (stream)
        v_stream(to, v);
    else
        v_store(to, v);
}

/* Two output rows of n pairs, whole vectors. */
FLYNN_UNROLLED void near_down(const struct near *near, const uint8_t *const *pair, uint8_t *const out[2], int samples,
                              int n, bool stream)
{
    uint8_t *to[2] = {out[0], out[1]};
    for (ptrdiff_t i = 0; i < samples; i += VEC) {
        vi sum[2][4];
#pragma GCC unroll 8
        for (int q = 0; q < n; q++) {
            vi w[2] = {v_keep(near->down[0][q]), v_keep(near->down[1][q])};
#pragma GCC unroll 4
            for (int v = 0; v < 4; v++) {
                vi x = v_keep(v_load(pair[q] + 4 * i + v * VEC));
                for (int o = 0; o < 2; o++) {
                    vi part = V(madd_epi16)(x, w[o]);
                    sum[o][v] = v_keep(q ? V(add_epi32)(sum[o][v], part) : part);
                }
            }
        }
        for (int o = 0; o < 2; o++) {
            for (int v = 0; v < 4; v++)
                sum[o][v] = V(srai_epi32)(sum[o][v], 16);
            vi low = V(packs_epi32)(sum[o][0], sum[o][1]), high = V(packs_epi32)(sum[o][2], sum[o][3]);
            near_store(to[o] + i, v_xor(V(packs_epi16)(low, high), v_set8(-128)), stream);
        }
    }
}

/* The same of rows whose sums fit 16 bits. */
FLYNN_UNROLLED void near_narrow(const struct flynn_stage *stage, const uint8_t *const *row, uint8_t *const out[2],
                                int samples, int n, bool stream)
{
    simde__m128i shift = simde_mm_cvtsi32_si128(stage->k[2]);
    uint8_t *to[2] = {out[0], out[1]};
    vi w[NEAR_TAPS];
    for (int t = 0; t < n; t++)
        w[t] = v_set16(((const int32_t *)stage->table[1].data)[t]);
    for (ptrdiff_t i = 0; i < samples; i += VEC) {
        vi sum[2][2];
        for (int h = 0; h < 2; h++) {
            vi x[2 * NEAR_TAPS];
            for (int k = 0; k < 2 * n; k++)
                x[k] = v_load(row[k] + 2 * i + h * VEC);
            for (int o = 0; o < 2; o++) {
                sum[o][h] = V(mullo_epi16)(x[n - 1 + o], w[0]);
                for (int t = 1; t < n; t++) {
                    vi both = V(add_epi16)(x[n - 1 - t + o], x[n - 1 + t + o]);
                    sum[o][h] = V(add_epi16)(sum[o][h], V(mullo_epi16)(both, w[t]));
                }
                sum[o][h] = V(srl_epi16)(sum[o][h], shift);
            }
        }
        for (int o = 0; o < 2; o++)
            near_store(to[o] + i, V(packus_epi16)(sum[o][0], sum[o][1]), stream);
    }
}

/* ---- tiles ------------------------------------------------------------------------------------------------------- */

/* The sums that rows [y, y + 2 n) of the window need, of which `made` are there already: a ring of rows, or of pairs of
 * rows. The last one may lack, behind an odd last output row that nobody asked for. */
FLYNN_UNROLLED void near_window(const struct flynn_call *call, struct near *near, int from, int samples, int y,
                                int *made, int n, bool narrow, bool heavy, const uint8_t **row)
{
    int channels = call->stage->in.channels, stride = (samples + VEC - 1) / VEC * VEC * 2;
    int last = call->rows + 2 * n - 3;
    for (; *made < y + 2 * n; ++*made) {
        const uint8_t *in = call->in[*made < last ? *made : last];
        const uint8_t *next = (const uint8_t *)call->in[*made + NEAR_AHEAD < last ? *made + NEAR_AHEAD : last] + from;
        for (int i = 0; call->stream && i < samples; i += 64)
            __builtin_prefetch(next + i);
        uint8_t *sum = near->sum + *made % (2 * n) * stride;
        if (narrow)
            near_across(near, in, from, channels, samples, NULL, sum, n, heavy);
        else if (*made % 2 == 0)
            near_across(near, in, from, channels, samples, NULL, near->first, n, heavy);
        else
            near_across(near, in, from, channels, samples, near->first, sum - stride, n, heavy);
    }
    for (int k = 0; k < 2 * n; k += narrow ? 1 : 2)
        row[narrow ? k : k / 2] = near->sum + (y + k) % (2 * n) * stride;
}

/* Samples [from, from + samples) of all rows, two at a time. */
FLYNN_UNROLLED void near_tile(const struct flynn_call *call, struct near *near, int from, int samples, int n,
                              bool narrow, bool heavy)
{
    int whole = samples / VEC * VEC, made = 0;
    const uint8_t *row[2 * NEAR_TAPS], *rest[2 * NEAR_TAPS];
    for (int y = 0; y < call->rows; y += 2) {
        bool both = y + 1 < call->rows;
        bool stream = call->stream && (uintptr_t)call->out[y] % VEC == 0 && (uintptr_t)call->out[y + both] % VEC == 0;
        uint8_t *out[2] = {(uint8_t *)call->out[y] + from, both ? (uint8_t *)call->out[y + 1] + from : near->spare};
        uint8_t *end[2] = {near->spare, near->spare + VEC};
        near_window(call, near, from, samples, y, &made, n, narrow, heavy, row);
        for (int k = 0; k < (narrow ? 2 * n : n); k++)
            rest[k] = row[k] + (narrow ? 2 : 4) * whole;
        for (int part = 0; part < 1 + (whole < samples); part++) {
            if (narrow)
                near_narrow(call->stage, part ? rest : row, part ? end : out, part ? VEC : whole, n, stream && !part);
            else
                near_down(near, part ? rest : row, part ? end : out, part ? VEC : whole, n, stream && !part);
        }
        for (int o = 0; o < 1 + both && whole < samples; o++)
            memcpy(out[o] + whole, end[o], (size_t)(samples - whole));
    }
}

/* heavy: weights may need two products (stage->k[4]). */
FLYNN_UNROLLED void near_rows(const struct flynn_call *call, int n, bool narrow, bool heavy)
{
    int samples = call->width * call->stage->in.channels, most = NEAR_BYTES / (4 * n) / VEC * VEC;
    most = most < NEAR_TILE ? most : NEAR_TILE;
    int tiles = (samples + most - 1) / most, tile = ((samples + tiles - 1) / tiles + VEC - 1) / VEC * VEC;
    struct near near;
    near_weights(&near, call->stage, n);
    for (int from = 0; from < samples; from += tile) {
        int count = samples - from < tile ? samples - from : tile;
        near_tile(call, &near, from, count, n, narrow, heavy);
    }
}

static void near_u8(const struct flynn_call *call)
{
    bool narrow = !call->stage->k[3], heavy = call->stage->k[4];
    switch (call->stage->k[0]) {
    case 1:
        near_rows(call, 1, true, false);
        break;
    case 2:
        narrow ? near_rows(call, 2, true, false) : near_rows(call, 2, false, true);
        break;
    case 3:
        narrow ? near_rows(call, 3, true, false) : near_rows(call, 3, false, true);
        break;
    case 4:
        heavy ? near_rows(call, 4, false, true) : near_rows(call, 4, false, false);
        break;
    case 5:
        near_rows(call, 5, false, false);
        break;
    case 6:
        near_rows(call, 6, false, false);
        break;
    default:
        near_rows(call, 7, false, false);
    }
}

#endif
