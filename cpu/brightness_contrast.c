/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/reuse.h"

#include <math.h>

/* linear's kernels with a factor and an offset from percentages. */

#define MOST_SLOPE 1000 /* of contrast 100: all but a threshold */

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    double brightness = flynn_node_value(node, "brightness")->real / 100;
    double slope = tan(3.14159265358979323846 / 4 * (flynn_node_value(node, "contrast")->real / 100 + 1));
    slope = slope < 0 ? 0 : slope > MOST_SLOPE ? MOST_SLOPE : slope;
    double offset = brightness + (1 - brightness) / 2 * (1 - slope);
    return flynn_linear_stage(node, slope, offset * flynn_type_white(node->in.type), err);
}

const struct flynn_op FLYNN_OP_SYMBOL(brightness_contrast) = {
    .name = "brightness-contrast",
    .aliases = "brightness contrast",
    .group = "point",
    .summary = "brightness and contrast in percent",
    .definition =
        "B = brightness / 100, s = tan(pi / 4 * (contrast / 100 + 1)), within 0 and 1000, b = white * (B + (1 - B) / 2 "
        "* (1 - s)), in double.\n"
        "Then as linear with alpha = s and beta = b: x * s + b in float, the product and the sum each rounded; u8 and "
        "u16 are clamped to 0..white and rounded to the nearest integer, ties to even. Alpha is kept.",
    .source = "ImageMagick 6 -brightness-contrast",
    .params = {{.name = "brightness",
                .kind = FLYNN_PARAM_REAL,
                .min = -100,
                .max = 100,
                .preset = "0",
                .help = "percent: 0 changes nothing, above lightens"},
               {.name = "contrast",
                .kind = FLYNN_PARAM_REAL,
                .min = -100,
                .max = 100,
                .preset = "0",
                .help = "percent: 0 changes nothing, -100 is even gray"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"10,contrast=30", "-20,contrast=-40", "35", "0,contrast=70"},
    .lower = lower,
};
