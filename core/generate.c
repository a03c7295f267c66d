/* SPDX-License-Identifier: Apache-2.0 */
#include "core/generate.h"
#include "core/mandelbrot.h"
#include "core/rng.h"

#include <stdlib.h>
#include <string.h>

#define CHECK_SIDE 16 /* pixels of a square of the checker board */

/* From IDENTITY on: matrices. */
enum kind { SCENE, NOISE, GRADIENT, ZONEPLATE, CHECKER, MANDELBROT, IDENTITY, HILBERT, SIGNED, N_KINDS };

static const char *const kind_names[N_KINDS] = {"scene",      "noise",    "gradient", "zoneplate", "checker",
                                                "mandelbrot", "identity", "hilbert",  "signed"};
#define KINDS "scene, noise, gradient, zoneplate, checker, mandelbrot, identity, hilbert or signed"

struct spec {
    enum kind kind;
    struct flynn_shape shape;
    uint64_t seed;
};

/* ---- the text of a spec ---- */

static int wrong(const char *spec, struct flynn_err *err, const char *what, int n, const char *found)
{
    return flynn_fail(err, FLYNN_EUSAGE, "gen:%s: %s, found '%.*s'", spec, what, n > 40 ? 40 : n, found);
}

/* Digits up to `end`; false when there are none, others, or too many. */
static bool parse_digits(const char *text, const char *end, uint64_t *value)
{
    *value = 0;
    if (text == end)
        return false;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9' || __builtin_mul_overflow(*value, (uint64_t)10, value) ||
            __builtin_add_overflow(*value, (uint64_t)(*text - '0'), value))
            return false;
    }
    return true;
}

static int parse_key(struct spec *s, const char *spec, const char *at, const char *end, struct flynn_err *err)
{
    const char *value = memchr(at, '=', (size_t)(end - at));
    size_t n = value ? (size_t)(value - at) : 0;
    uint64_t v;
    if (n == 4 && memcmp(at, "seed", n) == 0) {
        if (parse_digits(value + 1, end, &s->seed))
            return FLYNN_OK;
        return wrong(spec, err, "a seed of 0..2^64-1 is expected", (int)(end - at), at);
    }
    if (n == 8 && memcmp(at, "channels", n) == 0) {
        if (parse_digits(value + 1, end, &v) && v >= 1 && v <= FLYNN_MAX_CHANNELS) {
            s->shape.channels = (int32_t)v;
            return FLYNN_OK;
        }
        return wrong(spec, err, "1 to 4 channels are expected", (int)(end - at), at);
    }
    if (n == 4 && memcmp(at, "type", n) == 0) {
        char name[8] = "";
        if ((size_t)(end - value - 1) < sizeof name)
            memcpy(name, value + 1, (size_t)(end - value - 1));
        if (flynn_type_parse(name, &s->shape.type) && s->shape.type <= FLYNN_F64)
            return FLYNN_OK;
        return wrong(spec, err, "type u8, u16, f32 or f64 is expected", (int)(end - at), at);
    }
    return wrong(spec, err, "seed=, type= or channels= is expected", (int)(end - at), at);
}

static int parse_size(struct spec *s, const char *spec, const char *at, const char *end, struct flynn_err *err)
{
    const char *x = memchr(at, 'x', (size_t)(end - at));
    uint64_t width, height;
    if (!x && s->kind >= IDENTITY && parse_digits(at, end, &width) && width >= 1 && width <= FLYNN_MAX_SIDE) {
        s->shape.width = s->shape.height = (int32_t)width;
        return FLYNN_OK;
    }
    if (!x || !parse_digits(at, x, &width) || !parse_digits(x + 1, end, &height) || width < 1 || height < 1 ||
        width > FLYNN_MAX_SIDE || height > FLYNN_MAX_SIDE)
        return wrong(spec, err, "a size such as 640x480, each side 1..2^30, is expected", (int)(end - at), at);
    s->shape.width = (int32_t)width;
    s->shape.height = (int32_t)height;
    return FLYNN_OK;
}

static int parse_spec(struct spec *s, const char *spec, struct flynn_err *err)
{
    *s = (struct spec){.kind = N_KINDS, .seed = 1, .shape = {.type = FLYNN_U8}};
    const char *end = spec + strcspn(spec, ":");
    for (int k = 0; k < N_KINDS; k++) {
        if (strlen(kind_names[k]) == (size_t)(end - spec) && strncmp(spec, kind_names[k], (size_t)(end - spec)) == 0)
            s->kind = (enum kind)k;
    }
    if (s->kind == N_KINDS)
        return wrong(spec, err, KINDS " is expected", (int)(end - spec), spec);
    if (s->kind >= IDENTITY)
        s->shape = (struct flynn_shape){.type = FLYNN_F64, .channels = 1};
    const char *at = *end ? end + 1 : end;
    end = at + strcspn(at, ",");
    int code = parse_size(s, spec, at, end, err);
    while (!code && *end) {
        at = end + 1;
        end = at + strcspn(at, ",");
        code = parse_key(s, spec, at, end, err);
    }
    if (code)
        return code;
    bool matrix = s->shape.type == FLYNN_F64;
    if (s->kind >= IDENTITY && (s->shape.channels > 1 || (!matrix && s->shape.type != FLYNN_F32)))
        return flynn_fail(err, FLYNN_EUSAGE, "gen:%s: a matrix has type f32 or f64 and 1 channel, found %s and %d",
                          spec, flynn_type_name(s->shape.type), s->shape.channels);
    if (matrix && s->shape.channels > 1)
        return flynn_fail(err, FLYNN_EUSAGE, "gen:%s: type f64 has 1 channel, found %d", spec, s->shape.channels);
    if (s->shape.channels == 0)
        s->shape.channels = matrix ? 1 : 3;
    return FLYNN_OK;
}

