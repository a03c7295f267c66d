/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/job.h"
#include "cli/sample.h"
#include "dispatch/stream.h"

#include <flynn/backend.h>
#include <flynn/file.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_VERIFY = 600 };

struct run {
    struct cli_options options;
    enum cli_verify verify;
    char **argument; /* IN OUT OP... */
    int arguments;
    const char *backend_text;
    struct flynn_backend backend; /* the named one */
    bool automatic;
    struct flynn_chain chain;
    struct flynn_reader *reader;
    struct flynn_writer *writer;
    char *in_name;
    int image; /* images done */
};

static bool parse_verify(const char *text, enum cli_verify *verify)
{
    if (!text || strcmp(text, "full") == 0)
        *verify = CLI_VERIFY_FULL;
    else if (strcmp(text, "sample") == 0)
        *verify = CLI_VERIFY_SAMPLE;
    else
        return cli_complain("--verify=%s: full or sample is expected", text), false;
    return true;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct run *run = state->input;
    bool ok = true;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = state->child_inputs[1] = &run->options;
        break;
    case KEY_VERIFY:
        ok = parse_verify(arg, &run->verify);
        break;
    case ARGP_KEY_ARG:
        run->argument[run->arguments++] = arg;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return ok ? 0 : EINVAL;
}

static const struct argp_option options[] = {
    {"verify", KEY_VERIFY, "HOW", OPTION_ARG_OPTIONAL,
     "hold the result against the scalar reference before anything is written: full (default), or sample, which "
     "compares bands of rows where the ops allow that, and says what it compared",
     1},
    CLI_HELP_OPTION,
    {0}};

static const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {&cli_write_argp, 0, NULL, 0}, {0}};

static const char doc[] =
    "Read IN, apply the OPs in order, write OUT. Without an OP the image is only converted. Every image of a PNM "
    "stream "
    "is processed. OUT appears complete or not at all.\v"
    "IN is a file, - for stdin, or gen:KIND:WxH[,key=value...] (scene, noise, gradient, zoneplate, checker, "
    "mandelbrot; matrices: identity, hilbert, signed). OUT is a "
    "file, whose suffix picks the format, or - for stdout, which gets pictures as PNM, matrices as NPY and integer "
    "results as text unless --format says otherwise. `flynn ops` lists the ops, `flynn ops NAME` explains "
    "one.\n\n"
    "The backend is `auto` unless -b or FLYNN_BACKEND names one: the best SIMD table, with threads where the job is "
    "large enough. A named backend runs or fails; it is never replaced.\n\n"
    "Environment: FLYNN_BACKEND, FLYNN_NUM_THREADS, FLYNN_ISA, as -b, -t and --isa.\n\n"
    "Examples:\n"
    "  flynn run photo.ppm soft.ppm gaussian:2\n"
    "  flynn run photo.ppm - grayscale threshold:50% > mask.pgm\n"
    "  flynn run --verify -b threads in.ppm out.ppm resize:width=320,height=240\n\n" CLI_STATUS_HELP;

static const struct argp argp = {options, parse, "IN OUT [OP...]", doc, children, NULL, NULL};

/* The backend for one plan; prints what --explain and -v ask for. */
static void choose(struct run *run, const struct flynn_plan *plan, struct flynn_backend *backend)
{
    char why[400] = "named on the command line", gaps[200];
    *backend = run->backend;
    if (run->automatic)
        flynn_backend_choose(backend, plan, &run->options.limits, why, sizeof why);
    else if (run->backend_text != run->options.backends)
        strcpy(why, "named by FLYNN_BACKEND");
    if (run->options.explain)
        cli_explain(plan, backend, why);
    else if (run->options.verbose)
        cli_complain("backend %s: %s", backend->name, why);
    if (!run->automatic && !run->options.quiet && cli_gaps(gaps, sizeof gaps, plan, backend))
        cli_complain("%s has no kernel for %s; the kernel named there runs", backend->name, gaps);
}

/* Returns CLI_OK, CLI_DIFFERS, or the status of an error that was printed. */
static int verify(struct run *run, const struct flynn_plan *plan, const struct flynn_backend *backend,
                  const struct flynn_image *in, const struct flynn_image *out)
{
    static struct cli_verdict verdict;
    struct flynn_err err;
    char text[256];
    if (cli_verify_output(&verdict, run->verify == CLI_VERIFY_SAMPLE, &run->chain, plan, in, out, &err))
        return cli_fail(&err);
    if (verdict.difference.all.differing) {
        cli_complain("%s differs from the scalar reference: %s; nothing is written to %s", backend->name,
                     flynn_difference_text(text, sizeof text, &verdict.difference), run->argument[1]);
        if (run->options.verbose)
            fputs(verdict.map, stderr);
        return CLI_DIFFERS;
    }
    if (!run->options.quiet)
        cli_complain("verified: %s is equal to the scalar reference in %s", backend->name, verdict.compared);
    return CLI_OK;
}

