/* SPDX-License-Identifier: Apache-2.0 */
#include "cli_helpers.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What people do with the program that nobody planned: odd names, broken drivers, folders that cannot be written. */

TestSuite(user, .init = cli_enter, .fini = cli_leave, .timeout = 120);

/* ---- messages ---------------------------------------------------------------------------------------------------- */

Test(user, messages_are_one_line_whatever_a_name_holds)
{
    cr_assert_eq(cli_shell("flynn run \"$(printf 'no\\nsuch\\033[31m.ppm')\" a.ppm"), 2);
    cr_assert(cli_complains("no\\nsuch\\x1b[31m.ppm: cannot be opened"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn run gen:scene:4x4 a.ppm \"$(printf 'gauss\\nian')\""), 2);
    cr_assert(cli_complains("gauss\\nian"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn run gen:scene:4x4 \303\274.ppm && flynn run \303\274.ppm \303\274/a.ppm"), 2);
    cr_assert(cli_complains("\303\274/a.ppm"), "letters of UTF-8 stay: %s", cli_err);
}

/* ---- kernels that do not work ------------------------------------------------------------------------------------ */

/* Put a kernel of invert, changed by a sed script, where FLYNN_KERNEL_DIR finds it; skip where no device can run it. */
static void change_kernel(const char *script)
{
    unsetenv("FLYNN_KERNEL_DIR");
    cli_shell("flynn run -b opencl gen:scene:8x8 - invert | wc -c");
    if (*cli_err)
        cr_skip_test("no OpenCL device: %s", cli_err);
    cr_assert_eq(
        cli_shell("mkdir -p ../kernels; sed '%s' \"$FLYNN_SOURCE_ROOT/kernels/invert.cl\" > ../kernels/invert.cl; "
                  "cmp -s ../kernels/invert.cl \"$FLYNN_SOURCE_ROOT/kernels/invert.cl\"",
                  script),
        1);
    cr_assert_eq(setenv("FLYNN_KERNEL_DIR", "../kernels", 1), 0);
}

/* A device that is there must not be passed over in silence, though nobody required it. */
Test(user, verify_tells_of_kernels_that_do_not_work)
{
    change_kernel("s/for (int y = FIRST_Y.*{/&\\nif (y == 0) continue;/");
    cr_assert_eq(cli_shell("flynn verify --op invert"), 3, "%s", cli_out);
    cr_assert(strstr(cli_out, "skipped invert on opencl:0: invert failed its self-test"), "%s", cli_out);
    cr_assert(cli_complains("could not run all"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn verify gen:scene:20x10 invert"), 3, "%s", cli_out);
    change_kernel("s/FLYNN_KERNEL(invert/no such thing; &/");
    cr_assert_eq(cli_shell("flynn verify --op invert"), 3, "%s", cli_out);
    cr_assert(strstr(cli_out, "skipped invert on opencl:0: invert on u8 does not compile"), "%s", cli_out);
    cr_assert_eq(cli_shell("FLYNN_CACHE_DIR=$PWD/c flynn run -b opencl gen:scene:8x8 a.ppm invert"), 3);
    cr_assert(strstr(cli_err, "/c/cl/failed-invert-u8.cl"), "the log and the source, for whoever makes the driver: %s",
              cli_err);
    cr_assert_eq(cli_shell("grep -c -e '^driver' -e '^options -cl-std' -e '^no such thing' c/cl/failed-invert-u8.cl"),
                 0);
    cr_assert_str_eq(cli_out, "3\n");
    cr_assert_eq(cli_shell("flynn verify --op invert -b scalar,threads"), 0, "%s", cli_out);
}

/* Of a kernel that works for some types alone, the others are verified still. */
Test(user, verify_goes_on_with_other_types)
{
    change_kernel("s/for (int y = FIRST_Y.*{/&\\nif (sizeof(T) == 1 \\&\\& y == 0) continue;/");
    cr_assert_eq(cli_shell("flynn verify --op invert -b opencl"), 3, "%s", cli_out);
    cr_assert(strstr(cli_out, "ok      invert"), "u16 and f32 were held against the reference: %s", cli_out);
    change_kernel("s/for (int y = FIRST_Y.*{/&\\nif (sizeof(T) == 2 \\&\\& y == 0) continue;/");
    cr_assert_eq(cli_shell("flynn verify --op invert -b opencl"), 3, "%s", cli_out);
    cr_assert(!strstr(cli_out, "FAILED"), "u8 came first and is right: %s", cli_out);
    cr_assert(strstr(cli_out, "skipped invert on opencl:0: invert failed its self-test"), "%s", cli_out);
}

/* ---- reports ----------------------------------------------------------------------------------------------------- */

Test(user, names_that_are_no_utf8_in_reports)
{
    cr_assert_eq(cli_shell("n=$(printf 'a\\377.ppm'); flynn run gen:scene:8x8 $n && "
                           "flynn compare --runs 1 -b scalar --export-json - $n invert blend:$n"),
                 0, "%s", cli_err);
    json_t *json = cli_json(cli_out);
    cr_assert_str_eq(json_string_value(json_object_get(json_object_get(json, "input"), "name")), "a\357\277\275.ppm");
    cr_assert_str_eq(json_string_value(json_array_get(json_object_get(json, "chain"), 1)), "blend:a\357\277\275.ppm");
    json_decref(json);
    cr_assert_eq(cli_shell("flynn run gen:scene:8x8 \303\274.ppm && "
                           "flynn compare --runs 1 -b scalar --export-json - \303\274.ppm invert"),
                 0, "%s", cli_err);
    json = cli_json(cli_out);
    cr_assert_str_eq(json_string_value(json_object_get(json_object_get(json, "input"), "name")), "\303\274.ppm");
    json_decref(json);
}

Test(user, auto_is_not_called_unknown_and_possible_at_once)
{
    cr_assert_eq(cli_shell("flynn compare -b scalar,auto gen:scene:8x8 invert"), 2);
    cr_assert(cli_complains("backend auto chooses one for `flynn run`"), "%s", cli_err);
}

/* ---- folders that cannot be written ------------------------------------------------------------------------------ */

Test(user, caches_that_cannot_be_written)
{
    cr_assert_eq(cli_shell("FLYNN_CACHE_DIR=/dev/null/x flynn info"), 0);
    if (strstr(cli_out, "OpenCL no,"))
        cr_skip_test("built without OpenCL");
    cr_assert(strstr(cli_out, "cache      /dev/null/x (cannot be written: Not a directory)"), "%s", cli_out);
    cr_assert_eq(cli_shell("FLYNN_CACHE_DIR=not/yet/there flynn info"), 0);
    cr_assert(strstr(cli_out, "cache      not/yet/there\n"), "%s", cli_out);
    cr_assert_eq(cli_shell("FLYNN_CACHE_DIR=/dev/null/x flynn info --json"), 0);
    json_t *json = cli_json(cli_out);
    cr_assert_str_eq(json_string_value(json_object_get(json, "cache_why")), "Not a directory");
    json_decref(json);
    cli_shell("flynn run -b opencl gen:scene:8x8 - invert | wc -c");
    if (*cli_err)
        cr_skip_test("no OpenCL device: %s", cli_err);
    cr_assert_eq(cli_shell("FLYNN_CACHE_DIR=/dev/null/x flynn tune -b opencl --seconds 3"), 2);
    cr_assert(cli_complains("what was found is not remembered"), "%s", cli_err);
    cr_assert_eq(cli_shell("FLYNN_CACHE_DIR=$PWD/c flynn tune -b opencl --seconds 3 && ls c/cl | grep -c ."), 0);
    cr_assert_eq(cli_shell("FLYNN_CACHE_DIR=/dev/null/x flynn run -b opencl gen:scene:8x8 a.ppm invert"), 0);
}

/* pocl hides its device when it cannot write; the reason must not be left to guessing. */
Test(user, pocl_without_a_cache)
{
    cli_shell("flynn info --json");
    if (!strstr(cli_out, "Portable Computing Language"))
        cr_skip_test("no pocl");
    cr_assert_eq(cli_shell("unset POCL_CACHE_DIR XDG_CACHE_HOME; HOME=/dev/null/x FLYNN_CACHE_DIR=$PWD "
                           "flynn run -b opencl:pocl gen:scene:8x8 a.ppm invert"),
                 3);
    cr_assert(cli_complains("POCL_CACHE_DIR"), "%s", cli_err);
}

/* ---- arguments --------------------------------------------------------------------------------------------------- */

Test(user, one_input_alone_can_be_stdin)
{
    cr_assert_eq(cli_shell("flynn run gen:scene:8x8 a.ppm && cat a.ppm a.ppm | flynn run - b.ppm absdiff:-"), 2);
    cr_assert(cli_complains("absdiff:-: stdin is read by IN already"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn compare a.ppm blend:alpha=0.5,with=- add:- < a.ppm"), 2);
    cr_assert(cli_complains("add:-: stdin is read by blend:alpha=0.5,with=- already"), "%s", cli_err);
    cr_assert_eq(cli_shell("echo a.ppm | flynn batch -o d --files - sub:-"), 2);
    cr_assert(cli_complains("stdin is read by IN already"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn run a.ppm b.pgm absdiff:- grayscale linear:-1 < a.ppm"), 0, "%s", cli_err);
}

Test(user, messages_say_what_would_be_right)
{
    cr_assert_eq(cli_shell("flynn run gen:scene:8x8 a.ppm resize:320x240"), 2);
    cr_assert(cli_complains("resize: scale=320x240 is not a number; `flynn ops resize` says what is possible"), "%s",
              cli_err);
    cr_assert_eq(cli_shell("flynn run gen:scene:8x8 a.pfm"), 2);
    cr_assert(cli_complains("use .pnm, or add convert:f32"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn run gen:scene:8x8,type=f32 a.ppm"), 2);
    cr_assert(cli_complains("convert:u8"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn run \"$nothing\" a.ppm"), 2);
    cr_assert(cli_complains("run: IN is an empty name"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn run gen:scene:8x8 ''"), 2);
    cr_assert(cli_complains("run: OUT is an empty name"), "%s", cli_err);
}

/* ---- the catalogue ----------------------------------------------------------------------------------------------- */

Test(user, ops_are_found_by_words)
{
    cr_assert_eq(cli_shell("flynn ops cvtcolor"), 0);
    cr_assert(strstr(cli_out, "  grayscale ") && strstr(cli_out, "  rgb-to-lab "), "%s", cli_out);
    cr_assert_eq(cli_shell("flynn ops rgb2lab && flynn ops ADAPTIVE"), 0);
    cr_assert(strstr(cli_out, "rgb-to-lab: ") && strstr(cli_out, "  clahe "), "%s", cli_out);
    cr_assert_eq(cli_shell("flynn ops gausian"), 2);
    cr_assert(cli_complains("did you mean 'gaussian'?"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn ops ''"), 2);
    cr_assert_eq(cli_shell("flynn ops --json cvtcolor"), 2, "JSON is of ops alone");
}

/* A time of less than a microsecond is not 0.000 ms. */
Test(user, short_times_have_digits)
{
    float least = 1;
    cr_assert_eq(cli_shell("flynn compare --runs 3 -b scalar gen:noise:1x1 invert | grep ^scalar"), 0);
    cr_assert_eq(sscanf(cli_out, "scalar %*f %f", &least), 1, "%s", cli_out);
    cr_assert(least > 0, "%s", cli_out);
}

Test(user, a_folder_of_kernels_that_is_not_there)
{
    cli_shell("flynn run -b opencl gen:scene:8x8 - invert | wc -c");
    if (*cli_err)
        cr_skip_test("no OpenCL device: %s", cli_err);
    cr_assert_eq(cli_shell("FLYNN_KERNEL_DIR=no/such flynn run -b opencl gen:scene:8x8 a.ppm invert"), 2);
    cr_assert(cli_complains("no/such/invert.cl (FLYNN_KERNEL_DIR): No such file"), "%s", cli_err);
    cr_assert_eq(cli_shell("mkdir k; FLYNN_KERNEL_DIR=k flynn run -b opencl gen:scene:8x8 a.ppm invert"), 0, "%s",
                 cli_err);
}

/* A line of an example that is wrapped cannot be copied. */
Test(user, examples_in_help_fit_their_lines)
{
    static const char *const commands[] = {"run", "batch", "compare", "verify", "tune", "diff", "ops", "info"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        cr_assert_eq(cli_shell("flynn %s --help", commands[i]), 0);
        bool example = false;
        for (char *rest = cli_out, *line; (line = strsep(&rest, "\n"));) {
            if (example && *line)
                cr_assert(strncmp(line, "  ", 2) == 0, "%s: a part of the line before: %s", commands[i], line);
            example = strcmp(line, "Examples:") == 0 || (example && *line);
        }
    }
}

/* ---- ends of the program ----------------------------------------------------------------------------------------- */

/* What batch systems send before they kill. */
Test(user, signals_of_batch_systems_leave_no_file)
{
    static const char *const names[] = {"USR1", "USR2", "XCPU", "ALRM"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int status = cli_shell("rm -f ../pipe; mkfifo ../pipe; \"$FLYNN_BIN\" run ../pipe a.ppm invert & pid=$!; "
                               "exec 3> ../pipe; printf 'P6 100 100 255\\n' >&3; "
                               "while test -z \"$(ls -A)\"; do sleep 0.05; done; kill -%s $pid; wait $pid",
                               names[i]);
        cr_assert(status > 128, "%s ends it", names[i]);
        cr_assert_eq(cli_entries(), 0, "%s", names[i]);
    }
}

Test(user, pocl_by_the_name_that_people_use)
{
    cli_shell("flynn run -b opencl:portable gen:scene:8x8 - invert | wc -c");
    if (*cli_err)
        cr_skip_test("no pocl: %s", cli_err);
    cr_assert_eq(cli_shell("flynn run -b opencl:pocl gen:scene:8x8 a.ppm invert"), 0, "%s", cli_err);
}

/* The first file to be opened would take the number of a closed stream, and get what is written there. */
Test(user, closed_streams_are_no_files)
{
    cr_assert_eq(cli_shell("flynn run gen:scene:64x48 a.ppm invert"), 0);
    cr_assert_eq(cli_shell("flynn run -v --explain --verify gen:scene:64x48 b.ppm invert 2>&-; cmp a.ppm b.ppm"), 0,
                 "%s", cli_out);
    cr_assert_eq(cli_shell("flynn compare -b scalar --runs 1 --export-json c.json gen:scene:64x48 invert >&-"), 2);
    cr_assert(cli_complains("stdout: Bad file descriptor"), "%s", cli_err);
    cr_assert_eq(cli_shell("head -c 1 c.json"), 0);
    cr_assert_str_eq(cli_out, "{", "the table did not go into the report");
    cr_assert_eq(cli_shell("flynn run - a.ppm <&-"), 2);
    cr_assert(cli_complains("stdin: reading failed"), "%s", cli_err);
    cr_assert_eq(cli_shell("flynn run gen:scene:64x48 - >&-"), 2);
    cr_assert(cli_complains("stdout: writing failed"), "%s", cli_err);
}

/* Not after minutes of measuring. */
Test(user, reports_that_cannot_be_written_are_found_first)
{
    cr_assert_eq(cli_shell("flynn compare -b scalar --export-csv c.csv --export-json no/x.json gen:scene:64x48 invert"),
                 2);
    cr_assert(cli_complains("no/x.json: cannot be written"), "%s", cli_err);
    cr_assert_str_empty(cli_out, "nothing was measured");
    cr_assert_eq(cli_entries(), 0);
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

/* The second image comes only after the first one's result was seen: frames of a camera are not held back. */
Test(user, a_result_does_not_wait_for_the_next_image)
{
    static const char *const options[] = {"", "--verify -q"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        cr_assert_eq(
            cli_shell(
                "flynn run gen:scene:30x20 a.ppm; rm -f ../pipe; mkfifo ../pipe; "
                "{ cat a.ppm; timeout 20 cat ../pipe > /dev/null || echo late >&2; cat a.ppm; } | "
                "flynn run %s - - flip | { head -c 1813 > b.ppm; timeout 20 sh -c \"echo > ../pipe\"; cat > c.ppm; }",
                options[i]),
            0);
        cr_assert_str_empty(cli_err, "'%s'", options[i]);
        cr_assert_eq(cli_shell("flynn run a.ppm - flip | cmp - b.ppm && cmp b.ppm c.ppm"), 0, "'%s': %s", options[i],
                     cli_out);
    }
}

Test(user, verify_takes_every_image_of_a_stream)
{
    cr_assert_eq(cli_shell("flynn run gen:scene:30x20 a.ppm; cat a.ppm a.ppm a.ppm > s.ppm; "
                           "flynn verify -b scalar,threads:2 s.ppm flip"),
                 0);
    cr_assert(strstr(cli_out, "6 inputs executed, 0 skips, 0 failures"), "%s", cli_out);
    cr_assert_eq(cli_shell("{ cat a.ppm; head -c 99 a.ppm; } | flynn verify -b scalar - flip"), 2);
    cr_assert(cli_complains("samples"), "%s", cli_err);
}

/* Times of two machines can be told apart only with the driver's name. */
Test(user, reports_name_the_driver)
{
    cr_assert_eq(
        cli_shell("flynn compare --runs 1 -b scalar,opencl --export-json a.json -q gen:scene:8x8 invert; cat a.json"),
        0);
    json_t *json = cli_json(cli_out), *results = json_object_get(json, "results");
    cr_assert(json_is_null(json_object_get(json_array_get(results, 0), "driver")));
    const char *driver = json_string_value(json_object_get(json_array_get(results, 1), "driver"));
    bool runs = json_is_true(json_object_get(json_array_get(results, 1), "available"));
    cr_assert(!runs || (driver && strstr(driver, "driver ") && strstr(driver, "OpenCL ")), "%s", cli_out);
    json_decref(json);
    if (!runs)
        cr_skip_test("no OpenCL device");
}
