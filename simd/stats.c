/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/wide.h"

#include <math.h>
#include <stdbool.h>

/* Fields and state are described in cpu/stats.c. */
enum { ROW };
enum { SUM, SQUARES, LEAST, LEAST_X, MOST, MOST_X, FIELDS };

/* What is known of one row of a channel: the sums, and the smallest and largest sample without their places. */
struct moments {
    uint64_t sum, squares;
    uint32_t least, most;
};

/* Whether the row surpasses those before it in its strip, which are in the state from now on. */
struct surpassed {
    bool least, most;
};

static inline struct surpassed surpass(const struct flynn_call *call, int c, double least, double most)
{
    double *state = call->state, *seen = state + 1 + 2 * c;
    struct surpassed s = {state[0] == 0 || least < seen[0], state[0] == 0 || most > seen[1]};
    if (s.least)
        seen[0] = least;
    if (s.most)
        seen[1] = most;
    return s;
}

static inline void surpass_end(const struct flynn_call *call)
{
    *(double *)call->state = 1;
}

#if W_SHUFFLES
/* Where the bytes of a lane's pixels go: samples of a channel side by side. Lanes of three samples have 12 bytes. */
static inline wi channel_order(int channels, int bytes)
{
    uint8_t order[16];
    int pixels = channels == 3 ? 4 / bytes : 16 / bytes / channels;
    for (int i = 0; i < 16; i++) {
        int sample = i / bytes, c = sample / pixels, pixel = sample % pixels;
        order[i] = (uint8_t)(c < channels ? (pixel * channels + c) * bytes + i % bytes : 0x80);
    }
    return w_repeat16(order);
}

/* Add the dwords of sums to 64 bits. */
static inline void add_dwords(uint64_t *to, wi v, bool is_signed)
{
    uint32_t part[WIDE / 4];
    memcpy(part, &v, sizeof part);
    for (int i = 0; i < WIDE / 4; i++)
        to[i % 4] += is_signed ? (uint64_t)(int64_t)(int32_t)part[i] : part[i];
}

/* ---- u8 -------------------------------------------------------------------------------------------------------- */

/* Running sums of the two halves of every lane, and extremes. */
struct sums_u8 {
    wi sum[2], squares[2], least, most;
};

static inline void add_u8(struct sums_u8 *s, wi x)
{
    wi zero = W(set1_epi32)(0), ones = W(set1_epi16)(1);
    wi half[2] = {W(unpacklo_epi8)(x, zero), W(unpackhi_epi8)(x, zero)};
    for (int h = 0; h < 2; h++) {
        s->sum[h] = W(add_epi32)(s->sum[h], W(madd_epi16)(half[h], ones));
        s->squares[h] = W(add_epi32)(s->squares[h], W(madd_epi16)(half[h], half[h]));
    }
    s->least = W(min_epu8)(s->least, x);
    s->most = W(max_epu8)(s->most, x);
}

/* Blocks of pixels before the dwords could overflow. */
enum { BLOCKS_U8 = 16384, BLOCKS_U16 = 16384 };

/* Sums by the place in a lane: bytes 2 * i and 2 * i + 1. Returns the bytes of the row that are done. */
static inline size_t places_u8(const uint8_t *in, size_t bytes, int channels, uint64_t sum[8], uint64_t squares[8],
                               uint8_t least[16], uint8_t most[16])
{
    const size_t lane = channels == 3 ? 12 : 16, block = lane * W_LANES;
    const wi order = channel_order(channels, 1), zero = W(set1_epi32)(0);
    struct sums_u8 s = {.least = W(set1_epi8)(-1), .most = zero};
    size_t at = 0;
    while (at + block + 16 - lane <= bytes) {
        s.sum[0] = s.sum[1] = s.squares[0] = s.squares[1] = zero;
        for (int b = 0; b < BLOCKS_U8 && at + block + 16 - lane <= bytes; b++, at += block)
            add_u8(&s, W(shuffle_epi8)(w_load_lanes(in + at, (ptrdiff_t)lane), order));
        for (int h = 0; h < 2; h++) {
            add_dwords(sum + 4 * h, s.sum[h], false);
            add_dwords(squares + 4 * h, s.squares[h], false);
        }
    }
    uint8_t low[WIDE], high[WIDE];
    w_store(low, s.least);
    w_store(high, s.most);
    for (int i = 0; i < WIDE; i++) {
        least[i % 16] = low[i] < least[i % 16] ? low[i] : least[i % 16];
        most[i % 16] = high[i] > most[i % 16] ? high[i] : most[i % 16];
    }
    return at;
}

