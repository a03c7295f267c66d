/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_THRESHOLD_H
#define FLYNN_CPU_THRESHOLD_H

#include "core/threshold.h"

#include <string.h>

/** The scalar kernels of threshold, for ops that find the value themselves. */

/* A sample's bits become `bits & keep | set`, with one pair of masks above the threshold and one at and below it.
 * k[0]: the alpha channel or -1; k[1], k[2]: keep and set above; k[3], k[4]: keep and set at and below.
 * Threshold: k[5] for integers, f[0] for f32. A choice of masks without a branch: samples jump about it at random. */

/* keep and set at and below the threshold, and the bits in which they differ above it. */
struct flynn_masks {
    uint32_t keep, set, keep_change, set_change;
};

static inline struct flynn_masks flynn_masks_of(const struct flynn_stage *stage)
{
    const int32_t *k = stage->k;
    return (struct flynn_masks){(uint32_t)k[3], (uint32_t)k[4], (uint32_t)(k[3] ^ k[1]), (uint32_t)(k[4] ^ k[2])};
}

static inline void flynn_threshold_u8(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    struct flynn_masks m = flynn_masks_of(call->stage);
    uint8_t t = (uint8_t)call->stage->k[5], keep = (uint8_t)m.keep, set = (uint8_t)m.set;
    uint8_t keep_change = (uint8_t)m.keep_change, set_change = (uint8_t)m.set_change;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        uint8_t *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            uint8_t above = (uint8_t) - (in[i] > t);
            out[i] = (uint8_t)((in[i] & (keep ^ (above & keep_change))) | (set ^ (above & set_change)));
        }
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static inline void flynn_threshold_u16(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    struct flynn_masks m = flynn_masks_of(call->stage);
    uint16_t t = (uint16_t)call->stage->k[5], keep = (uint16_t)m.keep, set = (uint16_t)m.set;
    uint16_t keep_change = (uint16_t)m.keep_change, set_change = (uint16_t)m.set_change;
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r];
        uint16_t *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            uint16_t above = (uint16_t) - (in[i] > t);
            out[i] = (uint16_t)((in[i] & (keep ^ (above & keep_change))) | (set ^ (above & set_change)));
        }
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static inline void flynn_threshold_f32(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    struct flynn_masks m = flynn_masks_of(call->stage);
    float t = call->stage->f[0];
    for (int r = 0; r < call->rows; r++) {
        const float *in = call->in[r];
        float *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            uint32_t bits;
            memcpy(&bits, &in[i], sizeof bits);
            uint32_t above = 0 - (uint32_t)(in[i] > t);
            bits = (bits & (m.keep ^ (above & m.keep_change))) | (m.set ^ (above & m.set_change));
            memcpy(&out[i], &bits, sizeof bits);
        }
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

#endif
