/* SPDX-License-Identifier: Apache-2.0 */
#include "file_helpers.h"

#include "core/pnm.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(formats, .init = scratch_make, .fini = scratch_remove);

static const int sides[][2] = {{1, 1}, {7, 3}, {8, 2}, {17, 5}, {2100, 3}};
#define N_SIDES (sizeof sides / sizeof *sides)

static void round_trip(int side, int channels, enum flynn_type type, const char *name)
{
    struct flynn_image back, image = random_image(sides[side][0], sides[side][1], channels, type, 7);
    size_t n;
    free(write_and_read(&image, name, NULL, &back, &n));
    cr_assert(same_image(&image, &back), "%s: %dx%dx%d %s differs", name, sides[side][0], sides[side][1], channels,
              flynn_type_name(type));
    flynn_image_free(&image);
    flynn_image_free(&back);
}

Test(formats, integer_images_come_back)
{
    for (int s = 0; s < (int)N_SIDES; s++) {
        for (enum flynn_type type = FLYNN_U8; type <= FLYNN_U16; type++) {
            round_trip(s, 1, type, "a.pgm");
            round_trip(s, 3, type, "a.ppm");
            for (int channels = 1; channels <= 4; channels++) {
                round_trip(s, channels, type, "a.pam");
                round_trip(s, channels, type, "a.pnm");
                round_trip(s, channels, type, "a.npy");
            }
        }
    }
}

Test(formats, float_and_result_types_come_back)
{
    for (int s = 0; s < (int)N_SIDES; s++) {
        round_trip(s, 1, FLYNN_F32, "a.pfm");
        round_trip(s, 3, FLYNN_F32, "a.pfm");
        round_trip(s, 3, FLYNN_F32, "a.pnm");
        for (int channels = 1; channels <= 4; channels++)
            round_trip(s, channels, FLYNN_F32, "a.npy");
        round_trip(s, 1, FLYNN_F64, "a.npy");
        round_trip(s, 1, FLYNN_F64, "a.csv");
        round_trip(s, 1, FLYNN_F64, "a.txt");
        round_trip(s, 1, FLYNN_U32, "a.npy");
        round_trip(s, 1, FLYNN_S32, "a.npy");
    }
}

Test(formats, plain_variants_come_back)
{
    struct flynn_write_options plain = {.plain = true};
    static const struct {
        const char *name, *magic;
        int channels;
    } cases[] = {{"a.pgm", "P2\n", 1}, {"a.ppm", "P3\n", 3}, {"a.pnm", "P3\n", 3}};
    for (size_t i = 0; i < 3; i++) {
        for (enum flynn_type type = FLYNN_U8; type <= FLYNN_U16; type++) {
            struct flynn_image back, image = random_image(31, 4, cases[i].channels, type, 3);
            size_t n;
            char *text = write_and_read(&image, cases[i].name, &plain, &back, &n);
            cr_assert(same_image(&image, &back));
            cr_assert_eq(strncmp(text, cases[i].magic, 3), 0, "%.3s", text);
            for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
                cr_assert_leq(strlen(line), 70);
            free(text);
            flynn_image_free(&image);
            flynn_image_free(&back);
        }
    }
}

Test(formats, floats_in_text_read_back_exactly)
{
    struct flynn_image image = random_image(5, 4, 1, FLYNN_F32, 9), back;
    float *row = flynn_row(&image, 1);
    row[0] = 1.17549435e-38f;
    row[1] = -0.0f;
    row[2] = INFINITY;
    row[3] = 0.1f;
    row[4] = 16777217.0f;
    size_t n;
    free(write_and_read(&image, "a.csv", NULL, &back, &n));
    cr_assert_eq(back.shape.type, FLYNN_F64);
    cr_assert(back.matrix);
    for (int y = 0; y < 4; y++) {
        for (int x = 0; x < 5; x++) {
            float f = (float)((double *)flynn_row(&back, y))[x];
            cr_assert_eq(memcmp(&f, (float *)flynn_row(&image, y) + x, 4), 0, "row %d column %d: %g", y, x, (double)f);
        }
    }
    flynn_image_free(&image);
    flynn_image_free(&back);
}

