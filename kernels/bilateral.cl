/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "filter.clh"

/* The stages, tables and k are described in core/bilateral.h. */

#define STEPS  64
#define WHOLE  127
#define POINTS 1024

/* Samples of the output row are plane after plane. */
FLYNN_KERNEL(planes, T, T)
{
    const struct flynn_args args = a;
    const int c = a.in.channels, columns = a.out.width, last_x = LAST_X(columns * c), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global T *to = ROW(T, out, y, a.out.stride);
        __global const T *from = CROW(T, in, y, a.in.stride);
        for (int i = FIRST_X; i < last_x; i++) {
            const int channel = i / columns, x = i - channel * columns - a.left;
            to[i] = x >= 0 && x < a.in.width ? from[x * c + channel] : sample_at(in, &args, x * c + channel, y);
        }
    }
}

/* Row y of the planes. */
static __global const T *row_or_null(__global const T *in, const struct flynn_args *a, int y)
{
    const int row = border_index(a->border, y, a->in.height);
    return row < 0 ? 0 : CROW(T, in, row, a->in.stride);
}

static T value_of(const struct flynn_args *a, __global const T *row, int at)
{
    if (row)
        return row[at];
#if defined(T_F32)
    return a->border_f;
#else
    return (T)a->border_i;
#endif
}

#if defined(T_F32)
#define SUM float
#define OWN 1.0f

static float weight_of(__global const float *point, float distance, float scale)
{
    float at = distance * scale;
    at = at < (float)POINTS ? at : (float)POINTS;
    const int i = (int)at;
    return point[i] + (at - (float)i) * (point[i + 1] - point[i]);
}
#else
#define SUM uint
#define OWN WHOLE
#endif

/* Only where the quotient of floats is rounded correctly. */
#if !T_FLOAT || defined(HAVE_EXACT_DIV)
FLYNN_KERNEL(filter, T, T)
{
    const struct flynn_args args = a;
    __global const int *place = (__global const int *)table0;
    const int c = a.in.channels, columns = a.in.width, last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        for (int x = FIRST_X; x < last_x; x++) {
            __global const T *own = CROW(T, in, y, a.in.stride) + a.up + x;
            SUM sum[4], all = OWN;
            for (int j = 0; j < c; j++)
                sum[j] = OWN * (SUM)own[j * columns];
            for (int t = 0; t < a.k[0]; t++) {
                __global const T *row = row_or_null(in, &args, y - a.up + place[2 * t + 1]);
                const int at = x + place[2 * t];
#if defined(T_F32)
                float distance = fabs(value_of(&args, row, at) - own[0]);
                for (int j = 1; j < c; j++)
                    distance += fabs(value_of(&args, row, at + j * columns) - own[j * columns]);
                const float w =
                    ((__global const float *)table1)[t] * weight_of((__global const float *)table2, distance, a.f[0]);
#else
                uint distance = 0;
                for (int j = 0; j < c; j++)
                    distance += abs_diff(value_of(&args, row, at + j * columns), own[j * columns]);
                const uint w = table1[t * STEPS + min(distance >> a.k[1], STEPS - 1u)];
#endif
                all += w;
                for (int j = 0; j < c; j++)
                    sum[j] += w * (SUM)value_of(&args, row, at + j * columns);
            }
            for (int j = 0; j < c; j++) {
#if defined(T_F32)
                ROW(T, out, y, a.out.stride)[x * c + j] = sum[j] / all;
#else
                ROW(T, out, y, a.out.stride)[x * c + j] = (T)((sum[j] + all / 2) / all);
#endif
            }
        }
    }
}
#endif
