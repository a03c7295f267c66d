/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_IMAGE_H
#define FLYNN_IMAGE_H

#include <flynn/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Sample types. Images are u8, u16 or f32; matrices f32 or f64; integer results u32 or s32. */
enum flynn_type { FLYNN_U8, FLYNN_U16, FLYNN_F32, FLYNN_F64, FLYNN_U32, FLYNN_S32, FLYNN_N_TYPES };

#define FLYNN_MAX_CHANNELS 4
#define FLYNN_ROW_ALIGN    64        /**< rows of flynn's own images start at multiples of this many bytes */
#define FLYNN_MAX_SIDE     (1 << 30) /**< largest width or height */

/** What an image is apart from its samples. Width and height count pixels and are at least 1. */
struct flynn_shape {
    int32_t width, height;
    int32_t channels; /**< 1 gray, 2 gray+alpha, 3 RGB, 4 RGB+alpha; interleaved */
    enum flynn_type type;
};

/** An image or a matrix (one channel; width columns, height rows), row by row, channels interleaved.
 *
 * An integer sample uses its type's full range (0..255, 0..65535); f32 images are nominally 0..1 and not clamped.
 * Zero-initialise before first use. */
struct flynn_image {
    struct flynn_shape shape;
    size_t stride; /**< bytes from one row to the next */
    uint8_t *data; /**< first sample of row 0 */
    uint32_t
        maxval;  /**< the file's own maxval (1..65535), to which integer samples are scaled back; 0: the full range */
    bool matrix; /**< a matrix rather than a picture: decides the default file format */
    bool sparse; /**< a list of the elements of a matrix (core/matrix_market.h); only ops that say so take it for one */
    int32_t planes; /**< matrices of as many rows each that lie below each other: a dimension of NPY; 0: 1 */
    void *owned;    /**< memory that flynn_image_free gives back; NULL for a view */
    size_t owned_bytes;
};

/** Bytes of one sample: 1, 2, 4 or 8. */
size_t flynn_type_bytes(enum flynn_type type);

/** "u8", "u16", "f32", "f64", "u32", "s32". */
const char *flynn_type_name(enum flynn_type type);

/** The type of a name as flynn_type_name gives it ("i32" is s32); false when there is none. */
bool flynn_type_parse(const char *name, enum flynn_type *type);

/** The value of white: 255, 65535, 1, 1; the largest value of u32 and s32. */
double flynn_type_white(enum flynn_type type);

/** Bytes of one row without padding. */
size_t flynn_row_bytes(const struct flynn_shape *shape);

/** Samples of one row: width * channels. */
size_t flynn_row_samples(const struct flynn_shape *shape);

bool flynn_shape_equal(const struct flynn_shape *a, const struct flynn_shape *b);

/** Index of the alpha channel (1 of 2, 3 of 4), or -1. */
int flynn_alpha_channel(const struct flynn_shape *shape);

/** Check a shape and compute the stride and the bytes that flynn_image_alloc would take, without overflow.
 * FLYNN_EINPUT for a side or channel count out of range, FLYNN_ELIMIT when it cannot be addressed. */
int flynn_shape_measure(const struct flynn_shape *shape, size_t *stride, size_t *bytes, struct flynn_err *err);

/** Allocate an image with aligned rows; the samples are not initialised. *image is overwritten.
 * Large images are mapped with huge pages where the system has them. Free with flynn_image_free. */
int flynn_image_alloc(struct flynn_image *image, const struct flynn_shape *shape, struct flynn_err *err);

/** Free what the image owns and zero it; safe on a zeroed or already freed image, and on a view. */
void flynn_image_free(struct flynn_image *image);

/** Deep copy of the samples, maxval and matrix flag into a new image. */
int flynn_image_copy(struct flynn_image *to, const struct flynn_image *from, struct flynn_err *err);

/** Row y; y is not checked. */
static inline void *flynn_row(const struct flynn_image *image, int y)
{
    return image->data + (size_t)y * image->stride;
}

#endif
