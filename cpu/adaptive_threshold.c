/* SPDX-License-Identifier: Apache-2.0 */
#include "core/adaptive.h"
#include "core/table.h"

#include <math.h>
#include <string.h>

/* ---- compare ----------------------------------------------------------------------------------------------------- */

static void compare_u8(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, samples = call->width * channels;
    int limit = call->stage->k[0], alpha = call->stage->k[2];
    uint8_t other = call->stage->k[1] ? 255 : 0;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *mean = call->in[r], *in = call->with[r];
        uint8_t *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = (uint8_t)(-(in[i] - mean[i] > limit) ^ other);
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static void compare_u16(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, samples = call->width * channels;
    int limit = call->stage->k[0], alpha = call->stage->k[2];
    uint16_t other = call->stage->k[1] ? 65535 : 0;
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *mean = call->in[r], *in = call->with[r];
        uint16_t *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = (uint16_t)(-(in[i] - mean[i] > limit) ^ other);
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static void compare_f32(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, samples = call->width * channels, alpha = call->stage->k[2];
    float limit = call->stage->f[0], above = call->stage->k[1] ? 0.0f : 1.0f, other = 1.0f - above;
    for (int r = 0; r < call->rows; r++) {
        const float *mean = call->in[r], *in = call->with[r];
        float *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = in[i] - mean[i] > limit ? above : other;
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

/* Adding 1.5 * 2^23 leaves no room for a fraction. */
static inline int rounded(float x)
{
    return (int)((x + 12582912.0f) - 12582912.0f);
}

static void compare_floats_u8(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, samples = call->width * channels;
    int limit = call->stage->k[0], alpha = call->stage->k[2];
    uint8_t other = call->stage->k[1] ? 255 : 0;
    for (int r = 0; r < call->rows; r++) {
        const float *mean = call->in[r];
        const uint8_t *in = call->with[r];
        uint8_t *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = (uint8_t)(-(in[i] - rounded(mean[i]) > limit) ^ other);
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static void compare_floats_u16(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, samples = call->width * channels;
    int limit = call->stage->k[0], alpha = call->stage->k[2];
    uint16_t other = call->stage->k[1] ? 65535 : 0;
    for (int r = 0; r < call->rows; r++) {
        const float *mean = call->in[r];
        const uint16_t *in = call->with[r];
        uint16_t *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = (uint16_t)(-(in[i] - rounded(mean[i]) > limit) ^ other);
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

/* ---- widen ------------------------------------------------------------------------------------------------------- */

static void widen_u8(const struct flynn_call *call)
{
    int samples = call->width * call->stage->in.channels;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        float *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = in[i];
    }
}

static void widen_u16(const struct flynn_call *call)
{
    int samples = call->width * call->stage->in.channels;
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r];
        float *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = in[i];
    }
}

/* ---- stages ------------------------------------------------------------------------------------------------------ */

static int check(const struct flynn_node *node, bool gaussian, struct flynn_err *err)
{
    static const char *const box_only[] = {"width", "height"};
    if (!gaussian && flynn_node_value(node, "sigma")->set)
        return flynn_fail(err, FLYNN_EUSAGE, "adaptive-threshold: sigma belongs to method=gaussian");
    for (int i = 0; gaussian && i < 2; i++) {
        if (flynn_node_value(node, box_only[i])->set)
            return flynn_fail(err, FLYNN_EUSAGE, "adaptive-threshold: %s belongs to method=mean", box_only[i]);
    }
    return FLYNN_OK;
}

/* Lets gaussian's `lower` see the node as one of f32, with the sample outside in the node's own units. */
static int lower_as_floats(struct flynn_node *node, const struct flynn_op *gaussian, struct flynn_err *err)
{
    enum { FILL = 8 }; /* among the parameters */
    const struct flynn_value fill = node->value[FILL];
    enum flynn_type type = node->in.type;
    node->value[FILL].real = floor(flynn_node_sample(node, "fill") + 0.5);
    node->value[FILL].percent = false;
    node->in.type = FLYNN_F32;
    int code = gaussian->lower(node, err);
    node->in.type = type;
    node->value[FILL] = fill;
    return code;
}

/* The means, by the stages of box or gaussian. */
static int mean_stages(struct flynn_node *node, bool gaussian, struct flynn_err *err)
{
    const struct flynn_op *filter = flynn_op_at(flynn_op_find(gaussian ? "gaussian" : "box"));
    bool widen = gaussian && node->in.type != FLYNN_F32;
    if (widen) {
        struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, FLYNN_ADAPTIVE_WIDEN);
        stage->out.type = FLYNN_F32;
        flynn_node_launch(node, "widen", stage);
    }
    int code = widen ? lower_as_floats(node, filter, err) : filter->lower(node, err);
    for (int i = widen; i < node->stages; i++)
        node->stage[i].op = filter;
    return code;
}

/* OpenCL on CPUs: boxes that are made in one step are compared there, too. Returns whether that is so. */
static bool compare_in_box(struct flynn_node *node, const struct flynn_stage *compare)
{
    struct flynn_launch *box = &node->launch[node->launches - 1];
    if (box->on != FLYNN_ON_CPU || strcmp(box->kernel, "box") != 0)
        return false;
    struct flynn_stage *both = flynn_node_alloc(node, sizeof *both, NULL);
    if (!both)
        return false;
    *both = *box->stage;
    both->k[10] = compare->k[0];
    both->k[11] = compare->k[1];
    box->stage = both;
    box->kernel = "box_above";
    return true;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    bool gaussian = flynn_node_value(node, "method")->integer == 1;
    bool inverse = flynn_node_value(node, "type")->integer == 1;
    double offset = flynn_node_sample(node, "offset");
    int code = check(node, gaussian, err);
    if (!code)
        code = mean_stages(node, gaussian, err);
    if (code)
        return code;
    bool floats = gaussian && node->in.type != FLYNN_F32;
    struct flynn_stage *stage =
        flynn_node_stage(node, FLYNN_ROWS, floats ? FLYNN_ADAPTIVE_COMPARE_FLOATS : FLYNN_ADAPTIVE_COMPARE);
    stage->variant = node->in.type;
    stage->out.type = node->in.type;
    stage->beside = true;
    stage->k[0] = node->in.type == FLYNN_F32 ? 0 : (int32_t) - (inverse ? floor(offset) : ceil(offset));
    stage->k[1] = inverse;
    stage->k[2] = flynn_alpha_channel(&node->in);
    stage->f[0] = (float)-offset;
    bool compared = compare_in_box(node, stage);
    struct flynn_launch *launch = flynn_node_launch(node, floats ? "compare_floats" : "compare", stage);
    launch->beside = true;
    launch->on = compared ? FLYNN_ON_OTHERS : FLYNN_ON_ANY;
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(adaptive_threshold) = {
    .name = "adaptive-threshold",
    .aliases = "adaptivethreshold lat",
    .group = "filter",
    .summary = "black or white by comparison with the mean of what is around",
    .definition =
        "m = box (method=mean) or gaussian (sigma from ksize when not given) of the input with this border and fill; "
        "gaussian of u8 and u16 as that of f32 has it for samples as floats of the same value, and then to the nearest "
        "integer, ties to even. C = offset; u8, u16: rounded up for binary, down for binary_inv; f32: as a float.\n"
        "Where x - m > -C and elsewhere: binary: white, 0; binary_inv: 0, white. A NaN is not above. Alpha is kept.",
    .source =
        "OpenCV adaptiveThreshold, to the bit where ksize is odd and, for gaussian, at most 9: up to there floats hold "
        "every sum exactly; ImageMagick -lat",
    .params =
        {
            {.name = "ksize",
             .kind = FLYNN_PARAM_INT,
             .min = 1,
             .max = 4095,
             .preset = "11",
             .help = "side of what is around, in pixels; odd for gaussian; above 255 not larger than the image"},
            {.name = "offset",
             .kind = FLYNN_PARAM_REAL,
             .min = -65535,
             .max = 65535,
             .preset = "0",
             .help = "how far below the mean still counts as above, in sample units or in percent of white"},
            {.name = "method",
             .kind = FLYNN_PARAM_CHOICE,
             .choices = "mean|gaussian",
             .preset = "mean",
             .help = "the kind of mean"},
            {.name = "type",
             .kind = FLYNN_PARAM_CHOICE,
             .choices = "binary|binary_inv",
             .preset = "binary",
             .help = "what becomes of samples above the value and of the others"},
            {.name = "width",
             .kind = FLYNN_PARAM_INT,
             .min = 1,
             .max = 4095,
             .preset = "",
             .help = "method=mean: width of the box; default: ksize"},
            {.name = "height",
             .kind = FLYNN_PARAM_INT,
             .min = 1,
             .max = 4095,
             .preset = "",
             .help = "method=mean: height of the box; default: ksize"},
            {.name = "sigma",
             .kind = FLYNN_PARAM_REAL,
             .min = 0.1,
             .max = 500,
             .preset = "",
             .help = "method=gaussian: standard deviation in pixels; from ksize when not given"},
            {.name = "border",
             .kind = FLYNN_PARAM_CHOICE,
             .preset = "replicate",
             .choices = FLYNN_BORDER_CHOICES,
             .help = "what lies outside of the image"},
            FLYNN_PARAM_FILL,
        },
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"5,offset=2%,method=gaussian", "3,offset=-2.5,type=binary_inv", "width=7,height=4,offset=7",
              "7,offset=1.5,method=gaussian,type=binary_inv,border=wrap",
              "9,method=gaussian,sigma=1,border=constant,fill=100%"},
    .lower = lower,
    .kernels =
        {.fn = {[FLYNN_ADAPTIVE_COMPARE] =
                    {[FLYNN_U8] = compare_u8, [FLYNN_U16] = compare_u16, [FLYNN_F32] = compare_f32},
                [FLYNN_ADAPTIVE_COMPARE_FLOATS] = {[FLYNN_U8] = compare_floats_u8, [FLYNN_U16] = compare_floats_u16},
                [FLYNN_ADAPTIVE_WIDEN] = {[FLYNN_U8] = widen_u8, [FLYNN_U16] = widen_u16}}},
};
