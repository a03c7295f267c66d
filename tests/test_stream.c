/* SPDX-License-Identifier: Apache-2.0 */
#include "dispatch/inputs.h"
#include "dispatch/run.h"
#include "dispatch/stream.h"
#include "dispatch/verify.h"

#include <flynn/file.h>

#include <criterion/criterion.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Row by row from file to file and through pipes: the bytes must be those of the whole image at once. */

static char folder[] = "/tmp/flynn-stream-XXXXXX";

static void setup(void)
{
    cr_assert(mkdtemp(folder));
}

static void teardown(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(stream, .init = setup, .fini = teardown, .timeout = 120);

static const char *path_of(const char *name, char buffer[64])
{
    snprintf(buffer, 64, "%s/%s", folder, name);
    return buffer;
}

static void parse(struct flynn_chain *chain, const char *const *ops)
{
    struct flynn_err err;
    for (; *ops; ops++)
        cr_assert_eq(flynn_chain_add(chain, *ops, &err), 0, "%s", err.text);
}

/* One image from reader to writer by rows; returns the error code. */
static int stream_one(struct flynn_reader *reader, struct flynn_writer *writer, const struct flynn_chain *chain,
                      const char *backend_name, int strip, struct flynn_err *err)
{
    struct flynn_rows_in in;
    struct flynn_rows_out out;
    struct flynn_plan plan;
    struct flynn_backend backend;
    struct flynn_run *run;

    int code = flynn_reader_rows(reader, &in, err);
    if (code != 1)
        return code;
    cr_assert_eq(flynn_plan_build(&plan, chain, &in.shape, err), 0, "%s", err->text);
    cr_assert_eq(flynn_backends_parse(&backend, 1, backend_name, NULL, err), 1, "%s", err->text);
    cr_assert_eq(flynn_run_open(&run, &plan, &backend, err), 0, "%s", err->text);
    flynn_run_set_strip(run, strip);
    struct flynn_image like = {.shape = plan.out, .maxval = plan.out.type == in.shape.type ? in.maxval : 0};
    cr_assert_eq(flynn_writer_rows(writer, &like, &out, err), 1, "%s", err->text);
    code = flynn_run_stream(run, &in, &out, NULL, NULL, NULL, err);
    flynn_rows_in_close(&in);
    flynn_rows_out_close(&out);
    flynn_run_close(run);
    flynn_plan_free(&plan);
    return code ? code : 1;
}

static int stream_as(const char *from, const char *to, const struct flynn_write_options *options,
                     const struct flynn_chain *chain, const char *backend, int strip, struct flynn_err *err)
{
    struct flynn_reader *reader;
    struct flynn_writer *writer;
    int code;
    cr_assert_eq(flynn_reader_open(&reader, from, err), 0, "%s", err->text);
    cr_assert_eq(flynn_writer_open(&writer, to, options, err), 0, "%s", err->text);
    do
        code = stream_one(reader, writer, chain, backend, strip, err);
    while (code == 1);
    if (!code)
        code = flynn_writer_commit(writer, err);
    flynn_writer_close(writer);
    flynn_reader_close(reader);
    return code;
}

static int stream_file(const char *from, const char *to, const struct flynn_chain *chain, const char *backend,
                       int strip, struct flynn_err *err)
{
    return stream_as(from, to, &(struct flynn_write_options){.format = FLYNN_FORMAT_PNM}, chain, backend, strip, err);
}

/* The same through images in memory, on the scalar table. */
static void reference_file(const char *from, const char *to, const struct flynn_chain *chain)
{
    struct flynn_err err;
    struct flynn_reader *reader;
    struct flynn_writer *writer;
    struct flynn_image in, out;
    cr_assert_eq(flynn_reader_open(&reader, from, &err), 0);
    cr_assert_eq(flynn_writer_open(&writer, to, &(struct flynn_write_options){.format = FLYNN_FORMAT_PNM}, &err), 0);
    while (flynn_reader_next(reader, &in, &err) == 1) {
        struct flynn_plan plan;
        cr_assert_eq(flynn_plan_build(&plan, chain, &in.shape, &err), 0, "%s", err.text);
        cr_assert_eq(flynn_plan_output(&plan, &in, &out, &err), 0);
        cr_assert_eq(flynn_reference_run(&plan, &in, &out, &err), 0);
        cr_assert_eq(flynn_writer_put(writer, &out, &err), 0, "%s", err.text);
        flynn_image_free(&in);
        flynn_image_free(&out);
        flynn_plan_free(&plan);
    }
    cr_assert_eq(flynn_writer_commit(writer, &err), 0);
    flynn_writer_close(writer);
    flynn_reader_close(reader);
}

static void expect_same_bytes(const char *a, const char *b, const char *what)
{
    FILE *fa = fopen(a, "rb"), *fb = fopen(b, "rb");
    long at = 0;
    int ca, cb;
    cr_assert(fa && fb);
    do {
        ca = fgetc(fa);
        cb = fgetc(fb);
        cr_assert_eq(ca, cb, "%s: byte %ld: expected %d, got %d", what, at, ca, cb);
        at++;
    } while (ca != EOF);
    fclose(fa);
    fclose(fb);
}

/* Several images of different sizes and maxvals in one file. */
static void write_frames(const char *path)
{
    static const struct {
        struct flynn_shape shape;
        uint32_t maxval;
    } frames[] = {
        {{317, 211, 3, FLYNN_U8}, 255},   {{64, 301, 1, FLYNN_U8}, 255},  {{131, 77, 3, FLYNN_U8}, 100},
        {{90, 120, 1, FLYNN_U16}, 65535}, {{45, 64, 3, FLYNN_U16}, 1023}, {{33, 40, 4, FLYNN_U8}, 255},
        {{57, 31, 2, FLYNN_U16}, 4095},   {{1, 1, 3, FLYNN_U8}, 255},     {{1, 500, 1, FLYNN_U8}, 255},
        {{5000, 3, 3, FLYNN_U8}, 255},    {{640, 480, 3, FLYNN_U8}, 255},
    };
    struct flynn_err err;
    struct flynn_writer *writer;
    uint64_t rng = 5;
    cr_assert_eq(flynn_writer_open(&writer, path, NULL, &err), 0, "%s", err.text);
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        struct flynn_image image;
        cr_assert_eq(flynn_image_alloc(&image, &frames[i].shape, &err), 0);
        image.maxval = frames[i].maxval;
        flynn_pattern_fill(&image, 6, &rng);
        cr_assert_eq(flynn_writer_put(writer, &image, &err), 0, "%s", err.text);
        flynn_image_free(&image);
    }
    cr_assert_eq(flynn_writer_commit(writer, &err), 0);
    flynn_writer_close(writer);
}

