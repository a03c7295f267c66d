/* SPDX-License-Identifier: Apache-2.0 */
#include "core/compare.h"
#include "core/rng.h"
#include "dispatch/inputs.h"
#include "dispatch/run.h"
#include "dispatch/verify.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

/* The row engine's cuts and memory: tiles of columns, images that hold both the input and the output of a stage, and
 * rows that come from and go to somewhere else. What is expected comes from each op alone, from image to image. */

TestSuite(engine, .timeout = 300);

static const char *const backends[] = {"scalar", "simd", "threads:2", "threads:3"};
#define BACKENDS ((int)(sizeof backends / sizeof *backends))

/* ---- rows from an image and to an image ------------------------------------------------------------------------- */

struct rows {
    const struct flynn_image *in, *out;
};

static const void *read_row(void *context, int worker, int y, void *buffer)
{
    const struct flynn_image *in = ((struct rows *)context)->in;
    (void)worker;
    return y % 2 ? flynn_row(in, y) : memcpy(buffer, flynn_row(in, y), flynn_row_bytes(&in->shape));
}

static void *place(void *context, int worker, int y)
{
    (void)worker;
    return flynn_row(((struct rows *)context)->out, y);
}

static void done(void *context, int worker, int y, int rows)
{
    (void)context, (void)worker, (void)y;
    cr_assert(rows <= FLYNN_IO_STEP, "%d rows at once", rows);
}

static void flush(void *context, int worker)
{
    (void)context, (void)worker;
}

/* ---- plans ------------------------------------------------------------------------------------------------------ */

struct job {
    struct flynn_chain chain;
    struct flynn_plan plan;
};

/* False where an op does not take the shape. */
static bool open_job(struct job *job, const char *const *ops, int count, const struct flynn_shape *shape)
{
    memset(job, 0, sizeof *job);
    for (int i = 0; i < count; i++)
        cr_assert_eq(flynn_chain_add(&job->chain, ops[i], NULL), 0, "%s", ops[i]);
    if (!flynn_plan_build(&job->plan, &job->chain, shape, NULL))
        return true;
    flynn_chain_free(&job->chain);
    return false;
}

static void close_job(struct job *job)
{
    flynn_plan_free(&job->plan);
    flynn_chain_free(&job->chain);
}

static void reference(const struct flynn_image *in, const char *const *ops, int count, struct flynn_image *out)
{
    struct flynn_image from;
    struct flynn_err err;
    cr_assert_eq(flynn_image_copy(out, in, NULL), 0);
    for (int i = 0; i < count; i++) {
        struct job job;
        from = *out;
        cr_assert(open_job(&job, ops + i, 1, &from.shape));
        cr_assert_eq(flynn_image_alloc(out, &job.plan.out, NULL), 0);
        cr_assert_eq(flynn_reference_run(&job.plan, &from, out, &err), 0, "%s", err.text);
        flynn_image_free(&from);
        close_job(&job);
    }
}

static void expect_same(const struct flynn_image *want, const struct flynn_image *got, const char *what)
{
    struct flynn_difference difference;
    char text[200];
    cr_assert(flynn_compare(&difference, want, got), "%s: %s", what,
              flynn_difference_text(text, sizeof text, &difference));
}

/* Image to image, rows to rows, rows to image, with tiles of so many columns. */
static void expect_run(const struct job *job, const char *name, int tile, const struct flynn_image *in,
                       const struct flynn_image *want, const char *what)
{
    struct flynn_backend backend;
    struct flynn_run *run;
    struct flynn_image out;
    struct flynn_err err;
    struct rows rows = {in, &out};
    struct flynn_row_io io = {&rows, .read = read_row, .place = place, .done = done, .flush = flush};
    cr_assert_eq(flynn_backends_parse(&backend, 1, name, NULL, &err), 1, "%s", err.text);
    cr_assert_eq(flynn_run_open(&run, &job->plan, &backend, &err), 0, "%s", err.text);
    flynn_run_set_tile(run, tile);
    cr_assert_eq(flynn_image_alloc(&out, &job->plan.out, NULL), 0);
    for (int way = 0; way < 4; way++) {
        memset(out.data, 0xaa, out.stride * (size_t)out.shape.height);
        io.place = way == 2 ? NULL : place;
        io.band = way == 3 ? 2 * FLYNN_IO_STEP : 0;
        int code = way ? flynn_engine_stream(run->engine, NULL, &out, &io, &err)
                       : flynn_engine_run(run->engine, in, &out, &err);
        cr_assert_eq(code, 0, "%s: %s", what, err.text);
        expect_same(want, &out, what);
    }
    flynn_image_free(&out);
    flynn_run_close(run);
}

static void make_input(struct flynn_image *in, const struct flynn_shape *shape, bool definite)
{
    uint64_t rng = 3;
    cr_assert_eq(flynn_image_alloc(in, shape, NULL), 0);
    flynn_pattern_fill(in, 2, &rng);
    for (int i = 0; definite && i < shape->width && i < shape->height; i++) {
        if (shape->type == FLYNN_F64)
            ((double *)flynn_row(in, i))[i] = 1e6;
        else if (shape->type == FLYNN_F32)
            ((float *)flynn_row(in, i))[i] = 1e6f;
    }
}

