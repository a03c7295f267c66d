/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verify.h"

#include "cli/coverage.h"
#include "cli/crew.h"
#include "cli/job.h"
#include "cpu/threads.h"
#include "dispatch/laws.h"
#include "opencl/opencl.h"

#include <flynn/backend.h>
#include <flynn/file.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_REQUIRE = 600, KEY_OP, KEY_ONLY, KEY_THOROUGH, KEY_CHAINS };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct verify *v = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &v->options;
        return 0;
    case KEY_REQUIRE:
        v->require = arg;
        return 0;
    case KEY_OP:
        v->ops = arg;
        return 0;
    case KEY_ONLY:
        v->how.only = arg;
        return 0;
    case KEY_THOROUGH:
        v->how.thorough = true;
        return 0;
    case KEY_CHAINS:
        return cli_parse_int("--chains", arg, 0, 1000000, &v->chains) ? 0 : EINVAL;
    case ARGP_KEY_ARG:
        v->argument[v->arguments++] = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"require", KEY_REQUIRE, "LIST", 0,
     "exit with 3 when one of these backends could not run, or has a kernel that failed its self-test", 1},
    {"op", KEY_OP, "LIST", 0,
     "only these ops, and 'laws', separated by commas; default: all, then random chains and laws", 1},
    {"only", KEY_ONLY, "TEXT", 0, "only inputs whose description holds this text, as failures print it", 1},
    {"thorough", KEY_THOROUGH, NULL, 0, "every pattern on every shape: about eight times as long", 1},
    {"chains", KEY_CHAINS, "N", 0, "random chains of ops; default: 100, and 0 with --op", 1},
    CLI_HELP_OPTION,
    {0}};

static const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {0}};

static const char doc[] =
    "Hold every op on every backend against the scalar reference, bit for bit: odd shapes, all types and channel "
    "counts, eight patterns of input, defaults and extremes of the parameters, guarded and poisoned memory. Then "
    "random chains of ops, and laws: chains that must give the same, such as four turns by 90 degrees and none, the "
    "reference included. With IN, run the OPs on every image of this file instead, on every backend.\v"
    "Without -b every backend of this build and machine is verified; those that cannot run are shown as skipped. "
    "Several ops are verified by as many processes as -t says or may run here, at most 8; -t 1: by one. The "
    "same --seed draws the same inputs; a failure prints what is needed to see it again: `--only='seed=NUMBER'` tries "
    "that input alone. An OpenCL device that is there but whose kernel does not compile, or fails its self-test, makes "
    "the exit status 3.\n\n"
    "Examples:\n"
    "  flynn verify\n"
    "  flynn verify --op gaussian,resize -b simd:sse2\n"
    "  flynn verify --require opencl\n"
    "  flynn verify photo.ppm gaussian:2\n\n" CLI_STATUS_HELP;

static const struct argp argp = {options, parse, "[IN OP...]", doc, children, NULL, NULL};

/* ---- backends ---------------------------------------------------------------------------------------------------- */

/* Whether an item of a list is `all`. */
static bool lists_all(const char *list)
{
    for (const char *item = list; item; item = strchr(item, ',') ? strchr(item, ',') + 1 : NULL) {
        if (strncmp(item, "all", 3) == 0 && (item[3] == ',' || item[3] == '\0'))
            return true;
    }
    return false;
}

/* The backends of -b, then those of --require that it does not name. */
int verify_list_backends(struct verify *v, struct flynn_err *err)
{
    struct flynn_backend *list = calloc(VERIFY_BACKENDS, sizeof *list);
    if (!list)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory");
    const char *text = v->options.backends ? v->options.backends : "all";
    int count = flynn_backends_parse(v->backend, VERIFY_BACKENDS, text, &v->options.limits, err), needed = 0;
    v->count = count > 0 ? count : 0;
    if (count >= 0 && v->require)
        needed = flynn_backends_parse(list, VERIFY_BACKENDS, v->require, &v->options.limits, err);
    for (int i = 0; i < needed; i++) {
        int k = 0;
        while (k < v->count && strcmp(v->backend[k].name, list[i].name) != 0)
            k++;
        if (k == VERIFY_BACKENDS)
            break;
        if (k == v->count)
            v->backend[v->count++] = list[i];
        v->required[k] = true;
    }
    free(list);
    bool named = v->options.backends && !lists_all(v->options.backends);
    for (int i = 0; named && i < v->count; i++)
        v->required[i] = true;
    return count < 0 ? count : needed < 0 ? needed : FLYNN_OK;
}

