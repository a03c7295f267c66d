/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pnm.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PAM_LINE  256
#define PAM_LINES 1000

/* The next character, a comment read as the line end that closes it. */
static int header_get(struct flynn_source *source)
{
    int c = flynn_source_get(source);
    if (c == '#') {
        do
            c = flynn_source_get(source);
        while (c >= 0 && c != '\n' && c != '\r');
    }
    source->line += c == '\n';
    return c;
}

static int malformed(struct flynn_source *source, int c, const char *expected, struct flynn_err *err)
{
    char text[24];
    if (c < 0 && source->failed)
        return flynn_source_truncated(source, 0, 0, "header", err);
    uint64_t offset = flynn_source_offset(source) - (c >= 0);
    return flynn_fail(err, FLYNN_EINPUT, "%s: offset %" PRIu64 ": %s where %s is expected", source->name, offset,
                      flynn_source_show(c, text), expected);
}

/* A number of the header with the one white-space character that ends it. */
static int header_number(struct flynn_source *source, const char *what, int32_t *value, struct flynn_err *err)
{
    int c = header_get(source);
    while (flynn_is_space(c))
        c = header_get(source);
    if (c < '0' || c > '9')
        return malformed(source, c, what, err);
    int64_t v = 0;
    for (; c >= '0' && c <= '9'; c = header_get(source)) {
        v = v * 10 + (c - '0');
        if (v > INT32_MAX)
            return flynn_fail(err, FLYNN_EINPUT, "%s: offset %" PRIu64 ": %s is above %d", source->name,
                              flynn_source_offset(source), what, INT32_MAX);
    }
    if (!flynn_is_space(c))
        return malformed(source, c, "white space after a number", err);
    *value = (int32_t)v;
    return FLYNN_OK;
}

static int check_maxval(struct flynn_pnm_header *header, struct flynn_source *source, int32_t maxval,
                        struct flynn_err *err)
{
    if (maxval < 1 || maxval > 65535)
        return flynn_fail(err, FLYNN_EINPUT, "%s: offset %" PRIu64 ": maxval %d is outside 1..65535", source->name,
                          flynn_source_offset(source), maxval);
    header->maxval = (uint32_t)maxval;
    return FLYNN_OK;
}

/* One line of a PAM header, cut at its comment and its trailing blanks. */
static int pam_line(struct flynn_source *source, char line[PAM_LINE], struct flynn_err *err)
{
    size_t n = 0;
    int c;
    while ((c = flynn_source_get(source)) != '\n') {
        if (c < 0)
            return malformed(source, c, "ENDHDR", err);
        if (n == PAM_LINE - 1 || c == 0)
            return malformed(source, c, "a PAM header line of less than 256 characters", err);
        line[n++] = (char)c;
    }
    source->line++;
    if (n && line[0] == '#')
        n = 0;
    while (n && flynn_is_space(line[n - 1]))
        n--;
    line[n] = '\0';
    return FLYNN_OK;
}

static int pam_number(struct flynn_source *source, const char *key, const char *text, int32_t *value,
                      struct flynn_err *err)
{
    int64_t v = *text ? 0 : -1;
    for (; *text >= '0' && *text <= '9' && v <= INT32_MAX; text++)
        v = v * 10 + (*text - '0');
    if (*text || v < 0 || v > INT32_MAX)
        return flynn_fail(err, FLYNN_EINPUT, "%s: PAM header line %" PRIu64 ": %s needs a number of 0..%d",
                          source->name, source->line - 1, key, INT32_MAX);
    if (*value >= 0)
        return flynn_fail(err, FLYNN_EINPUT, "%s: PAM header line %" PRIu64 ": %s is given twice", source->name,
                          source->line - 1, key);
    *value = (int32_t)v;
    return FLYNN_OK;
}

/* A tuple type that is known must agree with DEPTH and MAXVAL; any other says nothing about the samples. */
static int check_tuple(struct flynn_source *source, const struct flynn_pnm_header *header, const char *tuple,
                       struct flynn_err *err)
{
    static const struct {
        const char *name;
        int channels;
        bool bilevel;
    } known[] = {{"BLACKANDWHITE", 1, true}, {"BLACKANDWHITE_ALPHA", 2, true},
                 {"GRAYSCALE", 1, false},    {"GRAYSCALE_ALPHA", 2, false},
                 {"RGB", 3, false},          {"RGB_ALPHA", 4, false}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(tuple, known[i].name) != 0)
            continue;
        if (header->channels != known[i].channels)
            return flynn_fail(err, FLYNN_EINPUT, "%s: PAM header: TUPLTYPE %s needs DEPTH %d, found %d", source->name,
                              tuple, known[i].channels, header->channels);
        if (known[i].bilevel && header->maxval != 1)
            return flynn_fail(err, FLYNN_EINPUT, "%s: PAM header: TUPLTYPE %s needs MAXVAL 1, found %u", source->name,
                              tuple, header->maxval);
    }
    return FLYNN_OK;
}

struct pam_fields {
    int32_t number[4];
    char tuple[PAM_LINE];
};

static const char *const pam_keys[4] = {"WIDTH", "HEIGHT", "DEPTH", "MAXVAL"};

