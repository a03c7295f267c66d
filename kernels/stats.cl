/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* Fields, lanes and the order of sums are those of cpu/stats.c; d[0]: pixels. */

#ifndef HAVE_FP64
#error "stats needs double"
#endif

#define FIELDS 6
#define CHUNK  512 /* blocks that stay in a cache, and overflow no uint */

/* The extremes of an item's rows so far: only rows that surpass them need the columns. */
struct seen {
    bool any;
    T least[4], most[4];
};

/* A block of 48 samples is three vectors, of which sample i belongs to channel i % channels. */
#if defined(T_U8)
#define SUM16        uint16
#define SQUARE16(v)  convert_uint16((v) * (v)) /* of ushort16: 255^2 fits */
#define TERM16(v)    convert_uint16(v)
#define WORDS16(v)   convert_ushort16(v)
#define SUM          uint
#elif defined(T_U16)
#define SUM16        ulong16
#define SQUARE16(v)  convert_ulong16((v) * (v)) /* of uint16 */
#define TERM16(v)    convert_ulong16(v)
#define WORDS16(v)   convert_uint16(v)
#define SUM          ulong
#endif

#if !T_FLOAT
/* The sums of 16 places in n blocks, an even number. */
struct sums {
    SUM16 sum, squares;
    T16 least, most;
};

#if defined(T_U8) && defined(X86_AVX2)
/* A sample of two blocks each, and what the processor adds up of two products. */
INLINE short16 pairs_of(uchar8 p, uchar8 q)
{
    return convert_short16((uchar16)(p.s0, q.s0, p.s1, q.s1, p.s2, q.s2, p.s3, q.s3, p.s4, q.s4, p.s5, q.s5, p.s6, q.s6,
                                     p.s7, q.s7));
}

INLINE uint8 product(short16 p, short16 q)
{
    return as_uint8(__builtin_ia32_pmaddwd256(p, q));
}

INLINE struct sums sums_of(__global const T *from, int n)
{
    uint8 sum0 = 0, sum1 = 0, squares0 = 0, squares1 = 0;
    struct sums sums = {.least = (T16)(T_WHITE), .most = (T16)(0)};
    for (int b = 0; b < n; b += 2, from += 96) {
        const uchar16 x = LOAD(T, 16, from), y = LOAD(T, 16, from + 48);
        const short16 low = pairs_of(x.lo, y.lo), high = pairs_of(x.hi, y.hi);
        sum0 += product(low, (short16)(1));
        sum1 += product(high, (short16)(1));
        squares0 += product(low, low);
        squares1 += product(high, high);
        sums.least = min(sums.least, min(x, y));
        sums.most = max(sums.most, max(x, y));
    }
    sums.sum = (uint16)(sum0, sum1);
    sums.squares = (uint16)(squares0, squares1);
    return sums;
}
#else
INLINE struct sums sums_of(__global const T *from, int n)
{
    struct sums sums = {(SUM16)(0), (SUM16)(0), (T16)(T_WHITE), (T16)(0)};
    for (int b = 0; b < n; b++, from += 48) {
        const T16 x = LOAD(T, 16, from);
        sums.sum += TERM16(x);
        sums.squares += SQUARE16(WORDS16(x));
        sums.least = min(sums.least, x);
        sums.most = max(sums.most, x);
    }
    return sums;
}
#endif

/* n blocks into the sums of 48 places. */
static void add_blocks(__global const T *row, int n, ulong *sum, ulong *squares, T *least, T *most)
{
    for (int v = 0; v < 48; v += 16) {
        const struct sums sums = sums_of(row + v, n);
        SUM part[16];
        T ends[16];
        vstore16(sums.sum, 0, part);
        for (int i = 0; i < 16; i++)
            sum[v + i] += part[i];
        vstore16(sums.squares, 0, part);
        for (int i = 0; i < 16; i++)
            squares[v + i] += part[i];
        vstore16(sums.least, 0, ends);
        for (int i = 0; i < 16; i++)
            least[v + i] = min(least[v + i], ends[i]);
        vstore16(sums.most, 0, ends);
        for (int i = 0; i < 16; i++)
            most[v + i] = max(most[v + i], ends[i]);
    }
}

static int place_of(__global const T *row, int channels, T value)
{
    int x = 0;
    while (row[(size_t)x * channels] != value)
        x++;
    return x;
}

