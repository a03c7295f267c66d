/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_COPY_H
#define FLYNN_CPU_COPY_H

#include <flynn/op.h>

#include <string.h>

/** The kernel of a rows stage that changes nothing. */
static inline void flynn_copy_rows(const struct flynn_call *call)
{
    struct flynn_shape row = call->stage->in;
    row.width = call->width;
    for (int r = 0; r < call->rows; r++)
        memcpy(call->out[r], call->in[r], flynn_row_bytes(&row));
}

#endif
