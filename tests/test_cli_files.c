/* SPDX-License-Identifier: Apache-2.0 */
#include "cli_helpers.h"

#include <criterion/criterion.h>

#include <string.h>
#include <sys/resource.h>

/* What the program reads and writes: streams, files, images that memory would not hold. */

TestSuite(cli_files, .init = cli_enter, .fini = cli_leave, .timeout = 120);

Test(cli_files, stdin_and_stdout)
{
    cr_assert_eq(cli_shell("flynn run gen:scene:33x17 a.ppm && flynn run a.ppm b.ppm invert && "
                           "flynn run - - invert < a.ppm > c.ppm && cmp b.ppm c.ppm"),
                 0);
    cr_assert_str_empty(cli_err);
    cr_assert_eq(cli_shell("flynn run a.ppm - | cmp - a.ppm"), 0);
    cr_assert_eq(cli_shell("flynn run --format=pgm gen:scene:5x4,channels=1 - | head -c 2"), 0);
    cr_assert_str_eq(cli_out, "P5");
    cr_assert_eq(cli_shell("flynn run --plain --maxval=100 gen:scene:5x4 - | head -3 | tr '\\n' ' '"), 0);
    cr_assert_str_eq(cli_out, "P3 5 4 100 ");
}

Test(cli_files, streams_of_images)
{
    cr_assert_eq(
        cli_shell("flynn run gen:scene:30x20 a.ppm && flynn run gen:noise:21x13 b.ppm && "
                  "cat a.ppm b.ppm > ab.ppm && flynn run ab.ppm c.ppm invert && "
                  "flynn run a.ppm d.ppm invert && flynn run b.ppm e.ppm invert && cat d.ppm e.ppm | cmp - c.ppm"),
        0);
    cr_assert_eq(cli_shell("flynn diff ab.ppm ab.ppm"), 0);
    cr_assert(strstr(cli_out, "image 2: equal"));
    cr_assert_eq(cli_shell("flynn diff a.ppm ab.ppm"), 1);
    cr_assert(strstr(cli_out, "a.ppm ends after 1 image, ab.ppm goes on"), "%s", cli_out);
}

