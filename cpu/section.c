/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/section.h"

#include "cpu/copy.h"

#include <stdlib.h>

/* Beyond this size, by measurement, rings make it worth while to go through an image tile by tile. */
#define COLUMNS_ABOVE ((size_t)3 << 20)
/* And where rows come or go whole, so that all tiles have rings: below it these lie in the third-level cache, from
 * where long rows come in time, and tiles gain less than their memory costs when it is first used. */
#define ROWS_ABOVE  ((size_t)64 << 20)
#define TILE_BYTES  ((size_t)1 << 20) /* of the rings of one tile */
#define TILE_PIXELS 64                /* tiles are multiples of it, so that rows of the output stay aligned */
#define TILE_TWICE  1.125             /* times the columns that there are may be made, because tiles overlap */

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

void flynn_section_reach(const struct flynn_section *section, int y0, int y1, bool ahead, int *low, int *high)
{
    *low = y0;
    *high = y1 - 1;
    for (int s = section->stages - 1; s >= section->head; s--) {
        const struct flynn_stage *stage = section->stage[s];
        int last = ahead ? *high + flynn_stage_step(stage) - 1 : *high;
        int height = stage->kind == FLYNN_REDUCE ? stage->in.height : stage->out.height;
        last = last < height ? last : height - 1;
        int64_t from = flynn_stage_first(stage, *low);
        int64_t to = (int64_t)flynn_stage_first(stage, last) + flynn_stage_taps(stage) - 1;
        flynn_ring_range(stage, from, to, low, high);
        if (*low > *high)
            *low = *high = *low < stage->in.height ? *low : stage->in.height - 1;
    }
}

/* ---- tiles of columns ---------------------------------------------------------------------------------------- */

/* Columns that the stage makes. */
static int width_of(const struct flynn_stage *stage)
{
    return stage->kind == FLYNN_REDUCE ? stage->in.width : stage->out.width;
}

static int part_columns(const struct flynn_stage *stage)
{
    return stage->part && stage->part_columns > 1 ? stage->part_columns : 1;
}

/* Columns beyond the image's other end are not within reach of a tile. */
static bool takes_columns(const struct flynn_stage *stage)
{
    bool around = stage->border == FLYNN_WRAP && (stage->left || stage->right);
    return !around && (stage->part || (!stage->full_width && width_of(stage) == stage->in.width));
}

/* What stage s needs to make the columns `out` of its output. The stage itself where it takes any columns, else *copy,
 * turned into one for these. */
static const struct flynn_stage *part_of(const struct flynn_section *section, const struct flynn_cut *cut, int s,
                                         struct flynn_span out, struct flynn_stage *copy, struct flynn_part *part)
{
    const struct flynn_stage *stage = section->stage[s];
    *part = (struct flynn_part){out.x, out.width, 0, stage->in.width, out.x};
    if (cut->tiles == 1)
        return stage;
    struct flynn_span in = flynn_ring_columns(stage, out);
    part->from = in.x;
    part->to = in.x + in.width;
    if (!stage->part)
        return stage;
    *copy = *stage;
    stage->part(copy, part);
    return copy;
}

static bool can_tile(const struct flynn_section *section)
{
    bool can = section->stages > section->head;
    for (int s = section->head; s < section->stages; s++)
        can &= takes_columns(section->stage[s]);
    return can;
}

/* Output columns of stage s for tile t; of stage -1: those that the first one reads. */
static struct flynn_span span_of(const struct flynn_section *section, const struct flynn_cut *cut, int t, int s)
{
    int width = width_of(flynn_section_last(section)), x = t * cut->tile;
    struct flynn_span span = {x, width - x < cut->tile ? width - x : cut->tile};
    if (cut->tiles == 1)
        return (struct flynn_span){0, s < 0 ? section->stage[0]->in.width : width_of(section->stage[s])};
    for (int i = section->stages - 1; i > s; i--) {
        struct flynn_stage copy;
        struct flynn_part part;
        int to = i ? part_columns(section->stage[i - 1]) : 1, all = section->stage[i]->in.width, end;
        part_of(section, cut, i, span, &copy, &part);
        end = (int)round_up((size_t)part.to, (size_t)to);
        span.x = part.from - part.from % to;
        span.width = (end < all ? end : all) - span.x;
    }
    return span;
}

