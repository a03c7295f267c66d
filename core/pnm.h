/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_PNM_H
#define FLYNN_CORE_PNM_H

#include "core/outfile.h"
#include "core/source.h"

#include <flynn/file.h>

/** The Netpbm formats P1 to P7, header and samples apart, so that an image can be read and written in strips.
 *
 * Defined by the Netpbm manual pages pbm, pgm, ppm and pam. A comment reads as the newline that ends it, as Netpbm's
 * own readers have it; so "255#note\n" ends the header, and "255 #note\n" starts the samples with a '#'. */

struct flynn_pnm_header {
    int kind; /**< the digit after P: 1 to 3 ASCII, 4 to 6 binary, 7 PAM */
    int32_t width, height, channels;
    uint32_t maxval; /**< 1 to 65535; 1 for P1 and P4 */
};

/** Parse from 'P' up to the first byte of the samples. FLYNN_EINPUT, with the offset, when it is malformed. The size is
 * not checked against any memory: use flynn_shape_measure on flynn_pnm_shape. */
int flynn_pnm_parse(struct flynn_pnm_header *header, struct flynn_source *source, struct flynn_err *err);

/** The image of a header: u8 when maxval < 256, else u16. */
struct flynn_shape flynn_pnm_shape(const struct flynn_pnm_header *header);

/** Bytes of one binary row in the file. */
uint64_t flynn_pnm_row_bytes(const struct flynn_pnm_header *header);

/** The fewest bytes that the samples of such an image take in a file; UINT64_MAX when that overflows. */
uint64_t flynn_pnm_least_bytes(const struct flynn_pnm_header *header);

/** Choose the header that an image is written with; `format` is one of FLYNN_FORMAT_PNM, PBM, PGM, PPM and PAM, and
 * `name` stands in messages. FLYNN_EINPUT when the format cannot hold the image. f32 is not for this function. */
int flynn_pnm_choose(struct flynn_pnm_header *header, const struct flynn_image *image, enum flynn_format format,
                     const struct flynn_write_options *options, const char *name, struct flynn_err *err);

#define FLYNN_PNM_HEADER_MAX 128

/** Write the header as text; returns its length without the NUL. */
size_t flynn_pnm_header_text(const struct flynn_pnm_header *header, char text[FLYNN_PNM_HEADER_MAX]);

/** Converts runs of samples between a file's maxval and the full range of u8 or u16. */
struct flynn_pnm_codec {
    struct flynn_pnm_header header;
    bool direct;     /**< the file's bytes are the image's bytes */
    bool wide;       /**< two bytes a sample in the file */
    bool wide_image; /**< u16 in the image */
    bool replicate;  /**< gray samples become RGB (encoding only) */
    uint16_t *table; /**< scaled values by sample, of the file (decoding) or of the image (encoding); NULL: equal */
};

/** Prepare to decode; free with flynn_pnm_codec_free. FLYNN_ELIMIT without memory. */
int flynn_pnm_decoder(struct flynn_pnm_codec *codec, const struct flynn_pnm_header *header, struct flynn_err *err);

/** Prepare to encode an image of this shape under this header. */
int flynn_pnm_encoder(struct flynn_pnm_codec *codec, const struct flynn_pnm_header *header,
                      const struct flynn_shape *shape, struct flynn_err *err);

void flynn_pnm_codec_free(struct flynn_pnm_codec *codec);

/** Bytes that n samples of the image take in a binary file; a run of P4 ends on a byte or with its row. */
size_t flynn_pnm_run_bytes(const struct flynn_pnm_codec *codec, size_t n);

/** Decode n samples of a binary row. Returns n, or the index of the first sample above maxval. */
size_t flynn_pnm_decode(const struct flynn_pnm_codec *codec, const uint8_t *file, size_t n, void *samples);

/** Encode n samples of a binary row. */
void flynn_pnm_encode(const struct flynn_pnm_codec *codec, const void *samples, size_t n, uint8_t *file);

/** The rule of flynn/file.h: floor((s * to + from / 2) / from). */
static inline uint32_t flynn_pnm_scale(uint32_t s, uint32_t from, uint32_t to)
{
    return (uint32_t)(((uint64_t)s * to + from / 2) / from);
}

/** Read row y of a plain image (P1 to P3), which must come after row y - 1. */
int flynn_pnm_read_plain(const struct flynn_pnm_codec *codec, struct flynn_source *source, int32_t y, void *row,
                         struct flynn_err *err);

/** Write a row of n samples of the image as a line (or several) of a plain file. */
int flynn_pnm_write_plain(const struct flynn_pnm_codec *codec, struct flynn_outfile *out, const void *row, size_t n,
                          struct flynn_err *err);

#endif
