/* SPDX-License-Identifier: Apache-2.0 */
#include "opencl/cache.h"
#include "tests/opencl_fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(opencl_run, .init = fixture_setup, .fini = fixture_teardown, .timeout = 300);

/* Invert noise of a shape, `length` times, and count wrong samples and bytes written outside of the image. `shift`
 * moves the images away from their alignment. */
static size_t wrong_for(int device, const struct flynn_shape *shape, int length, size_t shift)
{
    const size_t sample = flynn_type_bytes(shape->type), row = flynn_row_bytes(shape), gap = 64;
    struct flynn_chain chain;
    struct flynn_plan plan;
    struct flynn_err err;
    struct flynn_image in = {.shape = *shape, .stride = row + gap}, out = in;
    const size_t bytes = in.stride * (size_t)shape->height + 128;
    uint8_t *from = aligned_alloc(64, (bytes + 63) / 64 * 64), *to = aligned_alloc(64, (bytes + 63) / 64 * 64);
    memset(from, 0, bytes);
    memset(to, 0xaa, bytes);
    in.data = from + shift * sample;
    out.data = to + shift * sample;
    fixture_fill(&in, 7);
    fixture_plan(&chain, &plan, length, shape);
    int code = fixture_run(&plan, device, &in, &out, &err);
    cr_assert(code == 0, "%s", err.text);
    size_t wrong = fixture_wrong(&in, &out);
    for (size_t i = 0; i < bytes; i++) {
        const size_t at = i - shift * sample;
        const bool inside = i >= shift * sample && at / out.stride < (size_t)shape->height && at % out.stride < row;
        wrong += !inside && to[i] != 0xaa;
    }
    flynn_plan_free(&plan);
    flynn_chain_free(&chain);
    free(from);
    free(to);
    return wrong;
}

static void check_shapes(int device, int length, size_t shift)
{
    static const int sizes[][2] = {{1, 1},  {1, 7},   {7, 1},  {15, 3},  {16, 2},
                                   {17, 5}, {31, 17}, {64, 3}, {65, 33}, {127, 63}};
    for (int t = FLYNN_U8; t <= FLYNN_F32; t++) {
        for (int channels = 1; channels <= FLYNN_MAX_CHANNELS; channels++) {
            for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
                const struct flynn_shape shape = {sizes[s][0], sizes[s][1], channels, (enum flynn_type)t};
                const size_t wrong = wrong_for(device, &shape, length, shift);
                cr_assert(wrong == 0, "%dx%dx%d %s, %d ops, shift %zu: %zu wrong", shape.width, shape.height, channels,
                          flynn_type_name(shape.type), length, shift, wrong);
            }
        }
    }
}

Test(opencl_run, invert_is_right)
{
    check_shapes(fixture_device(), 1, 0);
}

Test(opencl_run, invert_is_right_on_unaligned_images)
{
    check_shapes(fixture_device(), 1, 3);
}

Test(opencl_run, invert_is_right_through_copies)
{
    setenv("FLYNN_OPENCL_COPY", "1", 1);
    check_shapes(fixture_device(), 1, 1);
}

/* More than one half of the staging memory in both directions. */
Test(opencl_run, large_image_through_copies)
{
    const struct flynn_shape shape = {5001, 1999, 3, FLYNN_U8};
    setenv("FLYNN_OPENCL_COPY", "1", 1);
    cr_assert(wrong_for(fixture_device(), &shape, 1, 0) == 0);
}

Test(opencl_run, chain_of_invert)
{
    const struct flynn_shape shape = {131, 71, 4, FLYNN_U8}, wide = {70001, 2, 1, FLYNN_U16};
    const int device = fixture_device();
    for (int length = 3; length <= 5; length += 2)
        cr_assert(wrong_for(device, &shape, length, 0) == 0, "%d ops", length);
    cr_assert(wrong_for(device, &wide, 3, 0) == 0);
}

/* New contents of a bound input are seen by the next upload, and images can be bound anew. */
Test(opencl_run, one_run_serves_many_images)
{
    const struct flynn_shape shape = {33, 9, 3, FLYNN_U8};
    const int device = fixture_device();
    struct flynn_chain chain;
    struct flynn_plan plan;
    struct flynn_cl_run *run;
    struct flynn_err err;
    struct flynn_image in, out[2];
    flynn_image_alloc(&in, &shape, &err);
    fixture_plan(&chain, &plan, 1, &shape);
    cr_assert(flynn_cl_open(&run, &plan, device, &err) == 0, "%s", err.text);
    cr_assert(flynn_cl_compute(run, &err) == FLYNN_EUSAGE);
    for (int i = 0; i < 2; i++) {
        flynn_image_alloc(&out[i], &shape, &err);
        cr_assert(flynn_cl_bind(run, &in, &out[i], &err) == 0, "%s", err.text);
        for (uint64_t seed = 1; seed < 4; seed++) {
            fixture_fill(&in, seed);
            cr_assert(flynn_cl_upload(run, &err) == 0, "%s", err.text);
            cr_assert(flynn_cl_compute(run, &err) == 0, "%s", err.text);
            cr_assert(flynn_cl_download(run, &err) == 0, "%s", err.text);
            cr_assert(fixture_wrong(&in, &out[i]) == 0, "seed %d", (int)seed);
        }
    }
    flynn_cl_close(run);
    flynn_plan_free(&plan);
    flynn_chain_free(&chain);
    flynn_image_free(&in);
    flynn_image_free(&out[0]);
    flynn_image_free(&out[1]);
}

