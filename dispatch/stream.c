/* SPDX-License-Identifier: Apache-2.0 */
#include "dispatch/stream.h"

#include "core/memory.h"
#include "dispatch/run.h"

#include <stdio.h>

#define BAND_BYTES ((size_t)512 << 10) /* of a worker's share of a band, where rows must come or go in order */

struct flynn_image flynn_stream_output(const struct flynn_plan *plan, const struct flynn_rows_in *in)
{
    struct flynn_image like = flynn_rows_in_like(in);
    if (plan->nodes) {
        like.matrix = plan->out_matrix;
        like.planes = plan->out_planes;
    }
    like.maxval = plan->out.type == in->shape.type ? in->maxval : 0;
    like.shape = plan->out;
    return like;
}

/* What the engine's calls get as their context. */
struct stream {
    struct flynn_rows_in *in;
    struct flynn_rows_out *out;
    int height;
    atomic_int rows; /* done */
    flynn_stream_progress *progress;
    void *arg;
};

static void before(void *context, int low, int high)
{
    flynn_rows_in_load(((struct stream *)context)->in, low, high);
}

static const void *read_row(void *context, int worker, int y, void *buffer)
{
    return flynn_rows_in_read(((struct stream *)context)->in, worker, y, buffer);
}

static void *place(void *context, int worker, int y)
{
    return flynn_rows_out_place(((struct stream *)context)->out, worker, y);
}

static void done(void *context, int worker, int y, int rows)
{
    struct stream *s = context;
    flynn_rows_out_done(s->out, worker, y, rows);
    int all = atomic_fetch_add_explicit(&s->rows, rows, memory_order_relaxed) + rows;
    if (worker == 0 && s->progress)
        s->progress(s->arg, (double)all / s->height);
}

static void flush(void *context, int worker)
{
    flynn_rows_out_flush(((struct stream *)context)->out, worker);
}

static void after(void *context, int y, int rows)
{
    flynn_rows_out_after(((struct stream *)context)->out, y, rows);
}

/* Rows of a band: enough for each worker that the rows computed twice where strips meet do not matter. */
static int band_rows(const struct flynn_run *run, const struct flynn_rows_in *in, bool ordered)
{
    if (!ordered)
        return 0;
    size_t rows = BAND_BYTES / in->row_bytes;
    rows = rows < 2 * FLYNN_ROWS_STEP ? 2 * FLYNN_ROWS_STEP : rows;
    rows *= (size_t)flynn_engine_workers(run->engine);
    return rows < (size_t)run->plan->out.height ? (int)rows : run->plan->out.height;
}

static bool in_order(const struct flynn_rows_in *in, const struct flynn_rows_out *out)
{
    return in->file_offset < 0 || (out && out->file_offset < 0);
}

/* All that a run takes for itself, so that a part that is granted is not what ends the process. */
static int check_memory(const struct flynn_run *run, const struct stream *s, struct flynn_err *err)
{
    char why[FLYNN_MEMORY_WHY];
    size_t bytes = flynn_run_stream_bytes(run, s->in, s->out);
    if (flynn_memory_exceeds(flynn_memory_limit(), (double)bytes, why))
        return flynn_fail(err, FLYNN_ELIMIT, "%s: out of memory: %zu bytes for rows and images%s", s->in->source->name,
                          bytes, why);
    return FLYNN_OK;
}

static int start(struct flynn_run *run, struct stream *s, struct flynn_row_io *io, struct flynn_rows_fault *fault,
                 struct flynn_err *err)
{
    int workers = flynn_engine_workers(run->engine);
    int band = band_rows(run, s->in, in_order(s->in, s->out));
    int window = s->in->file_offset < 0 ? flynn_engine_reach(run->engine, band) : 0;

    *io = (struct flynn_row_io){.context = s, .band = band, .before = before, .read = read_row, .stop = &fault->stop};
    int code = flynn_rows_in_start(s->in, workers, window, fault, err);
    if (!code && s->out) {
        code = flynn_rows_out_start(s->out, workers, band, fault, err);
        io->place = place;
        io->done = done;
        io->flush = flush;
        io->after = after;
    }
    return code;
}

int flynn_run_stream(struct flynn_run *run, struct flynn_rows_in *in, struct flynn_rows_out *out,
                     const struct flynn_image *image, flynn_stream_progress *progress, void *arg, struct flynn_err *err)
{
    struct stream s = {.in = in, .out = out, .height = run->plan->out.height, .progress = progress, .arg = arg};
    struct flynn_rows_fault fault;
    struct flynn_row_io io;

    flynn_rows_fault_init(&fault);
    int code = check_memory(run, &s, err);
    if (!code)
        code = start(run, &s, &io, &fault, err);
    if (!code)
        code = flynn_engine_stream(run->engine, NULL, image, &io, err);
    if (atomic_load(&fault.stop)) {
        *err = fault.err;
        code = fault.err.code;
    }
    if (!code)
        code = flynn_rows_in_finish(in, err);
    if (!code && out)
        code = flynn_rows_out_finish(out, err);
    pthread_mutex_destroy(&fault.lock);
    return code;
}

size_t flynn_run_stream_bytes(const struct flynn_run *run, const struct flynn_rows_in *in,
                              const struct flynn_rows_out *out)
{
    int workers = flynn_engine_workers(run->engine), band = band_rows(run, in, in_order(in, out));
    int window = in->file_offset < 0 ? flynn_engine_reach(run->engine, band) : 0;
    return flynn_engine_bytes(run->engine) + flynn_engine_stream_bytes(run->engine) +
           flynn_rows_in_bytes(in, workers, window) + (out ? flynn_rows_out_bytes(out, workers, band) : 0);
}

void flynn_run_stream_layout(const struct flynn_run *run, int segment, const struct flynn_rows_in *in,
                             const struct flynn_rows_out *out, char *text, size_t size)
{
    struct flynn_engine_layout layout;
    int last = run->plan->segments - 1;
    bool banded = (segment == 0 && in->file_offset < 0) || (segment == last && out && out->file_offset < 0);
    bool whole_rows = segment == 0 || (segment == last && out);
    flynn_engine_layout(run->engine, segment, banded ? band_rows(run, in, true) : 0, whole_rows, &layout);
    char tiles[64] = "";
    if (layout.tiles > 1)
        snprintf(tiles, sizeof tiles, " in %d tiles of %d columns", layout.tiles, layout.tile);
    snprintf(text, size, "%d strip%s of %d rows%s%s, rings of %.0f kB for each of %d worker%s", layout.strips,
             layout.strips == 1 ? "" : "s", layout.strip, banded ? " in bands, in order" : "", tiles,
             (double)layout.ring_bytes / 1e3, flynn_engine_workers(run->engine),
             flynn_engine_workers(run->engine) == 1 ? "" : "s");
}
