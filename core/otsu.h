/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_OTSU_H
#define FLYNN_CORE_OTSU_H

#include "core/threshold.h"

/** What all of otsu's kernels do first: set a stage of threshold by the level. */

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
