/* SPDX-License-Identifier: Apache-2.0 */
#include "core/formats.h"
#include "core/pnm.h"

#include <stdio.h>

#define RUN           32768 /* samples encoded at a time; a multiple of 8 for P4 */
#define PLAIN_COLUMNS 70    /* Netpbm: no line of a plain file should be longer */

static int refuse_type(const struct flynn_image *image, const char *name, struct flynn_err *err)
{
    enum flynn_type type = image->shape.type;
    if (type == FLYNN_F32)
        return flynn_fail(err, FLYNN_EINPUT,
                          "%s: this format cannot hold f32 samples: use .pfm or .npy, or add an op that converts, "
                          "convert:u8 or convert:u16",
                          name);
    return flynn_fail(err, FLYNN_EINPUT, "%s: this format cannot hold %s samples: use .npy, .csv or .txt", name,
                      flynn_type_name(type));
}

/* The maxval to write: the one asked for, else the image's own where it suits the type, else the full range. */
static uint32_t choose_maxval(const struct flynn_image *image, const struct flynn_write_options *options)
{
    bool wide = image->shape.type == FLYNN_U16;
    if (options->maxval)
        return options->maxval;
    if (image->maxval >= 1 && image->maxval <= 65535 && (image->maxval > 255) == wide)
        return image->maxval;
    return wide ? 65535 : 255;
}

/* The kind that FLYNN_FORMAT_PNM stands for. */
static enum flynn_format pick(const struct flynn_image *image, uint32_t maxval)
{
    if (flynn_alpha_channel(&image->shape) >= 0)
        return FLYNN_FORMAT_PAM;
    if (image->shape.channels == 3)
        return FLYNN_FORMAT_PPM;
    return maxval == 1 ? FLYNN_FORMAT_PBM : FLYNN_FORMAT_PGM;
}

int flynn_pnm_choose(struct flynn_pnm_header *header, const struct flynn_image *image, enum flynn_format format,
                     const struct flynn_write_options *options, const char *name, struct flynn_err *err)
{
    const struct flynn_shape *shape = &image->shape;
    if (shape->type != FLYNN_U8 && shape->type != FLYNN_U16)
        return refuse_type(image, name, err);
    uint32_t maxval = choose_maxval(image, options);
    if (format == FLYNN_FORMAT_PNM)
        format = pick(image, maxval);
    if (format != FLYNN_FORMAT_PAM && flynn_alpha_channel(shape) >= 0)
        return flynn_fail(err, FLYNN_EINPUT, "%s: this format cannot hold an alpha channel: use .pam", name);
    if ((format == FLYNN_FORMAT_PBM || format == FLYNN_FORMAT_PGM) && shape->channels != 1)
        return flynn_fail(err, FLYNN_EINPUT, "%s: this format holds one channel, the image has %d: use .ppm or .pam",
                          name, shape->channels);
    if (format == FLYNN_FORMAT_PAM && options->plain)
        return flynn_fail(err, FLYNN_EUSAGE, "%s: PAM has no plain variant: use .pgm or .ppm", name);
    if (format == FLYNN_FORMAT_PBM && options->maxval > 1)
        return flynn_fail(err, FLYNN_EUSAGE, "%s: a bitmap has maxval 1, %u is asked for: use .pgm", name,
                          options->maxval);
    *header = (struct flynn_pnm_header){7, shape->width, shape->height, shape->channels, maxval};
    if (format == FLYNN_FORMAT_PBM) {
        header->kind = 4;
        header->maxval = 1;
    } else if (format == FLYNN_FORMAT_PGM) {
        header->kind = 5;
    } else if (format == FLYNN_FORMAT_PPM) {
        header->kind = 6;
        header->channels = 3;
    }
    header->kind -= options->plain ? 3 : 0;
    return FLYNN_OK;
}

