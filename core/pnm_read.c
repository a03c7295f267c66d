/* SPDX-License-Identifier: Apache-2.0 */
#include "core/formats.h"
#include "core/pnm.h"

#include <inttypes.h>
#include <string.h>

/* Skip white space and comments in ASCII samples; returns the next character, unread. */
static int skip_blank(struct flynn_source *source)
{
    for (;;) {
        int c = flynn_source_look(source);
        if (c == '#') {
            while (c >= 0 && c != '\n' && c != '\r') {
                source->at++;
                c = flynn_source_look(source);
            }
        }
        if (!flynn_is_space(c))
            return c;
        source->line += c == '\n';
        source->at++;
    }
}

static int bad_character(struct flynn_source *source, int c, const char *expected, struct flynn_err *err)
{
    char text[24];
    return flynn_fail(err, FLYNN_EINPUT, "%s: line %" PRIu64 ": %s where %s is expected", source->name, source->line,
                      flynn_source_show(c, text), expected);
}

/* The stream ended (or failed) before sample i of all. */
static int ended_at(struct flynn_source *source, uint64_t i, uint64_t all, struct flynn_err *err)
{
    if (source->failed)
        return flynn_source_truncated(source, 0, 0, "samples", err);
    return flynn_fail(err, FLYNN_EINPUT,
                      "%s: line %" PRIu64 ": truncated: %" PRIu64 " samples expected, %" PRIu64 " found", source->name,
                      source->line, all, i);
}

/* One ASCII sample; the character after it stays unread. Returns the value, or -1 when no number starts here. */
static int64_t ascii_number(struct flynn_source *source)
{
    int c = skip_blank(source);
    if (c < '0' || c > '9')
        return -1;
    int64_t v = 0;
    while (c >= '0' && c <= '9') {
        v = v < 100000000 ? v * 10 + (c - '0') : v;
        source->at++;
        c = flynn_source_look(source);
    }
    return v;
}

static int read_ascii_row(const struct flynn_pnm_codec *codec, struct flynn_source *source, void *row, uint64_t before,
                          uint64_t all, struct flynn_err *err)
{
    uint32_t maxval = codec->header.maxval;
    size_t n = (size_t)codec->header.width * (size_t)codec->header.channels;
    for (size_t i = 0; i < n; i++) {
        int64_t v = ascii_number(source);
        int c = flynn_source_look(source);
        if (v < 0 && c < 0)
            return ended_at(source, before + i, all, err);
        if (v < 0)
            return bad_character(source, c, "a sample", err);
        if (c >= 0 && c != '#' && !flynn_is_space(c))
            return bad_character(source, c, "white space after a sample", err);
        if (v > maxval)
            return flynn_fail(err, FLYNN_EINPUT, "%s: line %" PRIu64 ": sample %" PRId64 " is above the maxval %u",
                              source->name, source->line, v, maxval);
        uint32_t s = codec->table ? codec->table[v] : (uint32_t)v;
        if (codec->wide_image)
            ((uint16_t *)row)[i] = (uint16_t)s;
        else
            ((uint8_t *)row)[i] = (uint8_t)s;
    }
    return FLYNN_OK;
}

/* P1 needs no white space between its digits; 1 is black. */
static int read_bit_row(const struct flynn_pnm_codec *codec, struct flynn_source *source, uint8_t *row, uint64_t before,
                        uint64_t all, struct flynn_err *err)
{
    for (int32_t x = 0; x < codec->header.width; x++) {
        int c = skip_blank(source);
        if (c < 0)
            return ended_at(source, before + (uint64_t)x, all, err);
        if (c != '0' && c != '1')
            return bad_character(source, c, "0 or 1", err);
        source->at++;
        row[x] = c == '0' ? 255 : 0;
    }
    return FLYNN_OK;
}

int flynn_pnm_read_plain(const struct flynn_pnm_codec *codec, struct flynn_source *source, int32_t y, void *row,
                         struct flynn_err *err)
{
    uint64_t samples = (uint64_t)codec->header.width * (uint64_t)codec->header.channels;
    uint64_t before = samples * (uint64_t)y, all = samples * (uint64_t)codec->header.height;
    return codec->header.kind == 1 ? read_bit_row(codec, source, row, before, all, err)
                                   : read_ascii_row(codec, source, row, before, all, err);
}

