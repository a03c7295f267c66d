/* SPDX-License-Identifier: Apache-2.0 */
#include "opencl/selftest.h"

#include "core/rng.h"
#include "opencl/program.h"
#include "opencl/run.h"
#include "opencl/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Odd, and more than one group of 16 samples and one row of items. */
enum { TEST_WIDTH = 67, TEST_HEIGHT = 37 };

static _Atomic(flynn_cl_reference *) reference;

void flynn_cl_set_reference(flynn_cl_reference *run)
{
    reference = run;
}

int flynn_cl_pattern(struct flynn_image *image, const struct flynn_shape *shape, uint64_t seed, struct flynn_err *err)
{
    int code = flynn_image_alloc(image, shape, err);
    for (int y = 0; !code && y < shape->height; y++) {
        uint8_t *row = flynn_row(image, y);
        for (size_t i = 0; i < flynn_row_samples(shape); i++) {
            const uint64_t bits = flynn_rng(&seed);
            const float f = (float)(bits % 65537) / 65536.0f;
            const double d = (double)f;
            const void *from = shape->type == FLYNN_F32   ? (const void *)&f
                               : shape->type == FLYNN_F64 ? (const void *)&d
                                                          : &bits;
            const size_t bytes = flynn_type_bytes(shape->type);
            memcpy(row + i * bytes, from, bytes);
        }
    }
    return code;
}

/* Where two images of one shape first differ. */
static int compare(const struct flynn_image *got, const struct flynn_image *want, struct flynn_err *err)
{
    const size_t row = flynn_row_bytes(&want->shape), bytes = flynn_type_bytes(want->shape.type);
    for (int y = 0; y < want->shape.height; y++) {
        const uint8_t *a = flynn_row(got, y), *b = flynn_row(want, y);
        size_t i = 0;
        while (i < row && a[i] == b[i])
            i++;
        if (i < row) {
            const size_t sample = i / bytes, channels = (size_t)want->shape.channels;
            return flynn_fail(err, FLYNN_EUNAVAILABLE,
                              "its result differs from the reference, first at x=%zu y=%d channel %zu",
                              sample / channels, y, sample % channels);
        }
    }
    return FLYNN_OK;
}

static int run_once(struct flynn_cl_handle *handle, const struct flynn_plan *plan, const struct flynn_cl_shape *trial,
                    const struct flynn_image *in, const struct flynn_image *out, struct flynn_err *err)
{
    struct flynn_cl_run *run;
    int code = flynn_cl_run_make(&run, plan, handle, trial, err);
    if (code)
        return code;
    code = flynn_cl_bind(run, in, out, err);
    if (!code)
        code = flynn_cl_upload(run, err);
    if (!code)
        code = flynn_cl_compute(run, err);
    if (!code)
        code = flynn_cl_download(run, err);
    flynn_cl_close(run);
    return code;
}

int flynn_cl_wanted(struct flynn_image *want, const struct flynn_plan *plan, const struct flynn_image *in,
                    struct flynn_err *err)
{
    int code = flynn_image_alloc(want, &plan->out, err);
    if (code)
        return code;
    memset(want->data, 0x5a, want->stride * (size_t)want->shape.height);
    code = reference ? reference(plan, in, want) : FLYNN_EUNAVAILABLE;
    if (code)
        flynn_fail(err, code, "the scalar reference of its self-test failed");
    return code;
}

int flynn_cl_answer(struct flynn_cl_handle *handle, const struct flynn_plan *plan, const struct flynn_cl_shape *trial,
                    const struct flynn_image *in, const struct flynn_image *want, bool *differs, struct flynn_err *err)
{
    struct flynn_image got;
    int code = flynn_image_alloc(&got, &plan->out, err);
    *differs = false;
    if (code)
        return code;
    memset(got.data, 0xa5, got.stride * (size_t)got.shape.height);
    code = run_once(handle, plan, trial, in, &got, err);
    if (!code) {
        code = compare(&got, want, err);
        *differs = code != FLYNN_OK;
    }
    flynn_image_free(&got);
    return code;
}

/* Run a plan on the device and by the reference. */
static int known_answer(struct flynn_cl_handle *handle, const struct flynn_plan *plan, const struct flynn_image *in,
                        bool *differs, struct flynn_err *err)
{
    struct flynn_image want = {0};
    int code = flynn_cl_wanted(&want, plan, in, err);
    if (!code)
        code = flynn_cl_answer(handle, plan, NULL, in, &want, differs, err);
    flynn_image_free(&want);
    return code;
}

static bool same_kernels(const struct flynn_node *a, const struct flynn_node *b)
{
    if (a->op != b->op || a->launches != b->launches)
        return false;
    for (int i = 0; i < a->launches; i++) {
        if (strcmp(a->launch[i].kernel, b->launch[i].kernel) != 0 || a->launch[i].stage->op != b->launch[i].stage->op ||
            a->launch[i].stage->variant != b->launch[i].stage->variant)
            return false;
    }
    return true;
}

