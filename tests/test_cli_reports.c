/* SPDX-License-Identifier: Apache-2.0 */
#include "cli_helpers.h"

#include <criterion/criterion.h>

#include <flynn/op.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the program reports for people and for other programs. */

TestSuite(reports, .init = cli_enter, .fini = cli_leave, .timeout = 240);

static json_t *field(json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    cr_assert(value, "field %s is missing", name);
    return value;
}

static void has_fields(json_t *object, const char *const *names)
{
    for (; *names; names++)
        field(object, *names);
}

static int lines(const char *text)
{
    int count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

/* Width of the longest line. */
static int width(const char *text)
{
    int longest = 0, n = 0;
    for (; *text; text++) {
        n = *text == '\n' ? 0 : n + 1;
        longest = n > longest ? n : longest;
    }
    return longest;
}

static void check_result(json_t *result)
{
    static const char *const names[] = {"backend",   "device",       "available", "why",         "match",
                                        "differing", "max_abs_diff", "runs",      "median_ms",   "min_ms",
                                        "stddev_ms", "times_ms",     "setup_ms",  "upload_ms",   "download_ms",
                                        "speedup",   "gbps",         "gflops",    "limit_share", NULL};
    const char *backend = json_string_value(field(result, "backend"));
    has_fields(result, names);
    if (json_is_false(field(result, "available"))) {
        cr_assert_gt(json_string_length(field(result, "why")), 0, "%s", backend);
        cr_assert(json_is_null(field(result, "median_ms")), "%s", backend);
        return;
    }
    cr_assert(json_is_true(field(result, "match")), "%s", backend);
    cr_assert_eq(json_integer_value(field(result, "differing")), 0, "%s", backend);
    cr_assert_eq(json_integer_value(field(result, "runs")), 3, "%s", backend);
    cr_assert_eq(json_array_size(field(result, "times_ms")), 3, "%s", backend);
    double median = json_number_value(field(result, "median_ms"));
    cr_assert(median > 0 && json_number_value(field(result, "min_ms")) <= median, "%s", backend);
    cr_assert(json_number_value(field(result, "gbps")) > 0, "%s", backend);
    cr_assert(json_number_value(field(result, "speedup")) > 0, "%s", backend);
}

Test(reports, compare_json)
{
    static const char *const top[] = {"schema", "flynn", "machine", "input", "chain", "results", NULL};
    static const char *const about[] = {"version", "commit", "compiler", "flags", NULL};
    static const char *const machine[] = {"cpu",      "cores",     "isas",       "l1d_bytes", "l2_bytes",
                                          "l3_bytes", "copy_gbps", "fma_gflops", NULL};
    static const char *const input[] = {"name", "width", "height", "channels", "type", NULL};
    cr_assert_eq(cli_shell("flynn compare --runs 3 --export-json r.json gen:scene:64x48 invert gamma:2 && cat r.json"),
                 0);
    json_t *json = cli_json(strchr(cli_out, '{')), *result;
    size_t i;
    has_fields(json, top);
    cr_assert_str_eq(json_string_value(field(json, "schema")), "flynn-compare/1");
    has_fields(field(json, "flynn"), about);
    has_fields(field(json, "machine"), machine);
    has_fields(field(json, "input"), input);
    cr_assert(json_number_value(field(field(json, "machine"), "copy_gbps")) > 0);
    cr_assert_eq(json_integer_value(field(field(json, "input"), "height")), 48);
    cr_assert_eq(json_array_size(field(json, "chain")), 2);
    cr_assert_str_eq(json_string_value(json_array_get(field(json, "chain"), 1)), "gamma:2");
    cr_assert_geq(json_array_size(field(json, "results")), 4);
    json_array_foreach(field(json, "results"), i, result) check_result(result);
    result = json_array_get(field(json, "results"), 0);
    cr_assert_str_eq(json_string_value(field(result, "backend")), "scalar");
    cr_assert_eq(json_number_value(field(result, "speedup")), 1);
    json_decref(json);
}

Test(reports, compare_lists_what_was_named)
{
    cr_assert_eq(cli_shell("flynn compare -b autovec,threads:2 --runs 1 --export-json - gen:scene:64x48 invert"), 0);
    json_t *json = cli_json(cli_out), *results = field(json, "results");
    cr_assert_eq(json_array_size(results), 2);
    cr_assert_str_eq(json_string_value(field(json_array_get(results, 0), "backend")), "autovec");
    cr_assert_str_eq(json_string_value(field(json_array_get(results, 1), "backend")), "threads:2");
    cr_assert(json_number_value(field(json_array_get(results, 1), "speedup")) > 0);
    json_decref(json);
}

#define PRODUCT "gen:noise:60x60,type=f32,channels=1 matmul:gen:noise:60x60,type=f32,channels=1,seed=2"

Test(reports, compare_says_that_there_is_no_blas_beside_it)
{
    cr_assert_eq(cli_shell("FLYNN_CBLAS=/nonexistent.so flynn compare -b simd --runs 1 " PRODUCT), 0);
    cr_assert(strstr(cli_out, "no CBLAS beside it: /nonexistent.so"), "%s", cli_out);
    cr_assert_eq(cli_shell("flynn compare -b simd --runs 1 gen:scene:64x48 invert"), 0);
    cr_assert_not(strstr(cli_out, "BLAS"), "%s", cli_out);
}

Test(reports, compare_sets_a_blas_beside_products)
{
    cr_assert_eq(cli_shell("flynn compare -b simd --runs 3 --export-json r.json " PRODUCT " && cat r.json"), 0);
    json_t *json = cli_json(strstr(cli_out, "\n{") + 1), *row = json_array_get(field(json, "peers"), 0);
    if (!row)
        cr_skip_test("no CBLAS was found");
    cr_assert(strstr(cli_out, "\ncblas"), "%s", cli_out);
    cr_assert_leq(width(cli_out), 100, "%s", cli_out);
    cr_assert_eq(json_integer_value(field(row, "runs")), 3);
    cr_assert_leq(json_integer_value(field(row, "differing")), 60 * 60);
    cr_assert_gt(json_number_value(field(row, "gflops")), 0);
    double share = json_number_value(field(row, "share_of_bound"));
    cr_assert(share >= 0 && share <= 1, "%g", share);
    json_decref(json);
}

#define SQUARE "gen:noise:60x60,type=f64,channels=1"

/* The same elements in the same places, but for what another order of additions makes of them. */
Test(reports, compare_sets_a_lapack_beside_factors)
{
    static const char *const cases[] = {
        SQUARE " lu",
        "gen:noise:60x120,type=f64,channels=1 lu:batch=2",
        SQUARE " solve:gen:noise:20x60,type=f64,channels=1",
        "a.npy cholesky",
        "a.npy solve:gen:noise:20x60,type=f64,channels=1,assume=positive",
    };
    cr_assert_eq(cli_shell("flynn run " SQUARE " a.npy matmul:" SQUARE ",trans=b"), 0, "%s", cli_out);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char command[300];
        snprintf(command, sizeof command, "flynn compare -b simd --runs 2 --export-json r.json %s && cat r.json",
                 cases[i]);
        cr_assert_eq(cli_shell("%s", command), 0, "%s", cli_out);
        json_t *json = cli_json(strstr(cli_out, "\n{") + 1), *row = json_array_get(field(json, "peers"), 0);
        if (!row)
            cr_skip_test("no LAPACK was found");
        cr_assert(strstr(cli_out, "\nlapack"), "%s", cli_out);
        cr_assert_lt(json_number_value(field(row, "max_abs_diff")), 1e-6, "%s", cases[i]);
        cr_assert_gt(json_number_value(field(row, "gflops")), 0);
        json_decref(json);
    }
    cr_assert_eq(cli_shell("FLYNN_LAPACK=/nonexistent.so flynn compare -b simd --runs 1 a.npy cholesky"), 0);
    cr_assert(strstr(cli_out, "no LAPACK beside it: /nonexistent.so"), "%s", cli_out);
}

