/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "core/warp.h"

/* The kernels are those of affine. */

enum { ABSOLUTE, RELATIVE, FRACTION };

/* Two channels, or twice the columns. */
static int check(const struct flynn_shape *map, struct flynn_err *err)
{
    if (map->type != FLYNN_F32 || map->channels > 2 || (map->channels == 1 && map->width % 2))
        return flynn_fail(err, FLYNN_EINPUT,
                          "remap: map is %dx%d with %d channels of %s; it must be f32 with 2 channels, column and row, "
                          "or a matrix with two columns for each pixel",
                          map->width, map->height, map->channels, flynn_type_name(map->type));
    return FLYNN_OK;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    const struct flynn_image *map = flynn_node_value(node, "map")->input;
    int units = flynn_node_value(node, "units")->integer;
    struct flynn_warp warp;
    int code = check(&map->shape, err);
    if (code)
        return code;
    flynn_warp_params(node, false, &warp);
    warp.width = map->shape.channels == 1 ? map->shape.width / 2 : map->shape.width;
    warp.height = map->shape.height;
    double scale[2] = {1, 1};
    if (units == FRACTION) {
        scale[0] = node->in.width;
        scale[1] = node->in.height;
    }
    return flynn_warp_remap(node, &warp, map, scale, units == RELATIVE, err);
}

static void map_shape(struct flynn_shape *shape, const struct flynn_value *value, int param)
{
    (void)value, (void)param;
    shape->type = FLYNN_F32;
    shape->channels = 2;
}

const struct flynn_op FLYNN_OP_SYMBOL(remap) = {
    .name = "remap",
    .aliases = "mapim displace",
    .group = "geometry",
    .summary = "samples the picture where a map of coordinates says",
    .definition =
        "The output has the map's size. Its pixel (x, y) shows the input at the column u and row v that the map holds "
        "there:\nabsolute: (u, v); relative: (x + u, y + v); fraction: (u W, v H) for an input of W x H pixels; in "
        "f32, each operation\nrounded. The coordinates in 1/32 pixel are these times 32 (nearest: times 1), at most "
        "2^25, rounded half to even; what\nis not a number is 2^25.\n" FLYNN_WARP_DEFINITION,
    .source = "OpenCV remap with CV_32FC2 maps",
    .params = {{.name = "map",
                .kind = FLYNN_PARAM_INPUT,
                .help = "f32 image of 2 channels (column, row), or f32 matrix with two columns for each pixel"},
               {.name = "units",
                .kind = FLYNN_PARAM_CHOICE,
                .preset = "absolute",
                .choices = "absolute|relative|fraction",
                .help = "pixels, pixels from the output's own place, or parts of the input's sides"},
               FLYNN_WARP_PARAM_METHOD,
               FLYNN_WARP_PARAM_BORDER,
               FLYNN_PARAM_FILL},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_WHOLE,
    .second_shape = map_shape,
    .cases = {"@,units=fraction", "@", "@,units=relative,border=reflect", "@,units=fraction,method=bicubic",
              "@,units=fraction,method=nearest,border=wrap", "@,units=fraction,border=replicate",
              "@,units=relative,method=bicubic,fill=50%", "@,units=fraction,method=bicubic,border=reflect101"},
    .lower = lower,
};
