/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_PYRAMID_UP_H
#define FLYNN_CORE_PYRAMID_UP_H

#include <flynn/op.h>

/** The neighbours of pixel i of n, where there may be none. */
static inline int pixel_before(int i, int n)
{
    return i > 0 ? i - 1 : n > 1 ? 1 : 0;
}

static inline int pixel_behind(int i, int n)
{
    return i < n - 1 ? i + 1 : i;
}

/** Samples of the row where pixel x of the call, the one before it and the one behind it begin. */
struct pixel_at {
    ptrdiff_t a, b, c;
};

static inline struct pixel_at pixel_at(const struct flynn_call *call, int x)
{
    int n = call->stage->in.channels, width = call->stage->in.width, first = call->in_x;
    return (struct pixel_at){((ptrdiff_t)pixel_before(first + x, width) - first) * n, (ptrdiff_t)x * n,
                             ((ptrdiff_t)pixel_behind(first + x, width) - first) * n};
}

#endif
