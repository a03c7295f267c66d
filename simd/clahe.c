/* SPDX-License-Identifier: Apache-2.0 */
#include "core/clahe.h"
#include "simd/counts.h"
#include "simd/lanes.h"

/* ---- tiles ------------------------------------------------------------------------------------------------------- */

static void add_counts(uint32_t *into, const uint32_t *from)
{
    for (int v = 0; v < 256; v++)
        into[v] += from[v];
}

static void count_tile(const struct flynn_call *call, int left, int top)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *column = stage->table[0].data, *row = stage->table[1].data;
    int channels = stage->in.channels, right = left + stage->k[FLYNN_CLAHE_WIDTH];
    int inside = right < stage->in.width ? right : left < stage->in.width ? stage->in.width : left;
    uint32_t *count = call->scratch;
    memset(count, 0, flynn_clahe_scratch(&stage->in));
    for (int y = top; y < top + stage->k[FLYNN_CLAHE_HEIGHT]; y++) {
        const uint8_t *in = flynn_row(call->src, row[y]);
        count_row(in + left * channels, (inside - left) * channels, channels, count);
        for (int x = inside; x < right; x++) {
            for (int c = 0; c < channels; c++)
                count[c * COUNTS_STRIDE + in[column[x] * channels + c]]++;
        }
    }
    for (int t = channels; t < count_tables(channels); t++)
        add_counts(count + t % channels * COUNTS_STRIDE, count + t * COUNTS_STRIDE);
}

static void tiles_u8(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int columns = stage->k[FLYNN_CLAHE_COLUMNS];
    for (int tile = call->y; tile < call->y + call->rows; tile++) {
        uint8_t *out = flynn_row(call->dst, tile);
        count_tile(call, tile % columns * stage->k[FLYNN_CLAHE_WIDTH], tile / columns * stage->k[FLYNN_CLAHE_HEIGHT]);
        for (int c = 0; c < stage->in.channels; c++)
            flynn_clahe_table(stage, (uint32_t *)call->scratch + c * COUNTS_STRIDE, out + c * 256);
    }
}

/* ---- apply --------------------------------------------------------------------------------------------------------
 * What the tables of four tiles say of a vector of samples, as floats: upper left, upper right, lower left, lower
 * right.
 */

struct corners {
    vf a, b, c, d;
};

static inline vi between(struct corners k, const float *weight, vf up, vf down)
{
    vf to = vf_load(weight), from = V(sub_ps)(V(set1_ps)(1.0f), to);
    vf y0 = V(add_ps)(V(mul_ps)(k.a, from), V(mul_ps)(k.b, to));
    vf y1 = V(add_ps)(V(mul_ps)(k.c, from), V(mul_ps)(k.d, to));
    return V(cvtps_epi32)(V(add_ps)(V(mul_ps)(y0, up), V(mul_ps)(y1, down)));
}

/* ---- u8: tables of the cells between four tiles, of a word for each value, are made when a row of cells begins --- */

struct cells {
    int32_t row;        /* of cells, plus 1; 0: none yet */
    int32_t unused[15]; /* the tables are aligned like the state */
    uint32_t table[];
};

static void make_cell(uint32_t *to, const uint8_t *a, const uint8_t *b, const uint8_t *c, const uint8_t *d)
{
    for (int v = 0; v < 256; v += 16, a += 16, b += 16, c += 16, d += 16, to += 16) {
        simde__m128i a16 = simde_mm_loadu_si128((const void *)a), b16 = simde_mm_loadu_si128((const void *)b);
        simde__m128i c16 = simde_mm_loadu_si128((const void *)c), d16 = simde_mm_loadu_si128((const void *)d);
        simde__m128i ab = simde_mm_unpacklo_epi8(a16, b16), cd = simde_mm_unpacklo_epi8(c16, d16);
        simde_mm_storeu_si128((void *)to, simde_mm_unpacklo_epi16(ab, cd));
        simde_mm_storeu_si128((void *)(to + 4), simde_mm_unpackhi_epi16(ab, cd));
        ab = simde_mm_unpackhi_epi8(a16, b16), cd = simde_mm_unpackhi_epi8(c16, d16);
        simde_mm_storeu_si128((void *)(to + 8), simde_mm_unpacklo_epi16(ab, cd));
        simde_mm_storeu_si128((void *)(to + 12), simde_mm_unpackhi_epi16(ab, cd));
    }
}

