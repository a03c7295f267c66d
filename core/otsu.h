/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_OTSU_H
#define FLYNN_CORE_OTSU_H

#include "core/threshold.h"

/** What all of otsu's kernels do on the host: find the level in a histogram, and set a stage of threshold by it. */

/** The bin up to which samples are dark: the first for which n0 * n1 * (mean 0 - mean 1)^2 is largest. An empty bin
 * changes nothing, so that it cannot be the first. */
static inline uint32_t flynn_otsu_level(const uint32_t *count, int bins)
{
    uint64_t samples = 0, sum = 0, below = 0, sum_below = 0;
    uint32_t level = 0;
    double most = 0;
    for (int i = 0; i < bins; i++) {
        samples += count[i];
        sum += (uint64_t)i * count[i];
    }
    for (int i = 0; i < bins; i++) {
        if (!count[i])
            continue;
        below += count[i];
        sum_below += (uint64_t)i * count[i];
        if (below == samples)
            break;
        double n0 = (double)below, n1 = (double)(samples - below);
        double apart = (double)sum_below / n0 - (double)(sum - sum_below) / n1;
        double variance = n0 * n1 * (apart * apart);
        if (variance > most) {
            most = variance;
            level = (uint32_t)i;
        }
    }
    return level;
}

/** Kernel of a reduce stage that reads no rows: the level from the histogram at its side, once for each worker. acc:
 * two uint32_t, whether it is there and what it is. */
static inline void flynn_otsu_find(const struct flynn_call *call)
{
    uint32_t *acc = call->acc;
    if (!acc[0])
        acc[1] = flynn_otsu_level(flynn_row(call->side, 0), call->side->shape.width);
    acc[0] = 1;
}

/** A copy of otsu's last stage as one of threshold, by the level at its side; k[6]: the type of threshold. Bin i of f32
 * ends before (i + 1) / 256. */
static inline struct flynn_stage flynn_otsu_stage(const struct flynn_call *call)
{
    struct flynn_stage stage = *call->stage;
    uint32_t level = *(const uint32_t *)flynn_row(call->side, 0);
    double value = level;
    if (stage.in.type == FLYNN_F32)
        value = ((double)level + 1) / 256 * (1 - 0x1p-24);
    flynn_threshold_set(&stage, stage.k[6], value);
    return stage;
}

#endif
