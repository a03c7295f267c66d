/* SPDX-License-Identifier: Apache-2.0 */
#include "core/formats.h"

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NUMBER 512 /* longest number in text; %.17g needs 24 characters, an exact decimal of a double may be long */

/* The matrix as far as it is read, densely. */
struct rows {
    struct flynn_source *source;
    size_t limit;
    double *values;
    size_t count, room;
    int64_t width, height; /* width 0: still in the first row */
    char separator;        /* ',' ';' ' ' or 0 while none was seen */
};

static bool is_blank(int c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool in_number(int c)
{
    return c > ' ' && c < 127 && c != ',' && c != ';' && c != '#';
}

bool flynn_looks_like_text(struct flynn_source *source)
{
    size_t n = flynn_source_peek(source, 512);
    const uint8_t *at = source->bytes + source->at, *end = at + n;
    if (n >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    while (at < end && flynn_is_space(*at))
        at++;
    if (at < end && (*at == '+' || *at == '-'))
        at++;
    if (at == end)
        return false;
    return (*at >= '0' && *at <= '9') || *at == '.' || *at == '#' ||
           (end - at >= 3 &&
            (strncasecmp((const char *)at, "nan", 3) == 0 || strncasecmp((const char *)at, "inf", 3) == 0));
}

static int wrong(struct rows *rows, int c, const char *expected, struct flynn_err *err)
{
    char text[24];
    struct flynn_source *source = rows->source;
    if (source->failed)
        return flynn_source_truncated(source, 0, 0, "numbers", err);
    return flynn_fail(err, FLYNN_EINPUT, "%s: line %" PRIu64 ": %s where %s is expected", source->name, source->line,
                      flynn_source_show(c, text), expected);
}

static int append(struct rows *rows, double value, struct flynn_err *err)
{
    if (rows->limit && rows->count >= rows->limit / sizeof value)
        return flynn_fail(err, FLYNN_ELIMIT, "%s: line %" PRIu64 ": the matrix takes more than the limit of %zu bytes",
                          rows->source->name, rows->source->line, rows->limit);
    if (rows->count == rows->room) {
        size_t room = rows->room ? rows->room * 2 : 1024;
        double *values = room <= SIZE_MAX / 2 / sizeof value ? realloc(rows->values, room * sizeof value) : NULL;
        if (!values)
            return flynn_fail(err, FLYNN_ELIMIT, "%s: line %" PRIu64 ": out of memory for %zu numbers",
                              rows->source->name, rows->source->line, room);
        rows->values = values;
        rows->room = room;
    }
    rows->values[rows->count++] = value;
    return FLYNN_OK;
}

static int number(struct rows *rows, struct flynn_err *err)
{
    char text[NUMBER], *end;
    size_t n = 0;
    int c = flynn_source_look(rows->source);
    if (!in_number(c))
        return wrong(rows, c, "a number", err);
    for (; in_number(c) && n < NUMBER - 1; c = flynn_source_look(rows->source)) {
        text[n++] = (char)c;
        rows->source->at++;
    }
    text[n] = '\0';
    double value = flynn_number(text, &end);
    if (*end || in_number(c))
        return flynn_fail(err, FLYNN_EINPUT, "%s: line %" PRIu64 ": '%.20s' where a number is expected",
                          rows->source->name, rows->source->line, text);
    return append(rows, value, err);
}

static int skip_blanks(struct flynn_source *source)
{
    int c = flynn_source_look(source);
    while (is_blank(c)) {
        source->at++;
        c = flynn_source_look(source);
    }
    return c;
}

/* What stands between two numbers of a line. *more: another number follows. */
static int separator(struct rows *rows, bool *more, struct flynn_err *err)
{
    struct flynn_source *source = rows->source;
    bool blank = is_blank(flynn_source_look(source));
    int c = skip_blanks(source);
    *more = c >= 0 && c != '\n' && c != '#';
    if (!*more)
        return FLYNN_OK;
    char found = c == ',' || c == ';' ? (char)c : ' ';
    if (found == ' ' && !blank)
        return wrong(rows, c, "a separator", err);
    if (rows->separator && found != rows->separator)
        return flynn_fail(err, FLYNN_EINPUT, "%s: line %" PRIu64 ": separator '%c', before it was '%c'", source->name,
                          source->line, found, rows->separator);
    rows->separator = found;
    if (found != ' ') {
        source->at++;
        skip_blanks(source);
    }
    return FLYNN_OK;
}

/* One line with its newline. */
static int line(struct rows *rows, struct flynn_err *err)
{
    struct flynn_source *source = rows->source;
    size_t before = rows->count;
    int c = skip_blanks(source);
    bool more = c >= 0 && c != '\n' && c != '#';
    int code = FLYNN_OK;
    while (more && !code) {
        code = number(rows, err);
        if (!code)
            code = separator(rows, &more, err);
    }
    if (code)
        return code;
    int64_t width = (int64_t)(rows->count - before);
    if (width && rows->width && width != rows->width)
        return flynn_fail(err, FLYNN_EINPUT, "%s: line %" PRIu64 ": %" PRId64 " numbers, the first row has %" PRId64,
                          source->name, source->line, width, rows->width);
    if (width) {
        rows->width = width;
        rows->height++;
    }
    do
        c = flynn_source_get(source);
    while (c >= 0 && c != '\n');
    source->line++;
    return FLYNN_OK;
}

static int to_image(struct flynn_image *image, struct rows *rows, struct flynn_err *err)
{
    if (rows->height == 0)
        return flynn_fail(err, FLYNN_EINPUT, "%s: no numbers in it", rows->source->name);
    if (rows->width > FLYNN_MAX_SIDE || rows->height > FLYNN_MAX_SIDE)
        return flynn_fail(err, FLYNN_EINPUT, "%s: a matrix of %" PRId64 "x%" PRId64 "; at most %d are possible",
                          rows->source->name, rows->width, rows->height, FLYNN_MAX_SIDE);
    struct flynn_shape shape = {(int32_t)rows->width, (int32_t)rows->height, 1, FLYNN_F64};
    int code = flynn_admit(rows->source, &shape, rows->limit, err);
    if (!code)
        code = flynn_image_alloc(image, &shape, err);
    for (int32_t y = 0; y < shape.height && !code; y++)
        memcpy(flynn_row(image, y), rows->values + (size_t)y * (size_t)shape.width, flynn_row_bytes(&shape));
    image->matrix = !code;
    return code;
}

int flynn_read_text(struct flynn_image *image, struct flynn_source *source, size_t limit, struct flynn_err *err)
{
    struct rows rows = {.source = source, .limit = limit};
    if (flynn_source_peek(source, 3) >= 3 && memcmp(source->bytes + source->at, "\xef\xbb\xbf", 3) == 0)
        source->at += 3;
    int code = FLYNN_OK;
    while (!code && flynn_source_look(source) >= 0)
        code = line(&rows, err);
    if (!code && source->failed)
        code = flynn_source_truncated(source, 0, 0, "numbers", err);
    if (!code)
        code = to_image(image, &rows, err);
    free(rows.values);
    return code;
}

/* Sample i of a row as a number that reads back exactly; returns its length. */
static int format_sample(char *to, size_t size, enum flynn_type type, const void *row, size_t i)
{
    switch (type) {
    case FLYNN_U8:
        return snprintf(to, size, "%u", ((const uint8_t *)row)[i]);
    case FLYNN_U16:
        return snprintf(to, size, "%u", ((const uint16_t *)row)[i]);
    case FLYNN_U32:
        return snprintf(to, size, "%" PRIu32, ((const uint32_t *)row)[i]);
    case FLYNN_S32:
        return snprintf(to, size, "%" PRId32, ((const int32_t *)row)[i]);
    case FLYNN_F32:
        return snprintf(to, size, "%.9g", (double)((const float *)row)[i]);
    default:
        return snprintf(to, size, "%.17g", ((const double *)row)[i]);
    }
}

static int put_sample(struct flynn_outfile *out, const struct flynn_image *image, int32_t y, size_t i, char before,
                      struct flynn_err *err)
{
    char *room = (char *)flynn_out_room(out, 64, err);
    if (!room)
        return out->failed;
    int n = 0;
    if (before)
        room[n++] = before;
    out->used += (size_t)(n + format_sample(room + n, 40, image->shape.type, flynn_row(image, y), i));
    return FLYNN_OK;
}

/* Bins down, channels across. */
static int write_histogram(struct flynn_outfile *out, const struct flynn_image *image, char gap, struct flynn_err *err)
{
    char text[32];
    int code = FLYNN_OK, channels = image->shape.height;
    if (gap == ',') {
        code = flynn_out_write(out, "bin", 3, err);
        for (int c = 0; c < channels && !code; c++)
            code = flynn_out_write(out, text, (size_t)snprintf(text, sizeof text, ",count%d", c), err);
        if (!code)
            code = flynn_out_write(out, "\n", 1, err);
    }
    for (int32_t bin = 0; bin < image->shape.width && !code; bin++) {
        code = flynn_out_write(out, text, (size_t)snprintf(text, sizeof text, "%d", bin), err);
        for (int c = 0; c < channels && !code; c++)
            code = put_sample(out, image, c, (size_t)bin, gap, err);
        if (!code)
            code = flynn_out_write(out, "\n", 1, err);
    }
    return code;
}

/* Rows of the image as lines. */
static int write_matrix(struct flynn_outfile *out, const struct flynn_image *image, char gap, struct flynn_err *err)
{
    size_t samples = flynn_row_samples(&image->shape);
    int code = FLYNN_OK;
    for (int32_t y = 0; y < image->shape.height && !code; y++) {
        for (size_t i = 0; i < samples && !code; i++)
            code = put_sample(out, image, y, i, i ? gap : '\0', err);
        if (!code)
            code = flynn_out_write(out, "\n", 1, err);
    }
    return code;
}

int flynn_write_text(struct flynn_outfile *out, const struct flynn_image *image, bool csv, struct flynn_err *err)
{
    const struct flynn_shape *shape = &image->shape;
    bool histogram = shape->type == FLYNN_U32 && shape->channels == 1 && shape->height <= FLYNN_MAX_CHANNELS;
    char gap = csv ? ',' : ' ';
    /* Whatever the locale's decimal sign is, a file has a point. */
    locale_t before = uselocale(flynn_c_locale());
    int code = histogram ? write_histogram(out, image, gap, err) : write_matrix(out, image, gap, err);
    uselocale(before);
    return code;
}
