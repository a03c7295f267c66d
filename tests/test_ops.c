/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "dispatch/tables.h"
#include "dispatch/laws.h"
#include "dispatch/verify.h"

#include <flynn/generate.h>

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every op on every table, thread count and device against the scalar reference.
 *
 * FLYNN_SEED replays a seed, FLYNN_ONLY keeps the inputs whose description contains it, FLYNN_THOROUGH=1 tries every
 * pattern on every shape. Parameters are integers: each test runs in a process of its own that is started anew. */

#if FLYNN_HAVE_EMULATED
extern const struct flynn_table flynn_table_avx512_emulated;
#endif

/* Backends of the test: tables by number, then thread counts, the emulated table, and OpenCL. */
static const char *const others[] = {"threads:1", "threads:2", "threads:3", "threads:7", "emulated", "opencl"};
#define OTHERS ((int)(sizeof others / sizeof *others))
#define MOST   32

struct pair {
    int op, backend;
};

static int backend_count(void)
{
    return flynn_table_count() - 1 + OTHERS;
}

/* The backend of a number as -b would name it; scalar is not compared with itself. */
static const char *backend_name(int number, char *buffer, size_t size)
{
    if (number >= flynn_table_count() - 1)
        return others[number - flynn_table_count() + 1];
    const char *table = flynn_table_name(number + 1);
    snprintf(buffer, size, "%s%s", strcmp(table, "autovec") == 0 ? "" : "simd:", table);
    return buffer;
}

static uint64_t seed(void)
{
    const char *text = getenv("FLYNN_SEED");
    return text ? strtoull(text, NULL, 0) : 42;
}

/* Open the backend of a number, or skip the test visibly. */
static struct flynn_backend open_backend(int number)
{
    char buffer[48];
    const char *name = backend_name(number, buffer, sizeof buffer);
    struct flynn_backend backend;
    struct flynn_err err;

    if (strcmp(name, "emulated") == 0) {
#if FLYNN_HAVE_EMULATED
        int table = flynn_table_find("avx512");
        if (!flynn_table_usable(flynn_table_find("avx2"), NULL))
            cr_skip_test("the emulated avx512 table needs AVX2");
        flynn_table_override(table, &flynn_table_avx512_emulated);
        name = "simd:avx512";
#else
        cr_skip_test("this build has no emulated avx512 table; it is for CPUs that cannot run the table itself");
#endif
    }
    int count = flynn_backends_parse(&backend, 1, name, NULL, &err);
    cr_assert_eq(count, 1, "%s", err.text);
    if (!backend.available)
        cr_skip_test("%s: %s", backend.name, backend.why);
    return backend;
}

static void expect_good(void *arg, const struct flynn_verify_result *result)
{
    (void)arg;
    if (result->skipped)
        cr_skip_test("%s on %s: %s", result->op, result->backend, result->text);
    if (result->executed == 0 && getenv("FLYNN_ONLY"))
        cr_skip_test("%s: no input is described by '%s'", result->op, getenv("FLYNN_ONLY"));
    cr_assert_gt(result->executed, 0, "%s on %s: nothing was tried", result->op, result->backend);
    cr_assert_eq(result->failed, 0, "%s on %s: %ld of %ld inputs failed; %s", result->op, result->backend,
                 result->failed, result->executed, result->text);
}

ParameterizedTestParameters(ops, equal_scalar)
{
    static struct pair pairs[FLYNN_N_OPS * MOST];
    size_t n = 0;
    for (int op = 0; op < FLYNN_N_OPS; op++) {
        for (int b = 0; b < backend_count(); b++)
            pairs[n++] = (struct pair){op, b};
    }
    return cr_make_param_array(struct pair, pairs, n);
}

ParameterizedTest(struct pair *pair, ops, equal_scalar)
{
    struct flynn_err err = {0};
    struct flynn_verify_options options = {
        .seed = seed(), .only = getenv("FLYNN_ONLY"), .thorough = getenv("FLYNN_THOROUGH") != NULL};
    struct flynn_backend backend = open_backend(pair->backend);
    int failed = flynn_verify_op(pair->op, &backend, 1, &options, expect_good, NULL, &err);
    cr_assert_geq(failed, 0, "%s", err.text);
}

struct number {
    int backend;
};

ParameterizedTestParameters(chains, equal_scalar)
{
    static struct number numbers[MOST];
    for (int b = 0; b < backend_count(); b++)
        numbers[b].backend = b;
    return cr_make_param_array(struct number, numbers, (size_t)backend_count());
}

