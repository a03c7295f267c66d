/* SPDX-License-Identifier: Apache-2.0 */
#include "core/gather.h"
#include "core/resample.h"
#include "core/table.h"
#include "cpu/resize_bilinear.h"
#include "cpu/resize_filter.h"
#include "cpu/resize_part.h"

#include <math.h>
#include <string.h>

/* The reference kernels stand in cpu/resize_bilinear.h and, with the tables of the filters, in cpu/resize_filter.h.
 *
 * Bilinear: `across` makes rows of the output's width with the samples kept exactly (u8: with 8 more bits, stored less
 * 32768, in u16; u16: with 16 more bits, in u32; f32: in f32); `down` makes output rows of two of them. `half` is
 * bilinear u8 and u16 at exactly half the size: all weights are one half, so that each sample is the rounded mean of
 * four.
 *
 * Tables of `across` and `nearest`: table[0] the first tap of each output column, int32; table[1] the weight of the
 * second one (int32, of 256 or 65536; float); `nearest` has there the input row of each output row. table[2], table[3]
 * and k[0] to k[2] are the gathering plan (core/gather.h).
 *
 * Tables of `down` and `half`: table[0] and table[1] as in `across`; table[2] and table[3] the same for output rows. */

#define FLYNN_RESIZE_MAX (1 << 20) /* pixels of a side */

enum { ACROSS, DOWN, NEAREST, HALF, ACROSS_FIRST, DOWN_FIRST, ACROSS_LAST, DOWN_LAST };

enum { METHOD_NEAREST, METHOD_BILINEAR, METHOD_BICUBIC, METHOD_CATROM, METHOD_MITCHELL, METHOD_LANCZOS3, METHOD_AREA };
enum { ANTIALIAS_AUTO, ANTIALIAS_YES, ANTIALIAS_NO };

/* ---- geometry: one axis ---------------------------------------------------------------------------------------- */

struct axis {
    int in, out;
    int32_t *tap;    /* first tap of each output position */
    int32_t *weight; /* of the second tap; floats for f32 */
};

static int axis_alloc(struct flynn_node *node, struct axis *axis, int in, int out, struct flynn_err *err)
{
    axis->in = in;
    axis->out = out;
    axis->tap = flynn_node_alloc(node, (size_t)out * sizeof *axis->tap, err);
    axis->weight = axis->tap ? flynn_node_alloc(node, (size_t)out * sizeof *axis->weight, err) : NULL;
    return axis->weight ? FLYNN_OK : err->code;
}

static void axis_bilinear(struct axis *axis, enum flynn_type type)
{
    double scale = 1 / ((double)axis->out / axis->in);
    for (int i = 0; i < axis->out; i++) {
        double at = scale * (i + 0.5) - 0.5, below = floor(at), part = at - below;
        if (below < 0 || below >= axis->in - 1) {
            below = below < 0 ? 0 : axis->in - 1;
            part = 0;
        }
        axis->tap[i] = (int32_t)below;
        float f = (float)part;
        if (type == FLYNN_F32)
            memcpy(&axis->weight[i], &f, sizeof f);
        else
            axis->weight[i] = (int32_t)rint(part * (type == FLYNN_U8 ? 256 : 65536));
    }
}

static void axis_nearest(struct axis *axis)
{
    double scale = 1 / ((double)axis->out / axis->in);
    for (int i = 0; i < axis->out; i++) {
        double at = floor(i * scale);
        axis->tap[i] = at < axis->in - 1 ? (int32_t)at : axis->in - 1;
    }
}

/* ---- gathering plans ------------------------------------------------------------------------------------------- */

/* The weights behind the orders are, for each group's 16 bytes, pairs of bytes (256 - w, w) for u8, and int32 for u16.
 */

/* u8: pairs of the two taps' bytes. Weights of 256 do not fit a byte: there both taps are the one that counts. */
static int plan_u8(struct flynn_node *node, struct flynn_stage *stage, const struct axis *axis, struct flynn_err *err)
{
    int channels = node->in.channels, columns = axis->out;
    int32_t *low = flynn_node_alloc(node, (size_t)columns * 2 * sizeof *low, err);
    if (!low)
        return err->code;
    int32_t *high = low + columns;
    for (int x = 0; x < columns; x++) {
        int next = axis->tap[x] < axis->in - 1 ? axis->tap[x] + 1 : axis->tap[x];
        low[x] = axis->weight[x] == 256 ? next : axis->tap[x];
        high[x] = axis->weight[x] == 0 ? axis->tap[x] : next;
    }
    struct flynn_gather p = {
        low, high, channels, 1, 8 / channels, .columns = columns, .row = (int64_t)axis->in * channels};
    uint8_t *weights;
    int code = flynn_gather_plan(node, stage, &p, 16, &weights, err);
    for (int64_t i = 0; weights && i < (int64_t)p.groups * p.group; i++) {
        int w = axis->weight[i < columns ? i : columns - 1];
        uint8_t *to = weights + i / p.group * 16 + i % p.group * channels * 2;
        for (int c = 0; c < channels; c++) {
            to[2 * c] = (uint8_t)(w % 256 ? 256 - w : 128);
            to[2 * c + 1] = (uint8_t)(w % 256 ? w : 128);
        }
    }
    return code;
}