Test(cli_files, nothing_is_left_of_a_failed_run)
{
    cr_assert_eq(cli_shell("flynn run gen:scene:30x20 a.ppm && cat a.ppm a.ppm | head -c 3000 > cut.ppm && "
                           "echo old > kept.ppm"),
                 0);
    cr_assert_eq(cli_shell("flynn run cut.ppm b.ppm invert"), 2);
    cr_assert(cli_complains("cut.ppm"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn run cut.ppm kept.ppm invert"), 2);
    cr_assert_eq(cli_shell("cat kept.ppm"), 0);
    cr_assert_str_eq(cli_out, "old\n");
    cr_assert_eq(cli_shell("flynn run a.ppm nowhere/b.ppm invert"), 2);
    cr_assert_eq(cli_shell("flynn run a.ppm b.ppm matmul:with=a.ppm"), 2);
    cr_assert_eq(cli_entries(), 3);
}

Test(cli_files, full_device_and_closed_pipe)
{
    cr_assert_eq(cli_shell("flynn run gen:scene:300x200 - > /dev/full"), 2);
    cr_assert(cli_complains("No space left"), "%s", cli_err);
    static const char *const talkers[] = {"--help",
                                          "--version",
                                          "run --help",
                                          "ops",
                                          "ops --json",
                                          "info",
                                          "compare -b scalar gen:scene:8x8 invert",
                                          "diff gen:scene:8x8 gen:noise:8x8",
                                          "compare -b scalar gen:scene:8x8 invert --runs 1 --export-json -"};
    for (size_t i = 0; i < sizeof talkers / sizeof *talkers; i++) {
        cr_assert_eq(cli_shell("flynn %s > /dev/full", talkers[i]), 2, "%s", talkers[i]);
        cr_assert(cli_complains("stdout"), "%s: %s", talkers[i], cli_err);
    }
    cr_assert_eq(cli_shell("(flynn run gen:noise:2000x1000 -; echo $? > ../status) | head -c 1 > /dev/null; "
                           "test $(cat ../status) = 2"),
                 0);
    cr_assert(cli_complains("stdout"), "%s", cli_err);
}

/* The limit of the system would end the program by a signal. */
Test(cli_files, a_file_larger_than_the_limit)
{
    for (int threads = 1; threads <= 2; threads++) {
        cr_assert_eq(cli_shell("mkdir -p limit; flynn run gen:noise:900x900 in.ppm; ulimit -f 600; "
                               "flynn run -b threads:%d in.ppm limit/out.ppm invert",
                               threads),
                     2);
        cr_assert(cli_complains("limit/out.ppm: writing failed: File too large"), "%s", cli_err);
        cr_assert_eq(cli_shell("ls -A limit"), 0);
        cr_assert_str_eq(cli_out, "");
    }
}

Test(cli_files, a_large_second_input_is_mapped)
{
    cr_assert_eq(cli_shell("flynn run gen:noise:2000x1500 a.ppm && flynn run gen:noise:2000x1500,seed=2 b.ppm && "
                           "flynn run a.ppm c.ppm blend:with=b.ppm,alpha=0.3 && flynn run a.ppm d.ppm "
                           "blend:with=gen:noise:2000x1500,seed=2,alpha=0.3 && cmp c.ppm d.ppm"),
                 0);
    cr_assert_eq(
        cli_shell("rm a.ppm c.ppm d.ppm; mkfifo ../lost; \"$FLYNN_BIN\" run ../lost a.ppm blend:with=b.ppm & pid=$!; "
                  "exec 3> ../lost; printf 'P6 2000 1500 255\n' >&3; "
                  "while ! ls -A | grep -q flynn-; do sleep 0.05; done; "
                  "truncate -s 1000 b.ppm; head -c 9000000 /dev/zero >&3 2> ../broken; wait $pid"),
        2);
    cr_assert(cli_complains("became shorter"), "%s", cli_err);
    cr_assert_eq(cli_entries(), 1);
}

Test(cli_files, a_signal_leaves_no_file)
{
    cr_assert_eq(cli_shell("mkfifo ../pipe; \"$FLYNN_BIN\" run ../pipe a.ppm invert & pid=$!; exec 3> ../pipe; "
                           "printf 'P6 100 100 255\\n' >&3; "
                           "while test -z \"$(ls -A)\"; do sleep 0.05; done; "
                           "kill -TERM $pid; wait $pid"),
                 128 + 15);
    cr_assert_eq(cli_entries(), 0);
}

/* ---- outputs larger than memory ---------------------------------------------------------------------------------- */

/* The most memory in MB that a program of this test has held so far. */
static long most_held(void)
{
    struct rusage usage;
    cr_assert_eq(getrusage(RUSAGE_CHILDREN, &usage), 0);
    return usage.ru_maxrss >> 10;
}

/* Rows of 600 MB of which a window is needed: together more than any machine has. */
Test(cli_files, enormous_windows_of_a_pipe_are_refused_before_memory_is_taken)
{
    cr_assert_eq(
        cli_shell("printf 'P6 100000000 3000 65535\\n' > start; (cat start; head -c 100000 /dev/zero) 2> broken | "
                  "flynn run -b scalar --format=ppm - /dev/null gaussian:ksize=2001,sigma=300"),
        4);
    cr_assert(cli_complains("stdin: out of memory: ") && strstr(cli_err, " bytes for rows and images, and "), "%s",
              cli_err);
}

/* Tables as long as the output's sides would be gigabytes by themselves. The images are larger than addresses, so that
 * they are refused wherever this runs. */
Test(cli_files, enormous_outputs_are_refused_before_memory_is_taken)
{
    static const char *const pads[] = {"left=1000000000,top=99520", "right=1000000000,bottom=99520,border=reflect",
                                       "left=1000000000,top=99520,border=wrap", "top=1000000000,right=99360",
                                       "bottom=1000000000,left=99360,border=replicate"};
    for (size_t i = 0; i < sizeof pads / sizeof *pads; i++) {
        cr_assert_eq(cli_shell("flynn run -t 2 gen:scene:640x480 a.ppm pad:%s", pads[i]), 4);
        cr_assert(cli_complains("out of memory: 3000") && strstr(cli_err, " bytes for an image of "), "%s", cli_err);
        cr_assert_eq(cli_shell("flynn run --max-memory 1G gen:scene:640x480 a.ppm pad:%s", pads[i]), 4);
        cr_assert(cli_complains("needs 300."), "%s", cli_err);
        cr_assert_eq(cli_shell("flynn verify -b scalar gen:scene:640x480 pad:%s", pads[i]), 4);
        cr_assert(cli_complains("out of memory: 3000"), "%s", cli_err);
        cr_assert_str_empty(cli_out, "no verdict");
    }
    cr_assert_eq(cli_entries(), 0);
    cr_assert_eq(cli_shell("flynn run gen:scene:640x480 a.ppm"), 0);
    cr_assert_eq(cli_shell("flynn run --max-memory 1G a.ppm b.ppm pad:left=1000000000"), 4);
    cr_assert(cli_complains("GB, --max-memory allows 1.0 GB") || cli_complains("its file system has"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn run --max-memory 1G a.ppm b.ppm pad:left=90000000,border=reflect"), 4);
    cr_assert(cli_complains("GB, --max-memory allows 1.0 GB"), "%s", cli_err);
    cr_assert_eq(cli_entries(), 1);
    cr_assert(most_held() < 512, "%ld MB", most_held());
}

/* The rows come one by one, and the picture at the end: whoever reads may stop before. */
Test(cli_files, canvases_of_any_height_are_streamed)
{
    cr_assert_eq(cli_shell("flynn run gen:scene:640x480 a.ppm"), 0);
    cr_assert_eq(cli_shell("flynn run a.ppm - pad:top=1000000000,fill=100%% | head -c 3000000 | tail -c +40 | "
                           "tr -d '\\377' | wc -c"),
                 0);
    cr_assert_str_eq(cli_out, "0\n");
    cr_assert(cli_complains("the reader went away"), "%s", cli_err);
    cr_assert_eq(cli_shell("tail -c 921600 a.ppm > b.raw; flynn run a.ppm - pad:bottom=1000000000,border=replicate | "
                           "tail -c +23 | head -c 921600 | cmp - b.raw"),
                 0);
    cr_assert(most_held() < 512, "%ld MB", most_held());
}

/* Canvases are made in two ways, of which the one for very high ones wants no table of their rows. */
Test(cli_files, very_high_canvases_are_those_of_two_lower_ones)
{
    static const char *const borders[] = {"constant,fill=9", "replicate"};
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(cli_shell("flynn run gen:scene:3x5 a.ppm pad:top=400000,bottom=7,left=2,border=%s", borders[i]),
                     0);
        cr_assert_eq(cli_shell("flynn run gen:scene:3x5 b.ppm pad:top=200000,bottom=7,left=2,border=%s "
                               "pad:top=200000,border=%s",
                               borders[i], borders[i]),
                     0);
        cr_assert_eq(cli_shell("cmp a.ppm b.ppm"), 0);
    }
}