static const char *const chains[][5] = {
    {NULL},
    {"invert", NULL},
    {"gaussian:sigma=1.5", "invert", NULL},
    {"invert", "gaussian:ksize=5", "gaussian:ksize=3", "invert", NULL},
    {"rotate:90", NULL},
    {"gaussian:ksize=5", "rotate:90", "invert", NULL},
    {"rotate:angle=20", "gaussian:ksize=7", "transpose", "gaussian:ksize=3,border=constant", NULL},
    {"gaussian:ksize=7,border=wrap", "invert", NULL},
    {"gaussian:ksize=5", "crop:height=1", NULL}, /* most rows are asked for by nobody */
    {"median:5", NULL},                          /* makes more rows at once than are placed at once */
};
#define CHAINS ((int)(sizeof chains / sizeof *chains))

Test(stream, files_equal_images_in_memory)
{
    static const char *const backends[] = {"scalar", "simd", "threads:2", "threads:3", "threads:7"};
    char from[64], expected[64], got[64], what[100];
    struct flynn_err err;
    write_frames(path_of("in.pnm", from));
    for (int i = 0; i < CHAINS; i++) {
        struct flynn_chain chain = {0};
        parse(&chain, chains[i]);
        reference_file(from, path_of("expected.pnm", expected), &chain);
        for (int b = 0; b < 5; b++) {
            snprintf(what, sizeof what, "chain %d on %s", i, backends[b]);
            cr_assert_eq(stream_file(from, path_of("got.pnm", got), &chain, backends[b], b * 7, &err), 0, "%s: %s",
                         what, err.text);
            expect_same_bytes(expected, got, what);
        }
        flynn_chain_free(&chain);
    }
}

