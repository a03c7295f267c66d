/* SPDX-License-Identifier: Apache-2.0 */
#include "core/canvas.h"
#include "core/canvas_row.h"
#include "simd/point.h"

/* As cpu/pad.c, with stores that ask for their lines early or stream. */

static inline vi same(vi x, const void *by)
{
    (void)by;
    return x;
}

static void copy_bytes(uint8_t *to, const uint8_t *from, size_t bytes, bool stream)
{
    point_row(from, from, to, bytes, stream, same, NULL, NULL, NULL);
}

static void pad_rows(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    for (int r = 0; r < call->rows; r++) {
        const void *in = call->in[stage->first[call->y + r] - stage->first[call->y]];
        flynn_canvas_row(stage, call->y + r, in, call->out[r], call->stream, copy_bytes);
    }
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(pad);

/* The other slot moves its bytes one column after the other, or by memcpy. */
const struct flynn_kernels FLYNN_KERNELS_SYMBOL(pad) = {
    .fn = {[FLYNN_CANVAS_ROWS] = {[FLYNN_U8] = pad_rows, [FLYNN_U16] = pad_rows, [FLYNN_F32] = pad_rows}},
};
