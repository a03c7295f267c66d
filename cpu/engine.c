/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/engine.h"

#include "cpu/copy.h"
#include "cpu/pool.h"
#include "cpu/strip.h"
#include "cpu/team.h"

#include <stdlib.h>
#include <string.h>

#define STREAM_BYTES                                                                                                   \
    16777216.0              /* an output above this does not stay in a last-level cache, of which others have shares */
#define GRAIN_BYTES 65536.0 /* moved by a worker that is awake for it to be worth its while */
#define SLEEP_BYTES 4194304.0 /* and by one that must be woken first */
#define COSTLY      16        /* a costly stage takes as long as one that moves this many times the bytes */

struct flynn_engine {
    const struct flynn_plan *plan;
    struct flynn_pool *pool;
    int workers;
    int strip;
    struct flynn_section *section;
    size_t bytes;
};

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

static const struct flynn_stage *last_stage(const struct flynn_section *section)
{
    return section->stage[section->stages - 1];
}

/* ---- running a section ------------------------------------------------------------------------------------------- */

/* Workers for which there is enough to do. */
static int useful_workers(const struct flynn_engine *engine, const struct flynn_section *section, int rows)
{
    double bytes = 0;
    for (int s = 0; s < section->stages; s++) {
        const struct flynn_stage *stage = section->stage[s];
        double row = (double)(flynn_row_bytes(&stage->in) + flynn_row_bytes(&stage->out));
        bytes += row * rows * (stage->costly ? COSTLY : 1);
    }
    double workers = bytes / (engine->pool && flynn_pool_awake(engine->pool) ? GRAIN_BYTES : SLEEP_BYTES);
    return workers < 1 ? 1 : workers < engine->workers ? (int)workers : engine->workers;
}

/* Strips as high as possible: one for each worker, so that the fewest rows are computed twice. */
static int choose_strip(const struct flynn_engine *engine, const struct flynn_section *section, int height)
{
    const struct flynn_stage *first = section->stage[0];
    int band = first->kind == FLYNN_WHOLE ? flynn_stage_band(first) : flynn_stage_step(last_stage(section));
    int workers = useful_workers(engine, section, height);
    int strip = engine->strip ? engine->strip : (height + workers - 1) / workers;
    strip = (strip + band - 1) / band * band;
    return strip < 1 ? 1 : strip;
}

static void run_tasks(struct flynn_engine *engine, int tasks, flynn_pool_task *run, void *arg)
{
    if (engine->pool && engine->workers > 1) {
        flynn_pool_run(engine->pool, tasks, run, arg);
        return;
    }
    for (int i = 0; i < tasks; i++)
        run(arg, i, 0);
}

static void run_range(struct flynn_engine *engine, struct flynn_task *task)
{
    const struct flynn_section *section = task->section;
    bool whole = last_stage(section)->kind == FLYNN_WHOLE || (section->handed && !task->write);
    int rows = task->last - task->first;
    if (section->stage[0]->team) {
        flynn_team_run(task, engine->workers > 1 ? engine->pool : NULL, useful_workers(engine, task->section, rows));
        return;
    }
    task->strip = choose_strip(engine, task->section, rows);
    run_tasks(engine, (rows + task->strip - 1) / task->strip, whole ? flynn_strip_whole : flynn_strip_rows, task);
}

static void start_reduce(struct flynn_engine *engine, struct flynn_section *section)
{
    for (int i = 0; i < engine->workers; i++)
        memset(section->worker[i].acc, 0, last_stage(section)->acc_bytes);
}

static void finish_reduce(struct flynn_engine *engine, struct flynn_section *section, const struct flynn_image *dst)
{
    const struct flynn_stage *stage = last_stage(section);
    for (int i = 1; i < engine->workers; i++)
        stage->op->merge(stage, section->worker[0].acc, section->worker[i].acc);
    (stage->finish ? stage->finish : stage->op->finish)(stage, section->worker[0].acc, dst);
}

/* Input rows that output rows [y0, y1) of a section need. */
static void reach_of(const struct flynn_section *section, int y0, int y1, int *low, int *high)
{
    *low = y0;
    *high = y1 - 1;
    for (int s = section->stages - 1; s >= 0; s--) {
        const struct flynn_stage *stage = section->stage[s];
        int64_t from = flynn_stage_first(stage, *low);
        int64_t to = (int64_t)flynn_stage_first(stage, *high) + flynn_stage_taps(stage) - 1;
        flynn_ring_range(stage, from, to, low, high);
        if (*low > *high)
            *low = *high = *low < stage->in.height ? *low : stage->in.height - 1;
    }
}

