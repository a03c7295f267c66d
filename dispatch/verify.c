/* SPDX-License-Identifier: Apache-2.0 */
#include "dispatch/verify.h"

#include "core/compare.h"
#include "core/rng.h"
#include "dispatch/inputs.h"
#include "dispatch/run.h"
#include "dispatch/tables.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
/* Rounding mode, masks, flush-to-zero: everything but the sticky exception flags. */
#define FLOAT_CONTROL() (_mm_getcsr() & ~0x3fu)
#else
#define FLOAT_CONTROL() 0u
#endif

/* Outputs above this size are not verified: a scale of 65536 would take hours. */
#define MOST_OUTPUT ((size_t)16 << 20)

/* One input with its expected output, and where results go. */
struct trial {
    const struct flynn_plan *plan;
    const struct flynn_image *in;
    struct flynn_image expected;
    bool refused; /* nothing is expected but this error: */
    struct flynn_err refusal;
    char what[320]; /* the input in words */
    uint64_t rng;
};

int flynn_reference_run(const struct flynn_plan *plan, const struct flynn_image *in, const struct flynn_image *out,
                        struct flynn_err *err)
{
    struct flynn_backend scalar = {.kind = FLYNN_BACKEND_SERIAL, .name = "scalar", .available = true};
    struct flynn_run *run;
    scalar.table = FLYNN_TABLE_SCALAR;
    int code = flynn_run_open(&run, plan, &scalar, err);
    if (!code)
        code = flynn_run_bind(run, in, out, err);
    if (!code)
        code = flynn_run_compute(run, err);
    flynn_run_close(run);
    return code;
}

__attribute__((format(printf, 3, 4))) static void record(struct flynn_verify_result *result, const struct trial *trial,
                                                         const char *format, ...)
{
    result->failed++;
    if (result->failed > 1)
        return;
    char detail[270];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    snprintf(result->text, sizeof result->text, "%s: %s", trial->what, detail);
}

/* Compute once into poisoned memory and compare; false when something was wrong (and recorded). */
static bool run_poisoned(struct flynn_run *run, const struct trial *trial, const struct flynn_guarded *out,
                         uint8_t poison, const char *how, struct flynn_verify_result *result)
{
    struct flynn_err err;
    struct flynn_difference difference;
    unsigned control = FLOAT_CONTROL();

    flynn_guarded_poison(out, poison);
    int code = flynn_run_once(run, trial->in, &out->image, &err);
    if (trial->refused) {
        if (code == trial->refusal.code && strcmp(err.text, trial->refusal.text) == 0)
            return true;
        record(result, trial, "%s%s instead of %s", how, code ? err.text : "a result", trial->refusal.text);
        return false;
    }
    if (code) {
        record(result, trial, "%s%s", how, err.text);
        return false;
    }
    if (FLOAT_CONTROL() != control) {
        record(result, trial, "%sthe floating-point environment was changed", how);
        return false;
    }
    if (!flynn_compare(&difference, &trial->expected, &out->image)) {
        char text[200];
        record(result, trial, "%s%s", how, flynn_difference_text(text, sizeof text, &difference));
        return false;
    }
    if (!flynn_guarded_intact(out, poison)) {
        record(result, trial, "%sbytes outside of the output were written", how);
        return false;
    }
    return true;
}

/* Cut rows at random, and columns too: mostly into narrow tiles, sometimes into any, sometimes not at all. */
static void cut_at_random(struct flynn_run *run, struct trial *trial, char *how, size_t size)
{
    const struct flynn_shape *in = &trial->plan->in, *out = &trial->plan->out;
    int strip = 1 + (int)flynn_rng_below(&trial->rng, (uint64_t)out->height);
    int most = flynn_rng_below(&trial->rng, 4) ? 48 : in->width;
    int tile = flynn_rng_below(&trial->rng, 4) ? 1 + (int)flynn_rng_below(&trial->rng, (uint64_t)most) : 0;
    flynn_run_set_strip(run, strip);
    snprintf(how, size, "in strips of %d rows and tiles of %d columns: ", strip, tile);
    flynn_run_set_tile(run, tile);
}

/* Memory for two outputs that differ in the gap between rows: what is written beyond a row and mended by the next one
 * shows where there is a gap, and some kernels take rows without one as one. */
static int alloc_outputs(struct trial *trial, struct flynn_guarded out[2], struct flynn_err *err)
{
    int code = FLYNN_OK;
    size_t gap = (size_t)flynn_rng_below(&trial->rng, 3);

    memset(out, 0, 2 * sizeof *out);
    for (int i = 0; i < 2 && !code; i++) {
        bool at_end = flynn_rng_below(&trial->rng, 4) != 0;
        code = flynn_guarded_alloc(&out[i], &trial->plan->out, gap * 24, at_end, err);
        gap = (gap + 1 + (size_t)flynn_rng_below(&trial->rng, 2)) % 3;
    }
    return code;
}

