/* SPDX-License-Identifier: Apache-2.0 */
#include "core/formats.h"

#include <string.h>

#define CHUNK 4096 /* bytes of a column read at a time */

/* Fortran order: the row index runs fastest, then the column, then the channel. Returns the bytes read. */
static uint64_t read_columns(struct flynn_image *image, struct flynn_source *source)
{
    const struct flynn_shape *shape = &image->shape;
    size_t bytes = flynn_type_bytes(shape->type);
    uint8_t chunk[CHUNK];
    uint64_t all = 0;
    for (int32_t c = 0; c < shape->channels; c++) {
        for (int32_t x = 0; x < shape->width; x++) {
            uint8_t *at = image->data + ((size_t)x * (size_t)shape->channels + (size_t)c) * bytes;
            for (size_t y = 0; y < (size_t)shape->height;) {
                size_t n = (size_t)shape->height - y < CHUNK / bytes ? (size_t)shape->height - y : CHUNK / bytes;
                size_t got = flynn_source_read(source, chunk, n * bytes);
                all += got;
                if (got < n * bytes)
                    return all;
                for (size_t i = 0; i < n; i++, y++)
                    memcpy(at + y * image->stride, chunk + i * bytes, bytes);
            }
        }
    }
    return all;
}

static uint64_t read_samples(struct flynn_image *image, struct flynn_source *source,
                             const struct flynn_raw_layout *layout)
{
    size_t rows = (size_t)image->shape.height, row = flynn_row_bytes(&image->shape);
    ptrdiff_t down = (ptrdiff_t)image->stride;
    if (layout->fortran)
        return read_columns(image, source);
    if (layout->bottom_up)
        return flynn_source_read_rows(source, flynn_row(image, image->shape.height - 1), -down, row, rows);
    return flynn_source_read_rows(source, image->data, down, row, rows);
}

int flynn_read_raw(struct flynn_image *image, struct flynn_source *source, flynn_raw_parse *parse, size_t limit,
                   struct flynn_err *err)
{
    struct flynn_raw_layout layout;
    int code = parse(&layout, source, err);
    const struct flynn_shape *shape = &layout.shape;
    if (!code)
        code = flynn_admit(source, shape, limit, err);
    if (code)
        return code;
    /* Admitted, so that this does not overflow. */
    uint64_t all = flynn_row_bytes(shape) * (uint64_t)shape->height, start = flynn_source_offset(source);
    code = flynn_source_need(source, all, "samples", err);
    if (!code)
        code = flynn_image_alloc(image, shape, err);
    if (code)
        return code;
    if (read_samples(image, source, &layout) < all) {
        flynn_image_free(image);
        return flynn_source_truncated(source, start, all, "samples", err);
    }
    for (int32_t y = 0; y < shape->height && layout.swap; y++)
        flynn_swap_samples(flynn_row(image, y), flynn_row_samples(shape), flynn_type_bytes(shape->type));
    image->planes = layout.planes;
    image->matrix = layout.matrix;
    return FLYNN_OK;
}