/* Rows of the input that blocks of rows need of the ring that all tiles share. */
static int block_rows(const struct flynn_section *section, int tiles)
{
    int most = 0, height = tiles > 1 ? flynn_section_height(section) : 0;
    for (int y = 0; y < height; y++) {
        int low, high, end = height - y < FLYNN_IO_STEP ? height : y + FLYNN_IO_STEP;
        flynn_section_reach(section, y, end, true, &low, &high);
        most = high - low + 1 > most ? high - low + 1 : most;
    }
    return most;
}

/* ---- memory of a worker -------------------------------------------------------------------------------------- */

/* The ring of what stage s reads for tile t, which is alone or one of all. Bands of a whole stage before it must lie in
 * one piece. */
static size_t measure_ring(const struct flynn_section *section, const struct flynn_cut *cut, int t, int s, bool alone,
                           struct flynn_ring *ring)
{
    const struct flynn_stage *stage = section->stage[s], *before = s ? section->stage[s - 1] : NULL;
    bool shared = s == section->head && !alone;
    struct flynn_span columns = shared ? (struct flynn_span){0, stage->in.width} : span_of(section, cut, t, s - 1);
    int ahead = (before ? flynn_stage_step(before) : 1) + section->keep[s] + (shared ? cut->block : 0);
    int rows = section->need[s] + ahead - 1;
    size_t bytes = flynn_ring_measure(ring, stage, columns, rows);
    int over = before && before->kind == FLYNN_WHOLE ? ring->capacity % flynn_stage_band(before) : 0;
    return over ? flynn_ring_measure(ring, stage, columns, rows + flynn_stage_band(before) - over) : bytes;
}

/* The rings, states and spans of tile t as number `i` of those that there are, from `at` on; returns where they end. */
static size_t place_tile(const struct flynn_section *section, const struct flynn_cut *cut, struct flynn_worker *w,
                         uint8_t *base, size_t at, int t, int i, bool alone)
{
    int n = section->stages, head = section->head;
    for (int s = head; s < n; s++) {
        struct flynn_ring ring;
        struct flynn_stage copy;
        struct flynn_part part;
        struct flynn_span out = span_of(section, cut, t, s);
        const struct flynn_stage *stage = part_of(section, cut, s, out, &copy, &part);
        size_t bytes = s == head && i ? 0 : round_up(measure_ring(section, cut, t, s, alone, &ring), 64);
        size_t kept = stage == &copy ? round_up(sizeof copy, 64) : 0;
        struct flynn_stage *keep = base ? (struct flynn_stage *)(void *)(base + at + bytes) : NULL;
        if (base && bytes) {
            flynn_ring_place(&ring, base + at);
            w->ring[i * n + s] = ring;
        }
        if (base && kept)
            *keep = copy;
        if (base)
            w->place[i * n + s] = (struct flynn_place){
                .stage = kept ? keep : stage,
                .ring = &w->ring[s == head ? s : i * n + s],
                .state = base + at + bytes + kept,
                .out = out,
                .in_x = part.in_x,
            };
        at += bytes + kept + round_up(stage->state_bytes, 64);
    }
    return at;
}

/* Lay out what does not depend on tiles from `base` on; with base NULL only its size is found. */
static size_t place_worker(const struct flynn_section *section, struct flynn_worker *w, uint8_t *base)
{
    size_t n = (size_t)section->stages, all = n * (size_t)section->rows.tiles, step = (size_t)section->step;
    size_t rings = 0, places = round_up(all * sizeof *w->ring, 64);
    size_t ins = places + round_up(all * sizeof *w->place, 64);
    size_t outs = ins + round_up(n * (size_t)section->window * sizeof *w->in, 64);
    size_t withs = outs + round_up(n * step * sizeof *w->out, 64);
    size_t rows = withs + round_up(n * step * sizeof *w->with, 64);
    size_t acc = rows + round_up(step * sizeof *w->row, 64);
    size_t scratch = acc + round_up(flynn_section_last(section)->acc_bytes, 64);

    if (base) {
        w->ring = (struct flynn_ring *)(void *)(base + rings);
        w->place = (struct flynn_place *)(void *)(base + places);
        w->in = (const void **)(void *)(base + ins);
        w->out = (void **)(void *)(base + outs);
        w->with = (const void **)(void *)(base + withs);
        w->row = (void **)(void *)(base + rows);
        w->acc = base + acc;
        w->scratch = base + scratch;
    }
    w->rooms = scratch + round_up(section->stage[0]->scratch_bytes, 64);
    return w->rooms;
}

