/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_COMPARE_H
#define FLYNN_CORE_COMPARE_H

#include <flynn/image.h>

/** Comparison of two images of one shape, bit by bit.
 *
 * Two samples are equal when their bits are equal, or when both are NaN (of any payload). So 0.0 and -0.0 differ, by
 * one unit in the last place. Padding between rows is not looked at. */

/** How far apart the samples of one channel are. A NaN against a number counts as an infinite difference. */
struct flynn_channel_difference {
    uint64_t differing; /**< samples */
    double max_abs;     /**< largest |expected - got|, in the type's own units */
    double sum_abs;     /**< sum of |expected - got|; of u8 and u16 exact before it becomes a double */
    double sum_square;  /**< sum of (expected - got) squared; likewise */
    uint64_t max_ulp;   /**< f32 and f64: most representable values between two samples; UINT64_MAX for a NaN */
};

struct flynn_difference {
    struct flynn_shape shape;
    uint64_t samples; /**< compared in all: width * height * channels */
    struct flynn_channel_difference all, channel[FLYNN_MAX_CHANNELS];

    /* valid when all.differing is not 0 */
    int x, y, c;                  /**< the first differing sample, row by row */
    double expected, got;         /**< its values */
    int left, top, right, bottom; /**< the smallest box of pixels that holds all differing samples, both ends inside */
};

/** Whether two images have the same shape and equal samples; stops at the first difference. */
bool flynn_images_equal(const struct flynn_image *expected, const struct flynn_image *got);

/** Compare whole images of one shape (abort when the shapes differ). Returns true when they are equal; *difference is
 * filled either way and may be NULL. */
bool flynn_compare(struct flynn_difference *difference, const struct flynn_image *expected,
                   const struct flynn_image *got);

/** Mean of |expected - got| and root of the mean square over `samples` samples. */
double flynn_difference_mean(const struct flynn_channel_difference *d, uint64_t samples);
double flynn_difference_rmse(const struct flynn_channel_difference *d, uint64_t samples);

/** Peak signal-to-noise ratio in dB: 20 log10(white / rmse), with flynn_type_white(type); infinite when equal. */
double flynn_difference_psnr(const struct flynn_channel_difference *d, uint64_t samples, enum flynn_type type);

/** The picture of |expected - got|, in the type of both; alpha is white, so that the picture can be seen. NaN stays.
 * The result is allocated (flynn_image_free). FLYNN_ELIMIT when there is no memory. Aborts when the shapes differ. */
int flynn_difference_image(struct flynn_image *difference, const struct flynn_image *expected,
                           const struct flynn_image *got, struct flynn_err *err);

/** A sample as text that reads back exactly. */
const char *flynn_sample_text(char *text, size_t size, enum flynn_type type, double value);

/** "12 of 300 samples differ, first at x=3 y=0 channel 1: expected 7, got 8", or "300 samples are equal". */
const char *flynn_difference_text(char *text, size_t size, const struct flynn_difference *difference);

/** A map of the pixels around the first difference, at most 64 columns and 16 rows, one line a row: '.' is a pixel
 * whose samples are equal, 'x' one that differs. `text` holds at least FLYNN_DIFFERENCE_MAP bytes. */
#define FLYNN_DIFFERENCE_MAP (96 + 16 * 80)
const char *flynn_difference_map(char *text, size_t size, const struct flynn_difference *difference,
                                 const struct flynn_image *expected, const struct flynn_image *got);

#endif
