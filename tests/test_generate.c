/* SPDX-License-Identifier: Apache-2.0 */
#include "file_helpers.h"

#include <flynn/generate.h>

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct flynn_err err;

static struct flynn_image make(const char *spec)
{
    struct flynn_image image;
    cr_assert_eq(flynn_generate(&image, spec, &err), 0, "%s: %s", spec, err.text);
    return image;
}

/* FNV-1a over the samples of a u8 image: these bits are the definition, on every machine. */
static uint64_t sum_of(const struct flynn_image *image)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (int y = 0; y < image->shape.height; y++) {
        for (size_t i = 0; i < flynn_row_bytes(&image->shape); i++)
            h = (h ^ ((uint8_t *)flynn_row(image, y))[i]) * 0x100000001b3u;
    }
    return h;
}

Test(generate, pictures_stay_what_they_are)
{
    static const struct {
        const char *spec;
        uint64_t sum;
    } cases[] = {
        {"scene:97x61", 0x500b39bd5f5d4250u},    {"noise:33x17", 0xb2dc09f0b662db3cu},
        {"gradient:33x17", 0xea8be50922548f80u}, {"zoneplate:33x17", 0x0821eefd219d31b0u},
        {"checker:33x17", 0xf97b1e25cec2a18fu},  {"mandelbrot:33x17", 0x47e4b919c8c65800u},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct flynn_image image = make(cases[i].spec);
        cr_expect_eq(sum_of(&image), cases[i].sum, "%s: 0x%016llx", cases[i].spec, (unsigned long long)sum_of(&image));
        flynn_image_free(&image);
    }
}

Test(generate, every_kind_type_and_channel_count)
{
    static const char *const kinds[] = {"scene", "noise", "gradient", "zoneplate", "checker", "mandelbrot"};
    static const char *const types[] = {"u8", "u16", "f32", "f64"};
    static const int sides[][2] = {{1, 1}, {1, 9}, {9, 1}, {40, 30}};
    for (int i = 0; i < 6 * 4 * 4 * 4; i++) {
        char spec[80];
        int channels = i / 24 % 4 + 1, side = i / 96;
        if (i / 6 % 4 == 3 && channels > 1)
            continue;
        snprintf(spec, sizeof spec, "%s:%dx%d,type=%s,channels=%d,seed=5", kinds[i % 6], sides[side][0], sides[side][1],
                 types[i / 6 % 4], channels);
        struct flynn_image image = make(spec);
        struct flynn_shape shape;
        cr_assert_eq(flynn_generate_shape(&shape, spec, &err), 0);
        cr_assert(flynn_shape_equal(&shape, &image.shape), "%s", spec);
        cr_assert(image.shape.width == sides[side][0] && image.shape.channels == channels);
        for (size_t k = 0; shape.type == FLYNN_F32 && k < flynn_row_samples(&shape); k++) {
            float v = ((float *)flynn_row(&image, shape.height - 1))[k];
            cr_assert(v >= 0 && v <= 1, "%s: %g", spec, (double)v);
        }
        flynn_image_free(&image);
    }
}

Test(generate, wide_types_refine_narrow_ones)
{
    struct flynn_image a = make("scene:50x40"), b = make("scene:50x40,type=u16"), c = make("scene:50x40,type=f32");
    for (int y = 0; y < 40; y++) {
        for (int i = 0; i < 150; i++) {
            uint16_t v = ((uint16_t *)flynn_row(&b, y))[i];
            cr_assert_eq(((uint8_t *)flynn_row(&a, y))[i], v >> 8);
            cr_assert_eq(((float *)flynn_row(&c, y))[i], (float)v / 65535.0f);
        }
    }
    flynn_image_free(&a);
    flynn_image_free(&b);
    flynn_image_free(&c);
}

Test(generate, seeds_change_noise_and_scene)
{
    static const char *const specs[][2] = {{"noise:20x20", "noise:20x20,seed=2"},
                                           {"scene:90x60", "scene:90x60,seed=2"}};
    for (int i = 0; i < 2; i++) {
        struct flynn_image a = make(specs[i][0]), b = make(specs[i][1]), c = make(specs[i][0]);
        cr_assert_not(same_image(&a, &b));
        cr_assert(same_image(&a, &c));
        flynn_image_free(&a);
        flynn_image_free(&b);
        flynn_image_free(&c);
    }
}

Test(generate, alpha_is_a_ramp)
{
    struct flynn_image image = make("checker:256x1,channels=4");
    for (int x = 0; x < 256; x++)
        cr_assert_eq(image.data[4 * x + 3], x);
    flynn_image_free(&image);
}