/* Bind one use of the op to the small shape; true when it leads to the node's kernels. */
static bool build_case(struct flynn_chain *chain, struct flynn_plan *plan, const struct flynn_node *node,
                       const char *values, const struct flynn_image *in, const struct flynn_image *second)
{
    char text[512];
    snprintf(text, sizeof text, "%s%s%s", node->op->name, *values ? ":" : "", values);
    *chain = (struct flynn_chain){0};
    if (flynn_chain_add_with(chain, text, second, NULL))
        return false;
    if (flynn_plan_build(plan, chain, &in->shape, NULL) == FLYNN_OK) {
        if (plan->nodes == 1 && same_kernels(&plan->node[0], node))
            return true;
        flynn_plan_free(plan);
    }
    flynn_chain_free(chain);
    return false;
}

/* The defaults, or else the first of the op's own cases that leads to the node's kernels. */
static bool find_case(struct flynn_chain *chain, struct flynn_plan *plan, const struct flynn_node *node,
                      const struct flynn_image *in, const struct flynn_image *second)
{
    if (build_case(chain, plan, node, "", in, second))
        return true;
    for (size_t i = 0; i < sizeof node->op->cases / sizeof node->op->cases[0] && node->op->cases[i]; i++) {
        if (build_case(chain, plan, node, node->op->cases[i], in, second))
            return true;
    }
    return false;
}

static int test(struct flynn_cl_handle *handle, const struct flynn_node *node, bool *tested, bool *differs,
                struct flynn_err *err)
{
    struct flynn_shape shape = {TEST_WIDTH, TEST_HEIGHT, node->in.channels, node->in.type};
    if (node->op->input_shape)
        node->op->input_shape(&shape, NULL);
    struct flynn_shape other = flynn_op_second(node->op, &shape);
    struct flynn_image in = {0}, second = {0};
    static const uint64_t seed = 20;
    int code = flynn_cl_pattern(&in, &shape, seed, err);
    if (!code && node->op->input_samples)
        node->op->input_samples(&in, NULL);
    if (!code)
        code = flynn_cl_pattern(&second, &other, seed + 1, err);
    struct flynn_chain *chain = code ? NULL : calloc(1, sizeof *chain);
    struct flynn_plan plan;
    *tested = *differs = false;
    if (chain && find_case(chain, &plan, node, &in, &second)) {
        *tested = true;
        code = known_answer(handle, &plan, &in, differs, err);
        flynn_plan_free(&plan);
        flynn_chain_free(chain);
    }
    free(chain);
    flynn_image_free(&in);
    flynn_image_free(&second);
    return code;
}

/* Name what a verdict on this node depends on. Builds the programs. */
static int identify(struct flynn_cl_handle *handle, const struct flynn_node *node, struct flynn_cl_verdict *verdict,
                    char *key, size_t size, struct flynn_err *err)
{
    size_t used = (size_t)snprintf(key, size, "self-test 1\nop %s\ntype %s\nchannels %d\n", node->op->name,
                                   flynn_type_name(node->in.type), node->in.channels);
    snprintf(verdict->op, sizeof verdict->op, "%.31s", node->launch[0].stage->op->name);
    for (int i = 0; i < node->launches; i++) {
        const struct flynn_cl_program *program;
        const enum flynn_type variant = node->launch[i].stage->variant;
        const struct flynn_op *op = node->launch[i].stage->op;
        const struct flynn_cl_shape *shape;
        int code = flynn_cl_shape_choose(&shape, NULL, handle, op->name, variant, err);
        if (!code)
            code = flynn_cl_program(&program, handle, op, variant, shape, err);
        if (code)
            return code;
        if (used < size)
            used += (size_t)snprintf(key + used, size - used, "kernel %s %s %s\n", node->launch[i].kernel,
                                     flynn_type_name(variant), program->key_hash);
        if (i == 0) {
            verdict->variant = variant;
            memcpy(verdict->program, program->key_hash, sizeof verdict->program);
        }
    }
    flynn_cl_verdict_name(verdict->name, handle, key);
    return FLYNN_OK;
}

int flynn_cl_selftest(struct flynn_cl_handle *handle, const struct flynn_node *node, struct flynn_err *err)
{
    struct flynn_cl_verdict verdict = {.good = true};
    char key[1200];
    bool tested, differs;
    if (!reference)
        return FLYNN_OK;
    int code = identify(handle, node, &verdict, key, sizeof key, err);
    if (code)
        return code;
    if (!flynn_cl_verdict_find(handle, &verdict, key)) {
        struct flynn_err local;
        code = test(handle, node, &tested, &differs, &local);
        verdict.good = code == FLYNN_OK;
        if (code)
            snprintf(verdict.why, sizeof verdict.why, "%.*s", (int)sizeof verdict.why - 1, local.text);
        /* A failure of another kind, such as a lack of memory, may pass, and is not held against the kernel. */
        flynn_cl_verdict_add(handle, &verdict, key, tested && (!code || differs));
    }
    if (verdict.good)
        return FLYNN_OK;
    return flynn_fail(err, FLYNN_EUNAVAILABLE, "%s failed its self-test on OpenCL device %s: %s", node->op->name,
                      handle->info->name, verdict.why);
}
