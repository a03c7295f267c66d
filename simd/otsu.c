/* SPDX-License-Identifier: Apache-2.0 */
#include "core/otsu.h"
#include "simd/threshold.h"

static void otsu_u8(const struct flynn_call *call)
{
    struct flynn_stage stage = flynn_otsu_stage(call);
    struct flynn_call threshold = *call;
    threshold.stage = &stage;
    run_threshold_u8(&threshold);
}

static void otsu_u16(const struct flynn_call *call)
{
    struct flynn_stage stage = flynn_otsu_stage(call);
    struct flynn_call threshold = *call;
    threshold.stage = &stage;
    run_threshold_u16(&threshold);
}

static void otsu_f32(const struct flynn_call *call)
{
    struct flynn_stage stage = flynn_otsu_stage(call);
    struct flynn_call threshold = *call;
    threshold.stage = &stage;
    run_threshold_f32(&threshold);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(otsu);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(otsu) = {
    .fn = {{[FLYNN_U8] = otsu_u8, [FLYNN_U16] = otsu_u16, [FLYNN_F32] = otsu_f32}},
};
