/* SPDX-License-Identifier: Apache-2.0 */
#include "dispatch/inputs.h"
#include "dispatch/verify.h"

#include <flynn/generate.h>

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The bits of every op are part of what flynn promises: a hash of each op's output for generated inputs stands in
 * data/golden.txt. It is no oracle, but it shows when bits change from one version to the next.
 * FLYNN_GOLDEN_WRITE=FILE writes the list anew. */

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ p[i]) * 0x100000001b3u;
    return hash;
}

static uint64_t hash_image(const struct flynn_image *image)
{
    uint64_t hash = hash_bytes(0xcbf29ce484222325u, &image->shape, sizeof image->shape);
    for (int y = 0; y < image->shape.height; y++)
        hash = hash_bytes(hash, flynn_row(image, y), flynn_row_bytes(&image->shape));
    return hash;
}

static uint64_t hash_of(const char *text, struct flynn_image *in, const struct flynn_op *op)
{
    struct flynn_shape second = flynn_op_second(op, &in->shape);
    struct flynn_chain chain = {0};
    struct flynn_plan plan;
    struct flynn_image out, with;
    struct flynn_err err;
    char spec[100];

    snprintf(spec, sizeof spec, "noise:%dx%d,type=%s,channels=%d,seed=9", second.width, second.height,
             flynn_type_name(second.type), second.channels);
    cr_assert_eq(flynn_generate(&with, spec, &err), 0, "%s", err.text);
    cr_assert_eq(flynn_chain_add_with(&chain, text, &with, &err), 0, "%s: %s", text, err.text);
    uint64_t rng = 9;
    struct flynn_shape shape = in->shape;
    if (op->input_shape)
        op->input_shape(&shape, chain.op[0].value);
    if (!flynn_shape_equal(&shape, &in->shape)) {
        snprintf(spec, sizeof spec, "noise:%dx%d,type=%s,channels=%d", shape.width, shape.height,
                 flynn_type_name(shape.type), shape.channels);
        flynn_image_free(in);
        cr_assert_eq(flynn_generate(in, spec, &err), 0, "%s", err.text);
    }
    if (op->input_samples)
        op->input_samples(in, chain.op[0].value);
    cr_assert_eq(flynn_inputs_fit(&chain, &in->shape, &rng, &err), 0, "%s", err.text);
    cr_assert_eq(flynn_plan_build(&plan, &chain, &in->shape, &err), 0, "%s: %s", text, err.text);
    cr_assert_eq(flynn_plan_output(&plan, in, &out, &err), 0, "%s", err.text);
    cr_assert_eq(flynn_reference_run(&plan, in, &out, &err), 0, "%s", err.text);
    uint64_t hash = hash_image(&out);
    flynn_image_free(&with);
    flynn_image_free(&out);
    flynn_plan_free(&plan);
    flynn_chain_free(&chain);
    return hash;
}

typedef void line_function(void *arg, const char *line);

/* The generators make pictures and matrices, not the integers that ops give. */
static bool can_generate(enum flynn_type type, int channels)
{
    return (FLYNN_IMAGE_TYPES & FLYNN_TYPE_BIT(type)) || (type == FLYNN_F64 && channels == 1);
}

/* Call with a line for every op, case, type and channel count. */
static void each_line(line_function *function, void *arg)
{
    for (int i = 0; i < flynn_op_count(); i++) {
        const struct flynn_op *op = flynn_op_at(i);
        struct flynn_cases cases;
        flynn_cases_make(&cases, op);
        for (int k = 0; k < cases.count * FLYNN_N_TYPES * FLYNN_MAX_CHANNELS; k++) {
            int number = k % cases.count, type = k / cases.count % FLYNN_N_TYPES;
            int channels = 1 + k / cases.count / FLYNN_N_TYPES;
            if (cases.extreme[number] || !(op->types & FLYNN_TYPE_BIT(type)) ||
                !(op->channels & FLYNN_CHANNEL_BIT(channels)) || !can_generate((enum flynn_type)type, channels))
                continue;
            struct flynn_image in;
            struct flynn_err err;
            char text[240], line[400];
            snprintf(line, sizeof line, "noise:61x47,type=%s,channels=%d", flynn_type_name((enum flynn_type)type),
                     channels);
            cr_assert_eq(flynn_generate(&in, line, &err), 0, "%s", err.text);
            snprintf(text, sizeof text, "%s%s%s", op->name, *cases.text[number] ? ":" : "", cases.text[number]);
            snprintf(line, sizeof line, "%s %s %d %016llx", text, flynn_type_name((enum flynn_type)type), channels,
                     (unsigned long long)hash_of(text, &in, op));
            function(arg, line);
            flynn_image_free(&in);
        }
    }
}

static void write_line(void *arg, const char *line)
{
    fprintf(arg, "%s\n", line);
}

static int next_line(FILE *file, char *line, size_t size)
{
    if (!fgets(line, (int)size, file))
        return 0;
    line[strcspn(line, "\n")] = '\0';
    return 1;
}

static void compare_line(void *arg, const char *line)
{
    char golden[400] = "";
    cr_assert(next_line(arg, golden, sizeof golden), "data/golden.txt ends before: %s", line);
    cr_assert_str_eq(line, golden, "%s is not %s; after a new op or case FLYNN_GOLDEN_WRITE=FILE writes the list", line,
                     golden);
}

Test(golden, bits_are_those_of_the_list, .timeout = 120)
{
    const char *write = getenv("FLYNN_GOLDEN_WRITE"), *root = getenv("FLYNN_SOURCE_ROOT");
    char path[4096], line[400];
    cr_assert(root, "FLYNN_SOURCE_ROOT is not set");
    snprintf(path, sizeof path, "%s/data/golden.txt", root);
    FILE *file = fopen(write ? write : path, write ? "w" : "r");
    cr_assert(file, "%s cannot be opened", write ? write : path);
    each_line(write ? write_line : compare_line, file);
    if (!write)
        cr_assert_not(next_line(file, line, sizeof line), "data/golden.txt has more: %s", line);
    fclose(file);
}
