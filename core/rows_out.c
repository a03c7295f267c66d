/* SPDX-License-Identifier: Apache-2.0 */
#include "core/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_BYTES ((size_t)512 << 10)

/* Where row 0 comes to lie in a file. */
static int find_place(struct flynn_rows_out *rows, struct flynn_err *err)
{
    if (!rows->out->target)
        return FLYNN_OK;
    int code = flynn_out_expect(rows->out, (double)rows->height * (double)rows->row_bytes, err);
    if (!code)
        code = flynn_out_flush(rows->out, err);
    rows->file_offset = lseek(rows->out->fd, 0, SEEK_CUR);
    return code;
}

int flynn_rows_out_open(struct flynn_rows_out *rows, struct flynn_outfile *out, const struct flynn_pnm_header *header,
                        const struct flynn_image *like, struct flynn_err *err)
{
    char text[FLYNN_PNM_HEADER_MAX];
    *rows = (struct flynn_rows_out){.out = out, .height = like->shape.height, .shape = like->shape, .file_offset = -1};
    rows->plain = header->kind < 4;
    rows->image_row = flynn_row_bytes(&like->shape);
    rows->row_bytes = rows->plain ? rows->image_row : flynn_pnm_row_bytes(header);
    int code = flynn_pnm_encoder(&rows->codec, header, &like->shape, err);
    if (!code)
        code = flynn_out_write(out, text, flynn_pnm_header_text(header, text), err);
    rows->codec.direct |= rows->plain;
    return code || rows->plain ? code : find_place(rows, err);
}

int flynn_rows_out_raw(struct flynn_rows_out *rows, struct flynn_outfile *out, enum flynn_format format,
                       const struct flynn_image *like, struct flynn_err *err)
{
    bool pfm = format == FLYNN_FORMAT_PFM;
    *rows = (struct flynn_rows_out){.out = out, .height = like->shape.height, .shape = like->shape, .file_offset = -1};
    rows->row_bytes = rows->image_row = flynn_row_bytes(&like->shape);
    rows->codec.direct = true;
    rows->bottom_up = pfm;
    int code = pfm ? flynn_pfm_begin(out, like, err) : flynn_npy_begin(out, like, err);
    return code ? code : find_place(rows, err);
}

/* Rows of a chunk, or of the band. */
static int capacity_of(const struct flynn_rows_out *rows, int band)
{
    size_t fit = CHUNK_BYTES / rows->row_bytes;
    if (rows->file_offset < 0)
        return band;
    return fit < 2 * FLYNN_ROWS_STEP ? 2 * FLYNN_ROWS_STEP : (int)fit;
}

size_t flynn_rows_out_bytes(const struct flynn_rows_out *rows, int workers, int band)
{
    size_t chunks = rows->file_offset < 0 ? 1 : (size_t)workers;
    size_t encoded = rows->codec.direct ? 0 : (size_t)workers * FLYNN_ROWS_STEP * rows->image_row;
    return chunks * (size_t)capacity_of(rows, band) * rows->row_bytes + encoded;
}

int flynn_rows_out_start(struct flynn_rows_out *rows, int workers, int band, struct flynn_rows_fault *fault,
                         struct flynn_err *err)
{
    bool in_order = rows->file_offset < 0;
    rows->fault = fault;
    rows->workers = workers;
    rows->capacity = capacity_of(rows, band);
    rows->chunk = calloc((size_t)workers, sizeof *rows->chunk);
    bool good = rows->chunk != NULL;
    if (good && !rows->codec.direct)
        good = (rows->row = malloc((size_t)workers * FLYNN_ROWS_STEP * rows->image_row)) != NULL;
    if (good && in_order)
        good = (rows->band = malloc((size_t)band * rows->row_bytes)) != NULL;
    for (int i = 0; good && i < workers; i++)
        rows->chunk[i].first = -1;
    for (int i = 0; good && !in_order && i < workers; i++)
        good = (rows->chunk[i].memory = flynn_rows_memory((size_t)rows->capacity * rows->row_bytes)) != NULL;
    return good ? FLYNN_OK
                : flynn_fail(err, FLYNN_ELIMIT, "%s: out of memory: %zu bytes for writing rows of %zu bytes",
                             rows->out->name, flynn_rows_out_bytes(rows, workers, band), rows->row_bytes);
}

/* The next row of the chunk is row y. */
static void begin_chunk(struct flynn_rows_out *rows, struct flynn_rows_chunk *chunk, int y)
{
    uint64_t place = rows->bottom_up ? (uint64_t)rows->height - (uint64_t)y - (uint64_t)rows->capacity : (uint64_t)y;
    chunk->first = y;
    chunk->rows = 0;
    flynn_rows_align(chunk, (uint64_t)rows->file_offset + place * rows->row_bytes, rows->codec.direct,
                     rows->shape.type);
}