/* One image in memory, by a plan and a backend that are settled. Returns an exit status. */
static int finish(struct run *run, const struct flynn_plan *plan, const struct flynn_backend *backend,
                  const struct flynn_image *in)
{
    struct flynn_err err;
    struct flynn_image out = {0};
    int status = CLI_OK, code = flynn_run_plan(plan, backend, in, &out, &err);
    if (!code && run->verify)
        status = verify(run, plan, backend, in, &out);
    if (!code && !status)
        code = flynn_writer_put(run->writer, &out, &err);
    if (code)
        status = cli_fail(&err);
    flynn_image_free(&out);
    return status;
}

static int process(struct run *run, const struct flynn_image *in)
{
    struct flynn_plan plan;
    struct flynn_err err;
    struct flynn_backend backend;
    int status, code = flynn_plan_build(&plan, &run->chain, &in->shape, &err);
    if (code)
        return cli_fail(&err);
    code = cli_check_memory(&plan, run->verify == CLI_VERIFY_FULL ? 2 : 1, &run->options, &err);
    if (code) {
        flynn_fail_in(&err, "%s", run->in_name);
        status = cli_fail(&err);
    } else {
        choose(run, &plan, &backend);
        status = finish(run, &plan, &backend, in);
    }
    flynn_plan_free(&plan);
    return status;
}

static void show_share(void *arg, double share)
{
    int *last = arg, percent = (int)(share * 100);
    if (percent != *last)
        fprintf(stderr, "\rflynn: %3d %%", *last = percent);
}

static void explain_stream(const struct flynn_run *bound, const struct flynn_plan *plan, const struct flynn_rows_in *in,
                           const struct flynn_rows_out *out, size_t bytes)
{
    char text[200];
    for (int i = 0; i < plan->segments; i++) {
        flynn_run_stream_layout(bound, i, in, out, text, sizeof text);
        fprintf(stderr, "segment %d in rows: %s\n", i + 1, text);
    }
    fprintf(stderr, "memory: %s for rings, buffers and images between segments\n",
            cli_bytes_text(text, sizeof text, (double)bytes));
}

/* FLYNN_ELIMIT with the amount when rings, buffers and images of this run are above --max-memory. */
static int check_stream(const struct run *run, const struct flynn_plan *plan, const struct flynn_run *bound,
                        const struct flynn_rows_in *in, const struct flynn_rows_out *out, struct flynn_err *err)
{
    char need[32], limit[32];
    size_t bytes = flynn_run_stream_bytes(bound, in, out);
    if (run->options.explain)
        explain_stream(bound, plan, in, out, bytes);
    if (!run->options.max_memory || bytes <= run->options.max_memory)
        return FLYNN_OK;
    return flynn_fail(err, FLYNN_ELIMIT, "%s: needs %s, --max-memory allows %s", run->in_name,
                      cli_bytes_text(need, sizeof need, (double)bytes),
                      cli_bytes_text(limit, sizeof limit, (double)run->options.max_memory));
}

/* Rows from the file to rows of the file, or to an image where the format or the op asks for one. */
static int stream(struct run *run, const struct flynn_plan *plan, struct flynn_run *bound, struct flynn_rows_in *in,
                  struct flynn_err *err)
{
    struct flynn_image image = flynn_stream_output(plan, in), like = flynn_rows_in_like(in);
    struct flynn_rows_out out = {0};
    int percent = -1;
    bool progress = cli_shows_progress(&run->options) && run->image == 0;

    int kind = flynn_writer_rows(run->writer, &image, &out, err), code = kind < 0 ? kind : FLYNN_OK;
    if (kind == 2)
        code = flynn_plan_output(plan, &like, &image, err);
    if (!code)
        code = check_stream(run, plan, bound, in, kind == 1 ? &out : NULL, err);
    if (!code)
        code =
            flynn_run_stream(bound, in, kind == 1 ? &out : NULL, &image, progress ? show_share : NULL, &percent, err);
    if (progress && percent >= 0)
        fputs("\r            \r", stderr);
    if (!code && kind == 2)
        code = flynn_writer_put(run->writer, &image, err);
    if (kind == 1)
        flynn_rows_out_close(&out);
    if (!code && kind == 1)
        code = flynn_writer_pass_on(run->writer, err);
    flynn_image_free(&image);
    return code;
}

