/* SPDX-License-Identifier: Apache-2.0 */
#include "dispatch/laws.h"

#include "core/compare.h"
#include "core/rng.h"
#include "dispatch/inputs.h"
#include "dispatch/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTEGERS (FLYNN_TYPE_BIT(FLYNN_U8) | FLYNN_TYPE_BIT(FLYNN_U16))
#define U8       FLYNN_TYPE_BIT(FLYNN_U8)
#define ANY      FLYNN_IMAGE_TYPES
#define COUNTS   0xf
#define GRAY     FLYNN_CHANNEL_BIT(1)
#define COLORS   (FLYNN_CHANNEL_BIT(3) | FLYNN_CHANNEL_BIT(4))
#define OPAQUE   (FLYNN_CHANNEL_BIT(1) | FLYNN_CHANNEL_BIT(3)) /* invert keeps alpha */

/* {w-16} and {h-16} stand for the sides of the input less 16. A second input is the same image on both sides. */
struct law {
    enum { SAME, MEANS } relation; /* the same samples; or left the means of boxes and right the integral table */
    const char *left, *right;
    unsigned types, channels;
    int least; /* sides of the input */
};

enum { BOX = 7 };

static const struct law laws[] = {
    /* there and back */
    {SAME, "flip flip", "copy", ANY, COUNTS, 1},
    {SAME, "flip:axis=vertical flip:axis=vertical", "copy", ANY, COUNTS, 1},
    {SAME, "rotate:90 rotate:90 rotate:90 rotate:90", "copy", ANY, COUNTS, 1},
    {SAME, "rotate:90 rotate:270", "copy", ANY, COUNTS, 1},
    {SAME, "transpose transpose", "copy", ANY, COUNTS, 1},
    {SAME, "invert invert", "copy", INTEGERS, COUNTS, 1},
    {SAME, "pad:left=5,right=3,top=2,bottom=7 crop:x=5,y=2,width={w+0},height={h+0}", "copy", ANY, COUNTS, 1},
    {SAME, "xor xor", "copy", INTEGERS, COUNTS, 1},
    {SAME, "convert:type=u16 convert:type=u8", "copy", U8, COUNTS, 1},
    {SAME, "convert:type=f32 convert:type=u8", "copy", U8, COUNTS, 1},
    /* ops that change nothing */
    {SAME, "gamma:1", "copy", INTEGERS, COUNTS, 1},
    {SAME, "linear:1", "copy", INTEGERS, COUNTS, 1},
    {SAME, "affine:a=1,b=0,c=0,d=0,e=1,f=0", "copy", INTEGERS, COUNTS, 1},
    {SAME, "box:ksize=1", "copy", INTEGERS, COUNTS, 1},
    {SAME, "erode:ksize=1", "copy", ANY, COUNTS, 1},
    {SAME, "resize:width={w+0},height={h+0},method=nearest", "copy", ANY, COUNTS, 1},
    {SAME, "resize:width={w+0},height={h+0}", "copy", INTEGERS, COUNTS, 1},
    {SAME, "resize:width={w+0},height={h+0},method=lanczos3", "copy", INTEGERS, COUNTS, 1},
    {SAME, "resize:width={w+0},height={h+0},method=area", "copy", INTEGERS, COUNTS, 1},
    {SAME, "min max", "max min", INTEGERS, COUNTS, 1},
    {SAME, "color-matrix:preset=bgr color-matrix:preset=bgr", "copy", INTEGERS, COLORS, 1},
    {SAME, "saturation:1", "copy", U8, COLORS, 1},
    {SAME, "levels", "copy", INTEGERS, COUNTS, 1},
    {SAME, "posterize:256", "copy", U8, COUNTS, 1},
    {SAME, "unsharp:sigma=2,amount=0", "copy", INTEGERS, COUNTS, 1},
    {SAME, "sharpen:0", "copy", INTEGERS, COUNTS, 1},
    {SAME, "blend:alpha=0", "copy", INTEGERS, COUNTS, 1},
    {SAME, "rotate:360", "copy", INTEGERS, COUNTS, 1},
    {SAME, "perspective", "copy", INTEGERS, COUNTS, 1},
    /* an even picture stays as it is */
    {SAME, "clamp:low=77,high=77 median:ksize=5", "clamp:low=77,high=77", INTEGERS, OPAQUE, 1},
    {SAME, "clamp:low=77,high=77 gaussian:3", "clamp:low=77,high=77", INTEGERS, OPAQUE, 1},
    {SAME, "clamp:low=77,high=77 box:ksize=8", "clamp:low=77,high=77", INTEGERS, OPAQUE, 1},
    {SAME, "clamp:low=77,high=77 bilateral:d=7", "clamp:low=77,high=77", INTEGERS, OPAQUE, 1},
    {SAME, "clamp:low=77,high=77 pyramid-down pyramid-up", "clamp:low=77,high=77 pyramid-down pyramid-up median",
     INTEGERS, OPAQUE, 1},
    {SAME, "clamp:low=77,high=77 resize:width=37,height=11", "resize:width=37,height=11 clamp:low=77,high=77", INTEGERS,
     OPAQUE, 1},
    {SAME, "clamp:low=77,high=77 sobel", "clamp:low=77,high=77 scharr:norm=l2", INTEGERS, OPAQUE, 1},
    /* once is enough */
    {SAME, "clamp:low=30,high=200 clamp:low=30,high=200", "clamp:low=30,high=200", INTEGERS, COUNTS, 1},
    {SAME, "posterize:levels=4 posterize:levels=4", "posterize:levels=4", INTEGERS, COUNTS, 1},
    {SAME, "and and", "and", INTEGERS, COUNTS, 1},
    {SAME, "or or", "or", INTEGERS, COUNTS, 1},
    {SAME, "open:ksize=5 open:ksize=5", "open:ksize=5", INTEGERS, COUNTS, 1},
    {SAME, "close:ksize=5 close:ksize=5", "close:ksize=5", INTEGERS, COUNTS, 1},
    /* one op by others */
    {SAME, "rotate:180", "flip flip:axis=vertical", ANY, COUNTS, 1},
    {SAME, "rotate:90", "transpose flip", ANY, COUNTS, 1},
    {SAME, "erode:ksize=5", "invert dilate:ksize=5 invert", INTEGERS, OPAQUE, 1},
    {SAME, "open:ksize=5", "erode:ksize=5 dilate:ksize=5", ANY, COUNTS, 1},
    {SAME, "open:ksize=3", "invert close:ksize=3 invert", INTEGERS, OPAQUE, 1},
    {SAME, "tophat:ksize=3", "invert blackhat:ksize=3", INTEGERS, OPAQUE, 1},
    {SAME, "erode:ksize=3 erode:ksize=3", "erode:ksize=5", INTEGERS, COUNTS, 1},
    {SAME, "dilate:ksize=7 dilate:ksize=9", "dilate:ksize=15", INTEGERS, COUNTS, 1},
    {SAME, "tophat:ksize=301", "invert blackhat:ksize=301", INTEGERS, OPAQUE, 1},
    {SAME, "morphology-gradient:ksize=301", "invert morphology-gradient:ksize=301", INTEGERS, OPAQUE, 1},
    {SAME, "morphology-gradient", "invert morphology-gradient", INTEGERS, OPAQUE, 1},
    {SAME, "median invert", "invert median", INTEGERS, COUNTS, 1},
    {SAME, "median:ksize=7 invert", "invert median:ksize=7", INTEGERS, COUNTS, 1},
    {SAME, "sobel", "invert sobel", INTEGERS, OPAQUE, 1},
    {SAME, "threshold:40%,type=binary_inv", "threshold:40% invert", INTEGERS, OPAQUE, 1},
    {SAME, "flip:axis=both", "rotate:180", ANY, COUNTS, 1},
    {SAME, "transpose", "rotate:90 flip", ANY, COUNTS, 1},
    {SAME, "gaussian:ksize=5", "convolve:kernel=gaussian5", U8, COUNTS, 1}, /* separable, and direct */
    {SAME, "sepia", "color-matrix:preset=sepia", ANY, COLORS, 1},
    {SAME, "sharpen", "convolve:kernel=sharpen", ANY, COUNTS, 1},
    {SAME, "auto-level", "normalize:black=0,white=0", INTEGERS, GRAY, 1},
    {SAME, "dilate:ksize=3,height=1 dilate:ksize=1,height=3", "dilate", ANY, COUNTS, 1},
    /* samples one by one: a part of the result is the result of a part */
    {SAME, "gamma:2.2 crop:x=2,y=1,width={w-16},height={h-16}", "crop:x=2,y=1,width={w-16},height={h-16} gamma:2.2",
     ANY, COUNTS, 18},
    {SAME, "levels:20%,white=70%,gamma=1.3 flip", "flip levels:20%,white=70%,gamma=1.3", ANY, COUNTS, 1},
    {SAME, "rgb-to-lab rotate:90", "rotate:90 rgb-to-lab", U8, COLORS, 1},
    {SAME, "rgb-to-hsv hsv-to-rgb transpose", "transpose rgb-to-hsv hsv-to-rgb", ANY, COLORS, 1},
    {SAME, "rgb-to-ycbcr crop:x=5,y=3,width={w-16},height={h-16}",
     "crop:x=5,y=3,width={w-16},height={h-16} rgb-to-ycbcr", ANY, COLORS, 18},
    {SAME, "pad:left=3,right=20,border=wrap,top=9 srgb-to-linear",
     "srgb-to-linear pad:left=3,right=20,border=wrap,top=9", ANY, COUNTS, 1},
    {SAME, "dither crop:x=8,y=8,width={w-16},height={h-16}", "crop:x=8,y=8,width={w-16},height={h-16} dither", ANY,
     COUNTS, 18},
    /* numbers of samples do not depend on where they are */
    {SAME, "transpose sum", "sum", INTEGERS, GRAY, 1},
    {SAME, "flip norm:1", "norm:1", INTEGERS, GRAY, 1},
    {SAME, "rotate:180 norm:inf", "norm:inf", INTEGERS, GRAY, 1},
    {SAME, "flip histogram:bins=16", "histogram:bins=16", INTEGERS, COUNTS, 1},
    {SAME, "transpose cumsum:row transpose", "cumsum:column", U8, GRAY, 1},
    /* mirrored and turned */
    {SAME, "flip median:ksize=5 flip", "median:ksize=5", INTEGERS, COUNTS, 1},
    {SAME, "flip median:ksize=9 flip", "median:ksize=9", ANY, COUNTS, 1},
    {SAME, "transpose median:ksize=11 transpose", "median:ksize=11", ANY, COUNTS, 1},
    {SAME, "flip:axis=vertical median:ksize=13 flip:axis=vertical", "median:ksize=13", ANY, COUNTS, 1},
    {SAME, "rotate:90 median rotate:270", "median", INTEGERS, COUNTS, 1},
    {SAME, "transpose erode:ksize=7 transpose", "erode:ksize=7", INTEGERS, COUNTS, 1},
    {SAME, "transpose box:ksize=5 transpose", "box:ksize=5", INTEGERS, COUNTS, 1},
    {SAME, "flip box:ksize=21 flip", "box:ksize=21", INTEGERS, COUNTS, 1},
    {SAME, "flip gaussian:2 flip", "gaussian:2", INTEGERS, COUNTS, 1},
    {SAME, "flip:axis=vertical gaussian:9 flip:axis=vertical", "gaussian:9", INTEGERS, COUNTS, 1},
    {SAME, "transpose gaussian:ksize=5 transpose", "gaussian:ksize=5", U8, COUNTS, 1},
    {SAME, "rotate:90 sobel rotate:270", "sobel", INTEGERS, COUNTS, 1},
    {SAME, "rotate:180 sobel:norm=l2 rotate:180", "sobel:norm=l2", INTEGERS, COUNTS, 1},
    {SAME, "rotate:90 laplacian rotate:270", "laplacian", INTEGERS, COUNTS, 1},
    {SAME, "flip sharpen flip", "sharpen", INTEGERS, COUNTS, 1},
    {SAME, "flip bilateral:d=5,sigma-color=30,sigma-space=3 flip", "bilateral:d=5,sigma-color=30,sigma-space=3", U8,
     COUNTS, 1},
    {SAME, "rotate:90 grayscale", "grayscale rotate:90", ANY, COUNTS, 1},
    {SAME, "rotate:90 histogram", "histogram", INTEGERS, COUNTS, 1},
    {SAME, "flip equalize flip", "equalize", INTEGERS, COUNTS, 1},
    {SAME, "transpose normalize transpose", "normalize", INTEGERS, COUNTS, 1},
    {SAME, "rotate:270 otsu rotate:90", "otsu", INTEGERS, GRAY, 1},
    {MEANS, "box:ksize=7", "integral", U8, COUNTS, BOX},
    /* a part by itself, with the rows and columns that it needs */
    {SAME, "gaussian:ksize=7,sigma=1 crop:x=8,y=8,width={w-16},height={h-16}",
     "crop:x=4,y=4,width={w-8},height={h-8} gaussian:ksize=7,sigma=1 crop:x=4,y=4,width={w-16},height={h-16}", ANY,
     COUNTS, 18},
    {SAME, "box:ksize=9 crop:x=8,y=8,width={w-16},height={h-16}",
     "crop:x=3,y=2,width={w-6},height={h-4} box:ksize=9 crop:x=5,y=6,width={w-16},height={h-16}", INTEGERS, COUNTS, 18},
    {SAME, "median:ksize=7 crop:x=8,y=8,width={w-16},height={h-16}",
     "crop:x=3,y=2,width={w-6},height={h-4} median:ksize=7 crop:x=5,y=6,width={w-16},height={h-16}", INTEGERS, COUNTS,
     18},
    {SAME, "dilate:ksize=11 crop:x=8,y=8,width={w-16},height={h-16}",
     "crop:x=3,y=2,width={w-6},height={h-4} dilate:ksize=11 crop:x=5,y=6,width={w-16},height={h-16}", INTEGERS, COUNTS,
     18},
    {SAME, "convolve:kernel=gaussian5 crop:x=8,y=8,width={w-16},height={h-16}",
     "crop:x=5,y=5,width={w-8},height={h-8} convolve:kernel=gaussian5 crop:x=3,y=3,width={w-16},height={h-16}",
     INTEGERS, COUNTS, 18},
    {SAME, "bilateral:d=5 crop:x=4,y=4,width={w-8},height={h-8}",
     "crop:x=2,y=2,width={w-4},height={h-4} bilateral:d=5 crop:x=2,y=2,width={w-8},height={h-8}", U8, COUNTS, 10},
};

