/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* k as in cpu/error_diffusion.c. A work-group makes one channel. On GPUs its items make the rows of a band, each 2
 * pixels behind the one above; what the last row was off lies in the output, in the place of the next band's first row
 * until that is made: less 1 it fits the type. On CPUs one item makes all rows, each with what the one above was off in
 * its own place. */

#if T_FLOAT && !defined(HAVE_EXACT_DIV)
#error "error-diffusion on f32 needs a correctly rounded division, which this device lacks"
#endif

#define ITEMS 128
#define LAG   2

#if T_FLOAT
typedef float off_t;
#elif defined(T_U8)
typedef int off_t;
#define SIGNED char
#else
typedef int off_t;
#define SIGNED short
#endif

/* A place of the output that holds what a sample was off. */
static off_t get_off(__global const T *p)
{
#if T_FLOAT
    return *p;
#else
    return *(__global const SIGNED *)p + 1;
#endif
}

static void put_off(__global T *p, off_t off)
{
#if T_FLOAT
    *p = off;
#else
    *(__global SIGNED *)p = (SIGNED)(off - 1);
#endif
}

/* The sample and its neighbours' errors to what comes out; returns what that is off. */
static off_t diffuse1(T p, off_t before, off_t above, off_t after, off_t left, const struct flynn_args *a, T *to)
{
#if T_FLOAT
    const float most = (float)a->k[1];
    float v = p + (before + 5.0f * above + 3.0f * after + 7.0f * left) * 0.0625f;
    v = v > 0.0f ? v : 0.0f;
    v = v < 1.0f ? v : 1.0f;
    *to = (float)(int)(v * most + 0.5f) / most;
    return v - *to;
#else
    const int v = clamp((int)p + (before + 5 * above + 3 * after + 7 * left) / 16, 0, (int)T_WHITE);
#if defined(T_U8)
    *to = (T)(((v * a->k[1] + 126) / 255 * a->k[2] + 128) >> 8);
#else
    *to = (T)(((uint)((v * a->k[1] + 32766) / 65535) * (uint)a->k[2] + 32768u) >> 16);
#endif
    return v - *to;
#endif
}

#ifdef ON_CPU

FLYNN_KERNEL(diffuse, T, T)
{
    const struct flynn_args args = a;
    const int c = a.in.channels, n = a.in.width * c, k = (int)get_group_id(0);
    if (get_local_id(0) > 0 || k >= c)
        return;
    for (int y = 0; y < a.in.height; y++) {
        const bool below = y + 1 < a.in.height;
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride), *next = ROW(T, out, below ? y + 1 : y, a.out.stride);
        off_t before = 0, above = y > 0 ? get_off(to + k) : (off_t)0, left = 0;
        for (int i = k; i < n; i += c) {
            const off_t after = y > 0 && i + c < n ? get_off(to + i + c) : (off_t)0;
            T sample;
            left = diffuse1(from[i], before, above, after, left, &args, &sample);
            to[i] = sample;
            if (below)
                put_off(next + i, left);
            before = above;
            above = after;
        }
    }
}

#else

__attribute__((reqd_work_group_size(ITEMS, 1, 1))) FLYNN_KERNEL(diffuse, T, T)
{
    __local off_t off[2][ITEMS];
    const struct flynn_args args = a;
    const int c = a.in.channels, k = (int)get_group_id(0), item = (int)get_local_id(0);
    for (int first = 0; first < a.in.height; first += ITEMS) {
        const int y = first + item, rows = min(ITEMS, a.in.height - first);
        const bool here = item < rows && k < c, above_out = item == 0 && y > 0, below = here && item == ITEMS - 1;
        __global const T *from = CROW(T, in, here ? y : first, a.in.stride);
        __global T *to = ROW(T, out, here ? y : first, a.out.stride);
        __global T *next = ROW(T, out, below && y + 1 < a.in.height ? y + 1 : first, a.out.stride);
        off_t before = 0, above = 0, left = 0;
        for (int t = -1; t < a.in.width + LAG * rows; t++) {
            const int x = t - LAG * item;
            off_t after = 0;
            if (here && x + 1 >= 0 && x + 1 < a.in.width && y > 0)
                after = above_out ? get_off(to + (x + 1) * c + k) : item > 0 ? off[t & 1][item - 1] : (off_t)0;
            off_t now = 0;
            if (here && x >= 0 && x < a.in.width) {
                T sample;
                now = left = diffuse1(from[x * c + k], before, above, after, left, &args, &sample);
                to[x * c + k] = sample;
                if (below && y + 1 < a.in.height)
                    put_off(next + x * c + k, now);
            }
            off[(t + 1) & 1][item] = now;
            before = above;
            above = after;
            barrier(CLK_LOCAL_MEM_FENCE);
        }
        barrier(CLK_GLOBAL_MEM_FENCE);
    }
}

#endif
