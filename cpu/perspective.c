/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "core/warp.h"

#include <math.h>
#include <string.h>

/* The kernels are those of affine. */

/* The matrix of the map that takes the unit square's corners (0,0), (1,0), (1,1), (0,1) to the points p. */
static void from_square(const double p[8], double m[9])
{
    double sx = p[0] - p[2] + p[4] - p[6], sy = p[1] - p[3] + p[5] - p[7];
    double dx1 = p[2] - p[4], dy1 = p[3] - p[5], dx2 = p[6] - p[4], dy2 = p[7] - p[5];
    double det = dx1 * dy2 - dx2 * dy1;
    double g = (sx * dy2 - dx2 * sy) / det, h = (dx1 * sy - sx * dy1) / det;
    const double made[9] = {p[2] - p[0] + g * p[2],
                            p[6] - p[0] + h * p[6],
                            p[0],
                            p[3] - p[1] + g * p[3],
                            p[7] - p[1] + h * p[7],
                            p[1],
                            g,
                            h,
                            1};
    memcpy(m, made, sizeof made);
}

/* The adjoint, which is the inverse but for a factor; returns the determinant. */
static double adjoint(const double m[9], double to[9])
{
    const double made[9] = {m[4] * m[8] - m[5] * m[7], m[2] * m[7] - m[1] * m[8], m[1] * m[5] - m[2] * m[4],
                            m[5] * m[6] - m[3] * m[8], m[0] * m[8] - m[2] * m[6], m[2] * m[3] - m[0] * m[5],
                            m[3] * m[7] - m[4] * m[6], m[1] * m[6] - m[0] * m[7], m[0] * m[4] - m[1] * m[3]};
    double det = m[0] * made[0] + m[1] * made[3] + m[2] * made[6];
    memcpy(to, made, sizeof made);
    return det;
}

/* Whether the corners have values; all of them or none. */
static int corners(const struct flynn_node *node, bool *given, double p[8], struct flynn_err *err)
{
    static const char *const names[] = {"x0", "y0", "x1", "y1", "x2", "y2", "x3", "y3"};
    int set = 0;
    for (int i = 0; i < 8; i++) {
        const struct flynn_value *value = flynn_node_value(node, names[i]);
        set += value->set;
        p[i] = value->set ? value->real : 0;
    }
    *given = set == 8;
    if (set != 0 && set != 8)
        return flynn_fail(err, FLYNN_EUSAGE,
                          "perspective: %d of the eight corner coordinates are given; give all of "
                          "x0, y0, x1, y1, x2, y2, x3, y3, or none",
                          set);
    return FLYNN_OK;
}

/* The map whose corners are those of a picture of w x h pixels on one side and the points p on the other. */
static void from_corners(const double p[8], double w, double h, double m[9])
{
    from_square(p, m);
    for (int i = 0; i < 9; i += 3) {
        m[i] /= w > 1 ? w - 1 : 1;
        m[i + 1] /= h > 1 ? h - 1 : 1;
    }
}

static int usable(const struct flynn_node *node, const double m[9], double det, struct flynn_err *err)
{
    bool finite = isfinite(det);
    for (int i = 0; i < 9; i++)
        finite = finite && isfinite(m[i]);
    if (!finite || det == 0)
        return flynn_fail(err, FLYNN_EUSAGE,
                          "%s: the map has no inverse; give a matrix of full rank, or corners of which no three are on "
                          "a line",
                          node->op->name);
    return FLYNN_OK;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
    struct flynn_warp warp;
    double m[9], p[8], other[9];
    bool given, forward = flynn_node_value(node, "direction")->integer == 0;
    flynn_warp_params(node, true, &warp);
    int code = corners(node, &given, p, err);
    if (code)
        return code;
    for (int i = 0; i < 9; i++)
        m[i] = flynn_node_value(node, names[i])->real;
    if (given)
        from_corners(p, forward ? node->in.width : warp.width, forward ? node->in.height : warp.height, m);
    double det = adjoint(m, other);
    code = usable(node, m, det, err);
    if (code)
        return code;
    for (int i = 0; forward && i < 9; i++)
        m[i] = other[i] * (1 / det);
    return flynn_warp_perspective(node, &warp, m, err);
}