#define LAWS ((int)(sizeof laws / sizeof *laws))

/* ---- one side of a law ------------------------------------------------------------------------------------------- */

struct side {
    struct flynn_chain chain;
    struct flynn_plan plan;
    struct flynn_image out;
};

/* Sides of the input for {w-16} and {h+0}. */
static void fill_in(char *text, size_t size, const char *pattern, const struct flynn_shape *shape)
{
    size_t n = 0;
    while (*pattern && n + 1 < size) {
        char axis;
        int more, taken = 0;
        if (sscanf(pattern, "{%c%d}%n", &axis, &more, &taken) == 2 && taken) {
            n += (size_t)snprintf(text + n, size - n, "%d", (axis == 'w' ? shape->width : shape->height) + more);
            pattern += taken;
        } else {
            text[n++] = *pattern++;
        }
    }
    text[n < size ? n : size - 1] = '\0';
}

static int prepare(struct side *side, const char *chain, const struct flynn_image *in, const struct flynn_image *second,
                   struct flynn_err *err)
{
    char text[320], *rest = text;
    int code = FLYNN_OK;
    fill_in(text, sizeof text, chain, &in->shape);
    for (char *op; !code && (op = strsep(&rest, " "));)
        code = flynn_chain_add_with(&side->chain, op, second, err);
    if (!code)
        code = flynn_plan_build(&side->plan, &side->chain, &in->shape, err);
    if (!code)
        code = flynn_image_alloc(&side->out, &side->plan.out, err);
    return code;
}

