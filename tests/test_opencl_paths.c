/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "dispatch/verify.h"
#include "opencl/source.h"
#include "tests/opencl_fixture.h"

#include <criterion/parameterized.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Kernels that have several forms: those that this machine's device does not choose, on bytes or what comes next to
 * them. What it chooses is tested with all ops. */

TestSuite(opencl_paths, .init = fixture_setup, .fini = fixture_teardown, .timeout = 600);

struct path {
    const char *op, *only;
};

/* X86_AVX2 in common.clh. */
static const struct path plain[] = {
    {"affine", " on u8 "},       {"bilateral", " on u8 "},
    {"box", " on u8 "},          {"adaptive-threshold", " on u8 "},
    {"color-matrix", " on u8 "}, {"gamma", " on u8 "},
    {"gaussian", " on u8 "},     {"grayscale", " on u8 "},
    {"linear", " on u8 "},       {"rgb-to-hsv", " on u8 "},
    {"hsv-to-rgb", " on u8 "},   {"rgb-to-ycbcr", " on u8 "},
    {"auto-level", " on u8 "},   {"ycbcr-to-rgb", " on u8 "},
    {"median", " on u16 "},      {"unsharp", " on u16 "},
};

/* ON_CPU. */
static const struct path apart[] = {
    {"affine", " on u8 6"},
    {"argmax", " on u8 6"},
    {"bilateral", " on u8 6"},
    {"box", " on u8 6"},
    {"canny", " on u8 6"},
    {"clahe", " on u8 6"},
    {"convolve", " on u8 6"},
    {"erode", " on u8 6"},
    {"gamma", " on u8 6"},
    {"gaussian", " on u8 6"},
    {"histogram", " on u8 6"},
    {"integral", " on u8 6"},
    {"mandelbrot", " on u8 6"},
    {"matmul", " on f32 6"},
    {"median", " on u8 6"},
    {"pyramid-up", " on u8 6"},
    {"sum", " on u8 6"},
    {"matvec", " on f32 6"},
    {"matmul-int8", " on u8 6"},
    {"morphology-gradient", " on u8 6"},
    {"error-diffusion", " on u8 6"},
};

struct number {
    int path;
};

static void expect_good(void *arg, const struct flynn_verify_result *r)
{
    (void)arg;
    cr_assert_not(r->skipped, "%s on %s: %s", r->op, r->backend, r->text);
    cr_assert_gt(r->executed, 0, "%s on %s: nothing was tried", r->op, r->backend);
    cr_assert_eq(r->failed, 0, "%s on %s: %ld of %ld inputs failed; %s", r->op, r->backend, r->failed, r->executed,
                 r->text);
}

static void verify(const struct path *path)
{
    struct flynn_verify_options options = {.seed = 42, .only = path->only};
    struct flynn_backend backend;
    struct flynn_err err;
    char name[32];
    snprintf(name, sizeof name, "opencl:%d", fixture_device());
    cr_assert_eq(flynn_backends_parse(&backend, 1, name, NULL, &err), 1, "%s", err.text);
    cr_assert_geq(flynn_verify_op(flynn_op_find(path->op), &backend, 1, &options, expect_good, NULL, &err), 0, "%s",
                  err.text);
    flynn_backend_shutdown();
}

/* common.clh as for a device whose instructions have no names. */
static void name_no_instructions(void)
{
    static const char define[] = "#define X86_AVX2\n";
    int i = 0;
    while (i < flynn_cl_file_count && strcmp(flynn_cl_files[i].name, "common.clh") != 0)
        i++;
    cr_assert_lt(i, flynn_cl_file_count);
    char *text = strdup(flynn_cl_files[i].text), *at = strstr(text, define);
    cr_assert(at && !strstr(at + 1, define), "common.clh does not define X86_AVX2 once");
    memset(at, ' ', sizeof define - 2);
    fixture_write("kernels/common.clh", text);
    setenv("FLYNN_KERNEL_DIR", fixture_path("kernels"), 1);
    free(text);
}

static struct criterion_test_params numbers_to(int count)
{
    static struct number numbers[64];
    for (int i = 0; i < count; i++)
        numbers[i].path = i;
    return cr_make_param_array(struct number, numbers, (size_t)count);
}

ParameterizedTestParameters(opencl_paths, without_named_instructions)
{
    return numbers_to((int)(sizeof plain / sizeof *plain));
}

ParameterizedTest(struct number *number, opencl_paths, without_named_instructions)
{
    name_no_instructions();
    verify(&plain[number->path]);
}

ParameterizedTestParameters(opencl_paths, of_devices_with_memory_of_their_own)
{
    return numbers_to((int)(sizeof apart / sizeof *apart));
}

ParameterizedTest(struct number *number, opencl_paths, of_devices_with_memory_of_their_own)
{
    setenv("FLYNN_OPENCL_COPY", "1", 1);
    verify(&apart[number->path]);
}
