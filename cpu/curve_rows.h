/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_CURVE_ROWS_H
#define FLYNN_CPU_CURVE_ROWS_H

#include "core/table.h"
#include "cpu/curve.h"
#include "cpu/reuse.h"

/** What the ops along the curve of sRGB share: integers are a table, in gamma's kernels; floats are computed.
 * f32: k[0] is the alpha channel or -1. */

/** The scalar kernel of f32, into which `curve` is inlined. */
static inline __attribute__((always_inline)) void flynn_curve_rows(const struct flynn_call *call, float curve(float x))
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    for (int r = 0; r < call->rows; r++) {
        const float *in = call->in[r];
        float *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = curve(in[i]);
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

/** A curve of 0..1 in double. */
struct flynn_curve {
    double (*exactly)(double x);
};

static inline int flynn_curve_answer(int x, int white, const void *by)
{
    const struct flynn_curve *curve = by;
    return (int)floor(white * curve->exactly(x / (double)white) + 0.5);
}

/** `lower` of such an op. */
static inline int flynn_curve_lower(struct flynn_node *node, const struct flynn_curve *curve, const char *kernel,
                                    struct flynn_err *err)
{
    if (node->in.type != FLYNN_F32)
        return flynn_lookup_stage(node, flynn_curve_answer, curve, err);
    struct flynn_stage *stage = flynn_point_stage(node, 0);
    stage->k[0] = flynn_alpha_channel(&stage->in);
    stage->costly = true;
    flynn_node_launch(node, kernel, stage);
    return FLYNN_OK;
}

#endif
