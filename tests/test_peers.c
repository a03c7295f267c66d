/* SPDX-License-Identifier: Apache-2.0 */

/* Ops that OpenCV has not, against programs of Netpbm and ImageMagick, and Pillow. */

#include "cli_helpers.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define PYTHON "/usr/bin/python3"

TestSuite(peers, .init = cli_enter, .fini = cli_leave);

static void need(const char *test, const char *package)
{
    if (cli_shell("%s >/dev/null 2>&1", test))
        cr_skip_test("%s is not installed", package);
}

static void shell(const char *command)
{
    cr_assert_eq(cli_shell("%s", command), 0, "%s: %s%s", command, cli_out, cli_err);
}

/* A depth of n - 1, and back. */
Test(peers, posterize_is_pamdepth)
{
    static const int levels[] = {2, 3, 4, 7, 16, 255}, whites[] = {255, 65535};
    need("command -v pamdepth", "Netpbm");
    for (int i = 0; i < 12; i++) {
        int n = levels[i / 2], white = whites[i % 2];
        cr_assert_eq(cli_shell("flynn run -q gen:noise:99x77,type=%s a.ppm && flynn run -q a.ppm f.ppm posterize:%d && "
                               "pamdepth %d a.ppm | pamdepth %d >p.ppm && flynn diff f.ppm p.ppm",
                               i % 2 ? "u16" : "u8", n, n - 1, white),
                     0, "%d levels of %d: %s%s", n, white, cli_out, cli_err);
    }
}

/* pnmnorm stops at the sample with which the share, rounded down, is reached, flynn at the one with which it is
 * exceeded: the same in pictures where no sum of counts lies between, as here. */
Test(peers, normalize_is_pnmnorm)
{
    static const char *const images[] = {"noise:99x77,channels=1", "scene:121x91,channels=1"};
    need("command -v pnmnorm", "Netpbm");
    for (int i = 0; i < 4; i++) {
        int black = i % 2 ? 10 : 2, white = i % 2 ? 5 : 1;
        cr_assert_eq(cli_shell("flynn run -q gen:%s a.pgm && flynn run -q a.pgm f.pgm normalize:%d%%,white=%d%% && "
                               "pnmnorm -bpercent=%d -wpercent=%d a.pgm >p.pgm && flynn diff f.pgm p.pgm",
                               images[i / 2], black, white, black, white),
                     0, "%s, %d %% and %d %%: %s%s", images[i / 2], black, white, cli_out, cli_err);
    }
}

/* ImageMagick's matrices are complements of flynn's, the one of 8 mirrored as well, and its thresholds are multiples of
 * 1 / (n * n + 1), where flynn's are odd ones of 1 / (2 * n * n). Both are 1 / (2 * n * n) apart at most: so many
 * samples of noise may fall between them. */
Test(peers, dither_is_ordered_dither_but_for_its_thresholds)
{
    need("convert -version | grep 'ImageMagick 6'", "ImageMagick 6");
    shell("flynn run -q gen:noise:256x200,channels=1 a.pgm");
    for (int n = 2; n <= 8; n *= 2) {
        const char *turn = n == 8 ? "transpose" : "copy";
        cr_assert_eq(cli_shell("convert a.pgm -ordered-dither o%dx%d p.pgm && flynn run -q a.pgm d.csv invert %s "
                               "dither:size=%d %s invert absdiff:p.pgm sum && cat d.csv",
                               n, n, turn, n, turn),
                     0, "%s", cli_err);
        double differ = atof(cli_out) / 255, most = 256 * 200 / (2.0 * n * n);
        cr_assert(differ <= most, "o%dx%d: %g samples differ, not %g at most", n, n, differ, most);
    }
}

Test(peers, error_diffusion_is_that_of_pillow)
{
    need(PYTHON " -c 'import PIL'", "Pillow");
    shell("flynn run -q gen:noise:99x77,channels=1 a.pgm && flynn run -q a.pgm f.pgm error-diffusion");
    shell(PYTHON " -c 'from PIL import Image; Image.open(\"a.pgm\").convert(\"1\").convert(\"L\").save(\"p.pgm\")'");
    shell("flynn diff f.pgm p.pgm");
}

/* Pillow rounds its quotients to 7 bits below the sample: a tie may go the other way. */
Test(peers, over_is_alpha_composite)
{
    need(PYTHON " -c 'import PIL'", "Pillow");
    shell("flynn run -q gen:noise:99x77,channels=4 a.pam && flynn run -q gen:noise:99x77,channels=4,seed=5 b.pam && "
          "flynn run -q a.pam f.pam over:b.pam");
    shell(PYTHON
          " -c 'from PIL import Image\n"
          "def load(name):\n"
          "    bytes = open(name, \"rb\").read()\n"
          "    return Image.frombytes(\"RGBA\", (99, 77), bytes[bytes.index(b\"ENDHDR\") + 7:])\n"
          "head = open(\"a.pam\", \"rb\").read()[:-4 * 99 * 77]\n"
          "open(\"p.pam\", \"wb\").write(head + Image.alpha_composite(load(\"a.pam\"), load(\"b.pam\")).tobytes())'");
    shell("flynn diff --max-diff=1 f.pam p.pam");
}