Test(stream, pipes_equal_files)
{
    char from[64], expected[64], got[64], command[256];
    struct flynn_err err;
    write_frames(path_of("in.pnm", from));
    for (int i = 0; i < CHAINS; i++) {
        struct flynn_chain chain = {0};
        parse(&chain, chains[i]);
        reference_file(from, path_of("expected.pnm", expected), &chain);
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            snprintf(command, sizeof command, "cat %s", from);
            FILE *cat = popen(command, "r");
            FILE *out = popen((snprintf(command, sizeof command, "cat > %s", path_of("got.pnm", got)), command), "w");
            if (!cat || !out || dup2(fileno(cat), 0) < 0 || dup2(fileno(out), 1) < 0)
                _exit(3);
            int code = stream_file("-", "-", &chain, "threads:2", 0, &err);
            close(1);
            pclose(out);
            _exit(code ? 4 : 0);
        }
        int status;
        waitpid(child, &status, 0);
        cr_assert_eq(status, 0, "chain %d: status %d", i, status);
        expect_same_bytes(expected, path_of("got.pnm", got), "pipe");
        flynn_chain_free(&chain);
    }
}

/* One image of each format that goes by rows, and what can be made of it. */
static const struct {
    const char *from;
    struct flynn_shape shape;
    bool plain; /* for `from` */
    struct {
        const char *to;
        bool plain;
    } out[3];
} converted[] = {
    {"in.ppm", {123, 97, 3, FLYNN_U8}, true, {{"out.ppm", true}, {"out.npy", false}, {"out.pam", false}}},
    {"in.pgm", {97, 300, 1, FLYNN_U16}, true, {{"out.pgm", true}, {"out.npy", false}, {"out.ppm", true}}},
    {"in.pfm", {201, 150, 3, FLYNN_F32}, false, {{"out.pfm", false}, {"out.npy", false}}},
    {"in.npy", {88, 301, 1, FLYNN_F32}, false, {{"out.pfm", false}, {"out.npy", false}}},
    {"in.npy", {301, 64, 3, FLYNN_U16}, false, {{"out.npy", false}, {"out.ppm", true}}},
};

static void convert_one(int number, const struct flynn_chain *chain, const char *backend)
{
    char from[64], expected[64], got[64];
    struct flynn_err err = {0};
    struct flynn_image in, out;
    struct flynn_plan plan;
    uint64_t rng = 7;
    cr_assert_eq(flynn_image_alloc(&in, &converted[number].shape, &err), 0);
    flynn_pattern_fill(&in, 6, &rng);
    path_of(converted[number].from, from);
    cr_assert_eq(flynn_write(&in, from, &(struct flynn_write_options){.plain = converted[number].plain}, &err), 0, "%s",
                 err.text);
    flynn_image_free(&in);
    cr_assert_eq(flynn_read(&in, from, &err), 0, "%s", err.text);
    cr_assert_eq(flynn_plan_build(&plan, chain, &in.shape, &err), 0, "%s", err.text);
    cr_assert_eq(flynn_plan_output(&plan, &in, &out, &err), 0);
    cr_assert_eq(flynn_reference_run(&plan, &in, &out, &err), 0);
    for (int i = 0; i < 3 && converted[number].out[i].to; i++) {
        struct flynn_write_options options = {.plain = converted[number].out[i].plain};
        char name[32];
        snprintf(name, sizeof name, "expected-%s", converted[number].out[i].to);
        cr_assert_eq(flynn_write(&out, path_of(name, expected), &options, &err), 0, "%s", err.text);
        cr_assert_eq(stream_as(from, path_of(converted[number].out[i].to, got), &options, chain, backend, 0, &err), 0,
                     "%d to %s: %s", number, got, err.text);
        expect_same_bytes(expected, got, got);
    }
    flynn_plan_free(&plan);
    flynn_image_free(&in);
    flynn_image_free(&out);
}