static inline void row_u8_moments(const uint8_t *in, size_t bytes, int channels, struct moments *m)
{
    const int per = channels == 1 ? 16 : channels == 2 ? 8 : 4; /* bytes of a lane that a channel has */
    uint64_t sum[8] = {0}, squares[8] = {0};
    uint8_t least[16], most[16] = {0};
    memset(least, 255, sizeof least);
    size_t at = places_u8(in, bytes, channels, sum, squares, least, most);
    for (int c = 0; c < channels; c++) {
        m[c] = (struct moments){0, 0, 255, 0};
        for (int i = c * per; i < (c + 1) * per; i++) {
            m[c].sum += i % 2 ? 0 : sum[i / 2];
            m[c].squares += i % 2 ? 0 : squares[i / 2];
            m[c].least = least[i] < m[c].least ? least[i] : m[c].least;
            m[c].most = most[i] > m[c].most ? most[i] : m[c].most;
        }
        for (size_t i = at + (size_t)c; i < bytes; i += (size_t)channels) {
            m[c].sum += in[i];
            m[c].squares += (uint32_t)in[i] * in[i];
            m[c].least = in[i] < m[c].least ? in[i] : m[c].least;
            m[c].most = in[i] > m[c].most ? in[i] : m[c].most;
        }
    }
}

static inline int find_u8(const uint8_t *in, int channels, uint32_t value)
{
    int x = 0;
    while (in[(size_t)x * (size_t)channels] != value)
        x++;
    return x;
}

static void row_u8(const struct flynn_call *call)
{
    const struct flynn_shape *shape = &call->stage->in;
    int channels = shape->channels;
    size_t bytes = (size_t)shape->width * (size_t)channels;
    struct moments m[4];
    double *out = call->out[0];
    switch (channels) {
    case 1:
        row_u8_moments(call->in[0], bytes, 1, m);
        break;
    case 2:
        row_u8_moments(call->in[0], bytes, 2, m);
        break;
    case 3:
        row_u8_moments(call->in[0], bytes, 3, m);
        break;
    default:
        row_u8_moments(call->in[0], bytes, 4, m);
    }
    for (int c = 0; c < channels; c++, out += FIELDS) {
        const uint8_t *in = (const uint8_t *)call->in[0] + c;
        struct surpassed s = surpass(call, c, m[c].least, m[c].most);
        out[SUM] = (double)m[c].sum;
        out[SQUARES] = (double)m[c].squares;
        out[LEAST] = m[c].least;
        out[LEAST_X] = s.least ? find_u8(in, channels, m[c].least) : 0;
        out[MOST] = m[c].most;
        out[MOST_X] = s.most ? find_u8(in, channels, m[c].most) : 0;
    }
    surpass_end(call);
}

/* ---- u16: samples less 32768, which fit the signed multiplication ----------------------------------------------- */

struct sums_u16 {
    wi sum, squares[2], least, most;
};

static inline void add_u16(struct sums_u16 *s, wi x)
{
    wi zero = W(set1_epi32)(0), square = W(madd_epi16)(x, x);
    s->sum = W(add_epi32)(s->sum, W(madd_epi16)(x, W(set1_epi16)(1)));
    s->squares[0] = W(add_epi64)(s->squares[0], W(unpacklo_epi32)(square, zero));
    s->squares[1] = W(add_epi64)(s->squares[1], W(unpackhi_epi32)(square, zero));
    s->least = W(min_epi16)(s->least, x);
    s->most = W(max_epi16)(s->most, x);
}

/* Pixels of three samples leave the last quarter of a lane 0 before the change of sign, which nothing looks at. */
static inline size_t places_u16(const uint8_t *in, size_t bytes, int channels, uint64_t sum[4], uint64_t squares[4],
                                int16_t least[8], int16_t most[8])
{
    const size_t lane = channels == 3 ? 12 : 16, block = lane * W_LANES;
    const wi order = channel_order(channels, 2), zero = W(set1_epi32)(0), sign = W(set1_epi16)(-32768);
    struct sums_u16 s = {.squares = {zero, zero}, .least = W(set1_epi16)(32767), .most = sign};
    size_t at = 0;
    while (at + block + 16 - lane <= bytes) {
        s.sum = zero;
        for (int b = 0; b < BLOCKS_U16 && at + block + 16 - lane <= bytes; b++, at += block)
            add_u16(&s, W_SI(xor)(W(shuffle_epi8)(w_load_lanes(in + at, (ptrdiff_t)lane), order), sign));
        add_dwords(sum, s.sum, true);
    }
    int16_t low[WIDE / 2], high[WIDE / 2];
    uint64_t part[2][WIDE / 8];
    memcpy(low, &s.least, sizeof low);
    memcpy(high, &s.most, sizeof high);
    memcpy(part, s.squares, sizeof part);
    for (int i = 0; i < WIDE / 2; i++) {
        least[i % 8] = low[i] < least[i % 8] ? low[i] : least[i % 8];
        most[i % 8] = high[i] > most[i % 8] ? high[i] : most[i % 8];
    }
    for (int i = 0; i < WIDE / 8; i++) {
        squares[i % 2] += part[0][i];
        squares[2 + i % 2] += part[1][i];
    }
    return at;
}

