/* SPDX-License-Identifier: Apache-2.0 */
#include "core/similarity.h"

#include "core/sample.h"

#include <stdlib.h>

enum { WINDOW = 8, STEP = 4 };

/* Sums over one window of one channel. */
struct integers {
    uint64_t a, b, aa, bb, ab;
};

struct reals {
    double a, b, aa, bb, ab;
};

struct window {
    int x, y, width, height, channel;
};

static void add_integer(struct integers *s, uint64_t p, uint64_t q)
{
    s->a += p;
    s->b += q;
    s->aa += p * p;
    s->bb += q * q;
    s->ab += p * q;
}

static struct integers sum_integers(const struct flynn_image *a, const struct flynn_image *b, const struct window *w)
{
    struct integers s = {0};
    for (int y = w->y; y < w->y + w->height; y++) {
        const void *p = flynn_row(a, y), *q = flynn_row(b, y);
        for (int x = w->x; x < w->x + w->width; x++) {
            size_t i = (size_t)x * (size_t)a->shape.channels + (size_t)w->channel;
            if (a->shape.type == FLYNN_U8)
                add_integer(&s, ((const uint8_t *)p)[i], ((const uint8_t *)q)[i]);
            else
                add_integer(&s, ((const uint16_t *)p)[i], ((const uint16_t *)q)[i]);
        }
    }
    return s;
}

static struct reals sum_reals(const struct flynn_image *a, const struct flynn_image *b, const struct window *w)
{
    struct reals s = {0};
    for (int y = w->y; y < w->y + w->height; y++) {
        const void *p = flynn_row(a, y), *q = flynn_row(b, y);
        for (int x = w->x; x < w->x + w->width; x++) {
            size_t i = (size_t)x * (size_t)a->shape.channels + (size_t)w->channel;
            double u = flynn_sample(a->shape.type, p, i), v = flynn_sample(a->shape.type, q, i);
            s.a += u;
            s.b += v;
            s.aa += u * u;
            s.bb += v * v;
            s.ab += u * v;
        }
    }
    return s;
}

static double window_similarity(const struct flynn_image *a, const struct flynn_image *b, const struct window *w)
{
    enum flynn_type type = a->shape.type;
    double white = flynn_type_white(type), n = (double)w->width * w->height;
    double c = 0.01 * white * (0.01 * white) * (n * n), d = 0.03 * white * (0.03 * white) * (n * n);
    if (type == FLYNN_U8 || type == FLYNN_U16) {
        struct integers s = sum_integers(a, b, w);
        uint64_t m = (uint64_t)n;
        double mean = (double)(2 * s.a * s.b) + c,
               covariance = (double)(2 * ((int64_t)(m * s.ab) - (int64_t)(s.a * s.b)));
        double means = (double)(s.a * s.a + s.b * s.b) + c;
        double variances = (double)(m * s.aa - s.a * s.a + m * s.bb - s.b * s.b) + d;
        return mean * (covariance + d) / (means * variances);
    }
    struct reals s = sum_reals(a, b, w);
    double mean = 2 * s.a * s.b + c, covariance = 2 * (n * s.ab - s.a * s.b) + d;
    return mean * covariance / ((s.a * s.a + s.b * s.b + c) * (n * s.aa - s.a * s.a + n * s.bb - s.b * s.b + d));
}

/* The start of the window after `at`: a step on, or where the last one begins; -1 behind that. */
static int next_start(int at, int length)
{
    int last = length > WINDOW ? length - WINDOW : 0;
    return at >= last ? -1 : at + STEP < last ? at + STEP : last;
}

double flynn_similarity(const struct flynn_image *a, const struct flynn_image *b, double channel[FLYNN_MAX_CHANNELS])
{
    int width = a->shape.width, height = a->shape.height;
    double all = 0;
    if (!flynn_shape_equal(&a->shape, &b->shape))
        abort();
    for (int c = 0; c < a->shape.channels; c++) {
        double sum = 0, windows = 0;
        for (int y = 0; y >= 0; y = next_start(y, height)) {
            for (int x = 0; x >= 0; x = next_start(x, width)) {
                struct window w = {x, y, width < WINDOW ? width : WINDOW, height < WINDOW ? height : WINDOW, c};
                sum += window_similarity(a, b, &w);
                windows++;
            }
        }
        channel[c] = sum / windows;
        all += channel[c];
    }
    return all / a->shape.channels;
}
