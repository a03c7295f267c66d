/* SPDX-License-Identifier: Apache-2.0 */
#include "cli_helpers.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Many files by one command: the results are those of `flynn run`, whatever the number of threads. */

TestSuite(batch, .init = cli_enter, .fini = cli_leave, .timeout = 120);

/* Inputs of several shapes, types and formats in the folder `in`: small ones, a stream of images, one above the size
 * from which an image gets all threads, and one of those inside of a stream. */
static void make_inputs(void)
{
    cr_assert_eq(cli_shell("mkdir in && for i in 1 2 3 4 5 6; do flynn run gen:noise:61x47,seed=$i in/n$i.ppm; done; "
                           "flynn run gen:scene:129x31,channels=1 in/gray.pgm; "
                           "flynn run gen:scene:50x40,type=u16 in/wide.ppm; "
                           "flynn run gen:scene:50x40 in/max.ppm --maxval 100; "
                           "flynn run gen:scene:50x40 in/plain.ppm --plain; "
                           "flynn run gen:noise:33x20,type=f32 in/float.pfm; "
                           "flynn run gen:scene:4000x2100 in/large.ppm; "
                           "cat in/n1.ppm in/gray.pgm in/wide.ppm in/n2.ppm > in/stream.pnm; "
                           "cat in/n3.ppm in/large.ppm in/n4.ppm > in/mixed.ppm"),
                 0, "%s", cli_err);
}

/* Assert that every file of `folder` is what `flynn run` makes of its input. */
static void expect_as_run(const char *folder, const char *ops)
{
    cr_assert_eq(cli_shell("test $(ls -A %s | wc -l) = $(ls -A in | wc -l) || exit 9; "
                           "for f in in/*; do flynn run -q $f expected.${f##*.} %s && "
                           "cmp expected.${f##*.} %s/${f##*/} || exit 1; done",
                           folder, ops, folder),
                 0, "%s %s: %s%s", folder, ops, cli_out, cli_err);
}

static const int thread_counts[] = {1, 2, 3, 7, 600};

ParameterizedTestParameters(batch, equals_run)
{
    return cr_make_param_array(int, (int *)thread_counts, sizeof thread_counts / sizeof *thread_counts);
}

ParameterizedTest(const int *threads, batch, equals_run)
{
    static const char *const chains[] = {"", "invert", "gaussian:1.5 linear:0.5,beta=10", "rotate:90"};
    make_inputs();
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
        cr_assert_eq(cli_shell("flynn batch -t %d -o out%zu %s -- in/*", *threads, i, chains[i]), 0, "%s", cli_err);
        cr_assert(strstr(cli_err, "14 done, 0 failed"), "%s", cli_err);
        char folder[16];
        snprintf(folder, sizeof folder, "out%zu", i);
        expect_as_run(folder, chains[i]);
    }
}

Test(batch, named_backends_equal_run)
{
    make_inputs();
    cr_assert_eq(
        cli_shell("for b in scalar autovec simd threads:3; do flynn batch -q -t 2 -b $b -o out-$b gaussian:2 -- in/* "
                  "|| exit 1; done"),
        0, "%s", cli_err);
    expect_as_run("out-scalar", "gaussian:2");
    expect_as_run("out-autovec", "gaussian:2");
    expect_as_run("out-simd", "gaussian:2");
    expect_as_run("out-threads:3", "gaussian:2");
    cr_assert_eq(cli_shell("flynn batch -b opencl:nosuchdevice -o none invert -- in/n1.ppm"), 3);
    cr_assert(cli_complains("opencl:nosuchdevice"), "%s", cli_err);
}

Test(batch, opencl_equals_run)
{
    cli_shell("flynn run -b opencl gen:scene:8x8 a.ppm invert; rm -f a.ppm");
    if (*cli_err)
        cr_skip_test("no OpenCL device: %s", cli_err);
    make_inputs();
    cr_assert_eq(cli_shell("flynn batch -q -t 3 -b opencl -o out gaussian:2 -- in/*"), 0, "%s", cli_err);
    expect_as_run("out", "gaussian:2");
}