static int write_binary(struct flynn_outfile *out, const struct flynn_image *image, const struct flynn_pnm_codec *codec,
                        struct flynn_err *err)
{
    size_t samples = flynn_row_samples(&image->shape);
    if (codec->direct)
        return flynn_out_rows(out, image->data, (ptrdiff_t)image->stride, samples, (size_t)image->shape.height, err);
    size_t bytes = flynn_type_bytes(image->shape.type);
    for (int32_t y = 0; y < image->shape.height; y++) {
        const uint8_t *row = flynn_row(image, y);
        for (size_t done = 0; done < samples;) {
            size_t run = samples - done < RUN ? samples - done : RUN;
            uint8_t *room = flynn_out_room(out, flynn_pnm_run_bytes(codec, run), err);
            if (!room)
                return out->failed;
            flynn_pnm_encode(codec, row + done * bytes, run, room);
            out->used += flynn_pnm_run_bytes(codec, run);
            done += run;
        }
    }
    return FLYNN_OK;
}

/* One number, or one bit, with what separates it from the one before. *column counts the characters of the line. */
static int put_number(struct flynn_outfile *out, uint32_t value, bool bit, int *column, struct flynn_err *err)
{
    char digits[8];
    int n = snprintf(digits, sizeof digits, "%u", value);
    uint8_t *room = flynn_out_room(out, sizeof digits + 1, err);
    if (!room)
        return out->failed;
    bool gap = *column && !bit;
    if (*column + gap + n > PLAIN_COLUMNS) {
        *room++ = '\n';
        out->used++;
        *column = 0;
    } else if (gap) {
        *room++ = ' ';
        out->used++;
        ++*column;
    }
    for (int i = 0; i < n; i++)
        *room++ = (uint8_t)digits[i];
    out->used += (size_t)n;
    *column += n;
    return FLYNN_OK;
}

int flynn_pnm_write_plain(const struct flynn_pnm_codec *codec, struct flynn_outfile *out, const void *row, size_t n,
                          struct flynn_err *err)
{
    uint32_t full = codec->wide_image ? 65535 : 255;
    bool bit = codec->header.kind == 1;
    int code = FLYNN_OK, column = 0;
    for (size_t i = 0; i < n && !code; i++) {
        uint32_t s = codec->wide_image ? ((const uint16_t *)row)[i] : ((const uint8_t *)row)[i];
        s = flynn_pnm_scale(s, full, codec->header.maxval);
        for (int c = 0; c < (codec->replicate ? 3 : 1) && !code; c++)
            code = put_number(out, bit ? 1 - s : s, bit, &column, err);
    }
    return code ? code : flynn_out_write(out, "\n", 1, err);
}

static int write_plain(struct flynn_outfile *out, const struct flynn_image *image, const struct flynn_pnm_codec *codec,
                       struct flynn_err *err)
{
    size_t samples = flynn_row_samples(&image->shape);
    int code = FLYNN_OK;
    for (int32_t y = 0; y < image->shape.height && !code; y++)
        code = flynn_pnm_write_plain(codec, out, flynn_row(image, y), samples, err);
    return code;
}

int flynn_write_pnm(struct flynn_outfile *out, const struct flynn_image *image, enum flynn_format format,
                    const struct flynn_write_options *options, struct flynn_err *err)
{
    struct flynn_pnm_header header;
    struct flynn_pnm_codec codec;
    char text[FLYNN_PNM_HEADER_MAX];
    int code = flynn_pnm_choose(&header, image, format, options, out->name, err);
    if (!code)
        code = flynn_pnm_encoder(&codec, &header, &image->shape, err);
    if (code)
        return code;
    code = flynn_out_write(out, text, flynn_pnm_header_text(&header, text), err);
    if (!code && header.kind < 4)
        code = write_plain(out, image, &codec, err);
    else if (!code)
        code = write_binary(out, image, &codec, err);
    flynn_pnm_codec_free(&codec);
    return code;
}
