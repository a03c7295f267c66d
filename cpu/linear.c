/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/lookup.h"
#include "cpu/reuse.h"

/* k[0]: the alpha channel or -1; f[0], f[1]: factor and offset; f[2], f[3]: the limits of integers, 0 and white;
 * u8: table[0] holds the answer for every sample. */

static void linear_u16(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    const float f[4] = {call->stage->f[0], call->stage->f[1], call->stage->f[2], call->stage->f[3]};
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r];
        uint16_t *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = (uint16_t)(int)flynn_linear_sample(in[i], f);
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static void linear_f32(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    float a = call->stage->f[0], b = call->stage->f[1];
    for (int r = 0; r < call->rows; r++) {
        const float *in = call->in[r];
        float *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = in[i] * a + b;
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

/* f64 is a matrix and has no alpha channel; d[0], d[1]: factor and offset. */
static void linear_f64(const struct flynn_call *call)
{
    int samples = call->width * call->stage->in.channels;
    double a = call->stage->d[0], b = call->stage->d[1];
    for (int r = 0; r < call->rows; r++) {
        const double *in = call->in[r];
        double *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = in[i] * a + b;
    }
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    return flynn_linear_stage(node, flynn_node_value(node, "alpha")->real, flynn_node_sample(node, "beta"), err);
}

const struct flynn_op FLYNN_OP_SYMBOL(linear) = {
    .name = "linear",
    .aliases = "convertscaleabs",
    .group = "point",
    .summary = "every sample times alpha plus beta: contrast and brightness",
    .definition =
        "a = alpha and b = beta as floats. y = x * a + b in float, the product and the sum each rounded.\n"
        "u8 and u16: y is clamped to 0..white and rounded to the nearest integer, ties to even. f32: y as it is.\n"
        "f64: the same in double. The alpha channel is kept; f64 has none.",
    .source =
        "OpenCV Mat::convertTo with alpha and beta, which may use one rounding instead of two where the CPU has fused "
        "multiply-add",
    .params = {{.name = "alpha", .kind = FLYNN_PARAM_REAL, .min = -1000, .max = 1000, .help = "factor"},
               {.name = "beta",
                .kind = FLYNN_PARAM_REAL,
                .min = -1e6,
                .max = 1e6,
                .preset = "0",
                .help = "what is added, in sample units or in percent of white"}},
    .types = FLYNN_IMAGE_TYPES | FLYNN_TYPE_BIT(FLYNN_F64),
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"1.2,beta=10", "0.5", "1.5,beta=0.5", "-1,beta=100%", "3.3,beta=-50%", "0.0039"},
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = flynn_lookup_u8,
                        [FLYNN_U16] = linear_u16,
                        [FLYNN_F32] = linear_f32,
                        [FLYNN_F64] = linear_f64}}},
};