/* ---- reporting --------------------------------------------------------------------------------------------------- */

int verify_backend_index(const struct verify *v, const char *name)
{
    for (int i = 0; i < v->count; i++) {
        if (strcmp(v->backend[i].name, name) == 0)
            return i;
    }
    abort();
}

/* Whether a skip is no more than a gap in the catalogue: an op without OpenCL kernels, or chains where some op has
 * none. */
static bool is_gap(const struct verify *v, const struct flynn_verify_result *result, int index)
{
    int op = flynn_op_find(result->op);
    if (v->backend[index].kind != FLYNN_BACKEND_OPENCL || !v->backend[index].available || v->arguments)
        return false;
    for (int i = 0; i < flynn_op_count(); i++) {
        struct cli_coverage coverage;
        cli_coverage_find(&coverage, flynn_op_at(i));
        if ((op < 0 || op == i) && !coverage.opencl)
            return true;
    }
    return false;
}

/* Whether a skip on a backend that runs means that a kernel is broken. Without double precision some ops cannot run. */
bool verify_is_broken(const struct flynn_backend *backend)
{
    char text[8];
    int count;
    const char *why;
    if (backend->kind != FLYNN_BACKEND_OPENCL || !backend->available)
        return false;
    const struct flynn_cl_device *devices = flynn_cl_devices(&count, &why);
    return backend->device < count &&
           (devices[backend->device].fp64 || flynn_cl_quarantine(backend->device, text, sizeof text) > 0);
}

static void report_skip(struct verify *v, const struct flynn_verify_result *r, int index, bool broken)
{
    const struct flynn_backend *backend = &v->backend[index];
    bool gap = is_gap(v, r, index);
    if (!gap && (v->required[index] || broken))
        v->lacking = true;
    if (backend->available && (v->options.verbose || v->required[index] || (!gap && !v->options.quiet)))
        printf("skipped %s on %s: %s\n", r->op, r->backend, r->text);
}

void verify_report(struct verify *v, const struct flynn_verify_result *r, bool broken)
{
    int index = verify_backend_index(v, r->backend);
    v->executed += r->executed;
    v->backend_executed[index] += r->executed;
    v->op_executed += r->executed;
    v->refused += r->refused;
    v->failed += r->failed;
    v->skipped += r->skipped;
    if (r->failed) {
        v->op_failed++;
        printf("FAILED  %s on %s, %ld inputs; the first: %s\n", r->op, r->backend, r->failed, r->text);
    } else if (r->skipped) {
        report_skip(v, r, index, broken);
    } else {
        v->op_backends++;
        if (v->options.verbose)
            printf("ok      %s on %s: %ld inputs, %ld refused\n", r->op, r->backend, r->executed, r->refused);
    }
    cli_flush();
}

static void report_now(void *arg, const struct flynn_verify_result *r)
{
    struct verify *v = arg;
    verify_report(v, r, r->skipped && verify_is_broken(&v->backend[verify_backend_index(v, r->backend)]));
}

/* After one op, with the number of inputs that failed or an error, which says why there is no verdict. */
int verify_done(struct verify *v, const char *name, int failed)
{
    if (failed < 0)
        return failed;
    if (!v->options.quiet && !v->options.verbose && (v->op_executed || v->op_failed || !v->how.only))
        printf("%-7s %-12s %d backends, %ld inputs\n",
               v->op_failed     ? "FAILED"
               : v->op_executed ? "ok"
                                : "skipped",
               name, v->op_backends + v->op_failed, v->op_executed);
    v->op_executed = 0;
    v->op_backends = v->op_failed = 0;
    cli_flush();
    return FLYNN_OK;
}