Test(batch, memory_is_bounded)
{
    make_inputs();
    /* The large image streams through rows, so that far less than its 25 MB is enough. */
    for (int threads = 1; threads <= 3; threads++) {
        cr_assert_eq(cli_shell("rm -rf out; flynn batch -q -t %d --max-memory 10M -o out gaussian:2 -- in/*", threads),
                     0, "%s", cli_err);
        expect_as_run("out", "gaussian:2");
    }
    cr_assert_eq(cli_shell("flynn batch -t 3 --max-memory 10k -o none invert -- in/n1.ppm"), 4);
    cr_assert(cli_complains("in/n1.ppm: this needs "), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn batch -t 3 --max-memory 10k -o none -- in/float.pfm"), 4, "%s", cli_err);
    cr_assert_eq(cli_shell("test -z \"$(ls -A none)\""), 0);
}

Test(batch, usage_errors)
{
    static const struct {
        const char *arguments, *says;
    } cases[] = {
        {"", "-o DIR is missing"},
        {"invert -- a.ppm", "-o DIR is missing"},
        {"-o out invert", "the inputs are missing"},
        {"-o out invert --", "no input after --"},
        {"-o out invret -- a.ppm", "did you mean 'invert'?"},
        {"-o out --format=png -- a.ppm", "--format=png"},
        {"-o out --maxval=0 -- a.ppm", "1 to 65535"},
        {"-o out -b turbo -- a.ppm", "backend 'turbo' is unknown"},
        {"-o out -b all -- a.ppm", "one backend is expected"},
        {"-o out -- -", "stdin has no name"},
        {"-o out -- a/", "names no file"},
        {"-o out -- ''", "names no file"},
        {"-o out -- a/x.ppm b/y.ppm b/x.ppm", "a/x.ppm and b/x.ppm would both become out/x.ppm"},
        {"-o out --format=pgm -- a/x.ppm b/x.pgm", "would both become out/x.pgm"},
        {"-o out --files=absent", "--files=absent"},
        {"-o out --files=/dev/null", "names none"},
        {"-o absent/out -- a.ppm", "absent/out: cannot hold the results"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert_eq(cli_shell("flynn batch %s", cases[i].arguments), 2, "%s: %s", cases[i].arguments, cli_err);
        cr_assert(cli_complains(cases[i].says), "%s: %s", cases[i].arguments, cli_err);
        cr_assert_str_empty(cli_out);
        cr_assert_eq(cli_entries(), 0, "%s left a file", cases[i].arguments);
    }
    cr_assert_eq(cli_shell("flynn batch --help"), 0);
    cr_assert(strstr(cli_out, "Exit status:") && strstr(cli_out, "Examples:") && strstr(cli_out, "--keep-going"));
}

Test(batch, lists_and_names)
{
    cr_assert_eq(cli_shell("mkdir in; for i in 1 2 3; do flynn run gen:noise:9x7,seed=$i in/$i.ppm; done; "
                           "ls in/* > list; echo >> list"),
                 0);
    cr_assert_eq(cli_shell("flynn batch -o a invert --files list; find in -name '*.ppm' -print0 | "
                           "flynn batch -o b -0 --files - invert; flynn batch -o c invert -- in/*; "
                           "diff -r a b && diff -r a c && ls a"),
                 0, "%s", cli_err);
    cr_assert_str_eq(cli_out, "1.ppm\n2.ppm\n3.ppm\n");
    cr_assert_eq(cli_shell("find in -name '*.ppm' -print0 | flynn batch -o d --files - invert"), 2);
    cr_assert(cli_complains("a NUL in a name"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn batch -q -o e --format=PGM --maxval=100 grayscale -- in/1.ppm gen:scene:8x8 && ls e"),
                 0);
    cr_assert_str_eq(cli_out, "1.pgm\ngen:scene:8x8.pgm\n");
    cr_assert_eq(cli_shell("flynn run in/1.ppm x.pgm --maxval=100 grayscale && cmp x.pgm e/1.pgm"), 0);
    cr_assert_eq(cli_shell("flynn batch -q -o f --seed 5 -- gen:noise:8x8.ppm gen:noise:9x8,seed=3.ppm"), 2);
}

/* The folder of the inputs is the folder of the results. */
Test(batch, in_place)
{
    cr_assert_eq(cli_shell("for i in 1 2 3 4 5; do flynn run gen:noise:90x70,seed=$i $i.ppm; done; "
                           "for i in 1 2 3 4 5; do flynn run $i.ppm x$i invert --format=ppm; done; "
                           "flynn batch -t 3 -o . invert -- ?.ppm && "
                           "for i in 1 2 3 4 5; do cmp $i.ppm x$i || exit 1; done"),
                 0, "%s", cli_err);
    cr_assert_eq(cli_entries(), 10);
}

Test(batch, the_first_failure_ends_it)
{
    for (int threads = 1; threads <= 3; threads += 2) {
        cr_assert_eq(cli_shell("rm -rf out *.ppm; flynn run gen:noise:60x50 a.ppm; head -c 1000 a.ppm > 0.ppm; "
                               "for i in 1 2 3 4 5 6 7 8 9; do cp a.ppm $i.ppm; done; "
                               "flynn batch -t %d -o out invert -- ?.ppm",
                               threads),
                     2);
        cr_assert(cli_complains("flynn: 0.ppm: truncated: "), "%s", cli_err);
        cr_assert_eq(
            cli_shell("flynn run a.ppm b.ppm invert; for f in $(ls -A out); do cmp out/$f b.ppm || exit 1; done"), 0,
            "%s", cli_out);
    }
    cr_assert_eq(cli_shell("ls out | wc -l && test $(ls out | wc -l) -lt 10"), 0, "%s", cli_out);
}

Test(batch, keep_going_does_the_others)
{
    for (int threads = 1; threads <= 3; threads += 2) {
        cr_assert_eq(cli_shell("rm -rf out *.ppm; flynn run gen:noise:60x50 a.ppm; head -c 1000 a.ppm > 3.ppm; "
                               "(cat a.ppm; echo nonsense) > 5.ppm; for i in 1 2 4 6; do cp a.ppm $i.ppm; done; "
                               "flynn batch -t %d --keep-going -o out invert -- ?.ppm absent.ppm",
                               threads),
                     2);
        cr_assert(strstr(cli_err, "flynn: 3.ppm: truncated: ") && strstr(cli_err, "flynn: 5.ppm: offset 9013: ") &&
                      strstr(cli_err, "flynn: absent.ppm: ") && strstr(cli_err, "5 done, 3 failed"),
                  "%s", cli_err);
        cr_assert_eq(cli_shell("ls -A out | tr '\\n' ' '; flynn run a.ppm b.ppm invert; "
                               "for f in out/*; do cmp $f b.ppm || exit 1; done"),
                     0);
        cr_assert_str_eq(cli_out, "1.ppm 2.ppm 4.ppm 6.ppm a.ppm ", "%s", cli_out);
    }
}

/* The status is that of the first file that failed, in the order of the files. */
Test(batch, keep_going_keeps_the_first_status)
{
    cr_assert_eq(cli_shell("flynn run gen:scene:100x100 big.ppm; flynn run gen:scene:9x9 a.ppm"), 0);
    cr_assert_eq(cli_shell("flynn batch -kq -t 3 --max-memory 20k -o out invert -- a.ppm big.ppm absent.ppm"), 4);
    cr_assert_eq(cli_shell("flynn batch -kq -t 3 --max-memory 20k -o out invert -- a.ppm absent.ppm big.ppm"), 2);
    cr_assert(strstr(cli_err, "absent.ppm: ") && strstr(cli_err, "big.ppm: ") && !strstr(cli_err, "done"), "%s",
              cli_err);
}

/* One of the outputs is a device that is always full. */
Test(batch, a_full_disk)
{
    for (int threads = 1; threads <= 3; threads += 2) {
        cr_assert_eq(cli_shell("rm -rf out; mkdir out; ln -s /dev/full out/2.ppm; "
                               "for i in 1 2 3; do flynn run gen:noise:400x300,seed=$i $i.ppm; done; "
                               "flynn batch -t %d -k -o out invert -- ?.ppm",
                               threads),
                     2);
        cr_assert(strstr(cli_err, "flynn: out/2.ppm: writing failed: ") && strstr(cli_err, "2 done, 1 failed"), "%s",
                  cli_err);
        cr_assert_eq(cli_shell("ls -A out | tr '\\n' ' '"), 0);
        cr_assert_str_eq(cli_out, "1.ppm 2.ppm 3.ppm ");
    }
}

Test(batch, a_folder_that_cannot_be_written)
{
    if (geteuid() == 0)
        cr_skip_test("root may write everywhere");
    cr_assert_eq(cli_shell("flynn run gen:noise:40x30 a.ppm; mkdir out; chmod 500 out; "
                           "flynn batch -o out invert -- a.ppm"),
                 2);
    cr_assert(cli_complains("out: cannot hold the results"), "%s", cli_err);
}

/* A stream whose third image never comes: there is a temporary file, and the program waits. */
static void interrupt(const char *name, int number, int threads)
{
    int status = cli_shell(
        "rm -rf out s.ppm; mkfifo s.ppm; flynn run gen:noise:40x30 a.ppm; "
        "(cat a.ppm a.ppm; exec sleep 60) > s.ppm & feeder=$!; "
        "env --default-signal=INT \"$FLYNN_BIN\" batch -t %d -o out invert -- a.ppm s.ppm & flynn=$!; "
        "for i in $(seq 200); do test -e out/a.ppm && ls -A out | grep -q '^[.]flynn' && break; sleep 0.05; done; "
        "ls -A out | wc -l; kill -%s $flynn; wait $flynn; status=$?; kill $feeder; exit $status",
        threads, name);
    cr_assert_eq(status, 128 + number, "%d: %s", status, cli_err);
    cr_assert_eq(atoi(cli_out), 2, "a temporary file was there: %s", cli_out);
    cr_assert_eq(cli_shell("ls -A out"), 0);
    cr_assert_str_eq(cli_out, "a.ppm\n");
}

Test(batch, signals_leave_no_file)
{
    interrupt("INT", SIGINT, 1);
    interrupt("INT", SIGINT, 3);
    interrupt("TERM", SIGTERM, 1);
    interrupt("TERM", SIGTERM, 3);
}

Test(batch, what_it_says)
{
    cr_assert_eq(cli_shell("for i in 1 2 3; do flynn run gen:noise:40x30,seed=$i $i.ppm; done"), 0);
    cr_assert_eq(cli_shell("flynn batch -t 2 -o out invert -- ?.ppm"), 0);
    cr_assert(cli_complains("3 done, 0 failed; "), "%s", cli_err);
    cr_assert_not(strchr(cli_err, '\r'));
    cr_assert_eq(cli_shell("flynn batch -t 2 -q -o out invert -- ?.ppm"), 0);
    cr_assert_str_empty(cli_err);
    for (int threads = 1; threads <= 2; threads++) {
        cr_assert_eq(cli_shell("flynn batch -t %d --progress=always -o out invert -- ?.ppm", threads), 0);
        cr_assert(strstr(cli_err, "\r\033[Kflynn: 3/3 files, ") && strstr(cli_err, " left\n"), "%s", cli_err);
    }
    cr_assert_eq(cli_shell("flynn batch -q -v -t 2 -o out invert -- ?.ppm"), 0);
    cr_assert(cli_complains("2 images at a time"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn batch -q --explain -t 2 -o out invert -- ?.ppm"), 0);
    cr_assert(strstr(cli_err, "segment 1: invert, rows"), "%s", cli_err);
}

Test(batch, progress_on_a_terminal)
{
    if (cli_shell("script -qec true /dev/null"))
        cr_skip_test("no pseudo terminal here");
    cr_assert_eq(cli_shell("flynn run gen:noise:40x30 1.ppm"), 0);
    for (int threads = 1; threads <= 2; threads++) {
        cr_assert_eq(cli_shell("script -qec \"$FLYNN_BIN batch -t %d -o out invert -- 1.ppm\" /dev/null", threads), 0);
        cr_assert(strstr(cli_out, "flynn: 1/1 files, "), "%s", cli_out);
        cr_assert_eq(
            cli_shell("script -qec \"$FLYNN_BIN batch -t %d --progress=never -o out invert -- 1.ppm\" /dev/null",
                      threads),
            0);
        cr_assert_not(strstr(cli_out, "1/1"), "%s", cli_out);
    }
}
