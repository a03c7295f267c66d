/* SPDX-License-Identifier: Apache-2.0 */
#include "core/canvas.h"
#include "core/table.h"

/* The kernels are those of pad: a canvas that lies inside the picture. */

/* The part of an axis of n pixels that is kept: from `start`, `length` pixels or as many as there are. */
static int part(const struct flynn_node *node, const char *start, const char *length, int n, const char *what,
                int32_t *first, int32_t *count, struct flynn_err *err)
{
    const struct flynn_value *size = flynn_node_value(node, length);
    *first = flynn_node_value(node, start)->integer;
    if (*first >= n)
        return flynn_fail(err, FLYNN_EUSAGE, "crop: %s=%d lies outside of the picture; its %ss are 0 to %d", start,
                          *first, what, n - 1);
    *count = size->set ? size->integer : n - *first;
    if (*count > n - *first)
        return flynn_fail(err, FLYNN_EUSAGE, "crop: %s=%d from %s=%d on is more than there is; at most %d", length,
                          *count, start, *first, n - *first);
    return FLYNN_OK;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    struct flynn_canvas canvas = {.border = FLYNN_REPLICATE};
    int32_t x, y;
    int code = part(node, "x", "width", node->in.width, "column", &x, &canvas.width, err);
    if (!code)
        code = part(node, "y", "height", node->in.height, "row", &y, &canvas.height, err);
    if (code)
        return code;
    canvas.left = -x;
    canvas.top = -y;
    return flynn_canvas_lower(node, &canvas, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(crop) = {
    .name = "crop",
    .aliases = "extract extract_area cut pamcut pnmcut",
    .group = "geometry",
    .summary = "cuts a rectangle out of the picture",
    .definition = "The output has width x height pixels; its pixel in column c of row r is the input's in column x + c "
                  "of row y + r.\nThe rectangle must lie inside the picture.",
    .source = "OpenCV's regions of interest, ImageMagick -crop, Netpbm pamcut, libvips extract_area",
    .params = {{.name = "x",
                .kind = FLYNN_PARAM_INT,
                .min = 0,
                .max = FLYNN_MAX_SIDE - 1,
                .preset = "0",
                .help = "first column"},
               {.name = "y",
                .kind = FLYNN_PARAM_INT,
                .min = 0,
                .max = FLYNN_MAX_SIDE - 1,
                .preset = "0",
                .help = "first row"},
               {.name = "width",
                .kind = FLYNN_PARAM_INT,
                .min = 1,
                .max = FLYNN_MAX_SIDE,
                .preset = "",
                .help = "columns; all that are left when not given"},
               {.name = "height",
                .kind = FLYNN_PARAM_INT,
                .min = 1,
                .max = FLYNN_MAX_SIDE,
                .preset = "",
                .help = "rows; all that are left when not given"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"0", "width=1,height=1"},
    .lower = lower,
};
