/* SPDX-License-Identifier: Apache-2.0 */
#include "core/compare.h"

#include <criterion/criterion.h>

#include <math.h>
#include <string.h>

/* The comparison that everything else relies on. */

static struct flynn_image image(int width, int height, int channels, enum flynn_type type)
{
    struct flynn_image made;
    struct flynn_shape shape = {width, height, channels, type};
    cr_assert_eq(flynn_image_alloc(&made, &shape, NULL), 0);
    memset(made.data, 0, made.owned_bytes);
    return made;
}

static struct flynn_image floats(float value)
{
    struct flynn_image made = image(1, 1, 1, FLYNN_F32);
    *(float *)made.data = value;
    return made;
}

Test(compare, every_sample_counts_and_padding_does_not)
{
    struct flynn_image a = image(5, 3, 3, FLYNN_U8), b = image(5, 3, 3, FLYNN_U8);
    for (int y = 0; y < 3; y++)
        memset((uint8_t *)flynn_row(&b, y) + 15, 0xff, b.stride - 15);
    cr_assert(flynn_images_equal(&a, &b));
    for (int y = 0; y < 3; y++) {
        for (int i = 0; i < 15; i++) {
            struct flynn_difference d;
            ((uint8_t *)flynn_row(&b, y))[i] = 9;
            cr_assert_not(flynn_images_equal(&a, &b));
            cr_assert_not(flynn_compare(&d, &a, &b));
            cr_assert(d.x == i / 3 && d.y == y && d.c == i % 3 && d.all.differing == 1 && d.samples == 45);
            cr_assert(d.expected == 0 && d.got == 9 && d.channel[i % 3].differing == 1 && d.all.max_abs == 9);
            cr_assert(d.left == i / 3 && d.right == i / 3 && d.top == y && d.bottom == y);
            ((uint8_t *)flynn_row(&b, y))[i] = 0;
        }
    }
    flynn_image_free(&a);
    flynn_image_free(&b);
}

Test(compare, shapes)
{
    struct flynn_image a = image(4, 4, 1, FLYNN_U8), b = image(4, 4, 1, FLYNN_U16), c = image(2, 8, 1, FLYNN_U8);
    cr_assert_not(flynn_images_equal(&a, &b));
    cr_assert_not(flynn_images_equal(&a, &c));
    flynn_image_free(&a);
    flynn_image_free(&b);
    flynn_image_free(&c);
}

static void check_floats(float x, float y, bool equal, uint64_t ulp)
{
    struct flynn_image a = floats(x), b = floats(y);
    struct flynn_difference d;
    cr_assert_eq(flynn_compare(&d, &a, &b), equal, "%g %g", (double)x, (double)y);
    cr_assert_eq(flynn_images_equal(&a, &b), equal);
    cr_assert_eq(d.all.max_ulp, ulp, "%g %g: %llu", (double)x, (double)y, (unsigned long long)d.all.max_ulp);
    flynn_image_free(&a);
    flynn_image_free(&b);
}

Test(compare, floats)
{
    check_floats(NAN, -NAN, true, 0);
    check_floats(0.0f, -0.0f, false, 1);
    check_floats(1.0f, nextafterf(1.0f, 2.0f), false, 1);
    check_floats(nextafterf(0.0f, 1.0f), nextafterf(0.0f, -1.0f), false, 3);
    check_floats(INFINITY, nextafterf(INFINITY, 0.0f), false, 1);
    check_floats(NAN, 1.0f, false, UINT64_MAX);
    check_floats(-INFINITY, INFINITY, false, UINT64_C(2) * 0x7f800000 + 1);
}

Test(compare, figures_and_words)
{
    struct flynn_image a = image(100, 40, 1, FLYNN_S32), b = image(100, 40, 1, FLYNN_S32);
    struct flynn_difference d;
    char text[FLYNN_DIFFERENCE_MAP];
    ((int32_t *)flynn_row(&b, 20))[50] = -3;
    ((int32_t *)flynn_row(&b, 21))[49] = 4;
    cr_assert_not(flynn_compare(&d, &a, &b));
    cr_assert(d.left == 49 && d.right == 50 && d.top == 20 && d.bottom == 21);
    cr_assert_float_eq(flynn_difference_mean(&d.all, d.samples), 7.0 / 4000, 1e-12);
    cr_assert_float_eq(flynn_difference_rmse(&d.all, d.samples), sqrt(25.0 / 4000), 1e-12);
    cr_assert_str_eq(flynn_difference_text(text, sizeof text, &d),
                     "2 of 4000 samples differ, first at x=50 y=20 channel 0: expected 0, got -3");
    flynn_difference_map(text, sizeof text, &d, &a, &b);
    const char *row = strchr(text, '\n') + 1;
    cr_assert_eq(strncmp(text, "pixels from x=36 y=18 ", 22), 0, "%s", text);
    cr_assert(row[2 * 65 + 14] == 'x' && row[3 * 65 + 13] == 'x' && row[2 * 65 + 13] == '.', "%s", text);
    cr_assert_eq(strlen(row), 16 * 65);
    cr_assert(flynn_compare(&d, &a, &a));
    cr_assert_str_eq(flynn_difference_text(text, sizeof text, &d), "4000 samples are equal");
    cr_assert(isinf(flynn_difference_psnr(&d.all, d.samples, FLYNN_S32)));
    flynn_image_free(&a);
    flynn_image_free(&b);
}
