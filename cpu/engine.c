/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/engine.h"

#include "core/memory.h"
#include "cpu/copy.h"
#include "cpu/pool.h"
#include "cpu/section.h"
#include "cpu/team.h"

#include <stdlib.h>
#include <string.h>

/* What is moved above this does not stay in a last-level cache, of which others have shares. */
#define STREAM_BYTES 16777216.0

#define GRAIN_BYTES 131072.0  /* moved by a worker that is awake for it to be worth its while */
#define SLEEP_BYTES 4194304.0 /* and by one that must be woken first */
#define COSTLY      16        /* a costly stage takes as long as one that moves this many times the bytes, */
#define WINDOW      2         /* and one that reads more than one row for each of its own this many times */
#define SHARES      8         /* strips for a worker where rows take unequal time */

/* ---- running a section ------------------------------------------------------------------------------------------- */

static double moved_bytes(const struct flynn_section *section, int rows)
{
    double bytes = 0;
    for (int s = 0; s < section->stages; s++) {
        const struct flynn_stage *stage = section->stage[s];
        double row = (double)(flynn_row_bytes(&stage->in) + flynn_row_bytes(&stage->out));
        bytes += row * rows * (stage->costly ? COSTLY : flynn_stage_taps(stage) > 1 ? WINDOW : 1);
    }
    return bytes;
}

static int workers_of(const struct flynn_engine *engine, double bytes, double each)
{
    double workers = bytes / each;
    return workers < 1 ? 1 : workers < engine->workers ? (int)workers : engine->workers;
}

/* Workers for which there is enough to do; *awake is set to how many it would be if none slept. */
static int useful_workers(const struct flynn_engine *engine, const struct flynn_section *section, int rows, int *awake)
{
    *awake = 1;
    if (engine->workers == 1)
        return 1;
    double bytes = moved_bytes(section, rows);
    int woken = workers_of(engine, bytes, SLEEP_BYTES);
    *awake = workers_of(engine, bytes, GRAIN_BYTES);
    int ready = *awake > woken ? flynn_pool_awake(engine->pool, *awake) : 1;
    return ready > woken ? ready : woken;
}

/* Whether rows of the output may take unequal time, and none is computed twice: a warp's rows that lie outside of the
 * input are quickly filled. */
static bool uneven(const struct flynn_section *section)
{
    const struct flynn_stage *last = flynn_section_last(section);
    return last->kind == FLYNN_WHOLE && last->costly && section->stages == 1;
}

/* Strips as high as possible: one for each worker, so that the fewest rows are computed twice. */
static int choose_strip(const struct flynn_engine *engine, const struct flynn_section *section, int height, int workers)
{
    const struct flynn_stage *first = section->stage[0];
    int band = first->kind == FLYNN_WHOLE ? flynn_stage_band(first) : flynn_stage_step(flynn_section_last(section));
    int strips = workers > 1 && uneven(section) ? workers * SHARES : workers;
    int strip = engine->strip ? engine->strip : (height + strips - 1) / strips;
    strip = (strip + band - 1) / band * band;
    return strip < 1 ? 1 : strip;
}

static void run_tasks(struct flynn_engine *engine, int tasks, bool dynamic, flynn_pool_task *run, void *arg)
{
    if (engine->workers > 1 && tasks > 1) {
        (dynamic ? flynn_pool_run_dynamic : flynn_pool_run)(engine->pool, tasks, run, arg);
        return;
    }
    for (int i = 0; i < tasks; i++)
        run(arg, i, 0);
}

static void run_range_on(struct flynn_engine *engine, struct flynn_task *task, int workers)
{
    const struct flynn_section *section = task->section;
    bool whole = flynn_section_last(section)->kind == FLYNN_WHOLE || (section->handed && !task->write);
    int rows = task->last - task->first;
    if (section->stage[0]->team) {
        flynn_team_run(task, engine->workers > 1 ? engine->pool : NULL, workers);
        return;
    }
    task->strip = choose_strip(engine, section, rows, workers);
    run_tasks(engine, (rows + task->strip - 1) / task->strip, uneven(section),
              whole ? flynn_strip_whole : flynn_strip_rows, task);
}

static void run_range(struct flynn_engine *engine, struct flynn_task *task)
{
    int awake, workers = useful_workers(engine, task->section, task->last - task->first, &awake);
    if (workers < awake)
        flynn_pool_begin_short(engine->pool, awake);
    run_range_on(engine, task, workers);
    if (workers < awake)
        flynn_pool_end_short(engine->pool);
}

/* The first worker's sums are there even when nobody gets to a row; the others' when they come to one. */
static void start_reduce(struct flynn_engine *engine, struct flynn_section *section)
{
    for (int i = 0; i < engine->workers; i++)
        section->worker[i].counts = i == 0;
    memset(section->worker[0].acc, 0, flynn_section_last(section)->acc_bytes);
}