/* One input on one backend: twice with different poison, and cut at random. */
static void try_backend(struct trial *trial, const struct flynn_backend *backend, struct flynn_verify_result *result)
{
    struct flynn_err err;
    struct flynn_run *run = NULL;
    struct flynn_guarded out[2];
    char how[80];

    int code = alloc_outputs(trial, out, &err);
    if (!code)
        code = flynn_run_open(&run, trial->plan, backend, &err);
    if (code == FLYNN_EUNAVAILABLE) {
        if (!result->skipped && !result->failed)
            snprintf(result->text, sizeof result->text, "%s", err.text);
        result->skipped = true;
        result->lacks |= FLYNN_TYPE_BIT(trial->plan->in.type);
    } else if (code) {
        record(result, trial, "%s", err.text);
    } else {
        result->executed++;
        bool good =
            run_poisoned(run, trial, &out[0], 0xaa, "", result) && run_poisoned(run, trial, &out[1], 0x55, "", result);
        cut_at_random(run, trial, how, sizeof how);
        if (good && backend->kind != FLYNN_BACKEND_OPENCL)
            run_poisoned(run, trial, &out[0], 0xaa, how, result);
    }
    flynn_run_close(run);
    flynn_guarded_free(&out[0]);
    flynn_guarded_free(&out[1]);
}

/* Whether an input may have no result. */
static bool is_checked(const struct flynn_plan *plan)
{
    bool any = false;
    for (int i = 0; i < plan->stages; i++)
        any |= plan->stage[i]->check != NULL;
    return any;
}

/* Run a prepared plan on all backends against its reference. */
static int try_plan(struct trial *trial, const struct flynn_backend *backends, int count,
                    struct flynn_verify_result *results, struct flynn_err *err)
{
    int code = flynn_image_alloc(&trial->expected, &trial->plan->out, err);
    if (code)
        return code;
    code = flynn_reference_run(trial->plan, trial->in, &trial->expected, &trial->refusal);
    trial->refused = code && is_checked(trial->plan);
    if (code && !trial->refused)
        *err = trial->refusal;
    if (trial->refused)
        code = FLYNN_OK;
    for (int i = 0; !code && i < count; i++) {
        if (backends[i].available && !(results[i].lacks & FLYNN_TYPE_BIT(trial->plan->in.type)))
            try_backend(trial, &backends[i], &results[i]);
    }
    flynn_image_free(&trial->expected);
    return code;
}

/* ---- one op, one input ------------------------------------------------------------------------------------------- */

struct setting {
    const struct flynn_op *const *ops; /* the chain */
    char (*texts)[160];                /* parameters of each op */
    int length;
    bool may_refuse;
    struct flynn_shape shape;
    int pattern;
    uint64_t seed;
};

static void describe(struct trial *trial, const struct setting *setting)
{
    size_t used = 0;
    for (int i = 0; i < setting->length && used < 200; i++)
        used += (size_t)snprintf(trial->what + used, sizeof trial->what - used, "%s%s%s%s", i ? " " : "",
                                 setting->ops[i]->name, *setting->texts[i] ? ":" : "", setting->texts[i]);
    if (used >= sizeof trial->what)
        used = sizeof trial->what - 1;
    snprintf(trial->what + used, sizeof trial->what - used, " on %s %dx%dx%d pattern=%s seed=%llu",
             flynn_type_name(setting->shape.type), setting->shape.width, setting->shape.height, setting->shape.channels,
             flynn_pattern_name(setting->pattern), (unsigned long long)setting->seed);
}

/* The second input of an op: of the input's shape, or square for products. */
static int make_second(struct flynn_image *second, const struct setting *setting, uint64_t *rng, struct flynn_err *err)
{
    struct flynn_shape shape = flynn_op_second(setting->ops[0], &setting->shape);
    int code = flynn_image_alloc(second, &shape, err);
    if (!code)
        flynn_pattern_fill(second, setting->pattern == 0 ? 2 : setting->pattern, rng);
    return code;
}

/* Parse and plan; returns 1 when the op refused the setting. */
static int build(const struct setting *setting, struct flynn_chain *chain, struct flynn_plan *plan, uint64_t *rng,
                 struct flynn_err *err)
{
    struct flynn_image second;
    struct flynn_shape shape = setting->shape;
    int code = make_second(&second, setting, rng, err);
    for (int i = 0; !code && i < setting->length; i++) {
        char text[224];
        snprintf(text, sizeof text, "%s%s%s", setting->ops[i]->name, *setting->texts[i] ? ":" : "", setting->texts[i]);
        code = flynn_chain_add_with(chain, text, &second, err);
    }
    if (!code && setting->ops[0]->input_shape)
        setting->ops[0]->input_shape(&shape, chain->op[0].value);
    if (!code)
        code = flynn_inputs_fit(chain, &shape, rng, err);
    if (!code)
        code = flynn_plan_build(plan, chain, &shape, err);
    flynn_image_free(&second);
    if (!code && flynn_row_bytes(&plan->out) * (size_t)plan->out.height > MOST_OUTPUT)
        code = flynn_fail(err, FLYNN_ELIMIT, "the output is too large to verify");
    return code;
}

