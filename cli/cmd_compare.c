/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/job.h"
#include "cli/measure.h"
#include "dispatch/tables.h"

#include <flynn/backend.h>
#include <flynn/file.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BACKENDS 64

struct compare {
    struct cli_options options;
    char **argument; /* IN OP... */
    int arguments;
    struct flynn_chain chain;
    struct flynn_plan plan;
    struct flynn_image in;
    struct cli_measurement measurement;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct compare *compare = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &compare->options;
        state->child_inputs[1] = &compare->options;
        return 0;
    case ARGP_KEY_ARG:
        compare->argument[compare->arguments++] = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {CLI_HELP_OPTION, {0}};

static const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {&cli_measure_argp, 0, NULL, 0}, {0}};

static const char doc[] =
    "Run the OPs on IN with every backend and show what each of them buys: time, speedup over scalar, GB/s, and the "
    "share of this machine's limit. Every output is held against the scalar reference before its time is shown; one "
    "that differs shows DIFFERS and no time.\v"
    "IN is a file, - for stdin, or gen:KIND:WxH[,key=value...]. Of a stream the first image is taken. Without -b every "
    "kernel table, the thread pool and every OpenCL device have a row, unavailable ones with the reason; FLYNN_BACKEND "
    "does not matter here.\n\n"
    "The backends take turns, so that a disturbance hits all of them; a turn is 2 ms of runs one after the other, or "
    "one run that takes longer. Times are of computing, with the data in the "
    "backend's memory; set-up (device, build), upload and download of OpenCL stand apart. GB/s are the bytes of input "
    "and output, each moved once (10^9 bytes). The limit is the larger of those bytes over the copy bandwidth measured "
    "here and the arithmetic over the FMA rate, with as many threads as the backend uses; data in cache may pass "
    "it.\n\n"
    "Beside a matmul alone in the chain a CBLAS of the system is timed (libopenblas.so.0, libblas.so.3, or what "
    "FLYNN_CBLAS names), and held against flynn's bits. Beside a cholesky, lu or solve it is a LAPACK "
    "(libopenblas.so.0, liblapack.so.3, or what FLYNN_LAPACK names), one matrix of a batch after the other; the copies "
    "it needs because it works in place and by columns are not in its times.\n\n"
    "Examples:\n"
    "  flynn compare gen:scene:4000x3000 gaussian:2\n"
    "  flynn compare -b scalar,simd,threads photo.ppm invert\n"
    "  flynn compare --export-json - gen:noise:512x512 invert\n\n" CLI_STATUS_HELP;

static const struct argp argp = {options, parse, "IN OP...", doc, children, NULL, NULL};

/* The backends to measure: those of -b, and scalar as the baseline. */
static int list_backends(struct compare *c, struct flynn_err *err)
{
    const char *text = c->options.backends ? c->options.backends : "all";
    struct flynn_backend *list = calloc(MOST_BACKENDS, sizeof *list);
    struct cli_measurement *m = &c->measurement;
    m->result = calloc(MOST_BACKENDS + 1, sizeof *m->result);
    if (!list || !m->result) {
        free(list);
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory");
    }
    int count = flynn_backends_parse(list, MOST_BACKENDS, text, &c->options.limits, err);
    for (int i = 0; i < count; i++)
        m->result[m->count++] = (struct cli_result){.backend = list[i], .listed = true};
    if (count >= 0 && !cli_scalar_result(m)) {
        flynn_backends_parse(list, 1, "scalar", NULL, err);
        m->result[m->count++].backend = list[0];
    }
    free(list);
    return count < 0 ? count : FLYNN_OK;
}

static int read_input(struct compare *c, struct flynn_err *err)
{
    struct flynn_reader *reader;
    int code = flynn_reader_open(&reader, c->measurement.input, err);
    if (code)
        return code;
    flynn_reader_limit(reader, c->options.max_memory);
    code = flynn_reader_next(reader, &c->in, err);
    flynn_reader_close(reader);
    return code < 0 ? code : FLYNN_OK;
}

/* Images of output that are alive at once: the reference, the shared one, and one for each device. */
static int outputs(const struct cli_measurement *m)
{
    int count = 2;
    for (int i = 0; i < m->count; i++)
        count += m->result[i].backend.kind == FLYNN_BACKEND_OPENCL && m->result[i].backend.available;
    return count;
}

static int prepare(struct compare *c, struct flynn_err *err)
{
    struct cli_measurement *m = &c->measurement;
    int code = cli_chain(&c->chain, c->argument[0], c->argument + 1, c->arguments - 1, err);
    if (!code)
        code = list_backends(c, err);
    if (!code)
        code = read_input(c, err);
    if (!code)
        code = flynn_plan_build(&c->plan, &c->chain, &c->in.shape, err);
    if (!code) {
        code = cli_check_memory(&c->plan, outputs(m), &c->options, err);
        if (code)
            flynn_fail_in(err, "%s", m->input);
    }
    m->chain = &c->chain;
    m->plan = &c->plan;
    m->in = &c->in;
    m->shows_progress = cli_shows_progress(&c->options);
    return code ? code : cli_machine_describe(&m->machine, true, &c->options.limits, err);
}

static bool is_stdout(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

/* 1 when an output differs, 3 when a backend that was named could not run. */
static int status_of(const struct compare *c)
{
    const struct cli_measurement *m = &c->measurement;
    bool named = c->options.backends && !strstr(c->options.backends, "all");
    if (cli_measurement_differs(m))
        return CLI_DIFFERS;
    for (int i = 0; named && i < m->count; i++) {
        if (m->result[i].listed && !m->result[i].ran)
            return CLI_UNAVAILABLE;
    }
    return CLI_OK;
}

static int measure(struct compare *c)
{
    const struct cli_options *o = &c->options;
    struct cli_measurement *m = &c->measurement;
    struct flynn_err err;
    bool table = !o->quiet && !is_stdout(o->export_json) && !is_stdout(o->export_csv) && !is_stdout(o->export_markdown);

    if (cli_export_check(o, &err) || prepare(c, &err))
        return cli_fail(&err);
    if (o->explain)
        cli_explain(m->plan, &m->result[0].backend, "the first of those that are compared");
    if (cli_measure(m, o, &err))
        return cli_fail(&err);
    if (table)
        cli_print_table(m, stdout);
    cli_flush();
    if (cli_export(m, o, &err))
        return cli_fail(&err);
    return status_of(c);
}

int cli_compare(int argc, char **argv)
{
    struct compare *c = calloc(1, sizeof *c);
    int status = CLI_FAILED;
    if (c)
        c->argument = calloc((size_t)argc + 1, sizeof *c->argument);
    if (!c || !c->argument) {
        free(c);
        return cli_usage("out of memory");
    }
    if (cli_options_start(&c->options) && cli_parse(&argp, "compare", argc, argv, c, &status)) {
        char *name = c->arguments ? cli_input_name(c->argument[0], &c->options) : NULL;
        c->measurement.input = name;
        if (c->arguments < 2)
            status = cli_usage("compare: %s; write `flynn compare IN OP...`",
                               c->arguments ? "an op is missing" : "IN is missing");
        else
            status = name ? measure(c) : cli_usage("out of memory");
        cli_measurement_free(&c->measurement);
        flynn_plan_free(&c->plan);
        flynn_chain_free(&c->chain);
        flynn_image_free(&c->in);
        free(name);
    }
    free(c->argument);
    free(c);
    return status;
}
