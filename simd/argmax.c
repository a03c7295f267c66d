/* SPDX-License-Identifier: Apache-2.0 */
#include "core/extreme.h"
#include "simd/wide.h"

#if WIDE == 32
typedef simde__m256 wf;
typedef simde__m256d wd;
#else
typedef simde__m128 wf;
typedef simde__m128d wd;
#endif

/* Each type: the extreme of n samples, a multiple of those of a vector. NaN in the first operand of a maximum or
 * minimum gives the second, which is none. */

/* Of 16 bytes. */
BLOCK_INLINE double extreme_bytes(bool least, simde__m128i x)
{
#if W_SHUFFLES
    simde__m128i flip = simde_mm_set1_epi8(least ? 0 : -1);
    x = simde_mm_xor_si128(x, flip);
    x = simde_mm_minpos_epu16(simde_mm_min_epu8(x, simde_mm_srli_epi16(x, 8)));
    return (simde_mm_cvtsi128_si32(x) ^ (least ? 0 : 255)) & 255;
#else
    uint8_t best[16];
    w_store16(best, x);
    for (int i = 1; i < 16; i++)
        best[0] = (least ? best[i] < best[0] : best[i] > best[0]) ? best[i] : best[0];
    return best[0];
#endif
}

BLOCK_INLINE double extreme_u8(bool least, const uint8_t *x, int n)
{
    wi acc = w_load(x);
    for (int i = WIDE; i < n; i += WIDE)
        acc = least ? W(min_epu8)(w_load(x + i), acc) : W(max_epu8)(w_load(x + i), acc);
#if WIDE == 32
    simde__m128i low = simde_mm256_castsi256_si128(acc), high = simde_mm256_extracti128_si256(acc, 1);
    return extreme_bytes(least, least ? simde_mm_min_epu8(low, high) : simde_mm_max_epu8(low, high));
#else
    return extreme_bytes(least, acc);
#endif
}

BLOCK_INLINE double extreme_u16(bool least, const uint16_t *x, int n)
{
    uint16_t best[WIDE / 2];
    wi acc = w_load(x);
    for (int i = WIDE / 2; i < n; i += WIDE / 2) {
        wi v = w_load(x + i), over = W(subs_epu16)(v, acc);
        acc = least ? W(sub_epi16)(v, over) : W(add_epi16)(acc, over);
    }
    w_store(best, acc);
    for (int i = 1; i < WIDE / 2; i++)
        best[0] = (least ? best[i] < best[0] : best[i] > best[0]) ? best[i] : best[0];
    return best[0];
}

BLOCK_INLINE double extreme_f32(bool least, const float *x, int n)
{
    float best[WIDE / 4];
    wf acc = W(set1_ps)(least ? INFINITY : -INFINITY);
    for (int i = 0; i < n; i += WIDE / 4) {
        wf v = W(loadu_ps)(x + i);
        acc = least ? W(min_ps)(v, acc) : W(max_ps)(v, acc);
    }
    W(storeu_ps)(best, acc);
    for (int i = 1; i < WIDE / 4; i++)
        best[0] = least ? (best[i] < best[0] ? best[i] : best[0]) : (best[i] > best[0] ? best[i] : best[0]);
    return (double)best[0];
}

BLOCK_INLINE double extreme_f64(bool least, const double *x, int n)
{
    double best[WIDE / 8];
    wd acc = W(set1_pd)((double)(least ? INFINITY : -INFINITY));
    for (int i = 0; i < n; i += WIDE / 8) {
        wd v = W(loadu_pd)(x + i);
        acc = least ? W(min_pd)(v, acc) : W(max_pd)(v, acc);
    }
    W(storeu_pd)(best, acc);
    for (int i = 1; i < WIDE / 8; i++)
        best[0] = least ? (best[i] < best[0] ? best[i] : best[0]) : (best[i] > best[0] ? best[i] : best[0]);
    return best[0];
}