Test(reports, compare_table_and_exports)
{
    cr_assert_eq(cli_shell("flynn compare --runs 2 --export-csv c.csv --export-markdown m.md gen:scene:64x48 invert"),
                 0);
    cr_assert_leq(width(cli_out), 100, "%s", cli_out);
    cr_assert_not(strchr(cli_out, '\033'), "no colour without a terminal");
    cr_assert(strstr(cli_out, "backend ") && strstr(cli_out, "\nscalar ") && strstr(cli_out, "\nthreads:"), "%s",
              cli_out);
    cr_assert_eq(cli_shell("cat c.csv"), 0);
    cr_assert_eq(strncmp(cli_out, "backend,device,available,match,runs,median_ms,", 46), 0);
    int rows = lines(cli_out);
    cr_assert_geq(rows, 4);
    cr_assert_eq(cli_shell("cat m.md"), 0);
    cr_assert_eq(lines(cli_out), rows + 1);
    cr_assert_eq(cli_entries(), 2);
}

Test(reports, ops_catalogue)
{
    cr_assert_eq(cli_shell("flynn ops"), 0);
    cr_assert_leq(width(cli_out), 100);
    for (int i = 0; i < flynn_op_count(); i++) {
        const struct flynn_op *op = flynn_op_at(i);
        char row[80];
        snprintf(row, sizeof row, "\n  %s ", op->name);
        cr_assert_eq(cli_shell("flynn ops"), 0);
        cr_assert(strstr(cli_out, row), "%s", op->name);
        cr_assert_eq(cli_shell("flynn ops %s", op->name), 0);
        cr_assert(strstr(cli_out, op->summary) && strstr(cli_out, "Definition:") && strstr(cli_out, "Kernels:"), "%s",
                  op->name);
        cr_assert_not(strstr(cli_out, "not checked"), "what is said about backends comes from plans: %s", cli_out);
        for (int p = 0; p < FLYNN_MAX_PARAMS && op->params[p].name; p++)
            cr_assert(strstr(cli_out, op->params[p].name), "%s: %s", op->name, op->params[p].name);
    }
    cr_assert_eq(cli_shell("flynn ops canny"), 0); /* its hysteresis is scalar code alone */
    cr_assert(!strstr(cli_out, "sse2 ") || strstr(cli_out, "u8 falls to scalar for some steps"), "%s", cli_out);
    cr_assert_eq(cli_shell("flynn ops lu"), 0); /* takes square matrices alone, and needs a fused multiply-add */
    cr_assert(!strstr(cli_out, "sse2 ") || strstr(cli_out, "sse2       none; f32 falls to scalar"), "%s", cli_out);
    cr_assert_eq(cli_shell("flynn ops negate"), 0);
    cr_assert_eq(strncmp(cli_out, "invert: ", 8), 0, "an alias finds its op");
}

