/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_BINARY_H
#define FLYNN_CPU_BINARY_H

#include "core/table.h"
#include "cpu/point.h"

/** What the ops of two inputs of one shape share: out = f(input, second input) for every sample, in one rows stage.
 *
 * The input's alpha channel is kept; f64 is a matrix and has none. k[0]: the alpha channel or -1. */

#define BINARY_INLINE static inline __attribute__((always_inline))

/** The parameter of all of them. */
#define BINARY_WITH                                                                                                    \
    {                                                                                                                  \
        .name = "with", .kind = FLYNN_PARAM_INPUT, .help = "the second input, of the first one's shape and type"       \
    }

#define BINARY_TYPES (FLYNN_IMAGE_TYPES | FLYNN_TYPE_BIT(FLYNN_F64))

/** FLYNN_EINPUT unless `with` has the shape and the type of the input. */
static inline int binary_check(const struct flynn_node *node, struct flynn_err *err)
{
    const struct flynn_shape *in = &node->in, *second = &flynn_node_value(node, "with")->input->shape;
    if (flynn_shape_equal(in, second))
        return FLYNN_OK;
    return flynn_fail(err, FLYNN_EINPUT,
                      "%s: with is %dx%d with %d channels of %s; it must be as the input, %dx%d with %d of %s",
                      node->op->name, second->width, second->height, second->channels, flynn_type_name(second->type),
                      in->width, in->height, in->channels, flynn_type_name(in->type));
}

/** The one stage and its launch. */
static inline struct flynn_stage *binary_stage(struct flynn_node *node)
{
    struct flynn_stage *stage = flynn_point_stage(node, 0);
    stage->with = flynn_node_value(node, "with")->input;
    stage->k[0] = node->in.type == FLYNN_F64 ? -1 : flynn_alpha_channel(&node->in);
    return stage;
}

/** `lower` of an op that needs nothing else. */
static inline int binary_lower(struct flynn_node *node, struct flynn_err *err)
{
    int code = binary_check(node, err);
    if (!code)
        flynn_node_launch(node, "binary", binary_stage(node));
    return code;
}

BINARY_INLINE void binary_u8(const struct flynn_call *call, uint8_t (*f)(uint8_t x, uint8_t w))
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r], *with = call->with[r];
        uint8_t *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = f(in[i], with[i]);
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

BINARY_INLINE void binary_u16(const struct flynn_call *call, uint16_t (*f)(uint16_t x, uint16_t w))
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r], *with = call->with[r];
        uint16_t *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = f(in[i], with[i]);
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

BINARY_INLINE void binary_f32(const struct flynn_call *call, float (*f)(float x, float w))
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    for (int r = 0; r < call->rows; r++) {
        const float *in = call->in[r], *with = call->with[r];
        float *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = f(in[i], with[i]);
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

BINARY_INLINE void binary_f64(const struct flynn_call *call, double (*f)(double x, double w))
{
    int samples = call->width * call->stage->in.channels;
    for (int r = 0; r < call->rows; r++) {
        const double *in = call->in[r], *with = call->with[r];
        double *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = f(in[i], with[i]);
    }
}

#endif
