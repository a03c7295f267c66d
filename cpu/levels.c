/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/reuse.h"

#include <math.h>

struct levels {
    double black, white, exponent, out_black, out_white;
};

/* u8 and u16 are a table. */
static int answer(int x, int white, const void *by)
{
    const struct levels *l = by;
    double t = (x - l->black) / (l->white - l->black);
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    double y = l->out_black + (l->out_white - l->out_black) * pow(t, l->exponent);
    return y < 0 ? 0 : y > white ? white : (int)floor(y + 0.5);
}

/* f32 goes through the kernels of clamp, linear, gamma and linear; what changes nothing is left out. */
static int lower_floats(struct flynn_node *node, const struct levels *l, struct flynn_err *err)
{
    double scale = 1 / (l->white - l->black), range = l->out_white - l->out_black;
    int code = FLYNN_OK;
    flynn_clamp_floats(node, (float)l->black, (float)l->white);
    if (scale != 1 || l->black != 0)
        code = flynn_linear_stage(node, scale, -l->black * scale, err);
    if (!code && l->exponent != 1)
        flynn_gamma_floats(node, l->exponent);
    if (!code && (range != 1 || l->out_black != 0))
        code = flynn_linear_stage(node, range, l->out_black, err);
    return code;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    struct levels l = {flynn_node_sample(node, "black"), flynn_node_sample(node, "white"),
                       1 / flynn_node_value(node, "gamma")->real, flynn_node_sample(node, "out-black"),
                       flynn_node_sample(node, "out-white")};
    double least = flynn_type_white(node->in.type) / 1000;
    if (l.white - l.black < least)
        return flynn_fail(err, FLYNN_EUSAGE, "levels: black=%g must be below white=%g by 0.1%% of %g or more", l.black,
                          l.white, flynn_type_white(node->in.type));
    return node->in.type == FLYNN_F32 ? lower_floats(node, &l, err) : flynn_lookup_stage(node, answer, &l, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(levels) = {
    .name = "levels",
    .aliases = "level pamlevels",
    .group = "point",
    .summary = "stretch black..white to out-black..out-white, with a gamma between",
    .definition =
        "e = 1 / gamma. t = (x - black) / (white - black) within 0 and 1, y = out-black + (out-white - out-black) * "
        "t^e.\n"
        "u8 and u16: in double with the C library's pow, floor(y + 0.5).\n"
        "f32: x within black and white (NaN becomes black), then linear with alpha = 1 / (white - black) and beta = "
        "-black * alpha, then gamma, then linear with alpha = out-white - out-black and beta = out-black; each as "
        "those "
        "ops define it and left out where its parameters (1 and 0, 1, 1 and 0) change nothing; the coefficients in "
        "double and then as floats.\n"
        "black < white by a thousandth of the type's white at least. Alpha is kept.",
    .source = "ImageMagick -level and +level",
    .params =
        {{.name = "black",
          .kind = FLYNN_PARAM_SAMPLE,
          .preset = "0",
          .help = "this and what is below becomes out-black; in sample units or in percent of white"},
         {.name = "white", .kind = FLYNN_PARAM_SAMPLE, .preset = "100%", .help = "this and above becomes out-white"},
         {.name = "gamma",
          .kind = FLYNN_PARAM_REAL,
          .min = 0.01,
          .max = 100,
          .preset = "1",
          .help = "above 1 lightens what is between"},
         {.name = "out-black", .kind = FLYNN_PARAM_SAMPLE, .preset = "0", .help = "what black becomes"},
         {.name = "out-white", .kind = FLYNN_PARAM_SAMPLE, .preset = "100%", .help = "what white becomes"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"10%,white=80%,gamma=1.5", "20%,white=60%", "0,gamma=0.4,out-black=10%,out-white=90%",
              "5%,out-black=100%,out-white=0"},
    .lower = lower,
};
