/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/narrow.h"
#include "core/canny.h"
#include "simd/slopes.h"

/* The direction of half of a vector, in 16 bits. For whole numbers y < x * 13573 / 2^15 is y <= the quotient rounded
 * down, but for x = y = 0, which is no edge whatever its direction; twice the factor needs no shift. A multiple of both
 * has the same direction. */
FLYNN_UNROLLED vi direction(const struct slopes *d, vi x, vi y)
{
    vi tangent = V(mulhi_epi16)(x, v_set16(2 * 13573));
    vi steep = v_gt_i16(y, tangent);
    vi down = v_gt_i16(y, V(add_epi16)(V(add_epi16)(x, x), tangent));
    vi diagonal = V(sub_epi16)(v_set16(FLYNN_CANNY_FALLING), V(srai_epi16)(v_xor(d->dx, d->dy), 15));
    return v_and(steep, v_choose(down, diagonal, v_set16(FLYNN_CANNY_DOWN)));
}

FLYNN_UNROLLED vi size_of(vi d)
{
#if defined(FLYNN_ISA_SSE2)
    return V(max_epi16)(d, V(sub_epi16)(v_zero(), d));
#else
    return V(abs_epi16)(d);
#endif
}

/* Sizes of the slopes and their direction, of half of VEC pixels in 16 bits. */
struct edges {
    vi x[2], y[2], way[2];
};

/* Four times the slopes, or with norm=l2 twice: the sizes are then magnitudes << 2. */
FLYNN_UNROLLED struct edges edges_at(const uint8_t *const row[3], int at, int bytes)
{
    const struct weights by = bytes == 2 ? (struct weights){4, 8} : (struct weights){2, 4};
    const struct window w = window_at(row, at, 1);
    struct edges e;
    for (int h = 0; h < 2; h++) {
        struct slopes d = slopes_bytes(&w, by, h);
        e.x[h] = size_of(d.dx);
        e.y[h] = size_of(d.dy);
        e.way[h] = direction(&d, e.x[h], e.y[h]);
    }
    return e;
}

FLYNN_UNROLLED void words(const struct edges *e, vi out[2])
{
    for (int h = 0; h < 2; h++)
        out[h] = v_or(V(add_epi16)(e->x[h], e->y[h]), e->way[h]);
    v_unpacked_order(out, out + 1);
}

FLYNN_UNROLLED void longs(struct edges *e, vi out[4])
{
    v_unpacked_order(e->x, e->x + 1);
    v_unpacked_order(e->y, e->y + 1);
    v_unpacked_order(e->way, e->way + 1);
    for (int h = 0; h < 2; h++) {
        vi low = V(unpacklo_epi16)(e->x[h], e->y[h]), high = V(unpackhi_epi16)(e->x[h], e->y[h]), zero = v_zero();
        out[2 * h] = v_or(V(madd_epi16)(low, low), V(unpacklo_epi16)(e->way[h], zero));
        out[2 * h + 1] = v_or(V(madd_epi16)(high, high), V(unpackhi_epi16)(e->way[h], zero));
        v_unpacked_order(out + 2 * h, out + 2 * h + 1);
    }
}

/* VEC pixels from x on. */
FLYNN_UNROLLED void gradient(const uint8_t *const row[3], uint8_t *out, int x, int bytes)
{
    struct edges e = edges_at(row, x, bytes);
    vi v[4];
    if (bytes == 2)
        words(&e, v);
    else
        longs(&e, v);
    for (int j = 0; j < bytes; j++)
        v_store(out + x * bytes + j * VEC, v[j]);
}

FLYNN_UNROLLED void gradient_end(const void *const *in, void *out, int x, int width, int bytes)
{
    uint32_t v = flynn_canny_gradient(in, x, width, bytes == 4);
    if (bytes == 2)
        ((uint16_t *)out)[x] = (uint16_t)v;
    else
        ((uint32_t *)out)[x] = v;
}

/* The vectors of a row have a pixel on either side; the first and the last one may overlap the next. */
FLYNN_UNROLLED void gradients(const struct flynn_call *call, int bytes)
{
    const int width = call->width, last = width - 1 - VEC;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *const row[3] = {call->in[r], call->in[r + 1], call->in[r + 2]};
        for (int x = 1; x < last; x = x == 1 ? VEC : x + VEC)
            gradient(row, call->out[r], x, bytes);
        if (last > 0)
            gradient(row, call->out[r], last, bytes);
        for (int x = 0; x < width; x = x == 0 && last >= 1 ? width - 1 : x + 1)
            gradient_end(call->in + r, call->out[r], x, width, bytes);
    }
}

static void gradient_l1(const struct flynn_call *call)
{
    gradients(call, 2);
}

static void gradient_l2(const struct flynn_call *call)
{
    gradients(call, 4);
}

/* ---- peaks --------------------------------------------------------------------------------------------------------
 * `bytes` is the size of magnitude << 2 | direction: 2, or 4 for norm=l2. */

FLYNN_UNROLLED vi above(vi a, vi b, int bytes)
{
    return bytes == 2 ? v_gt_i16(a, b) : v_gt_i32(a, b);
}

FLYNN_UNROLLED vi set(int x, int bytes)
{
    return bytes == 2 ? v_set16(x) : v_set32(x);
}

FLYNN_UNROLLED vi larger(vi a, vi b, int bytes)
{
    return bytes == 2 ? V(max_epi16)(a, b) : V(max_epi32)(a, b);
}

FLYNN_UNROLLED vi less_one(vi a, int bytes)
{
    return bytes == 2 ? V(sub_epi16)(a, set(4, bytes)) : V(sub_epi32)(a, set(4, bytes));
}

