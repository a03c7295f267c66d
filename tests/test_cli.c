/* SPDX-License-Identifier: Apache-2.0 */
#include "cli_helpers.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* The program as a user meets it: arguments, exit statuses, messages, files. */

TestSuite(cli, .init = cli_enter, .fini = cli_leave, .timeout = 120);

/* ---- arguments --------------------------------------------------------------------------------------------------- */

Test(cli, help_and_version)
{
    static const char *const commands[] = {"run", "batch", "compare", "verify", "tune", "diff", "ops", "info"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char usage[64];
        snprintf(usage, sizeof usage, "Usage: flynn %s ", commands[i]);
        cr_assert_eq(cli_shell("flynn %s --help", commands[i]), 0);
        cr_assert_eq(strncmp(cli_out, usage, strlen(usage)), 0, "%s: %.60s", commands[i], cli_out);
        cr_assert(strstr(cli_out, "Exit status:") && strstr(cli_out, "Examples:"), "%s", commands[i]);
        cr_assert_str_empty(cli_err);
        cr_assert_eq(cli_shell("flynn %s nonsense --nonsense -h", commands[i]), 0);
    }
    cr_assert_eq(cli_shell("flynn --help"), 0);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        cr_assert(strstr(cli_out, commands[i]));
    cr_assert_eq(cli_shell("flynn --version"), 0);
    cr_assert_eq(strncmp(cli_out, "flynn ", 6), 0);
}