ParameterizedTest(struct number *number, chains, equal_scalar)
{
    struct flynn_err err = {0};
    struct flynn_verify_options options = {.seed = seed(), .only = getenv("FLYNN_ONLY")};
    struct flynn_backend backend = open_backend(number->backend);
    int failed = flynn_verify_chains(150, &backend, 1, &options, expect_good, NULL, &err);
    cr_assert_geq(failed, 0, "%s", err.text);
}

ParameterizedTestParameters(laws, hold)
{
    static struct number numbers[MOST];
    for (int b = 0; b < backend_count(); b++)
        numbers[b].backend = b;
    return cr_make_param_array(struct number, numbers, (size_t)backend_count());
}

ParameterizedTest(struct number *number, laws, hold)
{
    struct flynn_err err = {0};
    struct flynn_verify_options options = {.seed = seed(), .only = getenv("FLYNN_ONLY")};
    struct flynn_backend backend = open_backend(number->backend);
    int failed = flynn_verify_laws(&backend, 1, &options, expect_good, NULL, &err);
    cr_assert_geq(failed, 0, "%s", err.text);
}

ParameterizedTestParameters(large, equal_scalar)
{
    static struct number numbers[MOST];
    for (int b = 0; b < backend_count(); b++)
        numbers[b].backend = b;
    return cr_make_param_array(struct number, numbers, (size_t)backend_count());
}

/* Ops that write past the caches, and as what, at sizes from which they do; odd rows, so that few of them are aligned.
 */
static const struct {
    const char *image;
    const char *ops[28]; /* up to NULL */
} streamed[] = {
    {"noise:2501x2403",
     {"invert",
      "threshold:100",
      "blend:with=@,alpha=0.3",
      "gamma:2",
      "linear:1.2,beta=10",
      "copy",
      "clamp:low=30",
      "posterize:4",
      "convert:type=u16",
      "sobel",
      "unsharp:2",
      "convolve:gaussian5",
      "box:5",
      "adaptive-threshold:5",
      "pad:left=3,top=1",
      "rotate:90",
      "rotate:180",
      "pyramid-up",
      "flip",
      "flip:vertical",
      "rgb-to-hsv",
      "color-matrix:preset=xyz",
      "dither",
      "add:with=@",
      "copy-masked:with=@,mask=@",
      "transpose"}},
    {"noise:2501x2403,channels=4",
     {"over:with=@", "premultiply", "unpremultiply", "channel:a", "srgb-to-linear", "flip"}},
    {"noise:4201x4099,channels=1",
     {"otsu", "gaussian:1", "median", "cumsum", "cumsum:column", "cumsum:all", "transpose", "flip:both"}},
    {"noise:2101x2003,type=f32", {"linear-to-srgb", "hsv-to-rgb", "gaussian:1", "bilateral", "flip"}},
};

static void expect_large(const char *op, const struct flynn_image *in, const struct flynn_image *with,
                         struct flynn_backend *backend)
{
    struct flynn_verify_options options = {.seed = seed()};
    struct flynn_chain chain = {0};
    struct flynn_plan plan;
    struct flynn_err err = {0};
    cr_assert_eq(flynn_chain_add_with(&chain, op, with, &err), 0, "%s", err.text);
    cr_assert_eq(flynn_plan_build(&plan, &chain, &in->shape, &err), 0, "%s", err.text);
    int failed = flynn_verify_plan(&plan, in, op, backend, 1, &options, expect_good, NULL, &err);
    cr_assert_eq(failed, 0, "%s: %s", op, err.text);
    flynn_plan_free(&plan);
    flynn_chain_free(&chain);
}

ParameterizedTest(struct number *number, large, equal_scalar)
{
    struct flynn_backend backend = open_backend(number->backend);
    struct flynn_err err = {0};
    for (size_t i = 0; i < sizeof streamed / sizeof *streamed; i++) {
        struct flynn_image in, with;
        char second[80];
        snprintf(second, sizeof second, "%s,seed=2", streamed[i].image);
        cr_assert_eq(flynn_generate(&in, streamed[i].image, &err), 0, "%s", err.text);
        cr_assert_eq(flynn_generate(&with, second, &err), 0, "%s", err.text);
        for (int k = 0; streamed[i].ops[k]; k++)
            expect_large(streamed[i].ops[k], &in, &with, &backend);
        flynn_image_free(&in);
        flynn_image_free(&with);
    }
}