/* The rule of scaling, for every maxval: there and back is the identity, and the ends map to the ends. */
Test(formats, every_maxval_survives_scaling)
{
    for (uint32_t m = 1; m <= 65535; m++) {
        uint32_t full = m < 256 ? 255 : 65535, step = m < 2048 || m > 65500 ? 1 : 61, bad = 0;
        for (uint32_t s = 0; s <= m; s += step)
            bad += flynn_pnm_scale(flynn_pnm_scale(s, m, full), full, m) != s;
        cr_assert_eq(bad, 0, "maxval %u: %u samples change", m, bad);
        cr_assert_eq(flynn_pnm_scale(m, m, full), full);
        cr_assert_eq(flynn_pnm_scale(full, full, m), m);
    }
    cr_assert_eq(flynn_pnm_scale(1, 2, 255), 128);
    cr_assert_eq(flynn_pnm_scale(1, 3, 255), 85);
    cr_assert_eq(flynn_pnm_scale(5, 7, 255), 182);
}

static size_t make_pnm(char *file, int kind, int width, int height, uint32_t maxval)
{
    size_t n = (size_t)sprintf(file, "P%d\n%d %d\n%u\n", kind, width, height, maxval);
    int samples = width * height * (kind == 6 ? 3 : 1);
    for (int i = 0; i < samples; i++) {
        uint32_t s = (uint32_t)((uint64_t)i * maxval / (uint64_t)(samples - 1));
        if (maxval > 255)
            file[n++] = (char)(s >> 8);
        file[n++] = (char)s;
    }
    return n;
}

Test(formats, untouched_files_are_bit_identical)
{
    static const uint32_t maxvals[] = {1,   2,   3,    7,    15,   100,   127,   254,  255,
                                       256, 257, 1000, 1023, 4095, 32767, 65534, 65535};
    static char file[70000];
    for (size_t i = 0; i < sizeof maxvals / sizeof *maxvals; i++) {
        for (int kind = 5; kind <= 6; kind++) {
            size_t n = make_pnm(file, kind, 101, 97, maxvals[i]), m;
            struct flynn_err err;
            struct flynn_image image = decode(file, n);
            cr_assert_eq(image.maxval, maxvals[i]);
            cr_assert_eq(image.shape.type, maxvals[i] < 256 ? FLYNN_U8 : FLYNN_U16);
            const char *path = scratch(kind == 5 ? "a.pgm" : "a.ppm");
            cr_assert_eq(flynn_write(&image, path, NULL, &err), 0, "%s", err.text);
            char *back = get_file(path, &m);
            cr_assert(m == n && memcmp(back, file, n) == 0, "P%d of maxval %u differs", kind, maxvals[i]);
            free(back);
            flynn_image_free(&image);
        }
    }
}

Test(formats, bitmaps_are_bit_identical)
{
    static const char file[] = "P4\n11 2\n\xa5\xe0\x00\x20";
    struct flynn_image back, image = decode(file, sizeof file - 1);
    const uint8_t *row = flynn_row(&image, 0);
    size_t n;
    cr_assert_eq(row[0], 0, "1 is black");
    cr_assert_eq(row[1], 255);
    char *bytes = write_and_read(&image, "a.pbm", NULL, &back, &n);
    cr_assert(n == sizeof file - 1 && memcmp(bytes, file, n) == 0);
    free(bytes);
    flynn_image_free(&back);
    bytes = write_and_read(&image, "a.pnm", NULL, &back, &n);
    cr_assert(n == sizeof file - 1 && memcmp(bytes, file, n) == 0, "maxval 1 goes to P4 in .pnm");
    free(bytes);
    flynn_image_free(&back);
    bytes = write_and_read(&image, "b.pbm", &(struct flynn_write_options){.plain = true}, &back, &n);
    cr_assert_str_eq(bytes, "P1\n11 2\n10100101111\n00000000001\n");
    cr_assert(same_image(&image, &back));
    free(bytes);
    flynn_image_free(&back);
    flynn_image_free(&image);
}

