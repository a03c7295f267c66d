/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* Fields, lanes and the order of sums are those of cpu/stats.c; d[0]: pixels. */

#ifndef HAVE_FP64
#error "stats needs double"
#endif

#define FIELDS 6

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
/* Blocks [first, last) of a row into the sums of 48 places. */
static void add_blocks(__global const T *row, int first, int last, ulong *sum, ulong *squares, T *least, T *most)
{
    SUM16 s[3], q[3];
    T16 low[3], high[3];
    for (int v = 0; v < 3; v++) {
        s[v] = q[v] = (SUM)0;
        low[v] = T_WHITE;
        high[v] = (T)0;
    }
    for (int b = first; b < last; b++) {
        for (int v = 0; v < 3; v++) {
            const T16 x = LOAD(T, 16, row + (size_t)b * 48 + 16 * v);
            s[v] += TERM16(x);
            q[v] += SQUARE16(WORDS16(x));
            low[v] = min(low[v], x);
            high[v] = max(high[v], x);
        }
    }
    for (int v = 0; v < 3; v++) {
        SUM part[16];
        T ends[16];
        vstore16(s[v], 0, part);
        for (int i = 0; i < 16; i++)
            sum[16 * v + i] += part[i];
        vstore16(q[v], 0, part);
        for (int i = 0; i < 16; i++)
            squares[16 * v + i] += part[i];
        vstore16(low[v], 0, ends);
        for (int i = 0; i < 16; i++)
            least[16 * v + i] = min(least[16 * v + i], ends[i]);
        vstore16(high[v], 0, ends);
        for (int i = 0; i < 16; i++)
            most[16 * v + i] = max(most[16 * v + i], ends[i]);
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
    const int blocks = samples / 48;
    for (int i = 0; i < 48; i++) {
        least[i] = T_WHITE;
        most[i] = 0;
    }
    for (int b = 0; b < blocks; b += 32768) /* so that no uint overflows */
        add_blocks(row, b, min(b + 32768, blocks), sum, squares, least, most);
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