/* u16: 32 bits with the second tap below the first. */
static int plan_u16(struct flynn_node *node, struct flynn_stage *stage, const struct axis *axis, struct flynn_err *err)
{
    int channels = node->in.channels, columns = axis->out;
    int32_t *next = flynn_node_alloc(node, (size_t)columns * sizeof *next, err);
    if (!next)
        return err->code;
    for (int x = 0; x < columns; x++)
        next[x] = axis->tap[x] < axis->in - 1 ? axis->tap[x] + 1 : axis->tap[x];
    struct flynn_gather p = {
        next, axis->tap, channels, 2, 4 / channels, .columns = columns, .row = (int64_t)axis->in * channels * 2};
    uint8_t *weights;
    int code = flynn_gather_plan(node, stage, &p, 16, &weights, err);
    for (int64_t i = 0; weights && i < (int64_t)p.groups * p.group; i++) {
        int32_t *to = (int32_t *)(void *)(weights + i / p.group * 16) + i % p.group * channels;
        for (int c = 0; c < channels; c++)
            to[c] = axis->weight[i < columns ? i : columns - 1];
    }
    return code;
}

/* ---- lowering -------------------------------------------------------------------------------------------------- */

static int side(double wanted, const char *name, int32_t *to, struct flynn_err *err)
{
    double rounded = floor(wanted + 0.5);
    if (rounded > FLYNN_RESIZE_MAX)
        return flynn_fail(err, FLYNN_ELIMIT, "resize: the output would be %.0f pixels %s; at most %d are possible",
                          rounded, name, FLYNN_RESIZE_MAX);
    *to = rounded < 1 ? 1 : (int32_t)rounded;
    return FLYNN_OK;
}

static int output_size(struct flynn_node *node, struct flynn_err *err)
{
    const struct flynn_value *scale = flynn_node_value(node, "scale");
    const struct flynn_value *width = flynn_node_value(node, "width");
    const struct flynn_value *height = flynn_node_value(node, "height");
    double w = node->in.width, h = node->in.height;

    if (!scale->set && !width->set && !height->set)
        return flynn_fail(err, FLYNN_EUSAGE, "resize: no size is given; give scale, or width, height or both");
    if (scale->set && (width->set || height->set))
        return flynn_fail(err, FLYNN_EUSAGE, "resize: scale and %s exclude each other; give one of them",
                          width->set ? "width" : "height");
    double new_w = scale->set ? w * scale->real : width->set ? width->integer : w * height->integer / h;
    double new_h = scale->set ? h * scale->real : height->set ? height->integer : h * width->integer / w;
    int code = side(new_w, "wide", &node->out.width, err);
    return code ? code : side(new_h, "high", &node->out.height, err);
}

static struct flynn_table_data table_of(const int32_t *data, int n)
{
    return (struct flynn_table_data){data, (size_t)n * sizeof *data};
}

/* Long rows of whole pixels. */
static void launch_rows(struct flynn_node *node, const char *kernel, const struct flynn_stage *stage)
{
    struct flynn_launch *launch = flynn_node_launch(node, kernel, stage);
    launch->per_pixel = true;
    launch->item_x = 0;
    launch->item_y_cpu = 8;
}

/* One launch does all, with the tables of the last stage. */
static void launch_once(struct flynn_node *node, const char *kernel, const struct flynn_stage *stage)
{
    launch_rows(node, kernel, stage);
    node->launch[0].in = node->in;
}

/* The stage that makes output rows from `taps` input rows each. */
static struct flynn_stage *output_stage(struct flynn_node *node, int kernel, const struct axis *down, int taps)
{
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, kernel);
    stage->variant = node->in.type;
    stage->out = node->out;
    stage->first = down->tap;
    stage->taps = taps;
    stage->border = FLYNN_REPLICATE;
    return stage;
}

