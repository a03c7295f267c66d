/* SPDX-License-Identifier: Apache-2.0 */
#include "core/matrix_market.h"

#include "core/formats.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BANNER    "%%MatrixMarket"
#define LINE      1025 /* the format allows lines of 1024 characters */
#define MOST      ((int64_t)INT32_MAX - 1)
#define RADIX     65536
#define KEY_PARTS 4 /* of RADIX, in the rows and columns of an element */

enum field { REAL, INTEGER, PATTERN };
enum symmetry { GENERAL, SYMMETRIC, SKEW };

struct element {
    uint32_t row, col; /* from 1 */
    double value;
};

struct market {
    struct flynn_source *source;
    size_t limit;
    char text[LINE]; /* the current line, without its end */
    uint64_t line;   /* its number */
    bool array;
    enum field field;
    enum symmetry symmetry;
    int64_t rows, cols, count; /* as the file says */
    struct element *element;
    size_t used, room;
};

__attribute__((format(printf, 3, 4))) static int wrong(const struct market *m, struct flynn_err *err,
                                                       const char *format, ...)
{
    char what[300];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return flynn_fail(err, FLYNN_EINPUT, "%s: line %" PRIu64 ": %s", m->source->name, m->line, what);
}

/* ---- lines and words ---- */

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\v\f")] == '\0';
}

/* The next line; *more is false at the end of the file. */
static int next_line(struct market *m, bool *more, struct flynn_err *err)
{
    size_t n = 0;
    int c = flynn_source_get(m->source);
    *more = c >= 0;
    m->line += *more;
    for (; c >= 0 && c != '\n'; c = flynn_source_get(m->source)) {
        if (n == LINE - 1)
            return wrong(m, err, "more than %d characters", LINE - 1);
        if (c == 0)
            return wrong(m, err, "byte 0x00 in a text");
        m->text[n++] = (char)c;
    }
    m->text[n] = '\0';
    return m->source->failed ? flynn_source_truncated(m->source, 0, 0, "numbers", err) : FLYNN_OK;
}

/* The next line that holds something; comments are possible before the sizes only. */
static int next_filled(struct market *m, bool comments, bool *more, struct flynn_err *err)
{
    int code = next_line(m, more, err);
    while (!code && *more && (is_blank(m->text) || (comments && m->text[0] == '%')))
        code = next_line(m, more, err);
    return code;
}

/* Cut the next word off *rest; the empty string at the end. */
static char *word(char **rest)
{
    char *start = *rest + strspn(*rest, " \t\r\v\f");
    char *end = start + strcspn(start, " \t\r\v\f");
    *rest = *end ? end + 1 : end;
    *end = '\0';
    return start;
}

/* A whole number of low..high. */
static int whole(const struct market *m, char **rest, const char *what, int64_t low, int64_t high, int64_t *value,
                 struct flynn_err *err)
{
    const char *text = word(rest), *p = text;
    *value = 0;
    for (; *p >= '0' && *p <= '9' && *value <= MOST; p++)
        *value = *value * 10 + (*p - '0');
    if (p == text || (*p && !(*p >= '0' && *p <= '9')))
        return wrong(m, err, "'%.20s' where %s is expected", text, what);
    if (*value < low || *value > high)
        return wrong(m, err, "%s %.20s is outside of %" PRId64 "..%" PRId64, what, text, low, high);
    return FLYNN_OK;
}

static int number(const struct market *m, char **rest, double *value, struct flynn_err *err)
{
    const char *text = word(rest);
    char *end;
    *value = 1;
    if (m->field == PATTERN)
        return *text ? wrong(m, err, "'%.20s' after the column; a pattern has no values", text) : FLYNN_OK;
    *value = flynn_number(text, &end);
    if (!*text || *end)
        return wrong(m, err, "'%.20s' where a value is expected", text);
    if (m->field == INTEGER && *value != floor(*value))
        return wrong(m, err, "'%.20s' in a file of whole numbers", text);
    return FLYNN_OK;
}

static int no_more(const struct market *m, char **rest, struct flynn_err *err)
{
    const char *text = word(rest);
    return *text ? wrong(m, err, "'%.20s' where the line should end", text) : FLYNN_OK;
}

/* ---- the head ---- */

/* The number of a word in a list whose first entries are known; the ones after `known` have a name only. */
static int choose(const struct market *m, char **rest, const char *const *names, int known, int *choice,
                  struct flynn_err *err)
{
    const char *text = word(rest);
    for (int i = 0; names[i]; i++) {
        if (strcasecmp(text, names[i]) == 0) {
            *choice = i;
            return i < known ? FLYNN_OK : wrong(m, err, "'%s' is not supported", names[i]);
        }
    }
    return wrong(m, err, "'%.20s' where %s is expected", text, names[0]);
}