static void make_cells(const struct flynn_call *call, int row, uint32_t *table)
{
    const struct flynn_stage *stage = call->stage;
    int channels = stage->in.channels, columns = stage->k[FLYNN_CLAHE_COLUMNS];
    int top = flynn_clahe_before(row) * columns;
    int bottom = flynn_clahe_after(row, stage->k[FLYNN_CLAHE_ROWS]) * columns;
    for (int cell = 0; cell <= columns; cell++) {
        int left = flynn_clahe_before(cell), right = flynn_clahe_after(cell, columns);
        const uint8_t *a = flynn_row(call->side, top + left), *b = flynn_row(call->side, top + right);
        const uint8_t *c = flynn_row(call->side, bottom + left), *d = flynn_row(call->side, bottom + right);
        for (int v = 0; v < channels * 256; v += 256, table += 256)
            make_cell(table, a + v, b + v, c + v, d + v);
    }
}

/* What the tables say of LANES samples. Those of one channel mostly lie in one cell. */
static inline vi words_u8(const uint32_t *table, const int32_t *cell, const uint8_t *in, bool gray)
{
    uint32_t word[LANES];
    const uint32_t *own = table + cell[0] * 256;
    if (gray && cell[LANES - 1] == cell[0]) {
        for (int i = 0; i < LANES; i++)
            word[i] = own[in[i]];
        return lanes_gather(word);
    }
    for (int i = 0; i < LANES; i++)
        word[i] = table[cell[i] * 256 + in[i]];
    return lanes_gather(word);
}

static inline struct corners corners_u8(vi word)
{
    const vi low = v_set32(255);
    return (struct corners){V(cvtepi32_ps)(v_and(word, low)), V(cvtepi32_ps)(v_and(V(srli_epi32)(word, 8), low)),
                            V(cvtepi32_ps)(v_and(V(srli_epi32)(word, 16), low)),
                            V(cvtepi32_ps)(V(srli_epi32)(word, 24))};
}

