/* SPDX-License-Identifier: Apache-2.0 */
#include "core/formats.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN 64

/* A word of the header and the one white-space character that ends it. */
static int token(struct flynn_source *source, const char *what, char word[TOKEN], struct flynn_err *err)
{
    char text[24];
    size_t n = 0;
    int c = flynn_source_get(source);
    while (flynn_is_space(c))
        c = flynn_source_get(source);
    while (c > ' ' && c < 127 && n < TOKEN - 1) {
        word[n++] = (char)c;
        c = flynn_source_get(source);
    }
    word[n] = '\0';
    if (c < 0 && source->failed)
        return flynn_source_truncated(source, 0, 0, "header", err);
    if (n == 0 || !flynn_is_space(c))
        return flynn_fail(err, FLYNN_EINPUT, "%s: offset %" PRIu64 ": %s where %s is expected", source->name,
                          flynn_source_offset(source) - (c >= 0), flynn_source_show(c, text),
                          n ? "white space after a number" : what);
    return FLYNN_OK;
}

static int side(struct flynn_source *source, const char *what, int32_t *value, struct flynn_err *err)
{
    char word[TOKEN];
    int64_t v = 0;
    int code = token(source, what, word, err);
    if (code)
        return code;
    const char *at = word;
    for (; *at >= '0' && *at <= '9' && v <= INT32_MAX; at++)
        v = v * 10 + (*at - '0');
    if (*at || v > INT32_MAX)
        return flynn_fail(err, FLYNN_EINPUT, "%s: offset %" PRIu64 ": '%s' where %s is expected", source->name,
                          flynn_source_offset(source) - strlen(word) - 1, word, what);
    *value = (int32_t)v;
    return FLYNN_OK;
}

int flynn_pfm_parse(struct flynn_raw_layout *layout, struct flynn_source *source, struct flynn_err *err)
{
    char word[TOKEN], *end;
    char kind[TOKEN];
    struct flynn_shape *shape = &layout->shape;
    *layout = (struct flynn_raw_layout){.shape = {.channels = 3, .type = FLYNN_F32}, .bottom_up = true};
    int code = token(source, "PF or Pf", kind, err);
    if (!code && strcmp(kind, "PF") != 0 && strcmp(kind, "Pf") != 0)
        code = flynn_fail(err, FLYNN_EINPUT, "%s: offset 0: '%s' where PF or Pf is expected", source->name, kind);
    if (!code)
        code = side(source, "a width", &shape->width, err);
    if (!code)
        code = side(source, "a height", &shape->height, err);
    if (!code)
        code = token(source, "a scale", word, err);
    if (code)
        return code;
    if (kind[1] == 'f')
        shape->channels = 1;
    double scale = flynn_number(word, &end);
    if (end == word || *end || !isfinite(scale) || scale == 0)
        return flynn_fail(err, FLYNN_EINPUT, "%s: offset %" PRIu64 ": '%s' where a scale other than 0 is expected",
                          source->name, flynn_source_offset(source) - strlen(word) - 1, word);
    layout->swap = !signbit(scale) != flynn_host_is_big();
    return FLYNN_OK;
}

int flynn_pfm_begin(struct flynn_outfile *out, const struct flynn_image *like, struct flynn_err *err)
{
    const struct flynn_shape *shape = &like->shape;
    if (shape->type != FLYNN_F32)
        return flynn_fail(err, FLYNN_EINPUT,
                          "%s: PFM holds f32 samples, the image has %s: use .%s, or add "
                          "convert:f32",
                          out->name, flynn_type_name(shape->type), shape->type <= FLYNN_U16 ? "pnm" : "npy");
    if (shape->channels != 1 && shape->channels != 3)
        return flynn_fail(err, FLYNN_EINPUT, "%s: PFM holds 1 or 3 channels, the image has %d: use .npy", out->name,
                          shape->channels);
    char text[64];
    int n = snprintf(text, sizeof text, "P%c\n%d %d\n-1.0\n", shape->channels == 3 ? 'F' : 'f', shape->width,
                     shape->height);
    return flynn_out_write(out, text, (size_t)n, err);
}

int flynn_write_pfm(struct flynn_outfile *out, const struct flynn_image *image, struct flynn_err *err)
{
    int code = flynn_pfm_begin(out, image, err);
    return code ? code : flynn_out_little(out, image, true, err);
}