static void fields_of(__global const T *row, int samples, int channels, struct seen *seen, __global double *to)
{
    ulong sum[48] = {0}, squares[48] = {0};
    T least[48], most[48];
    const int blocks = samples / 96 * 2;
    for (int i = 0; i < 48; i++) {
        least[i] = T_WHITE;
        most[i] = 0;
    }
    for (int b = 0; b < blocks; b += CHUNK)
        add_blocks(row + (size_t)b * 48, min(CHUNK, blocks - b), sum, squares, least, most);
    for (int x = blocks * 48; x < samples; x++) {
        const int i = x % 48;
        sum[i] += row[x];
        squares[i] += (ulong)row[x] * row[x];
        least[i] = min(least[i], row[x]);
        most[i] = max(most[i], row[x]);
    }
    for (int c = 0; c < channels; c++, to += FIELDS) {
        for (int i = c + channels; i < 48; i += channels) {
            sum[c] += sum[i];
            squares[c] += squares[i];
            least[c] = min(least[c], least[i]);
            most[c] = max(most[c], most[i]);
        }
        to[0] = (double)sum[c];
        to[1] = (double)squares[c];
        const bool lower = !seen->any || least[c] < seen->least[c], higher = !seen->any || most[c] > seen->most[c];
        to[2] = least[c];
        to[3] = lower ? place_of(row + c, channels, least[c]) : 0;
        to[4] = most[c];
        to[5] = higher ? place_of(row + c, channels, most[c]) : 0;
        seen->least[c] = lower ? least[c] : seen->least[c];
        seen->most[c] = higher ? most[c] : seen->most[c];
    }
}
#else
/* Eight pixels are `channels` vectors of eight samples. */
static void fields_of(__global const T *row, int samples, int channels, struct seen *seen, __global double *to)
{
    double sum[32], squares[32];
    double8 s[4], q[4];
    int at = 0;
    for (int v = 0; v < channels; v++)
        s[v] = q[v] = 0.0;
    for (; at + 8 * channels <= samples; at += 8 * channels) {
        for (int v = 0; v < channels; v++) {
            const double8 x = convert_double8(LOAD(float, 8, row + at + 8 * v));
            s[v] += x;
            q[v] += x * x;
        }
    }
    for (int v = 0; v < channels; v++) {
        vstore8(s[v], v, sum);
        vstore8(q[v], v, squares);
    }
    for (int x = at; x < samples; x++) {
        const double v = row[x];
        sum[x - at] += v;
        squares[x - at] += v * v;
    }
    for (int c = 0; c < channels; c++, to += FIELDS) {
        float least = INFINITY, most = -INFINITY;
        int least_x = 0, most_x = 0;
        for (int i = c + channels; i < 8 * channels; i += channels) {
            sum[c] += sum[i];
            squares[c] += squares[i];
        }
        for (int x = c; x < samples; x += channels) {
            const float v = row[x];
            if (v < least) {
                least = v;
                least_x = x / channels;
            }
            if (v > most) {
                most = v;
                most_x = x / channels;
            }
        }
        to[0] = sum[c];
        to[1] = squares[c];
        to[2] = least;
        to[3] = least_x;
        to[4] = most;
        to[5] = most_x;
    }
}
#endif

FLYNN_KERNEL(rows_of, T, double)
{
    const int last_y = LAST_Y(a.out.height);
    struct seen seen = {.any = false};
    for (int y = FIRST_Y; y < last_y; y++) {
        fields_of(CROW(T, in, y, a.in.stride), a.in.width * a.in.channels, a.in.channels, &seen,
                  ROW(double, out, y, a.out.stride));
        seen.any = true;
    }
}

static double deviation_of(double variance)
{
    return sqrt(variance < 0 ? 0 : variance);
}

#if T_FLOAT
static void moments_of(__global const double *in, int rows, int stride, double n, __global double *to)
{
    double sum = 0, squares = 0;
    for (int y = 0; y < rows; y++) {
        sum += CROW(double, in, y, stride)[0];
        squares += CROW(double, in, y, stride)[1];
    }
    const double mean = sum / n;
    to[1] = sum;
    to[2] = mean;
    to[3] = deviation_of(squares / n - mean * mean);
}
#else
static void moments_of(__global const double *in, int rows, int stride, double n, __global double *to)
{
    ulong sum = 0, squares = 0;
    const ulong count = (ulong)n;
    for (int y = 0; y < rows; y++) {
        sum += (ulong)CROW(double, in, y, stride)[0];
        squares += (ulong)CROW(double, in, y, stride)[1];
    }
    const ulong whole = sum / count;
    const double part = (double)(sum - whole * count) / n;
    to[1] = (double)sum;
    to[2] = (double)sum / n;
    to[3] = deviation_of((double)(squares - 2 * whole * sum + count * whole * whole) / n - part * part);
}
#endif

FLYNN_KERNEL(total, double, double)
{
    const int last_y = LAST_Y(a.out.height), rows = a.in.height;
    for (int c = FIRST_Y; c < last_y; c++) {
        __global const double *from = in + c * FIELDS;
        __global double *to = ROW(double, out, c, a.out.stride);
        int least = 0, most = 0;
        for (int y = 1; y < rows; y++) {
            if (CROW(double, from, y, a.in.stride)[2] < CROW(double, from, least, a.in.stride)[2])
                least = y;
            if (CROW(double, from, y, a.in.stride)[4] > CROW(double, from, most, a.in.stride)[4])
                most = y;
        }
        to[0] = D0;
        moments_of(from, rows, a.in.stride, D0, to);
        to[4] = CROW(double, from, least, a.in.stride)[2];
        to[5] = CROW(double, from, most, a.in.stride)[4];
        to[6] = CROW(double, from, least, a.in.stride)[3];
        to[7] = least;
        to[8] = CROW(double, from, most, a.in.stride)[5];
        to[9] = most;
    }
}