static int lower_nearest(struct flynn_node *node, struct axis *across, struct axis *down, struct flynn_err *err)
{
    int pixel = node->in.channels * (int)flynn_type_bytes(node->in.type);
    axis_nearest(across);
    axis_nearest(down);
    struct flynn_stage *stage = output_stage(node, NEAREST, down, 1);
    stage->table[0] = table_of(across->tap, across->out);
    stage->table[1] = table_of(down->tap, down->out);
    launch_once(node, "nearest", stage);
    struct flynn_gather p = {
        across->tap, NULL, 1, pixel, 16 / pixel, .columns = across->out, .row = (int64_t)across->in * pixel};
    uint8_t *unused;
    int code = flynn_gather_plan(node, stage, &p, 0, &unused, err);
    stage->full_width = true; /* columns come from elsewhere; so below */
    stage->part = part_nearest;
    stage->part_columns = stage->k[2];
    return code;
}

static int lower_across(struct flynn_node *node, const struct axis *across, struct flynn_err *err)
{
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, ACROSS);
    enum flynn_type type = node->in.type;
    stage->out.width = node->out.width;
    stage->full_width = true;
    stage->part = part_across;
    stage->out.type = type == FLYNN_U8 ? FLYNN_U16 : type == FLYNN_U16 ? FLYNN_U32 : FLYNN_F32;
    stage->table[0] = table_of(across->tap, across->out);
    stage->table[1] = table_of(across->weight, across->out);
    if (type == FLYNN_F32)
        return FLYNN_OK;
    int code = type == FLYNN_U8 ? plan_u8(node, stage, across, err) : plan_u16(node, stage, across, err);
    stage->part_columns = stage->k[2];
    return code;
}

static int lower_bilinear(struct flynn_node *node, struct axis *across, struct axis *down, struct flynn_err *err)
{
    bool half =
        node->in.type != FLYNN_F32 && across->in == 2 * (int64_t)across->out && down->in == 2 * (int64_t)down->out;
    axis_bilinear(across, node->in.type);
    axis_bilinear(down, node->in.type);
    int code = half ? FLYNN_OK : lower_across(node, across, err);
    struct flynn_stage *stage = output_stage(node, half ? HALF : DOWN, down, 2);
    stage->table[0] = table_of(across->tap, across->out);
    stage->table[1] = table_of(across->weight, across->out);
    stage->table[2] = table_of(down->tap, down->out);
    stage->table[3] = table_of(down->weight, down->out);
    stage->full_width = half;
    stage->part = half ? part_half : NULL;
    if (half && node->in.type == FLYNN_U8) {
        launch_once(node, "half_size", stage);
    } else if (half || down->out <= down->in) {
        launch_once(node, "bilinear", stage);
    } else {
        launch_rows(node, "across", &node->stage[0]);
        launch_rows(node, "down", stage);
        node->launch[1].per_pixel = false;
    }
    return code;
}

/* ---- filters --------------------------------------------------------------------------------------------------- */

/* As wide as what stands between the passes; u8 has int16 there. */
static enum flynn_type filter_between(enum flynn_type type)
{
    return type == FLYNN_U8 ? FLYNN_U16 : type == FLYNN_U16 ? FLYNN_S32 : FLYNN_F32;
}

static void filter_tables(struct flynn_stage *stage, const struct flynn_resample *axis)
{
    stage->k[0] = axis->taps;
    stage->k[1] = axis->stride;
    stage->table[0] = table_of(axis->first, axis->out);
    stage->table[1] = (struct flynn_table_data){axis->weight, axis->weight_bytes};
    stage->costly = true;
}

static struct flynn_stage *filter_across(struct flynn_node *node, int kernel, const struct flynn_resample *axis)
{
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, kernel);
    stage->variant = node->in.type;
    stage->out.width = node->out.width;
    stage->full_width = true;
    stage->part = part_filter;
    stage->step = 4;
    stage->padded = true;
    filter_tables(stage, axis);
    return stage;
}

static struct flynn_stage *filter_down(struct flynn_node *node, int kernel, const struct flynn_resample *axis)
{
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, kernel);
    stage->variant = node->in.type;
    stage->out.height = node->out.height;
    stage->first = axis->first;
    stage->taps = axis->taps;
    stage->border = FLYNN_REPLICATE;
    filter_tables(stage, axis);
    return stage;
}

static void filter_launch(struct flynn_node *node, const char *kernel, const struct flynn_stage *stage, bool pixels)
{
    launch_rows(node, kernel, stage);
    node->launch[node->launches - 1].per_pixel = pixels;
}