Test(reports, ops_json)
{
    static const char *const names[] = {"name", "group",    "summary",    "params", "types",
                                        "kind", "backends", "definition", NULL};
    cr_assert_eq(cli_shell("flynn ops --json"), 0);
    json_t *json = cli_json(cli_out), *op;
    size_t i;
    cr_assert(strstr(cli_out, "\"max\": 1073741823"), "ranges are printed whole");
    cr_assert_eq((int)json_array_size(json), flynn_op_count());
    json_array_foreach(json, i, op)
    {
        has_fields(op, names);
        cr_assert_str_eq(json_string_value(field(op, "name")), flynn_op_at((int)i)->name);
        cr_assert_gt(json_array_size(field(field(op, "backends"), "scalar")), 0);
        field(field(op, "backends"), "opencl");
    }
    json_decref(json);
}

Test(reports, info)
{
    static const char *const names[] = {"schema", "flynn", "machine", "threads", "tables", "opencl", NULL};
    cr_assert_eq(cli_shell("FLYNN_NUM_THREADS=3 flynn info"), 0);
    cr_assert(strstr(cli_out, "CPU ") && strstr(cli_out, "tables ") && strstr(cli_out, "FLYNN_NUM_THREADS"), "%s",
              cli_out);
    cr_assert_eq(cli_shell("FLYNN_NUM_THREADS=3 FLYNN_OPENCL_LIBRARY=/nonexistent flynn info --json"), 0);
    json_t *json = cli_json(cli_out);
    has_fields(json, names);
    cr_assert_eq(json_integer_value(field(field(json, "threads"), "count")), 3);
    cr_assert_eq(json_array_size(field(field(json, "opencl"), "devices")), 0);
    cr_assert_gt(json_string_length(field(field(json, "opencl"), "why")), 0, "it says why there is none");
    cr_assert(json_is_null(field(field(json, "machine"), "copy_gbps")), "nothing is measured unless asked for");
    json_decref(json);
    cr_assert_eq(cli_shell("flynn info --measure --json"), 0);
    json = cli_json(cli_out);
    cr_assert(json_number_value(field(field(json, "machine"), "fma_gflops")) > 0);
    json_decref(json);
}