static void apply_u8(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    const struct flynn_clahe_place *row = stage->table[1].data;
    const int32_t *cell = stage->table[2].data;
    const float *weight = stage->table[3].data;
    int channels = stage->in.channels, alpha = stage->k[FLYNN_CLAHE_ALPHA], samples = call->width * channels;
    bool gray = channels == 1;
    struct cells *cells = call->state;
    for (int r = 0; r < call->rows; r++) {
        struct flynn_clahe_place y = row[call->y + r];
        const uint8_t *in = call->in[r];
        uint8_t *out = call->out[r];
        const vf down = V(set1_ps)(y.weight), up = V(set1_ps)(1.0f - y.weight);
        int i = 0;
        if (cells->row != y.cell + 1)
            make_cells(call, y.cell, cells->table);
        cells->row = y.cell + 1;
        for (; i + LANES <= samples; i += LANES)
            lanes_store_u8(out + i,
                           between(corners_u8(words_u8(cells->table, cell + i, in + i, gray)), weight + i, up, down));
        if (i < samples) {
            uint8_t rest[LANES] = {0}, made[LANES];
            int32_t rest_cell[LANES] = {0};
            float rest_weight[LANES] = {0};
            memcpy(rest, in + i, (size_t)(samples - i));
            memcpy(rest_cell, cell + i, (size_t)(samples - i) * sizeof *cell);
            memcpy(rest_weight, weight + i, (size_t)(samples - i) * sizeof *weight);
            lanes_store_u8(made,
                           between(corners_u8(words_u8(cells->table, rest_cell, rest, false)), rest_weight, up, down));
            memcpy(out + i, made, (size_t)(samples - i));
        }
        for (i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

/* ---- u16: straight from the tables of the tiles ------------------------------------------------------------------ */

/* Where the tables of a sample begin, from the first entry of a row of tiles. */
struct sides {
    int32_t left, right;
};

static void make_sides(const struct flynn_call *call, struct sides *at)
{
    const struct flynn_stage *stage = call->stage;
    const struct flynn_clahe_place *column = stage->table[0].data;
    int channels = stage->in.channels, columns = stage->k[FLYNN_CLAHE_COLUMNS];
    int32_t tile = (int32_t)(call->side->stride / sizeof(uint16_t));
    for (int x = 0; x < stage->in.width; x++) {
        int left = flynn_clahe_before(column[x].cell), right = flynn_clahe_after(column[x].cell, columns);
        for (int c = 0; c < channels; c++, at++)
            *at = (struct sides){left * tile + c * 65536, right * tile + c * 65536};
    }
}

static inline vi pairs(const uint16_t *tables, const struct sides *at, const uint16_t *in)
{
    uint32_t word[LANES];
    for (int i = 0; i < LANES; i++)
        word[i] = tables[at[i].left + in[i]] | (uint32_t)tables[at[i].right + in[i]] << 16;
    return lanes_gather(word);
}

static inline struct corners corners_u16(const uint16_t *top, const uint16_t *bottom, const struct sides *at,
                                         const uint16_t *in)
{
    const vi low = v_set32(65535);
    vi ab = pairs(top, at, in), cd = pairs(bottom, at, in);
    return (struct corners){V(cvtepi32_ps)(v_and(ab, low)), V(cvtepi32_ps)(V(srli_epi32)(ab, 16)),
                            V(cvtepi32_ps)(v_and(cd, low)), V(cvtepi32_ps)(V(srli_epi32)(cd, 16))};
}

static void apply_u16(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    const struct flynn_clahe_place *row = stage->table[1].data;
    const float *weight = stage->table[3].data;
    int channels = stage->in.channels, alpha = stage->k[FLYNN_CLAHE_ALPHA], samples = call->width * channels;
    int columns = stage->k[FLYNN_CLAHE_COLUMNS], rows = stage->k[FLYNN_CLAHE_ROWS];
    struct cells *state = call->state;
    struct sides *at = (struct sides *)(void *)state->table;
    if (!state->row)
        make_sides(call, at);
    state->row = 1;
    for (int r = 0; r < call->rows; r++) {
        struct flynn_clahe_place y = row[call->y + r];
        const uint16_t *in = call->in[r];
        const uint16_t *top = flynn_row(call->side, flynn_clahe_before(y.cell) * columns);
        const uint16_t *bottom = flynn_row(call->side, flynn_clahe_after(y.cell, rows) * columns);
        uint16_t *out = call->out[r];
        const vf down = V(set1_ps)(y.weight), up = V(set1_ps)(1.0f - y.weight);
        int i = 0;
        for (; i + LANES <= samples; i += LANES)
            lanes_store_u16(out + i, between(corners_u16(top, bottom, at + i, in + i), weight + i, up, down));
        if (i < samples) {
            uint16_t rest[LANES] = {0}, made[LANES];
            struct sides rest_at[LANES] = {{0, 0}};
            float rest_weight[LANES] = {0};
            memcpy(rest, in + i, (size_t)(samples - i) * sizeof *in);
            memcpy(rest_at, at + i, (size_t)(samples - i) * sizeof *at);
            memcpy(rest_weight, weight + i, (size_t)(samples - i) * sizeof *weight);
            lanes_store_u16(made, between(corners_u16(top, bottom, rest_at, rest), rest_weight, up, down));
            memcpy(out + i, made, (size_t)(samples - i) * sizeof *out);
        }
        for (i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(clahe);

/* Counting values of 16 bits is what the scalar kernel does. */
const struct flynn_kernels FLYNN_KERNELS_SYMBOL(clahe) = {
    .fn = {[FLYNN_CLAHE_TILES] = {[FLYNN_U8] = tiles_u8},
           [FLYNN_CLAHE_APPLY] = {[FLYNN_U8] = apply_u8, [FLYNN_U16] = apply_u16}},
};
