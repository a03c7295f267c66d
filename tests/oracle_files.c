/* SPDX-License-Identifier: Apache-2.0 */

/* Files exchanged with programs that nobody here wrote: Netpbm and NumPy. */

#include "file_helpers.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(oracle, .init = scratch_make, .fini = scratch_remove);

static struct flynn_err err;

/* Run a shell command in the scratch folder; false when it fails. */
__attribute__((format(printf, 1, 2))) static bool shell(const char *format, ...)
{
    char command[2000], line[2400];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    snprintf(line, sizeof line, "cd %s && %s", scratch("."), command);
    return system(line) == 0;
}

static void need(const char *program)
{
    if (!shell("command -v %s >/dev/null", program))
        cr_skip_test("%s is not installed", program);
}

static void same_file(const char *a, const char *b)
{
    size_t n, m;
    char *x = get_file(scratch(a), &n), *y = get_file(scratch(b), &m);
    cr_assert(x && y && n == m && memcmp(x, y, n) == 0, "%s and %s differ", a, b);
    free(x);
    free(y);
}

static void convert(const char *from, const char *to, struct flynn_write_options options)
{
    struct flynn_image image;
    cr_assert_eq(flynn_read(&image, scratch(from), &err), 0, "%s", err.text);
    cr_assert_eq(flynn_write(&image, scratch(to), &options, &err), 0, "%s", err.text);
    flynn_image_free(&image);
}

/* Netpbm rewrites a file in its own way; flynn reads that, and both write the same bytes. */
Test(oracle, netpbm_plain_and_raw)
{
    need("pnmtoplainpnm");
    for (enum flynn_type type = FLYNN_U8; type <= FLYNN_U16; type++) {
        for (int channels = 1; channels <= 3; channels += 2) {
            struct flynn_image image = random_image(37, 11, channels, type, 3);
            image.maxval = type == FLYNN_U8 ? 200 : 3000;
            cr_assert_eq(flynn_write(&image, scratch("a.pnm"), NULL, &err), 0);
            flynn_image_free(&image);
            cr_assert(shell("pnmtoplainpnm a.pnm >plain && pamtopnm plain >raw.pnm"));
            same_file("a.pnm", "raw.pnm");
            convert("plain", "b.pnm", (struct flynn_write_options){0});
            same_file("a.pnm", "b.pnm");
            convert("a.pnm", "c.pnm", (struct flynn_write_options){.plain = true});
            cr_assert(shell("pamtopnm c.pnm >d.pnm"));
            same_file("a.pnm", "d.pnm");
        }
    }
}

Test(oracle, netpbm_bitmaps)
{
    need("pnmtoplainpnm");
    struct flynn_image image = random_image(37, 11, 1, FLYNN_U8, 3);
    cr_assert_eq(flynn_write(&image, scratch("a.pbm"), NULL, &err), 0);
    flynn_image_free(&image);
    cr_assert(shell("pnmtoplainpnm a.pbm >plain && pamtopnm plain >raw.pbm"));
    same_file("a.pbm", "raw.pbm");
    convert("plain", "b.pbm", (struct flynn_write_options){0});
    same_file("a.pbm", "b.pbm");
    convert("a.pbm", "c.pbm", (struct flynn_write_options){.plain = true});
    cr_assert(shell("pamtopnm c.pbm >d.pbm"));
    same_file("a.pbm", "d.pbm");
}

/* pamdepth scales with the same rounding: half up. */
Test(oracle, netpbm_depths)
{
    static const unsigned maxvals[] = {1, 2, 3, 6, 15, 100, 127, 254, 255, 256, 1000, 4095, 65534, 65535};
    need("pamdepth");
    for (enum flynn_type type = FLYNN_U8; type <= FLYNN_U16; type++) {
        struct flynn_image image = random_image(100, 100, 3, type, 8);
        cr_assert_eq(flynn_write(&image, scratch("a.ppm"), NULL, &err), 0);
        flynn_image_free(&image);
        for (size_t i = 0; i < sizeof maxvals / sizeof *maxvals; i++) {
            cr_assert(shell("pamdepth %u a.ppm >b.ppm 2>/dev/null", maxvals[i]));
            convert("a.ppm", "c.ppm", (struct flynn_write_options){.maxval = maxvals[i]});
            same_file("b.ppm", "c.ppm");
        }
    }
}

Test(oracle, netpbm_pam)
{
    need("pamtopam");
    for (int channels = 1; channels <= 4; channels++) {
        struct flynn_image image = random_image(13, 7, channels, FLYNN_U16, 3);
        cr_assert_eq(flynn_write(&image, scratch("a.pam"), NULL, &err), 0);
        flynn_image_free(&image);
        cr_assert(shell("pamtopam <a.pam >b.pam"));
        same_file("a.pam", "b.pam");
        convert("b.pam", "c.pam", (struct flynn_write_options){0});
        same_file("a.pam", "c.pam");
    }
}

