/* SPDX-License-Identifier: Apache-2.0 */
#include "core/bilateral.h"

#include "core/border.h"
#include "core/table.h"
#include "cpu/exponential.h"
#include "cpu/ring.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_D 25 /* for which the sum of the weights of bytes stays below 65536 */

static void planes(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int c = stage->in.channels;
    for (int r = 0; r < call->rows; r++) {
        for (int channel = 0; channel < c; channel++) {
            const uint8_t *bytes = (const uint8_t *)call->in[r] + channel;
            const uint16_t *words = (const uint16_t *)call->in[r] + channel;
            const float *floats = (const float *)call->in[r] + channel;
            ptrdiff_t at = (ptrdiff_t)channel * stage->out.width + stage->k[0];
            for (int x = 0; x < stage->in.width; x++, at++) {
                if (stage->in.type == FLYNN_U8)
                    ((uint8_t *)call->out[r])[at] = bytes[x * c];
                else if (stage->in.type == FLYNN_U16)
                    ((uint16_t *)call->out[r])[at] = words[x * c];
                else
                    memcpy((float *)call->out[r] + at, floats + x * c, sizeof *floats);
            }
        }
        flynn_bilateral_pad(stage, call->out[r]);
    }
}

/* Pixel x of a row; the row's planes begin at `at` of each row in turn. */
static void filter_u8(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *place = stage->table[0].data;
    const uint8_t *weights = stage->table[1].data;
    int c = stage->in.channels, columns = stage->in.width;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *centre = (const uint8_t *)call->in[r + stage->up] + stage->up;
        uint8_t *out = call->out[r];
        for (int x = 0; x < call->width; x++) {
            uint32_t sum[FLYNN_MAX_CHANNELS], all = FLYNN_BILATERAL_WHOLE;
            for (int j = 0; j < c; j++)
                sum[j] = FLYNN_BILATERAL_WHOLE * (uint32_t)centre[j * columns + x];
            for (int t = 0; t < stage->k[0]; t++) {
                const uint8_t *p = (const uint8_t *)call->in[r + place[2 * t + 1]] + place[2 * t];
                int distance = 0;
                for (int j = 0; j < c; j++)
                    distance += abs(p[j * columns + x] - centre[j * columns + x]);
                int step = distance >> stage->k[1];
                uint32_t w = weights[t * FLYNN_BILATERAL_STEPS + (step < 63 ? step : 63)];
                all += w;
                for (int j = 0; j < c; j++)
                    sum[j] += w * p[j * columns + x];
            }
            for (int j = 0; j < c; j++)
                out[x * c + j] = (uint8_t)((sum[j] + all / 2) / all);
        }
    }
}

/* Column x of the output, which may lie beside it, in an input row, or the constant. */
static const uint8_t *pixel_at(const struct flynn_stage *stage, const uint8_t *row, int x, const uint8_t *constant)
{
    int at = x + stage->k[4], columns = stage->k[3];
    int from = at >= 0 && at < columns ? at : flynn_border_index(stage->border, at, columns);
    return from < 0 ? constant : row + (ptrdiff_t)(from - stage->k[5]) * stage->in.channels;
}

static void pixels_u8(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *place = stage->table[0].data;
    const uint8_t *weights = stage->table[1].data;
    int c = stage->in.channels;
    uint8_t constant[FLYNN_MAX_CHANNELS];
    for (int j = 0; j < c; j++)
        flynn_sample_put(FLYNN_U8, constant, (size_t)j, stage->border_value);
    for (int r = 0; r < call->rows; r++) {
        uint8_t *out = call->out[r];
        for (int x = 0; x < call->width; x++) {
            const uint8_t *centre = pixel_at(stage, call->in[r + stage->up], x, constant);
            uint32_t sum[FLYNN_MAX_CHANNELS], all = FLYNN_BILATERAL_WHOLE;
            for (int j = 0; j < c; j++)
                sum[j] = FLYNN_BILATERAL_WHOLE * (uint32_t)centre[j];
            for (int t = 0; t < 2 * stage->k[2]; t++) {
                const uint8_t *row = call->in[r + place[2 * t + 1]];
                const uint8_t *p = pixel_at(stage, row, x + place[2 * t] - stage->up, constant);
                int distance = 0;
                for (int j = 0; j < c; j++)
                    distance += abs(p[j] - centre[j]);
                int step = distance >> stage->k[1];
                uint32_t w = weights[t * FLYNN_BILATERAL_STEPS + (step < 63 ? step : 63)];
                all += w;
                for (int j = 0; j < c; j++)
                    sum[j] += w * p[j];
            }
            for (int j = 0; j < c; j++)
                out[x * c + j] = (uint8_t)((sum[j] + all / 2) / all);
        }
    }
}

