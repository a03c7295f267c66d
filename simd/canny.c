/* SPDX-License-Identifier: Apache-2.0 */
#include "core/canny.h"
#include "simd/filter.h"

static inline vi magnitude(vi x)
{
    return V(max_epi16)(x, V(sub_epi16)(v_zero(), x));
}

/* For whole numbers y < x * 13573 / 2^15 is y <= the quotient rounded down, but for x = y = 0, which is no edge
 * whatever its direction. */
static inline vi gradient(const uint8_t *a, const uint8_t *b, const uint8_t *c)
{
    vi a0 = v_widen8(a - 1), a1 = v_widen8(a), a2 = v_widen8(a + 1), b0 = v_widen8(b - 1), b2 = v_widen8(b + 1);
    vi c0 = v_widen8(c - 1), c1 = v_widen8(c), c2 = v_widen8(c + 1);
    vi dx = V(sub_epi16)(V(add_epi16)(V(add_epi16)(a2, c2), V(slli_epi16)(b2, 1)),
                         V(add_epi16)(V(add_epi16)(a0, c0), V(slli_epi16)(b0, 1)));
    vi dy = V(sub_epi16)(V(add_epi16)(V(add_epi16)(c0, c2), V(slli_epi16)(c1, 1)),
                         V(add_epi16)(V(add_epi16)(a0, a2), V(slli_epi16)(a1, 1)));
    vi x = magnitude(dx), y = magnitude(dy);
    vi tangent = V(mulhi_epi16)(V(slli_epi16)(x, 1), v_set16(13573));
    vi across = v_gt_i16(V(add_epi16)(tangent, v_set16(1)), y);
    vi down = v_gt_i16(V(sub_epi16)(y, V(slli_epi16)(x, 1)), tangent);
    vi rising = V(srli_epi16)(v_xor(dx, dy), 15);
    vi way = v_select(down, V(add_epi16)(rising, v_set16(FLYNN_CANNY_FALLING)), v_set16(FLYNN_CANNY_DOWN));
    way = v_andnot(across, way);
    return v_or(V(slli_epi16)(V(add_epi16)(x, y), 2), way);
}

/* Rows are padded, so that whole vectors can be read at their end; what is written ends with the row. */
static void gradient_l1(const struct flynn_call *call)
{
    const uint8_t *a = call->in[0], *b = call->in[1], *c = call->in[2];
    uint16_t *out = call->out[0];
    enum { STEP = VEC / 2 };
    int x = 0;
    for (; x + STEP <= call->width; x += STEP)
        v_store(out + x, gradient(a + x, b + x, c + x));
    if (x < call->width)
        v_store_n(out + x, gradient(a + x, b + x, c + x), (size_t)(call->width - x) * sizeof *out);
}

/* Masks of VEC / 2 pixels: peaks above `low`, and those above `high`. v is magnitude << 2 | direction, so that its
 * magnitude is above that of another one where v & ~3 is above the other, and not below where v & ~3 + 4 is. */
struct peaks {
    vi weak, strong;
};

static inline struct peaks suppress(const uint16_t *up, const uint16_t *row, const uint16_t *down, vi low, vi high)
{
    vi v = v_load(row), way = v_and(v, v_set16(3)), m = v_xor(v, way);
    vi upright = v_gt_i16(v_set16(FLYNN_CANNY_DOWN), way), straight = v_gt_i16(v_set16(FLYNN_CANNY_FALLING), way);
    vi rising = v_gt_i16(way, v_set16(FLYNN_CANNY_FALLING));
    vi before = v_select(rising, v_load(up - 1), v_load(up + 1)),
       after = v_select(rising, v_load(down + 1), v_load(down - 1));
    before = v_select(straight, before, v_select(upright, v_load(up), v_load(row - 1)));
    after = v_select(straight, after, v_select(upright, v_load(down), v_load(row + 1)));
    vi equal = V(add_epi16)(m, v_and(straight, v_set16(4)));
    vi peak = v_and(v_gt_i16(m, before), v_gt_i16(equal, after));
    return (struct peaks){v_and(peak, v_gt_i16(m, low)), v_and(peak, v_gt_i16(m, high))};
}