static inline void row_u16_moments(const uint16_t *in, size_t samples, int channels, struct moments *m)
{
    const int per = channels == 1 ? 8 : channels == 2 ? 4 : 2; /* samples of a lane that a channel has */
    uint64_t sum[4] = {0}, squares[4] = {0};
    int16_t least[8], most[8];
    for (int i = 0; i < 8; i++) {
        least[i] = 32767;
        most[i] = -32768;
    }
    size_t at = places_u16((const uint8_t *)in, samples * 2, channels, sum, squares, least, most) / 2;
    uint64_t n = at / (size_t)channels;
    for (int c = 0; c < channels; c++) {
        m[c] = (struct moments){0, 0, 65535, 0};
        for (int i = c * per; i < (c + 1) * per; i++) {
            uint32_t low = (uint32_t)(least[i] + 32768), high = (uint32_t)(most[i] + 32768);
            m[c].sum += i % 2 ? 0 : sum[i / 2];
            m[c].squares += i % 2 ? 0 : squares[i / 2];
            m[c].least = low < m[c].least ? low : m[c].least;
            m[c].most = high > m[c].most ? high : m[c].most;
        }
        m[c].squares += 65536 * m[c].sum + (n << 30);
        m[c].sum += n << 15;
        for (size_t i = at + (size_t)c; i < samples; i += (size_t)channels) {
            m[c].sum += in[i];
            m[c].squares += (uint32_t)in[i] * in[i];
            m[c].least = in[i] < m[c].least ? in[i] : m[c].least;
            m[c].most = in[i] > m[c].most ? in[i] : m[c].most;
        }
    }
}

static inline int find_u16(const uint16_t *in, int channels, uint32_t value)
{
    int x = 0;
    while (in[(size_t)x * (size_t)channels] != value)
        x++;
    return x;
}

static void row_u16(const struct flynn_call *call)
{
    const struct flynn_shape *shape = &call->stage->in;
    int channels = shape->channels;
    size_t samples = (size_t)shape->width * (size_t)channels;
    struct moments m[4];
    double *out = call->out[0];
    switch (channels) {
    case 1:
        row_u16_moments(call->in[0], samples, 1, m);
        break;
    case 2:
        row_u16_moments(call->in[0], samples, 2, m);
        break;
    case 3:
        row_u16_moments(call->in[0], samples, 3, m);
        break;
    default:
        row_u16_moments(call->in[0], samples, 4, m);
    }
    for (int c = 0; c < channels; c++, out += FIELDS) {
        const uint16_t *in = (const uint16_t *)call->in[0] + c;
        struct surpassed s = surpass(call, c, m[c].least, m[c].most);
        out[SUM] = (double)m[c].sum;
        out[SQUARES] = (double)m[c].squares;
        out[LEAST] = m[c].least;
        out[LEAST_X] = s.least ? find_u16(in, channels, m[c].least) : 0;
        out[MOST] = m[c].most;
        out[MOST_X] = s.most ? find_u16(in, channels, m[c].most) : 0;
    }
    surpass_end(call);
}
#else
/* Without a byte shuffle the channels are no faster taken apart than by the scalar code. */
#define row_u8  NULL
#define row_u16 NULL
#endif

/* ---- f32: lanes of doubles ------------------------------------------------------------------------------------- */

#if WIDE == 32
typedef simde__m256d wd;
#define D(name) simde_mm256_##name
static inline wd wd_widen(const float *p)
{
    return simde_mm256_cvtps_pd(simde_mm_loadu_ps(p));
}
#else
typedef simde__m128d wd;
#define D(name) simde_mm_##name
static inline wd wd_widen(const float *p)
{
    return simde_mm_cvtps_pd(simde_mm_castsi128_ps(simde_mm_loadl_epi64((const void *)p)));
}
#endif

