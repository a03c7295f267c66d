/* SPDX-License-Identifier: Apache-2.0 */
#include "core/rows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_BYTES ((size_t)256 << 10) /* stays in the second-level cache together with what is made of it */

void flynn_rows_fault_init(struct flynn_rows_fault *fault)
{
    *fault = (struct flynn_rows_fault){0};
    pthread_mutex_init(&fault->lock, NULL);
}

void flynn_rows_fault_set(struct flynn_rows_fault *fault, const struct flynn_err *err)
{
    pthread_mutex_lock(&fault->lock);
    if (!atomic_load(&fault->stop))
        fault->err = *err;
    atomic_store(&fault->stop, true);
    pthread_mutex_unlock(&fault->lock);
}

/* The offset in the file of the stream's offset, or -1 when the source is no regular file. */
static int64_t file_offset(const struct flynn_source *source, uint64_t offset)
{
    struct stat st;
    if (source->fd < 0 || fstat(source->fd, &st) != 0 || !S_ISREG(st.st_mode))
        return -1;
    off_t position = lseek(source->fd, 0, SEEK_CUR);
    if (position < 0)
        return -1;
    return (int64_t)position - (int64_t)(source->base + source->end) + (int64_t)offset;
}

bool flynn_rows_in_any_order(const struct flynn_source *source)
{
    return file_offset(source, 0) >= 0;
}

int flynn_rows_in_open(struct flynn_rows_in *in, struct flynn_source *source, const struct flynn_pnm_header *header,
                       struct flynn_err *err)
{
    *in = (struct flynn_rows_in){.source = source, .maxval = header->maxval, .plain = header->kind < 4};
    in->shape = flynn_pnm_shape(header);
    in->row_bytes = in->plain ? flynn_row_bytes(&in->shape) : flynn_pnm_row_bytes(header);
    in->start = flynn_source_offset(source);
    in->file_offset = in->plain ? -1 : file_offset(source, in->start);
    int code = flynn_source_need(source, flynn_pnm_least_bytes(header), "the samples", err);
    if (!code)
        code = flynn_pnm_decoder(&in->codec, header, err);
    in->codec.direct |= in->plain;
    return code;
}

int flynn_rows_in_raw(struct flynn_rows_in *in, struct flynn_source *source, const struct flynn_raw_layout *layout,
                      struct flynn_err *err)
{
    *in = (struct flynn_rows_in){.source = source, .shape = layout->shape, .matrix = layout->matrix};
    in->planes = layout->planes;
    in->swap = layout->swap;
    in->bottom_up = layout->bottom_up;
    in->codec.direct = !layout->swap;
    in->row_bytes = flynn_row_bytes(&in->shape);
    in->start = flynn_source_offset(source);
    in->file_offset = file_offset(source, in->start);
    return flynn_source_need(source, in->row_bytes * (uint64_t)in->shape.height, "samples", err);
}

/* Rows of a chunk, or of a pipe's window. */
static int capacity_of(const struct flynn_rows_in *in, int window)
{
    size_t rows = CHUNK_BYTES / in->row_bytes;
    if (in->file_offset < 0)
        return window;
    return rows < 1 ? 1 : rows > (size_t)in->shape.height ? in->shape.height : (int)rows;
}

size_t flynn_rows_in_bytes(const struct flynn_rows_in *in, int workers, int window)
{
    size_t chunks = in->file_offset < 0 ? 1 : (size_t)workers;
    return chunks * (size_t)capacity_of(in, window) * in->row_bytes;
}

int flynn_rows_in_start(struct flynn_rows_in *in, int workers, int window, struct flynn_rows_fault *fault,
                        struct flynn_err *err)
{
    int chunks = in->file_offset < 0 ? 1 : workers;
    in->fault = fault;
    in->workers = workers;
    in->capacity = capacity_of(in, window);
    in->chunk = calloc((size_t)chunks, sizeof *in->chunk);
    for (int i = 0; in->chunk && i < chunks; i++) {
        in->chunk[i].memory = in->chunk[i].bytes = flynn_rows_memory((size_t)in->capacity * in->row_bytes);
        if (!in->chunk[i].memory)
            break;
        if (i == chunks - 1)
            return FLYNN_OK;
    }
    return flynn_fail(err, FLYNN_ELIMIT, "%s: out of memory for reading", in->source->name);
}