/* One bit for each of VEC pixels out of two masks of 16 bits. */
static inline uint64_t to_bits(vi a, vi b)
{
    vi bytes = v_packed_order(V(packs_epi16)(a, b));
#if defined(FLYNN_ISA_AVX512)
    return simde_mm512_movepi8_mask(bytes);
#else
    return (uint32_t)V(movemask_epi8)(bytes);
#endif
}

/* Whether any of 64 pixels, of which `width` are in the row, is above `low`. */
static inline bool any_above(const uint16_t *row, int width, vi low)
{
    vi most = v_load(row);
    for (int x = VEC / 2; x < 64 && x < width; x += VEC / 2)
        most = V(max_epi16)(most, v_load(row + x));
    vi above = v_gt_i16(most, low);
    return to_bits(above, above) != 0;
}

/* Rows are padded, so that a vector that begins in the row can be read; one that does not is read at its beginning. */
static void suppress_u16(const struct flynn_call *call)
{
    const uint16_t *up = call->in[0], *row = call->in[1], *down = call->in[2];
    const int32_t *k = call->stage->k;
    const vi low = v_set16(4 * (k[0] < 2047 ? k[0] : 2047) + 3), high = v_set16(4 * (k[1] < 2047 ? k[1] : 2047) + 3);
    int width = call->stage->in.width, words = flynn_canny_words(width);
    uint64_t *weak = call->out[0], *strong = weak + words;
    for (int i = 0; i < words; i++) {
        const int left = width - i * 64;
        weak[i] = strong[i] = 0;
        if (!any_above(row + i * 64, left, low))
            continue;
        for (int part = 0; part < 64 && part < left; part += VEC) {
            int x = i * 64 + part, next = left - part > VEC / 2 ? x + VEC / 2 : x;
            struct peaks a = suppress(up + x, row + x, down + x, low, high),
                         b = suppress(up + next, row + next, down + next, low, high);
            weak[i] |= to_bits(a.weak, b.weak) << part;
            strong[i] |= to_bits(a.strong, b.strong) << part;
        }
        if (left < 64) {
            weak[i] &= ~(UINT64_MAX << left);
            strong[i] &= ~(UINT64_MAX << left);
        }
    }
}

/* VEC bytes of the lowest bits of `bits`. */
static inline vi to_bytes(uint64_t bits)
{
#if defined(FLYNN_ISA_AVX512)
    return simde_mm512_movm_epi8(bits);
#else
    const vi mask = V(set1_epi64x)((int64_t)0x8040201008040201);
#if defined(FLYNN_ISA_AVX2)
    const vi spread = V(set_epi64x)(0x0303030303030303, 0x0202020202020202, 0x0101010101010101, 0);
    vi v = V(shuffle_epi8)(v_set32((int32_t)bits), spread);
#else
    vi v = V(cvtsi32_si128)((int32_t)bits);
    v = V(unpacklo_epi8)(v, v);
    v = V(shuffle_epi32)(V(unpacklo_epi16)(v, v), 0x50);
#endif
    return v_eq_i8(v_and(v, mask), mask);
#endif
}

static void expand(const struct flynn_call *call)
{
    const uint64_t *bits = call->in[0];
    uint8_t *out = call->out[0];
    int x = 0;
    for (; x + VEC <= call->width; x += VEC)
        v_store(out + x, to_bytes(bits[x / 64] >> (x & 63)));
    if (x < call->width)
        v_store_n(out + x, to_bytes(bits[x / 64] >> (x & 63)), (size_t)(call->width - x));
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(canny);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(canny) = {
    .fn = {[0] = {[FLYNN_U8] = gradient_l1}, [2] = {[FLYNN_U16] = suppress_u16}, [4] = {[FLYNN_U8] = expand}},
};
