/* SPDX-License-Identifier: Apache-2.0 */
#include "core/rng.h"
#include "core/sample.h"
#include "core/table.h"
#include "dispatch/inputs.h"
#include "dispatch/verify.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The scalar references against OpenCV: to the bit where flynn's definition is OpenCV's own, else within a difference
 * that the case states and its file explains.
 *
 * FLYNN_ORACLE names the program that computes with OpenCV; without it these tests are skipped. */

enum { GRAY = FLYNN_CHANNEL_BIT(1), RGB = FLYNN_CHANNEL_BIT(3), ANY = GRAY | RGB | FLYNN_CHANNEL_BIT(4) };
enum { U8 = FLYNN_TYPE_BIT(FLYNN_U8), U16 = FLYNN_TYPE_BIT(FLYNN_U16), F32 = FLYNN_TYPE_BIT(FLYNN_F32) };
enum { F64 = FLYNN_TYPE_BIT(FLYNN_F64) };

struct oracle_case {
    const char *op, *params;
    unsigned types, channels;
    double most; /* largest difference of a sample, in its own units; 0: the same bits */
};

static const struct oracle_case cases[] = {
#include "oracle_cases/arith.h"
#include "oracle_cases/color.h"
#include "oracle_cases/edge.h"
#include "oracle_cases/filter.h"
#include "oracle_cases/geometry.h"
#include "oracle_cases/matrix.h"
#include "oracle_cases/point.h"
#include "oracle_cases/rank.h"
#include "oracle_cases/resample.h"
#include "oracle_cases/statistics.h"
};
#define CASES ((int)(sizeof cases / sizeof *cases))

static const struct flynn_size sizes[] = {{1, 1}, {1, 9}, {9, 1}, {5, 4}, {17, 9}, {64, 48}, {101, 67}};

static void write_rows(const struct flynn_image *image, const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);
    cr_assert(file, "%s", path);
    for (int y = 0; y < image->shape.height; y++)
        cr_assert_eq(fwrite(flynn_row(image, y), flynn_row_bytes(&image->shape), 1, file), 1);
    cr_assert_eq(fclose(file), 0);
}

/* Compare flynn's output with the rows in a file; the file must hold exactly these. */
static void compare_rows(const struct flynn_image *image, const char *path, double most, const char *what)
{
    size_t row = flynn_row_bytes(&image->shape), sample = flynn_type_bytes(image->shape.type);
    unsigned char *bytes = malloc(row);
    FILE *file = fopen(path, "rb");
    cr_assert(file && bytes, "%s", path);
    for (int y = 0; y < image->shape.height; y++) {
        cr_assert_eq(fread(bytes, row, 1, file), 1, "%s: OpenCV's output is too short", what);
        const unsigned char *mine = flynn_row(image, y);
        for (size_t i = 0; i < row / sample; i++) {
            if (memcmp(mine + i * sample, bytes + i * sample, sample) == 0)
                continue;
            double a = flynn_sample(image->shape.type, mine, i), b = flynn_sample(image->shape.type, bytes, i);
            cr_assert(most > 0 && fabs(a - b) <= most, "%s: row %d, sample %zu: flynn %.9g, OpenCV %.9g", what, y, i, a,
                      b);
        }
    }
    cr_assert_eq(fgetc(file), EOF, "%s: OpenCV's output is too long", what);
    fclose(file);
    free(bytes);
}

/* "a=1,b=2" as arguments for the shell. */
static void shell_words(char *words, size_t size, const char *params)
{
    snprintf(words, size, "%s", params);
    for (char *p = words; *p; p++)
        *p = *p == ',' ? ' ' : *p;
}

static void run_case(const struct oracle_case *c, const struct flynn_shape *shape, int pattern, const char *folder)
{
    char in_path[512], out_path[512], words[200], command[2048], text[300], what[400];
    struct flynn_image in, out, second;
    struct flynn_chain chain = {0};
    struct flynn_plan plan;
    struct flynn_err err = {0};
    uint64_t rng = 7;

    snprintf(in_path, sizeof in_path, "%s/in", folder);
    snprintf(out_path, sizeof out_path, "%s/out", folder);
    snprintf(text, sizeof text, "%s%s%s", c->op, *c->params ? ":" : "", c->params);
    snprintf(what, sizeof what, "%s on %s %dx%dx%d %s", text, flynn_type_name(shape->type), shape->width, shape->height,
             shape->channels, flynn_pattern_name(pattern));
    cr_assert_eq(flynn_image_alloc(&in, shape, &err), 0);
    flynn_pattern_fill(&in, pattern, &rng);
    struct flynn_shape other = flynn_op_second(flynn_op_at(flynn_op_find(c->op)), shape);
    cr_assert_eq(flynn_image_alloc(&second, &other, &err), 0);
    flynn_pattern_fill(&second, (pattern + 1) % (FLYNN_PATTERNS - 2), &rng);
    cr_assert_eq(flynn_chain_add_with(&chain, text, &second, &err), 0, "%s", err.text);
    cr_assert_eq(flynn_plan_build(&plan, &chain, shape, &err), 0, "%s", err.text);
    cr_assert_eq(flynn_plan_output(&plan, &in, &out, &err), 0, "%s", err.text);
    cr_assert_eq(flynn_reference_run(&plan, &in, &out, &err), 0, "%s", err.text);
    write_rows(&in, in_path, "wb");
    if (strchr(c->params, '@'))
        write_rows(&second, in_path, "ab");
    shell_words(words, sizeof words, c->params);
    snprintf(command, sizeof command, "'%s' %d %d %d %s %s %s @type=%s @channels=%d < '%s' > '%s'",
             getenv("FLYNN_ORACLE"), shape->width, shape->height, shape->channels, flynn_type_name(shape->type), c->op,
             words, flynn_type_name(other.type), other.channels, in_path, out_path);
    cr_assert_eq(system(command), 0, "%s", command);
    compare_rows(&out, out_path, c->most, what);
    flynn_image_free(&in);
    flynn_image_free(&out);
    flynn_image_free(&second);
    flynn_plan_free(&plan);
    flynn_chain_free(&chain);
}

struct number {
    int index;
};

ParameterizedTestParameters(oracle, opencv)
{
    static struct number numbers[CASES];
    for (int i = 0; i < CASES; i++)
        numbers[i].index = i;
    return cr_make_param_array(struct number, numbers, CASES);
}

ParameterizedTest(struct number *number, oracle, opencv)
{
    const struct oracle_case *c = &cases[number->index];
    const char *oracle = getenv("FLYNN_ORACLE");
    char folder[] = "/tmp/flynn-oracle-XXXXXX", command[64];
    int pattern = 0;

    if (!oracle || !*oracle)
        cr_skip_test("%s:%s: flynn was built without the feature `oracles`", c->op, c->params);
    cr_assert(mkdtemp(folder));
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (int type = 0; type < FLYNN_N_TYPES; type++) {
            for (int channels = 1; channels <= FLYNN_MAX_CHANNELS; channels++) {
                struct flynn_shape shape = {sizes[s].width, sizes[s].height, channels, (enum flynn_type)type};
                /* Floats keep to ordinary values: OpenCV leaves NaN to its vector instructions. */
                int patterns = type == FLYNN_F32 || type == FLYNN_F64 ? FLYNN_PATTERNS - 2 : FLYNN_PATTERNS;
                if ((c->types & FLYNN_TYPE_BIT(type)) && (c->channels & FLYNN_CHANNEL_BIT(channels)))
                    run_case(c, &shape, pattern++ % patterns, folder);
            }
        }
    }
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}
