/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_PLANES_H
#define FLYNN_CORE_PLANES_H

#include <flynn/op.h>

/** An image of one channel that merge's kernels read beside their input and second input. */
struct flynn_plane {
    const uint8_t *data;
    size_t stride;
};

/** Row `call->y + r` of channel c from pixel call->x on: the input, the second input, or a plane of table[0]. */
static inline const void *flynn_plane_row(const struct flynn_call *call, int r, int c)
{
    if (c < 2)
        return c ? call->with[r] : call->in[r];
    const struct flynn_plane *plane = (const struct flynn_plane *)call->stage->table[0].data + (c - 2);
    return plane->data + (size_t)(call->y + r) * plane->stride +
           (size_t)call->x * flynn_type_bytes(call->stage->in.type);
}

#endif