Test(oracle, netpbm_float_map)
{
    need("pamtopfm");
    for (int channels = 1; channels <= 3; channels += 2) {
        struct flynn_image image = random_image(13, 7, channels, FLYNN_U8, 3), a, b;
        cr_assert_eq(flynn_write(&image, scratch("a.pam"), NULL, &err), 0);
        cr_assert(shell("pamtopfm -endian=big a.pam >big.pfm && pamtopfm -endian=little a.pam >little.pfm"));
        cr_assert_eq(flynn_read(&a, scratch("big.pfm"), &err), 0, "%s", err.text);
        cr_assert_eq(flynn_read(&b, scratch("little.pfm"), &err), 0, "%s", err.text);
        cr_assert(same_image(&a, &b));
        for (int y = 0; y < 7; y++) {
            for (int i = 0; i < 13 * channels; i++)
                cr_assert_float_eq(((float *)flynn_row(&a, y))[i], (float)((uint8_t *)flynn_row(&image, y))[i] / 255.0f,
                                   1e-6);
        }
        cr_assert_eq(flynn_write(&a, scratch("mine.pfm"), NULL, &err), 0);
        cr_assert(shell("pfmtopam mine.pfm | pamtopam >back.pam"));
        struct flynn_image back;
        cr_assert_eq(flynn_read(&back, scratch("back.pam"), &err), 0, "%s", err.text);
        cr_assert(same_image(&image, &back));
        flynn_image_free(&image);
        flynn_image_free(&back);
        flynn_image_free(&a);
        flynn_image_free(&b);
    }
}

#define PYTHON "/usr/bin/python3"

static void need_numpy(void)
{
    if (!shell(PYTHON " -c 'import numpy' 2>/dev/null"))
        cr_skip_test("NumPy is not installed");
}

/* NumPy writes an array in an order of bytes and of axes, and compares what flynn wrote of it. */
Test(oracle, numpy_arrays)
{
    static const char *const types[] = {"|u1", "<u2", ">u2", "<i4", ">i4", "<u4", ">u4", "<f4", ">f4", "<f8", ">f8"};
    static const char *const shapes[] = {"(5,)", "(4,7)", "(3,5,2)", "(3,700,4)", "(2100,2)"};
    need_numpy();
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
            cr_assert(shell(PYTHON " -c \"import numpy as n; r=n.random.RandomState(1); s=%s\n"
                                   "a=(r.random_sample(s)*250).astype('%s')\n"
                                   "n.save('a.npy',a); n.save('f.npy',n.asfortranarray(a))\n"
                                   "import numpy.lib.format as f\n"
                                   "for v in (2,3): f.write_array(open('v%%d.npy'%%v,'wb'),a,(v,0))\" 2>/dev/null",
                            shapes[s], types[t]));
            convert("a.npy", "b.npy", (struct flynn_write_options){0});
            static const char *const others[] = {"f.npy", "v2.npy", "v3.npy"};
            for (size_t k = 0; k < 3; k++) {
                convert(others[k], "c.npy", (struct flynn_write_options){0});
                same_file("b.npy", "c.npy");
            }
            cr_assert(shell(PYTHON
                            " -c \"import numpy as n; a=n.load('a.npy'); b=n.load('b.npy')\n"
                            "assert b.shape==(a.shape if a.ndim>1 else (1,)+a.shape), b.shape\n"
                            "assert a.dtype.newbyteorder('<')==b.dtype and n.array_equal(a.reshape(b.shape),b)\""),
                      "%s %s", types[t], shapes[s]);
        }
    }
}

Test(oracle, numpy_text)
{
    need_numpy();
    cr_assert(shell(
        PYTHON " -c \"import numpy as n; a=n.random.RandomState(2).standard_normal((6,5))\n"
               "n.savetxt('a.txt',a,fmt='%%.17g',header='six rows'); n.savetxt('a.csv',a,fmt='%%.17g',delimiter=',')\n"
               "n.save('a.npy',a)\""));
    convert("a.txt", "t.npy", (struct flynn_write_options){0});
    convert("a.csv", "c.npy", (struct flynn_write_options){0});
    same_file("a.npy", "t.npy");
    same_file("a.npy", "c.npy");
    convert("a.npy", "b.csv", (struct flynn_write_options){0});
    cr_assert(shell(
        PYTHON " -c \"import numpy as n; assert n.array_equal(n.loadtxt('b.csv',delimiter=','),n.load('a.npy'))\""));
}
