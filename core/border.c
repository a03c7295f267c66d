/* SPDX-License-Identifier: Apache-2.0 */
#include <flynn/op.h>

/* The remainder that is never negative. */
static int modulo(int64_t i, int64_t n)
{
    int64_t r = i % n;
    return (int)(r < 0 ? r + n : r);
}

int flynn_border_index(enum flynn_border border, int64_t i, int n)
{
    if (i >= 0 && i < n)
        return (int)i;
    switch (border) {
    case FLYNN_CONSTANT:
        return -1;
    case FLYNN_REPLICATE:
        return i < 0 ? 0 : n - 1;
    case FLYNN_REFLECT: {
        int r = modulo(i, 2 * (int64_t)n);
        return r < n ? r : 2 * n - 1 - r;
    }
    case FLYNN_REFLECT101: {
        if (n == 1)
            return 0;
        int r = modulo(i, 2 * (int64_t)n - 2);
        return r < n ? r : 2 * n - 2 - r;
    }
    default:
        return modulo(i, n);
    }
}
