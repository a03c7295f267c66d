/* SPDX-License-Identifier: Apache-2.0 */
#include "opencl/cache.h"
#include "tests/opencl_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(opencl_cache, .init = fixture_setup, .fini = fixture_teardown, .timeout = 300);

static const struct flynn_shape shape = {37, 11, 3, FLYNN_U8};

/* How many samples of an inverted image are wrong. */
static size_t wrong_now(void)
{
    const int device = fixture_device();
    struct flynn_chain chain;
    struct flynn_plan plan;
    struct flynn_image in, out;
    struct flynn_err err;
    fixture_plan(&chain, &plan, 1, &shape);
    flynn_image_alloc(&in, &shape, &err);
    flynn_image_alloc(&out, &shape, &err);
    fixture_fill(&in, 3);
    cr_assert(fixture_run(&plan, device, &in, &out, &err) == 0, "%s", err.text);
    const size_t wrong = fixture_wrong(&in, &out);
    flynn_plan_free(&plan);
    flynn_chain_free(&chain);
    flynn_image_free(&in);
    flynn_image_free(&out);
    return wrong;
}

/* A kernel that copies instead of inverting. */
static void use_copy_kernel(void)
{
    fixture_write("kernels/invert.cl",
                  "#include \"common.clh\"\nFLYNN_KERNEL(invert, T, T)\n{\n"
                  "    for (int y = FIRST_Y; y < LAST_Y(a.out.height); y++)\n"
                  "        for (int x = FIRST_X; x < LAST_X(a.out.width * a.out.channels); x++)\n"
                  "            ROW(T, out, y, a.out.stride)[x] = CROW(T, in, y, a.in.stride)[x];\n}\n");
    setenv("FLYNN_KERNEL_DIR", fixture_path("kernels"), 1);
}

Test(opencl_cache, entries)
{
    size_t bytes = 0;
    cr_assert(flynn_cl_cache_read("x", "key", &bytes) == NULL);
    cr_assert(flynn_cl_cache_write("x", "key", "data", 4));
    char *data = flynn_cl_cache_read("x", "key", &bytes);
    cr_assert(data && bytes == 4 && strcmp(data, "data") == 0);
    free(data);
    cr_assert(flynn_cl_cache_read("x", "another key", &bytes) == NULL);
    FILE *file = fopen(fixture_path("cache/cl/x"), "r+");
    cr_assert(file && fseek(file, -1, SEEK_END) == 0);
    fputc('b', file);
    fclose(file);
    cr_assert(flynn_cl_cache_read("x", "key", &bytes) == NULL, "a damaged entry was taken");
    fixture_write("cache/cl/x", "");
    cr_assert(flynn_cl_cache_read("x", "key", &bytes) == NULL);
}

/* FNV-1a of 128 bits of nothing and of "a", from the authors' table. */
Test(opencl_cache, hash)
{
    char hex[33];
    flynn_cl_hash_text(hex, "");
    cr_assert_str_eq(hex, "6c62272e07bb014262b821756295c58d");
    flynn_cl_hash_text(hex, "a");
    cr_assert_str_eq(hex, "d228cb696f1a8caf78912b704e4a8964");
}

/* pocl keeps programs itself unless it is told not to: then it is the runtime that a binary can be had from. */
static void let_runtime_keep_nothing(void)
{
    setenv("POCL_KERNEL_CACHE", "0", 1);
}

/* The binary of another kernel, put under the key of invert, is what runs next: the cache was used. */
Test(opencl_cache, binary_is_used)
{
    char name[256], *key, *copy;
    size_t bytes;
    let_runtime_keep_nothing();
    use_copy_kernel();
    cr_assert(wrong_now() > 0);
    copy = flynn_cl_cache_read_any(fixture_entry("program-"), &key, &bytes);
    if (!copy)
        cr_skip_test("the runtime gives no binaries");
    flynn_cl_cache_remove(fixture_entry("program-"));
    free(key);
    unsetenv("FLYNN_KERNEL_DIR");
    flynn_cl_shutdown();
    cr_assert(wrong_now() == 0);
    snprintf(name, sizeof name, "%s", fixture_entry("program-"));
    size_t unused;
    free(flynn_cl_cache_read_any(name, &key, &unused));
    cr_assert(flynn_cl_cache_write(name, key, copy, bytes));
    flynn_cl_shutdown();
    cr_assert(wrong_now() > 0, "the cached binary was not used");
    free(copy);
    free(key);
}