static int compute(const struct side *side, const struct flynn_backend *backend, const struct flynn_image *in,
                   struct flynn_err *err)
{
    struct flynn_run *run;
    int code = flynn_run_open(&run, &side->plan, backend, err);
    if (!code)
        code = flynn_run_once(run, in, &side->out, err);
    flynn_run_close(run);
    return code;
}

static void end(struct side *side)
{
    flynn_image_free(&side->out);
    flynn_plan_free(&side->plan);
    flynn_chain_free(&side->chain);
}

/* ---- one input --------------------------------------------------------------------------------------------------- */

struct trial {
    const struct law *law;
    struct flynn_image in, second;
    struct side left, right;
    int pattern;
    unsigned long long seed;
};

__attribute__((format(printf, 3, 4))) static void record(struct flynn_verify_result *result, const struct trial *t,
                                                         const char *format, ...)
{
    char detail[220];
    va_list args;
    if (result->failed++)
        return;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    snprintf(result->text, sizeof result->text, "%s = %s on %s %dx%dx%d pattern=%s seed=%llu: %s", t->law->left,
             t->law->right, flynn_type_name(t->in.shape.type), t->in.shape.width, t->in.shape.height,
             t->in.shape.channels, flynn_pattern_name(t->pattern), t->seed, detail);
}

