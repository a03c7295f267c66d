/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/gaussian_far.h"

/* The stages and their tables are described in cpu/gaussian.c. `n` below is the number of taps when it is a constant
 * that the compiler shall unroll for, and 0 when it is to be read from the stage. */

#define STEP 4

/* ---- u8 across --------------------------------------------------------------------------------------------------- */

#if defined(FLYNN_ISA_SSE2)

/* low, high += w * (a + b), for each of 16 bytes. */
static inline void add_bytes(vi *low, vi *high, vi a, vi b, vi w)
{
    vi zero = v_zero();
    vi l = V(add_epi16)(V(unpacklo_epi8)(a, zero), V(unpacklo_epi8)(b, zero));
    vi h = V(add_epi16)(V(unpackhi_epi8)(a, zero), V(unpackhi_epi8)(b, zero));
    *low = V(add_epi16)(*low, V(mullo_epi16)(l, w));
    *high = V(add_epi16)(*high, V(mullo_epi16)(h, w));
}

FLYNN_UNROLLED void across_bytes(const struct flynn_call *call, int n)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *distance = stage->table[0].data, *weight = stage->table[1].data;
    int channels = stage->in.channels, samples = call->width * channels, taps = n ? n : stage->k[0];
    vi flip = v_set16(stage->k[3]);
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        uint16_t *out = call->out[r];
        for (int i = 0; i < samples; i = v_advance(i, VEC, samples)) {
            vi low = v_zero(), high = v_zero();
            add_bytes(&low, &high, v_load(in + i), v_zero(), v_set16(weight[0]));
            for (int t = 1; t < taps; t++)
                add_bytes(&low, &high, v_load(in + i - distance[t] * channels), v_load(in + i + distance[t] * channels),
                          v_set16(weight[t]));
            v_store_row(out, i, samples, 2, v_xor(low, flip));
            if (i + VEC / 2 < samples)
                v_store_row(out, i + VEC / 2, samples, 2, v_xor(high, flip));
        }
    }
}

#else

/* Samples [i, i + VEC) of a row, as two vectors in order; pair and channels serve where n is 0. Compilers read the
 * memory anew for either half: loads that cross a line are then what takes the time. */
FLYNN_UNROLLED void sum_bytes(const uint8_t *in, int i, int n, const ptrdiff_t *far, const vi *w,
                              const struct flynn_stage *stage, vi *low, vi *high)
{
    const int32_t *pair = stage->table[2].data;
    const int pairs = n ? n : stage->k[4];
    *low = *high = v_zero();
#pragma GCC unroll 8
    for (int t = 0; t < pairs; t++) {
        ptrdiff_t distance = n ? far[t] : (ptrdiff_t)pair[2 * t] * stage->in.channels;
        vi weight = n ? w[t] : v_set32(pair[2 * t + 1]);
        vi a = v_keep(v_load(in - distance + i)), b = v_keep(v_load(in + distance + i));
        *low = v_keep(V(add_epi16)(*low, V(maddubs_epi16)(V(unpacklo_epi8)(a, b), weight)));
        *high = v_keep(V(add_epi16)(*high, V(maddubs_epi16)(V(unpackhi_epi8)(a, b), weight)));
    }
    v_unpacked_order(low, high);
    *low = v_xor(*low, v_set16(stage->k[3]));
    *high = v_xor(*high, v_set16(stage->k[3]));
}

FLYNN_UNROLLED void across_row(const struct flynn_stage *stage, const uint8_t *in, uint16_t *out, int samples, int n)
{
    const int32_t *pair = stage->table[2].data;
    ptrdiff_t far[8];
    vi w[8], low, high;
    for (int t = 0; t < n; t++) {
        far[t] = (ptrdiff_t)pair[2 * t] * stage->in.channels;
        w[t] = v_set32(pair[2 * t + 1]);
    }
    int i = 0;
    for (; i + VEC <= samples; i += VEC) {
        sum_bytes(in, i, n, far, w, stage, &low, &high);
        v_store(out + i, low);
        v_store(out + i + VEC / 2, high);
    }
    if (i == samples)
        return;
    i = i ? samples - VEC : 0;
    sum_bytes(in, i, n, far, w, stage, &low, &high);
    v_store_row(out, i, samples, 2, low);
    if (i + VEC / 2 < samples)
        v_store_row(out, i + VEC / 2, samples, 2, high);
}

FLYNN_UNROLLED void across_bytes(const struct flynn_call *call, int n)
{
    for (int r = 0; r < call->rows; r++)
        across_row(call->stage, call->in[r], call->out[r], call->width * call->stage->in.channels, n);
}

#endif