Test(stream, plain_pnm_pfm_and_npy_go_by_rows)
{
    static const char *const backends[] = {"scalar", "threads:2", "threads:3"};
    static const int numbers[] = {0, 3, 4, 8}; /* of chains: none, tables and filters, a whole stage, few rows */
    for (int c = 0; c < 4; c++) {
        struct flynn_chain chain = {0};
        parse(&chain, chains[numbers[c]]);
        for (int i = 0; i < (int)(sizeof converted / sizeof *converted); i++)
            convert_one(i, &chain, backends[(i + c) % 3]);
        flynn_chain_free(&chain);
    }
}

/* What stands in memory when rows come from and go to files: the input of each stage that reads any row, no more. */
Test(stream, a_whole_stage_costs_one_image)
{
    static const struct flynn_shape shape = {1500, 2000, 3, FLYNN_U8};
    static const struct {
        const char *ops[5];
        double images;
    } jobs[] = {
        {{NULL}, 0},
        {{"invert", "gaussian:ksize=5", NULL}, 0},
        {{"rotate:90", NULL}, 1},
        {{"rotate:angle=20", "gaussian:ksize=5", NULL}, 1},
        {{"gaussian:ksize=5", "transpose", "invert", "gaussian:ksize=3", NULL}, 1},
        {{"gaussian:ksize=5", "transpose", "invert", "rotate:angle=20", NULL}, 2},
        {{"gaussian:ksize=5", "equalize", NULL}, 1},
        {{"error-diffusion", NULL}, 1},
        {{"gaussian:ksize=5", "error-diffusion", "invert", NULL}, 1},
        {{"gaussian:ksize=5", "error-diffusion", NULL}, 1},
        {{"error-diffusion", "error-diffusion", NULL}, 2},
        {{"integral", NULL}, 4}, /* whose samples are four times as large */
        {{"gaussian:ksize=5", "integral", NULL}, 4},
        {{"grayscale", "canny", NULL}, 0}, /* bits */
    };
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        struct flynn_chain chain = {0};
        struct flynn_plan plan;
        struct flynn_backend backend;
        struct flynn_run *run;
        struct flynn_err err = {0};
        parse(&chain, jobs[i].ops);
        cr_assert_eq(flynn_plan_build(&plan, &chain, &shape, &err), 0, "%s", err.text);
        cr_assert_eq(flynn_backends_parse(&backend, 1, "threads:2", NULL, &err), 1, "%s", err.text);
        cr_assert_eq(flynn_run_open(&run, &plan, &backend, &err), 0, "%s", err.text);
        size_t bytes = flynn_engine_bytes(run->engine) + flynn_engine_stream_bytes(run->engine);
        double images = (double)bytes / ((double)flynn_row_bytes(&shape) * shape.height);
        cr_expect(images >= jobs[i].images && images < jobs[i].images + 0.3, "chain %zu holds %.2f images", i, images);
        flynn_run_close(run);
        flynn_plan_free(&plan);
        flynn_chain_free(&chain);
    }
}

static void expect_failure(const char *from, const char *to, const char *message)
{
    struct flynn_chain chain = {0};
    struct flynn_err err = {0};
    parse(&chain, chains[2]);
    cr_assert_lt(stream_file(from, to, &chain, "threads:2", 0, &err), 0);
    cr_assert(strstr(err.text, message), "'%s' does not say '%s'", err.text, message);
    flynn_chain_free(&chain);
}

Test(stream, a_truncated_file_leaves_no_output)
{
    char from[64], to[64], command[256];
    write_frames(path_of("in.pnm", from));
    snprintf(command, sizeof command, "head -c 100000 %s > %s/cut.pnm", from, folder);
    cr_assert_eq(system(command), 0);
    expect_failure(path_of("cut.pnm", from), path_of("out.pnm", to), "cut.pnm");
    cr_assert_neq(access(to, F_OK), 0, "a partial output was left");
    snprintf(command, sizeof command, "test -z \"$(ls -A %s | grep flynn-)\"", folder);
    cr_assert_eq(system(command), 0, "a temporary file was left");
}