enum { LANES = 8, WD = WIDE / 8, MOST_VECTORS = LANES * 4 / WD };

/* Eight pixels: sample i of a block is channel i % channels in lane i / channels. */
struct lanes {
    double sum[LANES * 4], squares[LANES * 4], least[LANES * 4], most[LANES * 4];
};

static inline size_t lanes_f32(const float *in, size_t samples, int channels, struct lanes *to)
{
    const size_t block = (size_t)(LANES * channels);
    const int n = LANES * channels / WD;
    wd sum[MOST_VECTORS], squares[MOST_VECTORS], least[MOST_VECTORS], most[MOST_VECTORS];
    size_t at = 0;
    for (int v = 0; v < n; v++) {
        sum[v] = squares[v] = D(setzero_pd)();
        least[v] = D(set1_pd)(INFINITY);
        most[v] = D(set1_pd)(-INFINITY);
    }
    for (; at + block <= samples; at += block) {
        for (int v = 0; v < n; v++) {
            wd x = wd_widen(in + at + (size_t)(v * WD));
            sum[v] = D(add_pd)(sum[v], x);
            squares[v] = D(add_pd)(squares[v], D(mul_pd)(x, x));
            least[v] = D(min_pd)(x, least[v]);
            most[v] = D(max_pd)(x, most[v]);
        }
    }
    for (int v = 0; v < n; v++) {
        D(storeu_pd)(to->sum + v * WD, sum[v]);
        D(storeu_pd)(to->squares + v * WD, squares[v]);
        D(storeu_pd)(to->least + v * WD, least[v]);
        D(storeu_pd)(to->most + v * WD, most[v]);
    }
    return at;
}

/* The pixels behind the last whole block, and the lanes one after the other. */
static inline void join_f32(const float *in, size_t at, size_t samples, int channels, struct lanes *l)
{
    for (size_t i = at; i < samples; i++) {
        double v = in[i];
        l->sum[i - at] += v;
        l->squares[i - at] += v * v;
        l->least[i - at] = v < l->least[i - at] ? v : l->least[i - at];
        l->most[i - at] = v > l->most[i - at] ? v : l->most[i - at];
    }
    for (int c = 0; c < channels; c++) {
        for (int i = c + channels; i < LANES * channels; i += channels) {
            l->sum[c] += l->sum[i];
            l->squares[c] += l->squares[i];
            l->least[c] = l->least[i] < l->least[c] ? l->least[i] : l->least[c];
            l->most[c] = l->most[i] > l->most[c] ? l->most[i] : l->most[c];
        }
    }
}

/* The first sample of a value, whose zero may have either sign; `none` is what no sample surpasses. */
static inline int find_f32(const float *in, int channels, int width, double *value, double none)
{
    for (int x = 0; x < width && *value != none; x++) {
        if (in[(size_t)x * (size_t)channels] == *value) {
            *value = in[(size_t)x * (size_t)channels];
            return x;
        }
    }
    return 0;
}

static void row_f32(const struct flynn_call *call)
{
    const struct flynn_shape *shape = &call->stage->in;
    int channels = shape->channels, width = shape->width;
    size_t samples = (size_t)width * (size_t)channels, at;
    double *out = call->out[0];
    struct lanes l;
    switch (channels) {
    case 1:
        at = lanes_f32(call->in[0], samples, 1, &l);
        break;
    case 2:
        at = lanes_f32(call->in[0], samples, 2, &l);
        break;
    case 3:
        at = lanes_f32(call->in[0], samples, 3, &l);
        break;
    default:
        at = lanes_f32(call->in[0], samples, 4, &l);
    }
    join_f32(call->in[0], at, samples, channels, &l);
    for (int c = 0; c < channels; c++, out += FIELDS) {
        const float *in = (const float *)call->in[0] + c;
        struct surpassed s = surpass(call, c, l.least[c], l.most[c]);
        out[SUM] = l.sum[c];
        out[SQUARES] = l.squares[c];
        out[LEAST_X] = s.least ? find_f32(in, channels, width, &l.least[c], INFINITY) : 0;
        out[MOST_X] = s.most ? find_f32(in, channels, width, &l.most[c], -INFINITY) : 0;
        out[LEAST] = l.least[c];
        out[MOST] = l.most[c];
    }
    surpass_end(call);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(stats);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(stats) = {
    .fn = {[ROW] = {row_u8, row_u16, row_f32}},
};
