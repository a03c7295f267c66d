/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sample.h"

#include "dispatch/verify.h"

#include <stdio.h>
#include <string.h>

#define BAND_ROWS 32
#define BANDS     3

static int reference(const struct flynn_plan *plan, const struct flynn_image *in, struct flynn_image *out,
                     struct flynn_err *err)
{
    int code = flynn_plan_output(plan, in, out, err);
    if (!code && (code = flynn_reference_run(plan, in, out, err)))
        flynn_image_free(out);
    return code;
}

static int verify_full(struct cli_verdict *verdict, const struct flynn_plan *plan, const struct flynn_image *in,
                       const struct flynn_image *out, struct flynn_err *err)
{
    struct flynn_image expected;
    int code = reference(plan, in, &expected, err);
    if (code)
        return code;
    if (!flynn_compare(&verdict->difference, &expected, out))
        flynn_difference_map(verdict->map, sizeof verdict->map, &verdict->difference, &expected, out);
    snprintf(verdict->compared, sizeof verdict->compared, "all %llu samples",
             (unsigned long long)verdict->difference.samples);
    flynn_image_free(&expected);
    return FLYNN_OK;
}

/* Rows that the output of a chain needs above and below itself, or -1 when a band cannot be computed alone. */
static int halo(const struct flynn_plan *plan)
{
    int rows = 0;
    for (int i = 0; i < plan->stages; i++) {
        const struct flynn_stage *s = plan->stage[i];
        if (s->kind != FLYNN_ROWS || s->first || s->border == FLYNN_WRAP || s->in.height != s->out.height)
            return -1;
        rows += s->up > s->down ? s->up : s->down;
        if (rows > plan->in.height)
            return -1;
    }
    return rows;
}

/* A view of the rows [top, bottom) of an image. */
static struct flynn_image view(const struct flynn_image *image, int top, int bottom)
{
    struct flynn_image v = *image;
    v.owned = NULL;
    v.owned_bytes = 0;
    v.data = flynn_row(image, top);
    v.shape.height = bottom - top;
    return v;
}

struct band {
    int top, bottom;          /* output rows to compare */
    int in_top, in_bottom;    /* input rows that they need */
    struct flynn_chain chain; /* with views of the second inputs */
    struct flynn_image with[8];
};

/* The same chain on the band's rows of the second inputs; false when these do not have the image's height. */
static bool cut_chain(struct band *band, const struct flynn_chain *chain, int height)
{
    size_t used = 0;
    band->chain = *chain;
    for (int i = 0; i < chain->length; i++) {
        for (int v = 0; v < FLYNN_MAX_PARAMS; v++) {
            const struct flynn_image *with = chain->op[i].value[v].input;
            if (!with)
                continue;
            if (with->shape.height != height || used == sizeof band->with / sizeof *band->with)
                return false;
            band->with[used] = view(with, band->in_top, band->in_bottom);
            band->chain.op[i].value[v].input = &band->with[used++];
        }
    }
    return true;
}

/* Whether a band is equal to the reference; *equal is false too when the band could not be computed alone. */
static int verify_band(bool *equal, struct band *band, const struct flynn_chain *chain, const struct flynn_image *in,
                       const struct flynn_image *out, struct flynn_err *err)
{
    struct flynn_plan plan;
    struct flynn_image expected, part = view(in, band->in_top, band->in_bottom);
    *equal = false;
    if (!cut_chain(band, chain, in->shape.height) || flynn_plan_build(&plan, &band->chain, &part.shape, NULL))
        return FLYNN_OK;
    int code = reference(&plan, &part, &expected, err);
    if (!code) {
        struct flynn_image want = view(&expected, band->top - band->in_top, band->bottom - band->in_top);
        struct flynn_image got = view(out, band->top, band->bottom);
        *equal = flynn_images_equal(&want, &got);
        flynn_image_free(&expected);
    }
    flynn_plan_free(&plan);
    return code;
}

static int verify_bands(bool *equal, struct cli_verdict *verdict, int reach, const struct flynn_chain *chain,
                        const struct flynn_image *in, const struct flynn_image *out, struct flynn_err *err)
{
    int height = in->shape.height, code = FLYNN_OK;
    int top[BANDS] = {0, (height - BAND_ROWS) / 2, height - BAND_ROWS};
    static struct band band;

    *equal = true;
    for (int i = 0; !code && *equal && i < BANDS; i++) {
        band.top = top[i];
        band.bottom = top[i] + BAND_ROWS;
        band.in_top = band.top > reach ? band.top - reach : 0;
        band.in_bottom = band.bottom < height - reach ? band.bottom + reach : height;
        code = verify_band(equal, &band, chain, in, out, err);
    }
    verdict->difference = (struct flynn_difference){.shape = out->shape};
    verdict->difference.samples = (uint64_t)flynn_row_samples(&out->shape) * BANDS * BAND_ROWS;
    snprintf(verdict->compared, sizeof verdict->compared, "a sample: rows 0-%d, %d-%d and %d-%d of %d", BAND_ROWS - 1,
             top[1], top[1] + BAND_ROWS - 1, top[2], height - 1, height);
    return code;
}

int cli_verify_output(struct cli_verdict *verdict, bool sample, const struct flynn_chain *chain,
                      const struct flynn_plan *plan, const struct flynn_image *in, const struct flynn_image *out,
                      struct flynn_err *err)
{
    int reach = sample ? halo(plan) : -1;
    verdict->map[0] = '\0';
    if (reach >= 0 && BANDS * (BAND_ROWS + 2 * (int64_t)reach) < in->shape.height) {
        bool equal;
        int code = verify_bands(&equal, verdict, reach, chain, in, out, err);
        if (code || equal)
            return code;
    }
    return verify_full(verdict, plan, in, out, err);
}
