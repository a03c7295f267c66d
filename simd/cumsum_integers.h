/* SPDX-License-Identifier: Apache-2.0 */
/* Running sums of u8 and u16 in u32, part of simd/cumsum.c: sums modulo 2^32 may be taken in any order. */

#define INLINE static inline __attribute__((always_inline))

INLINE void put_4(uint32_t *to, simde__m128i v, bool stream)
{
    if (stream)
        simde_mm_stream_si128((void *)to, v);
    else
        w_store16(to, v);
}

INLINE simde__m128i load_4_u8(const uint8_t *p)
{
    int32_t four;
    memcpy(&four, p, sizeof four);
    simde__m128i zero = simde_mm_setzero_si128();
    return simde_mm_unpacklo_epi16(simde_mm_unpacklo_epi8(simde_mm_cvtsi32_si128(four), zero), zero);
}

INLINE simde__m128i load_4_u16(const uint16_t *p)
{
    simde__m128i four = simde_mm_loadl_epi64((const void *)p);
    return simde_mm_unpacklo_epi16(four, simde_mm_setzero_si128());
}

/* ---- along rows ------------------------------------------------------------------------------------------------- */

/* Sums on top of `total`, which is in all lanes; return the last of them in all lanes. Eight sums of u8 fit into 16
 * bits. */
INLINE simde__m128i scan_8_u8(const uint8_t *in, simde__m128i total, uint32_t *out, bool stream)
{
    simde__m128i zero = simde_mm_setzero_si128();
    simde__m128i x = simde_mm_unpacklo_epi8(simde_mm_loadl_epi64((const void *)in), zero);
    x = simde_mm_add_epi16(x, simde_mm_slli_si128(x, 2));
    x = simde_mm_add_epi16(x, simde_mm_slli_si128(x, 4));
    x = simde_mm_add_epi16(x, simde_mm_slli_si128(x, 8));
    simde__m128i low = simde_mm_unpacklo_epi16(x, zero), high = simde_mm_unpackhi_epi16(x, zero);
    put_4(out, simde_mm_add_epi32(low, total), stream);
    put_4(out + 4, simde_mm_add_epi32(high, total), stream);
    return simde_mm_add_epi32(total, simde_mm_shuffle_epi32(high, 0xff));
}

#if WIDE == 32
INLINE void put_8(uint32_t *low, uint32_t *high, simde__m256i v, bool stream)
{
    put_4(low, simde_mm256_castsi256_si128(v), stream);
    put_4(high, simde_mm256_extracti128_si256(v, 1), stream);
}

/* The same for 16, of which each lane sums up 8. */
INLINE simde__m256i scan_16_u8(const uint8_t *in, simde__m256i total, uint32_t *out, bool stream)
{
    simde__m256i zero = simde_mm256_setzero_si256(), x = simde_mm256_cvtepu8_epi16(w_load16(in));
    x = simde_mm256_add_epi16(x, simde_mm256_slli_si256(x, 2));
    x = simde_mm256_add_epi16(x, simde_mm256_slli_si256(x, 4));
    x = simde_mm256_add_epi16(x, simde_mm256_slli_si256(x, 8));
    simde__m256i low = simde_mm256_unpacklo_epi16(x, zero), high = simde_mm256_unpackhi_epi16(x, zero);
    simde__m256i sums = simde_mm256_shuffle_epi32(high, 0xff);
    simde__m256i before = simde_mm256_add_epi32(total, simde_mm256_permute2x128_si256(sums, sums, 0x08));
    put_8(out, out + 8, simde_mm256_add_epi32(low, before), stream);
    put_8(out + 4, out + 12, simde_mm256_add_epi32(high, before), stream);
    return simde_mm256_add_epi32(total, simde_mm256_add_epi32(sums, simde_mm256_permute2x128_si256(sums, sums, 0x01)));
}
#endif

INLINE simde__m128i scan_4_u16(const uint16_t *in, simde__m128i total, uint32_t *out, bool stream)
{
    simde__m128i x = load_4_u16(in);
    x = simde_mm_add_epi32(x, simde_mm_slli_si128(x, 4));
    x = simde_mm_add_epi32(x, simde_mm_slli_si128(x, 8));
    put_4(out, simde_mm_add_epi32(x, total), stream);
    return simde_mm_add_epi32(total, simde_mm_shuffle_epi32(x, 0xff));
}

INLINE void scan_u8(const uint8_t *in, uint32_t *out, int width, bool stream)
{
    simde__m128i total = simde_mm_setzero_si128();
    int x = 0;
#if WIDE == 32
    simde__m256i wide = simde_mm256_setzero_si256();
    for (; x + 16 <= width; x += 16)
        wide = scan_16_u8(in + x, wide, out + x, stream);
    total = simde_mm256_castsi256_si128(wide);
#endif
    for (; x + 8 <= width; x += 8)
        total = scan_8_u8(in + x, total, out + x, stream);
    for (uint32_t sum = (uint32_t)simde_mm_cvtsi128_si32(total); x < width; x++)
        out[x] = sum += in[x];
}