static int try_setting(const struct setting *setting, const struct flynn_backend *backends, int count,
                       const struct flynn_verify_options *options, struct flynn_verify_result *results,
                       struct flynn_err *err)
{
    struct flynn_chain chain = {0};
    struct flynn_plan plan = {0};
    struct flynn_guarded in = {0};
    struct trial trial = {.plan = &plan, .rng = setting->seed};

    describe(&trial, setting);
    if (options->only && !strstr(trial.what, options->only))
        return FLYNN_OK;
    int code = build(setting, &chain, &plan, &trial.rng, err);
    if (code) {
        for (int i = 0; i < count; i++) {
            if (setting->may_refuse)
                results[i].refused++;
            else
                record(&results[i], &trial, "refused: %s", err->text);
        }
        code = FLYNN_OK;
    } else {
        code = flynn_guarded_alloc(&in, &plan.in, (size_t)flynn_rng_below(&trial.rng, 3) * 40,
                                   flynn_rng_below(&trial.rng, 4) != 0, err);
        if (!code) {
            flynn_pattern_fill(&in.image, setting->pattern, &trial.rng);
            if (setting->ops[0]->input_samples && flynn_rng_below(&trial.rng, 8))
                setting->ops[0]->input_samples(&in.image, chain.op[0].value);
            trial.in = &in.image;
            code = try_plan(&trial, backends, count, results, err);
        }
    }
    flynn_guarded_free(&in);
    flynn_plan_free(&plan);
    flynn_chain_free(&chain);
    return code;
}

/* ---- the sweep over an op ---------------------------------------------------------------------------------------- */

static void start_results(struct flynn_verify_result *results, const char *name, const struct flynn_backend *backends,
                          int count)
{
    for (int i = 0; i < count; i++) {
        results[i] = (struct flynn_verify_result){.op = name, .backend = backends[i].name};
        results[i].skipped = !backends[i].available;
        snprintf(results[i].text, sizeof results[i].text, "%s", backends[i].why);
    }
}

static int finish_results(const struct flynn_verify_result *results, int count, flynn_verify_report *report, void *arg)
{
    int failed = 0;
    for (int i = 0; i < count; i++) {
        if (report)
            report(arg, &results[i]);
        failed += results[i].failed > 0;
    }
    return failed;
}

struct sweep {
    const struct flynn_op *op;
    struct flynn_cases cases;
    const struct flynn_backend *backends;
    int count;
    const struct flynn_verify_options *options;
    struct flynn_verify_result *results;
    uint64_t rng;
    int turn; /* rotates patterns */
};

static int sweep_one(struct sweep *s, enum flynn_type type, int channels, int size, int number, struct flynn_err *err)
{
    char(*text)[160] = &s->cases.text[number];
    int patterns = s->options->thorough ? FLYNN_PATTERNS : 1;
    for (int p = 0; p < patterns; p++) {
        struct setting setting = {
            .ops = &s->op,
            .texts = text,
            .length = 1,
            .may_refuse = s->cases.extreme[number],
            .shape = {flynn_sizes[size].width, flynn_sizes[size].height, channels, type},
            .pattern = s->turn++ % FLYNN_PATTERNS,
            .seed = flynn_rng(&s->rng) >> 24,
        };
        int code = try_setting(&setting, s->backends, s->count, s->options, s->results, err);
        if (code)
            return code;
    }
    return FLYNN_OK;
}

/* Every size with a case in turn, and every case with some small sizes. */
static int sweep_kind(struct sweep *s, enum flynn_type type, int channels, struct flynn_err *err)
{
    int code = FLYNN_OK, turn = s->turn;
    for (int size = 0; !code && size < flynn_size_count; size++) {
        int number = (size + turn) % s->cases.count;
        if (size >= flynn_small_size_count && s->cases.extreme[number])
            number = 0;
        code = sweep_one(s, type, channels, size, number, err);
    }
    for (int number = 0; !code && number < s->cases.count; number++) {
        for (int k = 0; !code && k < 3; k++)
            code = sweep_one(s, type, channels, (int)flynn_rng_below(&s->rng, (uint64_t)flynn_small_size_count), number,
                             err);
    }
    return code;
}