/* Where row y stands in the file's bytes. */
static uint8_t *file_row(struct flynn_rows_out *rows, struct flynn_rows_chunk *chunk, int y)
{
    if (rows->file_offset < 0)
        return rows->band + (size_t)(y - rows->band_first) * rows->row_bytes;
    if (chunk->first < 0)
        begin_chunk(rows, chunk, y);
    int place = y - chunk->first;
    return chunk->bytes + (size_t)(rows->bottom_up ? rows->capacity - 1 - place : place) * rows->row_bytes;
}

void *flynn_rows_out_place(struct flynn_rows_out *rows, int worker, int y)
{
    if (rows->codec.direct)
        return file_row(rows, &rows->chunk[worker], y);
    return rows->row + ((size_t)worker * FLYNN_ROWS_STEP + (size_t)(y % FLYNN_ROWS_STEP)) * rows->image_row;
}

static void write_failed(struct flynn_rows_out *rows, int why)
{
    struct flynn_err err;
    flynn_fail(&err, FLYNN_EIO, "%s: writing failed: %s", rows->out->name, strerror(why));
    flynn_rows_fault_set(rows->fault, &err);
}

/* The rows of a chunk to their place in the file; the next row is the one behind them. */
static void write_chunk(struct flynn_rows_out *rows, struct flynn_rows_chunk *chunk)
{
    size_t want = (size_t)chunk->rows * rows->row_bytes, have = 0;
    int first = rows->bottom_up ? rows->height - chunk->first - chunk->rows : chunk->first;
    off_t at = rows->file_offset + (off_t)((uint64_t)first * rows->row_bytes);
    const uint8_t *bytes = chunk->bytes;
    if (rows->bottom_up)
        bytes += (size_t)(rows->capacity - chunk->rows) * rows->row_bytes;
    while (have < want && !atomic_load(&rows->fault->stop)) {
        ssize_t n = pwrite(rows->out->fd, bytes + have, want - have, at + (off_t)have);
        if (n >= 0)
            have += (size_t)n;
        else if (errno != EINTR)
            write_failed(rows, errno);
    }
    begin_chunk(rows, chunk, chunk->first + chunk->rows);
}

void flynn_rows_out_done(struct flynn_rows_out *rows, int worker, int y, int n)
{
    struct flynn_rows_chunk *chunk = &rows->chunk[worker];
    size_t samples = rows->image_row / (rows->codec.wide_image ? 2 : 1);
    for (int r = y; r < y + n && !rows->codec.direct; r++)
        flynn_pnm_encode(&rows->codec, flynn_rows_out_place(rows, worker, r), samples, file_row(rows, chunk, r));
    if (rows->file_offset < 0)
        return;
    chunk->rows += n;
    if (chunk->rows + FLYNN_ROWS_STEP > rows->capacity)
        write_chunk(rows, chunk);
}

void flynn_rows_out_flush(struct flynn_rows_out *rows, int worker)
{
    if (rows->file_offset >= 0 && rows->chunk[worker].rows)
        write_chunk(rows, &rows->chunk[worker]);
    rows->chunk[worker].first = -1;
}

static int write_text(struct flynn_rows_out *rows, int n, struct flynn_err *err)
{
    int code = FLYNN_OK;
    for (int r = 0; r < n && !code; r++)
        code = flynn_pnm_write_plain(&rows->codec, rows->out, rows->band + (size_t)r * rows->row_bytes,
                                     flynn_row_samples(&rows->shape), err);
    return code;
}

void flynn_rows_out_after(struct flynn_rows_out *rows, int y, int n)
{
    struct flynn_err err;
    if (rows->file_offset >= 0 || atomic_load(&rows->fault->stop))
        return;
    int code = rows->plain ? write_text(rows, n, &err)
                           : flynn_out_write(rows->out, rows->band, (size_t)n * rows->row_bytes, &err);
    if (code)
        flynn_rows_fault_set(rows->fault, &err);
    rows->band_first = y + n;
}

int flynn_rows_out_finish(struct flynn_rows_out *rows, struct flynn_err *err)
{
    if (rows->file_offset < 0)
        return FLYNN_OK;
    off_t end = rows->file_offset + (off_t)((uint64_t)rows->height * rows->row_bytes);
    if (lseek(rows->out->fd, end, SEEK_SET) < 0)
        return flynn_fail(err, FLYNN_EIO, "%s: writing failed: %s", rows->out->name, strerror(errno));
    return FLYNN_OK;
}

void flynn_rows_out_close(struct flynn_rows_out *rows)
{
    for (int i = 0; rows->chunk && i < rows->workers; i++)
        free(rows->chunk[i].memory);
    free(rows->chunk);
    free(rows->band);
    free(rows->row);
    flynn_pnm_codec_free(&rows->codec);
    rows->chunk = NULL;
    rows->band = rows->row = NULL;
}
