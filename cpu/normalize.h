/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_NORMALIZE_H
#define FLYNN_CPU_NORMALIZE_H

#include "cpu/derived.h"

/** The stretch of normalize and auto-level. k[8], k[9]: the parts that become black and white, in 2^-20; k[10]: 1 for
 * all channels together; k[11]: the alpha channel or -1. */

#define FLYNN_NORMALIZE_CHANNELS                                                                                       \
    {                                                                                                                  \
        .name = "channels", .kind = FLYNN_PARAM_CHOICE, .preset = "all", .choices = "all|each",                        \
        .help = "one stretch for all channels, which keeps colours, or one for each"                                   \
    }

/** The samples of value v in channel c, or in all channels but alpha. */
static inline uint64_t flynn_normalize_count(const struct flynn_stage *stage, const void *acc, int c, int v)
{
    uint64_t count = 0;
    if (!stage->k[10])
        return flynn_histogram_count(stage, acc, c, v);
    for (int i = 0; i < stage->in.channels; i++)
        count += i == stage->k[11] ? 0 : flynn_histogram_count(stage, acc, i, v);
    return count;
}

static inline void flynn_normalize_finish(const struct flynn_stage *stage, const void *acc,
                                          const struct flynn_image *dst)
{
    int white = stage->in.type == FLYNN_U8 ? 255 : 65535, channels = stage->in.channels;
    int colours = stage->k[11] < 0 ? channels : channels - 1;
    uint64_t all = (uint64_t)stage->in.width * (uint64_t)stage->in.height * (uint64_t)(stage->k[10] ? colours : 1);
    for (int c = 0; c < channels; c++) {
        int64_t low = 0, high = white;
        uint64_t dark = flynn_normalize_count(stage, acc, c, 0), light = flynn_normalize_count(stage, acc, c, white);
        while (low < white && dark << 20 <= (uint64_t)stage->k[8] * all)
            dark += flynn_normalize_count(stage, acc, c, (int)++low);
        while (high > 0 && light << 20 <= (uint64_t)stage->k[9] * all)
            light += flynn_normalize_count(stage, acc, c, (int)--high);
        for (int v = 0; v <= white; v++) {
            int64_t x = v <= low ? 0 : v >= high ? white : ((v - low) * white + (high - low) / 2) / (high - low);
            flynn_derived_put(dst, c, v, high > low ? (int)x : v);
        }
    }
}

/** Append the stages, of any op; black and white are parts of all samples. */
static inline int flynn_normalize_stages(struct flynn_node *node, double black, double white, bool together,
                                         struct flynn_err *err)
{
    int32_t numbers[] = {(int32_t)(black * 0x1p20 + 0.5), (int32_t)(white * 0x1p20 + 0.5), together,
                         flynn_alpha_channel(&node->in)};
    return flynn_derived_stages(node, flynn_normalize_finish, numbers, 4, flynn_op_at(flynn_op_find("normalize")), err);
}

#endif
