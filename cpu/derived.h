/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_DERIVED_H
#define FLYNN_CPU_DERIVED_H

#include "cpu/histogram.h"
#include "cpu/reuse.h"

/** Ops on u8 and u16 that look every sample up in tables which are made from the image's histogram. */

/** How often the channel c has the value v, from the accumulator of a histogram stage with a bin for every value. */
static inline uint32_t flynn_histogram_count(const struct flynn_stage *stage, const void *acc, int c, int v)
{
    const uint32_t *counters = acc;
    uint32_t count = 0;
    for (int t = c; t < stage->k[1]; t += stage->in.channels)
        count += counters[t * stage->k[2] + v];
    for (int t = c; t < stage->k[3]; t += stage->in.channels)
        count += counters[stage->k[4] + t * stage->k[5] + v];
    return count;
}

/** Where a table of the type holds what v becomes in channel c: tables of 256 or 65536 entries, one after the other. */
static inline void flynn_derived_put(const struct flynn_image *tables, int c, int v, int value)
{
    if (tables->shape.type == FLYNN_U8)
        ((uint8_t *)tables->data)[c * 256 + v] = (uint8_t)value;
    else
        ((uint16_t *)(void *)tables->data)[c * 65536 + v] = (uint16_t)value;
}

typedef void flynn_derived_finish(const struct flynn_stage *, const void *, const struct flynn_image *);

/** What becomes of a histogram. */
struct flynn_derived {
    flynn_derived_finish *finish; /**< makes the result */
    const struct flynn_op *op;    /**< OpenCL: whose kernel does */
    const char *kernel;           /**< its name */
    int items;                    /**< and how many items do */
    const int32_t *numbers;       /**< k[8] and after, for both */
    int count;
};

/** Append a histogram stage of `bins` that lies aside, and whose result of shape *out is derived from it. */
static inline int flynn_derived_stage(struct flynn_node *node, int bins, const struct flynn_shape *out,
                                      const struct flynn_derived *by, struct flynn_err *err)
{
    struct flynn_stage *stage = flynn_histogram_stage(node, bins, true, err);
    struct flynn_stage *derive = stage ? flynn_node_alloc(node, sizeof *derive, err) : NULL;
    if (!derive)
        return err->code;
    for (int i = 0; i < by->count; i++)
        stage->k[8 + i] = by->numbers[i];
    stage->finish = by->finish;
    stage->out = *out;
    *derive = *stage;
    derive->op = by->op;
    struct flynn_launch *launch = flynn_node_launch(node, by->kernel, derive);
    launch->items_x = by->items;
    launch->items_y = 1;
    launch->aside = true;
    return FLYNN_OK;
}

/** Append that stage for `finish` to make a table of each channel, on OpenCL the kernel "derive" of `op`, and a stage
 * that looks up in them. */
static inline int flynn_derived_stages(struct flynn_node *node, flynn_derived_finish *finish, const int32_t *numbers,
                                       int count, const struct flynn_op *op, struct flynn_err *err)
{
    int values = node->in.type == FLYNN_U8 ? 256 : 65536, channels = node->in.channels;
    struct flynn_shape tables = {values * channels, 1, 1, node->in.type};
    struct flynn_derived by = {finish, op, "derive", channels, numbers, count};
    int code = flynn_derived_stage(node, values, &tables, &by, err);
    if (code)
        return code;
    struct flynn_stage *apply = flynn_node_stage(node, FLYNN_ROWS, 0);
    apply->k[0] = flynn_alpha_channel(&node->in);
    apply->k[1] = values;
    apply->k[2] = channels;
    apply->step = channels == 1 ? 1 : 8;
    apply->side_table = true;
    apply->table[0].bytes = flynn_row_bytes(&tables);
    flynn_reuse(node, apply, channels == 1 ? "gamma" : "lut", channels == 1 ? "gamma" : "look_up");
    node->launch[node->launches - 1].per_pixel = channels > 1;
    return FLYNN_OK;
}

#endif
