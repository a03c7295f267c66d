/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/job.h"
#include "core/compare.h"
#include "core/similarity.h"

#include <flynn/file.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX_DIFF = 600, KEY_MAX_ULP, KEY_MIN_PSNR, KEY_MIN_SSIM, KEY_SSIM, KEY_IMAGE };

struct diff {
    struct cli_options options;
    char *name[2];
    int names;
    bool has_max_diff, has_max_ulp, has_min_psnr, has_min_ssim;
    double max_diff, min_psnr, min_ssim;
    uint64_t max_ulp;
    bool ssim;
    const char *image;             /* where the picture of the differences goes, or NULL */
    struct flynn_writer *pictures; /* of image */
    bool put;                      /* something was written there */
};

static bool parse_number(const char *option, const char *text, double most, double *to, bool *has)
{
    char *end;
    *to = strtod(text, &end);
    *has = end != text && !*end && *to >= 0 && *to <= most;
    if (!*has && isinf(most))
        cli_complain("%s=%s: a number from 0 is expected", option, text);
    else if (!*has)
        cli_complain("%s=%s: a number from 0 to %g is expected", option, text, most);
    return *has;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct diff *diff = state->input;
    bool ok = true;
    int ulp = 0;
    switch (key) {
    case 'q':
        diff->options.quiet = true;
        break;
    case 'v':
        diff->options.verbose = true;
        break;
    case KEY_MAX_DIFF:
        ok = parse_number("--max-diff", arg, INFINITY, &diff->max_diff, &diff->has_max_diff);
        break;
    case KEY_MIN_PSNR:
        ok = parse_number("--min-psnr", arg, INFINITY, &diff->min_psnr, &diff->has_min_psnr);
        break;
    case KEY_MIN_SSIM:
        ok = parse_number("--min-ssim", arg, 1, &diff->min_ssim, &diff->has_min_ssim);
        diff->ssim = true;
        break;
    case KEY_SSIM:
        diff->ssim = true;
        break;
    case KEY_IMAGE:
        diff->image = arg;
        break;
    case KEY_MAX_ULP:
        ok = cli_parse_int("--max-ulp", arg, 0, INT32_MAX, &ulp);
        diff->has_max_ulp = true;
        diff->max_ulp = (uint64_t)ulp;
        break;
    case ARGP_KEY_ARG:
        if (diff->names == 2)
            ok = !cli_usage("diff: '%s' is one argument too many; two inputs are compared", arg);
        else
            diff->name[diff->names++] = arg;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return ok ? 0 : EINVAL;
}

static const struct argp_option options[] = {
    {"max-diff", KEY_MAX_DIFF, "N", 0,
     "samples that are at most N apart count as equal, in the type's own units; default: none, every bit counts", 1},
    {"max-ulp", KEY_MAX_ULP, "N", 0,
     "f32 and f64: samples at most N representable values apart count as equal; default: none", 1},
    {"min-psnr", KEY_MIN_PSNR, "DB", 0, "inputs whose PSNR is at least DB count as equal", 1},
    {"min-ssim", KEY_MIN_SSIM, "N", 0, "inputs whose SSIM is at least N (0 to 1) count as equal", 1},
    {"ssim", KEY_SSIM, NULL, 0, "print the structural similarity: 1 for equal images", 2},
    {"image", KEY_IMAGE, "FILE", 0, "write the picture of the absolute differences, with opaque alpha", 2},
    {"quiet", 'q', NULL, 0, "print nothing; the exit status tells", 2},
    {"verbose", 'v', NULL, 0, "add a map of the pixels around the first difference", 2},
    CLI_HELP_OPTION,
    {0}};

static const char doc[] =
    "Compare two images or matrices, sample by sample and bit by bit. Streams are compared image by image.\v"
    "A and B are files, - for stdin, or gen:KIND:WxH. When they differ: how many samples, how far (largest and mean "
    "difference, RMSE, PSNR; for f32 and f64 also the distance in representable values, ULP), per channel, the first "
    "differing sample, and the box of pixels that holds all differences. All NaNs are equal to each other.\n\n"
    "PSNR is 20 log10(white / RMSE), from exact sums for u8 and u16. SSIM is that of Wang et al. (2004) with plain 8x8 "
    "windows at every fourth pixel: the mean over all windows of each channel, and over the channels.\n\n"
    "Examples:\n"
    "  flynn diff a.ppm b.ppm\n"
    "  flynn diff --max-ulp 4 ours.npy theirs.npy\n"
    "  flynn diff --min-ssim 0.98 --image where.ppm photo.ppm compressed.ppm\n\n"
    "Exit status: 0 equal, or within the tolerance that was asked for; 1 different; 2 usage, bad input or I/O.";

static const struct argp argp = {options, parse, "A B", doc, NULL, NULL, NULL};

static void print_channel(const char *label, const struct flynn_channel_difference *d, uint64_t samples,
                          enum flynn_type type)
{
    bool floats = type == FLYNN_F32 || type == FLYNN_F64;
    double psnr = flynn_difference_psnr(d, samples, type);
    char db[32];
    snprintf(db, sizeof db, isinf(psnr) && psnr > 0 ? "inf" : "%.2f", psnr);
    printf("%-11s %10llu differ (%.4g%%)   max %-11.6g mean %-11.4g RMSE %-11.4g PSNR %s dB", label,
           (unsigned long long)d->differing, 100.0 * (double)d->differing / (double)samples, d->max_abs,
           flynn_difference_mean(d, samples), flynn_difference_rmse(d, samples), db);
    if (floats && d->max_ulp == UINT64_MAX)
        printf("   max ULP: NaN");
    else if (floats)
        printf("   max ULP %llu", (unsigned long long)d->max_ulp);
    putchar('\n');
}

static void print_difference(const struct flynn_difference *d)
{
    uint64_t pixels = d->samples / (uint64_t)d->shape.channels;
    char a[40], b[40], label[24];

    print_channel("all samples", &d->all, d->samples, d->shape.type);
    for (int c = 0; c < d->shape.channels && d->shape.channels > 1; c++) {
        snprintf(label, sizeof label, "channel %d", c);
        print_channel(label, &d->channel[c], pixels, d->shape.type);
    }
    printf("first at x=%d y=%d channel %d: %s and %s\n", d->x, d->y, d->c,
           flynn_sample_text(a, sizeof a, d->shape.type, d->expected),
           flynn_sample_text(b, sizeof b, d->shape.type, d->got));
    printf("box %dx%d+%d+%d: x from %d to %d, y from %d to %d\n", d->right - d->left + 1, d->bottom - d->top + 1,
           d->left, d->top, d->left, d->right, d->top, d->bottom);
}

static void print_similarity(double all, const double *channel, int channels)
{
    printf("SSIM %.6f", all);
    for (int c = 0; c < channels && channels > 1; c++)
        printf("%s%.6f", c ? ", " : "   channels ", channel[c]);
    putchar('\n');
}

/* Whether the difference is inside of a tolerance that the user gave. */
static bool tolerated(const struct diff *diff, const struct flynn_difference *d, double similarity)
{
    if (diff->has_min_psnr && flynn_difference_psnr(&d->all, d->samples, d->shape.type) >= diff->min_psnr)
        return true;
    if (diff->has_min_ssim && similarity >= diff->min_ssim)
        return true;
    bool floats = d->shape.type == FLYNN_F32 || d->shape.type == FLYNN_F64;
    if (diff->has_max_diff && d->all.max_abs <= diff->max_diff)
        return true;
    return diff->has_max_ulp && floats && d->all.max_ulp <= diff->max_ulp;
}

static int put_picture(struct diff *diff, const struct flynn_image *a, const struct flynn_image *b)
{
    struct flynn_image picture = {.data = NULL};
    struct flynn_err err;
    int code = flynn_difference_image(&picture, a, b, &err);
    if (!code)
        code = flynn_writer_put(diff->pictures, &picture, &err);
    flynn_image_free(&picture);
    diff->put = !code;
    return code ? cli_fail(&err) : CLI_OK;
}

static int compare_images(struct diff *diff, const struct flynn_image *a, const struct flynn_image *b, int number)
{
    static char map[FLYNN_DIFFERENCE_MAP];
    struct flynn_difference d;
    char head[32] = "", sa[64], sb[64];

    if (number)
        snprintf(head, sizeof head, "image %d: ", number);
    if (!flynn_shape_equal(&a->shape, &b->shape)) {
        if (!diff->options.quiet)
            printf("%sdifferent shapes: %s is %s; %s is %s\n", head, diff->name[0],
                   cli_shape_text(sa, sizeof sa, &a->shape), diff->name[1], cli_shape_text(sb, sizeof sb, &b->shape));
        return CLI_DIFFERS;
    }
    double channel[FLYNN_MAX_CHANNELS], similarity = diff->ssim ? flynn_similarity(a, b, channel) : 0;
    bool equal = flynn_compare(&d, a, b), close = equal || tolerated(diff, &d, similarity);
    int failed = diff->image ? put_picture(diff, a, b) : CLI_OK;
    if (failed)
        return failed;
    if (diff->options.quiet)
        return close ? CLI_OK : CLI_DIFFERS;
    cli_shape_text(sa, sizeof sa, &a->shape);
    if (equal) {
        printf("%sequal: %s\n", head, sa);
    } else {
        printf("%s%s: %s\n", head, close ? "within the tolerance, but not equal" : "different", sa);
        print_difference(&d);
        if (diff->options.verbose)
            fputs(flynn_difference_map(map, sizeof map, &d, a, b), stdout);
    }
    if (diff->ssim)
        print_similarity(similarity, channel, d.shape.channels);
    return close ? CLI_OK : CLI_DIFFERS;
}

/* Both streams to the end of the shorter one. */
static int compare_streams(struct diff *diff, struct flynn_reader *const reader[2])
{
    struct flynn_image image[2] = {{.data = NULL}, {.data = NULL}};
    struct flynn_err err;
    int status = CLI_OK;
    for (int number = 0;; number++) {
        int more[2];
        for (int i = 0; i < 2; i++) {
            more[i] = flynn_reader_next(reader[i], &image[i], &err);
            if (more[i] < 0) {
                flynn_image_free(&image[0]);
                return cli_fail(&err);
            }
        }
        int one = more[0] && more[1] ? compare_images(diff, &image[0], &image[1], number ? number + 1 : 0) : CLI_OK;
        status = one ? one : status;
        for (int i = 0; i < 2; i++) {
            if (more[i])
                flynn_image_free(&image[i]);
        }
        if (status > CLI_DIFFERS)
            return status;
        if (more[0] != more[1]) {
            if (!diff->options.quiet)
                printf("%s ends after %d image%s, %s goes on\n", diff->name[more[0] != 0], number,
                       number == 1 ? "" : "s", diff->name[more[0] == 0]);
            return CLI_DIFFERS;
        }
        if (!more[0])
            return status;
    }
}

/* Everything between opened inputs and the exit status; the picture appears only when it is complete. */
static int compare_inputs(struct diff *diff, struct flynn_reader *const reader[2])
{
    const struct flynn_write_options how = {.format = FLYNN_FORMAT_AUTO};
    struct flynn_err err;
    if (diff->image && flynn_writer_open(&diff->pictures, diff->image, &how, &err))
        return cli_fail(&err);
    int status = compare_streams(diff, reader);
    if (diff->put && status <= CLI_DIFFERS && flynn_writer_commit(diff->pictures, &err))
        status = cli_fail(&err);
    flynn_writer_close(diff->pictures);
    return status;
}

int cli_diff(int argc, char **argv)
{
    struct diff diff = {.names = 0};
    struct flynn_reader *reader[2] = {NULL, NULL};
    struct flynn_err err;
    int status;

    if (!cli_parse(&argp, "diff", argc, argv, &diff, &status))
        return status;
    if (diff.names < 2)
        return cli_usage("diff: two inputs are expected; write `flynn diff A B`");
    if (strcmp(diff.name[0], "-") == 0 && strcmp(diff.name[1], "-") == 0)
        return cli_usage("diff: only one of the two inputs can be stdin");
    if (flynn_reader_open(&reader[0], diff.name[0], &err) || flynn_reader_open(&reader[1], diff.name[1], &err))
        status = cli_fail(&err);
    else
        status = compare_inputs(&diff, reader);
    flynn_reader_close(reader[0]);
    flynn_reader_close(reader[1]);
    return status;
}
