/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/bypass.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__)

#include <emmintrin.h>

bool flynn_bypass_pays(size_t bytes)
{
    long cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
    return bytes > (cache > 0 ? (size_t)cache / 2 : (size_t)8 << 20);
}

void flynn_bypass_copy(void *to, const void *from, size_t n)
{
    uint8_t *d = to;
    const uint8_t *s = from;
    size_t head = -(uintptr_t)d % 64;

    head = head < n ? head : n;
    memcpy(d, s, head);
    size_t i = head;
    for (; i + 64 <= n; i += 64) {
        const __m128i *p = (const void *)(s + i);
        __m128i *q = (void *)(d + i);
        __m128i a = _mm_loadu_si128(p), b = _mm_loadu_si128(p + 1), c = _mm_loadu_si128(p + 2),
                e = _mm_loadu_si128(p + 3);
        _mm_stream_si128(q, a);
        _mm_stream_si128(q + 1, b);
        _mm_stream_si128(q + 2, c);
        _mm_stream_si128(q + 3, e);
    }
    memcpy(d + i, s + i, n - i);
}

void flynn_bypass_end(void)
{
    _mm_sfence();
}

#else

bool flynn_bypass_pays(size_t bytes)
{
    (void)bytes;
    return false;
}

void flynn_bypass_copy(void *to, const void *from, size_t n)
{
    memcpy(to, from, n);
}

void flynn_bypass_end(void)
{
}

#endif
