/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_RGB_ROWS_H
#define FLYNN_CPU_RGB_ROWS_H

#include "core/table.h"
#include "cpu/point.h"

#include <string.h>

/** Scalar kernels of ops that make the colours of a pixel from its colours, of the same type: an op gives the loop over
 * the pixels of a row, which is inlined once for each number of channels, so that the distance between pixels is a
 * constant. A fourth channel, alpha, is kept. */

#define RGB_INLINE static inline __attribute__((always_inline))

/** The stage of such an op, and its launch. */
static inline struct flynn_stage *flynn_rgb_stage(struct flynn_node *node, const char *kernel)
{
    struct flynn_stage *stage = flynn_point_stage(node, 0);
    flynn_node_launch(node, kernel, stage)->per_pixel = true;
    return stage;
}

/** `by` holds the op's constants. */
typedef void flynn_rgb_row(const void *from, void *to, int width, int channels, const void *by);

RGB_INLINE void flynn_keep_alpha(const uint8_t *from, uint8_t *to, int width, size_t bytes)
{
    for (size_t i = 3 * bytes; i < 4 * bytes * (size_t)width; i += 4 * bytes)
        memcpy(to + i, from + i, bytes);
}

RGB_INLINE void flynn_rgb_rows(const struct flynn_call *call, size_t bytes, flynn_rgb_row *row, const void *by)
{
    for (int r = 0; r < call->rows; r++) {
        if (call->stage->in.channels == 3) {
            row(call->in[r], call->out[r], call->width, 3, by);
        } else {
            row(call->in[r], call->out[r], call->width, 4, by);
            flynn_keep_alpha(call->in[r], call->out[r], call->width, bytes);
        }
    }
}

#endif