/* Run a section, in bands where rows come or go in bands. */
static int run_section(struct flynn_engine *engine, const struct flynn_task *from, const struct flynn_row_io *read,
                       const struct flynn_row_io *write, struct flynn_err *err)
{
    struct flynn_task task = *from;
    struct flynn_section *section = task.section;
    const struct flynn_stage *last = last_stage(section);
    const struct flynn_row_io *io = read ? read : write;
    bool reduce = last->kind == FLYNN_REDUCE;
    int height = reduce ? last->in.height : last->out.height;
    int band = io && io->band ? io->band : height;
    task.read = read;
    task.write = reduce ? NULL : write;
    task.stream = last->kind == FLYNN_ROWS && !write && (double)flynn_row_bytes(&last->out) * height > STREAM_BYTES;

    if (reduce)
        start_reduce(engine, section);
    for (int y = 0; y < height && !(io && io->stop && atomic_load(io->stop)); y += band) {
        task.first = y;
        task.last = height - y < band ? height : y + band;
        if (read && read->before) {
            int low, high;
            reach_of(section, task.first, task.last, &low, &high);
            read->before(read->context, low, high);
        }
        run_range(engine, &task);
        if (task.write && write->after)
            write->after(write->context, task.first, task.last - task.first);
    }
    if (reduce)
        finish_reduce(engine, section, task.dst);
    return last->check ? last->check(last, task.dst, err) : FLYNN_OK;
}

/* ---- whole images between rows -------------------------------------------------------------------------------------
 */

/* Copies rows between an image and row_io, or from row_io to row_io. */
struct copy {
    const struct flynn_image *image; /* NULL: from row_io to row_io */
    size_t bytes;
    const struct flynn_row_io *io;
    int first, last, strip;
};

static void read_row(const struct copy *c, int worker, int y, void *row)
{
    const void *from = c->io->read(c->io->context, worker, y, row);
    if (from != row)
        memcpy(row, from, c->bytes);
}

static void read_task(void *arg, int index, int worker)
{
    const struct copy *c = arg;
    for (int y = c->first + index * c->strip; y < c->last && y < c->first + (index + 1) * c->strip; y++)
        read_row(c, worker, y, flynn_row(c->image, y));
}

static void write_task(void *arg, int index, int worker)
{
    const struct copy *c = arg;
    for (int y = c->first + index * c->strip; y < c->last && y < c->first + (index + 1) * c->strip; y++) {
        void *row = c->io->place(c->io->context, worker, y);
        if (c->image)
            memcpy(row, flynn_row(c->image, y), c->bytes);
        else
            read_row(c, worker, y, row);
        c->io->done(c->io->context, worker, y, 1);
    }
    c->io->flush(c->io->context, worker);
}

static void copy_rows(struct flynn_engine *engine, const struct flynn_shape *shape, const struct flynn_image *image,
                      const struct flynn_row_io *io, bool reading, bool writing)
{
    int height = shape->height, band = io->band ? io->band : height;
    for (int y = 0; y < height && !(io->stop && atomic_load(io->stop)); y += band) {
        struct copy c = {image, flynn_row_bytes(shape), io, y, height - y < band ? height : y + band, 0};
        int rows = c.last - c.first;
        c.strip = (rows + engine->workers - 1) / engine->workers;
        if (reading && io->before)
            io->before(io->context, c.first, c.last - 1);
        run_tasks(engine, (rows + c.strip - 1) / c.strip, writing ? write_task : read_task, &c);
        if (writing && io->after)
            io->after(io->context, c.first, rows);
    }
}

/* Whether the plan's input can be taken row by row: it is read once and in order. */
static bool takes_rows(const struct flynn_engine *engine)
{
    const struct flynn_plan *plan = engine->plan;
    const struct flynn_stage *stage = plan->stage[0];
    bool once = true;
    for (int i = 1; i < plan->segments; i++)
        once &= plan->segment[i].source >= 0 &&
                (plan->segment[i].beside < 0 || plan->segment[plan->segment[i].beside].source >= 0);
    return once && stage->kind != FLYNN_WHOLE && stage->border != FLYNN_WRAP;
}