/* Bytes of a worker with rings for all tiles, or for the one of them that needs most. */
static size_t measure_worker(const struct flynn_section *section, const struct flynn_cut *cut, bool alone)
{
    struct flynn_worker none;
    size_t rooms = place_worker(section, &none, NULL), at = rooms, most = rooms;
    for (int t = 0; t < cut->tiles; t++) {
        at = place_tile(section, cut, &none, NULL, alone ? rooms : at, t, alone ? 0 : t, alone);
        most = at > most ? at : most;
    }
    return round_up(most, 64);
}

size_t flynn_section_bytes(const struct flynn_section *section, bool whole_rows)
{
    const struct flynn_cut *cut = flynn_section_cut(section, whole_rows);
    return measure_worker(section, cut, cut->tiles > 1 && cut == &section->columns);
}

void flynn_section_lay(const struct flynn_section *section, struct flynn_worker *w, int tile)
{
    bool all = tile == FLYNN_LAID_ALL;
    const struct flynn_cut *cut = all ? &section->rows : &section->columns;
    size_t at = w->rooms;
    w->tiles = all ? cut->tiles : 1;
    w->laid = tile;
    for (int i = 0; i < w->tiles; i++)
        at = place_tile(section, cut, w, w->arena, at, all ? i : tile, i, !all);
}

int flynn_section_reserve(struct flynn_engine *engine, struct flynn_section *section, struct flynn_err *err)
{
    for (int i = 0; i < engine->workers; i++) {
        struct flynn_worker *w = &section->worker[i];
        if (w->arena)
            continue;
        w->arena = aligned_alloc(64, w->bytes);
        if (!w->arena)
            return flynn_fail(err, FLYNN_ELIMIT, "out of memory: %zu bytes for the rows of one thread", w->bytes);
        place_worker(section, w, w->arena);
        w->laid = FLYNN_LAID_NONE;
    }
    return FLYNN_OK;
}

static void set_tile(const struct flynn_section *section, struct flynn_cut *cut, int tile)
{
    int width = width_of(flynn_section_last(section));
    tile = (int)round_up((size_t)tile, (size_t)part_columns(flynn_section_last(section)));
    cut->tile = tile < width && can_tile(section) ? tile : width;
    cut->tiles = (width + cut->tile - 1) / cut->tile;
    cut->block = block_rows(section, cut->tiles);
}

/* How many times the columns are made that there are, in a tile in the middle. */
static double made_twice(const struct flynn_section *section, const struct flynn_cut *cut)
{
    double made = 0, needed = 0;
    for (int s = section->head; s < section->stages; s++) {
        made += span_of(section, cut, cut->tiles / 2, s).width;
        needed += width_of(section->stage[s]);
    }
    return made / needed * width_of(flynn_section_last(section)) / cut->tile;
}

/* Bytes that a worker reads again and again: not the rows of an image that are read once, where they lie. */
static size_t reused_bytes(const struct flynn_section *section, const struct flynn_cut *cut)
{
    const struct flynn_stage *first = section->stage[0];
    struct flynn_ring ring;
    bool once = section->need[0] == flynn_stage_step(first) && !section->keep[0] && !flynn_stage_copies(first);
    once &= cut == &section->columns && !section->head;
    return measure_worker(section, cut, false) - (once ? measure_ring(section, cut, 0, 0, false, &ring) : 0);
}

