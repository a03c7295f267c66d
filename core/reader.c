/* SPDX-License-Identifier: Apache-2.0 */
#include "core/rows.h"
#include "core/formats.h"
#include "core/matrix_market.h"

#include <flynn/generate.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Where a stream stands. */
enum state {
    FRESH,      /* nothing read */
    AMID,       /* after a binary PNM image */
    AMID_ASCII, /* after a plain one: comments may follow */
    DONE,
};

struct flynn_reader {
    struct flynn_source source;
    char *name;
    const char *spec; /* what follows "gen:", or NULL */
    size_t limit;
    enum state state;
};

int flynn_reader_open(struct flynn_reader **reader, const char *path, struct flynn_err *err)
{
    struct flynn_reader *r = calloc(1, sizeof *r);
    *reader = NULL;
    if (r)
        r->name = strdup(path);
    if (!r || !r->name) {
        free(r);
        return flynn_fail(err, FLYNN_ELIMIT, "%s: out of memory for reading", path);
    }
    int code = FLYNN_OK;
    if (strncmp(path, "gen:", 4) == 0) {
        r->spec = r->name + 4;
        flynn_source_memory(&r->source, NULL, 0, r->name);
    } else {
        code = flynn_source_open(&r->source, r->name, err);
    }
    if (code) {
        free(r->name);
        free(r);
        return code;
    }
    *reader = r;
    return FLYNN_OK;
}

void flynn_reader_close(struct flynn_reader *reader)
{
    if (!reader)
        return;
    flynn_source_close(&reader->source);
    free(reader->name);
    free(reader);
}

void flynn_reader_limit(struct flynn_reader *reader, size_t bytes)
{
    reader->limit = bytes;
}

