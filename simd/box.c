/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/narrow.h"
#include "core/box.h"
#include "simd/prefix.h"

/* The stages and their state are described in cpu/box.c, the one of bytes in core/box.h. */

/* ---- bytes: what boxes gain -------------------------------------------------------------------------------------- */

/* Rows that go side by side: the bytes that come to the columns' sums and those that leave them. */
struct gain {
    const uint8_t *come[W_LANES], *leave[W_LANES];
    const uint8_t *next[W_LANES], *out[W_LANES]; /**< rows that are wanted soon: to read, and to write */
    uint8_t fill_come, fill_leave;               /**< outside, for a constant border */
};

/* Prefix sums of n pairs of bytes go on at entry `at`. Reading and writing take turns here, too short for the processor
 * to foresee them: the rows that come next are asked for while there is much to compute. */
FLYNN_UNROLLED void prefix_gain(const struct flynn_call *call, const struct gain *gain, int at, int n, int c)
{
    const uint8_t *come0 = gain->come[0], *come1 = gain->come[W_LANES - 1], *leave0 = gain->leave[0],
                  *leave1 = gain->leave[W_LANES - 1];
    uint16_t *const to[2] = {box_prefix(call, 0) + at, box_prefix(call, 1) + at};
    wi turn = prefix_turn(c), sum = w_load_rows((const uint8_t *)(to[0] - 8), (const uint8_t *)(to[W_LANES - 1] - 8));
    for (int i = 0; i < n; i += 16) {
        for (int k = 0; i % 64 == 0 && k < W_LANES; k++) {
            __builtin_prefetch(gain->next[k] + i);
            __builtin_prefetch(gain->out[k] + i, 1);
        }
        wi come = w_load_rows(come0 + i, come1 + i), leave = w_load_rows(leave0 + i, leave1 + i), low, high;
        prefix_differences(come, leave, &low, &high);
        low = prefix_on(low, sum, turn, c);
        sum = high = prefix_on(high, low, turn, c);
        prefix_store(to, i, low, high);
    }
}

/* Whole pixels in the opposite order, from the end of 16 bytes on. */
FLYNN_UNROLLED simde__m128i mirrored(const uint8_t *end, int c)
{
#if W_SHUFFLES
    uint8_t from[16];
    for (int i = 0; i < 16; i++)
        from[i] = (uint8_t)(i / c < 16 / c ? 16 - (i / c + 1) * c + i % c : 128);
    return simde_mm_shuffle_epi8(w_load16(end - 16), w_load16(from));
#else
    (void)c;
    return w_load16(end - 16);
#endif
}

/* The columns [first, last) of the border, behind the n bytes that are there already; up to a byte more is written.
 * Where they mirror the row, as many go at a time as a vector has. */
FLYNN_UNROLLED int gather(const struct flynn_stage *stage, const uint8_t *row, uint8_t fill, int first, int last,
                          uint8_t *to, int n, int c)
{
    const int32_t *from = (const int32_t *)stage->table[0].data + first, origin = stage->k[11];
    const int count = last - first, many = 16 / c, end = n + count * c;
    if (W_SHUFFLES && count >= many && from[0] - from[1] == 1 && from[0] - from[count - 1] == count - 1 &&
        (from[count - many] - origin + 1) * c >= 16) {
        for (int j = 0; j < count; j = v_advance(j, many, count))
            w_store16(to + n + j * c, mirrored(row + (ptrdiff_t)(from[j] - origin + 1) * c, c));
        return end;
    }
    for (; n < end; n += c, from++) {
        int at = *from - origin;
        if (*from < 0)
            memset(to + n, fill, (size_t)c);
        else if (c == 3 && at < stage->in.width - 1)
            memcpy(to + n, row + (ptrdiff_t)at * c, 4); /* one move rather than two */
        else
            memcpy(to + n, row + (ptrdiff_t)at * c, (size_t)c);
    }
    return end;
}