Test(stream, a_file_that_shrinks_while_it_is_read_is_noticed)
{
    char from[64], to[64];
    struct flynn_err err = {0};
    struct flynn_reader *reader;
    struct flynn_writer *writer;
    struct flynn_rows_in in;
    struct flynn_rows_fault fault;
    uint8_t row[4096];

    write_frames(path_of("in.pnm", from));
    cr_assert_eq(flynn_reader_open(&reader, from, &err), 0);
    cr_assert_eq(flynn_writer_open(&writer, path_of("out.pnm", to), NULL, &err), 0);
    cr_assert_eq(flynn_reader_rows(reader, &in, &err), 1);
    flynn_rows_fault_init(&fault);
    cr_assert_eq(flynn_rows_in_start(&in, 1, 0, &fault, &err), 0);
    cr_assert_eq(truncate(from, 2000), 0);
    flynn_rows_in_read(&in, 0, 100, row);
    cr_assert(atomic_load(&fault.stop));
    cr_assert(strstr(fault.err.text, "the samples end"), "%s", fault.err.text);
    flynn_rows_in_close(&in);
    flynn_writer_close(writer);
    flynn_reader_close(reader);
    cr_assert_neq(access(to, F_OK), 0);
}

Test(stream, a_full_device_is_reported)
{
    char from[64];
    write_frames(path_of("in.pnm", from));
    expect_failure(from, "/dev/full", "No space left");
}

Test(stream, a_sample_above_maxval_is_reported_with_its_offset)
{
    char from[64], to[64];
    FILE *file = fopen(path_of("bad.pgm", from), "wb");
    fputs("P5 4 2 100\n", file);
    fwrite("\1\2\3\4\5\6\310\7", 8, 1, file);
    fclose(file);
    expect_failure(from, path_of("out.pgm", to), "offset 17");
    cr_assert_neq(access(to, F_OK), 0);
}

/* Whatever the header's length, floats that are used where they lie in a chunk stand at multiples of their size. */
Test(stream, floats_of_pfm_are_aligned)
{
    char from[64], to[64];
    float row[1000];
    struct flynn_err err = {0};
    for (int width = 9; width <= 1000; width = width * 10 + 9) {
        struct flynn_shape shape = {width, 40, 1, FLYNN_F32};
        struct flynn_image image;
        struct flynn_reader *reader;
        struct flynn_writer *writer;
        struct flynn_rows_in in;
        struct flynn_rows_out out;
        struct flynn_rows_fault fault;
        cr_assert_eq(flynn_image_alloc(&image, &shape, &err), 0);
        cr_assert_eq(flynn_write(&image, path_of("in.pfm", from), NULL, &err), 0, "%s", err.text);
        cr_assert_eq(flynn_reader_open(&reader, from, &err), 0);
        cr_assert_eq(flynn_writer_open(&writer, path_of("out.pfm", to), NULL, &err), 0);
        cr_assert_eq(flynn_reader_rows(reader, &in, &err), 1);
        cr_assert_eq(flynn_writer_rows(writer, &image, &out, &err), 1);
        flynn_rows_fault_init(&fault);
        cr_assert_eq(flynn_rows_in_start(&in, 1, 0, &fault, &err), 0);
        cr_assert_eq(flynn_rows_out_start(&out, 1, 0, &fault, &err), 0);
        cr_expect_eq((uintptr_t)flynn_rows_in_read(&in, 0, 0, row) % sizeof(float), 0, "read, width %d", width);
        cr_expect_eq((uintptr_t)flynn_rows_out_place(&out, 0, 0) % sizeof(float), 0, "written, width %d", width);
        flynn_rows_in_close(&in);
        flynn_rows_out_close(&out);
        flynn_writer_close(writer);
        flynn_reader_close(reader);
        flynn_image_free(&image);
    }
}