static void filter_u16(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *place = stage->table[0].data;
    const uint8_t *weights = stage->table[1].data;
    int c = stage->in.channels, columns = stage->in.width;
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *centre = (const uint16_t *)call->in[r + stage->up] + stage->up;
        uint16_t *out = call->out[r];
        for (int x = 0; x < call->width; x++) {
            uint32_t sum[FLYNN_MAX_CHANNELS], all = FLYNN_BILATERAL_WHOLE;
            for (int j = 0; j < c; j++)
                sum[j] = FLYNN_BILATERAL_WHOLE * (uint32_t)centre[j * columns + x];
            for (int t = 0; t < stage->k[0]; t++) {
                const uint16_t *p = (const uint16_t *)call->in[r + place[2 * t + 1]] + place[2 * t];
                int distance = 0;
                for (int j = 0; j < c; j++)
                    distance += abs(p[j * columns + x] - centre[j * columns + x]);
                int step = distance >> stage->k[1];
                uint32_t w = weights[t * FLYNN_BILATERAL_STEPS + (step < 63 ? step : 63)];
                all += w;
                for (int j = 0; j < c; j++)
                    sum[j] += w * p[j * columns + x];
            }
            for (int j = 0; j < c; j++)
                out[x * c + j] = (uint16_t)((sum[j] + all / 2) / all);
        }
    }
}

/* The weight of a distance: linear between the points of the table; beyond, and for NaN, that of the last point. */
static float weight_of(const float *point, float distance, float scale)
{
    float at = distance * scale;
    at = at < (float)FLYNN_BILATERAL_POINTS ? at : (float)FLYNN_BILATERAL_POINTS;
    int i = (int)at;
    return point[i] + (at - (float)i) * (point[i + 1] - point[i]);
}