static int lower_filter(struct flynn_node *node, enum flynn_filter filter, bool widen, struct flynn_err *err)
{
    static const int multiple[] = {0, 8, 4, 2, 2}; /* pixels of 16 bytes of int16 */
    struct flynn_resample across = {.in = node->in.width, .out = node->out.width};
    struct flynn_resample down = {.in = node->in.height, .out = node->out.height};
    enum flynn_type between = filter_between(node->in.type);
    int code = flynn_resample_axis(node, &across, filter, widen, multiple[node->in.channels], err);
    if (!code)
        code = flynn_resample_axis(node, &down, filter, widen, 2, err);
    if (code)
        return code;
    bool down_first = down.out < down.in;
    if (down_first)
        filter_down(node, DOWN_FIRST, &down)->out.type = between;
    else
        filter_across(node, ACROSS_FIRST, &across)->out.type = between;
    if (down_first)
        filter_across(node, ACROSS_LAST, &across)->out.type = node->in.type;
    else
        filter_down(node, DOWN_LAST, &down)->out.type = node->in.type;
    filter_launch(node, down_first ? "down_first" : "across_first", &node->stage[0], !down_first);
    filter_launch(node, down_first ? "across_last" : "down_last", &node->stage[1], down_first);
    return FLYNN_OK;
}

/* ---- the choice ------------------------------------------------------------------------------------------------ */

static int check_antialias(int method, int antialias, struct flynn_err *err)
{
    if (method == METHOD_NEAREST && antialias == ANTIALIAS_YES)
        return flynn_fail(err, FLYNN_EUSAGE,
                          "resize: method=nearest has no antialiasing; method=area averages the pixels that it drops");
    if (method == METHOD_AREA && antialias == ANTIALIAS_NO)
        return flynn_fail(err, FLYNN_EUSAGE, "resize: method=area always averages; method=nearest takes single pixels");
    return FLYNN_OK;
}

