/* SPDX-License-Identifier: Apache-2.0 */

/* libFuzzer: whatever is written as a chain of ops, it is refused with one line of text or lowered to a plan, and a
 * plan of small images runs on the scalar table without touching memory that is not its own.
 *
 * The first four bytes are the input's type, channels, width and height. The rest is the chain, one op on each line.
 * So that the fuzzer need not guess words, a byte from 128 stands for one: at the start of a line for the name of an
 * op, then below 192 for a parameter's name and "=", from 192 for one of its values. */

#include "core/table.h"
#include "cpu/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct flynn_table flynn_table_scalar;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
const char *__asan_default_options(void);

/* A huge table is refused by the allocator, as it would be by a small machine. */
const char *__asan_default_options(void)
{
    return "max_allocation_size_mb=64:allocator_may_return_null=1";
}

struct text {
    char line[512];
    size_t length;
    const struct flynn_op *op;
    const struct flynn_param *param;
};

static void append(struct text *text, const char *word, size_t n)
{
    if (n < sizeof text->line - text->length) {
        memcpy(text->line + text->length, word, n);
        text->length += n;
        text->line[text->length] = '\0';
    }
}

static int param_count(const struct flynn_op *op)
{
    int n = 0;
    while (n < FLYNN_MAX_PARAMS && op->params[n].name)
        n++;
    return n;
}

/* The value of a number from 0: one of the choices, or an end of the range, or the default. */
static void append_value(struct text *text, unsigned number)
{
    const struct flynn_param *param = text->param;
    char buffer[64];
    if (param->kind == FLYNN_PARAM_CHOICE) {
        const char *word = param->choices;
        for (; number && strchr(word, '|'); number--)
            word = strchr(word, '|') + 1;
        append(text, word, strcspn(word, "|"));
    } else if (number % 3 < 2) {
        snprintf(buffer, sizeof buffer, "%.17g", number % 3 ? param->max : param->min);
        append(text, buffer, strlen(buffer));
    } else if (param->preset) {
        append(text, param->preset, strlen(param->preset));
    }
}

static void append_word(struct text *text, uint8_t byte)
{
    if (text->length == 0) {
        text->op = flynn_op_at(byte % flynn_op_count());
        text->param = text->op->params;
        append(text, text->op->name, strlen(text->op->name));
    } else if (text->op && param_count(text->op) > 0) {
        if (byte >= 192) {
            append_value(text, byte - 192u);
            return;
        }
        text->param = &text->op->params[byte % param_count(text->op)];
        append(text, text->param->name, strlen(text->param->name));
        append(text, "=", 1);
    }
}

/* Add the next line of the bytes to the chain; returns how many bytes it took. */
static size_t add_line(struct flynn_chain *chain, const uint8_t *bytes, size_t length, const struct flynn_image *with)
{
    struct text text = {0};
    struct flynn_err err = {0};
    size_t at = 0;
    for (; at < length && bytes[at] != '\n' && bytes[at] != '\0'; at++) {
        if (bytes[at] >= 128)
            append_word(&text, bytes[at]);
        else
            append(&text, &(char){(char)bytes[at]}, 1);
    }
    int before = chain->length;
    int code = flynn_chain_add_with(chain, text.line, with, &err);
    if (chain->length != before + (code == 0) || (code && (!err.text[0] || strchr(err.text, '\n'))))
        abort();
    return at + 1;
}

/* Whether everything between the stages is small too. */
static bool small(const struct flynn_plan *plan)
{
    for (int i = 0; i < plan->stages; i++) {
        const struct flynn_shape *shape = &plan->stage[i]->out;
        if ((double)shape->width * shape->height * shape->channels > 1 << 14 ||
            flynn_stage_taps(plan->stage[i]) > 1 << 12)
            return false;
    }
    return true;
}

static void run(const struct flynn_plan *plan, const struct flynn_image *in)
{
    flynn_kernel *kernel[FLYNN_MAX_CHAIN * FLYNN_MAX_STAGES + 1] = {0};
    struct flynn_engine *engine;
    struct flynn_image out;
    for (int i = 0; i < plan->stages; i++)
        kernel[i] = flynn_table_kernel(&flynn_table_scalar, plan->stage[i]);
    if (flynn_engine_open(&engine, plan, kernel, NULL, NULL))
        return;
    if (flynn_image_alloc(&out, &plan->out, NULL) == 0) {
        flynn_engine_run(engine, in, &out, NULL);
        flynn_image_free(&out);
    }
    flynn_engine_close(engine);
}

static int make_image(struct flynn_image *image, const uint8_t *bytes)
{
    struct flynn_shape shape = {1 + bytes[2] % 24, 1 + bytes[3] % 24, 1 + bytes[1] % FLYNN_MAX_CHANNELS,
                                (enum flynn_type)(bytes[0] % FLYNN_N_TYPES)};
    if (flynn_image_alloc(image, &shape, NULL))
        return -1;
    for (size_t i = 0; i < image->owned_bytes; i++)
        ((uint8_t *)image->owned)[i] = (uint8_t)(i * 37 + bytes[0]);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct flynn_chain chain = {0};
    struct flynn_plan plan;
    struct flynn_image image;
    struct flynn_err err = {0};
    if (length < 5 || make_image(&image, bytes))
        return 0;
    for (size_t at = 4; at < length;)
        at += add_line(&chain, bytes + at, length - at, &image);
    if (flynn_plan_build(&plan, &chain, &image.shape, &err)) {
        if (!err.text[0] || strchr(err.text, '\n'))
            abort();
    } else {
        if (small(&plan))
            run(&plan, &image);
        flynn_plan_free(&plan);
    }
    flynn_chain_free(&chain);
    flynn_image_free(&image);
    return 0;
}
