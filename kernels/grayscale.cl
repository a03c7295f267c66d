/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

static inline T16 gray16(T16 r, T16 g, T16 b)
{
#if T_FLOAT
    return (r * 0.299f + g * 0.587f) + b * 0.114f;
#elif defined(T_U8)
    /* The weights as 128 * high + low, so that 16 bits hold all: (high * 128 + low + 16384) >> 15. */
    const ushort16 red = convert_ushort16(r), green = convert_ushort16(g), blue = convert_ushort16(b);
    const ushort16 high = red * (ushort)76 + green * (ushort)150 + blue * (ushort)29;
    const ushort16 low = red * (ushort)70 + green * (ushort)35 + blue * (ushort)23;
    return convert_uchar16((high + ((low + (ushort)16384) >> (ushort)7)) >> (ushort)8);
#else
    return TO_T16((convert_uint16(r) * 9798u + convert_uint16(g) * 19235u + convert_uint16(b) * 3735u + 16384u) >> 15u);
#endif
}

/* 16 pixels of 3 samples. */
static inline void gray_rgb(__global const T *from, __global T *to, bool streams)
{
    const T16 p = LOAD(T, 16, from), q = LOAD(T, 16, from + 16), s = LOAD(T, 16, from + 32);
    const T16 r = (T16)(p.s0369, p.scf, q.s258b, q.se, s.s147a, s.sd);
    const T16 g = (T16)(p.s147a, p.sd, q.s0369, q.scf, s.s258b, s.se);
    const T16 b = (T16)(p.s258b, p.se, q.s147a, q.sd, s.s0369, s.scf);
    STREAM(T, 16, streams, gray16(r, g, b), to);
}

/* 16 pixels of 4 samples. */
static inline void gray_rgba(__global const T *from, __global T *to, bool streams)
{
    const T16 p = LOAD(T, 16, from), q = LOAD(T, 16, from + 16), s = LOAD(T, 16, from + 32), t = LOAD(T, 16, from + 48);
    const T16 r = (T16)(p.s048c, q.s048c, s.s048c, t.s048c);
    const T16 g = (T16)(p.s159d, q.s159d, s.s159d, t.s159d);
    const T16 b = (T16)(p.s26ae, q.s26ae, s.s26ae, t.s26ae);
    const T16 y = gray16(r, g, b);
    STREAM(T, 16, streams, (T16)(y.s0, p.s3, y.s1, p.s7, y.s2, p.sb, y.s3, p.sf, y.s4, q.s3, y.s5, q.s7, y.s6, q.sb, y.s7, q.sf), to);
    STREAM(T, 16, streams, (T16)(y.s8, s.s3, y.s9, s.s7, y.sa, s.sb, y.sb, s.sf, y.sc, t.s3, y.sd, t.s7, y.se, t.sb, y.sf, t.sf),
          to + 16);
}

#if defined(T_U8) && defined(X86_AVX2)

typedef uchar uchar32 __attribute__((ext_vector_type(32)));
typedef char char32 __attribute__((ext_vector_type(32)));

/* Four pixels of 3 bytes from byte f of 16 on, as words: red and blue of each, and green. */
#define RB_FROM(f) f, -1, f + 2, -1, f + 3, -1, f + 5, -1, f + 6, -1, f + 8, -1, f + 9, -1, f + 11, -1
#define G_FROM(f)  f + 1, -1, -1, -1, f + 4, -1, -1, -1, f + 7, -1, -1, -1, f + 10, -1, -1, -1

/* Gray of four pixels at `from` and of the four that lie 16 pixels further. */
INLINE int8 gray_four(__global const uchar *from, char32 rb, char32 g)
{
    const char32 x = __builtin_astype(((uchar32)(LOAD(uchar, 16, from), LOAD(uchar, 16, from + 48))), char32);
    const int8 sum = __builtin_ia32_pmaddwd256(__builtin_astype(__builtin_ia32_pshufb256(x, rb), short16),
                                               as_short16((int8)(3735 << 16 | 9798))) +
                     __builtin_ia32_pmaddwd256(__builtin_astype(__builtin_ia32_pshufb256(x, g), short16),
                                               as_short16((int8)(19235)));
    return (sum + 16384) >> 15;
}

#define EARLY 3072

/* 32 pixels of 3 samples, 16 in either half of the vectors; the last load begins early, not to reach beyond them. What is
 * EARLY bytes ahead is asked for, which takes a fifth off the time of large images. */
INLINE void gray_rgb32(__global const uchar *from, __global uchar *to, bool streams)
{
    __builtin_prefetch((const void *)((size_t)from + EARLY));
    __builtin_prefetch((const void *)((size_t)from + EARLY + 48));
    const char32 rb = {RB_FROM(0), RB_FROM(0)}, g = {G_FROM(0), G_FROM(0)};
    const char32 late_rb = {RB_FROM(4), RB_FROM(4)}, late_g = {G_FROM(4), G_FROM(4)};
    const short16 low = __builtin_ia32_packssdw256(gray_four(from, rb, g), gray_four(from + 12, rb, g));
    const short16 high = __builtin_ia32_packssdw256(gray_four(from + 24, rb, g), gray_four(from + 32, late_rb, late_g));
    const uchar32 y = __builtin_astype(__builtin_ia32_packuswb256(low, high), uchar32);
    if (streams)
        STREAM_VECTOR(uchar32, y, to);
    else
        ((__global UNALIGNED(uchar, 32) *)(to))->v = y;
}

#endif

FLYNN_KERNEL(grayscale, T, T)
{
    const int channels = a.in.channels;
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height);

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X * (channels - 2));
        int x = FIRST_X;
#if defined(T_U8) && defined(X86_AVX2)
        for (; channels == 3 && x + 32 <= last_x; x += 32)
            gray_rgb32(from + x * 3, to + x, streams);
#endif
        for (; channels == 3 && x + 16 <= last_x; x += 16)
            gray_rgb(from + x * 3, to + x, streams);
        for (; channels == 4 && x + 16 <= last_x; x += 16)
            gray_rgba(from + x * 4, to + x * 2, streams);
        for (; x < last_x; x++) {
            __global const T *p = from + x * channels;
            to[x * (channels - 2)] = gray16((T16)(p[0]), (T16)(p[1]), (T16)(p[2])).s0;
            if (channels == 4)
                to[x * 2 + 1] = p[3];
        }
    }
}

/* What is gray already. */
FLYNN_KERNEL(copy, T, T)
{
    const int n = a.out.width * a.out.channels;
    const int last_x = LAST_X(n), last_y = LAST_Y(a.out.height);

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16)
            STREAM(T, 16, streams, LOAD(T, 16, from + x), to + x);
        for (; x < last_x; x++)
            to[x] = from[x];
    }
}