/* ---- kinds, one row of 16-bit colour samples at a time ---- */

/* 0..FLYNN_GENERATE_WHITE over n steps. */
static uint32_t ramp(int64_t i, int64_t n)
{
    return n > 1 ? (uint32_t)(i * FLYNN_GENERATE_WHITE / (n - 1)) : 0;
}

static void gradient_row(const struct spec *s, int32_t y, int colours, uint16_t *row)
{
    int64_t w = s->shape.width, h = s->shape.height;
    for (int64_t x = 0; x < w; x++) {
        uint32_t c[3] = {ramp(x, w), ramp(y, h), ramp(w - 1 - x + y, w + h - 1)};
        if (colours == 1)
            c[0] = (c[0] + c[1]) / 2;
        for (int k = 0; k < colours; k++)
            *row++ = (uint16_t)c[k];
    }
}

static void checker_row(const struct spec *s, int32_t y, int colours, uint16_t *row)
{
    for (int32_t x = 0; x < s->shape.width; x++) {
        bool light = (x / CHECK_SIDE + y / CHECK_SIDE) % 2 == 0;
        for (int k = 0; k < colours; k++)
            *row++ = (uint16_t)(light ? FLYNN_GENERATE_WHITE - 6000 * k : 3000 + 7000 * k);
    }
}

/* Cosine of phase/65536 turns as 0..65535, from a parabola per half turn refined by its square (within 0.1 %). */
static uint16_t cosine(uint32_t phase)
{
    int32_t p = (int32_t)((phase + 16384) & 65535); /* a sine, a quarter turn on */
    int32_t half = p & 32767;
    int32_t y = (int32_t)((int64_t)half * (32768 - half) >> 13); /* 0..32768 over half a turn */
    y = (int32_t)(((int64_t)y * y / 32768 - y) * 225 / 1000) + y;
    int32_t v = p < 32768 ? 32768 + y : 32768 - y;
    return (uint16_t)(v < 0 ? 0 : v > 65535 ? 65535 : v);
}

/* cos(pi r^2 / N) with N the longer side: half a cycle a pixel at the distance N/2 from the centre. */
static void zoneplate_row(const struct spec *s, int32_t y, int colours, uint16_t *row)
{
    int64_t n = s->shape.width > s->shape.height ? s->shape.width : s->shape.height, turn = 8 * n;
    int64_t dy = 2 * (int64_t)y - (s->shape.height - 1);
    for (int64_t x = 0; x < s->shape.width; x++) {
        int64_t dx = 2 * x - (s->shape.width - 1);
        uint32_t phase = (uint32_t)((dx * dx % turn + dy * dy % turn) % turn * 65536 / turn);
        /* The colours are an eighth of a turn apart, so that exchanged channels show. */
        for (int k = 0; k < colours; k++)
            *row++ = cosine(phase + 8192u * (uint32_t)k);
    }
}

/* What the op of this name makes by default. */
static void mandelbrot_row(const struct spec *s, int32_t y, int colours, uint16_t *row)
{
    const int most = FLYNN_MANDELBROT_ITERATIONS, width = s->shape.width;
    const float ci = flynn_mandelbrot_at(0, FLYNN_MANDELBROT_WIDTH, y, s->shape.height, width);
    for (int32_t x = 0; x < width; x++) {
        float cr = flynn_mandelbrot_at(FLYNN_MANDELBROT_X, FLYNN_MANDELBROT_WIDTH, x, width, width);
        int count = flynn_mandelbrot_count(cr, ci, most);
        for (int k = 0; k < colours; k++)
            *row++ = (uint16_t)(257 * flynn_mandelbrot_colour(count, k, most));
    }
}

/* Colours of a row for kinds other than noise; rgb is scratch for three samples a pixel. */
static void colour_row(const struct spec *s, struct flynn_scene *scene, int32_t y, int colours, uint16_t *row)
{
    if (s->kind == GRADIENT) {
        gradient_row(s, y, colours, row);
    } else if (s->kind == CHECKER) {
        checker_row(s, y, colours, row);
    } else if (s->kind == ZONEPLATE) {
        zoneplate_row(s, y, colours, row);
    } else if (s->kind == MANDELBROT) {
        mandelbrot_row(s, y, colours, row);
    } else {
        flynn_scene_row(scene, y, row);
        for (int32_t x = 0; x < s->shape.width && colours == 1; x++)
            row[x] = (uint16_t)((77u * row[3 * x] + 150u * row[3 * x + 1] + 29u * row[3 * x + 2]) >> 8);
    }
}