static int pam_field(struct flynn_source *source, const char *line, struct pam_fields *fields, struct flynn_err *err)
{
    size_t n = strcspn(line, " \t");
    const char *value = line + n + strspn(line + n, " \t");
    for (int k = 0; k < 4; k++) {
        if (strlen(pam_keys[k]) == n && strncmp(line, pam_keys[k], n) == 0)
            return pam_number(source, pam_keys[k], value, &fields->number[k], err);
    }
    if (n != 8 || strncmp(line, "TUPLTYPE", n) != 0) {
        size_t shown = 0;
        while (shown < n && shown < 20 && line[shown] > ' ' && line[shown] <= '~')
            shown++;
        return flynn_fail(err, FLYNN_EINPUT,
                          "%s: PAM header line %" PRIu64 ": '%.*s' is none of WIDTH, HEIGHT, DEPTH, MAXVAL, TUPLTYPE, "
                          "ENDHDR",
                          source->name, source->line - 1, (int)shown, line);
    }
    /* Repeated lines are joined by a blank. */
    size_t used = strlen(fields->tuple);
    snprintf(fields->tuple + used, sizeof fields->tuple - used, "%s%s", used ? " " : "", value);
    return FLYNN_OK;
}

static int parse_pam(struct flynn_pnm_header *header, struct flynn_source *source, struct flynn_err *err)
{
    struct pam_fields fields = {.number = {-1, -1, -1, -1}};
    char line[PAM_LINE];
    int code = pam_line(source, line, err);
    if (!code && line[0])
        return flynn_fail(err, FLYNN_EINPUT, "%s: offset 2: P7 needs a line of its own", source->name);
    for (int lines = 0; !code; lines++) {
        code = pam_line(source, line, err);
        if (code || strcmp(line, "ENDHDR") == 0)
            break;
        if (lines == PAM_LINES)
            return flynn_fail(err, FLYNN_EINPUT, "%s: PAM header: no ENDHDR within %d lines", source->name, PAM_LINES);
        if (line[0])
            code = pam_field(source, line, &fields, err);
    }
    for (int k = 0; k < 4 && !code; k++) {
        if (fields.number[k] < 0)
            code = flynn_fail(err, FLYNN_EINPUT, "%s: PAM header: %s is missing", source->name, pam_keys[k]);
    }
    if (code)
        return code;
    header->width = fields.number[0];
    header->height = fields.number[1];
    header->channels = fields.number[2];
    if (header->channels < 1 || header->channels > FLYNN_MAX_CHANNELS)
        return flynn_fail(err, FLYNN_EINPUT, "%s: PAM header: DEPTH %d is outside 1..%d", source->name,
                          header->channels, FLYNN_MAX_CHANNELS);
    code = check_maxval(header, source, fields.number[3], err);
    return code ? code : check_tuple(source, header, fields.tuple, err);
}

int flynn_pnm_parse(struct flynn_pnm_header *header, struct flynn_source *source, struct flynn_err *err)
{
    *header = (struct flynn_pnm_header){.maxval = 1};
    int c = flynn_source_get(source);
    if (c != 'P')
        return malformed(source, c, "P1 to P7", err);
    c = flynn_source_get(source);
    if (c < '1' || c > '7')
        return malformed(source, c, "a digit of 1 to 7 after P", err);
    header->kind = c - '0';
    if (header->kind == 7)
        return parse_pam(header, source, err);
    header->channels = header->kind % 3 == 0 ? 3 : 1;
    /* "P5 5 5" and "P5#note" are common, "P55 5" is an error. */
    c = flynn_source_look(source);
    if (!flynn_is_space(c) && c != '#') {
        source->at += c >= 0;
        return malformed(source, c, "white space after the magic number", err);
    }
    int32_t maxval = 1;
    int code = header_number(source, "a width", &header->width, err);
    if (!code)
        code = header_number(source, "a height", &header->height, err);
    if (!code && header->kind % 3 != 1)
        code = header_number(source, "a maxval", &maxval, err);
    return code ? code : check_maxval(header, source, maxval, err);
}

struct flynn_shape flynn_pnm_shape(const struct flynn_pnm_header *header)
{
    return (struct flynn_shape){header->width, header->height, header->channels,
                                header->maxval < 256 ? FLYNN_U8 : FLYNN_U16};
}

uint64_t flynn_pnm_row_bytes(const struct flynn_pnm_header *header)
{
    uint64_t width = (uint64_t)header->width;
    if (header->kind % 3 == 1 && header->kind != 7)
        return (width + 7) / 8;
    return width * (uint64_t)header->channels * (header->maxval < 256 ? 1 : 2);
}

uint64_t flynn_pnm_least_bytes(const struct flynn_pnm_header *header)
{
    uint64_t row = flynn_pnm_row_bytes(header), all;
    if (header->kind == 1)
        row = (uint64_t)header->width;
    else if (header->kind < 4)
        row = 2 * (uint64_t)header->width * (uint64_t)header->channels;
    if (__builtin_mul_overflow(row, (uint64_t)header->height, &all))
        return UINT64_MAX;
    /* The last number needs nothing after it. */
    return all - (header->kind == 2 || header->kind == 3);
}

size_t flynn_pnm_header_text(const struct flynn_pnm_header *header, char text[FLYNN_PNM_HEADER_MAX])
{
    static const char *const tuples[2][FLYNN_MAX_CHANNELS] = {
        {"GRAYSCALE", "GRAYSCALE_ALPHA", "RGB", "RGB_ALPHA"},
        {"BLACKANDWHITE", "BLACKANDWHITE_ALPHA", "RGB", "RGB_ALPHA"}};
    int n;
    if (header->kind == 7)
        n = snprintf(text, FLYNN_PNM_HEADER_MAX, "P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL %u\nTUPLTYPE %s\nENDHDR\n",
                     header->width, header->height, header->channels, header->maxval,
                     tuples[header->maxval == 1][header->channels - 1]);
    else if (header->kind % 3 == 1)
        n = snprintf(text, FLYNN_PNM_HEADER_MAX, "P%d\n%d %d\n", header->kind, header->width, header->height);
    else
        n = snprintf(text, FLYNN_PNM_HEADER_MAX, "P%d\n%d %d\n%u\n", header->kind, header->width, header->height,
                     header->maxval);
    return (size_t)n;
}
