/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/json.h"
#include "cli/options.h"
#include "dispatch/run.h"
#include "opencl/tune.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_JSON = 600, KEY_SECONDS };
enum { MOST_BACKENDS = 64 };

struct tune {
    struct cli_options options;
    bool json;
    double seconds;
    unsigned chosen; /* bit i: probe i was named */
    json_t *results;
    int failed; /* exit status of the worst that happened */
    bool lost;  /* something could not be remembered */
};

/* ---- probes ------------------------------------------------------------------------------------------------------ */

static int probe_products(struct tune *tune, struct flynn_err *err);

/** What can be measured. Each probe prints what it found, appends to tune->results, and remembers it in the cache
 * folder itself. */
static const struct probe {
    const char *name;
    const char *summary;
    int (*run)(struct tune *tune, struct flynn_err *err);
} probes[] = {
    {"products", "the shape of matrix products on each OpenCL device", probe_products},
};

enum { PROBES = sizeof probes / sizeof *probes };

static void keep_trials(const struct tune *tune, const struct flynn_backend *backend, const char *op,
                        enum flynn_type type, const struct flynn_cl_tuning *t)
{
    json_t *trials = json_array();
    for (int i = 0; i < t->trials; i++)
        json_array_append_new(trials,
                              json_pack("{s:s, s:b, s:o, s:o}", "shape", t->trial[i].shape, "good", t->trial[i].good,
                                        "gflops", t->trial[i].good ? json_real(t->trial[i].gflops) : json_null(), "why",
                                        cli_json_text(t->trial[i].why)));
    json_array_append_new(tune->results, json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:f, s:o}", "probe", "products",
                                                   "backend", backend->name, "device", cli_json_text(backend->label),
                                                   "op", op, "type", flynn_type_name(type), "shape",
                                                   t->best < 0 ? json_null() : json_string(t->trial[t->best].shape),
                                                   "seconds", t->seconds, "trials", trials));
}

static void print_trials(const struct tune *tune, const char *op, enum flynn_type type, const struct flynn_cl_tuning *t)
{
    if (t->best >= 0)
        printf("  %-12s %-5s %-24s %8.1f GFLOP/s   %d shapes, %.1f s\n", op, flynn_type_name(type),
               t->trial[t->best].shape, t->trial[t->best].gflops, t->trials, t->seconds);
    else
        printf("  %-12s %-5s no shape is good\n", op, flynn_type_name(type));
    for (int i = 0; i < t->trials; i++) {
        const struct flynn_cl_trial *trial = &t->trial[i];
        if (trial->good && tune->options.verbose)
            printf("    %-24s %8.1f GFLOP/s\n", trial->shape, trial->gflops);
        else if (!trial->good && (tune->options.verbose || t->best < 0))
            printf("    %-24s left out: %s\n", trial->shape, trial->why);
    }
}

static int tune_device(struct tune *tune, const struct flynn_backend *backend, struct flynn_err *err)
{
    enum flynn_type type;
    const char *op;
    if (!tune->json)
        printf("%s %s\n", backend->name, backend->label);
    for (int i = 0; flynn_cl_product(i, &op, &type); i++) {
        struct flynn_cl_tuning tuning;
        int code = flynn_cl_tune(&tuning, backend->device, op, type, tune->seconds, err);
        if (code && type == FLYNN_F64) { /* the device may have none */
            cli_complain("%s", err->text);
            continue;
        }
        if (code)
            return code;
        keep_trials(tune, backend, op, type, &tuning);
        if (!tune->json)
            print_trials(tune, op, type, &tuning);
        if (tuning.best < 0)
            tune->failed = CLI_UNAVAILABLE;
        else
            tune->lost = tune->lost || !tuning.kept;
    }
    return FLYNN_OK;
}

