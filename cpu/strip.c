/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/strip.h"

#include <string.h>

/* ---- producing rows ------------------------------------------------------------------------------------------- */

static void fill(struct flynn_task *task, struct flynn_worker *w, int s, int low, int high);

/* Of stage s and the tile in progress. */
static struct flynn_place *place_of(const struct flynn_section *section, const struct flynn_worker *w, int s)
{
    return &w->place[w->tile * section->stages + s];
}

/* with[] of stage s for output rows [y, y + rows), or NULL. */
static const void **find_with(const struct flynn_task *task, struct flynn_worker *w, int s, int y, int rows)
{
    const struct flynn_section *section = task->section;
    const struct flynn_stage *stage = section->stage[s];
    const void **with = w->with + (size_t)s * (size_t)section->step;
    const struct flynn_ring *ring =
        stage->beside && section->beside[s] >= 0 ? place_of(section, w, section->beside[s])->ring : NULL;
    const struct flynn_image *image = !stage->beside ? stage->with : ring ? ring->source : task->beside;
    int x = place_of(section, w, s)->out.x;
    ptrdiff_t at = image ? (ptrdiff_t)flynn_columns_bytes(&image->shape, x) : ring ? flynn_ring_at(ring, x) : 0;

    if (!image && !ring)
        return NULL;
    for (int r = 0; r < rows; r++)
        with[r] = (const uint8_t *)(image ? flynn_row(image, y + r) : flynn_ring_row(ring, y + r)) + at;
    return with;
}

/* Run stage s for output rows [y, y + rows), pulling the input rows that it needs. */
static void produce(struct flynn_task *task, struct flynn_worker *w, int s, int y, int rows, void *const *out)
{
    const struct flynn_section *section = task->section;
    const struct flynn_stage *stage = section->stage[s];
    int64_t first = flynn_stage_first(stage, y);
    int64_t last = (int64_t)flynn_stage_first(stage, y + rows - 1) + flynn_stage_taps(stage) - 1;
    const void **in = w->in + (size_t)s * (size_t)section->window;
    const struct flynn_place *place = place_of(section, w, s);
    struct flynn_ring *ring = place->ring;
    ptrdiff_t at = flynn_ring_at(ring, place->in_x);
    int low, high;

    if (s == 0 && w->direct) {
        in[0] = task->read->read(task->read->context, w->number, y, flynn_ring_row(ring, y));
    } else {
        flynn_ring_range(stage, first, last, &low, &high);
        fill(task, w, s, low, high);
        for (int64_t r = first; r <= last; r++)
            in[r - first] = flynn_ring_read(ring, r) + at;
    }
    section->kernel[s](&(struct flynn_call){
        .stage = place->stage,
        .in = in,
        .with = find_with(task, w, s, y, rows),
        .out = out,
        .y = y,
        .rows = rows,
        .x = place->out.x,
        .width = place->out.width,
        .in_x = place->in_x,
        .stream = task->stream && s == section->stages - 1,
        .state = place->state,
        .acc = w->acc,
        .side = task->side,
    });
}

/* Run the segment's whole stage for output rows [y, y + rows) of dst. */
static void produce_whole(const struct flynn_task *task, struct flynn_worker *w, const struct flynn_image *dst, int y,
                          int rows)
{
    const struct flynn_stage *stage = task->section->stage[0];
    task->section->kernel[0](&(struct flynn_call){
        .stage = stage,
        .y = y,
        .rows = rows,
        .width = stage->out.width,
        .src = task->src,
        .src2 = stage->beside ? task->beside : stage->with,
        .dst = dst,
        .stream = task->stream && dst == task->dst,
        .side = task->side,
        .members = 1,
        .scratch = w->scratch,
    });
}