static void same_samples(const struct trial *t, struct flynn_verify_result *result)
{
    struct flynn_difference difference;
    char text[200];
    if (!flynn_shape_equal(&t->left.plan.out, &t->right.plan.out))
        record(result, t, "the outputs differ in shape");
    else if (!flynn_compare(&difference, &t->left.out, &t->right.out))
        record(result, t, "%s", flynn_difference_text(text, sizeof text, &difference));
}

/* The mean of every box inside the image by the box filter, and by four entries of the integral table. */
static void same_means(const struct trial *t, struct flynn_verify_result *result)
{
    enum { ksize = BOX };
    int channels = t->in.shape.channels, area = ksize * ksize;
    for (int y = 0; y + ksize <= t->in.shape.height; y++) {
        const uint32_t *top = flynn_row(&t->right.out, y), *bottom = flynn_row(&t->right.out, y + ksize);
        const uint8_t *mean = flynn_row(&t->left.out, y + ksize / 2);
        for (int i = 0; i < (t->in.shape.width - ksize + 1) * channels; i++) {
            int end = i + ksize * channels;
            uint32_t sum = bottom[end] - bottom[i] - top[end] + top[i];
            uint32_t expected = (sum + (uint32_t)area / 2) / (uint32_t)area;
            if (mean[i + ksize / 2 * channels] != expected) {
                record(result, t, "the box at sample %d of row %d has mean %d, and by its sum %u", i, y,
                       mean[i + ksize / 2 * channels], expected);
                return;
            }
        }
    }
}