static void *run_in_thread(void *device)
{
    const struct flynn_shape shape = {201, 63, 3, FLYNN_U16};
    size_t wrong = 0;
    for (int i = 0; i < 5; i++)
        wrong += wrong_for(*(int *)device, &shape, 1 + 2 * (i & 1), 0);
    return wrong ? device : NULL;
}

Test(opencl_run, threads_have_runs_of_their_own)
{
    int device = fixture_device();
    pthread_t thread[4];
    void *wrong;
    for (int i = 0; i < 4; i++)
        pthread_create(&thread[i], NULL, run_in_thread, &device);
    for (int i = 0; i < 4; i++) {
        pthread_join(thread[i], &wrong);
        cr_assert(wrong == NULL, "thread %d", i);
    }
}

Test(opencl_run, image_beyond_the_device)
{
    const struct flynn_shape shape = {1 << 20, 1 << 19, 1, FLYNN_U8};
    const int device = fixture_device();
    struct flynn_chain chain;
    struct flynn_plan plan;
    struct flynn_cl_run *run;
    struct flynn_err err;
    fixture_plan(&chain, &plan, 1, &shape);
    cr_assert(flynn_cl_open(&run, &plan, device, &err) == FLYNN_ELIMIT && run == NULL);
    cr_assert(strstr(err.text, "takes at most") != NULL, "%s", err.text);
    flynn_plan_free(&plan);
    flynn_chain_free(&chain);
}

Test(opencl_run, kernel_that_does_not_compile)
{
    const struct flynn_shape shape = {4, 4, 1, FLYNN_U8};
    const int device = fixture_device();
    struct flynn_chain chain;
    struct flynn_plan plan;
    struct flynn_cl_run *run;
    struct flynn_err err;
    fixture_write("kernels/invert.cl", "#include \"common.clh\"\n\nFLYNN_KERNEL(invert, T, T)\n{\n    nonsense;\n}\n");
    setenv("FLYNN_KERNEL_DIR", fixture_path("kernels"), 1);
    fixture_plan(&chain, &plan, 1, &shape);
    cr_assert(flynn_cl_open(&run, &plan, device, &err) == FLYNN_EUNAVAILABLE);
    cr_assert(strstr(err.text, "invert.cl:5:") && strstr(err.text, "error"), "%s", err.text);
    flynn_plan_free(&plan);
    flynn_chain_free(&chain);
}

/* Rows y make border_index for the mode y % 5 and an axis of y / 5 + 1. */
Test(opencl_run, border_index_is_the_host_s)
{
    const struct flynn_shape shape = {101, 35, 1, FLYNN_U16};
    const int device = fixture_device();
    struct flynn_chain chain;
    struct flynn_plan plan;
    struct flynn_image in, out;
    struct flynn_err err;
    fixture_write("kernels/invert.cl",
                  "#include \"common.clh\"\nFLYNN_KERNEL(invert, T, T)\n{\n"
                  "    for (int y = FIRST_Y; y < LAST_Y(a.out.height); y++)\n"
                  "        for (int x = FIRST_X; x < LAST_X(a.out.width); x++)\n"
                  "            ROW(T, out, y, a.out.stride)[x] = (T)border_index(y % 5, x - 50, y / 5 + 1);\n}\n");
    setenv("FLYNN_KERNEL_DIR", fixture_path("kernels"), 1);
    fixture_plan(&chain, &plan, 1, &shape);
    flynn_image_alloc(&in, &shape, &err);
    flynn_image_alloc(&out, &shape, &err);
    fixture_fill(&in, 1);
    cr_assert(fixture_run(&plan, device, &in, &out, &err) == 0, "%s", err.text);
    for (int y = 0; y < shape.height; y++) {
        for (int x = 0; x < shape.width; x++) {
            const int want = flynn_border_index((enum flynn_border)(y % 5), x - 50, y / 5 + 1);
            const int got = (int16_t)((const uint16_t *)flynn_row(&out, y))[x];
            cr_assert(got == want, "mode %d i %d n %d: %d, not %d", y % 5, x - 50, y / 5 + 1, got, want);
        }
    }
    flynn_plan_free(&plan);
    flynn_chain_free(&chain);
    flynn_image_free(&in);
    flynn_image_free(&out);
}