BLOCK_INLINE double extreme_of(bool least, enum flynn_type type, const void *x, int n)
{
    switch (type) {
    case FLYNN_U8:
        return extreme_u8(least, x, n);
    case FLYNN_U16:
        return extreme_u16(least, x, n);
    case FLYNN_F32:
        return extreme_f32(least, x, n);
    default:
        return extreme_f64(least, x, n);
    }
}

/* The first of n samples that equals `value`; -1 where none does. */
BLOCK_INLINE int extreme_find(enum flynn_type type, const void *x, int n, double value)
{
    int i = 0;
    if (type == FLYNN_U8) {
        const uint8_t *found = memchr(x, (int)value, (size_t)n);
        return found ? (int)(found - (const uint8_t *)x) : -1;
    }
    while (i < n && flynn_sample(type, x, (size_t)i) != value)
        i++;
    return i < n ? i : -1;
}

/* The block_run: the best sample is looked up in the first of the parts that have it. A part of NaN alone looks like
 * one with an infinity; where that leads astray, all samples are looked at. Nothing comes before the least or greatest
 * byte. */
BLOCK_INLINE void extreme_vectors(enum block_kind kind, enum flynn_type type, double *lanes, int lane, const void *x,
                                  const void *w, int n)
{
    enum { PART_BYTES = 4096 };
    const uint8_t *bytes = x;
    int sample = (int)flynn_type_bytes(type), part = PART_BYTES / sample, whole = n / (WIDE / sample) * (WIDE / sample);
    double best = lanes[EXTREME_VALUE], seen = lanes[EXTREME_SEEN];
    int at = -1;
    if (type == FLYNN_U8 && best == (kind == BLOCK_ARGMIN ? 0 : 255)) {
        lanes[EXTREME_SEEN] = seen + n;
        return;
    }
    for (int i = 0; i < whole; i += part) {
        int some = whole - i < part ? whole - i : part;
        double value = extreme_of(kind == BLOCK_ARGMIN, type, bytes + (ptrdiff_t)i * sample, some);
        if (extreme_better(kind, value, best)) {
            best = value;
            at = i;
        }
    }
    if (at >= 0) {
        int found = extreme_find(type, bytes + (ptrdiff_t)at * sample, whole - at < part ? whole - at : part, best);
        if (found >= 0) {
            lanes[EXTREME_VALUE] = flynn_sample(type, x, (size_t)(at + found));
            lanes[EXTREME_INDEX] = seen + at + found;
        } else {
            extreme_plain(kind, type, lanes, lane, x, w, whole);
        }
    }
    lanes[EXTREME_SEEN] = seen + whole;
    extreme_plain(kind, type, lanes, lane, bytes + (ptrdiff_t)whole * sample, w, n - whole);
}

static void greatest_u8(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMAX, FLYNN_U8, extreme_vectors);
}

static void greatest_u16(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMAX, FLYNN_U16, extreme_vectors);
}

static void greatest_f32(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMAX, FLYNN_F32, extreme_vectors);
}

static void greatest_f64(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMAX, FLYNN_F64, extreme_vectors);
}

static void least_u8(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMIN, FLYNN_U8, extreme_vectors);
}

static void least_u16(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMIN, FLYNN_U16, extreme_vectors);
}

static void least_f32(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMIN, FLYNN_F32, extreme_vectors);
}

static void least_f64(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMIN, FLYNN_F64, extreme_vectors);
}

static void combine(const struct flynn_call *call)
{
    extreme_finish(call);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(argmax);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(argmax) = {
    .fn =
        {{[FLYNN_U8] = greatest_u8, [FLYNN_U16] = greatest_u16, [FLYNN_F32] = greatest_f32, [FLYNN_F64] = greatest_f64},
         {[FLYNN_U8] = least_u8, [FLYNN_U16] = least_u16, [FLYNN_F32] = least_f32, [FLYNN_F64] = least_f64},
         {[FLYNN_F64] = combine}},
};
