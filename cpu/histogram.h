/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_HISTOGRAM_H
#define FLYNN_CPU_HISTOGRAM_H

#include <flynn/op.h>

/** The histogram as a stage of any op; see cpu/histogram.c for its numbers. */

/* Enough tables that equal neighbours do not wait for each other, as few as keep them in the first or second cache. */
static inline int flynn_histogram_tables(int channels, int bins)
{
    int most = bins <= 512 ? 8 : bins <= 4096 ? 4 : bins <= 16384 ? 2 : 1;
    if (channels == 3)
        return bins <= 512 ? 12 : 3;
    return channels > most ? channels : most;
}

/* OpenCL: groups of items that each take a block of rows, with tables in local memory where they fit. */
static inline void flynn_histogram_launch(struct flynn_node *node, struct flynn_stage *stage)
{
    enum { GROUP = 256, MOST_GROUPS = 256, GROUP_SAMPLES = 32768, MOST_COUNTERS = 6240 };
    int64_t samples = (int64_t)node->in.width * node->in.height * node->in.channels;
    int64_t groups = samples / GROUP_SAMPLES < MOST_GROUPS ? samples / GROUP_SAMPLES + 1 : MOST_GROUPS;
    int many = flynn_histogram_tables(node->in.channels, 256),
        stride = node->in.type == FLYNN_U8 ? 256 : stage->k[0] + 1;
    stage->k[6] = many * stride <= MOST_COUNTERS ? many : node->in.channels;
    stage->k[7] = stride;
    bool fits = stage->k[6] * stride <= MOST_COUNTERS;
    struct flynn_launch *launch = flynn_node_launch(node, fits ? "histogram" : "histogram_large", stage);
    launch->local_x = GROUP;
    launch->items_x = (int)(groups < node->in.height ? groups : node->in.height) * GROUP;
    launch->zero_out = true;
    launch->aside = stage->aside;
}

/** Append histogram's stage, and its launch: a matrix of u32 with a row of `bins` counters for each channel. With
 * `aside` it lies aside. NULL and *err when there are too many pixels. */
static inline struct flynn_stage *flynn_histogram_stage(struct flynn_node *node, int bins, bool aside,
                                                        struct flynn_err *err)
{
    enum { LINE = 16 }; /* counters: keeps the same bin of neighbouring tables out of the same cache set */
    int channels = node->in.channels;
    bool bytes = node->in.type == FLYNN_U8;
    if ((int64_t)node->in.width * node->in.height > UINT32_MAX) {
        flynn_fail(err, FLYNN_EINPUT, "%s: %dx%d pixels are more than the 4294967295 that counters hold",
                   node->op->name, node->in.width, node->in.height);
        return NULL;
    }
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_REDUCE, 0);
    stage->k[0] = bins;
    stage->k[1] = bytes ? channels : flynn_histogram_tables(channels, bins);
    stage->k[2] = bins + LINE;
    stage->k[3] = bytes ? flynn_histogram_tables(channels, 256) : 0;
    stage->k[4] = stage->k[1] * stage->k[2];
    stage->k[5] = 256 + LINE;
    stage->acc_bytes = sizeof(uint32_t) * (size_t)(stage->k[4] + stage->k[3] * stage->k[5]);
    stage->step = bytes ? 32 : 8;
    stage->out = (struct flynn_shape){.width = bins, .height = channels, .channels = 1, .type = FLYNN_U32};
    stage->aside = aside;
    stage->op = flynn_op_at(flynn_op_find("histogram"));
    flynn_histogram_launch(node, stage);
    return stage;
}

#endif
