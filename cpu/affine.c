/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "core/warp_source.h"

#include <math.h>

/* Stages are described in core/warp.h; sampling is in core/warp_source.h. Here is where the coordinates come from. */

static void locate_affine(const struct flynn_call *call, int x, int y, int n, int32_t *X, int32_t *Y)
{
    const int32_t *column = call->stage->table[0].data, *row = call->stage->table[1].data;
    int shift = call->stage->k[0] == FLYNN_WARP_NEAREST ? 10 : 10 - FLYNN_WARP_BITS;
    int32_t across = row[2 * (ptrdiff_t)y], down = row[2 * (ptrdiff_t)y + 1];
    const int32_t *column_y = column + call->stage->out.width;
    for (int i = 0; i < n; i++) {
        X[i] = (column[x + i] + across) >> shift;
        Y[i] = (column_y[x + i] + down) >> shift;
    }
}

/* What is not a number is far away. */
static int32_t nearest_int(double v)
{
    v = v < FLYNN_WARP_FAR ? v : FLYNN_WARP_FAR;
    v = v > -FLYNN_WARP_FAR ? v : -FLYNN_WARP_FAR;
    return (int32_t)lrint(v);
}

static void locate_perspective(const struct flynn_call *call, int x, int y, int n, int32_t *X, int32_t *Y)
{
    const double *m = call->stage->table[0].data;
    double one = call->stage->k[0] == FLYNN_WARP_NEAREST ? 1 : FLYNN_WARP_ONE;
    double x0 = m[0] * x + m[1] * y + m[2], y0 = m[3] * x + m[4] * y + m[5], w0 = m[6] * x + m[7] * y + m[8];
    for (int i = 0; i < n; i++) {
        double w = w0 + m[6] * i;
        w = w != 0 ? one / w : 0;
        X[i] = nearest_int((x0 + m[0] * i) * w);
        Y[i] = nearest_int((y0 + m[3] * i) * w);
    }
}

static int32_t nearest_int_f32(float v)
{
    v = v < (float)FLYNN_WARP_FAR ? v : (float)FLYNN_WARP_FAR;
    v = v > -(float)FLYNN_WARP_FAR ? v : -(float)FLYNN_WARP_FAR;
    return (int32_t)lrintf(v);
}

static void locate_remap(const struct flynn_call *call, int x, int y, int n, int32_t *X, int32_t *Y)
{
    const float *map = (const float *)flynn_row(call->src2, y) + 2 * (ptrdiff_t)x;
    const float *scale = call->stage->f;
    float one = call->stage->k[0] == FLYNN_WARP_NEAREST ? 1 : FLYNN_WARP_ONE;
    float from = call->stage->k[1] ? 1 : 0;
    for (int i = 0; i < n; i++) {
        X[i] = nearest_int_f32((map[2 * i] * scale[0] + (float)(x + i) * from) * one);
        Y[i] = nearest_int_f32((map[2 * i + 1] * scale[1] + (float)y * from) * one);
    }
}

/* ---- kernels ----------------------------------------------------------------------------------------------------- */

static void draw_u8(const struct flynn_warp_source *s, const int32_t *X, const int32_t *Y, int n, uint8_t *to)
{
    flynn_warp_sample_u8(s, X, Y, n, to);
}

static void draw_u16(const struct flynn_warp_source *s, const int32_t *X, const int32_t *Y, int n, uint8_t *to)
{
    flynn_warp_sample_u16(s, X, Y, n, (uint16_t *)(void *)to);
}

static void draw_f32(const struct flynn_warp_source *s, const int32_t *X, const int32_t *Y, int n, uint8_t *to)
{
    flynn_warp_sample_f32(s, X, Y, n, (float *)(void *)to);
}

static void warp(const struct flynn_call *call)
{
    static flynn_warp_locate *const locate[] = {locate_affine, locate_perspective, locate_remap};
    static flynn_warp_draw *const draw[] = {[FLYNN_U8] = draw_u8, [FLYNN_U16] = draw_u16, [FLYNN_F32] = draw_f32};
    flynn_warp_walk(call, locate[call->stage->kernel], draw[call->stage->in.type]);
}

/* ---- the op ------------------------------------------------------------------------------------------------------ */

