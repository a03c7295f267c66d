/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "filter.clh"
#include "columns.clh"

/* The stages and k are described in cpu/box.c; between them stand sums of 32 bits, or floats. */
#if defined(T_F32)
#define H       float
#define H16     float16
#define TO_H(v) (v)
#define H_FILL(a) ((a)->border_f)
#else
#define H       uint
#define H16     uint16
#define TO_H(v) convert_uint16(v)
#define H_FILL(a) ((uint)(a)->border_i)
#endif

/* ---- down the columns ------------------------------------------------------------------------------------------------ */

static void store_sums(__global H *to, H16 sum, int n)
{
    if (n >= 16) {
        STORE(H, 16, sum, to);
        return;
    }
    H part[16];
    vstore16(sum, 0, part);
    for (int i = 0; i < n; i++)
        to[i] = part[i];
}

FLYNN_KERNEL(down, T, H)
{
    const struct flynn_args args = a;
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height);
    for (int x = FIRST_X; x < last_x; x += 16) {
#if defined(T_F32)
        for (int y = FIRST_Y; y < last_y; y++) {
            H16 sum = TO_H(column16(in, &args, x, y - args.up));
            for (int k = 1; k < args.k[1]; k++)
                sum += TO_H(column16(in, &args, x, y - args.up + k));
            store_sums(ROW(H, out, y, a.out.stride) + x, sum, last_x - x);
        }
#else
        H16 sum = (H16)(0);
        for (int y = FIRST_Y - args.up; y < FIRST_Y + args.down; y++)
            sum += TO_H(column16(in, &args, x, y));
        for (int y = FIRST_Y; y < last_y; y++) {
            sum += TO_H(column16(in, &args, x, y + args.down));
            store_sums(ROW(H, out, y, a.out.stride) + x, sum, last_x - x);
            sum -= TO_H(column16(in, &args, x, y - args.up));
        }
#endif
    }
}

/* ---- across the rows ------------------------------------------------------------------------------------------------- */

static H across_at(__global const H *row, const struct flynn_args *a, int x)
{
    const int at = across_index(a, x);
    return at < 0 ? H_FILL(a) : row[at];
}

#if defined(T_F32)

static T16 across16(__global const H *row, const struct flynn_args *a, int x)
{
    const int c = a->in.channels, first = x - a->left * c;
    const bool inside = first >= 0 && x + a->right * c + 16 <= a->in.width * c;
    float part[16];
    float16 sum;
    for (int k = 0; k < a->k[0]; k++) {
        for (int i = 0; !inside && i < 16; i++)
            part[i] = across_at(row, a, first + k * c + i);
        const float16 v = inside ? LOAD(H, 16, row + first + k * c) : vload16(0, part);
        sum = k ? sum + v : v;
    }
    return sum * a->f[0];
}

FLYNN_KERNEL(across, H, T)
{
    const struct flynn_args args = a;
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        for (int x = FIRST_X; x < last_x; x += 16)
            store_some_or_all(ROW(T, out, y, a.out.stride) + x, across16(CROW(H, in, y, a.in.stride), &args, x),
                              last_x - x);
    }
}

#else

/* sum / area, rounded down: a float's quotient is that or near to it. */
static T divided(const struct flynn_args *a, ulong sum)
{
    const ulong area = (ulong)a->k[2];
    uint q = (uint)((float)sum * a->f[0]);
    const long rest = (long)(sum - q * area);
    return (T)(rest < 0 ? q - 1 : rest >= (long)area ? q + 1 : q);
}

/* The sums of one channel of a row. */
static void across_channel(__global const H *row, const struct flynn_args *a, int x, int last_x, __global T *to)
{
    const int c = a->in.channels, back = a->left * c, ahead = a->right * c, n = a->in.width * c;
    ulong sum = (ulong)a->k[3];
    for (int i = x - back; i < x + ahead; i += c)
        sum += across_at(row, a, i);
    while (x < last_x) {
        const int end = x >= back ? min(last_x, n - ahead) : 0;
        if (x >= end) {
            sum += across_at(row, a, x + ahead);
            to[x] = divided(a, sum);
            sum -= across_at(row, a, x - back);
            x += c;
        }
        for (; x < end; x += c) {
            sum += row[x + ahead];
            to[x] = divided(a, sum);
            sum -= row[x - back];
        }
    }
}

/* Whether an int holds every sum. */
static bool sums_are_short(const struct flynn_args *a)
{
    return (ulong)a->k[2] * (T_WHITE + 1ul) < 2147483648ul;
}

static T16 divided16(const struct flynn_args *a, uint16 sum)
{
    const int16 s = as_int16(sum), q = convert_int16(convert_float16(s) * a->f[0]), rest = s - q * (int16)(a->k[2]);
    return TO_T16(q - (rest >= (int16)(a->k[2])) + (rest < (int16)(0)));
}