/* ---- samples ---- */

static void store(void *row, size_t i, enum flynn_type type, uint32_t v)
{
    switch (type) {
    case FLYNN_U8:
        ((uint8_t *)row)[i] = (uint8_t)(v >> 8);
        break;
    case FLYNN_U16:
        ((uint16_t *)row)[i] = (uint16_t)v;
        break;
    case FLYNN_F32:
        ((float *)row)[i] = (float)v / 65535.0f;
        break;
    default:
        ((double *)row)[i] = (double)v / 65535.0;
    }
}

/* The random samples of a row, uniform over the type's range ([0, 1) for floats); sample i of the image is the i-th
 * number of the seed's sequence, so that rows can be made in any order. */
static void noise_row(const struct spec *s, int32_t y, void *row)
{
    size_t n = flynn_row_samples(&s->shape);
    uint64_t state = s->seed;
    state = flynn_rng(&state) + (uint64_t)y * n * 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < n; i++) {
        uint64_t r = flynn_rng(&state);
        if (s->shape.type == FLYNN_U8)
            ((uint8_t *)row)[i] = (uint8_t)(r >> 56);
        else if (s->shape.type == FLYNN_U16)
            ((uint16_t *)row)[i] = (uint16_t)(r >> 48);
        else if (s->shape.type == FLYNN_F32)
            ((float *)row)[i] = (float)(r >> 40) * 0x1p-24f;
        else
            ((double *)row)[i] = (double)(r >> 11) * 0x1p-53;
    }
}

/* Row y of a matrix; random samples are those of noise_row, doubled and less 1, which is exact. */
static void matrix_row(const struct spec *s, int32_t y, void *row)
{
    if (s->kind == SIGNED)
        noise_row(s, y, row);
    for (int32_t x = 0; x < s->shape.width; x++) {
        double v = s->kind == IDENTITY ? x == y : 1 / ((double)x + (double)y + 1);
        if (s->shape.type == FLYNN_F32)
            ((float *)row)[x] = s->kind == SIGNED ? ((float *)row)[x] * 2 - 1 : (float)v;
        else
            ((double *)row)[x] = s->kind == SIGNED ? ((double *)row)[x] * 2 - 1 : v;
    }
}

static void fill_row(const struct spec *s, struct flynn_scene *scene, int32_t y, uint16_t *colour, void *row)
{
    int channels = s->shape.channels, alpha = flynn_alpha_channel(&s->shape);
    int colours = alpha < 0 ? channels : alpha;
    enum flynn_type type = s->shape.type;
    if (s->kind >= IDENTITY) {
        matrix_row(s, y, row);
        return;
    }
    if (s->kind == NOISE)
        noise_row(s, y, row);
    else
        colour_row(s, scene, y, colours, colour);
    for (int32_t x = 0; x < s->shape.width; x++) {
        size_t i = (size_t)x * (size_t)channels;
        for (int k = 0; k < colours && s->kind != NOISE; k++)
            store(row, i + (size_t)k, type, colour[(size_t)x * (size_t)colours + (size_t)k]);
        if (alpha >= 0)
            store(row, i + (size_t)alpha, type, ramp(x, s->shape.width));
    }
}

int flynn_generate_shape(struct flynn_shape *shape, const char *spec, struct flynn_err *err)
{
    struct spec s;
    int code = parse_spec(&s, spec, err);
    *shape = s.shape;
    return code;
}

int flynn_generate(struct flynn_image *image, const char *spec, struct flynn_err *err)
{
    struct spec s;
    struct flynn_scene scene = {0};
    *image = (struct flynn_image){0};
    int code = parse_spec(&s, spec, err);
    if (!code)
        code = flynn_image_alloc(image, &s.shape, err);
    if (!code && s.kind == SCENE)
        code = flynn_scene_init(&scene, s.shape.width, s.shape.height, s.seed, err);
    uint16_t *colour = code ? NULL : malloc((size_t)s.shape.width * 3 * sizeof *colour);
    if (!code && !colour)
        code = flynn_fail(err, FLYNN_ELIMIT, "gen:%s: out of memory", spec);
    for (int32_t y = 0; !code && y < s.shape.height; y++)
        fill_row(&s, &scene, y, colour, flynn_row(image, y));
    free(colour);
    flynn_scene_free(&scene);
    if (code)
        flynn_image_free(image);
    else
        image->matrix = s.shape.type == FLYNN_F64 || s.kind >= IDENTITY ||
                        (s.kind == NOISE && s.shape.type == FLYNN_F32 && s.shape.channels == 1);
    return code;
}
