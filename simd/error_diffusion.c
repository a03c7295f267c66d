/* SPDX-License-Identifier: Apache-2.0 */
#include "core/error_diffusion.h"
#include "simd/tiles.h"
#include "simd/wide_point.h"

#include <assert.h>

/* Rows in lanes, each LAG pixels behind the one above, so that what a sample needs of its neighbours is done when its
 * turn comes. In step t lane i makes the sample t - i * LAG * channels of its row; a tile is 16 steps of all lanes.
 *
 * Bands of rows follow each other: what the last row of a band was off is what the first of the next one needs. It lies
 * in the output, in the place of that next row until this is made: less 1 it fits the samples' type. Members of a team
 * take the bands in turn, each two phases behind the one before. */

#define LAG   3
#define STEPS 16
#define ALONE 49152 /* samples that are not worth a team's waiting */

enum kind { BYTES_2, BYTES, WORDS, FLOATS };

/* What lanes keep from tile to tile. off[k]: what they were off in step k - channels of the tile; next[k]: the same of
 * the lanes above, of step k - 4 * channels. */
struct lanes {
    wi off[STEPS + 4], next[STEPS + 16];
};

static_assert(sizeof(struct lanes) <= FLYNN_DIFFUSION_SCRATCH, "scratch memory");
static_assert(WIDE / 2 <= FLYNN_DIFFUSION_BELOW, "the highest band");

struct band {
    const struct flynn_call *call;
    struct lanes *lanes;
    int y, rows, channels, samples, lag; /* lag: in samples */
    const void *above;                   /* what the row above was off; NULL: nothing */
    const uint8_t *in[WIDE / 2];         /* bytes: where the lanes' rows are in step 0 */
    uint8_t *out[WIDE / 2];
};

struct levels {
    wi most, step;
    wf most_float;
};

FLYNN_UNROLLED int lane_count(enum kind kind)
{
    return kind <= BYTES ? WIDE / 2 : WIDE / 4;
}

/* Bytes of b where mask is all ones, bytes of a where it is 0. */
static inline wi w_select(wi mask, wi a, wi b)
{
#if W_SHUFFLES
    return W(blendv_epi8)(a, b, mask);
#else
    return W_SI(or)(W_SI(and)(mask, b), W_SI(andnot)(mask, a));
#endif
}

/* ---- arithmetic -------------------------------------------------------------------------------------------------- */

/* Every lane takes the value of the one before it, the first one 0. */
FLYNN_UNROLLED wi pass_on(wi v, enum kind kind)
{
#if WIDE == 32
    wi low = W(permute2x128_si256)(v, v, 0x08);
    return kind <= BYTES ? W(alignr_epi8)(v, low, 14) : W(alignr_epi8)(v, low, 12);
#else
    return kind <= BYTES ? simde_mm_slli_si128(v, 2) : simde_mm_slli_si128(v, 4);
#endif
}

FLYNN_UNROLLED int32_t last_lane(wi v, enum kind kind)
{
#if WIDE == 32
    return kind <= BYTES ? (int16_t)simde_mm256_extract_epi16(v, 15) : simde_mm256_extract_epi32(v, 7);
#else
    return kind <= BYTES ? (int16_t)simde_mm_extract_epi16(v, 7) : simde_mm_cvtsi128_si32(simde_mm_srli_si128(v, 12));
#endif
}

/* The first lane alone. */
FLYNN_UNROLLED wi first_lane(int32_t x, enum kind kind)
{
    simde__m128i v = simde_mm_cvtsi32_si128(kind <= BYTES ? x & 0xffff : x);
#if WIDE == 32
    return simde_mm256_zextsi128_si256(v);
#else
    return v;
#endif
}

/* Bytes, in 16 bits: p + sum / 16 towards 0 is the largest of the sum rounded down, and the one rounded up where that
 * is at most p. */
FLYNN_UNROLLED wi spread_bytes(wi p, wi before, wi above, wi after, wi left)
{
    wi both = W(add_epi16)(above, after);
    wi sum = W(add_epi16)(W(add_epi16)(both, W(slli_epi16)(W(add_epi16)(both, above), 1)), before);
    wi rest = W(sub_epi16)(W(add_epi16)(sum, W(slli_epi16)(p, 4)), left), part = W(slli_epi16)(left, 3);
    wi down = W(srai_epi16)(W(add_epi16)(rest, part), 4);
    wi up = W(srai_epi16)(W(add_epi16)(W(add_epi16)(rest, w_set16(15)), part), 4);
    return W(max_epi16)(down, W(min_epi16)(up, p));
}

