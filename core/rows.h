/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_ROWS_H
#define FLYNN_CORE_ROWS_H

#include "core/formats.h"
#include "core/pnm.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/** Rows of PNM, PFM and NPY images, read from and written to files and pipes without holding the image.
 *
 * Several workers read and write at the same time, each with its own number and its own buffer. Files are read with
 * pread and written with pwrite, so that workers do not wait for each other; pipes are read and written by one thread
 * in bands of rows that go round in one buffer, and so are plain PNM files. PFM has the last row first and goes by rows
 * only where the file can be read or written in any order. The first error is kept and stops everybody. */

/** The first error of a set of workers. */
struct flynn_rows_fault {
    pthread_mutex_t lock;
    atomic_bool stop; /**< true once there is an error */
    struct flynn_err err;
};

void flynn_rows_fault_init(struct flynn_rows_fault *fault);

/** Keep *err when it is the first. */
void flynn_rows_fault_set(struct flynn_rows_fault *fault, const struct flynn_err *err);

/** One worker's rows in a file's own bytes. They lie as in the file, relative to multiples of 64: where a page of the
 * file begins a few bytes behind a page of the chunk, as it does for rows of 4096 bytes behind a short header, each
 * load of the kernel's copy seems to depend on the stores just before it, and a write takes 1.7 times as long. */
struct flynn_rows_chunk {
    uint8_t *memory; /**< owned */
    uint8_t *bytes;  /**< where the rows begin in it */
    int first, rows; /**< rows present */
};

struct flynn_rows_in {
    struct flynn_source *source;
    struct flynn_pnm_codec codec;
    struct flynn_shape shape;
    uint32_t maxval;                /**< 0 for PFM and NPY */
    bool matrix;                    /**< as struct flynn_image has it */
    int32_t planes;                 /**< as struct flynn_image has it */
    bool plain;                     /**< P1 to P3: rows are decoded when they are loaded */
    bool bottom_up, swap;           /**< as struct flynn_raw_layout has it */
    size_t row_bytes;               /**< in the file; of the image where it is plain */
    uint64_t start;                 /**< offset in the stream of row 0 */
    int64_t file_offset;            /**< offset in the file of row 0, or -1 for pipes */
    int workers, capacity;          /**< rows that a chunk, or the window of a pipe, holds */
    struct flynn_rows_chunk *chunk; /**< one for each worker; the window only for pipes */
    struct flynn_rows_fault *fault;
};

/** Start on the image whose header the source has just passed. */
int flynn_rows_in_open(struct flynn_rows_in *in, struct flynn_source *source, const struct flynn_pnm_header *header,
                       struct flynn_err *err);

/** The same for PFM and NPY in C order. PFM must be a file. */
int flynn_rows_in_raw(struct flynn_rows_in *in, struct flynn_source *source, const struct flynn_raw_layout *layout,
                      struct flynn_err *err);

/** Whether the source is a file of which any part can be read at any time. */
bool flynn_rows_in_any_order(const struct flynn_source *source);

/** The image without its samples. */
static inline struct flynn_image flynn_rows_in_like(const struct flynn_rows_in *in)
{
    return (struct flynn_image){.shape = in->shape, .maxval = in->maxval, .matrix = in->matrix, .planes = in->planes};
}

#define FLYNN_ROWS_ALIGN 64

/** Memory for a chunk of so many bytes; NULL without memory. */
static inline uint8_t *flynn_rows_memory(size_t bytes)
{
    return aligned_alloc(FLYNN_ROWS_ALIGN, (bytes + 2 * FLYNN_ROWS_ALIGN - 1) / FLYNN_ROWS_ALIGN * FLYNN_ROWS_ALIGN);
}

/** The chunk's memory is about to hold what lies at `at` in the file. Samples that are used where they lie there
 * (`direct`) stand at multiples of their size, as far off as that makes them. */
static inline void flynn_rows_align(struct flynn_rows_chunk *chunk, uint64_t at, bool direct, enum flynn_type type)
{
    uint64_t sample = direct ? flynn_type_bytes(type) : 1;
    chunk->bytes = chunk->memory + at % FLYNN_ROWS_ALIGN / sample * sample;
}

/** Prepare for `workers` workers; a pipe's window gets room for `window` rows. */
int flynn_rows_in_start(struct flynn_rows_in *in, int workers, int window, struct flynn_rows_fault *fault,
                        struct flynn_err *err);

/** Bytes that flynn_rows_in_start allocates. */
size_t flynn_rows_in_bytes(const struct flynn_rows_in *in, int workers, int window);

