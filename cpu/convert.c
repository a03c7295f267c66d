/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/copy.h"
#include "cpu/point.h"

/* A slot for each type of the output, in the order of the parameter's choices; no numbers. */

enum { TO_U8, TO_U16, TO_F32 };

/* The samples of a row. */
static int samples_of(const struct flynn_call *call)
{
    return call->width * call->stage->in.channels;
}

static void u8_to_u16(const struct flynn_call *call)
{
    int samples = samples_of(call);
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        uint16_t *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = (uint16_t)(in[i] * 257);
    }
}

static void u16_to_u8(const struct flynn_call *call)
{
    int samples = samples_of(call);
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r];
        uint8_t *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = (uint8_t)((in[i] * 255u + 32895) >> 16);
    }
}

static void u8_to_f32(const struct flynn_call *call)
{
    int samples = samples_of(call);
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        float *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = (float)in[i] / 255.0f;
    }
}

static void u16_to_f32(const struct flynn_call *call)
{
    int samples = samples_of(call);
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r];
        float *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = (float)in[i] / 65535.0f;
    }
}

/* To the nearest integer of 0..white, ties to even: 1.5 * 2^23 leaves no room for a fraction. */
static inline int to_integer(float x, float white)
{
    float y = x * white;
    y = y > 0.0f ? y : 0.0f;
    y = y < white ? y : white;
    return (int)((y + 12582912.0f) - 12582912.0f);
}

static void f32_to_u8(const struct flynn_call *call)
{
    int samples = samples_of(call);
    for (int r = 0; r < call->rows; r++) {
        const float *in = call->in[r];
        uint8_t *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = (uint8_t)to_integer(in[i], 255.0f);
    }
}

static void f32_to_u16(const struct flynn_call *call)
{
    int samples = samples_of(call);
    for (int r = 0; r < call->rows; r++) {
        const float *in = call->in[r];
        uint16_t *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = (uint16_t)to_integer(in[i], 65535.0f);
    }
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    static const enum flynn_type types[] = {[TO_U8] = FLYNN_U8, [TO_U16] = FLYNN_U16, [TO_F32] = FLYNN_F32};
    static const char *const kernels[] = {[TO_U8] = "to_u8", [TO_U16] = "to_u16", [TO_F32] = "to_f32"};
    (void)err;
    int to = flynn_node_value(node, "type")->integer;
    struct flynn_stage *stage = flynn_point_stage(node, to);
    stage->out.type = node->out.type = types[to];
    flynn_node_launch(node, kernels[to], stage);
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(convert) = {
    .name = "convert",
    .aliases = "depth cast convertto pamdepth",
    .group = "point",
    .summary = "change the type of the samples; black and white stay black and white",
    .definition =
        "u8 to u16: x * 257. u16 to u8: x / 257 to the nearest, (x * 255 + 32895) >> 16.\n"
        "u8 and u16 to f32: x / 255 or x / 65535, rounded once.\n"
        "f32 to u8 and u16: x * white in float, within 0 and white (NaN is 0), to the nearest integer, ties to even.\n"
        "To the same type: a copy. Alpha is converted like the other channels.",
    .source = "OpenCV convertTo with alpha = 257, 1/257, 1/255 and so on, libvips cast with shift, Netpbm pamdepth",
    .params =
        {{.name = "type", .kind = FLYNN_PARAM_CHOICE, .choices = "u8|u16|f32", .help = "what the samples become"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"u8", "u16", "f32"},
    .lower = lower,
    .kernels = {.fn = {[TO_U8] = {[FLYNN_U8] = flynn_copy_rows, [FLYNN_U16] = u16_to_u8, [FLYNN_F32] = f32_to_u8},
                       [TO_U16] = {[FLYNN_U8] = u8_to_u16, [FLYNN_U16] = flynn_copy_rows, [FLYNN_F32] = f32_to_u16},
                       [TO_F32] = {[FLYNN_U8] = u8_to_f32, [FLYNN_U16] = u16_to_f32, [FLYNN_F32] = flynn_copy_rows}}},
};