FLYNN_UNROLLED wi quantize_2(wi v, wi *out)
{
    wi white = W(cmpgt_epi16)(v, w_set16(128));
    wi above = W(min_epi16)(W(sub_epi16)(v, w_set16(255)), w_zero()), below = W(max_epi16)(v, w_zero());
    *out = W(srli_epi16)(white, 8);
    return w_select(white, below, above);
}

FLYNN_UNROLLED wi quantize_bytes(wi v, const struct levels *by, wi *out)
{
    v = W(min_epi16)(W(max_epi16)(v, w_zero()), w_set16(255));
    wi sum = W(add_epi16)(W(mullo_epi16)(v, by->most), w_set16(126));
    wi level = W(srli_epi16)(W(mulhi_epu16)(sum, w_set16(-32639)), 7);
    *out = W(srli_epi16)(W(add_epi16)(W(mullo_epi16)(level, by->step), w_set16(128)), 8);
    return W(sub_epi16)(v, *out);
}

FLYNN_UNROLLED wi spread_words(wi p, wi before, wi above, wi after, wi left)
{
    wi both = W(add_epi32)(above, after);
    wi sum = W(add_epi32)(W(add_epi32)(both, W(slli_epi32)(W(add_epi32)(both, above), 1)), before);
    sum = W(add_epi32)(sum, W(sub_epi32)(W(slli_epi32)(left, 3), left));
    wi up = W(srli_epi32)(W(srai_epi32)(sum, 31), 28);
    return W(add_epi32)(p, W(srai_epi32)(W(add_epi32)(sum, up), 4));
}

/* Within 0 and 65535. */
FLYNN_UNROLLED wi within_words(wi v)
{
    const wi most = w_set32(65535);
    v = W_SI(andnot)(W(srai_epi32)(v, 31), v);
    return w_select(W(cmpgt_epi32)(v, most), v, most);
}

FLYNN_UNROLLED wi quantize_words(wi v, const struct levels *by, wi *out)
{
    v = within_words(v);
    wi sum = W(add_epi32)(W(mullo_epi32)(v, by->most), w_set32(32766));
    wi level = W(srli_epi32)(W(add_epi32)(W(add_epi32)(sum, W(srli_epi32)(sum, 16)), w_set32(1)), 16);
    *out = W(srli_epi32)(W(add_epi32)(W(mullo_epi32)(level, by->step), w_set32(32768)), 16);
    return W(sub_epi32)(v, *out);
}

FLYNN_UNROLLED wf times(wi v, float by)
{
    return W(mul_ps)(W(set1_ps)(by), W_AS_F(v));
}

FLYNN_UNROLLED wi spread_floats(wi p, wi before, wi above, wi after, wi left)
{
    wf sum = W(add_ps)(W(add_ps)(W_AS_F(before), times(above, 5)), times(after, 3));
    sum = W(add_ps)(sum, times(left, 7));
    return W_AS_I(W(add_ps)(W_AS_F(p), times(W_AS_I(sum), 0.0625f)));
}

/* max and min take their second operand where one is a NaN. */
FLYNN_UNROLLED wi quantize_floats(wi bits, const struct levels *by, wi *out)
{
    wf v = W(min_ps)(W(max_ps)(W_AS_F(bits), W(set1_ps)(0.0f)), W(set1_ps)(1.0f));
    wi level = W(cvttps_epi32)(W(add_ps)(W(mul_ps)(v, by->most_float), W(set1_ps)(0.5f)));
    *out = W_AS_I(W(div_ps)(W(cvtepi32_ps)(level), by->most_float));
    return W_AS_I(W(sub_ps)(v, W_AS_F(*out)));
}

/* What v is off, and the sample that comes out. */
FLYNN_UNROLLED wi diffuse(wi p, wi before, wi above, wi after, wi left, const struct levels *by, wi *out,
                          enum kind kind)
{
    if (kind == BYTES_2)
        return quantize_2(spread_bytes(p, before, above, after, left), out);
    if (kind == BYTES)
        return quantize_bytes(spread_bytes(p, before, above, after, left), by, out);
    if (kind == WORDS)
        return quantize_words(spread_words(p, before, above, after, left), by, out);
    return quantize_floats(spread_floats(p, before, above, after, left), by, out);
}