Test(formats, pbm_is_white_from_half_of_the_range)
{
    for (enum flynn_type type = FLYNN_U8; type <= FLYNN_U16; type++) {
        struct flynn_image image = random_image(2, 1, 1, type, 1), back;
        uint32_t half = type == FLYNN_U8 ? 128 : 32768;
        for (uint32_t i = 0; i < 2; i++) {
            if (type == FLYNN_U8)
                ((uint8_t *)image.data)[i] = (uint8_t)(half - 1 + i);
            else
                ((uint16_t *)(void *)image.data)[i] = (uint16_t)(half - 1 + i);
        }
        size_t n;
        free(write_and_read(&image, "a.pbm", NULL, &back, &n));
        cr_assert(back.data[0] == 0 && back.data[1] == 255);
        flynn_image_free(&image);
        flynn_image_free(&back);
    }
}

/* Every text must decode to the gray or colour samples that follow it. */
Test(formats, headers_and_samples_in_every_legal_shape)
{
    static const struct {
        const char *file;
        size_t n;
        uint32_t maxval;
        int width, height, channels;
        uint8_t samples[12];
    } cases[] = {
#define TEXT(s) s, sizeof s - 1
        {TEXT("P5 2 1 255 AB"), 255, 2, 1, 1, {'A', 'B'}},
        {TEXT("P5#c\n2#d\n1\r\n#e\n255\nAB"), 255, 2, 1, 1, {'A', 'B'}},
        {TEXT("P5\n2 1\n255# after maxval\nAB"), 255, 2, 1, 1, {'A', 'B'}},
        {TEXT("P5\n2 1\n255 #B"), 255, 2, 1, 1, {'#', 'B'}},
        {TEXT("P5\n2 1\n255\n\nB"), 255, 2, 1, 1, {'\n', 'B'}},
        {TEXT("P5\v002\f01\t0255\rAB"), 255, 2, 1, 1, {'A', 'B'}},
        {TEXT("P2\n2 2\n15\n0 15\n#x\n5# y\n10"), 15, 2, 2, 1, {0, 255, 85, 170}},
        {TEXT("P2 1 1 1 1"), 1, 1, 1, 1, {255}},
        {TEXT("P3 1 2 255\n1 2 3 4 5\n\n6\n"), 255, 1, 2, 3, {1, 2, 3, 4, 5, 6}},
        {TEXT("P1\n3 2\n1 0 1\n# c\n01\n0"), 1, 3, 2, 1, {0, 255, 0, 255, 0, 255}},
        {TEXT("P1 2 1 01"), 1, 2, 1, 1, {255, 0}},
        {TEXT("P4 3 2 \xa0\x40"), 1, 3, 2, 1, {0, 255, 0, 255, 0, 255}},
        {TEXT("P6 1 1 3\n\0\1\3"), 3, 1, 1, 3, {0, 85, 255}},
        {TEXT("P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 1\nTUPLTYPE BLACKANDWHITE\nENDHDR\n\0\1"), 1, 2, 1, 1, {0, 255}},
        {TEXT("P7\n# c\n\nTUPLTYPE GRAYSCALE_ALPHA\nMAXVAL 255\nDEPTH 2\nHEIGHT 1\nWIDTH 1\nENDHDR\nAB"),
         255,
         1,
         1,
         2,
         {'A', 'B'}},
        {TEXT("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\nABCD"),
         255,
         1,
         1,
         4,
         {'A', 'B', 'C', 'D'}},
        {TEXT("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nTUPLTYPE foo\nTUPLTYPE bar\nENDHDR\nABC"),
         255,
         1,
         1,
         3,
         {'A', 'B', 'C'}},
        {TEXT("P7\nWIDTH 1\nHEIGHT\t1\nDEPTH 4\nMAXVAL 255 \nENDHDR\nABCD"), 255, 1, 1, 4, {'A', 'B', 'C', 'D'}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct flynn_image image = decode(cases[i].file, cases[i].n);
        struct flynn_shape want = {cases[i].width, cases[i].height, cases[i].channels, FLYNN_U8};
        cr_assert(flynn_shape_equal(&image.shape, &want), "case %zu: shape", i);
        cr_assert_eq(image.maxval, cases[i].maxval, "case %zu: maxval %u", i, image.maxval);
        for (int y = 0; y < want.height; y++) {
            size_t row = flynn_row_bytes(&want);
            cr_assert_eq(memcmp(flynn_row(&image, y), cases[i].samples + (size_t)y * row, row), 0, "case %zu: row %d",
                         i, y);
        }
        flynn_image_free(&image);
    }
}

Test(formats, sixteen_bits_are_big_endian)
{
    struct flynn_image image = decode("P5 2 1 65535\n\x12\x34\xff\x00", 17);
    const uint16_t *row = flynn_row(&image, 0);
    cr_assert(row[0] == 0x1234 && row[1] == 0xff00);
    flynn_image_free(&image);
}

Test(formats, pfm_in_both_byte_orders_is_bottom_up)
{
    static const char big[] = "Pf\n1 2\n2.5\n\x3f\x80\x00\x00\xc0\x00\x00\x00";
    static const char little[] = "Pf\n1 2\n-1e-3\n\x00\x00\x80\x3f\x00\x00\x00\xc0";
    struct flynn_image a = decode(big, sizeof big - 1), b = decode(little, sizeof little - 1);
    cr_assert(same_image(&a, &b));
    cr_assert(*(float *)flynn_row(&a, 0) == -2.0f && *(float *)flynn_row(&a, 1) == 1.0f);
    cr_assert_not(a.matrix);
    flynn_image_free(&a);
    flynn_image_free(&b);
}

/* An NPY file of a version and dictionary, with bytes for samples. */
static size_t make_npy(char *file, int version, const char *dict, const void *samples, size_t bytes)
{
    size_t length = strlen(dict), at = version == 1 ? 10 : 12;
    memcpy(file, "\x93NUMPY", 6);
    file[6] = (char)version;
    file[7] = 0;
    memset(file + 8, 0, 4);
    file[8] = (char)length;
    file[9] = (char)(length >> 8);
    memcpy(file + at, dict, length);
    memcpy(file + at + length, samples, bytes);
    return at + length + bytes;
}

Test(formats, npy_headers_in_every_legal_shape)
{
    static const char *const dicts[] = {
        "{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3), }          \n",
        "{'shape':(2,3),'fortran_order':False,'descr':'=u2'}",
        "{\"shape\" : ( 2L , 3L, ) , \"descr\" : \"u2\", \"fortran_order\" : False , }\n",
        "{'fortran_order': False, 'descr': '|u2', 'shape': (2, 3, 1)}",
        "{'fortran_order': False, 'descr': '>u2', 'shape': (2, 3)}",
        "{'fortran_order': True, 'descr': '<u2', 'shape': (2, 3)}",
    };
    static const uint16_t samples[3][6] = {
        {1, 2, 3, 4, 5, 6}, {0x100, 0x200, 0x300, 0x400, 0x500, 0x600}, {1, 4, 2, 5, 3, 6}};
    for (size_t i = 0; i < 6; i++) {
        for (int version = 1; version <= 3; version++) {
            char file[256];
            size_t n = make_npy(file, version, dicts[i], samples[i < 4 ? 0 : i - 3], 12);
            struct flynn_image image = decode(file, n);
            cr_assert(image.shape.width == 3 && image.shape.height == 2 && image.shape.channels == 1);
            for (int k = 0; k < 6; k++)
                cr_assert_eq(((uint16_t *)flynn_row(&image, k / 3))[k % 3], k + 1, "header %zu sample %d", i, k);
            flynn_image_free(&image);
        }
    }
}

Test(formats, npy_types_byte_orders_and_dimensions)
{
    static const struct {
        const char *dict;
        const char *samples;
        size_t bytes;
        struct flynn_shape shape;
    } cases[] = {
        {"{'descr':'|u1','fortran_order':False,'shape':(3,)}", "\1\2\3", 3, {3, 1, 1, FLYNN_U8}},
        {"{'descr':'>i4','fortran_order':False,'shape':(3,)}", "\0\0\0\1\0\0\0\2\0\0\0\3", 12, {3, 1, 1, FLYNN_S32}},
        {"{'descr':'<u4','fortran_order':True,'shape':(3,1)}", "\1\0\0\0\2\0\0\0\3\0\0\0", 12, {1, 3, 1, FLYNN_U32}},
        {"{'descr':'>f4','fortran_order':False,'shape':(1,1,3)}",
         "\x3f\x80\0\0\x40\0\0\0\x40\x40\0\0",
         12,
         {1, 1, 3, FLYNN_F32}},
        {"{'descr':'>f8','fortran_order':True,'shape':(1,1,3)}",
         "\x3f\xf0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0\x40\x08\0\0\0\0\0\0",
         24,
         {1, 1, 3, FLYNN_F64}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char file[256];
        size_t n = make_npy(file, 1, cases[i].dict, cases[i].samples, cases[i].bytes);
        struct flynn_image image = decode(file, n);
        cr_assert(flynn_shape_equal(&image.shape, &cases[i].shape), "case %zu", i);
        for (int k = 0; k < 3; k++) {
            bool down = image.shape.height == 3;
            const void *row = flynn_row(&image, down ? k : 0);
            int x = down ? 0 : k;
            double v = image.shape.type == FLYNN_U8    ? ((const uint8_t *)row)[x]
                       : image.shape.type == FLYNN_F32 ? (double)((const float *)row)[x]
                       : image.shape.type == FLYNN_F64 ? ((const double *)row)[x]
                                                       : ((const int32_t *)row)[x];
            cr_assert_eq(v, k + 1.0, "case %zu sample %d: %g", i, k, v);
        }
        flynn_image_free(&image);
    }
}

Test(formats, an_npy_array_of_matrices_is_read_one_below_the_other)
{
    float samples[2 * 3 * 5];
    char file[256];
    for (int i = 0; i < 30; i++)
        samples[i] = (float)i;
    size_t n = make_npy(file, 1, "{'descr':'<f4','fortran_order':False,'shape':(2,3,5)}", samples, sizeof samples);
    struct flynn_image image = decode(file, n);
    cr_assert(flynn_shape_equal(&image.shape, &(struct flynn_shape){5, 6, 1, FLYNN_F32}));
    cr_assert(image.matrix && image.planes == 2);
    for (int k = 0; k < 30; k++)
        cr_assert_eq(((float *)flynn_row(&image, k / 5))[k % 5], (float)k, "sample %d", k);
    flynn_image_free(&image);
    n = make_npy(file, 1, "{'descr':'<f4','fortran_order':False,'shape':(3,2,5,1)}", samples, sizeof samples);
    image = decode(file, n);
    cr_assert(flynn_shape_equal(&image.shape, &(struct flynn_shape){1, 30, 1, FLYNN_F32}) && image.planes == 6);
    flynn_image_free(&image);
}

Test(formats, signed_bytes_of_npy_are_kept)
{
    char file[256];
    size_t n = make_npy(file, 1, "{'descr':'|i1','fortran_order':False,'shape':(2,)}", "\x80\x7f", 2);
    struct flynn_image image = decode(file, n);
    cr_assert(flynn_shape_equal(&image.shape, &(struct flynn_shape){2, 1, 1, FLYNN_U8}));
    cr_assert(image.data[0] == 0x80 && image.data[1] == 0x7f);
    flynn_image_free(&image);
}

Test(formats, text_matrices_with_every_separator)
{
    static const char *const texts[] = {"1,2,3\n4,5,6\n",
                                        "1;2;3\n4;5;6",
                                        "1\t2\t3\n4\t5\t6\n",
                                        " 1  2 3 \r\n\r\n4 5 6\r\n",
                                        "# by columns\n1, 2 ,3 # x\n4,5,6",
                                        "\xef\xbb\xbf\x31,2,3\n4,5,6\n",
                                        "1.0e0 +2 .3e1\n4. 5 0x6\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct flynn_image image = decode(texts[i], strlen(texts[i]));
        cr_assert(image.shape.width == 3 && image.shape.height == 2 && image.shape.type == FLYNN_F64, "text %zu", i);
        for (int k = 0; k < 6; k++)
            cr_assert_eq(((double *)flynn_row(&image, k / 3))[k % 3], k + 1.0, "text %zu number %d", i, k);
        flynn_image_free(&image);
    }
    struct flynn_image image = decode("nan -inf", 8);
    cr_assert(isnan(((double *)image.data)[0]) && ((double *)image.data)[1] == -INFINITY);
    flynn_image_free(&image);
}

Test(formats, histograms_are_lines_of_bins)
{
    struct flynn_shape shape = {3, 2, 1, FLYNN_U32};
    struct flynn_image image;
    struct flynn_err err;
    size_t n;
    cr_assert_eq(flynn_image_alloc(&image, &shape, &err), 0);
    for (uint32_t i = 0; i < 6; i++)
        ((uint32_t *)flynn_row(&image, (int)i / 3))[i % 3] = i == 5 ? UINT32_MAX : i;
    cr_assert_eq(flynn_write(&image, scratch("h.txt"), NULL, &err), 0);
    cr_assert_eq(flynn_write(&image, scratch("h.csv"), NULL, &err), 0);
    char *text = get_file(scratch("h.txt"), &n), *csv = get_file(scratch("h.csv"), &n);
    cr_assert_str_eq(text, "0 0 3\n1 1 4\n2 2 4294967295\n");
    cr_assert_str_eq(csv, "bin,count0,count1\n0,0,3\n1,1,4\n2,2,4294967295\n");
    free(text);
    free(csv);
    flynn_image_free(&image);
}

Test(formats, gray_is_replicated_in_ppm)
{
    for (enum flynn_type type = FLYNN_U8; type <= FLYNN_U16; type++) {
        for (int plain = 0; plain < 2; plain++) {
            struct flynn_image image = random_image(9, 2, 1, type, 4), back;
            size_t n, bytes = flynn_type_bytes(type);
            free(write_and_read(&image, "g.ppm", &(struct flynn_write_options){.plain = plain}, &back, &n));
            cr_assert_eq(back.shape.channels, 3);
            for (size_t i = 0; i < 9 * 3; i++)
                cr_assert_eq(memcmp(back.data + i * bytes, image.data + i / 3 * bytes, bytes), 0);
            flynn_image_free(&image);
            flynn_image_free(&back);
        }
    }
}

Test(formats, maxval_of_the_result)
{
    static const struct {
        enum flynn_type type;
        uint32_t own, asked, written;
    } cases[] = {{FLYNN_U8, 0, 0, 255},      {FLYNN_U16, 0, 0, 65535},   {FLYNN_U8, 100, 0, 100},
                 {FLYNN_U16, 1023, 0, 1023}, {FLYNN_U16, 200, 0, 65535}, {FLYNN_U8, 1023, 0, 255},
                 {FLYNN_U8, 0, 1000, 1000},  {FLYNN_U16, 0, 7, 7},       {FLYNN_U8, 100, 65535, 65535}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct flynn_image image = random_image(40, 3, 1, cases[i].type, 5), back;
        image.maxval = cases[i].own;
        size_t n;
        free(write_and_read(&image, "m.pgm", &(struct flynn_write_options){.maxval = cases[i].asked}, &back, &n));
        cr_assert_eq(back.maxval, cases[i].written, "case %zu: %u", i, back.maxval);
        uint32_t full = cases[i].type == FLYNN_U8 ? 255 : 65535, m = cases[i].written;
        for (int x = 0; x < 40; x++) {
            uint32_t s = cases[i].type == FLYNN_U8 ? image.data[x] : ((uint16_t *)(void *)image.data)[x];
            uint32_t t = m < 256 ? back.data[x] : ((uint16_t *)(void *)back.data)[x];
            cr_assert_eq(t, flynn_pnm_scale(flynn_pnm_scale(s, full, m), m, m < 256 ? 255 : 65535));
        }
        flynn_image_free(&image);
        flynn_image_free(&back);
    }
}