/* The devices of -b, or all that are not simulators. */
static int probe_products(struct tune *tune, struct flynn_err *err)
{
    static struct flynn_backend list[MOST_BACKENDS];
    const bool named = tune->options.backends != NULL;
    const char *text = named ? tune->options.backends : "all";
    int count = flynn_backends_parse(list, MOST_BACKENDS, text, &tune->options.limits, err), code = FLYNN_OK, done = 0;
    flynn_run_set_reference();
    for (int i = 0; i < count && !code; i++) {
        if (list[i].kind != FLYNN_BACKEND_OPENCL)
            continue;
        if (!list[i].available && !named)
            continue;
        if (!list[i].available)
            return flynn_fail(err, FLYNN_EUNAVAILABLE, "%s: %s", list[i].name, list[i].why);
        code = tune_device(tune, &list[i], err);
        done++;
    }
    if (count >= 0 && !done)
        cli_complain("products: there is no OpenCL device to try shapes on");
    return count < 0 ? count : code;
}

/* ---- command line ------------------------------------------------------------------------------------------------ */

static int choose_probe(struct tune *tune, const char *word)
{
    const char *names[PROBES + 1] = {NULL};
    for (int i = 0; i < PROBES; i++) {
        names[i] = probes[i].name;
        if (strcmp(word, names[i]) == 0) {
            tune->chosen |= 1u << i;
            return 0;
        }
    }
    const char *nearest = cli_nearest(word, names);
    return cli_usage("tune: there is no probe '%s'; %s%s", word, nearest ? "did you mean " : "there is ",
                     nearest ? nearest : names[0]),
           EINVAL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct tune *tune = state->input;
    char *end;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &tune->options;
        return 0;
    case KEY_JSON:
        tune->json = true;
        return 0;
    case KEY_SECONDS:
        tune->seconds = strtod(arg, &end);
        if (*end || end == arg || !isfinite(tune->seconds) || tune->seconds < 0)
            return cli_usage("tune: --seconds=%s: a number of seconds is needed", arg), EINVAL;
        return 0;
    case ARGP_KEY_ARG:
        return choose_probe(tune, arg);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"json", KEY_JSON, NULL, 0, "print JSON", 1},
    {"seconds", KEY_SECONDS, "S", 0, "begin no trial of a product after S seconds; default: 5", 1},
    CLI_HELP_OPTION,
    {0}};

static const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {0}};

static const char doc[] =
    "Measure this machine and remember, in the cache folder, what it does best; later runs use it. Results do not "
    "change by it: every way is held against the scalar reference, bit for bit, before it is timed, and one that "
    "differs is left out.\v"
    "PROBE, default all:\n"
    "  products   the shape of matrix products on each OpenCL device, or those\n"
    "             of -b: how tiles are cut, what an item makes\n\n"
    "With -v every trial is shown, and why some were left out. `flynn info` shows what is remembered.\n\n"
    "Examples:\n"
    "  flynn tune\n"
    "  flynn tune products -b opencl:0 -v\n\n"
    "Environment: FLYNN_OPENCL_SHAPE names a shape that products take whatever was found; FLYNN_CACHE_DIR, the "
    "folder.\n\n" CLI_STATUS_HELP;

static const struct argp argp = {options, parse, "[PROBE...]", doc, children, NULL, NULL};

int cli_tune(int argc, char **argv)
{
    struct tune tune = {.seconds = 5};
    struct flynn_err err = {0};
    int status, code = FLYNN_OK;
    if (!cli_options_start(&tune.options))
        return CLI_FAILED;
    if (!cli_parse(&argp, "tune", argc, argv, &tune, &status))
        return status;
    tune.results = json_array();
    for (int i = 0; i < PROBES && !code; i++) {
        if (!tune.chosen || tune.chosen >> i & 1)
            code = probes[i].run(&tune, &err);
    }
    if (tune.json && !code)
        cli_json_print(
            json_pack("{s:s, s:o, s:O}", "schema", "flynn-tune/1", "flynn", cli_json_flynn(), "results", tune.results));
    json_decref(tune.results);
    if (code)
        return cli_fail(&err);
    if (tune.lost && !tune.failed)
        return cli_usage("tune: what was found is not remembered: the cache folder cannot be written; `flynn info` "
                         "names it, FLYNN_CACHE_DIR chooses another");
    return tune.failed;
}