#define COEFFICIENT(letter, value, text)                                                                               \
    {                                                                                                                  \
        .name = letter, .kind = FLYNN_PARAM_REAL, .min = -FLYNN_WARP_SIDE, .max = FLYNN_WARP_SIDE, .preset = value,    \
        .help = text                                                                                                   \
    }
#define CORNER(name, text) COEFFICIENT(name, "", text)

const struct flynn_op FLYNN_OP_SYMBOL(perspective) = {
    .name = "perspective",
    .aliases = "warpperspective homography pamperspective",
    .group = "geometry",
    .summary = "maps the picture projectively, by a matrix or four corners",
    .definition =
        "Pixel (x, y) comes to lie at ((a x + b y + c) / w, (d x + e y + f) / w), w = g x + h y + i; with "
        "direction=inverse the\noutput pixel (x, y) shows the input there. With corners, the matrix is the one that "
        "takes the corner pixels of the\ninput (inverse: of the output), clockwise from the first, to the points "
        "(x0, y0) to (x3, y3).\n"
        "M from output to input is the adjoint times 1 / determinant, in double. With x = s + t, s a multiple of 64 "
        "and t "
        "< 64,\nW = (M6 s + M7 y + M8) + M6 t, Q = 32 / W (0 where W is 0; nearest: 1 / W), the coordinate in 1/32 "
        "pixel (in pixels)\nis ((M0 s + M1 y + M2) + M0 t) Q, rounded half to even, in double, at most 2^25; the row "
        "likewise.\n" FLYNN_WARP_DEFINITION "\nOpenCL devices without double have no kernel.",
    .source = "OpenCV warpPerspective; Heckbert 1989 for the corners",
    .params = {COEFFICIENT("a", "1", "matrix, row by row"),
               COEFFICIENT("b", "0", "matrix"),
               COEFFICIENT("c", "0", "matrix: pixels to the right"),
               COEFFICIENT("d", "0", "matrix"),
               COEFFICIENT("e", "1", "matrix"),
               COEFFICIENT("f", "0", "matrix: pixels down"),
               COEFFICIENT("g", "0", "matrix: divisor from the column"),
               COEFFICIENT("h", "0", "matrix: divisor from the row"),
               COEFFICIENT("i", "1", "matrix: divisor"),
               CORNER("x0", "column of the first corner: top left"),
               CORNER("y0", "row of the first corner"),
               CORNER("x1", "column of the second corner: top right"),
               CORNER("y1", "row of the second corner"),
               CORNER("x2", "column of the third corner: bottom right"),
               CORNER("y2", "row of the third corner"),
               CORNER("x3", "column of the fourth corner: bottom left"),
               CORNER("y3", "row of the fourth corner"),
               {.name = "direction",
                .kind = FLYNN_PARAM_CHOICE,
                .preset = "forward",
                .choices = "forward|inverse",
                .help = "what the matrix or the points map: input to output, or output to input"},
               FLYNN_WARP_PARAM_METHOD,
               FLYNN_WARP_PARAM_BORDER,
               FLYNN_PARAM_FILL,
               FLYNN_WARP_PARAM_WIDTH,
               FLYNN_WARP_PARAM_HEIGHT},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_WHOLE,
    .cases = {"a=1.1,b=0.2,c=-3,d=0.1,e=0.9,f=2,g=0.002,h=-0.001", "x0=1,y0=2,x1=30,y1=0,x2=25,y2=20,x3=3,y3=15",
              "x0=5,y0=-2,x1=28,y1=6,x2=33,y2=22,x3=-4,y3=12,direction=inverse,border=replicate",
              "a=0.8,e=0.9,g=0.004,h=0.003,method=bicubic", "g=0.01,h=-0.02,method=nearest,border=wrap",
              "a=2,e=2,g=-0.003,border=reflect101,direction=inverse", "g=-0.05,h=0.03,method=bicubic,border=reflect"},
    .lower = lower,
};
