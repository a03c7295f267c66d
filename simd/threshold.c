/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/threshold.h"

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(threshold);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(threshold) = {
    .fn = {{[FLYNN_U8] = run_threshold_u8, [FLYNN_U16] = run_threshold_u16, [FLYNN_F32] = run_threshold_f32}},
};