/* Tiles whose rings lie in the nearer caches, where those of whole rows take more than so many bytes. */
static void choose_tile(const struct flynn_section *section, struct flynn_cut *cut, size_t above)
{
    int multiple = TILE_PIXELS * part_columns(flynn_section_last(section));
    set_tile(section, cut, width_of(flynn_section_last(section)));
    size_t bytes = reused_bytes(section, cut);
    if (bytes <= above)
        return;
    int tile = (int)round_up((size_t)((double)cut->tile * TILE_BYTES / (double)bytes), (size_t)multiple);
    set_tile(section, cut, tile);
    for (; cut->tiles > 1 && made_twice(section, cut) > TILE_TWICE; tile *= 2)
        set_tile(section, cut, 2 * tile);
}

void flynn_section_set_tile(struct flynn_engine *engine, struct flynn_section *section, int columns)
{
    if (columns) {
        set_tile(section, &section->columns, columns);
        set_tile(section, &section->rows, columns);
    } else {
        choose_tile(section, &section->columns, COLUMNS_ABOVE);
        choose_tile(section, &section->rows, ROWS_ABOVE);
    }
    size_t bytes = flynn_section_bytes(section, true), other = flynn_section_bytes(section, false);
    for (int i = 0; i < engine->workers; i++) {
        struct flynn_worker *w = &section->worker[i];
        engine->bytes -= w->bytes;
        free(w->arena);
        *w = (struct flynn_worker){.number = i, .bytes = bytes > other ? bytes : other};
        engine->bytes += w->bytes;
    }
}

/* ---- a section ----------------------------------------------------------------------------------------------- */

/* Appended to a whole stage whose output may go by rows. */
static void hand_on(struct flynn_section *section)
{
    int n = section->stages++;
    section->own[n] = (struct flynn_stage){.kind = FLYNN_ROWS, .in = section->own[n - 1].out, .step = FLYNN_IO_STEP};
    section->own[n].out = section->own[n].in;
    section->owned_kernel[n] = flynn_copy_rows;
    section->handed = true;
}

/* Stages whose table lies aside get copies that will point at it. */
static int own_stages(struct flynn_section *section, bool last, struct flynn_err *err)
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
    section->need = calloc((size_t)section->stages, sizeof *section->need);
    if (!section->beside || !section->keep || !section->need)
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

/* The longest lists of rows that a call of one of its kernels gets. */
static void measure_lists(struct flynn_section *section)
{
    section->step = FLYNN_IO_STEP;
    for (int s = 0; s < section->stages; s++) {
        const struct flynn_stage *stage = section->stage[s];
        struct flynn_ring ring;
        section->need[s] = flynn_ring_window(stage);
        flynn_ring_measure(&ring, stage, (struct flynn_span){0, stage->in.width}, section->need[s]);
        int window = flynn_stage_taps(stage) + flynn_stage_step(stage) + (stage->first ? ring.capacity : 0);
        section->window = window > section->window ? window : section->window;
        section->step = flynn_stage_step(stage) > section->step ? flynn_stage_step(stage) : section->step;
    }
}

int flynn_section_open(struct flynn_engine *engine, int i, flynn_kernel *const *kernels, struct flynn_err *err)
{
    const struct flynn_segment *from = &engine->plan->segment[i];
    struct flynn_section *section = &engine->section[i];
    bool last = i == engine->plan->segments - 1;
    section->stage = engine->plan->stage + from->first;
    section->kernel = kernels + from->first;
    section->stages = from->stages;
    section->head = section->stage[0]->kind == FLYNN_WHOLE;
    int code = own_stages(section, last, err);
    if (!code)
        code = link_beside(engine, section, from->first, err);
    if (code)
        return code;
    measure_lists(section);
    section->worker = calloc((size_t)engine->workers, sizeof *section->worker);
    if (!section->worker)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory");
    flynn_section_set_tile(engine, section, 0);
    return FLYNN_OK;
}

void flynn_section_close(struct flynn_engine *engine, struct flynn_section *section)
{
    for (int k = 0; section->worker && k < engine->workers; k++)
        free(section->worker[k].arena);
    free(section->worker);
    free(section->own);
    free(section->owned);
    free(section->owned_kernel);
    free(section->beside);
    free(section->keep);
    free(section->need);
    flynn_image_free(&section->result);
    flynn_image_free(&section->room);
}