/* One end of the rows: their bytes from `rest` on, and border columns [first, last). */
FLYNN_UNROLLED int gather_end(const struct flynn_call *call, const struct gain *from, struct gain *end, int rest,
                              int first, int last, int c)
{
    const struct flynn_stage *stage = call->stage;
    int n = 0, bytes = stage->in.width * c - rest;
    for (int r = 0; r < W_LANES; r++) {
        uint8_t *come = box_end(call, 2 * r), *leave = box_end(call, 2 * r + 1);
        memcpy(come, from->come[r] + rest, (size_t)bytes);
        memcpy(leave, from->leave[r] + rest, (size_t)bytes);
        n = gather(stage, from->come[r], from->fill_come, first, last, come, bytes, c);
        gather(stage, from->leave[r], from->fill_leave, first, last, leave, bytes, c);
        end->come[r] = come;
        end->leave[r] = leave;
    }
    return n;
}

/* The row itself is read where it is, but for the bytes at its end that make no vector. */
FLYNN_UNROLLED void prefix_rows(const struct flynn_call *call, const struct gain *gain, int c)
{
    const struct flynn_stage *stage = call->stage;
    int left = stage->k[4], samples = stage->in.width * c, whole = samples / 16 * 16, at = c;
    struct gain end = *gain;
    int n = gather_end(call, gain, &end, samples, 0, left, c);
    prefix_gain(call, &end, at, n, c);
    at += n;
    prefix_gain(call, gain, at, whole, c);
    at += whole;
    n = gather_end(call, gain, &end, whole, left, left + stage->k[12], c);
    prefix_gain(call, &end, at, n, c);
}

static void prefix(const struct flynn_call *call, const struct gain *gain)
{
    switch (call->stage->in.channels) {
    case 1:
        prefix_rows(call, gain, 1);
        break;
    case 2:
        prefix_rows(call, gain, 2);
        break;
    case 3:
        prefix_rows(call, gain, 3);
        break;
    default:
        prefix_rows(call, gain, 4);
    }
}

/* ---- bytes: sums and quotients ----------------------------------------------------------------------------------- */

/* What the loops below need of a call; what lies behind pointers might change whenever a row is written. */
struct lines {
    const uint16_t *prefix[BOX_ROWS];
    uint8_t *out[BOX_ROWS]; /**< NULL where only the sums are wanted */
    void *sums;
    vi magic;           /**< see product16 */
    simde__m128i shift; /**< see product16 */
    int samples, c, reach;
};

FLYNN_UNROLLED struct lines lines_of(const struct flynn_call *call, uint8_t *const *out, int rows)
{
    const struct flynn_stage *stage = call->stage;
    int c = stage->in.channels;
    struct lines lines = {.sums = box_sums(call), .magic = v_set16(stage->k[6]), .c = c};
    lines.shift = simde_mm_cvtsi32_si128(stage->k[7]);
    lines.samples = stage->out.width * c;
    lines.reach = stage->k[0] * c;
    for (int r = 0; r < rows; r++) {
        lines.prefix[r] = box_prefix(call, r) + stage->k[10] * c;
        lines.out[r] = out ? out[r] : NULL;
    }
    return lines;
}

/* What the boxes of a vector of samples gain, if they are at most 128 wide. */
static inline vi gained(const uint16_t *prefix, int reach)
{
    return V(sub_epi16)(v_load(prefix + reach), v_load(prefix));
}

static inline vi product16(const struct lines *lines, vi v)
{
    return V(srl_epi16)(V(mulhi_epu16)(v, lines->magic), lines->shift);
}

FLYNN_UNROLLED void means_16(const struct flynn_call *call, uint8_t *const *out, int rows)
{
    struct lines lines = lines_of(call, out, rows);
    uint16_t *sum = lines.sums;
    for (int i = 0; i < lines.samples; i += VEC) {
        vi a = v_load(sum + i), b = v_load(sum + i + VEC / 2);
        for (int r = 0; r < rows; r++) {
            a = V(add_epi16)(a, gained(lines.prefix[r] + i, lines.reach));
            b = V(add_epi16)(b, gained(lines.prefix[r] + i + VEC / 2, lines.reach));
            vi packed = V(packus_epi16)(product16(&lines, a), product16(&lines, b));
            if (out)
                v_store_row(lines.out[r], i, lines.samples, 1, v_packed_order(packed));
        }
        v_store(sum + i, a);
        v_store(sum + i + VEC / 2, b);
    }
}