static int try_ops(const char *const *ops, int count, const struct flynn_shape *shape, int tile, bool definite)
{
    struct job job;
    struct flynn_image in, want;
    if (!open_job(&job, ops, count, shape))
        return 0;
    make_input(&in, shape, definite);
    reference(&in, ops, count, &want);
    for (int b = 0; b < BACKENDS; b++) {
        char what[200];
        snprintf(what, sizeof what, "%s %s on %dx%dx%d %s, %s, tiles of %d", ops[0], count > 1 ? ops[1] : "",
                 shape->width, shape->height, shape->channels, flynn_type_name(shape->type), backends[b], tile);
        expect_run(&job, backends[b], tile, &in, &want, what);
    }
    flynn_image_free(&in);
    flynn_image_free(&want);
    close_job(&job);
    return 1;
}

/* ---- tests ------------------------------------------------------------------------------------------------------ */

Test(engine, a_stage_in_place_makes_what_it_makes_elsewhere)
{
    static const char *const ops[][3] = {
        {"integral", NULL},
        {"canny", NULL},
        {"error-diffusion", NULL},
        {"error-diffusion:levels=5", "error-diffusion", NULL},
        {"cumsum:column", NULL},
        {"cholesky", NULL},
        {"lu", NULL},
        {"gaussian:ksize=5", "integral", NULL},
        {"gaussian:ksize=3", "error-diffusion", NULL},
        {"error-diffusion", "gaussian:ksize=3", NULL},
        {"error-diffusion", "integral", NULL},
        {"copy", "cumsum:column", NULL},
        {"copy", "cholesky", NULL},
        {"copy", "lu", NULL},
    };
    static const struct flynn_size sides[] = {{1, 1},   {2, 3},    {16, 5},    {16, 16},
                                              {37, 37}, {67, 130}, {130, 130}, {200, 9}};
    static const enum flynn_type types[] = {FLYNN_U8, FLYNN_U16, FLYNN_F32, FLYNN_F64};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        int ran = 0;
        for (size_t k = 0; k < sizeof sides / sizeof *sides * 16; k++) {
            struct flynn_shape shape = {sides[k / 16].width, sides[k / 16].height, 1 + (int)(k % 4), types[k / 4 % 4]};
            ran += try_ops(ops[i], ops[i][1] ? 2 : 1, &shape, 0, strstr(ops[i][ops[i][1] ? 1 : 0], "cholesky"));
        }
        cr_expect(ran > 0, "%s takes none of the shapes", ops[i][0]);
    }
}

Test(engine, tiles_make_the_same)
{
    static const char *const ops[][2] = {
        {"gaussian:sigma=2", "median:5"},
        {"gaussian:sigma=9", "unsharp"},
        {"median:3", "gaussian:sigma=1,border=constant,fill=20%"},
        {"rotate:angle=10", "gaussian:sigma=1,border=replicate"},
        {"resize:height=50,width=90", "gaussian:sigma=2,border=reflect"},
        {"pyramid-down", "median:7"},
        {"gaussian:sigma=1", "pyramid-down"},
        {"pyramid-down", "pyramid-down"},
        {"pyramid-up", "median:7"},
        {"gaussian:sigma=1", "pyramid-up"},
        {"pyramid-up", "pyramid-up"},
        {"pyramid-up", "flip"},
        {"tophat:ksize=5", "dither"},
        {"box:ksize=15", "resize:scale=0.6"},
        {"resize:scale=1.7,method=lanczos3", "box:width=4,height=3"},
        {"resize:scale=0.4,method=area", "box:9"},
        {"resize:50%", "flip"},
        {"flip", "gaussian:sigma=1.5"},
        {"resize:scale=2.3,method=nearest", "crop:x=9,y=3,width=60"},
        {"crop:x=5,width=50", "resize:scale=1.9,method=bicubic"},
        {"gaussian:sigma=1", "pad:left=30,right=90,border=replicate"},
        {"pad:left=70,top=3,right=20,fill=40%", "box:width=130,height=5"},
        {"box:width=31,height=2,border=constant,fill=9%", "flip"},
        {"box:width=30,height=7,border=reflect", "median:3"},
        {"gaussian:sigma=1", "bilateral:d=7,border=constant,fill=30%"},
        {"bilateral:5", "resize:scale=0.8"},
        {"grayscale", "canny"},
        {"canny", "box:3"},
    };
    static const int tiles[] = {1, 7, 40, 64};
    static const struct flynn_shape shapes[] = {
        {131, 77, 3, FLYNN_U8}, {90, 40, 1, FLYNN_U16}, {75, 50, 4, FLYNN_F32}, {150, 41, 1, FLYNN_U8}};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        int ran = 0;
        for (size_t k = 0; k < 16; k++)
            ran += try_ops(ops[i], 2, &shapes[k % 4], tiles[k / 4], false);
        cr_expect(ran >= 4, "%s %s takes none of the shapes", ops[i][0], ops[i][1]);
    }
}