/* ---- samples of a tile ------------------------------------------------------------------------------------------- */

FLYNN_UNROLLED size_t sample_bytes(enum kind kind)
{
    return kind <= BYTES ? 1 : kind == WORDS ? 2 : 4;
}

/* Where lane i is in step 0 of the tile that begins with step t, and which of the 16 samples from there are in the row:
 * [*first, *last). */
FLYNN_UNROLLED int place(const struct band *band, int t, int i, int *first, int *last)
{
    int at = t - i * band->lag, left = band->samples - at;
    *first = at >= 0 ? 0 : at > -STEPS ? -at : STEPS;
    *last = left < STEPS ? left : STEPS;
    return at;
}

/* v[k]: sample k of every lane, out of rows of STEPS bytes at row[i] + t. */
FLYNN_UNROLLED void transpose_bytes(const uint8_t *const *row, int t, wi v[STEPS])
{
    enum { ROWS = WIDE / 2 };
    wi q[8];
    for (int j = 0; j < 8; j++)
        q[j] = w_load_lanes(row[j] + t, row[j + ROWS - 8] - row[j]);
    tile_zip8(q, 4);
    tile_zip8(q, 2);
    tile_zip8(q, 1);
    for (int j = 0; j < 8; j++) {
        v[2 * j] = W(unpacklo_epi8)(q[j], w_zero());
        v[2 * j + 1] = W(unpackhi_epi8)(q[j], w_zero());
    }
}

/* Tiles that are not all inside of the rows go by way of a copy. */
static void load_edge(const struct band *band, int t, wi v[STEPS])
{
    uint8_t copy[WIDE / 2][STEPS] = {{0}};
    const uint8_t *row[WIDE / 2];
    for (int i = 0; i < WIDE / 2; i++) {
        int first, last;
        place(band, t, i, &first, &last);
        row[i] = copy[i];
        for (int k = first; k < last; k++)
            copy[i][k] = band->in[i][t + k];
    }
    transpose_bytes(row, 0, v);
}

static void store_edge(const struct band *band, int t, const wi v[STEPS])
{
    uint8_t copy[WIDE / 2][STEPS], *row[WIDE / 2];
    for (int i = 0; i < band->rows; i++)
        row[i] = copy[i];
    tile_store16(row, band->rows, 0, STEPS, v);
    for (int i = 0; i < band->rows; i++) {
        int first, last;
        place(band, t, i, &first, &last);
        for (int k = first; k < last; k++)
            band->out[i][t + k] = copy[i][k];
    }
}

FLYNN_UNROLLED void load_bytes(const struct band *band, int t, bool inside, wi v[STEPS])
{
    if (inside)
        transpose_bytes(band->in, t, v);
    else
        load_edge(band, t, v);
}

FLYNN_UNROLLED void store_bytes(const struct band *band, int t, bool inside, const wi v[STEPS])
{
    if (!inside)
        store_edge(band, t, v);
    else if (band->rows == WIDE / 2)
        tile_store16(band->out, WIDE / 2, t, t + STEPS, v);
    else
        tile_store16(band->out, band->rows, t, t + STEPS, v);
}

/* Wider samples go one by one into lanes of 32 bits. */
FLYNN_UNROLLED void load_wide(const struct band *band, int t, wi v[STEPS], enum kind kind)
{
    enum { ROWS = WIDE / 4 };
    uint32_t lane[STEPS][ROWS] = {{0}};
    for (int i = 0; i < band->rows; i++) {
        int first, last, at = place(band, t, i, &first, &last);
        const void *from = flynn_row(band->call->src, band->y + i);
        for (int k = first; k < last; k++)
            lane[k][i] = kind == WORDS ? ((const uint16_t *)from)[at + k] : ((const uint32_t *)from)[at + k];
    }
    memcpy(v, lane, sizeof lane);
}