/* Quotients are kept in the order in which they are packed. */
FLYNN_UNROLLED void means_rest(const struct flynn_call *call, uint8_t *const *out, int rows)
{
    const struct flynn_stage *stage = call->stage;
    struct lines lines = lines_of(call, out, rows);
    uint16_t *rest = lines.sums;
    uint8_t *mean = (uint8_t *)(rest + box_line(stage));
    vi raised = v_set16(stage->k[9]), area = v_set16(stage->k[2]);
    for (int i = 0; i < lines.samples; i += VEC) {
        vi half[2] = {v_load(rest + i), v_load(rest + i + VEC / 2)}, q = v_load(mean + i);
        for (int r = 0; r < rows; r++) {
            vi change[2];
            for (int j = 0; j < 2; j++) {
                half[j] = V(add_epi16)(half[j], gained(lines.prefix[r] + i + j * VEC / 2, lines.reach));
                change[j] = V(sub_epi16)(product16(&lines, half[j]), raised);
                half[j] = V(sub_epi16)(half[j], V(mullo_epi16)(change[j], area));
            }
            q = V(add_epi8)(q, V(packs_epi16)(change[0], change[1]));
            if (out)
                v_store_row(lines.out[r], i, lines.samples, 1, v_packed_order(q));
        }
        v_store(rest + i, half[0]);
        v_store(rest + i + VEC / 2, half[1]);
        v_store(mean + i, q);
    }
}

/* Sums of 32 bits, of the even and of the odd samples of a vector. */
struct halves {
    vi even, odd;
};

static inline void gain_32(struct halves *sum, const uint16_t *prefix, int reach, int most)
{
    for (int x = 0; x < reach; x += most) {
        vi d = gained(prefix + x, reach - x < most ? reach - x : most);
        sum->even = V(add_epi32)(sum->even, V(srai_epi32)(V(slli_epi32)(d, 16), 16));
        sum->odd = V(add_epi32)(sum->odd, V(srai_epi32)(d, 16));
    }
}

/* Where floats alone do not tell, they are one off at most. */
FLYNN_UNROLLED vi quotient(vi sum, vf inverse, vi area, bool off)
{
    vi q = V(cvttps_epi32)(V(mul_ps)(V(cvtepi32_ps)(sum), inverse));
    if (!off)
        return q;
    vi rest = V(sub_epi32)(sum, V(mullo_epi32)(q, area));
    vi less = v_gt_i32(v_zero(), rest), more = v_andnot(v_gt_i32(area, rest), v_set32(-1));
    return V(sub_epi32)(V(add_epi32)(q, less), more);
}

FLYNN_UNROLLED void means_32(const struct flynn_call *call, uint8_t *const *out, int rows, bool off)
{
    struct lines lines = lines_of(call, out, rows);
    struct halves *sum = lines.sums;
    vf inverse = V(set1_ps)(call->stage->f[0]);
    vi area = v_set32(call->stage->k[2]);
    for (int i = 0; i < lines.samples; i += VEC, sum += 2) {
        struct halves half[2] = {sum[0], sum[1]};
        for (int r = 0; r < rows; r++) {
            vi q[2];
            for (int j = 0; j < 2; j++) {
                gain_32(&half[j], lines.prefix[r] + i + j * VEC / 2, lines.reach, 128 * lines.c);
                q[j] = v_or(quotient(half[j].even, inverse, area, off),
                            V(slli_epi32)(quotient(half[j].odd, inverse, area, off), 16));
            }
            if (out)
                v_store_row(lines.out[r], i, lines.samples, 1, v_packed_order(V(packus_epi16)(q[0], q[1])));
        }
        sum[0] = half[0];
        sum[1] = half[1];
    }
}

/* Go on by `rows` rows, whose prefix sums are there; out: NULL where only the sums are wanted. */
FLYNN_UNROLLED void means(const struct flynn_call *call, uint8_t *const *out, int rows)
{
    switch (call->stage->k[5]) {
    case BOX_16:
        means_16(call, out, rows);
        break;
    case BOX_REST:
        means_rest(call, out, rows);
        break;
    case BOX_32:
        means_32(call, out, rows, false);
        break;
    default:
        means_32(call, out, rows, true);
    }
}

/* The sums of a box above the strip's first: all its rows but the first come from nothing. */
static void start(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int samples = stage->in.width * stage->in.channels, bits16 = stage->k[5] == BOX_16 || stage->k[5] == BOX_REST;
    int first = stage->k[3] + (stage->k[5] == BOX_REST ? stage->k[9] * stage->k[2] : 0);
    int all = (samples + VEC - 1) / VEC * VEC; /* sums of 32 bits stand in another order in each group of VEC */
    for (int i = 0; i < all; i += VEC / 4) {
        if (bits16)
            v_store((uint16_t *)box_sums(call) + i, v_set16(first));
        else
            v_store((uint32_t *)box_sums(call) + i, v_set32(first));
    }
}