/* Formats that flynn does not read but can name. */
static const char *foreign(const uint8_t *magic, size_t n)
{
    static const struct {
        const char *magic, *name;
    } known[] = {{"\x89PNG", "PNG"}, {"\xff\xd8\xff", "JPEG"}, {"GIF8", "GIF"},
                 {"II*", "TIFF"},    {"MM", "TIFF"},           {"RIFF", "WebP or another RIFF"},
                 {"BM", "BMP"},      {"\x1f\x8b", "gzip"},     {"PK\x03\x04", "ZIP"},
                 {"%PDF", "PDF"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (n >= strlen(known[i].magic) && memcmp(magic, known[i].magic, strlen(known[i].magic)) == 0)
            return known[i].name;
    }
    return NULL;
}

static int unknown_format(struct flynn_source *source, size_t n, struct flynn_err *err)
{
    const uint8_t *magic = source->bytes + source->at;
    const char *name = foreign(magic, n);
    char text[24];
    if (name)
        return flynn_fail(err, FLYNN_EINPUT,
                          "%s: looks like a %s file; flynn reads PNM (P1 to P7), PFM, NPY, Matrix "
                          "Market and matrices in text",
                          source->name, name);
    return flynn_fail(err, FLYNN_EINPUT,
                      "%s: offset %" PRIu64 ": unknown format (starts with %s); flynn reads PNM (P1 "
                      "to P7), PFM, NPY, Matrix Market and matrices in text",
                      source->name, flynn_source_offset(source), flynn_source_show(magic[0], text));
}

static bool is_pnm(const uint8_t *magic, size_t n)
{
    return n >= 2 && magic[0] == 'P' && magic[1] >= '1' && magic[1] <= '7';
}

/* What reads the header of a PFM or NPY file; NULL where it is neither. */
static flynn_raw_parse *raw_parser(const uint8_t *magic, size_t n)
{
    if (n >= 2 && magic[0] == 'P' && (magic[1] == 'F' || magic[1] == 'f'))
        return flynn_pfm_parse;
    return n >= 6 && memcmp(magic, "\x93NUMPY", 6) == 0 ? flynn_npy_parse : NULL;
}

static int read_first(struct flynn_reader *r, struct flynn_image *image, struct flynn_err *err)
{
    struct flynn_source *source = &r->source;
    size_t n = flynn_source_peek(source, 8);
    if (n == 0 && source->failed)
        return flynn_source_truncated(source, 0, 0, "image", err);
    if (n == 0)
        return flynn_fail(err, FLYNN_EINPUT, "%s: empty; an image or a matrix is expected", source->name);
    const uint8_t *magic = source->bytes + source->at;
    r->state = DONE;
    if (is_pnm(magic, n)) {
        r->state = magic[1] < '4' ? AMID_ASCII : AMID;
        return flynn_read_pnm(image, source, r->limit, err);
    }
    if (raw_parser(magic, n))
        return flynn_read_raw(image, source, raw_parser(magic, n), r->limit, err);
    if (flynn_looks_like_matrix_market(source))
        return flynn_read_matrix_market(image, source, r->limit, err);
    if (flynn_looks_like_text(source))
        return flynn_read_text(image, source, r->limit, err);
    return unknown_format(source, n, err);
}

/* Skip to the next image of a PNM stream; returns 1 when there is one, 0 at the end. */
static int find_next(struct flynn_reader *r, struct flynn_err *err)
{
    struct flynn_source *source = &r->source;
    int c = flynn_source_look(source);
    bool comment = false;
    for (; c >= 0; c = flynn_source_look(source)) {
        if (r->state == AMID_ASCII && c == '#')
            comment = true;
        if (!comment && !flynn_is_space(c))
            break;
        comment = comment && c != '\n';
        source->line += c == '\n';
        source->at++;
    }
    if (c < 0)
        return source->failed ? flynn_source_truncated(source, 0, 0, "image", err) : 0;
    size_t n = flynn_source_peek(source, 2);
    char text[24];
    if (is_pnm(source->bytes + source->at, n))
        return 1;
    return flynn_fail(err, FLYNN_EINPUT,
                      "%s: offset %" PRIu64 ": %s after the image, where the end or P1 to P7 is "
                      "expected",
                      source->name, flynn_source_offset(source), flynn_source_show(c, text));
}

static int generate(struct flynn_reader *r, struct flynn_image *image, struct flynn_err *err)
{
    struct flynn_shape shape;
    r->state = DONE;
    int code = flynn_generate_shape(&shape, r->spec, err);
    if (!code)
        code = flynn_admit(&r->source, &shape, r->limit, err);
    return code ? code : flynn_generate(image, r->spec, err);
}

int flynn_reader_next(struct flynn_reader *reader, struct flynn_image *image, struct flynn_err *err)
{
    *image = (struct flynn_image){0};
    int code = reader->state == DONE ? 0 : 1;
    if (reader->state == AMID || reader->state == AMID_ASCII)
        code = find_next(reader, err);
    if (code == 1) {
        if (reader->spec)
            code = generate(reader, image, err);
        else
            code = read_first(reader, image, err);
        if (code == FLYNN_OK)
            return 1;
    }
    /* After the end, and after an error, nothing more comes. */
    reader->state = DONE;
    return code;
}

/* Open the rows of a PNM image. */
static int pnm_rows(struct flynn_reader *reader, struct flynn_rows_in *in, struct flynn_err *err)
{
    struct flynn_pnm_header header;
    struct flynn_shape shape;
    int code = flynn_pnm_parse(&header, &reader->source, err);
    if (code)
        return code;
    shape = flynn_pnm_shape(&header);
    code = flynn_admit(&reader->source, &shape, 0, err);
    if (!code)
        code = flynn_rows_in_open(in, &reader->source, &header, err);
    reader->state = header.kind < 4 ? AMID_ASCII : AMID;
    return code ? code : 1;
}

/* Open the rows of a PFM or NPY image; 2, and nothing is read, where rows do not come in an order that can be had. */
static int raw_rows(struct flynn_reader *reader, struct flynn_rows_in *in, flynn_raw_parse *parse,
                    struct flynn_err *err)
{
    struct flynn_source *source = &reader->source;
    struct flynn_raw_layout layout;
    bool npy = parse == flynn_npy_parse;
    if (!npy && !flynn_rows_in_any_order(source))
        return 2;
    /* With the whole header in the window it can be read twice. */
    flynn_source_peek(source, npy ? FLYNN_NPY_HEADER : 2);
    size_t start = source->at;
    int code = parse(&layout, source, err);
    if (!code && layout.fortran) {
        source->at = start;
        return 2;
    }
    if (!code)
        code = flynn_admit(source, &layout.shape, 0, err);
    if (!code)
        code = flynn_rows_in_raw(in, source, &layout, err);
    reader->state = DONE;
    return code ? code : 1;
}

int flynn_reader_rows(struct flynn_reader *reader, struct flynn_rows_in *in, struct flynn_err *err)
{
    struct flynn_source *source = &reader->source;
    int code = reader->state == DONE ? 0 : 1;
    bool first = reader->state == FRESH;
    if (!first && code)
        code = find_next(reader, err);
    if (code == 1) {
        size_t n = reader->spec ? 0 : flynn_source_peek(source, 8);
        const uint8_t *magic = n ? source->bytes + source->at : NULL;
        if (is_pnm(magic, n))
            code = pnm_rows(reader, in, err);
        else if (first && raw_parser(magic, n))
            code = raw_rows(reader, in, raw_parser(magic, n), err);
        else
            code = 2;
        if (code > 0)
            return code;
    }
    reader->state = DONE;
    return code;
}

int flynn_read(struct flynn_image *image, const char *path, struct flynn_err *err)
{
    struct flynn_reader *reader;
    *image = (struct flynn_image){0};
    int code = flynn_reader_open(&reader, path, err);
    if (code)
        return code;
    code = flynn_reader_next(reader, image, err);
    if (code == 1 && (reader->state == AMID || reader->state == AMID_ASCII)) {
        code = find_next(reader, err);
        if (code == 1)
            code = flynn_fail(err, FLYNN_EINPUT, "%s: offset %" PRIu64 ": a second image, where one is expected",
                              reader->source.name, flynn_source_offset(&reader->source));
    } else if (code == 1) {
        code = FLYNN_OK;
    }
    flynn_reader_close(reader);
    if (code)
        flynn_image_free(image);
    return code;
}

int flynn_read_memory(struct flynn_image *image, const void *bytes, size_t length, size_t *used, const char *name,
                      struct flynn_err *err)
{
    struct flynn_reader reader = {.state = FRESH};
    flynn_source_memory(&reader.source, bytes, length, name);
    int code = flynn_reader_next(&reader, image, err);
    if (used)
        *used = (size_t)flynn_source_offset(&reader.source);
    return code;
}
