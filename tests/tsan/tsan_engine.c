/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "core/compare.h"
#include "core/table.h"
#include "cpu/engine.h"
#include "cpu/pool.h"

#include <pthread.h>

/* The row engine with several workers, for ThreadSanitizer: every op that takes the shape, alone and after a table, in
 * strips of different heights and tiles of different widths; several runs of one engine, and two engines that share a
 * pool. */

extern const struct flynn_table flynn_table_scalar;

struct job {
    struct flynn_chain chain;
    struct flynn_plan plan;
    flynn_kernel *kernel[FLYNN_MAX_CHAIN * FLYNN_MAX_STAGES + 1];
    struct flynn_image in, want;
};

static void fill(struct flynn_image *image, const struct flynn_shape *shape)
{
    cr_assert_eq(flynn_image_alloc(image, shape, NULL), 0);
    for (int y = 0; y < shape->height; y++) {
        uint8_t *row = flynn_row(image, y);
        for (size_t i = 0; i < flynn_row_bytes(shape); i++)
            row[i] = (uint8_t)(i * 7 + (size_t)y * 13 + i * i * (size_t)y);
    }
}

static void run(struct job *job, struct flynn_pool *pool, int strip, int tile, struct flynn_image *out)
{
    struct flynn_engine *engine;
    struct flynn_err err = {0};
    cr_assert_eq(flynn_engine_open(&engine, &job->plan, job->kernel, pool, &err), 0, "%s", err.text);
    cr_assert_eq(flynn_image_alloc(out, &job->plan.out, &err), 0, "%s", err.text);
    flynn_engine_set_strip(engine, strip);
    flynn_engine_set_tile(engine, tile);
    flynn_engine_run(engine, &job->in, out, &err);
    flynn_engine_run(engine, &job->in, out, &err);
    flynn_engine_close(engine);
}

/* False when the op cannot take the shape, or not without a required parameter. */
static bool make_job(struct job *job, const char *first, const char *second, const struct flynn_shape *shape)
{
    memset(job, 0, sizeof *job);
    fill(&job->in, shape);
    if (flynn_chain_add_with(&job->chain, first, &job->in, NULL) ||
        (second && flynn_chain_add_with(&job->chain, second, &job->in, NULL)) ||
        flynn_plan_build(&job->plan, &job->chain, shape, NULL)) {
        flynn_chain_free(&job->chain);
        flynn_image_free(&job->in);
        return false;
    }
    for (int i = 0; i < job->plan.stages; i++)
        job->kernel[i] = flynn_table_kernel(&flynn_table_scalar, job->plan.stage[i]);
    run(job, NULL, 0, 0, &job->want);
    return true;
}

static void drop_job(struct job *job)
{
    flynn_image_free(&job->want);
    flynn_plan_free(&job->plan);
    flynn_chain_free(&job->chain);
    flynn_image_free(&job->in);
}

static void expect_same(struct job *job, struct flynn_pool *pool, int strip, int tile, const char *what)
{
    struct flynn_image out;
    run(job, pool, strip, tile, &out);
    cr_assert(flynn_images_equal(&job->want, &out), "%s differs from one thread in strips of %d, tiles of %d", what,
              strip, tile);
    flynn_image_free(&out);
}

/* An op with its defaults (number 0) or one of its cases; false when there is no such case. */
static bool op_text(const struct flynn_op *op, int number, char *text, size_t size)
{
    if (number > 0 && !op->cases[number - 1])
        return false;
    snprintf(text, size, number ? "%s:%s" : "%s", op->name, number ? op->cases[number - 1] : "");
    return true;
}

Test(engine, every_op_in_strips)
{
    static const struct flynn_shape shapes[] = {{67, 41, 3, FLYNN_U8}, {33, 50, 1, FLYNN_F32}};
    struct flynn_pool *pool;
    int jobs = 0;
    cr_assert_eq(flynn_pool_create(&pool, 3, NULL), 0);
    for (int i = 0; i < flynn_op_count() * 3 * 2; i++) {
        const struct flynn_op *op = flynn_op_at(i / 6);
        char text[256];
        struct job job;
        if (!op_text(op, i / 2 % 3, text, sizeof text) ||
            !make_job(&job, text, i % 2 ? NULL : "invert", &shapes[i % 2]))
            continue;
        for (int strip = 0; strip < 20; strip += 9)
            expect_same(&job, pool, strip, strip / 9 * 7, text);
        drop_job(&job);
        jobs++;
    }
    flynn_pool_free(pool);
    cr_assert(jobs >= flynn_op_count(), "%d jobs ran", jobs);
}

/* The input lies in the output's memory, which all members of a team read and write. */
Test(engine, teams_in_place)
{
    static const char *const ops[][3] = {
        {"invert", "integral"}, {"invert", "error-diffusion"}, {"canny", NULL}, {"copy", "cumsum:axis=column"}};
    static const struct flynn_shape shapes[] = {{67, 141, 1, FLYNN_U8}, {300, 300, 1, FLYNN_F32}};
    struct flynn_pool *pool;
    int jobs = 0;
    cr_assert_eq(flynn_pool_create(&pool, 3, NULL), 0);
    for (int i = 0; i < 8; i++) {
        struct job job;
        if (!make_job(&job, ops[i / 2][0], ops[i / 2][1], &shapes[i % 2]))
            continue;
        expect_same(&job, pool, 0, 0, ops[i / 2][1] ? ops[i / 2][1] : ops[i / 2][0]);
        drop_job(&job);
        jobs++;
    }
    flynn_pool_free(pool);
    cr_assert(jobs >= 6, "%d jobs ran", jobs);
}

/* Jobs too small to wake a worker for, one after the other, beside which it is woken. */
Test(engine, a_series_of_small_jobs)
{
    const struct flynn_shape shape = {600, 300, 1, FLYNN_U8};
    struct flynn_pool *pool;
    struct flynn_engine *engine;
    struct flynn_image out;
    struct job job;
    cr_assert_eq(flynn_pool_create(&pool, 2, NULL), 0);
    cr_assert(make_job(&job, "invert", "gamma:2", &shape));
    cr_assert_eq(flynn_engine_open(&engine, &job.plan, job.kernel, pool, NULL), 0);
    cr_assert_eq(flynn_image_alloc(&out, &shape, NULL), 0);
    cr_assert_eq(flynn_engine_run(engine, &job.in, &out, NULL), 0);
    cr_assert_eq(flynn_pool_awake(pool, 2), 1, "one small job woke the pool");
    for (int i = 0; i < 300; i++) {
        cr_assert_eq(flynn_engine_run(engine, &job.in, &out, NULL), 0);
        cr_assert(i % 30 || flynn_images_equal(&job.want, &out), "job %d", i);
    }
    flynn_engine_close(engine);
    flynn_image_free(&out);
    drop_job(&job);
    flynn_pool_free(pool);
}

static struct flynn_pool *shared;

static void *run_shared(void *argument)
{
    for (int i = 0; i < 20; i++)
        expect_same(argument, shared, 1 + i, i % 3 * 20, "shared pool");
    return NULL;
}

Test(engine, two_engines_share_a_pool)
{
    struct flynn_shape shape = {120, 90, 3, FLYNN_U8};
    struct job job;
    pthread_t thread;
    cr_assert_eq(flynn_pool_create(&shared, 3, NULL), 0);
    cr_assert(make_job(&job, "invert", "invert", &shape));
    cr_assert_eq(pthread_create(&thread, NULL, run_shared, &job), 0);
    run_shared(&job);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    drop_job(&job);
    flynn_pool_free(shared);
}
