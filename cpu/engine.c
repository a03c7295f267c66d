/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/engine.h"

#include "cpu/pool.h"
#include "cpu/ring.h"

#include <stdlib.h>
#include <string.h>

/* What a worker needs for one segment; all of it lies in its arena. */
struct worker {
    struct flynn_ring *ring; /* ring[s] holds what stage s of the segment reads; one more for the output */
    uint8_t **state;         /* state[s] of stage s */
    const void **in;         /* in[] of every stage, `window` pointers each */
    void **out;              /* out[] of every stage, `step` pointers each */
    const void **with;
    uint8_t *acc;
    uint8_t *scratch;
    uint8_t *arena;
    size_t bytes;
};

struct segment {
    const struct flynn_stage *const *stage;
    flynn_kernel *const *kernel;
    int stages;
    int window, step; /* the longest in[] and out[] of its stages */
    struct worker *worker;
    struct flynn_image result; /* owned; unset for the last segment */
};

struct flynn_engine {
    const struct flynn_plan *plan;
    struct flynn_pool *pool;
    int workers;
    int strip;
    struct segment *segment;
    size_t bytes;
};

/* What one run of a segment works on; shared by its workers. */
struct task {
    struct flynn_engine *engine;
    struct segment *segment;
    const struct flynn_image *src;
    const struct flynn_image *dst;
    int height; /* rows to be cut into strips: of the output; of the input where the last stage reduces */
    int strip;
};

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

static int step_of(const struct flynn_stage *stage)
{
    return stage->step > 0 ? stage->step : 1;
}

/* A stage that reads border columns, or beyond the row, cannot read rows of an image in place. */
static bool copies_rows(const struct flynn_stage *stage)
{
    return stage->left || stage->right || stage->padded;
}

/* ---- producing rows ------------------------------------------------------------------------------------------- */

static void fill(struct task *task, struct worker *w, int s, int low, int high);

/* Run stage s for output rows [y, y + rows), pulling the input rows that it needs. */
static void produce(struct task *task, struct worker *w, int s, int y, int rows, void *const *out)
{
    struct segment *segment = task->segment;
    const struct flynn_stage *stage = segment->stage[s];
    int64_t first = flynn_stage_first(stage, y);
    int64_t last = (int64_t)flynn_stage_first(stage, y + rows - 1) + flynn_stage_taps(stage) - 1;
    const void **in = w->in + (size_t)s * (size_t)segment->window;
    const void **with = w->with + (size_t)s * (size_t)segment->step;
    int low, high;

    flynn_ring_range(stage, first, last, &low, &high);
    fill(task, w, s, low, high);
    for (int64_t r = first; r <= last; r++)
        in[r - first] = flynn_ring_read(&w->ring[s], r);
    for (int r = 0; stage->with && r < rows; r++)
        with[r] = flynn_row(stage->with, y + r);
    bool reduce = stage->kind == FLYNN_REDUCE;
    segment->kernel[s](&(struct flynn_call){
        .stage = stage,
        .in = in,
        .with = stage->with ? with : NULL,
        .out = out,
        .y = y,
        .rows = rows,
        .width = reduce ? stage->in.width : stage->out.width,
        .state = w->state[s],
        .acc = w->acc,
    });
}

/* Make rows low..high of the input of stage s present in its ring. */
static void fill(struct task *task, struct worker *w, int s, int low, int high)
{
    struct flynn_ring *ring = &w->ring[s];
    if (ring->source)
        return;
    if (ring->next < low && !ring->whole)
        ring->next = low;
    while (ring->next <= high) {
        int y = ring->next, rows = 1;
        if (s == 0) {
            memcpy(flynn_ring_row(ring, y), flynn_row(task->src, y), flynn_row_bytes(&ring->stage->in));
        } else {
            int step = step_of(task->segment->stage[s - 1]);
            void **out = w->out + (size_t)(s - 1) * (size_t)task->segment->step;
            rows = ring->limit - y < step ? ring->limit - y : step;
            for (int r = 0; r < rows; r++)
                out[r] = flynn_ring_row(ring, y + r);
            produce(task, w, s - 1, y, rows, out);
        }
        for (int r = 0; r < rows; r++)
            flynn_ring_pad(ring, y + r);
        ring->next = y + rows;
    }
}

/* Forget the rows of the last strip and find how far each ring has to go for output rows [y0, y1). */
static void start_strip(struct segment *segment, struct worker *w, int y0, int y1)
{
    int first = y0, last = y1 - 1;
    for (int s = segment->stages - 1; s >= 0; s--) {
        const struct flynn_stage *stage = segment->stage[s];
        int64_t from = flynn_stage_first(stage, first);
        int64_t to = (int64_t)flynn_stage_first(stage, last) + flynn_stage_taps(stage) - 1;
        flynn_ring_range(stage, from, to, &first, &last);
        if (first > last)
            first = last = first < stage->in.height ? first : stage->in.height - 1;
        w->ring[s].next = 0;
        w->ring[s].limit = last + 1;
        if (stage->state_bytes)
            memset(w->state[s], 0, stage->state_bytes);
    }
}