Test(opencl_cache, refused_binary_falls_back_to_the_source)
{
    char name[256], *key;
    size_t bytes;
    let_runtime_keep_nothing();
    cr_assert(wrong_now() == 0);
    snprintf(name, sizeof name, "%s", fixture_entry("program-"));
    free(flynn_cl_cache_read_any(name, &key, &bytes));
    cr_assert(flynn_cl_cache_write(name, key, "this is no program", 18));
    flynn_cl_shutdown();
    cr_assert(wrong_now() == 0);
    char *again = flynn_cl_cache_read(name, key, &bytes);
    cr_assert(again && bytes != 18, "the entry was not made anew");
    free(again);
    free(key);
}

Test(opencl_cache, runtime_that_keeps_programs_is_not_asked_for_them)
{
    int count;
    const char *why;
    const int device = fixture_device();
    if (strcmp(flynn_cl_devices(&count, &why)[device].platform, "Portable Computing Language") != 0)
        cr_skip_test("no pocl");
    unsetenv("POCL_KERNEL_CACHE");
    cr_assert(wrong_now() == 0);
    cr_assert_str_empty(fixture_entry("program-"), "a binary was made");
}

static int negative(const struct flynn_plan *plan, const struct flynn_image *in, const struct flynn_image *out)
{
    (void)plan;
    for (int y = 0; y < in->shape.height; y++) {
        for (size_t i = 0; i < flynn_row_samples(&in->shape); i++)
            ((uint8_t *)flynn_row(out, y))[i] = (uint8_t)(255 - ((const uint8_t *)flynn_row(in, y))[i]);
    }
    return 0;
}

Test(opencl_cache, self_test_lets_good_kernels_pass)
{
    char text[400];
    flynn_cl_set_reference(negative);
    cr_assert(wrong_now() == 0);
    cr_assert(*fixture_entry("verdict-"), "no verdict was remembered");
    cr_assert(flynn_cl_quarantine(fixture_device(), text, sizeof text) == 0 && text[0] == '\0', "%s", text);
}

static int open_invert(struct flynn_err *err)
{
    struct flynn_chain chain;
    struct flynn_plan plan;
    struct flynn_cl_run *run;
    fixture_plan(&chain, &plan, 1, &shape);
    int code = flynn_cl_open(&run, &plan, fixture_device(), err);
    flynn_cl_close(run);
    flynn_plan_free(&plan);
    flynn_chain_free(&chain);
    return code;
}

Test(opencl_cache, self_test_quarantines_bad_kernels)
{
    char text[400];
    struct flynn_err err;
    flynn_cl_set_reference(negative);
    use_copy_kernel();
    cr_assert(open_invert(&err) == FLYNN_EUNAVAILABLE);
    cr_assert(strstr(err.text, "self-test") && strstr(err.text, "x=0 y=0"), "%s", err.text);
    cr_assert(flynn_cl_quarantine(fixture_device(), text, sizeof text) == 1);
    cr_assert(strncmp(text, "invert u8: ", 11) == 0, "%s", text);
    /* The next process knows it without a test, */
    flynn_cl_shutdown();
    cr_assert(flynn_cl_quarantine(fixture_device(), text, sizeof text) == 1, "%s", text);
    cr_assert(open_invert(&err) == FLYNN_EUNAVAILABLE);
    /* and a repaired kernel is free again. */
    unsetenv("FLYNN_KERNEL_DIR");
    flynn_cl_shutdown();
    cr_assert(flynn_cl_quarantine(fixture_device(), text, sizeof text) == 0, "%s", text);
    cr_assert(open_invert(&err) == FLYNN_OK, "%s", err.text);
}
