/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mapped.h"
#include "core/rows.h"

#include <flynn/file.h>

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define LEAST_BYTES ((size_t)8 << 20) /* smaller files are read as fast; flynn_image_free unmaps what is as large */

/* Map the file when its rows are the image's rows and nothing follows them. */
static bool map_rows(struct flynn_image *image, const struct flynn_rows_in *rows)
{
    uint64_t bytes = rows->row_bytes * (uint64_t)rows->shape.height;
    struct stat st;
    if (!rows->codec.direct || rows->shape.type != FLYNN_U8 || rows->file_offset < 0 || bytes < LEAST_BYTES ||
        fstat(rows->source->fd, &st) != 0 || (uint64_t)st.st_size != (uint64_t)rows->file_offset + bytes)
        return false;
    uint8_t *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, rows->source->fd, 0);
    if (map == MAP_FAILED)
        return false;
    *image = (struct flynn_image){
        .shape = rows->shape,
        .stride = rows->row_bytes,
        .data = map + rows->file_offset,
        .maxval = rows->maxval,
        .owned = map,
        .owned_bytes = (size_t)st.st_size,
    };
    return true;
}

int flynn_read_mapped(struct flynn_image *image, const char *path, struct flynn_err *err)
{
    struct flynn_reader *reader;
    struct flynn_rows_in rows;
    bool mapped = false;

    if (strcmp(path, "-") == 0 || strncmp(path, "gen:", 4) == 0 || flynn_reader_open(&reader, path, NULL))
        return flynn_read(image, path, err);
    if (flynn_reader_rows(reader, &rows, NULL) == 1) {
        mapped = map_rows(image, &rows);
        flynn_rows_in_close(&rows);
    }
    flynn_reader_close(reader);
    return mapped ? FLYNN_OK : flynn_read(image, path, err);
}
