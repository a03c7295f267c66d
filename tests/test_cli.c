/* SPDX-License-Identifier: Apache-2.0 */
#include "cli_helpers.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

/* The program as a user meets it: arguments, exit statuses, messages. */

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