/* What 16 sums gain on those of the pixels before them. */
static uint16 gain16(__global const H *row, const struct flynn_args *a, int x)
{
    const int c = a->in.channels, ahead = a->right * c, back = (a->left + 1) * c;
    if (x >= back && x + ahead + 16 <= a->in.width * c)
        return LOAD(H, 16, row + x + ahead) - LOAD(H, 16, row + x - back);
    uint part[16];
    for (int i = 0; i < 16; i++)
        part[i] = across_at(row, a, x + i + ahead) - across_at(row, a, x + i - back);
    return vload16(0, part);
}

static void across_row(__global const H *row, const struct flynn_args *a, int x, int last_x, __global T *to)
{
    const int c = a->in.channels;
    uint before[16] = {0};
    for (int k = 0; k < c; k++) {
        before[16 - c + k] = (uint)a->k[3];
        for (int i = -a->left - 1; i < a->right; i++)
            before[16 - c + k] += across_at(row, a, x + k + i * c);
    }
    uint16 sum = vload16(0, before);
    for (; x < last_x; x += 16) {
        sum = running_sums(gain16(row, a, x), sum, c);
        store_some_or_all(to + x, divided16(a, sum), last_x - x);
    }
}

FLYNN_KERNEL(across, H, T)
{
    const struct flynn_args args = a;
    const int first_x = FIRST_X, last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        if (sums_are_short(&args)) {
            across_row(CROW(H, in, y, a.in.stride), &args, first_x, last_x, ROW(T, out, y, a.out.stride));
            continue;
        }
        for (int k = 0; k < a.in.channels && first_x + k < last_x; k++)
            across_channel(CROW(H, in, y, a.in.stride), &args, first_x + k, last_x, ROW(T, out, y, a.out.stride));
    }
}

#endif

/* ---- both in one on CPU devices: the sums of the columns of a segment follow the rows ------------------------------ */

#if defined(ON_CPU) && !T_FLOAT

#include "lines.clh"
#include "above.clh"

#define BOX_REACH 2048 /* the most samples that a box reaches along a row, with the pixel before it: cpu/box.c */
#define BOX_LINE  2048 /* samples that are made together */

#if defined(T_U8) && defined(X86_AVX2)

#include "box_bytes.clh"

#else

/* Add a line to the sums, and take one away. */
static void move_sums(uint *sums, const T *more, const T *less, int n)
{
    for (int i = 0; i < n; i += 16)
        PUT16(uint, GET16(uint, sums + i) + convert_uint16(GET16(T, more + i)) - convert_uint16(GET16(T, less + i)),
              sums + i);
}

/* n samples from the sums of the columns, the first of which is that of the pixel before the first box. */
static void across_sums(const uint *sums, const struct flynn_args *a, int n, T *to)
{
    const int c = a->in.channels, far = a->k[0] * c;
    uint before[16] = {0};
    for (int k = 0; k < c; k++) {
        before[16 - c + k] = (uint)a->k[3];
        for (int i = k; i < far; i += c)
            before[16 - c + k] += sums[i];
    }
    uint16 sum = vload16(0, before);
    for (int i = 0; i < n; i += 16) {
        sum = running_sums(GET16(uint, sums + far + i) - GET16(uint, sums + i), sum, c);
        PUT16(T, divided16(a, sum), to + i);
    }
}

INLINE void box_segments(__global const T *in, __global T *out, const struct flynn_args a, bool compares)
{
    __attribute__((aligned(64))) uint sums[BOX_LINE + BOX_REACH + 64];
    __attribute__((aligned(64))) T mean[BOX_LINE + 64];
    __attribute__((aligned(64))) T more[BOX_LINE + BOX_REACH + 64], less[BOX_LINE + BOX_REACH + 64];
    const struct flynn_args args = a;
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height), reach = (a.left + 1) * a.in.channels;
    for (int x = FIRST_X; x < last_x; x += BOX_LINE) {
        const int n = min(BOX_LINE, last_x - x), all = n + a.k[0] * a.in.channels;
        for (int i = 0; i < all; i++)
            sums[i] = less[i] = 0;
        for (int y = FIRST_Y - a.up; y < last_y + a.down; y++) {
            fetch(more, in, &args, x - reach, all, y);
            if (y - a.k[1] >= FIRST_Y - a.up)
                fetch(less, in, &args, x - reach, all, y - a.k[1]);
            move_sums(sums, more, less, all);
            if (y < FIRST_Y + a.down)
                continue;
            across_sums(sums, &args, n, mean);
            if (compares)
                above_line(mean, mean, CROW(T, in, y - a.down, a.in.stride) + x, &args, n);
            give(&args, ROW(T, out, y - a.down, a.out.stride) + x, mean, n);
        }
    }
}

#endif

FLYNN_KERNEL(box, T, T)
{
    box_segments(in, out, a, false);
}

/* Of adaptive-threshold: black and white at once. */
FLYNN_KERNEL(box_above, T, T)
{
    box_segments(in, out, a, true);
}

#endif
