/* SPDX-License-Identifier: Apache-2.0 */
#include "core/formats.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC      "\x93NUMPY"
#define MAX_HEADER ((int)FLYNN_NPY_HEADER - 12) /* a plain array needs less than 200 bytes */
#define MAX_DIMS   8

/* The header's text and what was found in it. */
struct npy {
    const char *name;
    const char *text, *at;
    char descr[16];
    bool fortran;
    int dims;
    int64_t dim[MAX_DIMS];
    unsigned seen; /* bits: descr, fortran_order, shape */
};

__attribute__((format(printf, 3, 4))) static int wrong(const struct npy *npy, struct flynn_err *err, const char *format,
                                                       ...)
{
    char what[200];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return flynn_fail(err, FLYNN_EINPUT, "%s: NPY header, character %zu: %s", npy->name, (size_t)(npy->at - npy->text),
                      what);
}

static void blank(struct npy *npy)
{
    while (flynn_is_space((unsigned char)*npy->at))
        npy->at++;
}

/* The next character that is not blank, when it is c. */
static bool accept(struct npy *npy, char c)
{
    blank(npy);
    if (*npy->at != c)
        return false;
    npy->at++;
    return true;
}

static bool accept_word(struct npy *npy, const char *word)
{
    blank(npy);
    size_t n = strlen(word);
    if (strncmp(npy->at, word, n) != 0)
        return false;
    npy->at += n;
    return true;
}

static int string(struct npy *npy, char *to, size_t size, struct flynn_err *err)
{
    char quote = accept(npy, '\'') ? '\'' : accept(npy, '"') ? '"' : '\0';
    if (!quote)
        return wrong(npy, err, "a quoted string is expected");
    size_t n = 0;
    for (; *npy->at && *npy->at != quote; npy->at++) {
        if (n + 1 >= size || *npy->at == '\\' || *npy->at < ' ' || *npy->at > '~')
            return wrong(npy, err, "a string that no plain array has");
        to[n++] = *npy->at;
    }
    to[n] = '\0';
    return accept(npy, quote) ? FLYNN_OK : wrong(npy, err, "a string without an end");
}

static int integer(struct npy *npy, int64_t *value, struct flynn_err *err)
{
    blank(npy);
    if (*npy->at < '0' || *npy->at > '9')
        return wrong(npy, err, "a size is expected");
    *value = 0;
    for (; *npy->at >= '0' && *npy->at <= '9'; npy->at++) {
        if (__builtin_mul_overflow(*value, (int64_t)10, value) ||
            __builtin_add_overflow(*value, (int64_t)(*npy->at - '0'), value))
            return wrong(npy, err, "a size that is too large");
    }
    /* Python 2 wrote long integers as 3L. */
    npy->at += *npy->at == 'L';
    return FLYNN_OK;
}

static int tuple(struct npy *npy, struct flynn_err *err)
{
    if (!accept(npy, '('))
        return wrong(npy, err, "'(' of the shape is expected");
    while (!accept(npy, ')')) {
        if (npy->dims == MAX_DIMS)
            return wrong(npy, err, "more than 8 dimensions");
        int code = integer(npy, &npy->dim[npy->dims++], err);
        if (code)
            return code;
        if (!accept(npy, ',')) {
            /* (3) is a number in Python and no tuple. */
            if (npy->dims > 1 && accept(npy, ')'))
                break;
            return wrong(npy, err, "',' or ')' is expected in the shape");
        }
    }
    return FLYNN_OK;
}

static int entry(struct npy *npy, struct flynn_err *err)
{
    static const char *const keys[3] = {"descr", "fortran_order", "shape"};
    char key[32];
    int code = string(npy, key, sizeof key, err);
    if (code)
        return code;
    int k = 0;
    while (k < 3 && strcmp(key, keys[k]) != 0)
        k++;
    if (k == 3 || npy->seen & 1u << k)
        return wrong(npy, err, k == 3 ? "the unknown key '%s'" : "the key '%s' is given twice", key);
    npy->seen |= 1u << k;
    if (!accept(npy, ':'))
        return wrong(npy, err, "':' is expected");
    if (k == 0 && accept(npy, '['))
        return wrong(npy, err, "a structured array; one of u1, i1, u2, i4, u4, f4, f8 is expected");
    if (k == 0)
        return string(npy, npy->descr, sizeof npy->descr, err);
    if (k == 2)
        return tuple(npy, err);
    npy->fortran = accept_word(npy, "True");
    return npy->fortran || accept_word(npy, "False") ? FLYNN_OK : wrong(npy, err, "True or False is expected");
}

