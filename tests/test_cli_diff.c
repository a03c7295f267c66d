/* SPDX-License-Identifier: Apache-2.0 */
#include "cli_helpers.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

/* What flynn diff says of two images. */

TestSuite(cli_diff, .init = cli_enter, .fini = cli_leave, .timeout = 120);

Test(cli_diff, tells_where_and_how_far)
{
    cr_assert_eq(cli_shell("printf 'P2 4 3 255 1 2 3 4 5 6 7 8 9 10 11 12' > a.pgm; "
                           "printf 'P2 4 3 255 1 2 3 4 5 6 9 8 9 14 11 12' > b.pgm; flynn diff a.pgm b.pgm"),
                 1);
    cr_assert(strstr(cli_out, "2 differ (16.67%)"), "%s", cli_out);
    cr_assert(strstr(cli_out, "first at x=2 y=1 channel 0: 7 and 9"), "%s", cli_out);
    cr_assert(strstr(cli_out, "box 2x2+1+1"), "%s", cli_out);
    cr_assert(strstr(cli_out, "max 4 "), "%s", cli_out);
    cr_assert(strstr(cli_out, "mean 0.5 "), "%s", cli_out);
    cr_assert(strstr(cli_out, "RMSE 1.291 "), "%s", cli_out);
    cr_assert(strstr(cli_out, "PSNR 45.91 dB"), "%s", cli_out);
    cr_assert_eq(cli_shell("flynn diff -v a.pgm b.pgm | tail -3 | tr '\\n' ' '"), 0);
    cr_assert_str_eq(cli_out, ".... ..x. .x.. ");
    cr_assert_eq(cli_shell("flynn diff a.pgm a.pgm"), 0);
    cr_assert_str_eq(cli_out, "equal: 4x3, 1 channel, u8\n");
    cr_assert_eq(cli_shell("flynn diff -q a.pgm b.pgm"), 1);
    cr_assert_str_empty(cli_out);
}

Test(cli_diff, writes_the_picture_of_the_differences)
{
    cr_assert_eq(cli_shell("printf 'P2 3 1 65535 1 40000 7' > a.pgm; printf 'P2 3 1 65535 65535 7 7' > b.pgm; "
                           "flynn diff -q --image d.pgm a.pgm b.pgm"),
                 1);
    cr_assert_eq(cli_shell("printf 'P2 3 1 65535 65534 39993 0' > e.pgm; flynn diff d.pgm e.pgm"), 0, "%s", cli_out);
    cr_assert_eq(cli_shell("flynn diff --image f.pgm a.pgm gen:scene:4x4,channels=1 && exit 9; test ! -e f.pgm"), 0);
    cr_assert_eq(cli_shell("flynn run gen:scene:5x5,channels=4 c.pam && flynn diff --image g.pam c.pam c.pam && "
                           "flynn run g.pam g.csv channel:a"),
                 0, "%s", cli_err);
    cr_assert_eq(cli_shell("tr -d '5,\\n2' < g.csv | wc -c"), 0);
    cr_assert_eq(atoi(cli_out), 0, "alpha is not opaque: %s", cli_out);
    cr_assert_eq(cli_shell("flynn diff --image none/f.pgm a.pgm b.pgm"), 2);
}

/* Windows of constant samples p and q have (2pq + C) / (p^2 + q^2 + C), C = (0.01 * 255)^2. */
Test(cli_diff, knows_the_structural_similarity)
{
    cr_assert_eq(cli_shell("flynn diff --ssim gen:scene:40x30 gen:scene:40x30"), 0);
    cr_assert(strstr(cli_out, "SSIM 1.000000   channels 1.000000, 1.000000, 1.000000\n"), "%s", cli_out);
    cr_assert_eq(cli_shell("flynn run gen:checker:20x20,channels=1,type=u8 a.pgm linear:alpha=0,beta=100; "
                           "flynn run gen:checker:20x20,channels=1,type=u8 b.pgm linear:alpha=0,beta=50; "
                           "flynn diff --ssim a.pgm b.pgm"),
                 1, "%s", cli_err);
    cr_assert(strstr(cli_out, "SSIM 0.800104\n"), "%s", cli_out);
    cr_assert_eq(cli_shell("flynn diff --min-ssim 0.81 a.pgm b.pgm"), 1);
    cr_assert_eq(cli_shell("flynn diff --min-ssim 0.8 a.pgm b.pgm"), 0);
    cr_assert_eq(cli_shell("flynn diff --min-psnr 14 a.pgm b.pgm"), 0, "%s", cli_out);
    cr_assert_eq(cli_shell("flynn diff --min-psnr 14.2 a.pgm b.pgm"), 1, "%s", cli_out);
    cr_assert_eq(cli_shell("flynn diff --min-ssim 1.5 a.pgm b.pgm"), 2);
    cr_assert(cli_complains("--min-ssim=1.5"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn diff --ssim gen:scene:3x2,type=f32 gen:noise:3x2,type=f32"), 1);
    cr_assert(strstr(cli_out, "SSIM "), "%s", cli_out);
}

Test(cli_diff, tolerates_only_what_was_asked_for)
{
    cr_assert_eq(cli_shell("echo 1,nan,0 > a.csv; echo 1.0000000000000002,nan,0 > b.csv; flynn diff a.csv b.csv"), 1);
    cr_assert(strstr(cli_out, "max ULP 1\n") && strstr(cli_out, " 1 differ"), "%s", cli_out);
    cr_assert_eq(cli_shell("flynn diff --max-ulp 1 a.csv b.csv"), 0);
    cr_assert(strstr(cli_out, "not equal"), "%s", cli_out);
    cr_assert_eq(cli_shell("flynn diff --max-ulp 0 a.csv b.csv"), 1);
    cr_assert_eq(cli_shell("flynn diff --max-diff 1e-15 a.csv b.csv"), 0);
    cr_assert_eq(cli_shell("echo 1,2,0 > c.csv; flynn diff --max-diff 1e9 --max-ulp 1000 a.csv c.csv"), 1);
    cr_assert(strstr(cli_out, "max ULP: NaN"), "%s", cli_out);
    cr_assert_eq(cli_shell("echo 1,nan,-0 > d.csv; flynn diff a.csv d.csv"), 1);
    cr_assert_eq(cli_shell("flynn diff gen:scene:4x4 gen:scene:5x4"), 1);
    cr_assert(strstr(cli_out, "different shapes"), "%s", cli_out);
    cr_assert_eq(cli_shell("flynn diff gen:scene:4x4 gen:scene:4x4,type=u16"), 1);
    cr_assert(strstr(cli_out, "u16"), "%s", cli_out);
}