int flynn_verify_op(int op, const struct flynn_backend *backends, int count, const struct flynn_verify_options *options,
                    flynn_verify_report *report, void *arg, struct flynn_err *err)
{
    struct sweep *s = calloc(1, sizeof *s);
    struct flynn_verify_result *results = calloc((size_t)count + 1, sizeof *results);
    int code = s && results ? FLYNN_OK : flynn_fail(err, FLYNN_ELIMIT, "out of memory");

    if (!code) {
        *s = (struct sweep){.op = flynn_op_at(op),
                            .backends = backends,
                            .count = count,
                            .options = options,
                            .results = results,
                            .rng = options->seed ^ (uint64_t)op << 32};
        flynn_cases_make(&s->cases, s->op);
        start_results(results, s->op->name, backends, count);
    }
    for (int type = 0; !code && type < FLYNN_N_TYPES; type++) {
        for (int channels = 1; !code && channels <= FLYNN_MAX_CHANNELS; channels++) {
            if ((s->op->types & FLYNN_TYPE_BIT(type)) && (s->op->channels & FLYNN_CHANNEL_BIT(channels)))
                code = sweep_kind(s, (enum flynn_type)type, channels, err);
        }
    }
    if (!code)
        code = finish_results(results, count, report, arg);
    free(results);
    free(s);
    return code;
}

/* ---- chains
 * ------------------------------------------------------------------------------------------------------------ */

/* Draw ops that take any image, with one of their own cases each. */
static int draw_chain(const struct flynn_op **ops, char (*texts)[160], int most, uint64_t *rng)
{
    int length = 2 + (int)flynn_rng_below(rng, (uint64_t)most - 1), n = 0;
    for (int tries = 0; n < length && tries < 200; tries++) {
        const struct flynn_op *op = flynn_op_at((int)flynn_rng_below(rng, (uint64_t)flynn_op_count()));
        struct flynn_cases cases;
        bool second = false;
        for (int i = 0; i < FLYNN_MAX_PARAMS && op->params[i].name; i++)
            second |= op->params[i].kind == FLYNN_PARAM_INPUT;
        if (second || op->kind == FLYNN_REDUCE || (op->types & FLYNN_IMAGE_TYPES) != FLYNN_IMAGE_TYPES)
            continue;
        flynn_cases_make(&cases, op);
        int number = (int)flynn_rng_below(rng, (uint64_t)cases.count);
        if (cases.extreme[number])
            continue;
        ops[n] = op;
        memcpy(texts[n++], cases.text[number], sizeof texts[0]);
    }
    return n;
}

int flynn_verify_chains(int chains, const struct flynn_backend *backends, int count,
                        const struct flynn_verify_options *options, flynn_verify_report *report, void *arg,
                        struct flynn_err *err)
{
    enum { MOST = 6 };
    struct flynn_verify_result *results = calloc((size_t)count + 1, sizeof *results);
    uint64_t rng = options->seed ^ 0xc4a1;
    int code = results ? FLYNN_OK : flynn_fail(err, FLYNN_ELIMIT, "out of memory");

    if (!code)
        start_results(results, "chains", backends, count);
    for (int i = 0; !code && i < chains; i++) {
        const struct flynn_op *ops[MOST];
        char texts[MOST][160];
        int size = (int)flynn_rng_below(&rng, (uint64_t)flynn_size_count - 1);
        struct setting setting = {.ops = ops, .texts = texts, .may_refuse = true};
        setting.length = draw_chain(ops, texts, MOST, &rng);
        setting.shape = (struct flynn_shape){flynn_sizes[size].width, flynn_sizes[size].height,
                                             1 + (int)flynn_rng_below(&rng, FLYNN_MAX_CHANNELS),
                                             (enum flynn_type)flynn_rng_below(&rng, 3)};
        setting.pattern = i % FLYNN_PATTERNS;
        setting.seed = flynn_rng(&rng) >> 24;
        code = try_setting(&setting, backends, count, options, results, err);
        for (int k = 0; k < count; k++)
            results[k].lacks = 0; /* the next chain is one of other ops */
    }
    if (!code)
        code = finish_results(results, count, report, arg);
    free(results);
    return code;
}

int flynn_verify_plan(const struct flynn_plan *plan, const struct flynn_image *in, const char *name,
                      const struct flynn_backend *backends, int count, const struct flynn_verify_options *options,
                      flynn_verify_report *report, void *arg, struct flynn_err *err)
{
    struct flynn_verify_result *results = calloc((size_t)count + 1, sizeof *results);
    struct trial trial = {.plan = plan, .in = in, .rng = options->seed};
    int code = results ? FLYNN_OK : flynn_fail(err, FLYNN_ELIMIT, "out of memory");

    if (!code) {
        snprintf(trial.what, sizeof trial.what, "%s", name);
        start_results(results, name, backends, count);
        code = try_plan(&trial, backends, count, results, err);
    }
    if (!code)
        code = finish_results(results, count, report, arg);
    free(results);
    return code;
}
