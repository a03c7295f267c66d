/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "core/table.h"
#include "cpu/engine.h"
#include "cpu/pool.h"
#include "dispatch/run.h"
#include "dispatch/stream.h"

#include <flynn/file.h>

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/* Rows from file to file with several workers, for ThreadSanitizer: places that are known beforehand and rows in order,
 * files with wrong samples, and two streams that share a pool. */

extern const struct flynn_table flynn_table_scalar;

static char folder[] = "/tmp/flynn-tsan-XXXXXX";

static void enter(void)
{
    cr_assert(mkdtemp(folder));
}

static void leave(void)
{
    cr_assert_eq(rmdir(folder), 0);
}

TestSuite(stream, .init = enter, .fini = leave);

static const char *path_of(const char *name, char path[64])
{
    snprintf(path, 64, "%s/%s", folder, name);
    return path;
}

static void write_input(const char *path, const struct flynn_shape *shape, bool plain)
{
    struct flynn_image image;
    struct flynn_err err = {0};
    cr_assert_eq(flynn_image_alloc(&image, shape, &err), 0, "%s", err.text);
    for (int y = 0; y < shape->height; y++) {
        for (size_t i = 0; i < flynn_row_samples(shape); i++) {
            size_t value = i * 7 + (size_t)y * 13 + i * i * (size_t)y;
            if (shape->type == FLYNN_F32)
                ((float *)flynn_row(&image, y))[i] = (float)(value % 1000) / 999;
            else
                ((uint8_t *)flynn_row(&image, y))[i] = (uint8_t)value;
        }
    }
    image.maxval = shape->type == FLYNN_U8 ? 200 : 0;
    cr_assert_eq(flynn_write(&image, path, &(struct flynn_write_options){.plain = plain}, &err), 0, "%s", err.text);
    flynn_image_free(&image);
}

/* As dispatch/run.c binds a plan to a backend, without the backends. */
static int stream_plan(const struct flynn_plan *plan, struct flynn_pool *pool, struct flynn_rows_in *in,
                       struct flynn_writer *writer, struct flynn_err *err)
{
    flynn_kernel *kernel[FLYNN_MAX_CHAIN * FLYNN_MAX_STAGES + 1];
    struct flynn_run run = {.plan = plan};
    struct flynn_rows_out out = {0};
    struct flynn_image like = flynn_stream_output(plan, in);
    for (int i = 0; i < plan->stages; i++)
        kernel[i] = flynn_table_kernel(&flynn_table_scalar, plan->stage[i]);
    cr_assert_eq(flynn_engine_open(&run.engine, plan, kernel, pool, err), 0, "%s", err->text);
    cr_assert_eq(flynn_writer_rows(writer, &like, &out, err), 1, "%s", err->text);
    int code = flynn_run_stream(&run, in, &out, NULL, NULL, NULL, err);
    flynn_rows_out_close(&out);
    flynn_engine_close(run.engine);
    return code;
}

static int stream_file(const char *from, const char *to, bool plain, const char *const *ops, struct flynn_pool *pool,
                       struct flynn_err *err)
{
    struct flynn_chain chain = {0};
    struct flynn_plan plan;
    struct flynn_reader *reader;
    struct flynn_writer *writer;
    struct flynn_rows_in in;
    for (; *ops; ops++)
        cr_assert_eq(flynn_chain_add(&chain, *ops, err), 0, "%s", err->text);
    cr_assert_eq(flynn_reader_open(&reader, from, err), 0, "%s", err->text);
    cr_assert_eq(flynn_writer_open(&writer, to, &(struct flynn_write_options){.plain = plain}, err), 0, "%s",
                 err->text);
    cr_assert_eq(flynn_reader_rows(reader, &in, err), 1, "%s", err->text);
    cr_assert_eq(flynn_plan_build(&plan, &chain, &in.shape, err), 0, "%s", err->text);
    int code = stream_plan(&plan, pool, &in, writer, err);
    flynn_rows_in_close(&in);
    if (!code)
        code = flynn_writer_commit(writer, err);
    flynn_writer_close(writer);
    flynn_reader_close(reader);
    flynn_plan_free(&plan);
    flynn_chain_free(&chain);
    return code;
}

static void expect_same_bytes(const char *a, const char *b)
{
    FILE *fa = fopen(a, "rb"), *fb = fopen(b, "rb");
    int ca, cb;
    cr_assert(fa && fb);
    do {
        ca = fgetc(fa);
        cb = fgetc(fb);
        cr_assert_eq(ca, cb, "%s differs from one thread's", b);
    } while (ca != EOF);
    fclose(fa);
    fclose(fb);
}