/* The filters are numbered like the methods from bilinear on. */
static int lower_method(struct flynn_node *node, struct axis *across, struct axis *down, struct flynn_err *err)
{
    int method = flynn_node_value(node, "method")->integer, antialias = flynn_node_value(node, "antialias")->integer;
    bool half = across->in == 2 * (int64_t)across->out && down->in == 2 * (int64_t)down->out;
    int code = check_antialias(method, antialias, err);
    if (code)
        return code;
    if (method == METHOD_NEAREST)
        return lower_nearest(node, across, down, err);
    if (method == METHOD_BILINEAR && antialias != ANTIALIAS_YES)
        return lower_bilinear(node, across, down, err);
    if (method == METHOD_AREA && half && node->in.type != FLYNN_F32)
        return lower_bilinear(node, across, down, err);
    return lower_filter(node, FLYNN_FILTER_TRIANGLE + (enum flynn_filter)(method - METHOD_BILINEAR),
                        antialias != ANTIALIAS_NO, err);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    struct axis across, down;
    size_t stride, bytes;
    int code = output_size(node, err);
    if (!code)
        code = flynn_shape_measure(&node->out, &stride, &bytes, err);
    if (!code)
        code = axis_alloc(node, &across, node->in.width, node->out.width, err);
    if (!code)
        code = axis_alloc(node, &down, node->in.height, node->out.height, err);
    if (code)
        return code;
    return lower_method(node, &across, &down, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(resize) = {
    .name = "resize",
    .aliases = "scale pamscale pnmscale thumbnail shrink pamenlarge reduce",
    .group = "geometry",
    .summary = "makes the picture larger or smaller, by the nearest pixel, bilinearly or with a filter",
    .definition =
        "The output is scale times as wide and high as the input, or width x height pixels; given one of the two, the "
        "other\n"
        "keeps the aspect. Sides are rounded to the nearest whole number (halves up), and at least 1. For each axis, "
        "with n\n"
        "input and m output pixels, s = 1 / (m / n) in double.\n"
        "nearest: output pixel i is input pixel min(floor(i * s), n - 1).\n"
        "bilinear: pixel centres are aligned and nothing is averaged when the picture shrinks. p = s * (i + 0.5) - 0.5 "
        "in\n"
        "double, k = floor(p), f = p - k; below the first or from the last pixel on, k is that pixel and f = 0. "
        "Weights of\n"
        "pixel k + 1 are, rounded half to even, w = f * 256 (u8) or f * 65536 (u16), and of pixel k 256 - w or 65536 - "
        "w.\n"
        "Integers: the sum over both axes of x * wx * wy is exact, then rounded once: (sum + 2^15) >> 16 for u8,\n"
        "(sum + 2^31) >> 32 for u16. f32: w = (float)f; along rows, then along columns, x[k] where w = 0, else\n"
        "x[k] * (1 - w) + x[k + 1] * w, each operation rounded.\n"
        "Filters: bicubic (Keys, a = -0.75), catrom (Keys, a = -0.5), mitchell (B = C = 1/3), lanczos3, and bilinear "
        "(the\n"
        "triangle) with antialias=yes. Output pixel i lies at p = (i + 0.5) * n / m - 0.5; pixel k counts with f((k - "
        "p) / "
        "u)\n"
        "where |k - p| < u * radius (1 for the triangle, 3 for lanczos3, else 2), u = max(n / m, 1) with antialiasing, "
        "else 1.\n"
        "Pixels outside of the image are its first or last one. area: the part of each pixel that [i * n / m, (i + 1) "
        "* n / "
        "m)\n"
        "covers, always; u8 and u16 at half the size: (a + b + c + d + 2) >> 2. Weights are divided by their sum, in "
        "double. f32: then\n"
        "rounded to float. Integers: w[k] = round(16384 * (sum up to k)) - round(16384 * (sum up to k - 1)), halves to "
        "even, so that\n"
        "their sum is 16384. Windows of an axis all have as many taps as the largest needs, and lie inside the image.\n"
        "Two passes, down the columns first where the height shrinks, else along the rows. Integers: t = (sum of w * x "
        "+ "
        "128) >> 8,\n"
        "then (sum of w * t + 2^19) >> 20, clamped. f32: w * x is added tap by tap, in order. All channels alike, "
        "alpha "
        "too.",
    .source = "OpenCV resize: INTER_NEAREST, and INTER_LINEAR_EXACT for u8 and u16, to the bit; the filters as in Keys "
              "(1981), "
              "Mitchell and Netravali (1988), widened as Pillow, libvips and ImageMagick do",
    .params = {{.name = "scale",
                .kind = FLYNN_PARAM_REAL,
                .min = 1.0 / 65536,
                .max = 65536,
                .preset = "",
                .help = "factor for both sides, such as 0.5 or 50%"},
               {.name = "width",
                .kind = FLYNN_PARAM_INT,
                .min = 1,
                .max = FLYNN_RESIZE_MAX,
                .preset = "",
                .help = "width of the output in pixels"},
               {.name = "height",
                .kind = FLYNN_PARAM_INT,
                .min = 1,
                .max = FLYNN_RESIZE_MAX,
                .preset = "",
                .help = "height of the output in pixels"},
               {.name = "method",
                .kind = FLYNN_PARAM_CHOICE,
                .choices = "nearest|bilinear|bicubic|catrom|mitchell|lanczos3|area",
                .preset = "bilinear",
                .help = "nearest pixel, between the four nearest, or the filter"},
               {.name = "antialias",
                .kind = FLYNN_PARAM_CHOICE,
                .choices = "auto|yes|no",
                .preset = "auto",
                .help = "average all pixels when the picture shrinks; auto: not for nearest and bilinear"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"0.5", "37%", "2", "3.3", "width=19", "height=7", "width=211,height=5", "width=1,height=1",
              "0.5,method=nearest", "0.3,method=nearest", "2.7,method=nearest", "37%,method=lanczos3",
              "1.7,method=lanczos3", "width=1,height=1,method=lanczos3",
              "width=9,height=99,method=lanczos3,antialias=no", "2,method=bicubic", "width=99,height=9,method=mitchell",
              "0.3,method=area", "3.3,method=area"},
    .lower = lower,
    .kernels = {.fn = {[ACROSS] = {[FLYNN_U8] = across_u8, [FLYNN_U16] = across_u16, [FLYNN_F32] = across_f32},
                       [DOWN] = {[FLYNN_U8] = down_u8, [FLYNN_U16] = down_u16, [FLYNN_F32] = down_f32},
                       [HALF] = {[FLYNN_U8] = half_u8, [FLYNN_U16] = half_u16},
                       [NEAREST] = {[FLYNN_U8] = nearest, [FLYNN_U16] = nearest, [FLYNN_F32] = nearest},
                       [ACROSS_FIRST] = {across_first_u8, across_first_u16, across_filter_f32},
                       [DOWN_FIRST] = {down_first_u8, down_first_u16, down_filter_f32},
                       [ACROSS_LAST] = {across_last_u8, across_last_u16, across_filter_f32},
                       [DOWN_LAST] = {down_last_u8, down_last_u16, down_filter_f32}}},
};