static int parse_dict(struct npy *npy, struct flynn_err *err)
{
    if (!accept(npy, '{'))
        return wrong(npy, err, "'{' is expected");
    while (!accept(npy, '}')) {
        int code = entry(npy, err);
        if (code)
            return code;
        if (!accept(npy, ',')) {
            if (accept(npy, '}'))
                break;
            return wrong(npy, err, "',' or '}' is expected");
        }
    }
    blank(npy);
    if (*npy->at)
        return wrong(npy, err, "something after the closing '}'");
    return npy->seen == 7 ? FLYNN_OK : wrong(npy, err, "descr, fortran_order or shape is missing");
}

static int parse_type(const struct npy *npy, enum flynn_type *type, bool *swap, struct flynn_err *err)
{
    static const struct {
        const char *code;
        enum flynn_type type;
    } known[] = {{"u1", FLYNN_U8},  {"i1", FLYNN_U8},  {"u2", FLYNN_U16}, {"i4", FLYNN_S32},
                 {"u4", FLYNN_U32}, {"f4", FLYNN_F32}, {"f8", FLYNN_F64}};
    char order = npy->descr[0];
    const char *code = order && strchr("<>=|", order) ? npy->descr + 1 : npy->descr;
    *swap = order == (flynn_host_is_big() ? '<' : '>');
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(code, known[i].code) == 0) {
            *type = known[i].type;
            return FLYNN_OK;
        }
    }
    return flynn_fail(err, FLYNN_EINPUT,
                      "%s: NPY type '%s' is not supported; one of u1, i1, u2, i4, u4, f4, f8 is "
                      "expected",
                      npy->name, npy->descr);
}

/* Three dimensions of which the last is no number of channels, or four: matrices below each other. */
static bool is_batch(const struct npy *npy)
{
    return npy->dims == 4 || (npy->dims == 3 && npy->dim[2] > FLYNN_MAX_CHANNELS);
}

static int parse_batch(const struct npy *npy, struct flynn_shape *shape, int32_t *planes, struct flynn_err *err)
{
    int64_t count = npy->dim[0], height = 0;
    bool fits = npy->dims == 3 || !__builtin_mul_overflow(count, npy->dim[1], &count);
    fits = fits && !__builtin_mul_overflow(count, npy->dim[npy->dims - 2], &height) && height <= FLYNN_MAX_SIDE;
    if (npy->fortran || !fits || npy->dim[npy->dims - 1] > FLYNN_MAX_SIDE)
        return flynn_fail(err, FLYNN_EINPUT, "%s: an NPY array of matrices %s", npy->name,
                          npy->fortran ? "in Fortran order; C order is expected"
                                       : "that has more than 2^30 rows in all, or columns");
    *planes = height ? (int32_t)count : 0;
    shape->height = (int32_t)height;
    shape->width = (int32_t)npy->dim[npy->dims - 1];
    shape->channels = 1;
    return FLYNN_OK;
}

static int parse_shape(const struct npy *npy, struct flynn_shape *shape, int32_t *planes, struct flynn_err *err)
{
    *planes = 0;
    if (npy->dims < 1 || npy->dims > 4)
        return flynn_fail(err, FLYNN_EINPUT,
                          "%s: an NPY array of %d dimensions; 1 to 4 are possible: (width), (height, width), "
                          "(height, width, channels), or matrices (..., height, width)",
                          npy->name, npy->dims);
    if (is_batch(npy))
        return parse_batch(npy, shape, planes, err);
    int64_t height = npy->dims == 1 ? 1 : npy->dim[0];
    int64_t width = npy->dims == 1 ? npy->dim[0] : npy->dim[1];
    int64_t channels = npy->dims == 3 ? npy->dim[2] : 1;
    if (height > FLYNN_MAX_SIDE || width > FLYNN_MAX_SIDE || channels < 1 || channels > FLYNN_MAX_CHANNELS)
        return flynn_fail(err, FLYNN_EINPUT,
                          "%s: NPY shape of height %" PRId64 ", width %" PRId64 ", channels %" PRId64
                          "; at most %d, %d and %d are possible",
                          npy->name, height, width, channels, FLYNN_MAX_SIDE, FLYNN_MAX_SIDE, FLYNN_MAX_CHANNELS);
    shape->height = (int32_t)height;
    shape->width = (int32_t)width;
    shape->channels = (int32_t)channels;
    return FLYNN_OK;
}