Test(generate, very_long_strips)
{
    struct flynn_image image = make("scene:2000000x1,channels=1");
    flynn_image_free(&image);
    image = make("scene:1x2000000,channels=1");
    flynn_image_free(&image);
}

Test(generate, bad_specs)
{
    static const char *const cases[][2] = {
        {"", "scene, noise"},
        {"plasma:1x1", "found 'plasma'"},
        {"scene", "a size such as"},
        {"scene:0x4", "a size such as"},
        {"scene:4x", "a size such as"},
        {"scene:4x4x4", "a size such as"},
        {"scene:99999999999x1", "a size such as"},
        {"scene:4x4,", "seed=, type= or channels="},
        {"scene:4x4,depth=3", "seed=, type= or channels="},
        {"scene:4x4,seed", "seed=, type= or channels="},
        {"scene:4x4,seed=-1", "a seed of"},
        {"scene:4x4,seed=99999999999999999999", "a seed of"},
        {"scene:4x4,type=u32", "type u8, u16, f32 or f64"},
        {"scene:4x4,type=", "type u8, u16, f32 or f64"},
        {"scene:4x4,type=averylongname", "type u8, u16, f32 or f64"},
        {"scene:4x4,channels=5", "1 to 4 channels"},
        {"scene:4x4,channels=0", "1 to 4 channels"},
        {"noise:4x4,type=f64,channels=2", "f64 has 1 channel"},
        {"noise:4", "a size such as"},
        {"hilbert:0", "a size such as"},
        {"hilbert:4,type=u8", "a matrix has type f32 or f64"},
        {"identity:4,channels=3", "a matrix has type f32 or f64"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct flynn_image image;
        cr_expect_eq(flynn_generate(&image, cases[i][0], &err), FLYNN_EUSAGE, "%s", cases[i][0]);
        cr_expect(strstr(err.text, cases[i][1]), "%s", err.text);
        cr_expect(!image.data);
    }
}

Test(generate, matrices)
{
    struct flynn_image image, noise;
    cr_assert_eq(flynn_generate(&image, "identity:3x2", &err), 0, "%s", err.text);
    cr_assert(image.matrix && flynn_shape_equal(&image.shape, &(struct flynn_shape){3, 2, 1, FLYNN_F64}));
    for (int k = 0; k < 6; k++)
        cr_assert_eq(((double *)flynn_row(&image, k / 3))[k % 3], k / 3 == k % 3 ? 1 : 0);
    flynn_image_free(&image);
    cr_assert_eq(flynn_generate(&image, "hilbert:4,type=f32", &err), 0, "%s", err.text);
    cr_assert(image.matrix && flynn_shape_equal(&image.shape, &(struct flynn_shape){4, 4, 1, FLYNN_F32}));
    for (int k = 0; k < 16; k++)
        cr_assert_eq(((float *)flynn_row(&image, k / 4))[k % 4], (float)(1.0 / (k / 4 + k % 4 + 1)));
    flynn_image_free(&image);
    cr_assert_eq(flynn_generate(&image, "signed:5,seed=3", &err), 0, "%s", err.text);
    cr_assert_eq(flynn_generate(&noise, "noise:5x5,seed=3,type=f64", &err), 0, "%s", err.text);
    int below = 0;
    for (int k = 0; k < 25; k++) {
        double v = ((double *)flynn_row(&image, k / 5))[k % 5], unit = ((double *)flynn_row(&noise, k / 5))[k % 5];
        cr_assert_eq(v, unit * 2 - 1);
        below += v < 0;
    }
    cr_assert(below > 3 && below < 22);
    flynn_image_free(&image);
    flynn_image_free(&noise);
}

Test(generate, readers_give_one_image_within_the_limit)
{
    struct flynn_reader *reader;
    struct flynn_image image;
    cr_assert_eq(flynn_reader_open(&reader, "gen:noise:8x8,channels=1,type=f64", &err), 0);
    cr_assert_eq(flynn_reader_next(reader, &image, &err), 1);
    cr_assert(image.matrix && image.shape.type == FLYNN_F64);
    flynn_image_free(&image);
    cr_assert_eq(flynn_reader_next(reader, &image, &err), 0);
    flynn_reader_close(reader);
    cr_assert_eq(flynn_reader_open(&reader, "gen:noise:1000x1000", &err), 0);
    flynn_reader_limit(reader, 1000);
    cr_assert_eq(flynn_reader_next(reader, &image, &err), FLYNN_ELIMIT);
    flynn_reader_close(reader);
    cr_assert_eq(flynn_read(&image, "gen:what", &err), FLYNN_EUSAGE);
}