static void hold(struct trial *t, const struct flynn_backend *backend, struct flynn_verify_result *result)
{
    struct flynn_err err;
    int code = compute(&t->left, backend, &t->in, &err);
    if (!code)
        code = compute(&t->right, backend, &t->in, &err);
    if (code == FLYNN_EUNAVAILABLE) { /* kernels that the backend has not: shown with the op itself */
        result->refused++;
        return;
    }
    result->executed++;
    if (code)
        record(result, t, "%s", err.text);
    else if (t->law->relation == SAME)
        same_samples(t, result);
    else
        same_means(t, result);
}

static int try_input(const struct law *law, const struct flynn_shape *shape, int pattern, uint64_t seed,
                     const struct flynn_backend *backends, int count, struct flynn_verify_result *results,
                     struct flynn_err *err)
{
    struct trial *t = calloc(1, sizeof *t);
    if (!t)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory");
    *t = (struct trial){.law = law, .pattern = pattern, .seed = seed};
    uint64_t rng = seed;
    int code = flynn_image_alloc(&t->in, shape, err);
    if (!code)
        code = flynn_image_alloc(&t->second, shape, err);
    if (!code) {
        flynn_pattern_fill(&t->in, pattern, &rng);
        flynn_pattern_fill(&t->second, 2, &rng);
        code = prepare(&t->left, law->left, &t->in, &t->second, err);
    }
    if (!code)
        code = prepare(&t->right, law->right, &t->in, &t->second, err);
    for (int i = 0; i < count; i++) {
        if (code)
            record(&results[i], t, "%s", err->text);
        else if (backends[i].available)
            hold(t, &backends[i], &results[i]);
    }
    end(&t->left);
    end(&t->right);
    flynn_image_free(&t->in);
    flynn_image_free(&t->second);
    free(t);
    return FLYNN_OK;
}