/* One step: rows come[0..rows) and leave[0..rows). */
FLYNN_UNROLLED void step(const struct flynn_call *call, const void *const *come, const void *const *leave,
                         uint8_t *const *out, int rows)
{
    const uint8_t *const *in = (const uint8_t *const *)call->in + call->stage->k[1];
    ptrdiff_t apart = in[0] - in[-1];
    struct gain gain = {.fill_come = (uint8_t)call->stage->k[8], .fill_leave = leave ? (uint8_t)call->stage->k[8] : 0};
    for (int k = 0; k < W_LANES; k++) {
        gain.come[k] = come[k % rows];
        gain.leave[k] = leave ? leave[k % rows] : box_zeros(call);
        gain.next[k] = gain.come[k] + rows * apart;
        gain.out[k] = out ? out[k % rows] : gain.leave[k];
    }
    prefix(call, &gain);
    means(call, out, rows);
}

static void box_u8(const struct flynn_call *call)
{
    struct box_state *state = call->state;
    int tall = call->stage->k[1], r = 0;
    if (!state->started) {
        start(call);
        for (; r + W_LANES <= tall; r += W_LANES)
            step(call, call->in + r, NULL, NULL, W_LANES);
        for (; r < tall; r++)
            step(call, call->in + r, NULL, NULL, 1);
    }
    state->started = 1;
    uint8_t *const *out = (uint8_t *const *)call->out;
    for (r = 0; r + W_LANES <= call->rows; r += W_LANES)
        step(call, call->in + r + tall, call->in + r, out + r, W_LANES);
    for (; r < call->rows; r++)
        step(call, call->in + r + tall, call->in + r, out + r, 1);
}

/* ---- u16: down --------------------------------------------------------------------------------------------------- */

struct columns {
    int32_t started, unused[15];
};

static inline vi widen16(const uint16_t *p)
{
#if defined(FLYNN_ISA_AVX512)
    return simde_mm512_cvtepu16_epi32(simde_mm256_loadu_si256((const void *)p));
#elif defined(FLYNN_ISA_AVX2)
    return simde_mm256_cvtepu16_epi32(simde_mm_loadu_si128((const void *)p));
#else
    return simde_mm_unpacklo_epi16(simde_mm_loadl_epi64((const void *)p), v_zero());
#endif
}

static void start_u16(const struct flynn_call *call, int samples, uint32_t *sum)
{
    for (int k = 0; k < call->stage->k[1] - 1; k++) {
        const uint16_t *in = call->in[k];
        int i = 0;
        for (; i + VEC / 4 <= samples; i += VEC / 4)
            v_store(sum + i, V(add_epi32)(v_load(sum + i), widen16(in + i)));
        for (; i < samples; i++)
            sum[i] += in[i];
    }
}

static void down_u16(const struct flynn_call *call)
{
    int samples = call->width * call->stage->in.channels, rows = call->rows, i = 0;
    const void *const *first = call->in, *const *last = call->in + call->stage->k[1] - 1;
    struct columns *state = call->state;
    uint32_t *sum = (uint32_t *)(state + 1);
    if (!state->started)
        start_u16(call, samples, sum);
    state->started = 1;
    for (; i + VEC / 4 <= samples; i += VEC / 4) {
        vi a = v_load(sum + i);
        for (int r = 0; r < rows; r++) {
            a = V(add_epi32)(a, widen16((const uint16_t *)last[r] + i));
            v_store((uint32_t *)call->out[r] + i, a);
            a = V(sub_epi32)(a, widen16((const uint16_t *)first[r] + i));
        }
        v_store(sum + i, a);
    }
    for (; i < samples; i++) {
        for (int r = 0; r < rows; r++) {
            uint32_t s = sum[i] + ((const uint16_t *)last[r])[i];
            ((uint32_t *)call->out[r])[i] = s;
            sum[i] = s - ((const uint16_t *)first[r])[i];
        }
    }
}

/* ---- u16: across ------------------------------------------------------------------------------------------------- */

