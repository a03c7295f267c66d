/* SPDX-License-Identifier: Apache-2.0 */
#include "core/rows.h"
#include "core/formats.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct flynn_writer {
    struct flynn_outfile out;
    struct flynn_write_options options;
    uint64_t images;
    bool several; /* the images so far can be followed by more */
};

static const struct {
    const char *name;
    enum flynn_format format;
} formats[] = {{"ppm", FLYNN_FORMAT_PPM}, {"pgm", FLYNN_FORMAT_PGM}, {"pbm", FLYNN_FORMAT_PBM},
               {"pnm", FLYNN_FORMAT_PNM}, {"pam", FLYNN_FORMAT_PAM}, {"pfm", FLYNN_FORMAT_PFM},
               {"npy", FLYNN_FORMAT_NPY}, {"csv", FLYNN_FORMAT_CSV}, {"txt", FLYNN_FORMAT_TEXT}};

bool flynn_format_parse(const char *name, enum flynn_format *format)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcasecmp(name, formats[i].name) == 0) {
            *format = formats[i].format;
            return true;
        }
    }
    return false;
}

static bool is_pnm(enum flynn_format format)
{
    return format >= FLYNN_FORMAT_PNM && format <= FLYNN_FORMAT_PAM;
}

static bool is_binary(enum flynn_format format, bool plain)
{
    return is_pnm(format) ? !plain : format == FLYNN_FORMAT_PFM || format == FLYNN_FORMAT_NPY;
}

/* The format by the path's suffix; AUTO for stdout and devices without one, where the first image decides. */
static int format_of_path(enum flynn_format *format, const char *path, struct flynn_err *err)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    if (dot && flynn_format_parse(dot + 1, format))
        return FLYNN_OK;
    if (flynn_out_is_special(path))
        return FLYNN_OK;
    return flynn_fail(err, FLYNN_EUSAGE, "%s: %s '%s'; known are .ppm .pgm .pbm .pnm .pam .pfm .npy .csv .txt", path,
                      dot ? "unknown suffix" : "no suffix in", dot ? dot : base);
}

/* What an output without a suffix gets: pictures as PNM, matrices as NPY, integer results as text. */
static enum flynn_format format_of_image(const struct flynn_image *image)
{
    enum flynn_type type = image->shape.type;
    if (type == FLYNN_U32 || type == FLYNN_S32)
        return FLYNN_FORMAT_TEXT;
    return image->matrix || type == FLYNN_F64 ? FLYNN_FORMAT_NPY : FLYNN_FORMAT_PNM;
}

static int check_options(const struct flynn_write_options *options, const char *name, struct flynn_err *err)
{
    bool pnm = is_pnm(options->format) || options->format == FLYNN_FORMAT_AUTO;
    if (options->maxval > 65535)
        return flynn_fail(err, FLYNN_EUSAGE, "%s: maxval %u is outside 1..65535", name, options->maxval);
    if (options->maxval && !pnm)
        return flynn_fail(err, FLYNN_EUSAGE, "%s: a maxval is for PNM files (.ppm .pgm .pnm .pam)", name);
    if (options->plain && (!pnm || options->format == FLYNN_FORMAT_PAM))
        return flynn_fail(err, FLYNN_EUSAGE, "%s: only PNM files (.ppm .pgm .pbm .pnm) have a plain variant", name);
    return FLYNN_OK;
}

static int check_terminal(const struct flynn_writer *writer, enum flynn_format format, struct flynn_err *err)
{
    if (!is_binary(format, writer->options.plain) || !isatty(writer->out.fd))
        return FLYNN_OK;
    return flynn_fail(err, FLYNN_EUSAGE, "%s: is a terminal; redirect it, or choose text with --plain or --format=csv",
                      writer->out.name);
}

int flynn_writer_open(struct flynn_writer **writer, const char *path, const struct flynn_write_options *options,
                      struct flynn_err *err)
{
    struct flynn_write_options chosen = options ? *options : (struct flynn_write_options){0};
    *writer = NULL;
    int code = FLYNN_OK;
    if (chosen.format == FLYNN_FORMAT_AUTO)
        code = format_of_path(&chosen.format, path, err);
    if (!code)
        code = check_options(&chosen, strcmp(path, "-") ? path : "stdout", err);
    if (code)
        return code;
    struct flynn_writer *w = calloc(1, sizeof *w);
    if (!w)
        return flynn_fail(err, FLYNN_ELIMIT, "%s: out of memory for writing", path);
    w->options = chosen;
    code = flynn_out_open(&w->out, path, err);
    if (!code && chosen.format != FLYNN_FORMAT_AUTO) {
        code = check_terminal(w, chosen.format, err);
        if (code)
            flynn_out_close(&w->out);
    }
    if (code) {
        free(w);
        return code;
    }
    *writer = w;
    return FLYNN_OK;
}

