/* SPDX-License-Identifier: Apache-2.0 */
#include "dispatch/run.h"
#include "opencl/cache.h"
#include "opencl/selftest.h"
#include "opencl/source.h"
#include "opencl/tune.h"
#include "tests/opencl_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void setup(void)
{
    fixture_setup();
    unsetenv("FLYNN_OPENCL_SHAPE");
    flynn_run_set_reference();
}

TestSuite(opencl_tune, .init = setup, .fini = fixture_teardown, .timeout = 600);

enum { NO_LIMIT = 500 };

static const struct flynn_cl_tuning *search(const char *op, enum flynn_type type, double seconds)
{
    static struct flynn_cl_tuning tuning;
    struct flynn_err err;
    cr_assert(flynn_cl_tune(&tuning, fixture_device(), op, type, seconds, &err) == FLYNN_OK, "%s", err.text);
    return &tuning;
}

static const struct flynn_cl_trial *trial_of(const struct flynn_cl_tuning *tuning, const char *shape)
{
    for (int i = 0; i < tuning->trials; i++) {
        if (strcmp(tuning->trial[i].shape, shape) == 0)
            return &tuning->trial[i];
    }
    cr_assert_fail("no trial of %s", shape);
    return NULL;
}

/* What the device takes now, in a static buffer. */
static const char *taken(const char *op, enum flynn_type type, bool *found)
{
    static char text[120];
    cr_assert(flynn_cl_shape_text(text, sizeof text, fixture_device(), op, type, found));
    return text;
}

/* Shapes that the device cannot run are left out and say so; all others give the reference's bits. */
static void check_all_good(const char *op, enum flynn_type type)
{
    const struct flynn_cl_tuning *tuning = search(op, type, NO_LIMIT);
    int tiles = 0, others = 0;
    for (int i = 0; i < tuning->trials; i++) {
        const struct flynn_cl_trial *t = &tuning->trial[i];
        const bool lacks = strstr(t->why, "of local memory;") || strstr(t->why, "has groups of");
        cr_expect(t->good || lacks, "%s %s: %s", op, t->shape, t->why);
        tiles += t->good && strncmp(t->shape, "tiles", 5) == 0;
        others += t->good && strncmp(t->shape, "tiles", 5) != 0;
    }
    cr_expect(tiles >= 2 && others >= 1, "%s: %d shapes of tiles, %d others", op, tiles, others);
}

Test(opencl_tune, every_shape_of_every_product_is_exact)
{
    enum flynn_type type;
    const char *op;
    for (int i = 0; flynn_cl_product(i, &op, &type); i++)
        check_all_good(op, type);
}

/* kernels/matmul.cl with lines in front of it. */
static void use_kernel(const char *before)
{
    int i = 0;
    while (strcmp(flynn_cl_files[i].name, "matmul.cl") != 0)
        i++;
    char *text;
    cr_assert(asprintf(&text, "%s%s", before, flynn_cl_files[i].text) > 0);
    fixture_write("kernels/matmul.cl", text);
    free(text);
    setenv("FLYNN_KERNEL_DIR", fixture_path("kernels"), 1);
}

Test(opencl_tune, wrong_shapes_are_left_out)
{
    bool found;
    use_kernel("#if defined(PANELS) && MICRO_M == 4\n#error broken\n#elif defined(PANELS)\n"
               "#define fma(a, b, c) ((a) * (b) + (c))\n#elif TILE_M > 32\n#error broken\n#endif\n");
    const struct flynn_cl_tuning *tuning = search("matmul", FLYNN_F32, NO_LIMIT);
    const struct flynn_cl_trial *wrong = trial_of(tuning, "panels-6"), *broken = trial_of(tuning, "panels-4");
    cr_expect(!wrong->good && strstr(wrong->why, "differs from the reference"), "%s", wrong->why);
    cr_expect(!broken->good && strstr(broken->why, "does not compile"), "%s", broken->why);
    cr_assert(tuning->best >= 0 && trial_of(tuning, "tiles-32x32x16-4x4") == &tuning->trial[tuning->best]);
    cr_expect(strstr(taken("matmul", FLYNN_F32, &found), "tiles-32x32x16-4x4 (found") && found);
}

Test(opencl_tune, nothing_good_is_no_choice)
{
    bool found;
    use_kernel("#error broken\n");
    cr_expect(search("matmul", FLYNN_F32, NO_LIMIT)->best == -1);
    taken("matmul", FLYNN_F32, &found);
    cr_expect(!found && !*fixture_entry("shape-"));
}

/* A time of none leaves all out, and what was known stays. */
Test(opencl_tune, time_is_bounded)
{
    const struct flynn_cl_tuning *tuning = search("matmul", FLYNN_F32, 0);
    cr_expect(tuning->best == -1);
    for (int i = 0; i < tuning->trials; i++)
        cr_expect(strstr(tuning->trial[i].why, "not tried"), "%s", tuning->trial[i].why);
}

