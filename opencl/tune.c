/* SPDX-License-Identifier: Apache-2.0 */
#include "opencl/tune.h"

#include "opencl/run.h"
#include "opencl/selftest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Odd, and more than the largest tile. A batch is three products of A_ROWS / 3 rows. */
enum { A_ROWS = 141, A_COLS = 149, C_COLS = 151 };
enum { PROOFS = 5, MOST_RUNS = 5 };
enum { CPU_SIDE = 512, OTHER_SIDE = 2048 }; /* of the products that are timed: a few milliseconds each */

#define BETTER   1.05 /* times the rate of an earlier shape: less may be noise */
#define ENOUGH   0.1  /* seconds of timing one shape */
#define TOO_SLOW 3    /* times as long as the best: once is enough */

static const struct {
    const char *op;
    enum flynn_type type;
} products[] = {{"matmul", FLYNN_F32}, {"matmul", FLYNN_F64}, {"matmul-int8", FLYNN_U8}};

/* One product, and what its result must be. */
struct proof {
    struct flynn_chain chain;
    struct flynn_plan plan;
    struct flynn_image in, want;
    bool planned;
};

struct search {
    struct flynn_cl_handle *handle;
    const char *op;
    enum flynn_type type;
    struct proof proof[PROOFS];
    struct proof timed; /* nothing is wanted of it */
};

