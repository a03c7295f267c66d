/* SPDX-License-Identifier: Apache-2.0 */
#include "core/resample.h"

#include <math.h>
#include <string.h>

#define ONE 16384 /* integer weights are of this */

/* ---- filters --------------------------------------------------------------------------------------------------- */

static double keys(double x, double a)
{
    if (x < 1)
        return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

static double mitchell(double x)
{
    if (x < 1)
        return (7 * x * x * x - 12 * x * x + 16.0 / 3) / 6;
    return x < 2 ? (-7.0 / 3 * x * x * x + 12 * x * x - 20 * x + 32.0 / 3) / 6 : 0;
}

static double lanczos3(double x)
{
    double t = 3.14159265358979323846 * x;
    return x == 0 ? 1 : x < 3 ? 3 * sin(t) * sin(t / 3) / (t * t) : 0;
}

static double filter_at(enum flynn_filter filter, double x)
{
    switch (filter) {
    case FLYNN_FILTER_BICUBIC:
        return keys(x, -0.75);
    case FLYNN_FILTER_CATROM:
        return keys(x, -0.5);
    case FLYNN_FILTER_MITCHELL:
        return mitchell(x);
    case FLYNN_FILTER_LANCZOS3:
        return lanczos3(x);
    default:
        return x < 1 ? 1 - x : 0;
    }
}

static double filter_radius(enum flynn_filter filter)
{
    return filter == FLYNN_FILTER_LANCZOS3 ? 3 : filter == FLYNN_FILTER_TRIANGLE ? 1 : 2;
}

/* ---- windows --------------------------------------------------------------------------------------------------- */

struct work {
    enum flynn_filter filter;
    int in, out;
    double scale, width; /* input pixels of an output pixel, and of one unit of the filter */
    double *weight;      /* by input pixel, from low on */
};

/* The input pixels that count for output i, which may lie outside of the axis. */
static void reach(const struct work *w, int i, int64_t *low, int64_t *high)
{
    if (w->filter == FLYNN_FILTER_AREA) {
        *low = (int64_t)i * w->in / w->out;
        *high = (((int64_t)i + 1) * w->in - 1) / w->out;
        return;
    }
    double centre = (i + 0.5) * w->scale - 0.5, radius = filter_radius(w->filter) * w->width;
    *low = (int64_t)floor(centre - radius) + 1;
    *high = (int64_t)ceil(centre + radius) - 1;
}

static int inside(const struct work *w, int64_t at)
{
    return at < 0 ? 0 : at < w->in ? (int)at : w->in - 1;
}

static double weight_at(const struct work *w, int i, int64_t at)
{
    if (w->filter != FLYNN_FILTER_AREA)
        return filter_at(w->filter, fabs((double)at - ((i + 0.5) * w->scale - 0.5)) / w->width);
    int64_t from = at * w->out, to = from + w->out, start = (int64_t)i * w->in, end = start + w->in;
    return (double)((to < end ? to : end) - (from > start ? from : start));
}

/* The weights of output i, of sum 1, into w->weight; pixels outside of the axis are its first or last one. */
static void weigh(const struct work *w, int i, int first, int taps)
{
    int64_t low, high;
    double sum = 0;
    reach(w, i, &low, &high);
    memset(w->weight, 0, (size_t)taps * sizeof *w->weight);
    for (int64_t at = low; at <= high; at++) {
        double weight = weight_at(w, i, at);
        w->weight[inside(w, at) - first] += weight;
        sum += weight;
    }
    for (int k = 0; k < taps; k++)
        w->weight[k] /= sum;
}

/* The running sum is rounded, so that the weights add up, and that many small ones are right on average. */
static void quantise(const double *weight, int16_t *to, int taps)
{
    double sum = 0, before = 0;
    for (int k = 0; k < taps; k++) {
        sum += weight[k];
        double now = k == taps - 1 ? ONE : rint(sum * ONE);
        to[k] = (int16_t)(now - before);
        before = now;
    }
}

static int find_windows(struct flynn_resample *axis, const struct work *w)
{
    int64_t low, high;
    axis->taps = 1;
    for (int i = 0; i < axis->out; i++) {
        reach(w, i, &low, &high);
        int n = inside(w, high) - inside(w, low) + 1;
        axis->first[i] = inside(w, low);
        axis->taps = n > axis->taps ? n : axis->taps;
    }
    for (int i = 0; i < axis->out; i++) {
        if (axis->first[i] > axis->in - axis->taps)
            axis->first[i] = axis->in - axis->taps;
    }
    return axis->taps;
}

int flynn_resample_axis(struct flynn_node *node, struct flynn_resample *axis, enum flynn_filter filter, bool widen,
                        int multiple, struct flynn_err *err)
{
    double scale = (double)axis->in / axis->out;
    struct work w = {filter, axis->in, axis->out, scale, widen && scale > 1 ? scale : 1, NULL};
    bool floats = node->in.type == FLYNN_F32;
    axis->first = flynn_node_alloc(node, (size_t)axis->out * sizeof *axis->first, err);
    if (!axis->first)
        return err->code;
    int taps = find_windows(axis, &w);
    axis->stride = floats ? taps : (taps + multiple - 1) / multiple * multiple;
    axis->weight_bytes = (size_t)axis->out * (size_t)axis->stride * (floats ? sizeof(float) : sizeof(int16_t));
    axis->weight = flynn_node_alloc(node, axis->weight_bytes, err);
    w.weight = axis->weight ? flynn_node_alloc(node, (size_t)taps * sizeof *w.weight, err) : NULL;
    if (!w.weight)
        return err->code;
    for (int i = 0; i < axis->out; i++) {
        size_t at = (size_t)i * (size_t)axis->stride;
        weigh(&w, i, axis->first[i], taps);
        for (int k = 0; k < taps && floats; k++)
            ((float *)axis->weight)[at + (size_t)k] = (float)w.weight[k];
        if (!floats)
            quantise(w.weight, (int16_t *)axis->weight + at, taps);
    }
    return FLYNN_OK;
}