/* One image whose rows can be read one by one. Devices take whole images, and so does verification. */
static int process_rows(struct run *run, struct flynn_rows_in *in)
{
    struct flynn_plan plan;
    struct flynn_err err;
    struct flynn_backend backend;
    struct flynn_image image = {0};
    struct flynn_run *bound = NULL;
    int status = CLI_OK, code = flynn_plan_build(&plan, &run->chain, &in->shape, &err);
    if (code)
        return cli_fail(&err);
    choose(run, &plan, &backend);
    if (backend.kind == FLYNN_BACKEND_OPENCL) {
        code = cli_check_memory(&plan, 1, &run->options, &err);
        if (!code)
            code = flynn_rows_in_image(in, &image, &err);
        if (!code)
            status = finish(run, &plan, &backend, &image);
    } else {
        code = flynn_run_open(&bound, &plan, &backend, &err);
        if (!code)
            code = stream(run, &plan, bound, in, &err);
        flynn_run_close(bound);
    }
    if (code)
        status = cli_fail(&err);
    flynn_image_free(&image);
    flynn_plan_free(&plan);
    return status;
}

/* The next image; *more is 0 at the end of the stream. */
static int process_next(struct run *run, int *more, struct flynn_err *err)
{
    struct flynn_rows_in rows = {0};
    struct flynn_image in = {0};
    int status = CLI_OK;

    *more = run->verify ? 2 : flynn_reader_rows(run->reader, &rows, err);
    if (*more == 1) {
        status = process_rows(run, &rows);
        flynn_rows_in_close(&rows);
    } else if (*more == 2 && (*more = flynn_reader_next(run->reader, &in, err)) == 1) {
        status = process(run, &in);
    }
    flynn_image_free(&in);
    return status;
}

static int process_all(struct run *run)
{
    struct flynn_err err;
    int status = CLI_OK, more = 1;
    while (!status && (status = process_next(run, &more, &err)) == CLI_OK && more == 1) {
        run->image++;
        if (run->image > 1 && cli_shows_progress(&run->options))
            fprintf(stderr, "\rflynn: %d images", run->image);
    }
    if (run->image > 1 && cli_shows_progress(&run->options))
        fputc('\n', stderr);
    if (status)
        return status;
    if (more < 0 || flynn_writer_commit(run->writer, &err))
        return cli_fail(&err);
    return CLI_OK;
}

static int open_backend(struct run *run, struct flynn_err *err)
{
    const char *named = getenv("FLYNN_BACKEND");
    run->backend_text = run->options.backends ? run->options.backends : named && *named ? named : "auto";
    run->automatic = strcmp(run->backend_text, "auto") == 0;
    return run->automatic ? FLYNN_OK : cli_one_backend(&run->backend, run->backend_text, &run->options.limits, err);
}

static int open_all(struct run *run, struct flynn_err *err)
{
    int code = cli_chain(&run->chain, run->argument[0], run->argument + 2, run->arguments - 2, err);
    if (!code)
        code = open_backend(run, err);
    if (!code)
        code = flynn_reader_open(&run->reader, run->in_name, err);
    if (!code) {
        flynn_reader_limit(run->reader, run->options.max_memory);
        code = flynn_writer_open(&run->writer, run->argument[1], &run->options.write, err);
    }
    return code;
}

int cli_run(int argc, char **argv)
{
    struct run run = {0};
    struct flynn_err err;
    int status;
    if (!cli_options_start(&run.options))
        return CLI_FAILED;
    run.argument = calloc((size_t)argc + 1, sizeof *run.argument);
    if (!run.argument)
        return cli_usage("out of memory");
    if (cli_parse(&argp, "run", argc, argv, &run, &status)) {
        run.in_name = run.arguments ? cli_input_name(run.argument[0], &run.options) : NULL;
        if (run.arguments < 2)
            status = cli_usage("run: %s is missing; write `flynn run IN OUT [OP...]`", run.arguments ? "OUT" : "IN");
        else if (!*run.argument[0] || !*run.argument[1])
            status = cli_usage("run: %s is an empty name", *run.argument[0] ? "OUT" : "IN");
        else if (!run.in_name)
            status = cli_usage("out of memory");
        else if (open_all(&run, &err))
            status = cli_fail(&err);
        else
            status = process_all(&run);
        flynn_writer_close(run.writer);
        flynn_reader_close(run.reader);
        flynn_chain_free(&run.chain);
        free(run.in_name);
    }
    free(run.argument);
    return status;
}
