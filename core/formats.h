/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_FORMATS_H
#define FLYNN_CORE_FORMATS_H

#include "core/outfile.h"
#include "core/source.h"

#include <flynn/file.h>

#include <locale.h>

/** The decoders and encoders of the single formats.
 *
 * Each reader starts at the magic bytes, allocates *image and leaves the source after the last byte it used; on
 * failure nothing stays allocated. `limit` is the most bytes that an image may take (0: no limit). Each writer checks
 * whether the format can hold the image (FLYNN_EINPUT) before it writes the first byte. */

/** Check a shape against the limit before it is allocated: FLYNN_EINPUT or FLYNN_ELIMIT, with the source's name. */
int flynn_admit(const struct flynn_source *source, const struct flynn_shape *shape, size_t limit,
                struct flynn_err *err);

int flynn_read_pnm(struct flynn_image *image, struct flynn_source *source, size_t limit, struct flynn_err *err);

/** How the samples behind a PFM or NPY header lie. */
struct flynn_raw_layout {
    struct flynn_shape shape;
    bool swap;      /**< the other byte order than this machine's */
    bool fortran;   /**< NPY: the row index runs fastest */
    bool bottom_up; /**< PFM: the last row comes first */
    bool matrix;    /**< as struct flynn_image has it */
    int32_t planes; /**< as struct flynn_image has it */
};

#define FLYNN_NPY_HEADER ((size_t)12 + 65535) /**< most bytes that an NPY header takes */

/** Read a header, up to the first sample. */
typedef int flynn_raw_parse(struct flynn_raw_layout *layout, struct flynn_source *source, struct flynn_err *err);

/** PF and Pf. The sign of the scale is the byte order; its magnitude is a unit that flynn ignores. */
flynn_raw_parse flynn_pfm_parse;

/** NPY 1.0, 2.0 and 3.0 (NumPy's numpy.lib.format): 1 to 4 dimensions, C or Fortran order, either byte order; u1, i1,
 * u2, i4, u4, f4 and f8. One dimension is one row; three are (height, width, channels) where the last is 1 to 4. Other
 * three, and four, are matrices below each other, in C order only. The bytes of i1 are kept as they are, as u8: only
 * ops that say so (matmul-int8) take them for signed. */
flynn_raw_parse flynn_npy_parse;

/** PFM and NPY, by what reads the header. */
int flynn_read_raw(struct flynn_image *image, struct flynn_source *source, flynn_raw_parse *parse, size_t limit,
                   struct flynn_err *err);

/** Write the header. FLYNN_EINPUT when the format cannot hold such an image. */
int flynn_pfm_begin(struct flynn_outfile *out, const struct flynn_image *like, struct flynn_err *err);
int flynn_npy_begin(struct flynn_outfile *out, const struct flynn_image *like, struct flynn_err *err);

/** Numbers in lines, an f64 matrix. The first separator found holds for the file: a comma, a semicolon, or blanks.
 * Empty lines and lines that start with '#' are skipped. */
int flynn_read_text(struct flynn_image *image, struct flynn_source *source, size_t limit, struct flynn_err *err);

/** True when the next bytes look like a matrix in text: a number or a '#' comes first. */
bool flynn_looks_like_text(struct flynn_source *source);

int flynn_write_pnm(struct flynn_outfile *out, const struct flynn_image *image, enum flynn_format format,
                    const struct flynn_write_options *options, struct flynn_err *err);
int flynn_write_pfm(struct flynn_outfile *out, const struct flynn_image *image, struct flynn_err *err);
int flynn_write_npy(struct flynn_outfile *out, const struct flynn_image *image, struct flynn_err *err);

/** CSV (commas) or text (blanks). An image of u32 with at most 4 rows is a histogram, one row a channel: it is turned
 * to lines of "bin count...", in CSV below a line of headings. */
int flynn_write_text(struct flynn_outfile *out, const struct flynn_image *image, bool csv, struct flynn_err *err);

/** This machine's byte order. */
static inline bool flynn_host_is_big(void)
{
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
}

/** Reverse the bytes of n samples of 2, 4 or 8 bytes in place; others stay. */
void flynn_swap_samples(void *samples, size_t n, size_t bytes);

/** Write all rows, from the last one up when bottom_up, with little-endian samples. */
int flynn_out_little(struct flynn_outfile *out, const struct flynn_image *image, bool bottom_up, struct flynn_err *err);

/** The C locale, made once; (locale_t)0 when the system cannot. */
locale_t flynn_c_locale(void);

/** strtod without the locale: the decimal sign is a point. */
double flynn_number(const char *text, char **end);

#endif
