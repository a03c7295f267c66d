/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_REUSE_H
#define FLYNN_CPU_REUSE_H

#include "core/table_parts.h"
#include "cpu/point.h"

/** Stages that the kernels of other ops run, for ops that are those with other numbers. Each appends one stage and one
 * OpenCL launch; the result is FLYNN_OK or *err's code. */

/** What a table answers for the sample x of 0..white; the result is within 0..white. */
typedef int flynn_answer(int x, int white, const void *by);

/* Hand the stage to the kernels of `op`. */
static inline void flynn_reuse(struct flynn_node *node, struct flynn_stage *stage, const char *op, const char *kernel)
{
    stage->op = flynn_op_at(flynn_op_find(op));
    flynn_node_launch(node, kernel, stage);
}

/** gamma's kernels: u8 and u16 samples through a table that is filled here from `answer`. Alpha is kept. */
static inline int flynn_lookup_stage(struct flynn_node *node, flynn_answer *answer, const void *by,
                                     struct flynn_err *err)
{
    bool bytes = node->in.type == FLYNN_U8;
    int white = bytes ? 255 : 65535;
    size_t sample = bytes ? sizeof(uint8_t) : sizeof(uint16_t);
    void *table = flynn_node_alloc(node, ((size_t)white + 1) * sample, err);
    if (!table)
        return err->code;
    for (int x = 0; x <= white; x++) {
        if (bytes)
            ((uint8_t *)table)[x] = (uint8_t)answer(x, white, by);
        else
            ((uint16_t *)table)[x] = (uint16_t)answer(x, white, by);
    }
    struct flynn_stage *stage = flynn_point_stage(node, 0);
    stage->k[0] = flynn_alpha_channel(&stage->in);
    stage->table[0] = (struct flynn_table_data){table, ((size_t)white + 1) * sample};
    stage->k[3] = bytes;
    if (bytes && flynn_table_stage(node, stage, table, err))
        return err->code;
    flynn_reuse(node, stage, "gamma", "gamma");
    return FLYNN_OK;
}

/** f[0]: factor, f[1]: offset, f[2], f[3]: limits: x * f[0] + f[1] in two roundings, within the limits, to the nearest
 * integer: adding 1.5 * 2^23 leaves no room for a fraction, ties go to even. */
static inline float flynn_linear_sample(float x, const float *f)
{
    float y = x * f[0] + f[1];
    y = y > f[2] ? y : f[2];
    y = y < f[3] ? y : f[3];
    return (y + 12582912.0f) - 12582912.0f;
}

/** linear's kernels: every sample times `factor` plus `offset` (in sample units). |factor| <= 1000 and |offset| <=
 * 10^9 keep what is computed within 32 bits. Alpha is kept. */
static inline int flynn_linear_stage(struct flynn_node *node, double factor, double offset, struct flynn_err *err)
{
    uint8_t *table = node->in.type == FLYNN_U8 ? flynn_node_alloc(node, 256, err) : NULL;
    if (node->in.type == FLYNN_U8 && !table)
        return err->code;
    struct flynn_stage *stage = flynn_point_stage(node, 0);
    stage->k[0] = flynn_alpha_channel(&stage->in);
    stage->f[0] = (float)factor;
    stage->f[1] = (float)offset;
    stage->d[0] = factor;
    stage->d[1] = offset;
    stage->f[3] = (float)flynn_type_white(stage->in.type);
    for (int i = 0; table && i < 256; i++)
        table[i] = (uint8_t)flynn_linear_sample((float)i, stage->f);
    if (table && flynn_table_stage(node, stage, table, err))
        return err->code;
    flynn_reuse(node, stage, "linear", "linear");
    return FLYNN_OK;
}

/** clamp's kernels on f32: samples below `low` and NaN become `low`, those above `high` become `high`. */
static inline void flynn_clamp_floats(struct flynn_node *node, float low, float high)
{
    struct flynn_stage *stage = flynn_point_stage(node, 0);
    stage->k[0] = flynn_alpha_channel(&stage->in);
    stage->f[0] = low;
    stage->f[1] = high;
    flynn_reuse(node, stage, "clamp", "limit");
}

/** gamma's kernels on f32: the power `exponent` of every sample. Alpha is kept. */
static inline void flynn_gamma_floats(struct flynn_node *node, double exponent)
{
    /* Interpolated at Chebyshev nodes, so that the largest error is about the least possible for the degree.
     * [0..4]: log2(m) / s as a polynomial in s * s, where s = (m - 1) / (m + 1) and m is in [sqrt(1/2), sqrt(2)].
     * [5..11]: (2^r - 1) / r as a polynomial in r, where r is in [-1/2, 1/2].
     * [12], [13]: powers of two beyond every float. */
    static const double coefficients[14] = {
        2.885390081789987,
        0.9617966734515485,
        0.5770835660048659,
        0.41167376623771057,
        0.3407120415619086,
        0.6931471805599453,
        0.24022650922288757,
        0.055504108839096185,
        0.009618056678524637,
        0.001333350238616277,
        0.0001546144469856913,
        1.5297323760701075e-05,
        -200,
        200,
    };
    struct flynn_stage *stage = flynn_point_stage(node, 0);
    stage->k[0] = flynn_alpha_channel(&stage->in);
    stage->d[0] = exponent;
    stage->table[0] = (struct flynn_table_data){coefficients, sizeof coefficients};
    stage->costly = true;
    flynn_reuse(node, stage, "gamma", "gamma");
}

#endif