/* Read magic, version and length, and the text into a new string. */
static int read_text(struct flynn_source *source, char **text, struct flynn_err *err)
{
    uint8_t head[12];
    uint64_t start = flynn_source_offset(source);
    if (flynn_source_read(source, head, 8) < 8)
        return flynn_source_truncated(source, start, 8, "NPY header", err);
    if (memcmp(head, MAGIC, 6) != 0 || head[6] < 1 || head[6] > 3 || head[7] != 0)
        return flynn_fail(err, FLYNN_EINPUT, "%s: offset 6: NPY version %d.%d; 1.0, 2.0 or 3.0 is expected",
                          source->name, head[6], head[7]);
    size_t digits = head[6] == 1 ? 2 : 4;
    if (flynn_source_read(source, head + 8, digits) < digits)
        return flynn_source_truncated(source, start, 8 + digits, "NPY header", err);
    uint32_t length = head[8] | (uint32_t)head[9] << 8;
    if (digits == 4)
        length |= (uint32_t)head[10] << 16 | (uint32_t)head[11] << 24;
    if (length > MAX_HEADER)
        return flynn_fail(err, FLYNN_EINPUT, "%s: offset 8: an NPY header of %u bytes; at most %d are read",
                          source->name, length, MAX_HEADER);
    *text = calloc(1, (size_t)length + 1);
    if (!*text)
        return flynn_fail(err, FLYNN_ELIMIT, "%s: out of memory for the NPY header", source->name);
    uint64_t from = flynn_source_offset(source);
    if (flynn_source_read(source, *text, length) < length)
        return flynn_source_truncated(source, from, length, "NPY header", err);
    if (memchr(*text, 0, length))
        return flynn_fail(err, FLYNN_EINPUT, "%s: a zero byte in the NPY header", source->name);
    return FLYNN_OK;
}

int flynn_npy_parse(struct flynn_raw_layout *layout, struct flynn_source *source, struct flynn_err *err)
{
    struct flynn_shape *shape = &layout->shape;
    char *text = NULL;
    *layout = (struct flynn_raw_layout){0};
    int code = read_text(source, &text, err);
    struct npy npy = {.name = source->name, .text = text, .at = text};
    if (!code)
        code = parse_dict(&npy, err);
    if (!code)
        code = parse_type(&npy, &shape->type, &layout->swap, err);
    if (!code)
        code = parse_shape(&npy, shape, &layout->planes, err);
    layout->fortran = npy.fortran && npy.dims > 1;
    layout->matrix = shape->channels == 1 && (shape->type == FLYNN_F32 || shape->type == FLYNN_F64);
    free(text);
    return code;
}

int flynn_npy_begin(struct flynn_outfile *out, const struct flynn_image *like, struct flynn_err *err)
{
    static const char *const codes[FLYNN_N_TYPES] = {[FLYNN_U8] = "|u1",  [FLYNN_U16] = "<u2", [FLYNN_F32] = "<f4",
                                                     [FLYNN_F64] = "<f8", [FLYNN_U32] = "<u4", [FLYNN_S32] = "<i4"};
    const struct flynn_shape *shape = &like->shape;
    char text[128], before[16] = "", after[16] = "";
    int planes = like->planes > 1 && shape->channels == 1 && shape->height % like->planes == 0 ? like->planes : 1;
    if (shape->channels > 1)
        snprintf(after, sizeof after, ", %d", shape->channels);
    if (planes > 1)
        snprintf(before, sizeof before, "%d, ", planes);
    int n = snprintf(text, sizeof text, MAGIC "%c%c__{'descr': '%s', 'fortran_order': False, 'shape': (%s%d, %d%s), }",
                     1, 0, codes[shape->type], before, shape->height / planes, shape->width, after);
    /* NumPy pads with blanks up to a newline so that the samples start at a multiple of 64. */
    int length = (n + 1 + 63) / 64 * 64;
    memset(text + n, ' ', (size_t)(length - n));
    text[length - 1] = '\n';
    text[8] = (char)(length - 10);
    text[9] = 0;
    return flynn_out_write(out, text, (size_t)length, err);
}

int flynn_write_npy(struct flynn_outfile *out, const struct flynn_image *image, struct flynn_err *err)
{
    int code = flynn_npy_begin(out, image, err);
    return code ? code : flynn_out_little(out, image, false, err);
}