static int put(struct flynn_writer *writer, const struct flynn_image *image, const struct flynn_write_options *options,
               struct flynn_err *err)
{
    enum flynn_format format = options->format;
    switch (format) {
    case FLYNN_FORMAT_PFM:
        return flynn_write_pfm(&writer->out, image, err);
    case FLYNN_FORMAT_NPY:
        return flynn_write_npy(&writer->out, image, err);
    case FLYNN_FORMAT_CSV:
    case FLYNN_FORMAT_TEXT:
        return flynn_write_text(&writer->out, image, format == FLYNN_FORMAT_CSV, err);
    default:
        return flynn_write_pnm(&writer->out, image, format, options, err);
    }
}

/* Settle the format of the next image and check that it may follow those before it. */
static int next_format(struct flynn_writer *writer, const struct flynn_image *image,
                       struct flynn_write_options *options, struct flynn_err *err)
{
    bool automatic = writer->options.format == FLYNN_FORMAT_AUTO;
    *options = writer->options;
    if (automatic)
        options->format = format_of_image(image);
    if (options->format == FLYNN_FORMAT_PNM && image->shape.type == FLYNN_F32)
        options->format = FLYNN_FORMAT_PFM;
    bool several = is_pnm(options->format) && !options->plain;
    int code = FLYNN_OK;
    if (writer->images && !(several && writer->several))
        code =
            flynn_fail(err, FLYNN_EINPUT, "%s: a second image; only binary PNM files hold several", writer->out.name);
    if (!code)
        code = check_options(options, writer->out.name, err);
    if (!code && automatic)
        code = check_terminal(writer, options->format, err);
    writer->several = several;
    return code;
}

/* Half an image may be in the file; it must not be committed. */
static int taint(struct flynn_writer *writer, int code)
{
    if (code < 0 && !writer->out.failed)
        writer->out.failed = code;
    return code;
}

int flynn_writer_pass_on(struct flynn_writer *writer, struct flynn_err *err)
{
    return writer->out.target ? FLYNN_OK : flynn_out_flush(&writer->out, err);
}

int flynn_writer_put(struct flynn_writer *writer, const struct flynn_image *image, struct flynn_err *err)
{
    struct flynn_write_options options;
    int code = next_format(writer, image, &options, err);
    if (!code)
        code = put(writer, image, &options, err);
    if (!code)
        code = flynn_writer_pass_on(writer, err);
    writer->images++;
    return taint(writer, code);
}

/* Whether an output of this format can be written row by row. PFM starts with the last row. */
static bool goes_by_rows(const struct flynn_writer *writer, enum flynn_format format, const struct flynn_image *like)
{
    bool same = !flynn_host_is_big() || flynn_type_bytes(like->shape.type) == 1;
    if (format == FLYNN_FORMAT_PFM)
        return same && writer->out.target;
    return is_pnm(format) || (format == FLYNN_FORMAT_NPY && same);
}

int flynn_writer_rows(struct flynn_writer *writer, const struct flynn_image *like, struct flynn_rows_out *rows,
                      struct flynn_err *err)
{
    struct flynn_write_options options;
    struct flynn_pnm_header header;
    int code = next_format(writer, like, &options, err);
    if (!code && !goes_by_rows(writer, options.format, like))
        return 2;
    if (!code && !is_pnm(options.format)) {
        code = flynn_rows_out_raw(rows, &writer->out, options.format, like, err);
    } else if (!code) {
        code = flynn_pnm_choose(&header, like, options.format, &options, writer->out.name, err);
        if (!code)
            code = flynn_rows_out_open(rows, &writer->out, &header, like, err);
    }
    writer->images++;
    return code ? taint(writer, code) : 1;
}

int flynn_writer_commit(struct flynn_writer *writer, struct flynn_err *err)
{
    if (!writer->images && !writer->out.failed) {
        writer->out.failed = FLYNN_EUSAGE;
        flynn_out_commit(&writer->out, NULL);
        return flynn_fail(err, FLYNN_EUSAGE, "%s: no image to write", writer->out.name);
    }
    return flynn_out_commit(&writer->out, err);
}

void flynn_writer_close(struct flynn_writer *writer)
{
    if (!writer)
        return;
    flynn_out_close(&writer->out);
    free(writer);
}

int flynn_write(const struct flynn_image *image, const char *path, const struct flynn_write_options *options,
                struct flynn_err *err)
{
    struct flynn_writer *writer;
    int code = flynn_writer_open(&writer, path, options, err);
    if (code)
        return code;
    code = flynn_writer_put(writer, image, err);
    if (!code)
        code = flynn_writer_commit(writer, err);
    flynn_writer_close(writer);
    return code;
}