/* Whether the section can give its output so. */
static bool gives_rows(const struct flynn_section *section)
{
    return last_stage(section)->kind == FLYNN_ROWS;
}

/* The image that a segment reads; unset where rows come instead. */
static const struct flynn_image *source_of(const struct flynn_engine *engine, const struct flynn_image *in, int segment)
{
    int source = engine->plan->segment[segment].source;
    return source < 0 ? in : &engine->section[source].result;
}

static int run_sections(struct flynn_engine *engine, const struct flynn_image *in, const struct flynn_image *out,
                        const struct flynn_row_io *read, const struct flynn_row_io *write, struct flynn_err *err)
{
    int n = engine->plan->segments, code = FLYNN_OK;
    for (int i = 0; i < n && !code; i++) {
        const struct flynn_segment *segment = &engine->plan->segment[i];
        struct flynn_section *section = &engine->section[i];
        struct flynn_task task = {.section = section, .dst = i == n - 1 ? out : &section->result};
        task.src = source_of(engine, in, i);
        task.side = segment->side >= 0 ? &engine->section[segment->side].result : NULL;
        task.beside = segment->beside >= 0 ? source_of(engine, in, segment->beside) : NULL;
        code = run_section(engine, &task, i == 0 ? read : NULL, i == n - 1 ? write : NULL, err);
    }
    return code;
}

int flynn_engine_run(struct flynn_engine *engine, const struct flynn_image *in, const struct flynn_image *out,
                     struct flynn_err *err)
{
    if (engine->plan->segments)
        return run_sections(engine, in, out, NULL, NULL, err);
    for (int y = 0; y < in->shape.height; y++)
        memcpy(flynn_row(out, y), flynn_row(in, y), flynn_row_bytes(&in->shape));
    return FLYNN_OK;
}

int flynn_engine_stream(struct flynn_engine *engine, const struct flynn_image *in, const struct flynn_image *out,
                        const struct flynn_row_io *io, struct flynn_err *err)
{
    struct flynn_section *section = engine->section;
    int n = engine->plan->segments, code = FLYNN_OK;
    bool read = io->read && n && takes_rows(engine), write = io->place && n && gives_rows(&section[n - 1]);
    struct flynn_image whole_in = {0}, whole_out = {0};

    if (!n && io->read) {
        copy_rows(engine, &engine->plan->in, io->place ? NULL : out, io, true, io->place);
        return FLYNN_OK;
    }
    if (io->read && !read) {
        code = flynn_image_alloc(&whole_in, &engine->plan->in, err);
        in = &whole_in;
        if (!code)
            copy_rows(engine, &in->shape, in, io, true, false);
    }
    if (!code && io->place && !write && n) {
        code = flynn_image_alloc(&whole_out, &engine->plan->out, err);
        out = &whole_out;
    }
    if (!code)
        code = run_sections(engine, in, out, read ? io : NULL, write ? io : NULL, err);
    if (!code && io->place && !write)
        copy_rows(engine, &engine->plan->out, n ? out : in, io, false, true);
    flynn_image_free(&whole_in);
    flynn_image_free(&whole_out);
    return code;
}

size_t flynn_engine_stream_bytes(const struct flynn_engine *engine)
{
    int n = engine->plan->segments;
    size_t bytes = 0, stride, image;
    if (n && !takes_rows(engine) && !flynn_shape_measure(&engine->plan->in, &stride, &image, NULL))
        bytes += image;
    if (n && !gives_rows(&engine->section[n - 1]) && !flynn_shape_measure(&engine->plan->out, &stride, &image, NULL))
        bytes += image;
    return bytes;
}

int flynn_engine_reach(const struct flynn_engine *engine, int rows)
{
    int most = rows;
    if (!engine->plan->segments || !takes_rows(engine))
        return rows;
    const struct flynn_stage *last = last_stage(&engine->section[0]);
    int height = last->kind == FLYNN_REDUCE ? last->in.height : last->out.height;
    for (int y = 0; y < height; y += rows) {
        int low, high;
        reach_of(&engine->section[0], y, height - y < rows ? height : y + rows, &low, &high);
        most = high - low + 1 > most ? high - low + 1 : most;
    }
    return most;
}

/* ---- memory ---------------------------------------------------------------------------------------------------- */