INLINE void scan_u16(const uint16_t *in, uint32_t *out, int width, bool stream)
{
    simde__m128i total = simde_mm_setzero_si128();
    int x = 0;
    for (; x + 4 <= width; x += 4)
        total = scan_4_u16(in + x, total, out + x, stream);
    for (uint32_t sum = (uint32_t)simde_mm_cvtsi128_si32(total); x < width; x++)
        out[x] = sum += in[x];
}

static void rows_u8(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++) {
        if (call->stream && (uintptr_t)call->out[r] % 16 == 0)
            scan_u8(call->in[r], call->out[r], call->width, true);
        else
            scan_u8(call->in[r], call->out[r], call->width, false);
    }
}

static void rows_u16(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++) {
        if (call->stream && (uintptr_t)call->out[r] % 16 == 0)
            scan_u16(call->in[r], call->out[r], call->width, true);
        else
            scan_u16(call->in[r], call->out[r], call->width, false);
    }
}

/* ---- down columns ----------------------------------------------------------------------------------------------- */

/* The sums of the row above, and in, to the output; and to `sum` where the output does not stay in a cache. */
INLINE void add_4(const uint32_t *above, simde__m128i in, uint32_t *sum, uint32_t *out, bool stream)
{
    simde__m128i next = simde_mm_add_epi32(w_load16(above), in);
    if (stream)
        w_store16(sum, next);
    put_4(out, next, stream);
}

#if WIDE == 32
/* The same for 8. */
INLINE void add_8(const uint32_t *above, simde__m256i in, uint32_t *sum, uint32_t *out, bool stream)
{
    simde__m256i next = simde_mm256_add_epi32(w_load(above), in);
    if (stream)
        w_store(sum, next);
    put_8(out, out + 4, next, stream);
}
#endif

INLINE void add_u8(const uint32_t *above, const uint8_t *in, uint32_t *sum, uint32_t *out, int n, bool stream)
{
    int x = 0;
#if WIDE == 32
    for (; x + 8 <= n; x += 8)
        add_8(above + x, simde_mm256_cvtepu8_epi32(simde_mm_loadl_epi64((const void *)(in + x))), sum + x, out + x,
              stream);
#endif
    for (; x + 4 <= n; x += 4)
        add_4(above + x, load_4_u8(in + x), sum + x, out + x, stream);
    for (; x < n; x++)
        sum[x] = out[x] = above[x] + in[x];
}

INLINE void add_u16(const uint32_t *above, const uint16_t *in, uint32_t *sum, uint32_t *out, int n, bool stream)
{
    int x = 0;
#if WIDE == 32
    for (; x + 8 <= n; x += 8)
        add_8(above + x, simde_mm256_cvtepu16_epi32(w_load16(in + x)), sum + x, out + x, stream);
#endif
    for (; x + 4 <= n; x += 4)
        add_4(above + x, load_4_u16(in + x), sum + x, out + x, stream);
    for (; x < n; x++)
        sum[x] = out[x] = above[x] + in[x];
}

INLINE void columns_integers(const struct flynn_call *call, bool bytes, bool stream)
{
    enum { PART_COLUMNS = PART };
    int first, last;
    cumsum_share(call, &first, &last);
    for (int x = first; x < last; x += PART_COLUMNS) {
        int n = last - x < PART_COLUMNS ? last - x : PART_COLUMNS;
        uint32_t sum[PART_COLUMNS];
        memset(sum, 0, sizeof *sum * (size_t)n);
        for (int y = 0; y < call->dst->shape.height; y++) {
            uint32_t *out = (uint32_t *)flynn_row(call->dst, y) + x;
            const uint32_t *above = stream || !y ? sum : (const uint32_t *)flynn_row(call->dst, y - 1) + x;
            if (bytes)
                add_u8(above, (const uint8_t *)flynn_row(call->src, y) + x, sum, out, n, stream);
            else
                add_u16(above, (const uint16_t *)flynn_row(call->src, y) + x, sum, out, n, stream);
        }
    }
    if (stream)
        simde_mm_sfence();
}

static void columns_u8(const struct flynn_call *call)
{
    if (streams(call))
        columns_integers(call, true, true);
    else
        columns_integers(call, true, false);
}

static void columns_u16(const struct flynn_call *call)
{
    if (streams(call))
        columns_integers(call, false, true);
    else
        columns_integers(call, false, false);
}

static inline void raise_u32(uint32_t total, const uint32_t *in, uint32_t *out, int n, bool stream)
{
    simde__m128i all = simde_mm_set1_epi32((int32_t)total);
    int x = 0;
    for (; x + 4 <= n; x += 4)
        put_4(out + x, simde_mm_add_epi32(all, w_load16(in + x)), stream);
    for (; x < n; x++)
        out[x] = total + in[x];
}

#undef INLINE