/* Masks of a vector of pixels: peaks above `low`, and those above `high`. The magnitude of v is above that of another
 * one where v & ~3 is above the other, and not below where it is above the other less 4. */
struct peaks {
    vi weak, strong;
};

FLYNN_UNROLLED struct peaks suppress(const uint8_t *up, const uint8_t *row, const uint8_t *down, vi low, vi high,
                                     int bytes)
{
    vi v = v_load(row), way = v_and(v, set(3, bytes)), m = v_xor(v, way);
    vi upright = larger(v_load(up), less_one(v_load(down), bytes), bytes);
    vi level = larger(v_load(row - bytes), less_one(v_load(row + bytes), bytes), bytes);
    vi falling = larger(v_load(up - bytes), v_load(down + bytes), bytes);
    vi rising = larger(v_load(up + bytes), v_load(down - bytes), bytes);
    vi straight = v_choose(above(set(FLYNN_CANNY_DOWN, bytes), way, bytes), upright, level);
    vi diagonal = v_choose(above(way, set(FLYNN_CANNY_FALLING, bytes), bytes), falling, rising);
    vi beside = v_choose(above(set(FLYNN_CANNY_FALLING, bytes), way, bytes), diagonal, straight);
    return (struct peaks){above(m, larger(beside, low, bytes), bytes), above(m, larger(beside, high, bytes), bytes)};
}

/* One bit for each byte of a mask. */
FLYNN_UNROLLED uint64_t to_bits(vi mask)
{
#if defined(FLYNN_ISA_AVX512)
    return simde_mm512_movepi8_mask(mask);
#else
    return (uint32_t)V(movemask_epi8)(mask);
#endif
}

/* Masks of two vectors as one, with samples of half the size. */
FLYNN_UNROLLED vi narrow(vi a, vi b, int bytes)
{
    return v_packed_order(bytes == 2 ? V(packs_epi16)(a, b) : V(packs_epi32)(a, b));
}

/* One bit for each of VEC pixels. */
FLYNN_UNROLLED uint64_t narrow_to_bits(const vi *mask, int bytes)
{
    if (bytes == 2)
        return to_bits(narrow(mask[0], mask[1], 2));
    return to_bits(narrow(narrow(mask[0], mask[1], 4), narrow(mask[2], mask[3], 4), 2));
}

/* Whether any of 64 pixels, of which `width` are in the row, is above `low`. */
FLYNN_UNROLLED bool any_above(const uint8_t *row, int width, vi low, int bytes)
{
    vi any = above(v_load(row), low, bytes);
    for (int x = VEC / bytes; x < 64 && x < width; x += VEC / bytes)
        any = v_or(any, above(v_load(row + x * bytes), low, bytes));
    return to_bits(any) != 0;
}

/* Rows are padded, so that a vector that begins in the row can be read; one that does not is read at its beginning. */
FLYNN_UNROLLED void suppress_row(const struct flynn_call *call, int r, int most, int bytes)
{
    const uint8_t *up = call->in[r], *row = call->in[r + 1], *down = call->in[r + 2];
    const int32_t *k = call->stage->k;
    const vi low = set(4 * (k[0] < most ? k[0] : most) + 3, bytes),
             high = set(4 * (k[1] < most ? k[1] : most) + 3, bytes);
    int width = call->stage->in.width, words = flynn_canny_words(width);
    uint64_t *weak = call->out[r], *strong = weak + words;
    for (int i = 0; i < words; i++) {
        const int left = width - i * 64;
        uint64_t bits[2] = {0, 0};
        int parts = any_above(row + i * 64 * bytes, left, low, bytes) ? (left < 64 ? left : 64) : 0;
        for (int part = 0; part < parts; part += VEC) {
            vi masks[2][4];
            for (int j = 0; j < bytes; j++) {
                int x = part + j * (VEC / bytes), at = (i * 64 + (x < left ? x : part)) * bytes;
                struct peaks peaks = suppress(up + at, row + at, down + at, low, high, bytes);
                masks[0][j] = peaks.weak;
                masks[1][j] = peaks.strong;
            }
            bits[0] |= narrow_to_bits(masks[0], bytes) << part;
            bits[1] |= narrow_to_bits(masks[1], bytes) << part;
        }
        uint64_t in_row = left < 64 ? ~(UINT64_MAX << left) : UINT64_MAX;
        weak[i] = bits[0] & in_row;
        strong[i] = bits[1] & in_row;
    }
}

/* Magnitudes are at most 2040, and squares of them at most 2 * 1020 * 1020. */
static void suppress_u16(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++)
        suppress_row(call, r, 2047, 2);
}

static void suppress_u32(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++)
        suppress_row(call, r, 1 << 21, 4);
}

/* ---- bytes of bits ----------------------------------------------------------------------------------------------- */

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
    for (int r = 0; r < call->rows; r++) {
        const uint64_t *bits = call->in[r];
        uint8_t *out = call->out[r];
        int x = 0;
        for (; x + VEC <= call->width; x += VEC)
            v_store(out + x, to_bytes(bits[x / 64] >> (x & 63)));
        if (x < call->width)
            v_store_n(out + x, to_bytes(bits[x / 64] >> (x & 63)), (size_t)(call->width - x));
    }
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(canny);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(canny) = {
    .fn = {[0] = {[FLYNN_U8] = gradient_l1},
           [1] = {[FLYNN_U8] = gradient_l2},
           [2] = {[FLYNN_U16] = suppress_u16, [FLYNN_U32] = suppress_u32},
           [4] = {[FLYNN_U8] = expand}},
};