static void truncated(struct flynn_rows_in *in, uint64_t had)
{
    struct flynn_err err;
    uint64_t all = in->row_bytes * (uint64_t)in->shape.height;
    flynn_fail(&err, FLYNN_EINPUT, "%s: offset %" PRIu64 ": the samples end after %" PRIu64 " of %" PRIu64 " bytes",
               in->source->name, in->start, had, all);
    flynn_rows_fault_set(in->fault, &err);
}

static void read_failed(struct flynn_rows_in *in, int why)
{
    struct flynn_err err;
    flynn_fail(&err, FLYNN_EIO, "%s: reading failed: %s", in->source->name, strerror(why));
    flynn_rows_fault_set(in->fault, &err);
}

/* Rows of a file from y on. What cannot be read is left as it was: the fault is kept, and the output given up. */
static void load_chunk(struct flynn_rows_in *in, struct flynn_rows_chunk *chunk, int y)
{
    int rows = in->shape.height - y < in->capacity ? in->shape.height - y : in->capacity;
    size_t want = (size_t)rows * in->row_bytes, have = 0;
    int from = in->bottom_up ? in->shape.height - y - rows : y;
    off_t at = in->file_offset + (off_t)((uint64_t)from * in->row_bytes);
    flynn_rows_align(chunk, (uint64_t)at, in->codec.direct, in->shape.type);
    while (have < want) {
        ssize_t n = pread(in->source->fd, chunk->bytes + have, want - have, at + (off_t)have);
        if (n > 0) {
            have += (size_t)n;
        } else if (n == 0) {
            truncated(in, (uint64_t)from * in->row_bytes + have);
            break;
        } else if (errno != EINTR) {
            read_failed(in, errno);
            break;
        }
    }
    chunk->first = y;
    chunk->rows = rows;
}

/* Row y of a pipe or of text, which comes next. */
static void load_next(struct flynn_rows_in *in, int y, uint8_t *row)
{
    struct flynn_err err;
    if (in->plain) {
        if (flynn_pnm_read_plain(&in->codec, in->source, y, row, &err))
            flynn_rows_fault_set(in->fault, &err);
        return;
    }
    size_t n = flynn_source_read(in->source, row, in->row_bytes);
    if (n < in->row_bytes && in->source->failed)
        read_failed(in, in->source->failed);
    else if (n < in->row_bytes)
        truncated(in, (uint64_t)y * in->row_bytes + n);
}

void flynn_rows_in_load(struct flynn_rows_in *in, int low, int high)
{
    struct flynn_rows_chunk *window = in->chunk;
    if (in->file_offset >= 0)
        return;
    (void)low;
    for (int y = window->first + window->rows; y <= high && !atomic_load(&in->fault->stop); y++) {
        load_next(in, y, window->bytes + (size_t)(y % in->capacity) * in->row_bytes);
        window->rows = y + 1 - window->first;
    }
}

/* Rows of a window go round: row y lies at y modulo the capacity. */
static const uint8_t *raw_row(struct flynn_rows_in *in, int worker, int y)
{
    if (in->file_offset < 0)
        return in->chunk->bytes + (size_t)(y % in->capacity) * in->row_bytes;
    struct flynn_rows_chunk *chunk = &in->chunk[worker];
    if (y < chunk->first || y >= chunk->first + chunk->rows)
        load_chunk(in, chunk, y);
    int place = y - chunk->first;
    return chunk->bytes + (size_t)(in->bottom_up ? chunk->rows - 1 - place : place) * in->row_bytes;
}