/* Sums of boxes are kept in different ways, depending on the size (core/box.h), in groups of which the last is not
 * full. */
Test(reports, verify_takes_boxes_of_all_kinds)
{
    static const int sizes[] = {16, 17, 70, 129, 200};
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
        char op[64];
        snprintf(op, sizeof op, i % 2 ? "adaptive-threshold:%d,offset=3" : "box:%d", sizes[i / 2]);
        cr_assert_eq(cli_shell("flynn verify gen:noise:301x230 %s", op), 0, "%s: %s", op, cli_out);
        cr_assert(strstr(cli_out, " 0 failures"), "%s: %s", op, cli_out);
    }
}

Test(reports, verify_tells_the_same_by_several_processes)
{
    cr_assert_eq(cli_shell("flynn verify -v -t 1 --op flip,invert,laws,clamp --chains 3 -b scalar,autovec >a.txt"), 0);
    cr_assert_eq(cli_shell("flynn verify -v -t 3 --op flip,invert,laws,clamp --chains 3 -b scalar,autovec >b.txt"), 0);
    cr_assert_eq(cli_shell("cmp a.txt b.txt && grep -q '^ok *chains on autovec' a.txt"), 0, "%s", cli_out);
}

/* Ended in the midst of it by somebody else. */
Test(reports, verify_says_which_op_has_no_result)
{
    if (cli_shell("test -r /proc/$$/task/$$/children"))
        cr_skip_test("no list of a process's children");
    cr_assert_eq(cli_shell("\"$FLYNN_BIN\" verify -q -t 2 -b scalar,autovec & p=$!; c=; while [ -z \"$c\" ]; do "
                           "c=$(cat /proc/$p/task/$p/children) || break; done; set -- $c; kill -KILL $1; wait $p"),
                 2, "%s%s", cli_out, cli_err);
    cr_expect(strstr(cli_err, "no result of ") && strstr(cli_err, "a process that verifies ended: Killed"), "%s",
              cli_err);
}

Test(reports, verify_counts)
{
    cr_assert_eq(cli_shell("flynn verify --op invert -b scalar,threads:2"), 0);
    cr_assert(strstr(cli_out, "ok      invert"), "%s", cli_out);
    cr_assert(strstr(cli_out, "inputs executed, 0 skips, 0 failures; 2 of 2 backends could run"), "%s", cli_out);
    cr_assert_eq(cli_shell("flynn verify -b scalar,autovec,threads:3 gen:scene:123x45 gaussian:1.5 invert"), 0);
    cr_assert(strstr(cli_out, "3 inputs executed"), "%s", cli_out);
    cr_assert_eq(cli_shell("flynn verify --op invert -b scalar --only no-such-input"), 2);
    cr_assert(cli_complains("no input has this"), "%s", cli_err);
}