/** Pipes: make rows [low, high] present; rows below `low` are given up. Files: nothing to do. */
void flynn_rows_in_load(struct flynn_rows_in *in, int low, int high);

/** Row y, decoded into `buffer` or in place; valid until the worker's next call. */
const void *flynn_rows_in_read(struct flynn_rows_in *in, int worker, int y, void *buffer);

/** The whole image at once, by one thread, instead of start, read and finish, into an image of its shape. */
int flynn_rows_in_fill(struct flynn_rows_in *in, const struct flynn_image *image, struct flynn_err *err);

/** As above; *image is allocated. */
int flynn_rows_in_image(struct flynn_rows_in *in, struct flynn_image *image, struct flynn_err *err);

/** Move the source behind the image, whatever was read of it; then free. */
int flynn_rows_in_finish(struct flynn_rows_in *in, struct flynn_err *err);
void flynn_rows_in_close(struct flynn_rows_in *in);

struct flynn_rows_out {
    struct flynn_outfile *out;
    struct flynn_pnm_codec codec;
    size_t row_bytes; /**< in the file; of the image where it is plain */
    size_t image_row; /**< of the image */
    int height;
    bool plain; /**< P1 to P3: rows are turned to text in order */
    bool bottom_up;
    struct flynn_shape shape;
    int64_t file_offset;   /**< offset in the file of row 0, or -1 where bytes go in order */
    int workers, capacity; /**< rows that a chunk, or the band, holds */
    struct flynn_rows_chunk *chunk;
    uint8_t *band; /**< in order: rows of the band in the file's bytes */
    int band_first;
    uint8_t *row; /**< encoding: FLYNN_ROWS_STEP rows of the image for each worker */
    struct flynn_rows_fault *fault;
};

#define FLYNN_ROWS_STEP 16 /**< most rows between place and done */

/** Write the header and start on the image; `like` has its shape and maxval (no samples). */
int flynn_rows_out_open(struct flynn_rows_out *rows, struct flynn_outfile *out, const struct flynn_pnm_header *header,
                        const struct flynn_image *like, struct flynn_err *err);

/** The same for PFM, which must be a file, and NPY. Samples are this machine's: for little-endian ones. */
int flynn_rows_out_raw(struct flynn_rows_out *rows, struct flynn_outfile *out, enum flynn_format format,
                       const struct flynn_image *like, struct flynn_err *err);

/** Prepare for `workers` workers and, where bytes go in order, bands of `band` rows. */
int flynn_rows_out_start(struct flynn_rows_out *rows, int workers, int band, struct flynn_rows_fault *fault,
                         struct flynn_err *err);

/** Bytes that flynn_rows_out_start allocates. */
size_t flynn_rows_out_bytes(const struct flynn_rows_out *rows, int workers, int band);

/** Where the worker is to put row y of the image. */
void *flynn_rows_out_place(struct flynn_rows_out *rows, int worker, int y);

/** Rows [y, y + n) are in place. */
void flynn_rows_out_done(struct flynn_rows_out *rows, int worker, int y, int n);

/** Write what the worker has left. */
void flynn_rows_out_flush(struct flynn_rows_out *rows, int worker);

/** In order: write rows [y, y + n), all of which are done. */
void flynn_rows_out_after(struct flynn_rows_out *rows, int y, int n);

/** Move the file's position behind the image. */
int flynn_rows_out_finish(struct flynn_rows_out *rows, struct flynn_err *err);
void flynn_rows_out_close(struct flynn_rows_out *rows);

/* ---- the readers and writers of flynn/file.h, row by row --------------------------------------------------------- */

struct flynn_reader;
struct flynn_writer;

/** Begin the next image of a reader. Returns 1 and opens *in when it is an image that can be read by rows; 2
 * when flynn_reader_next must be used for it; 0 at the end of the stream; or an error. */
int flynn_reader_rows(struct flynn_reader *reader, struct flynn_rows_in *in, struct flynn_err *err);

/** Begin the next image of a writer. Returns 1 and opens *rows when the output can be written by rows; 2 when
 * flynn_writer_put must be used; or an error. */
int flynn_writer_rows(struct flynn_writer *writer, const struct flynn_image *like, struct flynn_rows_out *rows,
                      struct flynn_err *err);

/** An image is complete: what goes to a pipe goes there now, for whoever waits for it. Files keep what is buffered. */
int flynn_writer_pass_on(struct flynn_writer *writer, struct flynn_err *err);

#endif