Test(cli, help_names_every_common_option)
{
    static const char *const names[] = {"--backend", "--threads", "--isa",     "--max-memory",  "--seed",
                                        "--quiet",   "--verbose", "--explain", "--verify",      "--progress",
                                        "--format",  "--maxval",  "--plain",   "FLYNN_BACKEND", "FLYNN_NUM_THREADS",
                                        "FLYNN_ISA"};
    cr_assert_eq(cli_shell("flynn run --help"), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cr_assert(strstr(cli_out, names[i]), "%s", names[i]);
    cr_assert_eq(cli_shell("flynn compare --help"), 0);
    cr_assert(strstr(cli_out, "--warmup") && strstr(cli_out, "--runs") && strstr(cli_out, "--export-json") &&
              strstr(cli_out, "--export-csv") && strstr(cli_out, "--export-markdown"));
}

/* Each is one line on stderr, exit status 2, and nothing on stdout. */
Test(cli, usage_errors)
{
    static const struct {
        const char *arguments, *says;
    } cases[] = {
        {"", "a command is missing"},
        {"rum", "did you mean 'run'?"},
        {"invert", "is an op, not a command"},
        {"xyzzy", "`flynn --help` lists them all"},
        {"-q run a b", "stands before the command"},
        {"run", "IN is missing"},
        {"run in.ppm", "OUT is missing"},
        {"run a b --bakcend=scalar", "did you mean --backend?"},
        {"run a b --ma", "ambiguous: --max"},
        {"run a b --quiet=1", "takes no value"},
        {"run a b --threads", "needs a value"},
        {"run a b -b", "needs a value"},
        {"run a b -qx", "option -x is unknown"},
        {"run -5 b", "option -5 is unknown"},
        {"run a b -t 0", "from 1 to"},
        {"run a b -t 2x", "from 1 to"},
        {"run a b --isa=mmx", "sse2"},
        {"run a b --max-memory=lots", "512M"},
        {"run a b --seed=-1", "--seed=-1"},
        {"run a b --progress=maybe", "always"},
        {"run a b --verify=some", "sample"},
        {"run a b --format=png", "--format=png"},
        {"run a b --maxval=0", "1 to 65535"},
        {"run gen:scene:8x8 b.ppm invret", "did you mean 'invert'?"},
        {"run gen:scene:8x8 b.ppm gamma:gamma=x", "gamma"},
        {"run gen:scene:8x8 b.ppm -b turbo", "backend 'turbo' is unknown"},
        {"run gen:scene:8x8 b.ppm -b scalar,simd", "one backend is expected"},
        {"run gen:scene:8x8 b.ppm -b all", "one backend is expected"},
        {"run gen:scene:8x8 b.xyz", ".xyz"},
        {"run absent.ppm b.ppm", "absent.ppm"},
        {"compare gen:scene:8x8", "an op is missing"},
        {"compare gen:scene:8x8 invert --runs 0", "--runs=0"},
        {"verify gen:scene:8x8", "an op is missing"},
        {"verify --op invret", "did you mean 'invert'?"},
        {"diff a.ppm", "two inputs"},
        {"diff a b c", "one argument too many"},
        {"diff - -", "only one"},
        {"diff a b --max-diff=x", "--max-diff=x"},
        {"ops invret", "did you mean 'invert'?"},
        {"ops invert gamma", "one argument too many"},
        {"info all", "one argument too many"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert_eq(cli_shell("flynn %s", cases[i].arguments), 2, "flynn %s: %s", cases[i].arguments, cli_err);
        cr_assert(cli_complains(cases[i].says), "flynn %s: %s", cases[i].arguments, cli_err);
        cr_assert_str_empty(cli_out, "flynn %s", cases[i].arguments);
        cr_assert_eq(cli_entries(), 0, "flynn %s left a file", cases[i].arguments);
    }
}

Test(cli, environment_is_checked)
{
    cr_assert_eq(cli_shell("FLYNN_ISA=mmx flynn run gen:scene:8x8 a.ppm"), 2);
    cr_assert(cli_complains("FLYNN_ISA=mmx"));
    cr_assert_eq(cli_shell("FLYNN_NUM_THREADS=many flynn run gen:scene:8x8 a.ppm"), 2);
    cr_assert(cli_complains("FLYNN_NUM_THREADS=many"));
    cr_assert_eq(cli_shell("FLYNN_BACKEND=turbo flynn run gen:scene:8x8 a.ppm"), 2);
    cr_assert(cli_complains("turbo"));
    cr_assert_eq(cli_shell("FLYNN_BACKEND=turbo flynn run -b scalar gen:scene:8x8 a.ppm"), 0);
    cr_assert_eq(cli_shell("FLYNN_BACKEND=scalar flynn run -v gen:scene:8x8 a.ppm invert"), 0);
    cr_assert(cli_complains("backend scalar: named by FLYNN_BACKEND"), "%s", cli_err);
}

Test(cli, options_come_anywhere)
{
    cr_assert_eq(cli_shell("POSIXLY_CORRECT=1 flynn run gen:scene:9x7 -q a.ppm --back scalar invert --thr=1"), 0);
    cr_assert_str_empty(cli_err);
    cr_assert_eq(cli_shell("flynn run -q -- gen:scene:9x7 -b.ppm invert && mv -- -b.ppm b.ppm"), 0);
    cr_assert_eq(cli_shell("flynn diff a.ppm b.ppm"), 0);
}

/* The op that the user wrote is blamed, not one that it is made of; ranges are printed whole; a key is told from a part
 * of a file's name. */
Test(cli, messages_name_what_is_wrong)
{
    static const struct {
        const char *op, *says;
    } cases[] = {
        {"resize:width=1048577", "resize: width=1048577 is out of range; 1 to 1048576 is possible"},
        {"crop:x=-1", "0 to 1073741823 is possible"},
        {"linear:1,beta=1000001", "-1000000 to 1000000 is possible"},
        {"gaussian:500.1", "0.1 to 500 is possible"},
        {"adaptive-threshold:ksize=4095", "adaptive-threshold: a width of 4095 is larger than the image"},
        {"unsharp:ksize=4", "unsharp: ksize=4 is even"},
        {"blend:a.ppm,alhpa=0.5", "blend: unknown parameter 'alhpa'; its parameters are with, alpha"},
        {"blend:b,c.ppm,alpha=0.5", "with: b,c.ppm: cannot be opened"},
    };
    cr_assert_eq(cli_shell("flynn run -q gen:scene:8x8 a.ppm"), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert_eq(cli_shell("flynn run a.ppm b.ppm '%s'", cases[i].op), 2, "%s: %s", cases[i].op, cli_err);
        cr_assert(cli_complains(cases[i].says), "%s: %s", cases[i].op, cli_err);
    }
    cr_assert_eq(cli_shell("cp a.ppm 'a,alhpa=1.ppm' && flynn run -q a.ppm b.ppm blend:a,alhpa=1.ppm"), 0, "%s",
                 cli_err);
    cr_assert_eq(cli_shell("printf 'P6 0 3 255\\n' | flynn run - b.ppm invert"), 2);
    cr_assert(cli_complains("stdin: size 0x3 is outside 1.."), "%s", cli_err);
}

/* ---- exit statuses ----------------------------------------------------------------------------------------------- */

Test(cli, a_named_backend_runs_or_fails)
{
    cr_assert_eq(cli_shell("flynn run --isa=scalar -b simd gen:scene:8x8 a.ppm invert"), 3);
    cr_assert(cli_complains("--isa=scalar"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn run -b opencl:nosuchdevice gen:scene:8x8 a.ppm invert"), 3);
    cr_assert(cli_complains("opencl:nosuchdevice"), "%s", cli_err);
    cr_assert_eq(cli_shell("FLYNN_OPENCL_LIBRARY=/nonexistent flynn run -b opencl gen:scene:8x8 a.ppm invert"), 3);
    cr_assert(cli_complains("opencl"), "%s", cli_err);
    cr_assert_eq(cli_entries(), 0);
    cr_assert_eq(cli_shell("flynn compare --isa=scalar -b simd gen:scene:8x8 invert"), 3);
    cr_assert(strstr(cli_out, "unavailable: "));
    cr_assert_eq(cli_shell("flynn verify --op invert -b scalar --isa=scalar --require simd"), 3);
}

Test(cli, a_cpu_run_does_not_load_opencl)
{
    cr_assert_eq(cli_shell("LD_DEBUG=files flynn run gen:scene:800x600 a.ppm invert"), 0);
    cr_assert(strstr(cli_err, "libc.so"), "LD_DEBUG shows what is loaded");
    cr_assert_not(strstr(cli_err, "OpenCL"));
    cr_assert_not(strstr(cli_err, "pocl"));
}

Test(cli, max_memory_refuses_beforehand)
{
    cr_assert_eq(cli_shell("flynn run --max-memory 10k gen:scene:640x480 a.ppm invert"), 4);
    cr_assert_eq(cli_shell("flynn run --max-memory 1M gen:scene:640x480 a.ppm invert"), 4);
    cr_assert(cli_complains("needs 1.8 MB"), "%s", cli_err);
    cr_assert_eq(cli_entries(), 0);
    cr_assert_eq(cli_shell("flynn run --max-memory 2M gen:scene:640x480 a.ppm invert"), 0);
    cr_assert_eq(cli_shell("flynn run --max-memory 2M --verify gen:scene:640x480 b.ppm invert"), 4);
    cr_assert_eq(cli_shell("flynn compare --max-memory 2M gen:scene:640x480 invert -b scalar"), 4);
}

/* The most memory in MB that a program of this test has held so far. */
static long most_held(void)
{
    struct rusage usage;
    cr_assert_eq(getrusage(RUSAGE_CHILDREN, &usage), 0);
    return usage.ru_maxrss >> 10;
}

/* Tables as long as the output's sides would be gigabytes by themselves. The images are larger than addresses, so that
 * they are refused wherever this runs. */
Test(cli, enormous_outputs_are_refused_before_memory_is_taken)
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
Test(cli, canvases_of_any_height_are_streamed)
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
Test(cli, very_high_canvases_are_those_of_two_lower_ones)
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

Test(cli, verified_runs_say_what_was_compared)
{
    cr_assert_eq(cli_shell("flynn run --verify gen:scene:40x30 a.ppm invert"), 0);
    cr_assert(cli_complains("all 3600 samples"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn run --verify=sample gen:scene:40x400 a.ppm invert"), 0);
    cr_assert(cli_complains("rows 0-31, 184-215 and 368-399 of 400"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn run --verify=sample gen:scene:40x400 a.ppm gaussian:2 invert"), 0);
    cr_assert(cli_complains("rows 0-31, 184-215 and 368-399 of 400"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn run --verify=sample gen:scene:40x400 a.ppm rotate:90"), 0);
    cr_assert(cli_complains("all 48000 samples"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn run -q --verify gen:scene:40x30 a.ppm invert"), 0);
    cr_assert_str_empty(cli_err);
}

Test(cli, the_choice_follows_the_size_of_the_job)
{
    cr_assert_eq(cli_shell("flynn run -v -t 2 gen:scene:64x64 a.ppm invert"), 0);
    cr_assert_not(strstr(cli_err, "backend threads"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn run -v -t 2 gen:scene:1500x1500 a.ppm invert"), 0);
    cr_assert(cli_complains("backend threads:2: "), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn run -v -t 1 gen:scene:1500x1500 a.ppm invert"), 0);
    cr_assert_not(strstr(cli_err, "backend threads"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn run -v --isa=scalar gen:scene:64x64 a.ppm invert"), 0);
    cr_assert(cli_complains("backend scalar: best table scalar"), "%s", cli_err);
    cr_assert_eq(cli_shell("FLYNN_ISA=scalar flynn run --explain gen:scene:64x64 a.ppm invert"), 0);
    cr_assert(strstr(cli_err, "invert, rows, kernel of scalar") && strstr(cli_err, "backend: scalar: "), "%s", cli_err);
}

/* ---- a wrong backend --------------------------------------------------------------------------------------------- */

/* Put a kernel of invert that leaves row `row` out where FLYNN_KERNEL_DIR finds it; skip where no device can run it. */
static void break_kernel(int row)
{
    cli_shell("flynn run -b opencl gen:scene:8x8 a.ppm invert && rm a.ppm");
    if (*cli_err)
        cr_skip_test("no OpenCL device: %s", cli_err);
    cr_assert_eq(cli_shell("mkdir ../kernels; sed 's/for (int y = FIRST_Y.*{/&\\nif (y == %d) continue;/' "
                           "\"$FLYNN_SOURCE_ROOT/kernels/invert.cl\" > ../kernels/invert.cl; "
                           "grep -q 'y == %d' ../kernels/invert.cl",
                           row, row),
                 0);
    cr_assert_eq(setenv("FLYNN_KERNEL_DIR", "../kernels", 1), 0);
}

/* Right on the small inputs of the self-test, wrong on large ones. */
Test(cli, outputs_that_differ)
{
    break_kernel(900);
    cr_assert_eq(cli_shell("flynn run --verify -b opencl gen:scene:40x1800 a.ppm invert"), 1);
    cr_assert(cli_complains("opencl:0 differs from the scalar reference: "), "%s", cli_err);
    cr_assert(strstr(cli_err, "first at x=0 y=900 channel 0"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn run --verify=sample -b opencl gen:scene:40x1800 a.ppm invert"), 1);
    cr_assert(cli_complains(" of 216000 samples differ"), "%s", cli_err);
    cr_assert_eq(cli_entries(), 0);
    cr_assert_eq(cli_shell("flynn run -q --verify -b opencl gen:scene:40x1800 - invert"), 1);
    cr_assert_str_empty(cli_out, "nothing wrong goes to stdout");
    cr_assert_eq(cli_shell("flynn compare --runs 1 -b scalar,opencl gen:scene:40x1800 invert --export-csv c.csv"), 1);
    cr_assert(strstr(cli_out, "DIFFERS: ") && strstr(cli_out, "y=900"), "%s", cli_out);
    cr_assert_eq(cli_shell("grep '^opencl' c.csv"), 0);
    cr_assert(strstr(cli_out, ",true,false,0,,,,,,,,,,"), "no time of an output that differs: %s", cli_out);
    cr_assert_eq(cli_shell("flynn verify -b opencl gen:scene:40x1800 invert"), 1);
    cr_assert(strstr(cli_out, "FAILED"), "%s", cli_out);
}

Test(cli, a_kernel_that_fails_its_self_test)
{
    break_kernel(0);
    cr_assert_eq(cli_shell("flynn run -b opencl gen:scene:40x30 a.ppm invert"), 3);
    cr_assert(cli_complains("self-test"), "%s", cli_err);
    cr_assert_eq(cli_entries(), 0);
    cr_assert_eq(cli_shell("flynn verify --op invert -b scalar --require opencl"), 3);
    cr_assert_eq(cli_shell("flynn info"), 0);
    cr_assert(strstr(cli_out, "failed their self-test"), "%s", cli_out);
}

/* ---- input and output -------------------------------------------------------------------------------------------- */

Test(cli, stdin_and_stdout)
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

Test(cli, streams_of_images)
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

Test(cli, nothing_is_left_of_a_failed_run)
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

Test(cli, full_device_and_closed_pipe)
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
Test(cli, a_file_larger_than_the_limit)
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

Test(cli, a_large_second_input_is_mapped)
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

Test(cli, a_signal_leaves_no_file)
{
    cr_assert_eq(cli_shell("mkfifo ../pipe; \"$FLYNN_BIN\" run ../pipe a.ppm invert & pid=$!; exec 3> ../pipe; "
                           "printf 'P6 100 100 255\\n' >&3; "
                           "while test -z \"$(ls -A)\"; do sleep 0.05; done; "
                           "kill -TERM $pid; wait $pid"),
                 128 + 15);
    cr_assert_eq(cli_entries(), 0);
}

/* ---- diff -------------------------------------------------------------------------------------------------------- */

Test(cli, diff_tells_where_and_how_far)
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

Test(cli, diff_writes_the_picture_of_the_differences)
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
Test(cli, diff_knows_the_structural_similarity)
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

Test(cli, diff_tolerates_only_what_was_asked_for)
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