#define ACROSS_PIXELS 64 /* pixels whose sums wait for the division */

/* Half a unit above the sum, the float's error of less than 2^-35 never reaches the next quotient: that is at least
 * half of 1 / area away, and an area is below 2^24. The compiler makes vectors of the loop that divides. */
FLYNN_UNROLLED void divide_u16(const double *sum, double inverse, uint16_t *out, int n)
{
    for (int i = 0; i < n; i++)
        out[i] = (uint16_t)(int32_t)((sum[i] + 0.5) * inverse);
}

FLYNN_UNROLLED void across_row_u16(const struct flynn_stage *stage, const uint32_t *in, uint16_t *out, int samples,
                                   int c)
{
    const uint32_t *come = in + (ptrdiff_t)(stage->k[0] - 1) * c;
    const double inverse = 1.0 / stage->k[2];
    int64_t sum[FLYNN_MAX_CHANNELS];
    for (int k = 0; k < c; k++) {
        sum[k] = stage->k[3];
        for (const uint32_t *p = in + k; p < come; p += c)
            sum[k] += *p;
    }
    for (int x = 0; x < samples; x += ACROSS_PIXELS * c) {
        double line[ACROSS_PIXELS * FLYNN_MAX_CHANNELS];
        int n = samples - x < ACROSS_PIXELS * c ? samples - x : ACROSS_PIXELS * c;
        for (int i = 0; i < n; i += c) {
            for (int k = 0; k < c; k++) {
                sum[k] += come[x + i + k];
                line[i + k] = (double)sum[k];
                sum[k] -= in[x + i + k];
            }
        }
        divide_u16(line, inverse, out + x, n);
    }
}

static void across_u16(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int c = stage->in.channels, samples = call->width * c;
    for (int r = 0; r < call->rows; r++) {
        const uint32_t *in = (const uint32_t *)call->in[r] - stage->left * c;
        switch (c) {
        case 1:
            across_row_u16(stage, in, call->out[r], samples, 1);
            break;
        case 2:
            across_row_u16(stage, in, call->out[r], samples, 2);
            break;
        case 3:
            across_row_u16(stage, in, call->out[r], samples, 3);
            break;
        default:
            across_row_u16(stage, in, call->out[r], samples, 4);
        }
    }
}

/* ---- f32 --------------------------------------------------------------------------------------------------------- */

/* Vectors [i, i + VEC / 4) of `count` rows, or of places that are `apart` samples from each other in one. */
static inline vf sum_rows(const void *const *row, int count, int i)
{
    vf sum = vf_load((const float *)row[0] + i);
    for (int k = 1; k < count; k++)
        sum = V(add_ps)(sum, vf_load((const float *)row[k] + i));
    return sum;
}

static inline vf sum_apart(const float *in, int count, int apart)
{
    vf sum = vf_load(in);
    for (int k = 1; k < count; k++)
        sum = V(add_ps)(sum, vf_load(in + (ptrdiff_t)k * apart));
    return sum;
}

static void down_f32(const struct flynn_call *call)
{
    int samples = call->width * call->stage->in.channels, tall = call->stage->k[1];
    for (int r = 0; r < call->rows; r++) {
        float *out = call->out[r];
        int i = 0;
        for (; i + VEC / 4 <= samples; i += VEC / 4)
            vf_store(out + i, sum_rows(call->in + r, tall, i));
        for (; i < samples; i++) {
            out[i] = ((const float *)call->in[r])[i];
            for (int k = 1; k < tall; k++)
                out[i] += ((const float *)call->in[r + k])[i];
        }
    }
}

static void across_f32(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int c = stage->in.channels, samples = call->width * c;
    vf scale = V(set1_ps)(stage->f[0]);
    for (int r = 0; r < call->rows; r++) {
        const float *in = (const float *)call->in[r] - stage->left * c;
        for (int i = 0; i < samples; i = v_advance(i, VEC / 4, samples))
            v_store_row(call->out[r], i, samples, 4, V_AS_I(V(mul_ps)(sum_apart(in + i, stage->k[0], c), scale)));
    }
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(box);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(box) = {
    .fn = {{[FLYNN_U8] = box_u8, [FLYNN_U16] = down_u16, [FLYNN_F32] = down_f32},
           {[FLYNN_U16] = across_u16, [FLYNN_F32] = across_f32}},
};
