/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/lookup.h"
#include "cpu/reuse.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* k[0]: the alpha channel or -1; k[3]: 1 where table[1] holds the table's parts.
 * u8 and u16: table[0] holds the answer for every sample. The u8 kernel serves all ops that are a table of 256.
 * f32: d[0] is the exponent 1 / gamma, table[0] the coefficients of cpu/reuse.h. */

static void gamma_u16(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    const uint16_t *table = call->stage->table[0].data;
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r];
        uint16_t *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = table[in[i]];
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

/* ---- the power of a float ---------------------------------------------------------------------------------------- */

#define SQRT_HALF 0x3fe6a09e667f3bcd /* the bits of sqrt(1/2) */
#define MANTISSA  0x000fffffffffffff
#define TWO_52    0x4330000000000000 /* the bits of 2^52: or-ed with an integer below 2^52, of 2^52 + integer */
#define BIAS      1024               /* keeps the exponent of every float nonnegative */
#define ROUND     6755399441055744.0 /* 1.5 * 2^52: adding it rounds to an integer, which the low bits then hold */

static inline double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint64_t to_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* x^e for finite x > 0, as 2^(e * log2(x)). */
static inline double power(double x, double e, const double *c)
{
    uint64_t t = to_bits(x) - SQRT_HALF + ((uint64_t)BIAS << 52);
    double k = from_bits(t >> 52 | TWO_52) - (4503599627370496.0 + BIAS);
    double m = from_bits((t & MANTISSA) + SQRT_HALF);
    double s = (m - 1) / (m + 1), z = s * s, z2 = z * z;
    double q = (c[0] + z * c[1]) + z2 * ((c[2] + z * c[3]) + z2 * c[4]);
    double y = e * (k + s * q);
    y = y < c[12] ? c[12] : y;
    y = y > c[13] ? c[13] : y;
    double n = y + ROUND, r = y - (n - ROUND), r2 = r * r;
    double p = (1 + r * c[5]) + r2 * (c[6] + r * c[7]);
    p = p + r2 * r2 * ((c[8] + r * c[9]) + r2 * (c[10] + r * c[11]));
    return p * from_bits((to_bits(n) + 1023) << 52);
}

static void gamma_f32(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    const double *c = call->stage->table[0].data;
    double e = call->stage->d[0];
    for (int r = 0; r < call->rows; r++) {
        const float *in = call->in[r];
        float *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = (float)power(in[i], e, c);
        for (int i = 0; i < samples; i++) {
            float y = in[i] > 0 ? out[i] : 0;
            out[i] = in[i] <= FLT_MAX ? y : in[i]; /* infinity and NaN pass */
        }
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

/* ---- metadata ---------------------------------------------------------------------------------------------------- */

static int answer(int x, int white, const void *by)
{
    const double *e = by;
    return (int)floor(white * pow(x / (double)white, *e) + 0.5);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    double e = 1 / flynn_node_value(node, "gamma")->real;
    if (node->in.type != FLYNN_F32)
        return flynn_lookup_stage(node, answer, &e, err);
    flynn_gamma_floats(node, e);
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(gamma) = {
    .name = "gamma",
    .aliases = "pnmgamma",
    .group = "point",
    .summary = "the power 1 / gamma of every sample: above 1 lightens, below 1 darkens",
    .definition =
        "e = 1 / gamma in double. u8: floor(255 * (x / 255)^e + 0.5), u16: floor(65535 * (x / 65535)^e + 0.5), "
        "both in double with the C library's pow.\n"
        "f32: x^e = 2^(e * log2(x)) in double with + - * / and the polynomials of cpu/gamma.c, rounded to float "
        "once; within 1 ulp of the true power. x <= 0 gives +0; infinity and NaN pass unchanged.\n"
        "Alpha is kept.",
    .source = "ImageMagick -gamma",
    .params = {{.name = "gamma",
                .kind = FLYNN_PARAM_REAL,
                .min = 0.01,
                .max = 100,
                .help = "1 changes nothing; 2.2 lightens"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"2.2", "0.45", "1"},
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = flynn_lookup_u8, [FLYNN_U16] = gamma_u16, [FLYNN_F32] = gamma_f32}}},
};