static void filter_f32(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *place = stage->table[0].data;
    const float *near = stage->table[1].data, *point = stage->table[2].data;
    int c = stage->in.channels, columns = stage->in.width;
    for (int r = 0; r < call->rows; r++) {
        const float *centre = (const float *)call->in[r + stage->up] + stage->up;
        float *out = call->out[r];
        for (int x = 0; x < call->width; x++) {
            float sum[FLYNN_MAX_CHANNELS], all = 1;
            for (int j = 0; j < c; j++)
                sum[j] = centre[j * columns + x];
            for (int t = 0; t < stage->k[0]; t++) {
                const float *p = (const float *)call->in[r + place[2 * t + 1]] + place[2 * t];
                float distance = fabsf(p[x] - centre[x]);
                for (int j = 1; j < c; j++)
                    distance += fabsf(p[j * columns + x] - centre[j * columns + x]);
                float w = near[t] * weight_of(point, distance, stage->f[0]);
                all += w;
                for (int j = 0; j < c; j++)
                    sum[j] += w * p[j * columns + x];
            }
            for (int j = 0; j < c; j++)
                out[x * c + j] = sum[j] / all;
        }
    }
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

/* The neighbours of a circle, row by row; returns how many. */
static int find_places(int32_t *place, double *square, int radius)
{
    int n = 0;
    for (int y = -radius; y <= radius; y++) {
        for (int x = -radius; x <= radius; x++) {
            if (x * x + y * y > radius * radius || (x == 0 && y == 0))
                continue;
            place[2 * n] = x + radius;
            place[2 * n + 1] = y + radius;
            square[n++] = x * x + y * y;
        }
    }
    return n;
}

static int count_neighbours(const double *square)
{
    int n = 0;
    while (square[n] > 0)
        n++;
    return n;
}

/* Whether there are few neighbours: core/bilateral.h. */
static bool sums_are_short(const struct flynn_stage *stage, const uint8_t *weight, const double *square)
{
    int n = count_neighbours(square), sum = FLYNN_BILATERAL_WHOLE * (n + 1) / 2;
    if (stage->k[1] > 1 || n > FLYNN_BILATERAL_FEW)
        return false;
    for (int t = 0; t < n; t++) {
        int most = 0;
        for (int i = 0; i < FLYNN_BILATERAL_STEPS; i++) {
            int product = weight[t * FLYNN_BILATERAL_STEPS + i] * (((i + 1) << stage->k[1]) - 1);
            most = product > most ? product : most;
        }
        sum += most;
    }
    return sum <= INT16_MAX;
}

/* u8, u16: weights in whole 127ths, each at the middle of its distances; distances of 2^shift together, so that the
 * last step is beyond all that have weight. */
static int weigh_steps(struct flynn_node *node, struct flynn_stage *stage, const double *square, double color,
                       double space, struct flynn_err *err)
{
    int shift = 0;
    while (ldexp(FLYNN_BILATERAL_STEPS - 1, shift) < color * 3.33)
        shift++;
    uint8_t *weight = flynn_node_alloc(node, (size_t)stage->k[0] * FLYNN_BILATERAL_STEPS, err);
    if (!weight)
        return err->code;
    for (int t = 0; t < stage->k[0]; t++) {
        for (int i = 0; i < FLYNN_BILATERAL_STEPS - 1 && square[t] > 0; i++) {
            double distance = ldexp(i + 0.5, shift) - 0.5;
            double w = flynn_exponential(-square[t] / (2 * space * space) - distance * distance / (2 * color * color));
            weight[t * FLYNN_BILATERAL_STEPS + i] = (uint8_t)floor(FLYNN_BILATERAL_WHOLE * w + 0.5);
        }
    }
    stage->k[1] = shift;
    stage->k[2] = sums_are_short(stage, weight, square) ? count_neighbours(square) / 2 : 0;
    stage->table[1] = (struct flynn_table_data){weight, (size_t)stage->k[0] * FLYNN_BILATERAL_STEPS};
    return FLYNN_OK;
}

static int weigh_points(struct flynn_node *node, struct flynn_stage *stage, const double *square, double color,
                        double space, struct flynn_err *err)
{
    float *near = flynn_node_alloc(node, (size_t)stage->k[0] * sizeof(float), err);
    float *point = flynn_node_alloc(node, (FLYNN_BILATERAL_POINTS + 2) * sizeof(float), err);
    if (!near || !point)
        return err->code;
    for (int t = 0; t < stage->k[0]; t++)
        near[t] = square[t] > 0 ? (float)flynn_exponential(-square[t] / (2 * space * space)) : 0;
    for (int i = 0; i < FLYNN_BILATERAL_POINTS; i++) {
        double distance = 6.0 * i / FLYNN_BILATERAL_POINTS;
        point[i] = (float)flynn_exponential(-distance * distance / 2);
    }
    stage->f[0] = (float)(FLYNN_BILATERAL_POINTS / (6.0 * color));
    stage->table[1] = (struct flynn_table_data){near, (size_t)stage->k[0] * sizeof(float)};
    stage->table[2] = (struct flynn_table_data){point, (FLYNN_BILATERAL_POINTS + 2) * sizeof(float)};
    return FLYNN_OK;
}

static int find_weights(struct flynn_node *node, struct flynn_stage *stage, int radius, struct flynn_err *err)
{
    double square[MOST_D * MOST_D + 4] = {0}, color = flynn_node_sample(node, "sigma-color");
    double space = flynn_node_value(node, "sigma-space")->real;
    int32_t *place = flynn_node_alloc(node, sizeof square, err);
    if (!place)
        return err->code;
    if (!(color > 0))
        return flynn_fail(err, FLYNN_EUSAGE, "bilateral: sigma-color must be above 0");
    int n = find_places(place, square, radius);
    for (; n % 4; n++)
        place[2 * n] = place[2 * n + 1] = radius;
    stage->k[0] = n;
    stage->table[0] = (struct flynn_table_data){place, (size_t)n * 2 * sizeof *place};
    if (node->in.type == FLYNN_F32)
        return weigh_points(node, stage, square, color, space, err);
    return weigh_steps(node, stage, square, color, space, err);
}

/* Planes of some columns with their borders are as long as these, and lie one behind the other as those of whole rows
 * do. The border columns of the image come before column 0, where others are. */
static void part_planes(struct flynn_stage *stage, struct flynn_part *part)
{
    struct flynn_stage shifted = {.border = stage->border, .in = stage->in};
    shifted.left = stage->k[0];
    shifted.right = -stage->k[0];
    struct flynn_span in = flynn_ring_columns(&shifted, (struct flynn_span){part->x, part->width});
    stage->k[1] += part->x;
    stage->k[2] = part->from = part->in_x = in.x;
    part->to = in.x + in.width;
    stage->k[0] = in.x - stage->k[1];
    stage->in.width = in.width;
    stage->out.width = part->width;
}

static void part_filter(struct flynn_stage *stage, struct flynn_part *part)
{
    part->from = part->in_x = part->x;
    part->to = part->x + part->width + 2 * stage->up;
    stage->in.width = part->to - part->from;
    stage->out.width = part->width;
}

static void part_pixels(struct flynn_stage *stage, struct flynn_part *part)
{
    struct flynn_stage wide = {.border = stage->border, .in = stage->in, .left = stage->up, .right = stage->down};
    struct flynn_span in = flynn_ring_columns(&wide, (struct flynn_span){part->x, part->width});
    stage->k[4] = part->x;
    stage->k[5] = part->from = part->in_x = in.x;
    part->to = in.x + in.width;
    stage->in.width = in.width;
    stage->out.width = part->width;
}

static struct flynn_stage stage_of(const struct flynn_node *node, int kernel)
{
    struct flynn_stage stage = {.kind = FLYNN_ROWS, .kernel = kernel, .variant = node->in.type, .op = node->op};
    stage.in = stage.out = node->in;
    stage.full_width = true;
    flynn_stage_border(&stage, node);
    return stage;
}

static struct flynn_stage planes_stage(const struct flynn_node *node, int radius)
{
    struct flynn_stage stage = stage_of(node, FLYNN_BILATERAL_PLANES);
    stage.out.width += 2 * radius;
    stage.k[0] = radius;
    stage.k[1] = -radius;
    stage.k[3] = node->in.width;
    stage.part = stage.border == FLYNN_WRAP ? NULL : part_planes; /* NULL: takes border columns from the other end */
    return stage;
}

/* Without weights. */
static struct flynn_stage filter_stage(const struct flynn_node *node, int radius)
{
    struct flynn_stage stage = stage_of(node, FLYNN_BILATERAL_FILTER);
    stage.in.width += 2 * radius;
    stage.up = stage.down = radius;
    stage.padded = true;
    stage.costly = true;
    stage.step = FLYNN_BILATERAL_STEP;
    stage.part = stage.border == FLYNN_WRAP ? NULL : part_filter; /* NULL: from an image of whole rows */
    return stage;
}

/* Both stages in one, with the weights of FILTER. */
static struct flynn_stage pixels_stage(const struct flynn_node *node, const struct flynn_stage *filter)
{
    struct flynn_stage stage = *filter;
    stage.kernel = FLYNN_BILATERAL_PIXELS;
    stage.in.width = stage.k[3] = node->in.width;
    stage.padded = false;
    stage.step = FLYNN_BILATERAL_FEW_STEP;
    stage.part = stage.border == FLYNN_WRAP ? NULL : part_pixels; /* NULL: takes border columns from the other end */
    return stage;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    int radius = flynn_node_value(node, "d")->integer / 2, c = node->in.channels;
    struct flynn_stage *device = flynn_node_alloc(node, 2 * sizeof *device, err);
    if (!device)
        return err->code;
    device[0] = planes_stage(node, radius);
    device[1] = filter_stage(node, radius);
    int code = find_weights(node, &device[1], radius, err);
    if (code)
        return code;
    if (device[1].k[2] && (c == 1 || c == 3)) {
        *flynn_node_stage(node, FLYNN_ROWS, FLYNN_BILATERAL_PIXELS) = pixels_stage(node, &device[1]);
    } else {
        *flynn_node_stage(node, FLYNN_ROWS, FLYNN_BILATERAL_PLANES) = device[0];
        *flynn_node_stage(node, FLYNN_ROWS, FLYNN_BILATERAL_FILTER) = device[1];
    }
    /* A device's kernel knows the border columns by the stage's left. */
    device[0].left = device[0].right = radius;
    flynn_node_launch(node, "planes", &device[0])->per_pixel = true;
    flynn_node_launch(node, "filter", &device[1])->per_pixel = true;
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(bilateral) = {
    .name = "bilateral",
    .aliases = "bilateralfilter bilateral-blur",
    .group = "filter",
    .summary = "mean of the neighbours that are alike: smooths, but keeps edges",
    .definition =
        "The neighbours of a pixel are those at most d/2 (rounded down) away. The distance D of two pixels is the sum "
        "of the\n"
        "absolute differences of all their channels, alpha too. With s2 = dx*dx + dy*dy, S = sigma-space, C = "
        "sigma-color:\n"
        "u8, u16: n is the least for which 63 * 2^n >= 3.33*C; i = D >> n; a neighbour's weight is 0 for i >= 63, "
        "else\n"
        "floor(127 * exp(-s2/(2*S*S) - m*m/(2*C*C)) + 0.5), m = (i + 0.5) * 2^n - 0.5; the pixel's own is 127.\n"
        "out = (sum of weight * sample + W/2) / W, rounded down, W being the sum of the weights, W/2 rounded down.\n"
        "f32: weight = e(s2) * g, e(s2) = exp(-s2/(2*S*S)) rounded to float. g is linear between the points p(i) = "
        "exp(-x*x/2),\n"
        "x = 6*i/1024, rounded to float, i = 0..1023, p(1024) = 0: with a = min(D * (1024/(6*C)), 1024), i = a "
        "rounded down,\n"
        "g = p(i) + (a - i)*(p(i+1) - p(i)). The pixel's own weight is 1 and it is the first of the sums, its "
        "neighbours follow row\n"
        "by row; every operation rounded to float. out = sum of weight * sample / sum of weights.",
    .source = "Tomasi and Manduchi; circle and distance as in OpenCV bilateralFilter, whose weights are floats",
    .params =
        {
            {.name = "d",
             .kind = FLYNN_PARAM_INT,
             .min = 1,
             .max = MOST_D,
             .preset = "5",
             .help = "diameter of the neighbourhood in pixels"},
            {.name = "sigma-color",
             .kind = FLYNN_PARAM_SAMPLE,
             .preset = "12%",
             .help = "differences of samples that count as alike, as a standard deviation"},
            {.name = "sigma-space",
             .kind = FLYNN_PARAM_REAL,
             .min = 0.1,
             .max = 1000,
             .preset = "3",
             .help = "standard deviation of the distance in pixels"},
            FLYNN_PARAM_BORDER,
            FLYNN_PARAM_FILL,
        },
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"", "5,sigma-color=3%,sigma-space=1", "7,sigma-color=50%,border=wrap", "9,sigma-color=5%,sigma-space=20",
              "4,border=constant,fill=50%", "3,sigma-color=100%,border=replicate"},
    .lower = lower,
    .kernels =
        {.fn = {[FLYNN_BILATERAL_PLANES] = {[FLYNN_U8] = planes, [FLYNN_U16] = planes, [FLYNN_F32] = planes},
                [FLYNN_BILATERAL_FILTER] = {[FLYNN_U8] = filter_u8, [FLYNN_U16] = filter_u16, [FLYNN_F32] = filter_f32},
                [FLYNN_BILATERAL_PIXELS] = {[FLYNN_U8] = pixels_u8}}},
};
