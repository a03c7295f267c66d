/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pnm.h"

#include <stdlib.h>
#include <string.h>

/* The table of one direction; samples above `from` map to 0 and are caught by their value. */
static int make_table(struct flynn_pnm_codec *codec, uint32_t from, uint32_t to, struct flynn_err *err)
{
    if (from == to)
        return FLYNN_OK;
    size_t entries = from < 256 ? 256 : 65536;
    codec->table = calloc(entries, sizeof *codec->table);
    if (!codec->table)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory: %zu bytes for a table of samples", entries * 2);
    for (uint32_t s = 0; s <= from; s++)
        codec->table[s] = (uint16_t)flynn_pnm_scale(s, from, to);
    return FLYNN_OK;
}

int flynn_pnm_decoder(struct flynn_pnm_codec *codec, const struct flynn_pnm_header *header, struct flynn_err *err)
{
    bool wide = header->maxval > 255;
    bool bits = header->kind == 4;
    *codec = (struct flynn_pnm_codec){.header = *header, .wide = wide, .wide_image = wide};
    codec->direct = !bits && header->maxval == 255;
    return bits ? FLYNN_OK : make_table(codec, header->maxval, wide ? 65535 : 255, err);
}

int flynn_pnm_encoder(struct flynn_pnm_codec *codec, const struct flynn_pnm_header *header,
                      const struct flynn_shape *shape, struct flynn_err *err)
{
    bool bits = header->kind == 4;
    *codec = (struct flynn_pnm_codec){.header = *header, .wide = header->maxval > 255};
    codec->wide_image = shape->type == FLYNN_U16;
    codec->replicate = header->channels == 3 && shape->channels == 1;
    codec->direct = !bits && header->maxval == 255 && !codec->wide_image && !codec->replicate;
    return bits ? FLYNN_OK : make_table(codec, codec->wide_image ? 65535 : 255, header->maxval, err);
}

void flynn_pnm_codec_free(struct flynn_pnm_codec *codec)
{
    free(codec->table);
    codec->table = NULL;
}

size_t flynn_pnm_run_bytes(const struct flynn_pnm_codec *codec, size_t n)
{
    if (codec->header.kind == 4)
        return (n + 7) / 8;
    return n * (codec->wide ? 2 : 1) * (codec->replicate ? 3 : 1);
}

static void decode_bits(const uint8_t *file, size_t n, uint8_t *samples)
{
    for (size_t i = 0; i < n; i++)
        samples[i] = file[i / 8] >> (7 - i % 8) & 1 ? 0 : 255;
}

/* Both scale first and look for a bad sample once for the run, which keeps the loops free of branches. */
static size_t decode_narrow(const uint16_t *table, uint32_t maxval, const uint8_t *file, size_t n, uint8_t *samples)
{
    uint8_t top = 0;
    for (size_t i = 0; i < n; i++) {
        top = file[i] > top ? file[i] : top;
        samples[i] = (uint8_t)table[file[i]];
    }
    if (top <= maxval)
        return n;
    size_t bad = 0;
    while (file[bad] <= maxval)
        bad++;
    return bad;
}

static size_t decode_wide(const uint16_t *table, uint32_t maxval, const uint8_t *file, size_t n, uint16_t *samples)
{
    uint32_t top = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t s = (uint32_t)file[2 * i] << 8 | file[2 * i + 1];
        top = s > top ? s : top;
        samples[i] = table[s];
    }
    if (top <= maxval)
        return n;
    size_t bad = 0;
    while (((uint32_t)file[2 * bad] << 8 | file[2 * bad + 1]) <= maxval)
        bad++;
    return bad;
}

static void swap_in(const uint8_t *file, size_t n, uint16_t *samples)
{
    for (size_t i = 0; i < n; i++)
        samples[i] = (uint16_t)(file[2 * i] << 8 | file[2 * i + 1]);
}

size_t flynn_pnm_decode(const struct flynn_pnm_codec *codec, const uint8_t *file, size_t n, void *samples)
{
    if (codec->header.kind == 4)
        decode_bits(file, n, samples);
    else if (codec->direct)
        memcpy(samples, file, n);
    else if (!codec->table)
        swap_in(file, n, samples);
    else if (codec->wide)
        return decode_wide(codec->table, codec->header.maxval, file, n, samples);
    else
        return decode_narrow(codec->table, codec->header.maxval, file, n, samples);
    return n;
}

static inline uint32_t sample_at(const struct flynn_pnm_codec *codec, const void *samples, size_t i)
{
    return codec->wide_image ? ((const uint16_t *)samples)[i] : ((const uint8_t *)samples)[i];
}

static void encode_bits(const struct flynn_pnm_codec *codec, const void *samples, size_t n, uint8_t *file)
{
    uint32_t full = codec->wide_image ? 65535 : 255;
    memset(file, 0, (n + 7) / 8);
    for (size_t i = 0; i < n; i++) {
        uint32_t white = flynn_pnm_scale(sample_at(codec, samples, i), full, 1);
        file[i / 8] |= (uint8_t)((white ^ 1) << (7 - i % 8));
    }
}

static void encode_replicated(const struct flynn_pnm_codec *codec, const void *samples, size_t n, uint8_t *file)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t s = sample_at(codec, samples, i);
        if (codec->table)
            s = codec->table[s];
        for (int c = 0; c < 3; c++) {
            if (codec->wide)
                *file++ = (uint8_t)(s >> 8);
            *file++ = (uint8_t)s;
        }
    }
}

static void encode_table(const struct flynn_pnm_codec *codec, const void *samples, size_t n, uint8_t *file)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t s = codec->table[sample_at(codec, samples, i)];
        if (codec->wide)
            *file++ = (uint8_t)(s >> 8);
        *file++ = (uint8_t)s;
    }
}

static void swap_out(const uint16_t *samples, size_t n, uint8_t *file)
{
    for (size_t i = 0; i < n; i++) {
        file[2 * i] = (uint8_t)(samples[i] >> 8);
        file[2 * i + 1] = (uint8_t)samples[i];
    }
}

void flynn_pnm_encode(const struct flynn_pnm_codec *codec, const void *samples, size_t n, uint8_t *file)
{
    if (codec->header.kind == 4)
        encode_bits(codec, samples, n, file);
    else if (codec->direct)
        memcpy(file, samples, n);
    else if (codec->replicate)
        encode_replicated(codec, samples, n, file);
    else if (codec->table)
        encode_table(codec, samples, n, file);
    else
        swap_out(samples, n, file);
}