static const char *const chains[][4] = {
    {NULL},
    {"invert", "gaussian:ksize=5", NULL},
    {"rotate:90", "invert", NULL},
    {"gaussian:ksize=5,border=wrap", "error-diffusion", NULL},
};

/* Both ends in files of known places, in order at one end, and from the last row to the first. */
static const struct {
    const char *from, *to;
    struct flynn_shape shape;
    bool plain_from, plain_to;
} files[] = {
    {"in.ppm", "out.ppm", {317, 411, 3, FLYNN_U8}, false, false},
    {"plain.ppm", "out.ppm", {117, 211, 3, FLYNN_U8}, true, false},
    {"in.ppm", "plain.ppm", {317, 411, 3, FLYNN_U8}, false, true},
    {"in.pgm", "out.npy", {97, 700, 1, FLYNN_U16}, false, false},
    {"in.pfm", "out.pfm", {201, 350, 1, FLYNN_F32}, false, false},
};
#define FILES ((int)(sizeof files / sizeof *files))

Test(stream, several_workers_make_the_file_of_one)
{
    char from[64], expected[64], got[64], name[40];
    struct flynn_err err = {0};
    struct flynn_pool *pool;
    cr_assert_eq(flynn_pool_create(&pool, 3, NULL), 0);
    for (int i = 0; i < FILES; i++) {
        write_input(path_of(files[i].from, from), &files[i].shape, files[i].plain_from);
        snprintf(name, sizeof name, "expected-%s", files[i].to);
        path_of(name, expected);
        snprintf(name, sizeof name, "got-%s", files[i].to);
        path_of(name, got);
        for (int c = 0; c < 4; c++) {
            if (c == 3 && files[i].shape.type == FLYNN_F32)
                continue; /* bytes and words only */
            cr_assert_eq(stream_file(from, expected, files[i].plain_to, chains[c], NULL, &err), 0, "%s", err.text);
            cr_assert_eq(stream_file(from, got, files[i].plain_to, chains[c], pool, &err), 0, "%s", err.text);
            expect_same_bytes(expected, got);
        }
        remove(from);
        remove(expected);
        remove(got);
    }
    flynn_pool_free(pool);
}

/* A byte that is above the file's maxval, and no digit. */
static void spoil(const char *path, long place)
{
    FILE *file = fopen(path, "r+b");
    cr_assert(file && !fseek(file, place, SEEK_SET) && fputc(255, file) == 255);
    fclose(file);
}

/* The worker that meets a wrong sample stops all others. */
Test(stream, what_cannot_be_read_stops_all_workers)
{
    char from[64], to[64];
    struct flynn_err err = {0};
    struct flynn_pool *pool;
    cr_assert_eq(flynn_pool_create(&pool, 3, NULL), 0);
    for (int i = 0; i < 20; i++) {
        write_input(path_of("in.ppm", from), &files[0].shape, i % 2);
        spoil(from, (i % 2 ? 900000 : 380000) - i * 15000);
        cr_assert(stream_file(from, path_of("out.ppm", to), false, chains[1], pool, &err) < 0, "%d", i);
        cr_assert(strstr(err.text, "in.ppm"), "%s", err.text);
        cr_assert(access(to, F_OK), "half a file");
        remove(from);
    }
    flynn_pool_free(pool);
}

static struct flynn_pool *shared;

static void *stream_shared(void *name)
{
    char from[64], to[64];
    struct flynn_err err = {0};
    for (int i = 0; i < 10; i++)
        cr_assert_eq(stream_file(path_of("in.ppm", from), path_of(name, to), i % 2, chains[i % 3], shared, &err), 0,
                     "%s", err.text);
    return NULL;
}

Test(stream, two_streams_share_a_pool)
{
    char from[64], a[64], b[64];
    pthread_t thread;
    cr_assert_eq(flynn_pool_create(&shared, 3, NULL), 0);
    write_input(path_of("in.ppm", from), &files[1].shape, false);
    cr_assert_eq(pthread_create(&thread, NULL, stream_shared, "a.ppm"), 0);
    stream_shared("b.ppm");
    cr_assert_eq(pthread_join(thread, NULL), 0);
    flynn_pool_free(shared);
    expect_same_bytes(path_of("a.ppm", a), path_of("b.ppm", b));
    remove(from);
    remove(a);
    remove(b);
}