static void run_strip(struct task *task, struct worker *w, int y0, int y1)
{
    struct segment *segment = task->segment;
    int last = segment->stages - 1;
    int step = step_of(segment->stage[last]);
    void **out = w->out + (size_t)last * (size_t)segment->step;

    start_strip(segment, w, y0, y1);
    for (int y = y0, rows; y < y1; y += rows) {
        rows = y1 - y < step ? y1 - y : step;
        for (int r = 0; r < rows && segment->stage[last]->kind == FLYNN_ROWS; r++)
            out[r] = flynn_row(task->dst, y + r);
        produce(task, w, last, y, rows, out);
    }
}

/* ---- the tasks of a worker ------------------------------------------------------------------------------------ */

static void rows_task(void *arg, int index, int worker)
{
    struct task *task = arg;
    struct worker *w = &task->segment->worker[worker];
    int y0 = index * task->strip;
    int y1 = task->height - y0 < task->strip ? task->height : y0 + task->strip;

    w->ring[0].source = copies_rows(task->segment->stage[0]) ? NULL : task->src;
    run_strip(task, w, y0, y1);
}

static void whole_task(void *arg, int index, int worker)
{
    struct task *task = arg;
    const struct flynn_stage *stage = task->segment->stage[0];
    int y0 = index * task->strip;
    int y1 = task->height - y0 < task->strip ? task->height : y0 + task->strip;

    task->segment->kernel[0](&(struct flynn_call){
        .stage = stage,
        .y = y0,
        .rows = y1 - y0,
        .width = stage->out.width,
        .src = task->src,
        .src2 = stage->with,
        .dst = task->dst,
        .scratch = task->segment->worker[worker].scratch,
    });
}

/* The accumulators of the workers, which took the image's rows in order, into the first one and then into the image. */
static void finish_reduce(struct task *task)
{
    struct segment *segment = task->segment;
    const struct flynn_stage *stage = segment->stage[segment->stages - 1];
    for (int i = 1; i < task->engine->workers; i++)
        stage->op->merge(stage, segment->worker[0].acc, segment->worker[i].acc);
    stage->op->finish(stage, segment->worker[0].acc, task->dst);
}

/* Strips as high as possible: one for each worker, so that the fewest rows are computed twice. */
static int choose_strip(const struct flynn_engine *engine, const struct flynn_stage *last, int height)
{
    int band = last->kind == FLYNN_WHOLE && last->band > 0 ? last->band : step_of(last);
    int strip = engine->strip ? engine->strip : (height + engine->workers - 1) / engine->workers;
    strip = (strip + band - 1) / band * band;
    return strip < 1 ? 1 : strip;
}

static void run_segment(struct flynn_engine *engine, struct segment *segment, const struct flynn_image *src,
                        const struct flynn_image *dst)
{
    const struct flynn_stage *last = segment->stage[segment->stages - 1];
    int height = last->kind == FLYNN_REDUCE ? last->in.height : last->out.height;
    struct task task = {engine, segment, src, dst, height, choose_strip(engine, last, height)};
    int tasks = (height + task.strip - 1) / task.strip;

    for (int i = 0; last->kind == FLYNN_REDUCE && i < engine->workers; i++)
        memset(segment->worker[i].acc, 0, last->acc_bytes);
    if (engine->pool && engine->workers > 1) {
        flynn_pool_run(engine->pool, tasks, last->kind == FLYNN_WHOLE ? whole_task : rows_task, &task);
    } else {
        for (int i = 0; i < tasks; i++)
            (last->kind == FLYNN_WHOLE ? whole_task : rows_task)(&task, i, 0);
    }
    if (last->kind == FLYNN_REDUCE)
        finish_reduce(&task);
}

static void copy_image(const struct flynn_image *in, const struct flynn_image *out)
{
    size_t row = flynn_row_bytes(&in->shape);
    for (int y = 0; y < in->shape.height; y++)
        memcpy(flynn_row(out, y), flynn_row(in, y), row);
}

void flynn_engine_run(struct flynn_engine *engine, const struct flynn_image *in, const struct flynn_image *out)
{
    const struct flynn_image *src = in;
    int segments = engine->plan->segments;
    if (segments == 0)
        copy_image(in, out);
    for (int i = 0; i < segments; i++) {
        struct segment *segment = &engine->segment[i];
        const struct flynn_image *dst = i == segments - 1 ? out : &segment->result;
        run_segment(engine, segment, src, dst);
        src = dst;
    }
}

/* ---- memory ---------------------------------------------------------------------------------------------------- */