/* Rings of wide images are cut, others are not. Tile by tile, they take little memory. */
Test(engine, wide_images_have_tiles)
{
    static const struct {
        struct flynn_shape shape;
        const char *ops[3];
        int count;
        bool columns, rows; /* tiled from image to image, and where rows come or go whole */
    } cases[] = {
        {{2000, 300, 3, FLYNN_F32}, {"gaussian:sigma=4", "gaussian:sigma=8"}, 2, false, false},
        {{70000, 300, 3, FLYNN_F32}, {"gaussian:sigma=4", "gaussian:sigma=8"}, 2, true, true},
        {{30000, 300, 3, FLYNN_U8}, {"gaussian:sigma=4", "gaussian:sigma=8"}, 2, true, false},
        {{40000, 300, 3, FLYNN_U8}, {"box:15", "resize:50%", "flip"}, 3, true, false},
        {{400000, 200, 3, FLYNN_U8}, {"box:15", "resize:width=200000", "gaussian:ksize=15"}, 3, true, true},
        {{400000, 200, 3, FLYNN_U8}, {"box:15", "pyramid-down"}, 2, true, true},
        {{400000, 200, 3, FLYNN_U8}, {"pyramid-up"}, 1, true, false},
        {{400000, 200, 3, FLYNN_U8}, {"crop:x=9"}, 1, false, false},
        {{40000, 300, 3, FLYNN_U8}, {"box:15", "box:15,border=wrap"}, 2, true, false}, /* the second is a segment */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct job job;
        struct flynn_backend backend;
        struct flynn_run *run;
        struct flynn_engine_layout layout;
        struct flynn_err err;
        cr_assert(open_job(&job, cases[i].ops, cases[i].count, &cases[i].shape));
        cr_assert_eq(flynn_backends_parse(&backend, 1, "threads:2", NULL, &err), 1);
        cr_assert_eq(flynn_run_open(&run, &job.plan, &backend, &err), 0, "%s", err.text);
        for (int whole = 0; whole < 2; whole++) {
            flynn_engine_layout(run->engine, 0, 0, whole, &layout);
            cr_expect_eq(layout.tiles > 1, whole ? cases[i].rows : cases[i].columns,
                         "case %zu: %d tiles of %d columns, rings of %zu bytes", i, layout.tiles, layout.tile,
                         layout.ring_bytes);
            cr_expect(layout.tiles == 1 || layout.tile % 64 == 0);
            cr_expect(whole || layout.tiles == 1 || layout.ring_bytes < 4 << 20, "case %zu: rings of %zu bytes", i,
                      layout.ring_bytes);
        }
        flynn_run_close(run);
        close_job(&job);
    }
}

/* One weak edge down the whole image that touches a strong one at its end: every seam between the rows of members must
 * be crossed. The image is large enough for all of them to have work. */
Test(engine, an_edge_crosses_the_rows_of_all_members)
{
    const struct flynn_shape shape = {1400, 1400, 1, FLYNN_U8};
    const char *const op = "canny:low=50,high=150";
    for (int end = 0; end < 2; end++) {
        struct job job;
        struct flynn_image in, want;
        cr_assert(open_job(&job, &op, 1, &shape));
        cr_assert_eq(flynn_image_alloc(&in, &shape, NULL), 0);
        for (int y = 0; y < shape.height; y++) {
            bool strong = end ? y >= shape.height - 3 : y < 3;
            memset(flynn_row(&in, y), 0, (size_t)shape.width);
            memset((uint8_t *)flynn_row(&in, y) + 700, strong ? 200 : 20, (size_t)shape.width - 700);
        }
        reference(&in, &op, 1, &want);
        for (int y = 4; y < shape.height - 4; y++)
            cr_assert(memchr(flynn_row(&want, y), 255, (size_t)shape.width), "no edge in row %d", y);
        expect_run(&job, "threads:2", 0, &in, &want, "an edge on two threads");
        expect_run(&job, "threads:3", 0, &in, &want, "an edge on three threads");
        flynn_image_free(&in);
        flynn_image_free(&want);
        close_job(&job);
    }
}

/* Bars as high as the boxes of a large sigma make the largest sums there are. */
Test(engine, sums_of_large_boxes_have_room)
{
    static const char *const ops[] = {"gaussian:sigma=32", "gaussian:sigma=45", "gaussian:sigma=55"};
    const struct flynn_shape shape = {200, 700, 1, FLYNN_U8};
    for (size_t i = 0; i < 6; i++) {
        struct job job;
        struct flynn_image in, want;
        int bar = i % 2 ? 128 : 61;
        cr_assert(open_job(&job, &ops[i / 2], 1, &shape));
        cr_assert_eq(flynn_image_alloc(&in, &shape, NULL), 0);
        for (int y = 0; y < shape.height; y++)
            memset(flynn_row(&in, y), y / bar % 2 * 255, (size_t)shape.width);
        reference(&in, &ops[i / 2], 1, &want);
        expect_run(&job, "simd", 0, &in, &want, ops[i / 2]);
        flynn_image_free(&in);
        flynn_image_free(&want);
        close_job(&job);
    }
}
