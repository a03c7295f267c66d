/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/binary.h"
#include "core/over.h"

#include <string.h>

/* The slots are in core/over.h. */

static void over_u8(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = channels - 1;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *b = call->in[r], *s = call->with[r];
        uint8_t *out = call->out[r];
        for (int i = 0; i < call->width * channels; i += channels) {
            uint32_t above = 255u * s[i + alpha], below = (255u - s[i + alpha]) * b[i + alpha], whole = above + below;
            for (int c = i; c < i + alpha; c++) {
                uint32_t sum = above * s[c] + below * b[c];
                out[c] = whole ? (uint8_t)((2 * sum + whole) / (2 * whole)) : b[c];
            }
            out[i + alpha] = (uint8_t)((whole + 127) / 255);
        }
    }
}

static void over_u16(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = channels - 1;
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *b = call->in[r], *s = call->with[r];
        uint16_t *out = call->out[r];
        for (int i = 0; i < call->width * channels; i += channels) {
            uint64_t above = UINT64_C(65535) * s[i + alpha];
            uint64_t below = (UINT64_C(65535) - s[i + alpha]) * b[i + alpha], whole = above + below;
            for (int c = i; c < i + alpha; c++) {
                uint64_t sum = above * s[c] + below * b[c];
                out[c] = whole ? (uint16_t)((2 * sum + whole) / (2 * whole)) : b[c];
            }
            out[i + alpha] = (uint16_t)((whole + 32767) / 65535);
        }
    }
}

static void over_f32(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = channels - 1;
    for (int r = 0; r < call->rows; r++) {
        const float *b = call->in[r], *s = call->with[r];
        float *out = call->out[r];
        for (int i = 0; i < call->width * channels; i += channels) {
            float above = s[i + alpha], below = b[i + alpha] * (1 - above), whole = above + below;
            for (int c = i; c < i + alpha; c++)
                out[c] = whole == 0 ? b[c] : (s[c] * above + b[c] * below) / whole;
            out[i + alpha] = whole;
        }
    }
}

/* ---- the input has no alpha -------------------------------------------------------------------------------------- */

static void opaque_u8(const struct flynn_call *call)
{
    int channels = call->stage->in.channels;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *b = call->in[r], *s = call->with[r];
        uint8_t *out = call->out[r];
        for (int x = 0; x < call->width; x++, b += channels, s += channels + 1, out += channels) {
            for (int c = 0; c < channels; c++)
                out[c] = (uint8_t)((s[c] * s[channels] + b[c] * (255 - s[channels]) + 127) / 255);
        }
    }
}

static void opaque_u16(const struct flynn_call *call)
{
    int channels = call->stage->in.channels;
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *b = call->in[r], *s = call->with[r];
        uint16_t *out = call->out[r];
        for (int x = 0; x < call->width; x++, b += channels, s += channels + 1, out += channels) {
            uint32_t above = s[channels];
            for (int c = 0; c < channels; c++)
                out[c] = (uint16_t)((s[c] * above + b[c] * (65535 - above) + 32767) / 65535);
        }
    }
}

static void opaque_f32(const struct flynn_call *call)
{
    int channels = call->stage->in.channels;
    for (int r = 0; r < call->rows; r++) {
        const float *b = call->in[r], *s = call->with[r];
        float *out = call->out[r];
        for (int x = 0; x < call->width; x++, b += channels, s += channels + 1, out += channels) {
            for (int c = 0; c < channels; c++)
                out[c] = s[c] * s[channels] + b[c] * (1 - s[channels]);
        }
    }
}

/* ---- neither has alpha ------------------------------------------------------------------------------------------- */

static void cover(const struct flynn_call *call)
{
    size_t bytes = (size_t)call->width * (size_t)call->stage->in.channels * flynn_type_bytes(call->stage->in.type);
    for (int r = 0; r < call->rows; r++)
        memcpy(call->out[r], call->with[r], bytes);
}

static int with_alpha(int channels)
{
    return (channels + 1) / 2 * 2;
}

/* With alpha more often than not. */
static void second_shape(struct flynn_shape *shape, const struct flynn_value *value, int param)
{
    (void)value, (void)param;
    if (shape->width % 4)
        shape->channels = with_alpha(shape->channels);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    const struct flynn_shape *in = &node->in, *over = &flynn_node_value(node, "with")->input->shape;
    static const char *const kernels[] = {
        [OVER_BOTH] = "over", [OVER_GRAY] = "over_opaque", [OVER_RGB] = "over_opaque", [OVER_NONE] = "over_cover"};

    if (over->width != in->width || over->height != in->height || over->type != in->type ||
        (over->channels != in->channels && over->channels != with_alpha(in->channels)))
        return flynn_fail(
            err, FLYNN_EINPUT, "over: with is %dx%d with %d channels of %s; it must be %dx%d with %d%s channels of %s",
            over->width, over->height, over->channels, flynn_type_name(over->type), in->width, in->height, in->channels,
            in->channels == 1   ? " or 2"
            : in->channels == 3 ? " or 4"
                                : "",
            flynn_type_name(in->type));
    struct flynn_stage *stage = binary_stage(node);
    if (over->channels != in->channels)
        stage->kernel = in->channels == 1 ? OVER_GRAY : OVER_RGB;
    else
        stage->kernel = in->channels % 2 == 0 ? OVER_BOTH : OVER_NONE;
    flynn_node_launch(node, kernels[stage->kernel], stage)->per_pixel = true;
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(over) = {
    .name = "over",
    .aliases = "composite pamcomp composite2",
    .group = "arithmetic",
    .summary = "lay a second image with alpha over the input",
    .definition =
        "Porter and Duff's `with` over input, with straight alpha. s, S: a colour sample and the alpha of `with`; b, "
        "B: "
        "those of the input; W: white.\n"
        "u8 and u16: D = W * S + (W - S) * B. Colour: (W * S * s + (W - S) * B * b) / D, where D is 0 the input's; "
        "alpha: D / W; each one exact quotient rounded to the nearest integer, halves up.\n"
        "f32: below = B * (1 - S), D = S + below, colour (s * S + b * below) / D, where D is 0 the input's, alpha D; "
        "every step rounded once.\n"
        "An input without alpha (1 or 3 channels) is opaque and stays so: (s * S + b * (W - S)) / W, rounded to the "
        "nearest integer; f32: s * S + b * (1 - S). A `with` without alpha covers the input entirely.",
    .source = "Porter and Duff 1984; W3C Compositing and Blending, simple alpha compositing",
    .params = {{.name = "with",
                .kind = FLYNN_PARAM_INPUT,
                .help = "what lies on top: of the input's size and type, with its channels or alpha as one more"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .second_shape = second_shape,
    .cases = {"@"},
    .lower = lower,
    .kernels = {.fn = {[OVER_BOTH] = {[FLYNN_U8] = over_u8, [FLYNN_U16] = over_u16, [FLYNN_F32] = over_f32},
                       [OVER_GRAY] = {[FLYNN_U8] = opaque_u8, [FLYNN_U16] = opaque_u16, [FLYNN_F32] = opaque_f32},
                       [OVER_RGB] = {[FLYNN_U8] = opaque_u8, [FLYNN_U16] = opaque_u16, [FLYNN_F32] = opaque_f32},
                       [OVER_NONE] = {[FLYNN_U8] = cover, [FLYNN_U16] = cover, [FLYNN_F32] = cover}}},
};