/* The map from output to input of the map from input to output. */
static int invert(double m[6], struct flynn_err *err)
{
    double det = m[0] * m[4] - m[1] * m[3];
    if (!(fabs(det) > 1e-12))
        return flynn_fail(err, FLYNN_EUSAGE,
                          "affine: a*e - b*d = %g, so that the map has no inverse; give coefficients whose rows are "
                          "independent, or direction=inverse",
                          det);
    det = 1 / det;
    double a = m[4] * det, b = m[1] * -det, d = m[3] * -det, e = m[0] * det;
    double c = -a * m[2] - b * m[5], f = -d * m[2] - e * m[5];
    const double inverse[6] = {a, b, c, d, e, f};
    memcpy(m, inverse, sizeof inverse);
    return FLYNN_OK;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    struct flynn_warp warp;
    double m[6];
    for (int i = 0; i < 6; i++)
        m[i] = flynn_node_value(node, names[i])->real;
    int code = flynn_node_value(node, "direction")->integer == 0 ? invert(m, err) : FLYNN_OK;
    flynn_warp_params(node, true, &warp);
    return code ? code : flynn_warp_affine(node, &warp, m, err);
}

#define COEFFICIENT(letter, value, text)                                                                               \
    {                                                                                                                  \
        .name = letter, .kind = FLYNN_PARAM_REAL, .min = -FLYNN_WARP_SIDE, .max = FLYNN_WARP_SIDE, .preset = value,    \
        .help = text                                                                                                   \
    }

const struct flynn_op FLYNN_OP_SYMBOL(affine) = {
    .name = "affine",
    .aliases = "warpaffine",
    .group = "geometry",
    .summary = "moves, turns, scales and shears the picture by an affine map",
    .definition =
        "Pixel (x, y) comes to lie at (a x + b y + c, d x + e y + f); with direction=inverse the output pixel (x, y) "
        "shows the\n"
        "input there. The map M from output to input is the inverse in double: D = 1 / (a e - b d), then\n"
        "(e D, b (-D), -M0 c - M1 f; d (-D), a D, -M3 c - M4 f). With r(v) rounding half to even, the coordinates in\n"
        "1/32 pixel are X = (r(M0 x 1024) + r((M1 y + M2) 1024) + 16) >> 5, Y likewise; nearest: pixels, + 512, >> "
        "10.\n" FLYNN_WARP_DEFINITION,
    .source = "OpenCV warpAffine: INTER_NEAREST, INTER_LINEAR, INTER_CUBIC",
    .params = {COEFFICIENT("a", "1", "column from the column"),
               COEFFICIENT("b", "0", "column from the row"),
               COEFFICIENT("c", "0", "pixels to the right"),
               COEFFICIENT("d", "0", "row from the column"),
               COEFFICIENT("e", "1", "row from the row"),
               COEFFICIENT("f", "0", "pixels down"),
               {.name = "direction",
                .kind = FLYNN_PARAM_CHOICE,
                .preset = "forward",
                .choices = "forward|inverse",
                .help = "what the coefficients map: input to output, or output to input"},
               FLYNN_WARP_PARAM_METHOD,
               FLYNN_WARP_PARAM_BORDER,
               FLYNN_PARAM_FILL,
               FLYNN_WARP_PARAM_WIDTH,
               FLYNN_WARP_PARAM_HEIGHT},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_WHOLE,
    .cases = {"a=0.9,b=0.2,c=1.3,d=-0.3,e=1.1,f=2.7",
              "a=2.1,b=-0.4,c=3,d=0.3,e=1.9,f=-5,border=reflect101,method=bicubic",
              "a=0.5,b=0.1,c=7,d=0.2,e=0.4,f=3,border=wrap", "c=2.5,f=-3.25,border=replicate,fill=50%",
              "a=0.866,b=-0.5,c=40,d=0.5,e=0.866,f=-30,method=bicubic", "a=0.7,b=0.7,d=-0.7,e=0.7,f=20,method=nearest",
              "a=1.3,e=0.8,b=-0.05,width=50,height=30,border=reflect,fill=100%",
              "a=0.3,b=0.1,d=0.02,e=0.3,direction=inverse,fill=100%"},
    .lower = lower,
    .kernels = {.fn = {[FLYNN_WARP_AFFINE] = {[FLYNN_U8] = warp, [FLYNN_U16] = warp, [FLYNN_F32] = warp},
                       [FLYNN_WARP_PERSPECTIVE] = {[FLYNN_U8] = warp, [FLYNN_U16] = warp, [FLYNN_F32] = warp},
                       [FLYNN_WARP_REMAP] = {[FLYNN_U8] = warp, [FLYNN_U16] = warp, [FLYNN_F32] = warp}}},
};