bool flynn_cl_product(int i, const char **op, enum flynn_type *type)
{
    if (i < 0 || i >= (int)(sizeof products / sizeof *products))
        return false;
    *op = products[i].op;
    *type = products[i].type;
    return true;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void proof_free(struct proof *p)
{
    if (p->planned)
        flynn_plan_free(&p->plan);
    flynn_chain_free(&p->chain);
    flynn_image_free(&p->in);
    flynn_image_free(&p->want);
}

/* Plan `text` for A of rows x cols elements and a B that makes C `c_cols` wide. */
static int plan_product(struct proof *p, const struct search *s, const char *text, const int a[2], const int b[2],
                        struct flynn_err *err)
{
    const struct flynn_shape left = {a[1], a[0], 1, s->type}, right = {b[1], b[0], 1, s->type};
    struct flynn_image second = {0};
    int code = flynn_cl_pattern(&p->in, &left, 7, err);
    if (!code)
        code = flynn_cl_pattern(&second, &right, 8, err);
    if (!code)
        code = flynn_chain_add_with(&p->chain, text, &second, err);
    if (!code)
        code = flynn_plan_build(&p->plan, &p->chain, &left, err);
    p->planned = code == FLYNN_OK;
    flynn_image_free(&second);
    return code;
}

static int make_proof(struct proof *p, const struct search *s, int number, struct flynn_err *err)
{
    static const char *const trans[PROOFS] = {"none", "a", "b", "both", "none"};
    const bool ta = number == 1 || number == 3, tb = number == 2 || number == 3;
    const int batch = number == 4 ? 3 : 1, depth = ta ? A_ROWS : A_COLS;
    const int a[2] = {A_ROWS, A_COLS}, b[2] = {(tb ? C_COLS : depth) * batch, tb ? depth : C_COLS};
    char text[80];
    snprintf(text, sizeof text, "%s:trans=%s,batch=%d%s%s", s->op, trans[number], batch,
             s->type == FLYNN_U8 ? ",signed=" : "", s->type == FLYNN_U8 ? trans[PROOFS - 1 - number] : "");
    int code = plan_product(p, s, text, a, b, err);
    return code ? code : flynn_cl_wanted(&p->want, &p->plan, &p->in, err);
}

static int prepare(struct search *s, struct flynn_err *err)
{
    const int side = s->handle->info->cpu ? CPU_SIDE : OTHER_SIDE, square[2] = {side, side};
    int code = FLYNN_OK;
    for (int i = 0; i < PROOFS && !code; i++)
        code = make_proof(&s->proof[i], s, i, err);
    if (!code)
        code = plan_product(&s->timed, s, s->op, square, square, err);
    return code ? code : flynn_image_alloc(&s->timed.want, &s->timed.plan.out, err);
}

static int check(const struct search *s, const struct flynn_cl_shape *shape, struct flynn_err *err)
{
    bool differs;
    int code = flynn_cl_shape_fits(shape, s->handle, s->type, err);
    for (int i = 0; i < PROOFS && !code; i++)
        code = flynn_cl_answer(s->handle, &s->proof[i].plan, shape, &s->proof[i].in, &s->proof[i].want, &differs, err);
    return code;
}

/* The least of several runs, in seconds, the first one left out: it may have to finish the building. */
static int measure(double *least, struct flynn_cl_run *run, double best, struct flynn_err *err)
{
    const double begin = now();
    int code = flynn_cl_compute(run, err);
    *least = 1e30;
    for (int i = 0; i < MOST_RUNS && !code; i++) {
        const double t = now();
        code = flynn_cl_compute(run, err);
        const double took = now() - t;
        *least = took < *least ? took : *least;
        if (took > TOO_SLOW * best || now() - begin > ENOUGH)
            break;
    }
    return code;
}

static int time_shape(double *seconds, const struct search *s, const struct flynn_cl_shape *shape, double best,
                      struct flynn_err *err)
{
    struct flynn_cl_run *run;
    int code = flynn_cl_run_make(&run, &s->timed.plan, s->handle, shape, err);
    if (code)
        return code;
    code = flynn_cl_bind(run, &s->timed.in, &s->timed.want, err);
    if (!code)
        code = flynn_cl_upload(run, err);
    if (!code)
        code = measure(seconds, run, best, err);
    flynn_cl_close(run);
    return code;
}

static void try_all(struct flynn_cl_tuning *t, const struct search *s, double begin, double limit)
{
    const double flops = s->timed.plan.node[0].op->flops(&s->timed.plan.node[0]);
    const struct flynn_cl_shape *shape;
    double best = 1e30, seconds;
    for (int i = 0; i < FLYNN_CL_TRIALS && (shape = flynn_cl_shape_at(s->op, i)); i++) {
        struct flynn_cl_trial *trial = &t->trial[t->trials++];
        struct flynn_err err = {0};
        trial->shape = shape->name;
        if (now() - begin > limit) {
            snprintf(trial->why, sizeof trial->why, "not tried: the search had used up its %.3g s", limit);
            continue;
        }
        int code = check(s, shape, &err);
        if (!code)
            code = time_shape(&seconds, s, shape, best, &err);
        trial->good = code == FLYNN_OK;
        if (code) {
            snprintf(trial->why, sizeof trial->why, "%.*s", (int)sizeof trial->why - 1, err.text);
            continue;
        }
        trial->gflops = flops / seconds * 1e-9;
        if (t->best < 0 || trial->gflops > BETTER * t->trial[t->best].gflops)
            t->best = i;
        best = seconds < best ? seconds : best;
    }
}

int flynn_cl_tune(struct flynn_cl_tuning *tuning, int device, const char *op, enum flynn_type type, double seconds,
                  struct flynn_err *err)
{
    const double begin = now();
    struct flynn_cl_handle *handle;
    *tuning = (struct flynn_cl_tuning){.best = -1};
    int code = flynn_cl_handle_open(&handle, device, err);
    if (code)
        return code;
    if (type == FLYNN_F64 && !handle->info->fp64)
        return flynn_fail(err, FLYNN_EUNAVAILABLE, "OpenCL device %s has no double precision", handle->info->name);
    struct search *s = calloc(1, sizeof *s);
    if (!s)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory for the search of a shape");
    *s = (struct search){.handle = handle, .op = op, .type = type};
    code = prepare(s, err);
    if (!code)
        try_all(tuning, s, begin, seconds);
    if (tuning->best >= 0)
        tuning->kept = flynn_cl_shape_remember(flynn_cl_shape_at(op, tuning->best), handle, type,
                                               tuning->trial[tuning->best].gflops);
    for (int i = 0; i < PROOFS; i++)
        proof_free(&s->proof[i]);
    proof_free(&s->timed);
    free(s);
    tuning->seconds = now() - begin;
    return code;
}

bool flynn_cl_shape_text(char *text, size_t size, int device, const char *op, enum flynn_type type, bool *found)
{
    struct flynn_cl_handle *handle = flynn_cl_handle_at(device);
    const struct flynn_cl_shape *shape = NULL;
    enum flynn_cl_shape_from from;
    *text = '\0';
    *found = false;
    if (!handle || !handle->info->usable || flynn_cl_shape_choose(&shape, &from, handle, op, type, NULL) || !shape)
        return false;
    *found = from == FLYNN_CL_SHAPE_FOUND;
    if (*found)
        snprintf(text, size, "%s (found by flynn tune, %.0f GFLOP/s)", shape->name,
                 flynn_cl_shape_rate(handle, op, type));
    else
        snprintf(text, size, "%s (%s)", shape->name,
                 from == FLYNN_CL_SHAPE_NAMED ? "named by FLYNN_OPENCL_SHAPE" : "preset");
    return true;
}