/* Lay out a worker's memory from `base`; with base NULL only its size is found. */
static size_t place_worker(struct segment *segment, struct worker *w, uint8_t *base)
{
    size_t n = (size_t)segment->stages, at = 0;
    const struct flynn_stage *last = segment->stage[n - 1];
    size_t rings = 0, states = round_up(n * sizeof *w->ring, 64);
    size_t ins = states + round_up(n * sizeof *w->state, 64);
    size_t outs = ins + round_up(n * (size_t)segment->window * sizeof *w->in, 64);
    size_t withs = outs + round_up(n * (size_t)segment->step * sizeof *w->out, 64);
    at = withs + round_up(n * (size_t)segment->step * sizeof *w->with, 64);

    if (base) {
        w->ring = (struct flynn_ring *)(void *)(base + rings);
        w->state = (uint8_t **)(void *)(base + states);
        w->in = (const void **)(void *)(base + ins);
        w->out = (void **)(void *)(base + outs);
        w->with = (const void **)(void *)(base + withs);
    }
    for (size_t s = 0; s < n && last->kind != FLYNN_WHOLE; s++) {
        const struct flynn_stage *stage = segment->stage[s];
        struct flynn_ring ring;
        size_t bytes = flynn_ring_measure(&ring, stage, s ? step_of(segment->stage[s - 1]) : 1);
        if (base) {
            flynn_ring_place(&ring, base + at);
            w->ring[s] = ring;
            w->state[s] = base + at + round_up(bytes, 64);
        }
        at += round_up(bytes, 64) + round_up(stage->state_bytes, 64);
    }
    if (base) {
        w->acc = base + at;
        w->scratch = base + at;
    }
    return at + round_up(last->acc_bytes, 64) + round_up(last->scratch_bytes, 64);
}

static int open_worker(struct flynn_engine *engine, struct segment *segment, struct worker *w, struct flynn_err *err)
{
    w->bytes = round_up(place_worker(segment, w, NULL), 64);
    w->arena = aligned_alloc(64, w->bytes);
    if (!w->arena)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory: %zu bytes for the rows of one thread", w->bytes);
    place_worker(segment, w, w->arena);
    engine->bytes += w->bytes;
    return FLYNN_OK;
}

static int open_segment(struct flynn_engine *engine, struct segment *segment, const struct flynn_segment *from,
                        flynn_kernel *const *kernels, bool last, struct flynn_err *err)
{
    segment->stage = engine->plan->stage + from->first;
    segment->kernel = kernels + from->first;
    segment->stages = from->stages;
    for (int s = 0; s < from->stages; s++) {
        const struct flynn_stage *stage = segment->stage[s];
        struct flynn_ring ring;
        flynn_ring_measure(&ring, stage, 1);
        int window = flynn_stage_taps(stage) + step_of(stage) + (stage->first ? ring.capacity : 0);
        segment->window = window > segment->window ? window : segment->window;
        segment->step = step_of(stage) > segment->step ? step_of(stage) : segment->step;
    }
    segment->worker = calloc((size_t)engine->workers, sizeof *segment->worker);
    if (!segment->worker)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory");
    for (int i = 0; i < engine->workers; i++) {
        int code = open_worker(engine, segment, &segment->worker[i], err);
        if (code)
            return code;
    }
    if (last)
        return FLYNN_OK;
    int code = flynn_image_alloc(&segment->result, &segment->stage[from->stages - 1]->out, err);
    engine->bytes += segment->result.owned_bytes;
    return code;
}

int flynn_engine_open(struct flynn_engine **engine, const struct flynn_plan *plan, flynn_kernel *const *kernels,
                      struct flynn_pool *pool, struct flynn_err *err)
{
    struct flynn_engine *e = calloc(1, sizeof *e);
    *engine = e;
    if (!e)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory");
    e->plan = plan;
    e->pool = pool;
    e->workers = pool ? flynn_pool_threads(pool) : 1;
    e->segment = calloc((size_t)plan->segments + 1, sizeof *e->segment);
    int code = e->segment ? FLYNN_OK : flynn_fail(err, FLYNN_ELIMIT, "out of memory");
    for (int i = 0; !code && i < plan->segments; i++)
        code = open_segment(e, &e->segment[i], &plan->segment[i], kernels, i == plan->segments - 1, err);
    if (code) {
        flynn_engine_close(e);
        *engine = NULL;
    }
    return code;
}

void flynn_engine_set_strip(struct flynn_engine *engine, int rows)
{
    engine->strip = rows;
}

size_t flynn_engine_bytes(const struct flynn_engine *engine)
{
    return engine->bytes;
}

void flynn_engine_close(struct flynn_engine *engine)
{
    if (!engine)
        return;
    for (int i = 0; engine->segment && i < engine->plan->segments; i++) {
        struct segment *segment = &engine->segment[i];
        for (int k = 0; segment->worker && k < engine->workers; k++)
            free(segment->worker[k].arena);
        free(segment->worker);
        flynn_image_free(&segment->result);
    }
    free(engine->segment);
    free(engine);
}