/* ---- all laws ---------------------------------------------------------------------------------------------------- */

/* Some sizes, types and channel counts of each law; all of them with `thorough`. */
static int hold_law(int number, uint64_t *rng, const struct flynn_backend *backends, int count,
                    const struct flynn_verify_options *options, struct flynn_verify_result *results,
                    struct flynn_err *err)
{
    const struct law *law = &laws[number];
    int code = FLYNN_OK, turn = number, inputs = options->thorough ? 12 : 2;
    char text[400];
    snprintf(text, sizeof text, "%s = %s", law->left, law->right);
    if (options->only && !strstr(text, options->only))
        return FLYNN_OK;
    for (int type = 0; type < FLYNN_N_TYPES; type++) {
        for (int channels = 1; channels <= FLYNN_MAX_CHANNELS; channels++) {
            if (!(law->types & FLYNN_TYPE_BIT(type)) || !(law->channels & FLYNN_CHANNEL_BIT(channels)))
                continue;
            for (int i = 0; !code && i < inputs; i++) {
                int size = (int)flynn_rng_below(rng, (uint64_t)flynn_size_count - 1);
                struct flynn_shape shape = {flynn_sizes[size].width, flynn_sizes[size].height, channels,
                                            (enum flynn_type)type};
                if (shape.width < law->least)
                    shape.width += law->least;
                if (shape.height < law->least)
                    shape.height += law->least;
                code = try_input(law, &shape, turn++ % FLYNN_PATTERNS, flynn_rng(rng) >> 24, backends, count, results,
                                 err);
            }
        }
    }
    return code;
}

int flynn_verify_laws(const struct flynn_backend *backends, int count, const struct flynn_verify_options *options,
                      flynn_verify_report *report, void *arg, struct flynn_err *err)
{
    struct flynn_verify_result *results = calloc((size_t)count + 1, sizeof *results);
    uint64_t rng = options->seed ^ 0x1a35;
    int code = results ? FLYNN_OK : flynn_fail(err, FLYNN_ELIMIT, "out of memory"), failed = 0;

    for (int i = 0; !code && i < count; i++) {
        results[i] = (struct flynn_verify_result){.op = "laws", .backend = backends[i].name};
        results[i].skipped = !backends[i].available;
        snprintf(results[i].text, sizeof results[i].text, "%s", backends[i].why);
    }
    for (int law = 0; !code && law < LAWS; law++)
        code = hold_law(law, &rng, backends, count, options, results, err);
    for (int i = 0; !code && i < count; i++) {
        report(arg, &results[i]);
        failed += results[i].failed > 0;
    }
    free(results);
    return code ? code : failed;
}
