/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/narrow.h"
#include "simd/point.h"

static inline vi same(vi x, const void *by)
{
    (void)by;
    return x;
}

static void copy(const struct flynn_call *call)
{
    size_t bytes = (size_t)call->width * (size_t)call->stage->in.channels * flynn_type_bytes(call->stage->in.type);
    if (call->stream)
        point_rows_streamed(call, bytes, POINT_FAR, same, NULL, NULL, NULL);
    else
        point_rows_stored(call, bytes, same, NULL, NULL, NULL);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(copy);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(copy) = {
    .fn = {{[FLYNN_U8] = copy, [FLYNN_U16] = copy, [FLYNN_F32] = copy, [FLYNN_F64] = copy}},
};