static void across_u8(const struct flynn_call *call)
{
#if defined(FLYNN_ISA_SSE2)
    int taps = call->stage->k[0];
#else
    int taps = call->stage->k[4];
#endif
    switch (taps) {
    case 2:
        across_bytes(call, 2);
        break;
    case 3:
        across_bytes(call, 3);
        break;
    case 4:
        across_bytes(call, 4);
        break;
    case 5:
        across_bytes(call, 5);
        break;
    case 7:
        across_bytes(call, 7);
        break;
    default:
        across_bytes(call, 0);
    }
}

/* ---- u8 down ------------------------------------------------------------------------------------------------------
 */

static inline vi pack_sums(vi low, vi high)
{
    return V(packs_epi32)(V(srli_epi32)(low, 16), V(srli_epi32)(high, 16));
}

/* Four output rows at once: consecutive input rows are unpacked in pairs once and serve all four. What taps do not
 * reach is left out where n says so. */
FLYNN_UNROLLED void sum_four(const struct flynn_call *call, int i, int n, vi out[STEP])
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *weight = stage->table[2].data;
    int pairs = n ? n + 1 : stage->k[5], size = 2 * n - 1;
    vi low[STEP], high[STEP];
    for (int o = 0; o < STEP; o++)
        low[o] = high[o] = v_set32(stage->k[1]);
#pragma GCC unroll 8
    for (int p = 0; p < pairs; p++) {
        vi a = v_load((const int16_t *)call->in[2 * p] + i), b = v_load((const int16_t *)call->in[2 * p + 1] + i);
        vi l = V(unpacklo_epi16)(a, b), h = V(unpackhi_epi16)(a, b);
        for (int o = 0; o < STEP; o++) {
            if (n && (2 * p + 1 - o < 0 || 2 * p - o >= size))
                continue;
            vi w = v_set32(weight[p * STEP + o]);
            low[o] = v_keep(V(add_epi32)(low[o], V(madd_epi16)(l, w)));
            high[o] = v_keep(V(add_epi32)(high[o], V(madd_epi16)(h, w)));
        }
    }
    for (int o = 0; o < STEP; o++)
        out[o] = pack_sums(low[o], high[o]);
}

FLYNN_UNROLLED void down_four(const struct flynn_call *call, int n)
{
    int samples = call->width * call->stage->in.channels, last = samples - VEC / 2;
    uint8_t *out[STEP] = {call->out[0], call->out[1], call->out[2], call->out[3]};
    for (int i = 0; i < samples; i += VEC / 2) {
        vi sum[STEP];
        i = i > last && last > 0 ? last : i;
        sum_four(call, i, n, sum);
        for (int o = 0; o < STEP; o += 2)
            v_store_halves(out[o], out[o + 1], i, samples, v_packed_order(V(packus_epi16)(sum[o], sum[o + 1])));
    }
}

static inline vi sum_one(const struct flynn_stage *stage, const void *const *row, int i)
{
    const int32_t *distance = stage->table[0].data, *weight = stage->table[1].data;
    vi x = v_load((const int16_t *)row[0] + i), w = v_set32(weight[0]), k = v_set32(stage->k[1]);
    vi low = V(add_epi32)(k, V(madd_epi16)(V(unpacklo_epi16)(x, v_zero()), w));
    vi high = V(add_epi32)(k, V(madd_epi16)(V(unpackhi_epi16)(x, v_zero()), w));
    for (int t = 1; t < stage->k[0]; t++) {
        vi a = v_load((const int16_t *)row[-distance[t]] + i), b = v_load((const int16_t *)row[distance[t]] + i);
        w = v_set16(weight[t]);
        low = V(add_epi32)(low, V(madd_epi16)(V(unpacklo_epi16)(a, b), w));
        high = V(add_epi32)(high, V(madd_epi16)(V(unpackhi_epi16)(a, b), w));
    }
    return pack_sums(low, high);
}

static void down_one(const struct flynn_call *call, int r)
{
    const struct flynn_stage *stage = call->stage;
    const void *const *row = call->in + stage->up + r;
    int samples = call->width * stage->in.channels;
    for (int i = 0; i < samples; i = v_advance(i, VEC / 2, samples)) {
        vi sum = sum_one(stage, row, i);
        v_store_halves(call->out[r], call->out[r], i, samples, v_packed_order(V(packus_epi16)(sum, sum)));
    }
}

static void down_u8(const struct flynn_call *call)
{
    if (call->rows < STEP || !call->stage->k[5]) {
        for (int r = 0; r < call->rows; r++)
            down_one(call, r);
        return;
    }
    switch (call->stage->k[0]) {
    case 2:
        down_four(call, 2);
        break;
    case 3:
        down_four(call, 3);
        break;
    case 4:
        down_four(call, 4);
        break;
    case 5:
        down_four(call, 5);
        break;
    case 7:
        down_four(call, 7);
        break;
    default:
        down_four(call, 0);
    }
}