static int summary(struct verify *v)
{
    int skipped = 0;
    for (int i = 0; i < v->count; i++) {
        if (v->backend[i].available)
            continue;
        skipped++;
        if (!v->options.quiet)
            printf("skipped %s: %s\n", v->backend[i].name, v->backend[i].why);
    }
    if (!v->options.quiet)
        printf("%ld inputs executed, %ld skips, %ld failures; %d of %d backends could run\n", v->executed, v->skipped,
               v->failed, v->count - skipped, v->count);
    if (v->failed)
        return CLI_DIFFERS;
    if (!v->executed && v->how.only)
        return cli_usage("verify: --only=%s: no input has this in its description", v->how.only);
    for (int i = 0; i < v->count; i++) {
        if (v->required[i] && v->backend_executed[i] == 0)
            return cli_complain("%s is required, and could not run%s%s", v->backend[i].name,
                                *v->backend[i].why ? ": " : "", v->backend[i].why),
                   CLI_UNAVAILABLE;
    }
    if (v->lacking)
        return cli_complain("a backend could not run all that it should; see what was skipped"), CLI_UNAVAILABLE;
    return CLI_OK;
}

/* ---- work -------------------------------------------------------------------------------------------------------- */

void verify_show_progress(const struct verify *v, const char *name)
{
    if (cli_shows_progress(&v->options))
        fprintf(stderr, "\rflynn: verifying %s\033[K\r", name);
}

const char *verify_unit_name(int unit)
{
    return unit == VERIFY_CHAINS ? "chains" : unit == VERIFY_LAWS ? "laws" : flynn_op_at(unit)->name;
}

int verify_unit(struct verify *v, int unit, flynn_verify_report *to, void *arg, struct flynn_err *err)
{
    if (unit == VERIFY_CHAINS)
        return flynn_verify_chains(v->chains, v->backend, v->count, &v->how, to, arg, err);
    if (unit == VERIFY_LAWS)
        return flynn_verify_laws(v->backend, v->count, &v->how, to, arg, err);
    return flynn_verify_op(unit, v->backend, v->count, &v->how, to, arg, err);
}

static int verify_units(struct verify *v, struct flynn_err *err)
{
    int code = FLYNN_OK;
    for (int i = 0; i < v->units && !code; i++) {
        verify_show_progress(v, verify_unit_name(v->unit[i]));
        code = verify_done(v, verify_unit_name(v->unit[i]), verify_unit(v, v->unit[i], report_now, v, err));
    }
    return code;
}

static int add_unit(struct verify *v, int unit, struct flynn_err *err)
{
    if (v->units == VERIFY_UNITS)
        return flynn_fail(err, FLYNN_EUSAGE, "--op: more names than there are ops");
    v->unit[v->units++] = unit;
    return FLYNN_OK;
}

static int add_named(struct verify *v, struct flynn_err *err)
{
    char *copy = strdup(v->ops), *rest = copy;
    int code = copy ? FLYNN_OK : flynn_fail(err, FLYNN_ELIMIT, "out of memory");
    for (char *name; !code && (name = strsep(&rest, ","));) {
        const bool laws = strcmp(name, "laws") == 0;
        const int op = laws ? VERIFY_LAWS : flynn_op_find(name);
        const char *nearest = flynn_op_nearest(name);
        if (op < 0 && !laws)
            code = flynn_fail(err, FLYNN_EUSAGE, "--op=%s: unknown op%s%s%s", name, nearest ? "; did you mean '" : "",
                              nearest ? nearest : "", nearest ? "'?" : "");
        else
            code = add_unit(v, op, err);
    }
    free(copy);
    return code;
}

static int list_units(struct verify *v, struct flynn_err *err)
{
    if (v->chains < 0)
        v->chains = v->ops ? 0 : 100;
    int code = v->ops ? add_named(v, err) : FLYNN_OK;
    for (int op = 0; !v->ops && !code && op < flynn_op_count(); op++)
        code = add_unit(v, op, err);
    if (!code && v->chains)
        code = add_unit(v, VERIFY_CHAINS, err);
    if (!code && !v->ops)
        code = add_unit(v, VERIFY_LAWS, err);
    return code;
}