/* Put `text` as the cached choice; the next process sees it. */
static const char *taken_from(const char *text, bool *found)
{
    size_t bytes;
    char *key, *old = flynn_cl_cache_read_any(fixture_entry("shape-"), &key, &bytes);
    cr_assert(old != NULL);
    cr_assert(flynn_cl_cache_write(fixture_entry("shape-"), key, text, strlen(text)));
    free(old);
    free(key);
    flynn_cl_shutdown();
    return taken("matmul", FLYNN_F32, found);
}

Test(opencl_tune, choices_are_remembered_and_damaged_ones_ignored)
{
    bool found;
    struct flynn_cl_handle *handle = flynn_cl_handle_at(fixture_device());
    char preset[120];
    snprintf(preset, sizeof preset, "%s", taken("matmul", FLYNN_F32, &found));
    cr_assert(!found && strstr(preset, "(preset)"), "%s", preset);
    flynn_cl_shape_remember(flynn_cl_shape_find("matmul", "tiles-32x32x16-4x4"), handle, FLYNN_F32, 12);
    cr_expect(strstr(taken("matmul", FLYNN_F32, &found), "tiles-32x32x16-4x4 (found"));
    flynn_cl_shutdown();
    cr_expect(strstr(taken("matmul", FLYNN_F32, &found), "tiles-32x32x16-4x4 (found") && found, "not remembered");
    cr_expect(strstr(taken_from("panels-4 5.0", &found), "panels-4 (found"), "not taken from the cache");
    static const char *const damaged[] = {"", "panels-4", "panels-99 7.0", "tiles-32x32x16-4x4", "\x01\xff 3"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
        cr_expect_str_eq(taken_from(damaged[i], &found), preset);
    flynn_cl_shape_remember(flynn_cl_shape_find("matmul", "panels-4"), flynn_cl_handle_at(fixture_device()), FLYNN_F32,
                            12);
    char file[300];
    snprintf(file, sizeof file, "cache/cl/%s", fixture_entry("shape-"));
    fixture_write(file, "no entry at all");
    flynn_cl_shutdown();
    cr_expect_str_eq(taken("matmul", FLYNN_F32, &found), preset);
}

/* A choice for other kernels says nothing of these. */
Test(opencl_tune, choices_go_with_the_source)
{
    bool found;
    struct flynn_cl_handle *handle = flynn_cl_handle_at(fixture_device());
    flynn_cl_shape_remember(flynn_cl_shape_find("matmul", "panels-4"), handle, FLYNN_F32, 12);
    flynn_cl_shutdown();
    use_kernel("\n");
    taken("matmul", FLYNN_F32, &found);
    cr_expect(!found);
}

/* The shape that is named runs, whatever was found: one that cannot be right shows in the result. */
Test(opencl_tune, named_shapes_are_taken)
{
    static const struct flynn_shape shape = {67, 67, 1, FLYNN_F32};
    struct flynn_chain chain = {0};
    struct flynn_plan plan;
    struct flynn_image in, want = {0};
    struct flynn_err err;
    bool found, differs;
    struct flynn_cl_handle *handle;
    use_kernel("#if defined(PANELS) && MICRO_M == 4\n#define fma(a, b, c) ((a) * (b) + (c))\n#endif\n");
    cr_assert(flynn_cl_handle_open(&handle, fixture_device(), &err) == FLYNN_OK, "%s", err.text);
    cr_assert(flynn_cl_pattern(&in, &shape, 5, &err) == FLYNN_OK);
    cr_assert(flynn_chain_add_with(&chain, "matmul", &in, &err) == FLYNN_OK, "%s", err.text);
    cr_assert(flynn_plan_build(&plan, &chain, &shape, &err) == FLYNN_OK, "%s", err.text);
    cr_assert(flynn_cl_wanted(&want, &plan, &in, &err) == FLYNN_OK, "%s", err.text);
    setenv("FLYNN_OPENCL_SHAPE", "tiles-32x32x16-4x4", 1);
    cr_expect(strstr(taken("matmul", FLYNN_F32, &found), "tiles-32x32x16-4x4 (named"));
    cr_expect(flynn_cl_answer(handle, &plan, NULL, &in, &want, &differs, &err) == FLYNN_OK, "%s", err.text);
    setenv("FLYNN_OPENCL_SHAPE", "panels-4", 1);
    cr_expect(flynn_cl_answer(handle, &plan, NULL, &in, &want, &differs, &err) && differs, "%s", err.text);
    setenv("FLYNN_OPENCL_SHAPE", "panels-7", 1);
    cr_expect(flynn_cl_answer(handle, &plan, NULL, &in, &want, &differs, &err) == FLYNN_EUSAGE);
    flynn_plan_free(&plan);
    flynn_chain_free(&chain);
    flynn_image_free(&in);
    flynn_image_free(&want);
}