/* Every sum fits 16 bits. row[0] is the centre; w serves where n is not 0. */
FLYNN_UNROLLED vi sum_narrow(const struct flynn_stage *stage, const void *const *row, int i, int n, const vi *w)
{
    const int32_t *distance = stage->table[0].data, *weight = stage->table[1].data;
    vi sum = V(mullo_epi16)(v_load((const uint16_t *)row[0] + i), n ? w[0] : v_set16(weight[0]));
    sum = V(add_epi16)(sum, v_set16(stage->k[1]));
    for (int t = 1; t < (n ? n : stage->k[0]); t++) {
        int far = n ? t : distance[t];
        vi a = v_load((const uint16_t *)row[-far] + i), b = v_load((const uint16_t *)row[far] + i);
        sum = V(add_epi16)(sum, V(mullo_epi16)(V(add_epi16)(a, b), n ? w[t] : v_set16(weight[t])));
    }
    return V(srl_epi16)(sum, simde_mm_cvtsi32_si128(stage->k[2]));
}

/* Samples [i, i + VEC) of `rows` rows, or [i, i + VEC / 2) twice. */
FLYNN_UNROLLED void sum_narrow_rows(const struct flynn_stage *stage, const void *const *row, int i, bool half, int rows,
                                    int n, const vi *w, vi *out)
{
    for (int r = 0; r < rows; r++)
        out[r] = sum_narrow(stage, row + r, i, n, w);
    for (int r = 0; r < rows; r++) {
        vi second = half ? out[r] : sum_narrow(stage, row + r, i + VEC / 2, n, w);
        out[r] = v_packed_order(V(packus_epi16)(out[r], second));
    }
}

/* `rows` output rows from first_row on. What the loop reads is copied, because stores might change the rest. */
FLYNN_UNROLLED void down_narrow(const struct flynn_call *call, int first_row, int rows, int n)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *weight = stage->table[1].data;
    const void *const *row = call->in + stage->up + first_row;
    const void *copy[STEP + 4];
    void *const *to = call->out + first_row;
    void *const out[STEP] = {to[0], to[rows > 1], to[rows > 2 ? 2 : 0], to[rows > 3 ? 3 : 0]};
    int samples = call->width * stage->in.channels, i = 0;
    vi w[3], sum[STEP];
    for (int t = 0; t < n; t++)
        w[t] = v_set16(weight[t]);
    for (int r = 0; n && r < rows + 2 * (n - 1); r++)
        copy[r] = row[r - (n - 1)];
    row = n ? copy + n - 1 : row;

    for (; i + VEC <= samples; i += VEC) {
        sum_narrow_rows(stage, row, i, false, rows, n, w, sum);
        for (int r = 0; r < rows; r++)
            v_store((uint8_t *)out[r] + i, sum[r]);
    }
    if (i == samples)
        return;
    i = i ? samples - VEC : 0;
    sum_narrow_rows(stage, row, i, samples <= VEC / 2, rows, n, w, sum);
    for (int r = 0; r < rows; r++)
        v_store_row(out[r], i, samples, 1, sum[r]);
}

static void down_narrow_u8(const struct flynn_call *call)
{
    int taps = call->stage->k[0];
    if (call->rows == STEP && taps == 2) {
        down_narrow(call, 0, STEP, 2);
    } else if (call->rows == STEP && taps == 3) {
        down_narrow(call, 0, STEP, 3);
    } else {
        for (int r = 0; r < call->rows; r++)
            down_narrow(call, r, 1, 0);
    }
}

/* ---- u16 -----------------------------------------------------------------------------------------------------------
 */

/* Samples are made signed for the multiplication, 32768 less; the weights sum to 65536, which 2^31 makes good. */
static void across_u16(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *pair = stage->table[2].data;
    int channels = stage->in.channels, samples = call->width * channels;
    vi flip = v_set16(-32768);
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r];
        uint32_t *out = call->out[r];
        for (int i = 0; i < samples; i = v_advance(i, VEC / 2, samples)) {
            vi low = v_set32(INT32_MIN), high = low;
            for (int t = 0; t < stage->k[4]; t++) {
                ptrdiff_t far = (ptrdiff_t)pair[2 * t] * channels;
                vi a = v_xor(v_load(in + i - far), flip), b = v_xor(v_load(in + i + far), flip);
                vi w = v_set32(pair[2 * t + 1]);
                low = V(add_epi32)(low, V(madd_epi16)(V(unpacklo_epi16)(a, b), w));
                high = V(add_epi32)(high, V(madd_epi16)(V(unpackhi_epi16)(a, b), w));
            }
            v_unpacked_order(&low, &high);
            v_store_row(out, i, samples, 4, low);
            if (i + VEC / 4 < samples)
                v_store_row(out, i + VEC / 4, samples, 4, high);
        }
    }
}