static int parse_banner(struct market *m, struct flynn_err *err)
{
    static const char *const objects[] = {"matrix", "vector", NULL};
    static const char *const formats[] = {"coordinate", "array", NULL};
    static const char *const fields[] = {"real", "integer", "pattern", "complex", NULL};
    static const char *const symmetries[] = {"general", "symmetric", "skew-symmetric", "hermitian", NULL};
    char *rest = m->text + strlen(BANNER);
    int object, format = 0, field = 0, symmetry = 0;
    int code = choose(m, &rest, objects, 1, &object, err);
    if (!code)
        code = choose(m, &rest, formats, 2, &format, err);
    if (!code)
        code = choose(m, &rest, fields, 3, &field, err);
    if (!code)
        code = choose(m, &rest, symmetries, 3, &symmetry, err);
    if (!code)
        code = no_more(m, &rest, err);
    m->array = format == 1;
    m->field = (enum field)field;
    m->symmetry = (enum symmetry)symmetry;
    if (!code && m->array && (m->field == PATTERN || m->symmetry != GENERAL))
        return wrong(m, err, "an array is real or integer, and general");
    if (!code && m->field == PATTERN && m->symmetry == SKEW)
        return wrong(m, err, "a pattern has no signs, so that it cannot be skew-symmetric");
    return code;
}

static int parse_sizes(struct market *m, struct flynn_err *err)
{
    bool more;
    int code = next_filled(m, true, &more, err);
    if (!code && !more)
        code = wrong(m, err, "the file ends where the sizes are expected");
    if (code)
        return code;
    char *rest = m->text;
    code = whole(m, &rest, "the number of rows", 1, FLYNN_MAX_SIDE, &m->rows, err);
    if (!code)
        code = whole(m, &rest, "the number of columns", 1, FLYNN_MAX_SIDE, &m->cols, err);
    m->count = m->rows * m->cols;
    if (!code && !m->array)
        code = whole(m, &rest, "the number of elements", 0, FLYNN_MAX_SIDE / 2 - 1, &m->count, err);
    if (!code)
        code = no_more(m, &rest, err);
    if (!code && m->symmetry != GENERAL && m->rows != m->cols)
        return wrong(m, err, "%" PRId64 " rows and %" PRId64 " columns; a symmetric matrix is square", m->rows,
                     m->cols);
    return code;
}

/* ---- elements ---- */

static int append(struct market *m, uint32_t row, uint32_t col, double value, struct flynn_err *err)
{
    if (m->limit && m->used >= m->limit / sizeof *m->element)
        return flynn_fail(err, FLYNN_ELIMIT, "%s: line %" PRIu64 ": the elements take more than the limit of %zu bytes",
                          m->source->name, m->line, m->limit);
    if (m->used == m->room) {
        size_t room = m->room ? m->room * 2 : 1024;
        struct element *all = realloc(m->element, room * sizeof *all);
        if (!all)
            return flynn_fail(err, FLYNN_ELIMIT, "%s: line %" PRIu64 ": out of memory for %zu elements",
                              m->source->name, m->line, room);
        m->element = all;
        m->room = room;
    }
    m->element[m->used++] = (struct element){row, col, value};
    return FLYNN_OK;
}

/* An element of a coordinate file, and the one across the diagonal. */
static int parse_element(struct market *m, struct flynn_err *err)
{
    char *rest = m->text;
    int64_t row = 0, col = 0;
    double value = 0;
    int code = whole(m, &rest, "row", 1, m->rows, &row, err);
    if (!code)
        code = whole(m, &rest, "column", 1, m->cols, &col, err);
    if (!code)
        code = number(m, &rest, &value, err);
    if (!code)
        code = no_more(m, &rest, err);
    if (!code && m->symmetry != GENERAL && col > row)
        return wrong(m, err,
                     "row %" PRId64 ", column %" PRId64 ": a symmetric file lists what lies on and below the "
                     "diagonal",
                     row, col);
    if (!code && m->symmetry == SKEW && col == row)
        return wrong(m, err, "row %" PRId64 ": the diagonal of a skew-symmetric matrix is 0 and not listed", row);
    if (!code)
        code = append(m, (uint32_t)row, (uint32_t)col, value, err);
    if (!code && m->symmetry != GENERAL && col != row)
        code = append(m, (uint32_t)col, (uint32_t)row, m->symmetry == SKEW ? -value : value, err);
    return code;
}

