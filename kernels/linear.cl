/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* x * f[0] + f[1] in two roundings; integers within f[2]..f[3], to the nearest, ties to even: adding 1.5 * 2^23 leaves no
 * room for a fraction. */

#define ROUND 12582912.0f

static inline T16 linear16(T16 v, float a, float b, float low, float high)
{
#if T_FLOAT
    return v * a + b;
#else
    float16 y = convert_float16(v) * a + b;
    y = select((float16)(low), y, y > low);
    y = select((float16)(high), y, y < high);
    return TO_T16(convert_int16((y + ROUND) - ROUND));
#endif
}

FLYNN_KERNEL(linear, T, T)
{
    const int n = a.out.width * a.out.channels;
    const int last_x = LAST_X(n), last_y = LAST_Y(a.out.height);
    const M16 alpha = alpha16(a.in.channels);

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16) {
            const T16 v = LOAD(T, 16, from + x);
            STORE(T, 16, select(linear16(v, a.f[0], a.f[1], a.f[2], a.f[3]), v, alpha), to + x);
        }
        for (; x < last_x; x++) {
            const T v = from[x];
            to[x] = is_alpha(x, a.in.channels) ? v : linear16((T16)(v), a.f[0], a.f[1], a.f[2], a.f[3]).s0;
        }
    }
}