static int read_ascii(struct flynn_image *image, const struct flynn_pnm_codec *codec, struct flynn_source *source,
                      struct flynn_err *err)
{
    int code = FLYNN_OK;
    for (int32_t y = 0; y < image->shape.height && !code; y++)
        code = flynn_pnm_read_plain(codec, source, y, flynn_row(image, y), err);
    return code;
}

static int above_maxval(const struct flynn_pnm_codec *codec, struct flynn_source *source, size_t bad,
                        struct flynn_err *err)
{
    const uint8_t *at = source->bytes + source->at + bad * (codec->wide ? 2 : 1);
    unsigned value = codec->wide ? (unsigned)at[0] << 8 | at[1] : at[0];
    uint64_t offset = flynn_source_offset(source) + bad * (codec->wide ? 2 : 1);
    return flynn_fail(err, FLYNN_EINPUT, "%s: offset %" PRIu64 ": sample %u is above the maxval %u", source->name,
                      offset, value, codec->header.maxval);
}

/* Decode one row out of the window of the source, in as many runs as it takes. *ended: the stream was too short. */
static int read_scaled_row(const struct flynn_pnm_codec *codec, struct flynn_source *source, uint8_t *row, size_t n,
                           bool *ended, struct flynn_err *err)
{
    size_t sample = codec->wide ? 2 : 1;
    for (size_t done = 0; done < n;) {
        size_t want = flynn_pnm_run_bytes(codec, n - done);
        size_t held = flynn_source_peek(source, want < FLYNN_SOURCE_WINDOW / 2 ? want : FLYNN_SOURCE_WINDOW / 2);
        size_t run = codec->header.kind == 4 ? held * 8 : held / sample;
        if (run > n - done)
            run = n - done;
        if (run == 0) {
            *ended = true;
            return FLYNN_OK;
        }
        size_t good = flynn_pnm_decode(codec, source->bytes + source->at, run, row + done * sample);
        if (good < run)
            return above_maxval(codec, source, good, err);
        source->at += flynn_pnm_run_bytes(codec, run);
        done += run;
    }
    return FLYNN_OK;
}

static int read_binary(struct flynn_image *image, const struct flynn_pnm_codec *codec, struct flynn_source *source,
                       struct flynn_err *err)
{
    uint64_t start = flynn_source_offset(source);
    uint64_t expected = flynn_pnm_row_bytes(&codec->header) * (uint64_t)image->shape.height;
    size_t samples = flynn_row_samples(&image->shape), rows = (size_t)image->shape.height;
    bool ended = false;
    int code = FLYNN_OK;
    if (codec->direct) {
        ended = flynn_source_read_rows(source, image->data, (ptrdiff_t)image->stride, samples, rows) < expected;
    } else {
        for (int32_t y = 0; y < image->shape.height && !code && !ended; y++)
            code = read_scaled_row(codec, source, flynn_row(image, y), samples, &ended, err);
    }
    return ended ? flynn_source_truncated(source, start, expected, "samples", err) : code;
}

/* Decode all samples of an allocated image, ASCII or binary. */
static int read_samples(struct flynn_image *image, const struct flynn_pnm_header *header, struct flynn_source *source,
                        struct flynn_err *err)
{
    struct flynn_pnm_codec codec;
    int code = flynn_pnm_decoder(&codec, header, err);
    if (!code && header->kind < 4)
        code = read_ascii(image, &codec, source, err);
    else if (!code)
        code = read_binary(image, &codec, source, err);
    flynn_pnm_codec_free(&codec);
    image->maxval = header->maxval;
    return code;
}

int flynn_read_pnm(struct flynn_image *image, struct flynn_source *source, size_t limit, struct flynn_err *err)
{
    struct flynn_pnm_header header;
    int code = flynn_pnm_parse(&header, source, err);
    if (code)
        return code;
    struct flynn_shape shape = flynn_pnm_shape(&header);
    code = flynn_admit(source, &shape, limit, err);
    if (!code)
        code = flynn_source_need(source, flynn_pnm_least_bytes(&header), "samples", err);
    if (!code)
        code = flynn_image_alloc(image, &shape, err);
    if (code)
        return code;
    code = read_samples(image, &header, source, err);
    if (code)
        flynn_image_free(image);
    return code;
}