/* An array goes down its columns. */
static int parse_value(struct market *m, int64_t i, struct flynn_err *err)
{
    char *rest = m->text;
    double value;
    int code = number(m, &rest, &value, err);
    if (!code)
        code = no_more(m, &rest, err);
    return code ? code : append(m, (uint32_t)(i % m->rows), (uint32_t)(i / m->rows), value, err);
}

static int parse_elements(struct market *m, struct flynn_err *err)
{
    bool more = true;
    int code = FLYNN_OK;
    for (int64_t i = 0; i < m->count && !code; i++) {
        code = next_filled(m, false, &more, err);
        if (!code && !more)
            code = wrong(m, err, "the file ends after %" PRId64 " of %" PRId64 " elements", i, m->count);
        if (!code)
            code = m->array ? parse_value(m, i, err) : parse_element(m, err);
    }
    if (!code)
        code = next_filled(m, false, &more, err);
    if (!code && more)
        code = wrong(m, err, "something after the last of %" PRId64 " elements", m->count);
    return code;
}

/* ---- the image ---- */

/* Sixteen bits of an element's place, the column's lowest first. */
static unsigned key_part(const struct element *e, int part)
{
    return (part < 2 ? e->col : e->row) >> 16 * (part % 2) & (RADIX - 1);
}

/* By row, then column, then as they came. */
static int sort(struct market *m, struct flynn_err *err)
{
    struct element *to = malloc((m->used + !m->used) * sizeof *to);
    size_t *start = malloc((RADIX + 1) * sizeof *start);
    bool room = to && start;
    for (int part = 0; part < KEY_PARTS && room; part++) {
        memset(start, 0, (RADIX + 1) * sizeof *start);
        for (size_t i = 0; i < m->used; i++)
            start[key_part(&m->element[i], part) + 1]++;
        if (m->used && start[key_part(&m->element[0], part) + 1] == m->used)
            continue;
        for (size_t k = 0; k < RADIX; k++)
            start[k + 1] += start[k];
        for (size_t i = 0; i < m->used; i++)
            to[start[key_part(&m->element[i], part)]++] = m->element[i];
        struct element *sorted = to;
        to = m->element;
        m->element = sorted;
        m->room = m->used;
    }
    free(start);
    free(to);
    return room ? FLYNN_OK
                : flynn_fail(err, FLYNN_ELIMIT, "%s: out of memory for sorting %zu elements", m->source->name, m->used);
}

static int make_list(struct flynn_image *image, struct market *m, struct flynn_err *err)
{
    int code = sort(m, err);
    struct flynn_shape shape = {(int32_t)m->used + 1, 3, 1, FLYNN_F64};
    if (!code)
        code = flynn_admit(m->source, &shape, m->limit, err);
    if (!code)
        code = flynn_image_alloc(image, &shape, err);
    if (code)
        return code;
    double *row = flynn_row(image, 0), *col = flynn_row(image, 1), *value = flynn_row(image, 2);
    row[0] = (double)m->rows;
    col[0] = (double)m->cols;
    value[0] = (double)m->used;
    for (size_t i = 0; i < m->used; i++) {
        row[i + 1] = m->element[i].row;
        col[i + 1] = m->element[i].col;
        value[i + 1] = m->element[i].value;
    }
    image->matrix = image->sparse = true;
    return FLYNN_OK;
}

static int make_array(struct flynn_image *image, const struct market *m, struct flynn_err *err)
{
    struct flynn_shape shape = {(int32_t)m->cols, (int32_t)m->rows, 1, FLYNN_F64};
    int code = flynn_admit(m->source, &shape, m->limit, err);
    if (!code)
        code = flynn_image_alloc(image, &shape, err);
    for (size_t i = 0; i < m->used && !code; i++)
        ((double *)flynn_row(image, (int)m->element[i].row))[m->element[i].col] = m->element[i].value;
    image->matrix = !code;
    return code;
}

bool flynn_looks_like_matrix_market(struct flynn_source *source)
{
    size_t n = strlen(BANNER);
    return flynn_source_peek(source, n) >= n && strncasecmp((const char *)source->bytes + source->at, BANNER, n) == 0;
}

int flynn_read_matrix_market(struct flynn_image *image, struct flynn_source *source, size_t limit,
                             struct flynn_err *err)
{
    struct market m = {.source = source, .limit = limit};
    bool more;
    int code = next_line(&m, &more, err);
    if (!code)
        code = parse_banner(&m, err);
    if (!code)
        code = parse_sizes(&m, err);
    if (!code)
        code = parse_elements(&m, err);
    if (!code)
        code = m.array ? make_array(image, &m, err) : make_list(image, &m, err);
    free(m.element);
    return code;
}