/* The ring of what stage s reads. Bands of a whole stage before it must lie in one piece. */
static size_t measure_ring(const struct flynn_section *section, int s, struct flynn_ring *ring)
{
    const struct flynn_stage *stage = section->stage[s], *before = s ? section->stage[s - 1] : NULL;
    int ahead = (before ? flynn_stage_step(before) : 1) + section->keep[s];
    size_t bytes = flynn_ring_measure(ring, stage, ahead);
    int over = before && before->kind == FLYNN_WHOLE ? ring->capacity % flynn_stage_band(before) : 0;
    return over ? flynn_ring_measure(ring, stage, ahead + flynn_stage_band(before) - over) : bytes;
}

/* Lay out a worker's memory from `base`; with base NULL only its size is found. */
static size_t place_worker(struct flynn_section *section, struct flynn_worker *w, uint8_t *base)
{
    size_t n = (size_t)section->stages, at = 0;
    const struct flynn_stage *last = section->stage[n - 1];
    size_t rings = 0, states = round_up(n * sizeof *w->ring, 64);
    size_t ins = states + round_up(n * sizeof *w->state, 64);
    size_t outs = ins + round_up(n * (size_t)section->window * sizeof *w->in, 64);
    size_t withs = outs + round_up(n * (size_t)section->step * sizeof *w->out, 64);
    at = withs + round_up(n * (size_t)section->step * sizeof *w->with, 64);

    if (base) {
        w->ring = (struct flynn_ring *)(void *)(base + rings);
        w->state = (uint8_t **)(void *)(base + states);
        w->in = (const void **)(void *)(base + ins);
        w->out = (void **)(void *)(base + outs);
        w->with = (const void **)(void *)(base + withs);
    }
    for (size_t s = section->stage[0]->kind == FLYNN_WHOLE; s < n; s++) {
        const struct flynn_stage *stage = section->stage[s];
        struct flynn_ring ring;
        size_t bytes = measure_ring(section, (int)s, &ring);
        if (base) {
            flynn_ring_place(&ring, base + at);
            w->ring[s] = ring;
            w->state[s] = base + at + round_up(bytes, 64);
        }
        at += round_up(bytes, 64) + round_up(stage->state_bytes, 64);
    }
    size_t scratch = at + round_up(last->acc_bytes, 64);
    if (base) {
        w->acc = base + at;
        w->scratch = base + scratch;
    }
    return scratch + round_up(section->stage[0]->scratch_bytes, 64);
}

static int open_worker(struct flynn_engine *engine, struct flynn_section *section, struct flynn_worker *w,
                       struct flynn_err *err)
{
    w->bytes = round_up(place_worker(section, w, NULL), 64);
    w->arena = aligned_alloc(64, w->bytes);
    if (!w->arena)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory: %zu bytes for the rows of one thread", w->bytes);
    place_worker(section, w, w->arena);
    engine->bytes += w->bytes;
    return FLYNN_OK;
}

/* Appended to a whole stage whose output may go by rows. */
static void hand_on(struct flynn_section *section)
{
    int n = section->stages++;
    section->own[n] = (struct flynn_stage){.kind = FLYNN_ROWS, .in = section->own[n - 1].out, .step = FLYNN_IO_STEP};
    section->own[n].out = section->own[n].in;
    section->owned_kernel[n] = flynn_copy_rows;
    section->handed = true;
}

/* Stages whose table lies aside get copies that point at it. */
static int own_stages(struct flynn_engine *engine, struct flynn_section *section, const struct flynn_segment *from,
                      bool last, struct flynn_err *err)
{
    const struct flynn_stage *first = section->stage[0];
    bool hands_on = last && section->stages == 1 && first->kind == FLYNN_WHOLE && !first->team, any = hands_on;
    size_t n = (size_t)section->stages;
    for (size_t s = 0; s < n; s++)
        any |= section->stage[s]->side_table;
    if (!any)
        return FLYNN_OK;
    section->own = calloc(n + 1, sizeof *section->own);
    section->owned = calloc(n + 1, sizeof *section->owned);
    section->owned_kernel = calloc(n + 1, sizeof *section->owned_kernel);
    if (!section->own || !section->owned || !section->owned_kernel)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory");
    for (size_t s = 0; s < n; s++) {
        section->own[s] = *section->stage[s];
        section->owned_kernel[s] = section->kernel[s];
        if (section->own[s].side_table)
            section->own[s].table[0].data = engine->section[from->side].result.data;
    }
    if (hands_on)
        hand_on(section);
    for (int s = 0; s < section->stages; s++)
        section->owned[s] = &section->own[s];
    section->stage = section->owned;
    section->kernel = section->owned_kernel;
    return FLYNN_OK;
}