static void above_maxval(struct flynn_rows_in *in, int y, size_t sample)
{
    struct flynn_err err;
    uint64_t offset = in->start + (uint64_t)y * in->row_bytes + sample * (in->codec.wide ? 2 : 1);
    flynn_fail(&err, FLYNN_EINPUT, "%s: offset %" PRIu64 ": a sample is above the maxval %u", in->source->name, offset,
               in->maxval);
    flynn_rows_fault_set(in->fault, &err);
}

const void *flynn_rows_in_read(struct flynn_rows_in *in, int worker, int y, void *buffer)
{
    const uint8_t *raw = raw_row(in, worker, y);
    if (in->codec.direct)
        return raw;
    size_t n = flynn_row_samples(&in->shape);
    if (in->swap) {
        memcpy(buffer, raw, in->row_bytes);
        flynn_swap_samples(buffer, n, flynn_type_bytes(in->shape.type));
        return buffer;
    }
    size_t good = flynn_pnm_decode(&in->codec, raw, n, buffer);
    if (good < n)
        above_maxval(in, y, good);
    return buffer;
}

static int fill_by_rows(struct flynn_rows_in *in, const struct flynn_image *image, struct flynn_err *err)
{
    struct flynn_rows_fault fault;
    flynn_rows_fault_init(&fault);
    int code = flynn_rows_in_start(in, 1, 1, &fault, err);
    for (int y = 0; !code && y < in->shape.height && !atomic_load(&fault.stop); y++) {
        flynn_rows_in_load(in, y, y);
        const void *row = flynn_rows_in_read(in, 0, y, flynn_row(image, y));
        if (row != flynn_row(image, y))
            memcpy(flynn_row(image, y), row, flynn_row_bytes(&in->shape));
    }
    if (!code && atomic_load(&fault.stop))
        code = flynn_fail(err, fault.err.code, "%s", fault.err.text);
    if (!code)
        code = flynn_rows_in_finish(in, err);
    pthread_mutex_destroy(&fault.lock);
    return code;
}

int flynn_rows_in_fill(struct flynn_rows_in *in, const struct flynn_image *image, struct flynn_err *err)
{
    if (!in->codec.direct || in->plain || in->bottom_up)
        return fill_by_rows(in, image, err);
    uint64_t all = in->row_bytes * (uint64_t)in->shape.height;
    size_t n = flynn_source_read_rows(in->source, image->data, (ptrdiff_t)image->stride, in->row_bytes,
                                      (size_t)in->shape.height);
    return n < all ? flynn_source_truncated(in->source, in->start, all, "samples", err) : FLYNN_OK;
}

int flynn_rows_in_image(struct flynn_rows_in *in, struct flynn_image *image, struct flynn_err *err)
{
    int code = flynn_image_alloc(image, &in->shape, err);
    image->maxval = in->maxval;
    image->matrix = in->matrix;
    image->planes = in->planes;
    if (!code)
        code = flynn_rows_in_fill(in, image, err);
    if (code)
        flynn_image_free(image);
    return code;
}

int flynn_rows_in_finish(struct flynn_rows_in *in, struct flynn_err *err)
{
    struct flynn_source *source = in->source;
    uint64_t bytes = in->row_bytes * (uint64_t)in->shape.height;
    if (in->file_offset < 0) {
        flynn_rows_in_load(in, in->shape.height - 1, in->shape.height - 1); /* rows that nobody asked for */
        return atomic_load(&in->fault->stop) ? flynn_fail(err, in->fault->err.code, "%s", in->fault->err.text)
                                             : FLYNN_OK;
    }
    if (lseek(source->fd, in->file_offset + (off_t)bytes, SEEK_SET) < 0)
        return flynn_fail(err, FLYNN_EIO, "%s: reading failed: %s", source->name, strerror(errno));
    source->base = in->start + bytes;
    source->at = source->end = 0;
    return FLYNN_OK;
}

void flynn_rows_in_close(struct flynn_rows_in *in)
{
    int chunks = in->file_offset < 0 ? 1 : in->workers;
    for (int i = 0; in->chunk && i < chunks; i++)
        free(in->chunk[i].memory);
    free(in->chunk);
    flynn_pnm_codec_free(&in->codec);
    in->chunk = NULL;
}
