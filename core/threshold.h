/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_THRESHOLD_H
#define FLYNN_CORE_THRESHOLD_H

#include <flynn/op.h>

#include <string.h>

/** The numbers of threshold's kernels (cpu/threshold.h), for ops that find the value themselves. */

/** What becomes of samples, in the order of OpenCV's constants. */
#define FLYNN_THRESHOLD_TYPES "binary|binary_inv|trunc|tozero|tozero_inv"
enum { FLYNN_BINARY, FLYNN_BINARY_INV, FLYNN_TRUNC, FLYNN_TOZERO, FLYNN_TOZERO_INV };

/** Set k[1] to k[5] and f[0] for a type and a value: whole numbers for integers. */
static inline void flynn_threshold_set(struct flynn_stage *stage, int type, double value)
{
    int32_t white, level;
    float one = 1;
    stage->f[0] = (float)value;
    if (stage->in.type == FLYNN_F32) {
        memcpy(&white, &one, sizeof one);
        memcpy(&level, &stage->f[0], sizeof one);
    } else {
        white = (int32_t)flynn_type_white(stage->in.type);
        level = stage->k[5] = (int32_t)value;
    }
    stage->k[1] = type == FLYNN_TOZERO ? -1 : 0;
    stage->k[2] = type == FLYNN_BINARY ? white : type == FLYNN_TRUNC ? level : 0;
    stage->k[3] = type == FLYNN_TRUNC || type == FLYNN_TOZERO_INV ? -1 : 0;
    stage->k[4] = type == FLYNN_BINARY_INV ? white : 0;
}

#endif