static inline void add_longs(vi *even, vi *odd, vi x, vi w)
{
    *even = V(add_epi64)(*even, V(mul_epu32)(x, w));
    *odd = V(add_epi64)(*odd, V(mul_epu32)(V(srli_epi64)(x, 32), w));
}

/* Sums of 64 bits; their upper halves are the samples, as 32-bit integers. */
static inline vi sum_longs(const struct flynn_stage *stage, const void *const *row, int i)
{
    const int32_t *distance = stage->table[0].data, *weight = stage->table[1].data;
    vi half = V(srli_epi64)(v_set32(INT32_MIN), 32), upper = V(slli_epi64)(v_set8(-1), 32), even = half, odd = half;
    add_longs(&even, &odd, v_load((const uint32_t *)row[0] + i), v_set32(weight[0]));
    for (int t = 1; t < stage->k[0]; t++) {
        vi w = v_set32(weight[t]);
        add_longs(&even, &odd, v_load((const uint32_t *)row[-distance[t]] + i), w);
        add_longs(&even, &odd, v_load((const uint32_t *)row[distance[t]] + i), w);
    }
    return v_or(V(srli_epi64)(even, 32), v_and(odd, upper));
}

static void down_u16(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int samples = call->width * stage->in.channels;
    for (int r = 0; r < call->rows; r++) {
        const void *const *row = call->in + stage->up + r;
        for (int i = 0; i < samples; i = v_advance(i, VEC / 2, samples)) {
            vi first = sum_longs(stage, row, i), second = first;
            if (i + VEC / 4 < samples)
                second = sum_longs(stage, row, i + VEC / 4);
            v_store_row(call->out[r], i, samples, 2, v_packed_order(v_pack_words(first, second)));
        }
    }
}

/* ---- f32 -----------------------------------------------------------------------------------------------------------
 */

/* `vectors` vectors from sample i on; both stages are this sum, of neighbours in the row or of neighbouring rows. */
FLYNN_UNROLLED void sum_floats(const struct flynn_stage *stage, const void *const *row, ptrdiff_t apart, int i,
                               int vectors, vf *sum)
{
    const int32_t *distance = stage->table[0].data;
    const float *weight = stage->table[1].data;
    for (int v = 0; v < vectors; v++)
        sum[v] = V(mul_ps)(V(set1_ps)(weight[0]), vf_load((const float *)row[0] + i + v * (VEC / 4)));
    for (int t = 1; t < stage->k[0]; t++) {
        ptrdiff_t far = distance[t] * apart;
        const float *a = apart ? (const float *)row[0] - far : row[-distance[t]];
        const float *b = apart ? (const float *)row[0] + far : row[distance[t]];
        vf w = V(set1_ps)(weight[t]);
        for (int v = 0; v < vectors; v++) {
            int at = i + v * (VEC / 4);
            sum[v] = V(add_ps)(sum[v], V(mul_ps)(w, V(add_ps)(vf_load(a + at), vf_load(b + at))));
        }
    }
}

FLYNN_UNROLLED void blur_floats(const struct flynn_call *call, ptrdiff_t apart)
{
    const struct flynn_stage *stage = call->stage;
    int samples = call->width * stage->in.channels;
    for (int r = 0; r < call->rows; r++) {
        const void *const *row = call->in + stage->up + r;
        float *out = call->out[r];
        vf sum[4];
        int i = 0;
        for (; i + VEC <= samples; i += VEC) {
            sum_floats(stage, row, apart, i, 4, sum);
            for (int v = 0; v < 4; v++)
                vf_store(out + i + v * (VEC / 4), sum[v]);
        }
        if (i > 0 && i < samples && samples - i < VEC / 4)
            i = samples - VEC / 4;
        for (; i < samples; i = v_advance(i, VEC / 4, samples)) {
            sum_floats(stage, row, apart, i, 1, sum);
            v_store_row(out, i, samples, 4, V_AS_I(sum[0]));
        }
    }
}

static void across_f32(const struct flynn_call *call)
{
    blur_floats(call, call->stage->in.channels);
}

static void down_f32(const struct flynn_call *call)
{
    blur_floats(call, 0);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(gaussian);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(gaussian) = {
    .fn = {{[FLYNN_U8] = across_u8, [FLYNN_U16] = across_u16, [FLYNN_F32] = across_f32},
           {[FLYNN_U8] = down_u8, [FLYNN_U16] = down_u16, [FLYNN_F32] = down_f32},
           {[FLYNN_U8] = down_narrow_u8},
           {[FLYNN_U8] = far_down_u8},
           {[FLYNN_U8] = far_across_u8}},
};