FLYNN_UNROLLED void store_wide(const struct band *band, int t, const wi v[STEPS], enum kind kind)
{
    enum { ROWS = WIDE / 4 };
    uint32_t lane[STEPS][ROWS];
    memcpy(lane, v, sizeof lane);
    for (int i = 0; i < band->rows; i++) {
        int first, last, at = place(band, t, i, &first, &last);
        void *to = flynn_row(band->call->dst, band->y + i);
        for (int k = first; k < last; k++) {
            if (kind == WORDS)
                ((uint16_t *)to)[at + k] = (uint16_t)lane[k][i];
            else
                ((uint32_t *)to)[at + k] = lane[k][i];
        }
    }
}

/* ---- between bands ----------------------------------------------------------------------------------------------- */

FLYNN_UNROLLED int32_t read_off(const void *row, int i, enum kind kind)
{
    return kind <= BYTES   ? ((const int8_t *)row)[i] + 1
           : kind == WORDS ? ((const int16_t *)row)[i] + 1
                           : ((const int32_t *)row)[i];
}

/* What sample i of the row above the band was off. */
FLYNN_UNROLLED int32_t off_above(const struct band *band, int i, enum kind kind)
{
    return band->above && i < band->samples ? read_off(band->above, i, kind) : 0;
}

FLYNN_UNROLLED void keep_off(void *row, int i, int32_t off, enum kind kind)
{
    if (kind <= BYTES)
        ((int8_t *)row)[i] = (int8_t)(off - 1);
    else if (kind == WORDS)
        ((int16_t *)row)[i] = (int16_t)(off - 1);
    else
        ((int32_t *)row)[i] = off;
}

FLYNN_UNROLLED void keep_last(const struct band *band, int t, const wi *off, enum kind kind)
{
    int first, last, lanes = lane_count(kind), at = place(band, t, lanes - 1, &first, &last);
    if (band->y + lanes >= band->call->rows)
        return;
    void *row = flynn_row(band->call->dst, band->y + lanes);
    for (int k = first; k < last; k++)
        keep_off(row, at + k, last_lane(off[k], kind), kind);
}

/* Lanes below the image read its last row, and write nothing. */
FLYNN_UNROLLED void place_band(struct band *band, int y, enum kind kind)
{
    int lanes = lane_count(kind), below = band->call->rows - y;
    band->y = y;
    band->rows = below < lanes ? below : lanes;
    band->above = y > 0 ? flynn_row(band->call->dst, y) : NULL;
    for (int i = 0; i < lanes && kind <= BYTES; i++) {
        int row = y + (i < below ? i : below - 1);
        band->in[i] = (const uint8_t *)flynn_row(band->call->src, row) - (ptrdiff_t)i * band->lag;
        band->out[i] = (uint8_t *)flynn_row(band->call->dst, row) - (ptrdiff_t)i * band->lag;
    }
}

static void start_band(struct band *band, enum kind kind)
{
    int c = band->channels;
    memset(band->lanes, 0, sizeof *band->lanes);
    for (int k = c; k < 4 * c; k++)
        band->lanes->next[k] = first_lane(off_above(band, k - c, kind), kind);
}

/* ---- tiles ------------------------------------------------------------------------------------------------------- */

/* All ones in lanes that are in their rows in step t. */
FLYNN_UNROLLED wi lanes_inside(const struct band *band, int t, enum kind kind)
{
    int16_t short_lane[WIDE / 2];
    int32_t long_lane[WIDE / 4];
    for (int i = 0; i < lane_count(kind); i++) {
        bool inside = t >= i * band->lag && t - i * band->lag < band->samples;
        if (kind <= BYTES)
            short_lane[i] = inside ? -1 : 0;
        else
            long_lane[i] = inside ? -1 : 0;
    }
    return kind <= BYTES ? w_load(short_lane) : w_load(long_lane);
}

