/* SPDX-License-Identifier: Apache-2.0 */
#include "core/compare.h"
#include "core/node.h"
#include "core/resample.h"
#include "core/similarity.h"

#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- weights of resize's filters ------------------------------------------------------------------------------- */

/* Every window lies inside, is not before the one before it, and adds up to one; the axis is its own mirror image. */
static void check_axis(const struct flynn_resample *axis, const char *what)
{
    for (int i = 0; i < axis->out; i++) {
        const int16_t *w = (const int16_t *)axis->weight + (size_t)i * (size_t)axis->stride;
        const int16_t *mirror = (const int16_t *)axis->weight + (size_t)(axis->out - 1 - i) * (size_t)axis->stride;
        int sum = 0, away = 0;
        for (int k = 0; k < axis->stride; k++) {
            sum += w[k];
            away += k >= axis->taps && w[k];
        }
        cr_assert_eq(sum, 16384, "%s: output %d has weights of %d", what, i, sum);
        cr_assert_eq(away, 0, "%s: output %d has weights behind its window", what, i);
        cr_assert(axis->first[i] >= 0 && axis->first[i] + axis->taps <= axis->in, "%s: output %d", what, i);
        cr_assert(i == 0 || axis->first[i] >= axis->first[i - 1], "%s: output %d", what, i);
        for (int k = 0; k < axis->taps; k++) {
            int at = axis->in - 1 - (axis->first[i] + k) - axis->first[axis->out - 1 - i];
            int other = at >= 0 && at < axis->taps ? mirror[at] : 0;
            cr_assert(abs(w[k] - other) <= 1, "%s: output %d, tap %d: %d and %d", what, i, k, w[k], other);
        }
    }
}

Test(resample, weights_add_up_inside_of_the_axis)
{
    static const int sizes[] = {1, 2, 3, 5, 8, 13, 100, 101, 1000};
    enum { SIZES = sizeof sizes / sizeof *sizes };
    for (int n = 0; n < SIZES * SIZES * 12; n++) {
        struct flynn_node node = {.in = {.type = FLYNN_U8}};
        struct flynn_resample axis = {.in = sizes[n % SIZES], .out = sizes[n / SIZES % SIZES]};
        enum flynn_filter filter = (enum flynn_filter)(n / SIZES / SIZES % 6);
        bool widen = n / SIZES / SIZES / 6;
        struct flynn_err err;
        char what[80];
        snprintf(what, sizeof what, "filter %d, %d to %d pixels%s", (int)filter, axis.in, axis.out,
                 widen ? ", widened" : "");
        cr_assert_eq(flynn_resample_axis(&node, &axis, filter, widen, 8, &err), 0, "%s", what);
        check_axis(&axis, what);
        flynn_node_free(&node);
    }
}

Test(resample, known_weights)
{
    struct flynn_node node = {.in = {.type = FLYNN_U8}};
    struct flynn_resample cubic = {.in = 100, .out = 200}, area = {.in = 9, .out = 3};
    struct flynn_err err;
    cr_assert_eq(flynn_resample_axis(&node, &cubic, FLYNN_FILTER_CATROM, true, 2, &err), 0);
    cr_assert_eq(cubic.taps, 4);
    cr_assert_eq(cubic.first[100], 48);
    /* Keys' cubic at distances 1.75, 0.75, 0.25 and 1.25, of 16384 */
    static const int16_t expected[] = {-384, 3712, 14208, -1152};
    cr_assert_arr_eq((const int16_t *)cubic.weight + 100 * (size_t)cubic.stride, expected, sizeof expected);
    cr_assert_eq(flynn_resample_axis(&node, &area, FLYNN_FILTER_AREA, true, 2, &err), 0);
    cr_assert_eq(area.taps, 3);
    cr_assert_eq(area.first[2], 6);
    flynn_node_free(&node);
}

/* ---- structural similarity ------------------------------------------------------------------------------------- */

static struct flynn_image make(int width, int height, enum flynn_type type, int add)
{
    struct flynn_shape shape = {width, height, 1, type};
    struct flynn_image image;
    struct flynn_err err;
    cr_assert_eq(flynn_image_alloc(&image, &shape, &err), 0);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            int v = (x * 37 + y * 11) % 200 + add;
            if (type == FLYNN_U8)
                ((uint8_t *)flynn_row(&image, y))[x] = (uint8_t)v;
            else
                ((float *)flynn_row(&image, y))[x] = (float)v / 255;
        }
    }
    return image;
}

/* Floats of 0 to 1 and bytes of 0 to 255 are as similar; every pixel is in a window. */
Test(resample, similarity)
{
    static const int sides[] = {1, 7, 8, 9, 12, 30};
    for (int s = 0; s < 6; s++) {
        double channel[FLYNN_MAX_CHANNELS], bytes, floats;
        struct flynn_image a = make(sides[s], 9, FLYNN_U8, 0), b = make(sides[s], 9, FLYNN_U8, 20);
        struct flynn_image c = make(sides[s], 9, FLYNN_F32, 0), d = make(sides[s], 9, FLYNN_F32, 20);
        cr_assert_eq(flynn_similarity(&a, &a, channel), 1);
        bytes = flynn_similarity(&a, &b, channel);
        floats = flynn_similarity(&c, &d, channel);
        cr_assert(bytes < 1 && fabs(bytes - floats) < 1e-6, "%d wide: %.9f and %.9f", sides[s], bytes, floats);
        ((uint8_t *)flynn_row(&b, 8))[sides[s] - 1] ^= 128;
        cr_assert(flynn_similarity(&a, &b, channel) != bytes, "%d wide: the last pixel does not count", sides[s]);
        flynn_image_free(&a);
        flynn_image_free(&b);
        flynn_image_free(&c);
        flynn_image_free(&d);
    }
}