/* Rows from y on into the ring behind the whole stage, as many as lie in one piece there. Returns how many. */
static int fill_whole(const struct flynn_task *task, struct flynn_worker *w, struct flynn_ring *ring, int y)
{
    int rows = flynn_stage_step(task->section->stage[0]), piece = ring->capacity - y % ring->capacity;
    rows = rows < piece ? rows : piece;
    rows = rows < ring->limit - y ? rows : ring->limit - y;
    /* Row 0 of an image of which these rows are a part. */
    uintptr_t data = (uintptr_t)flynn_ring_row(ring, y) - (uintptr_t)y * ring->stride;
    produce_whole(task, w,
                  &(struct flynn_image){
                      .shape = ring->stage->in,
                      .stride = ring->stride,
                      .data = (uint8_t *)data,
                  },
                  y, rows);
    return rows;
}

/* Make rows low..high of the input of stage s present in its ring. */
static void fill(struct flynn_task *task, struct flynn_worker *w, int s, int low, int high)
{
    struct flynn_ring *ring = place_of(task->section, w, s)->ring;
    if (ring->source)
        return;
    const struct flynn_stage *before = s ? task->section->stage[s - 1] : NULL;
    bool whole = before && before->kind == FLYNN_WHOLE;
    if (ring->next < low && !ring->whole)
        ring->next = whole ? low - low % flynn_stage_band(before) : low;
    while (ring->next <= high) {
        int y = ring->next, rows = 1;
        if (s == 0) {
            uint8_t *row = flynn_ring_row(ring, y);
            const void *from = task->read ? task->read->read(task->read->context, w->number, y, row)
                                          : (const uint8_t *)flynn_row(task->src, y) + (size_t)ring->x * ring->pixel;
            if (from != row)
                memcpy(row, from, (size_t)ring->width * ring->pixel);
        } else if (whole) {
            rows = fill_whole(task, w, ring, y);
        } else {
            int step = s == 1 && w->direct ? 1 : flynn_stage_step(before);
            void **out = w->out + (size_t)(s - 1) * (size_t)task->section->step;
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
static void start_strip(const struct flynn_section *section, struct flynn_worker *w, int y0, int y1)
{
    int first = y0, last = y1 - 1;
    size_t acc_bytes = section->stage[section->stages - 1]->acc_bytes;
    if (acc_bytes && !w->counts)
        memset(w->acc, 0, acc_bytes);
    w->counts = true;
    for (int s = section->stages - 1; s >= section->head; s--) {
        const struct flynn_stage *stage = section->stage[s];
        int64_t from = flynn_stage_first(stage, first);
        int64_t to = (int64_t)flynn_stage_first(stage, last) + flynn_stage_taps(stage) - 1;
        flynn_ring_range(stage, from, to, &first, &last);
        if (first > last)
            first = last = first < stage->in.height ? first : stage->in.height - 1;
        for (w->tile = 0; w->tile < w->tiles; w->tile++) {
            const struct flynn_place *place = place_of(section, w, s);
            place->ring->next = 0;
            place->ring->limit = last + 1;
            if (place->stage->state_bytes)
                memset(place->state, 0, place->stage->state_bytes);
        }
    }
}

/* Order the streaming stores of kernels before the end of the strip is told to others. */
static void end_streaming(void)
{
#if defined(__x86_64__)
    __builtin_ia32_sfence();
#endif
}

static bool stopped(const struct flynn_task *task)
{
    const struct flynn_row_io *io = task->read ? task->read : task->write;
    return io && io->stop && atomic_load_explicit(io->stop, memory_order_relaxed);
}

/* The last stage's rows [y, y + rows), whose beginnings are in w->row, tile by tile. */
static void run_tiles(struct flynn_task *task, struct flynn_worker *w, int y, int rows, void **out)
{
    const struct flynn_section *section = task->section;
    int last = section->stages - 1, step = flynn_stage_step(section->stage[last]);
    bool writes = section->stage[last]->kind == FLYNN_ROWS;

    for (w->tile = 0; w->tile < w->tiles; w->tile++) {
        size_t at = flynn_columns_bytes(&section->stage[last]->out, place_of(section, w, last)->out.x);
        for (int done = 0, n; done < rows; done += n) {
            n = rows - done < step ? rows - done : step;
            for (int r = 0; r < n && writes; r++)
                out[r] = (uint8_t *)w->row[done + r] + at;
            produce(task, w, last, y + done, n, out);
        }
    }
}

static void run_strip(struct flynn_task *task, struct flynn_worker *w, int y0, int y1)
{
    const struct flynn_section *section = task->section;
    const struct flynn_row_io *write = task->write;
    int last = section->stages - 1, step = last == 0 && w->direct ? 1 : flynn_stage_step(section->stage[last]);
    void **out = w->out + (size_t)last * (size_t)section->step;
    bool rows_out = section->stage[last]->kind == FLYNN_ROWS, tiled = w->tiles > 1 || w->laid >= 0;
    void **row = tiled ? w->row : out;

    if (tiled || (write && step > FLYNN_IO_STEP))
        step = FLYNN_IO_STEP;
    start_strip(section, w, y0, y1);
    w->tile = 0;
    for (int y = y0, rows; y < y1 && !stopped(task); y += rows) {
        rows = y1 - y < step ? y1 - y : step;
        for (int r = 0; r < rows && rows_out; r++)
            row[r] = write ? write->place(write->context, w->number, y + r) : flynn_row(task->dst, y + r);
        if (tiled)
            run_tiles(task, w, y, rows, out);
        else
            produce(task, w, last, y, rows, out);
        if (rows_out && write)
            write->done(write->context, w->number, y, rows);
    }
    if (rows_out && write)
        write->flush(write->context, w->number);
    if (task->stream)
        end_streaming();
}

/* Rows of strip number `index`. */
static void strip_range(const struct flynn_task *task, int index, int *y0, int *y1)
{
    *y0 = task->first + index * task->strip;
    *y1 = task->last - *y0 < task->strip ? task->last : *y0 + task->strip;
}

/* Whether each row of the input is needed for one row of the first stage's output and for nothing else. */
static bool reads_alone(const struct flynn_task *task)
{
    const struct flynn_stage *stage = task->section->stage[0];
    return task->read && stage->kind == FLYNN_ROWS && flynn_stage_taps(stage) == 1 && !stage->first && !stage->up &&
           !flynn_stage_copies(stage) && !task->section->keep[0] && task->section->rows.tiles == 1;
}

static void run_laid(struct flynn_task *task, struct flynn_worker *w, int tile, int y0, int y1)
{
    if (w->laid != tile)
        flynn_section_lay(task->section, w, tile);
    if (!task->section->head)
        w->ring[0].source = flynn_stage_copies(task->section->stage[0]) || task->read ? NULL : task->src;
    run_strip(task, w, y0, y1);
}

void flynn_strip_rows(void *arg, int index, int worker)
{
    struct flynn_task *task = arg;
    const struct flynn_section *section = task->section;
    struct flynn_worker *w = &task->section->worker[worker];
    const struct flynn_cut *cut = flynn_section_cut(section, task->read || task->write);
    bool any_order = cut->tiles > 1 && cut == &section->columns;
    int y0, y1;

    strip_range(task, index, &y0, &y1);
    w->direct = reads_alone(task);
    for (int t = 0; any_order && t < cut->tiles; t++)
        run_laid(task, w, t, y0, y1);
    if (!any_order)
        run_laid(task, w, FLYNN_LAID_ALL, y0, y1);
}

void flynn_strip_whole(void *arg, int index, int worker)
{
    struct flynn_task *task = arg;
    int y0, y1;

    strip_range(task, index, &y0, &y1);
    produce_whole(task, &task->section->worker[worker], task->dst, y0, y1 - y0);
    if (task->stream)
        end_streaming();
}