/* Find whose rings hold what is beside stages, and how long: while the stages between look ahead. */
static int link_beside(struct flynn_engine *engine, struct flynn_section *section, int first, struct flynn_err *err)
{
    section->beside = calloc((size_t)section->stages, sizeof *section->beside);
    section->keep = calloc((size_t)section->stages, sizeof *section->keep);
    if (!section->beside || !section->keep)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory");
    for (int s = 0; s < section->stages; s++) {
        section->beside[s] = -1;
        int from = section->stage[s]->beside ? flynn_plan_beside(engine->plan, first + s) - first : -1;
        if (from < 0 || section->stage[from]->kind == FLYNN_WHOLE)
            continue; /* in an image */
        int rows = 0;
        for (int i = from; i <= s; i++)
            rows += section->stage[i]->down + flynn_stage_step(section->stage[i]);
        section->beside[s] = from;
        section->keep[from] = rows > section->keep[from] ? rows : section->keep[from];
    }
    return FLYNN_OK;
}

static int open_section(struct flynn_engine *engine, struct flynn_section *section, const struct flynn_segment *from,
                        flynn_kernel *const *kernels, bool last, struct flynn_err *err)
{
    section->stage = engine->plan->stage + from->first;
    section->kernel = kernels + from->first;
    section->stages = from->stages;
    int code = own_stages(engine, section, from, last, err);
    if (!code)
        code = link_beside(engine, section, from->first, err);
    if (code)
        return code;
    for (int s = 0; s < section->stages; s++) {
        const struct flynn_stage *stage = section->stage[s];
        struct flynn_ring ring;
        flynn_ring_measure(&ring, stage, 1);
        int window = flynn_stage_taps(stage) + flynn_stage_step(stage) + (stage->first ? ring.capacity : 0);
        section->window = window > section->window ? window : section->window;
        section->step = flynn_stage_step(stage) > section->step ? flynn_stage_step(stage) : section->step;
    }
    section->worker = calloc((size_t)engine->workers, sizeof *section->worker);
    if (!section->worker)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory");
    for (int i = 0; i < engine->workers; i++) {
        section->worker[i].number = i;
        code = open_worker(engine, section, &section->worker[i], err);
        if (code)
            return code;
    }
    if (last)
        return FLYNN_OK;
    code = flynn_image_alloc(&section->result, &last_stage(section)->out, err);
    engine->bytes += section->result.owned_bytes;
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
    e->section = calloc((size_t)plan->segments + 1, sizeof *e->section);
    int code = e->section ? FLYNN_OK : flynn_fail(err, FLYNN_ELIMIT, "out of memory");
    for (int i = 0; !code && i < plan->segments; i++)
        code = open_section(e, &e->section[i], &plan->segment[i], kernels, i == plan->segments - 1, err);
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

int flynn_engine_workers(const struct flynn_engine *engine)
{
    return engine->workers;
}

void flynn_engine_layout(const struct flynn_engine *engine, int segment, int band, struct flynn_engine_layout *layout)
{
    const struct flynn_section *section = &engine->section[segment];
    const struct flynn_stage *last = last_stage(section);
    int height = last->kind == FLYNN_REDUCE ? last->in.height : last->out.height;
    int rows = band && band < height ? band : height;
    layout->strip = choose_strip(engine, section, rows);
    layout->strips = height / rows * ((rows + layout->strip - 1) / layout->strip);
    layout->ring_bytes = section->worker[0].bytes;
}

size_t flynn_engine_bytes(const struct flynn_engine *engine)
{
    return engine->bytes;
}

void flynn_engine_close(struct flynn_engine *engine)
{
    if (!engine)
        return;
    for (int i = 0; engine->section && i < engine->plan->segments; i++) {
        struct flynn_section *section = &engine->section[i];
        for (int k = 0; section->worker && k < engine->workers; k++)
            free(section->worker[k].arena);
        free(section->worker);
        free(section->own);
        free(section->owned);
        free(section->owned_kernel);
        free(section->beside);
        free(section->keep);
        flynn_image_free(&section->result);
    }
    free(engine->section);
    free(engine);
}
