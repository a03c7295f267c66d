/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_FILE_H
#define FLYNN_FILE_H

#include <flynn/image.h>

/** Reading and writing of image and matrix files.
 *
 * Formats are found by magic bytes on input and by suffix on output. An integer PNM sample s of maxval m becomes
 * floor((s*M + m/2) / m) with M = 255 or 65535 (u8 when m < 256, else u16), and goes back by the same rule with m and M
 * exchanged, so that an untouched image comes out bit-identical. PFM rows are stored bottom up and are turned over. */

enum flynn_format {
    FLYNN_FORMAT_AUTO, /**< by suffix (output only) */
    FLYNN_FORMAT_PNM,  /**< P4, P5 or P6 as the image asks; P7 when it has alpha; PFM when it is f32 */
    FLYNN_FORMAT_PBM,  /**< P4: samples >= half of the range are white; one channel only */
    FLYNN_FORMAT_PGM,  /**< P5, one channel only */
    FLYNN_FORMAT_PPM,  /**< P6; gray is replicated */
    FLYNN_FORMAT_PAM,  /**< P7, any channel count */
    FLYNN_FORMAT_PFM,  /**< PF or Pf, little endian, f32 */
    FLYNN_FORMAT_NPY,  /**< version 1.0, C order, little endian; (h, w), (h, w, c) or (planes, h, w) */
    FLYNN_FORMAT_CSV,  /**< one line a row, comma separated; numbers that read back exactly */
    FLYNN_FORMAT_TEXT, /**< as CSV with blanks; histograms as "index count..." lines */
};

/** Where and how to write. */
struct flynn_write_options {
    enum flynn_format format; /**< FLYNN_FORMAT_AUTO: by the suffix of the path */
    uint32_t maxval;          /**< 0: the image's own */
    bool plain;               /**< ASCII variant of PNM (P1, P2, P3) */
};

/** An open input: a file, stdin or a generator. A PNM stream may hold several images. */
struct flynn_reader;

/** Open a path ("-": stdin; "gen:KIND:WxH[,key=value...]": a generator). Nothing is decoded yet. */
int flynn_reader_open(struct flynn_reader **reader, const char *path, struct flynn_err *err);

/** Read the next image into *image (allocated here; free with flynn_image_free). Returns 1, or 0 at the end of the
 * stream (always after the first image of a format that holds only one), or an error. An empty input is an error. */
int flynn_reader_next(struct flynn_reader *reader, struct flynn_image *image, struct flynn_err *err);

/** Close; NULL is allowed. */
void flynn_reader_close(struct flynn_reader *reader);

/** Refuse any image that would need more than this many bytes (0: no limit); an image is measured before it is
 * allocated. */
void flynn_reader_limit(struct flynn_reader *reader, size_t bytes);

/** Read exactly one image from a path. */
int flynn_read(struct flynn_image *image, const char *path, struct flynn_err *err);

/** Decode from memory (used by tests and fuzzers); *used is the number of bytes that the image took. Returns as
 * flynn_reader_next. `name` stands in messages. */
int flynn_read_memory(struct flynn_image *image, const void *bytes, size_t length, size_t *used, const char *name,
                      struct flynn_err *err);

/** An open output. A file is written beside its place and renamed into it by flynn_writer_commit; without a commit
 * nothing appears. "-" is stdout (a terminal is refused for binary formats) and is written as it comes. */
struct flynn_writer;

int flynn_writer_open(struct flynn_writer **writer, const char *path, const struct flynn_write_options *options,
                      struct flynn_err *err);

/** Append one image. A second image is an error in formats that hold only one. */
int flynn_writer_put(struct flynn_writer *writer, const struct flynn_image *image, struct flynn_err *err);

/** Flush, close and rename; on failure the old file is as it was and nothing is left behind. */
int flynn_writer_commit(struct flynn_writer *writer, struct flynn_err *err);

/** Free; when it was not committed the temporary file is removed. NULL is allowed. */
void flynn_writer_close(struct flynn_writer *writer);

/** Write exactly one image. */
int flynn_write(const struct flynn_image *image, const char *path, const struct flynn_write_options *options,
                struct flynn_err *err);

/** The format of a name ("ppm", "pgm", "pbm", "pnm", "pam", "pfm", "npy", "csv", "txt"); false when unknown. */
bool flynn_format_parse(const char *name, enum flynn_format *format);

/** Remove temporary files of open writers: async-signal-safe, for handlers of SIGINT and SIGTERM. */
void flynn_writer_abandon_all(void);

#endif
