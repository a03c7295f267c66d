/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_LOOKUP_H
#define FLYNN_CPU_LOOKUP_H

#include <flynn/op.h>

/** The scalar kernel of ops that are a table of 256 on 8-bit samples: table[0] is the table, k[0] the alpha channel or
 * -1. */
static inline void flynn_lookup_u8(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    const uint8_t *table = call->stage->table[0].data;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        uint8_t *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = table[in[i]];
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

#endif