/* 16 steps. With one channel what lanes were off in the last step stays in a register. */
FLYNN_UNROLLED void tile(struct band *band, int t, const struct levels *by, bool inside, bool gray, enum kind kind)
{
    struct lanes *lanes = band->lanes;
    const int c = gray ? 1 : band->channels;
    wi in[STEPS], out[STEPS], last = lanes->off[0];
    int32_t above[STEPS];
    if (kind <= BYTES)
        load_bytes(band, t, inside, in);
    else
        load_wide(band, t, in, kind);
    bool all = inside && band->above && t + STEPS + band->lag <= band->samples;
    for (int k = 0; k < STEPS; k++)
        above[k] = all ? read_off(band->above, t + k + band->lag, kind) : off_above(band, t + k + band->lag, kind);
    for (int k = 0; k < STEPS; k++) {
        wi left = gray ? last : lanes->off[k];
        last = diffuse(in[k], lanes->next[k], lanes->next[k + c], lanes->next[k + 2 * c], left, by, &out[k], kind);
        if (!inside)
            last = W_SI(and)(last, lanes_inside(band, t + k, kind));
        lanes->off[k + c] = last;
        lanes->next[k + 4 * c] = W_SI(or)(pass_on(last, kind), first_lane(above[k], kind));
    }
    if (kind <= BYTES)
        store_bytes(band, t, inside, out);
    else
        store_wide(band, t, out, kind);
    keep_last(band, t, lanes->off + c, kind);
    memmove(lanes->off, lanes->off + STEPS, (size_t)c * sizeof(wi));
    memmove(lanes->next, lanes->next + STEPS, (size_t)(4 * c) * sizeof(wi));
}

/* Tiles [first, last) of a band. */
FLYNN_UNROLLED void tiles(struct band *band, int first, int last, const struct levels *by, bool gray, enum kind kind)
{
    if (first == 0)
        start_band(band, kind);
    for (int i = first; i < last; i++) {
        int t = i * STEPS;
        if (t >= (lane_count(kind) - 1) * band->lag && t + STEPS <= band->samples)
            tile(band, t, by, true, gray, kind);
        else
            tile(band, t, by, false, gray, kind);
    }
}

/* ---- bands of a team --------------------------------------------------------------------------------------------- */

static int divide_up(int a, int b)
{
    return (a + b - 1) / b;
}

/* A band begins a phase when the one above is a phase and its lag ahead: after two phases of it that have enough tiles.
 * The first member's next band follows the last member's. The first member does small images alone. */
FLYNN_UNROLLED void bands(const struct flynn_call *call, bool gray, enum kind kind)
{
    int lanes = lane_count(kind), c = call->src->shape.channels, count, phases, each;
    int members = (int64_t)call->width * c * call->rows < ALONE ? 1 : call->members;
    struct band band = {
        .call = call, .lanes = call->scratch, .channels = c, .samples = call->width * c, .lag = LAG * c};
    const struct levels by = {kind <= BYTES ? w_set16(call->stage->k[1]) : w_set32(call->stage->k[1]),
                              kind <= BYTES ? w_set16(call->stage->k[2]) : w_set32(call->stage->k[2]),
                              W(set1_ps)((float)call->stage->k[1])};
    if (call->member >= members)
        return;
    count = divide_up(band.samples + (lanes - 1) * band.lag, STEPS);
    each = members > 1 ? divide_up(count, 2 * members) : count;
    each = each < divide_up((lanes + 1) * band.lag, STEPS) + 1 ? divide_up((lanes + 1) * band.lag, STEPS) + 1 : each;
    phases = members > 1 && divide_up(count, each) < 2 * members ? 2 * members : divide_up(count, each);
    int rounds = divide_up(divide_up(call->rows, lanes), members);
    for (int p = 0; p < rounds * phases + 2 * (members - 1); p++) {
        int turn = p - 2 * call->member;
        int y = turn < 0 ? call->rows : (turn / phases * members + call->member) * lanes;
        if (y < call->rows) {
            int first = turn % phases * each, last = first + each;
            place_band(&band, y, kind);
            tiles(&band, first, last < count ? last : count, &by, gray, kind);
        }
        if (members > 1)
            flynn_team_wait(call);
    }
}

static void diffuse_u8(const struct flynn_call *call)
{
    bool gray = call->src->shape.channels == 1;
    if (call->stage->k[1] == 1)
        gray ? bands(call, true, BYTES_2) : bands(call, false, BYTES_2);
    else
        gray ? bands(call, true, BYTES) : bands(call, false, BYTES);
}

static void diffuse_u16(const struct flynn_call *call)
{
    bands(call, false, WORDS);
}

static void diffuse_f32(const struct flynn_call *call)
{
    bands(call, false, FLOATS);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(error_diffusion);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(error_diffusion) = {
    .fn = {{[FLYNN_U8] = diffuse_u8, [FLYNN_U16] = diffuse_u16, [FLYNN_F32] = diffuse_f32}},
};