static void finish_reduce(struct flynn_engine *engine, struct flynn_section *section, const struct flynn_image *dst)
{
    const struct flynn_stage *stage = flynn_section_last(section);
    for (int i = 1; i < engine->workers; i++) {
        if (section->worker[i].counts)
            stage->op->merge(stage, section->worker[0].acc, section->worker[i].acc);
    }
    (stage->finish ? stage->finish : stage->op->finish)(stage, section->worker[0].acc, dst);
}

static double image_bytes(const struct flynn_shape *shape)
{
    return (double)flynn_row_bytes(shape) * shape->height;
}

/* Whether outputs go past the caches. An output that stays out of them leaves them to the inputs; of one input that
 * pays when the output would not fit. One worker with two inputs gains sooner: all three take turns in the caches. */
static bool streams(const struct flynn_engine *engine, const struct flynn_section *section)
{
    const struct flynn_stage *last = flynn_section_last(section);
    double out = image_bytes(&last->out);
    if (last->kind == FLYNN_REDUCE)
        return false;
    if (engine->workers == 1 && section->stages == 1 && last->with)
        return out + image_bytes(&last->in) + image_bytes(&last->with->shape) > STREAM_BYTES;
    return out > STREAM_BYTES;
}

/* Run a section, in bands where rows come or go in bands. */
static int run_section(struct flynn_engine *engine, const struct flynn_task *from, const struct flynn_row_io *read,
                       const struct flynn_row_io *write, struct flynn_err *err)
{
    struct flynn_task task = *from;
    struct flynn_section *section = task.section;
    const struct flynn_stage *last = flynn_section_last(section);
    const struct flynn_row_io *io = read ? read : write;
    bool reduce = last->kind == FLYNN_REDUCE;
    int height = reduce ? last->in.height : last->out.height;
    int band = io && io->band ? io->band : height;
    task.read = read;
    task.write = reduce ? NULL : write;
    task.stream = !write && streams(engine, section);

    if (reduce)
        start_reduce(engine, section);
    for (int y = 0; y < height && !(io && io->stop && atomic_load(io->stop)); y += band) {
        task.first = y;
        task.last = height - y < band ? height : y + band;
        if (read && read->before) {
            int low, high;
            flynn_section_reach(section, task.first, task.last, false, &low, &high);
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

/* ---- whole images between rows ----------------------------------------------------------------------------------- */

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
        run_tasks(engine, (rows + c.strip - 1) / c.strip, false, writing ? write_task : read_task, &c);
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
    return flynn_section_last(section)->kind == FLYNN_ROWS;
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
    if (n > 1 && !engine->section[n - 1].room.data && flynn_section_in_place(engine, n - 1))
        engine->section[n - 2].result = flynn_section_input_in(out, engine->section[n - 1].stage[0]);
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

int flynn_engine_reserve(struct flynn_engine *engine, struct flynn_err *err)
{
    char why[FLYNN_MEMORY_WHY];
    int code = FLYNN_OK;
    if (flynn_memory_exceeds(flynn_memory_limit(), (double)engine->bytes, why))
        code = flynn_fail(err, FLYNN_ELIMIT, "out of memory: %zu bytes for the rows of %d thread%s%s", engine->bytes,
                          engine->workers, engine->workers == 1 ? "" : "s", why);
    for (int i = 0; !code && i < engine->plan->segments; i++)
        code = flynn_section_reserve(engine, &engine->section[i], err);
    return code;
}

int flynn_engine_run(struct flynn_engine *engine, const struct flynn_image *in, const struct flynn_image *out,
                     struct flynn_err *err)
{
    int code = flynn_engine_reserve(engine, err);
    if (code || engine->plan->segments)
        return code ? code : run_sections(engine, in, out, NULL, NULL, err);
    for (int y = 0; y < in->shape.height; y++)
        memcpy(flynn_row(out, y), flynn_row(in, y), flynn_row_bytes(&in->shape));
    return FLYNN_OK;
}

/* The complete output, from which rows are then given: with room for the input of a last stage that works in place. */
static int open_output(struct flynn_engine *engine, struct flynn_image *out, struct flynn_err *err)
{
    int last = engine->plan->segments - 1;
    struct flynn_section *section = &engine->section[last];
    if (section->room.data) {
        *out = section->room;
        out->owned = NULL;
        return FLYNN_OK;
    }
    return flynn_section_in_place(engine, last) ? flynn_section_alloc_room(out, section->stage[0], err)
                                                : flynn_image_alloc(out, &engine->plan->out, err);
}

/* Where the complete input may lie in an output; NULL: nowhere. */
static const struct flynn_image *room_for_input(const struct flynn_engine *engine, const struct flynn_image *out,
                                                bool given)
{
    const struct flynn_section *first = &engine->section[0];
    if (!flynn_section_in_place(engine, 0))
        return NULL;
    if (first->room.data)
        return &first->room;
    return given && !flynn_section_has_room(first->stage[0]) ? NULL : out;
}

/* The complete input, of which rows come. */
static int read_input(struct flynn_engine *engine, struct flynn_image *in, const struct flynn_image *room,
                      const struct flynn_row_io *io, struct flynn_err *err)
{
    int code = FLYNN_OK;
    if (room)
        *in = flynn_section_input_in(room, engine->section[0].stage[0]);
    else
        code = flynn_image_alloc(in, &engine->plan->in, err);
    if (!code)
        copy_rows(engine, &in->shape, in, io, true, false);
    return code;
}

int flynn_engine_stream(struct flynn_engine *engine, const struct flynn_image *in, const struct flynn_image *out,
                        const struct flynn_row_io *io, struct flynn_err *err)
{
    struct flynn_section *section = engine->section;
    int n = engine->plan->segments, code = flynn_engine_reserve(engine, err);
    bool read = io->read && n && takes_rows(engine), write = io->place && n && gives_rows(&section[n - 1]);
    struct flynn_image whole_in = {0}, whole_out = {0};

    if (!code && !n && io->read) {
        copy_rows(engine, &engine->plan->in, io->place ? NULL : out, io, true, io->place);
        return FLYNN_OK;
    }
    if (!code && io->place && !write && n) {
        code = open_output(engine, &whole_out, err);
        out = &whole_out;
    }
    if (!code && io->read && !read) {
        code = read_input(engine, &whole_in, room_for_input(engine, out, !io->place), io, err);
        in = &whole_in;
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
    if (!n)
        return 0;
    const struct flynn_section *last = &engine->section[n - 1];
    struct flynn_shape out =
        flynn_section_in_place(engine, n - 1) ? flynn_section_room(last->stage[0]) : engine->plan->out;
    if (!takes_rows(engine) && !flynn_section_in_place(engine, 0) &&
        !flynn_shape_measure(&engine->plan->in, &stride, &image, NULL))
        bytes += image;
    if (!gives_rows(last) && !last->room.data && !flynn_shape_measure(&out, &stride, &image, NULL))
        bytes += image;
    return bytes;
}

int flynn_engine_reach(const struct flynn_engine *engine, int rows)
{
    int most = rows;
    if (!engine->plan->segments || !takes_rows(engine))
        return rows;
    const struct flynn_stage *last = flynn_section_last(&engine->section[0]);
    int height = last->kind == FLYNN_REDUCE ? last->in.height : last->out.height;
    for (int y = 0; y < height; y += rows) {
        int low, high;
        flynn_section_reach(&engine->section[0], y, height - y < rows ? height : y + rows, false, &low, &high);
        most = high - low + 1 > most ? high - low + 1 : most;
    }
    return most;
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
        code = flynn_section_open(e, i, kernels, err);
    if (!code)
        code = flynn_section_images(e, err);
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

void flynn_engine_set_tile(struct flynn_engine *engine, int columns)
{
    for (int i = 0; i < engine->plan->segments; i++)
        flynn_section_set_tile(engine, &engine->section[i], columns);
}

int flynn_engine_workers(const struct flynn_engine *engine)
{
    return engine->workers;
}

void flynn_engine_layout(const struct flynn_engine *engine, int segment, int band, bool whole_rows,
                         struct flynn_engine_layout *layout)
{
    const struct flynn_section *section = &engine->section[segment];
    const struct flynn_stage *last = flynn_section_last(section);
    int height = last->kind == FLYNN_REDUCE ? last->in.height : last->out.height;
    int rows = band && band < height ? band : height;
    int awake, workers = useful_workers(engine, section, rows, &awake);
    layout->strip = choose_strip(engine, section, rows, workers);
    layout->strips = height / rows * ((rows + layout->strip - 1) / layout->strip);
    bool taken = segment == 0 && takes_rows(engine),
         given = segment == engine->plan->segments - 1 && gives_rows(section);
    whole_rows &= taken || given;
    const struct flynn_cut *cut = flynn_section_cut(section, whole_rows);
    layout->tile = cut->tile;
    layout->tiles = cut->tiles;
    layout->ring_bytes = flynn_section_bytes(section, whole_rows);
}

size_t flynn_engine_bytes(const struct flynn_engine *engine)
{
    return engine->bytes;
}

void flynn_engine_close(struct flynn_engine *engine)
{
    if (!engine)
        return;
    for (int i = 0; engine->section && i < engine->plan->segments; i++)
        flynn_section_close(engine, &engine->section[i]);
    free(engine->section);
    free(engine);
}