/* As many processes as there is work for, of those that may run at once. */
static int members_for(const struct verify *v)
{
    struct flynn_cpu_count cpus;
    struct flynn_err err;
    int threads = v->options.limits.threads;
    if (!threads)
        threads = flynn_cpu_count(&cpus, &err) ? 1 : cpus.threads;
    threads = threads < CLI_CREW_MOST ? threads : CLI_CREW_MOST;
    return threads < v->units ? threads : v->units;
}

static int verify_catalogue(struct verify *v)
{
    struct cli_crew crew;
    struct flynn_err err;
    int code = list_units(v, &err), members = code ? 0 : members_for(v), place = -1;
    if (members > 1)
        place = cli_crew_start(&crew, members);
    if (place > 0)
        return verify_in_crew(v, &crew);
    if (!code)
        code = verify_list_backends(v, &err);
    if (place == 0 && code) {
        cli_crew_hand_out(&crew, 0);
        cli_crew_end(&crew);
    } else if (!code) {
        code = place == 0 ? verify_by_crew(v, &crew, &err) : verify_units(v, &err);
    }
    return code ? cli_fail(&err) : summary(v);
}

/* ---- an image ---------------------------------------------------------------------------------------------------- */

static int verify_image(struct verify *v, const struct flynn_image *in, const char *name, struct flynn_err *err)
{
    struct flynn_chain *chain = calloc(1, sizeof *chain);
    struct flynn_plan plan = {0};
    int code = chain ? cli_chain(chain, v->argument[0], v->argument + 1, v->arguments - 1, err)
                     : flynn_fail(err, FLYNN_ELIMIT, "out of memory");
    if (!code)
        code = flynn_plan_build(&plan, chain, &in->shape, err);
    if (!code) {
        code = cli_check_memory(&plan, 2, &v->options, err);
        if (code)
            flynn_fail_in(err, "%s", name);
    }
    if (!code) {
        int failed = flynn_verify_plan(&plan, in, name, v->backend, v->count, &v->how, report_now, v, err);
        code = verify_done(v, name, failed);
    }
    flynn_plan_free(&plan);
    if (chain)
        flynn_chain_free(chain);
    free(chain);
    return code;
}

/* Every image of a stream. */
static int verify_file(struct verify *v, struct flynn_err *err)
{
    struct flynn_reader *reader = NULL;
    char *name = cli_input_name(v->argument[0], &v->options);
    int code = name ? flynn_reader_open(&reader, name, err) : flynn_fail(err, FLYNN_ELIMIT, "out of memory");
    if (!code)
        flynn_reader_limit(reader, v->options.max_memory);
    for (int more = 1; !code && more;) {
        struct flynn_image in = {0};
        more = flynn_reader_next(reader, &in, err);
        code = more > 0 ? verify_image(v, &in, name, err) : more;
        flynn_image_free(&in);
    }
    flynn_reader_close(reader);
    free(name);
    return code;
}

static int work(struct verify *v)
{
    struct flynn_err err;
    if (v->arguments == 1)
        return cli_usage("verify: an op is missing; write `flynn verify IN OP...`, or no arguments for all ops");
    if (v->arguments && (v->ops || v->how.only))
        return cli_usage("verify: --op and --only do not go with IN");
    v->how.seed = v->options.seed ? strtoull(v->options.seed, NULL, 10) : 1;
    if (!v->arguments)
        return verify_catalogue(v);
    int code = verify_list_backends(v, &err);
    if (!code)
        code = verify_file(v, &err);
    return code ? cli_fail(&err) : summary(v);
}

int cli_verify(int argc, char **argv)
{
    struct verify *v = calloc(1, sizeof *v);
    int status = CLI_FAILED;
    if (v)
        v->argument = calloc((size_t)argc + 1, sizeof *v->argument);
    if (!v || !v->argument) {
        free(v);
        return cli_usage("out of memory");
    }
    v->chains = -1;
    if (cli_options_start(&v->options) && cli_parse(&argp, "verify", argc, argv, v, &status))
        status = work(v);
    free(v->argument);
    free(v);
    return status;
}
