/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/batch.h"
#include "cli/batch_files.h"
#include "cli/job.h"

#include "cpu/threads.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { KEY_FILES = 600 };

#define PROGRESS_MS 200 /* between two lines of progress */

struct args {
    struct cli_options options;
    const char *folder, *list;
    bool null, keep_going;
    char **op, **input;
    int ops, inputs;
    bool divided; /* there was a -- */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct args *args = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = state->child_inputs[1] = &args->options;
        break;
    case 'o':
        args->folder = arg;
        break;
    case 'k':
        args->keep_going = true;
        break;
    case '0':
        args->null = true;
        break;
    case KEY_FILES:
        args->list = arg;
        break;
    case ARGP_KEY_ARG:
        /* `quoted` is where the arguments after -- begin. */
        if (state->quoted && state->next > state->quoted)
            args->input[args->inputs++] = arg;
        else
            args->op[args->ops++] = arg;
        break;
    case ARGP_KEY_END:
    case ARGP_KEY_NO_ARGS:
        args->divided = state->quoted != 0;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp_option options[] = {
    {"output", 'o', "DIR", 0, "the folder for the results; it is made when it is missing", 1},
    {"keep-going", 'k', NULL, 0, "go on with the other files when one fails", 1},
    {"files", KEY_FILES, "FILE", 0, "read the names of inputs from FILE (-: stdin), one a line", 1},
    {"null", '0', NULL, 0, "names in --files end with NUL, as `find -print0` writes them", 1},
    CLI_HELP_OPTION,
    {0}};

static const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {&cli_write_argp, 0, NULL, 0}, {0}};

static const char doc[] =
    "Apply the OPs in order to every IN and write each result under IN's name into DIR; with --format its name is the "
    "suffix. Without an OP the images are "
    "only converted. Every image of a PNM stream is processed. Each output appears complete or not at all.\v"
    "IN is a file, or gen:KIND:WxH[,key=value...]. `flynn ops` lists the ops, `flynn ops NAME` explains one. Two "
    "inputs of the same name are refused before anything is read. DIR may be the folder of the inputs: each is then "
    "replaced when its result is complete.\n\n"
    "Reading, computing and writing run at the same time in threads of their own. As many images are computed at once "
    "as -t says, each by one thread; images above 8 megapixels go one at a time on all threads, from file to file. "
    "With -t 1 everything happens in turn in one thread. No more than 512 MiB of images are held at once, or "
    "--max-memory; an image that needs more than --max-memory is refused.\n\n"
    "The first file that fails ends the batch; files that are done stay. With --keep-going the others are done, the "
    "last line counts the failures, and the exit status is that of the first of them.\n\n"
    "The backend is `auto` unless -b or FLYNN_BACKEND names one: the best SIMD table. A device of `opencl` computes "
    "one image at a time. A named backend runs or fails; it is never replaced.\n\n"
    "Environment: FLYNN_BACKEND, FLYNN_NUM_THREADS, FLYNN_ISA, as -b, -t and --isa.\n\n"
    "Examples:\n"
    "  flynn batch -o soft gaussian:2 -- photos/*.ppm\n"
    "  flynn batch -o small -k --format=pgm grayscale resize:50% -- *.ppm\n"
    "  find scans -name '*.pgm' -print0 | flynn batch -o out -0 --files - otsu\n\n" CLI_STATUS_HELP;

static const struct argp argp = {options, parse, "[OP...] -- IN...", doc, children, NULL, NULL};

/* ---- progress ---------------------------------------------------------------------------------------------------- */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void show_progress(struct cli_batch *batch, double start)
{
    char bytes[32];
    double seconds = now() - start;
    int over = atomic_load(&batch->done) + atomic_load(&batch->failed);
    double rate = over / seconds, left = rate > 0 ? (batch->files - over) / rate : 0;
    cli_bytes_text(bytes, sizeof bytes, (double)atomic_load(&batch->bytes) / seconds);
    pthread_mutex_lock(&batch->report);
    fprintf(stderr, "\r\033[Kflynn: %d/%d files, %.1f/s, %s/s", over, batch->files, rate, bytes);
    if (over)
        fprintf(stderr, ", %d:%02d:%02d left", (int)(left / 3600), (int)(left / 60) % 60, (int)left % 60);
    pthread_mutex_unlock(&batch->report);
}

static void summarize(const struct cli_batch *batch, double seconds)
{
    char bytes[32];
    int done = atomic_load(&batch->done), over = done + atomic_load(&batch->failed);
    cli_bytes_text(bytes, sizeof bytes, (double)atomic_load(&batch->bytes) / seconds);
    cli_complain("%d done, %d failed; %.2f s, %.1f files/s, %s/s read", done, over - done, seconds, over / seconds,
                 bytes);
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

/* The signals that end the program, apart from ignored ones. */
static void ending_signals(sigset_t *set)
{
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP};
    sigemptyset(set);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++) {
        struct sigaction old;
        if (sigaction(ending[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaddset(set, ending[i]);
    }
}

/* Other threads write while this one ends the program: first make sure that no file can appear any more. */
static void die(struct cli_batch *batch, int number, const sigset_t *signals)
{
    pthread_mutex_lock(&batch->report);
    pthread_mutex_lock(&batch->opening);
    if (atomic_load(&batch->progress))
        fputc('\n', stderr);
    flynn_writer_abandon_all();
    signal(number, SIG_DFL);
    raise(number);
    pthread_sigmask(SIG_UNBLOCK, signals, NULL);
}

/* Wait until the threads are done; meanwhile show progress, and end by signals. */
static int watch(struct cli_batch *batch, double start, struct flynn_err *err)
{
    struct signalfd_siginfo info;
    sigset_t signals, old;
    ending_signals(&signals);
    int fd = signalfd(-1, &signals, SFD_CLOEXEC);
    if (fd < 0)
        return flynn_fail(err, FLYNN_ELIMIT, "no file descriptor is left for a batch");
    pthread_sigmask(SIG_BLOCK, &signals, &old);
    int code = cli_batch_start(batch, err);
    bool over = code != 0;
    while (!over) {
        struct pollfd wait[2] = {{.fd = batch->finished, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
        int n = poll(wait, 2, atomic_load(&batch->progress) ? PROGRESS_MS : -1);
        if (n > 0 && wait[1].revents && read(fd, &info, sizeof info) == (ssize_t)sizeof info)
            die(batch, (int)info.ssi_signo, &signals);
        over = n > 0 && wait[0].revents;
        if (atomic_load(&batch->progress))
            show_progress(batch, start);
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    close(fd);
    return code;
}

/* One thread does it all; signals come as in every other command. */
static int take_turns(struct cli_batch *batch, double start, struct flynn_err *err)
{
    double shown = start;
    int code = cli_batch_start(batch, err);
    while (!code && cli_batch_step(batch)) {
        if (atomic_load(&batch->progress) && now() - shown > PROGRESS_MS * 1e-3) {
            show_progress(batch, start);
            shown = now();
        }
    }
    if (!code && atomic_load(&batch->progress))
        show_progress(batch, start);
    return code;
}

static int run(struct cli_batch *batch, const struct args *args)
{
    struct flynn_err err;
    double start = now();
    atomic_store(&batch->progress, cli_shows_progress(&args->options));
    int code = batch->threads == 1 ? take_turns(batch, start, &err) : watch(batch, start, &err);
    if (code)
        return cli_fail(&err);
    cli_batch_end(batch);
    if (atomic_load(&batch->progress))
        fputc('\n', stderr);
    if (!args->options.quiet && (batch->keep_going || !batch->status))
        summarize(batch, now() - start);
    return batch->status;
}

/* ---- settings ---------------------------------------------------------------------------------------------------- */

static int make_folder(const char *folder, struct flynn_err *err)
{
    struct stat st;
    if (mkdir(folder, 0777) == 0)
        return FLYNN_OK;
    int why = errno;
    if (why == EEXIST && stat(folder, &st) == 0 && !S_ISDIR(st.st_mode))
        why = ENOTDIR;
    else if (why == EEXIST && access(folder, W_OK | X_OK) == 0)
        return FLYNN_OK;
    else if (why == EEXIST)
        why = errno;
    return flynn_fail(err, FLYNN_EIO, "%s: cannot hold the results: %s", folder, strerror(why));
}

static int open_backend(struct cli_batch *batch, const struct args *args, struct flynn_err *err)
{
    const char *named = getenv("FLYNN_BACKEND");
    const char *text = args->options.backends ? args->options.backends : named && *named ? named : "auto";
    struct flynn_cpu_count cpus;
    int code = FLYNN_OK;
    batch->limits = args->options.limits;
    batch->automatic = strcmp(text, "auto") == 0;
    if (!batch->automatic)
        code = cli_one_backend(&batch->backend, text, &batch->limits, err);
    batch->threads = batch->limits.threads;
    if (!code && !batch->threads && batch->backend.kind == FLYNN_BACKEND_THREADS)
        batch->threads = batch->backend.threads;
    if (!code && !batch->threads) {
        code = flynn_cpu_count(&cpus, err);
        batch->threads = cpus.threads;
    }
    batch->limits.threads = batch->threads;
    return code;
}

static int find_files(struct cli_batch_files *files, const struct args *args, struct flynn_err *err)
{
    const char *suffix = args->options.format;
    int code = FLYNN_OK;
    for (int i = 0; i < args->inputs && !code; i++)
        code = cli_batch_add(files, args->input[i], args->folder, suffix, &args->options, err);
    if (!code && args->list)
        code = cli_batch_add_list(files, args->list, args->null, args->folder, suffix, &args->options, err);
    if (!code && !files->count)
        code = flynn_fail(err, FLYNN_EUSAGE, "batch: no input; --files=%s names none", args->list);
    return code ? code : cli_batch_check(files, err);
}

static int check(const struct args *args)
{
    if (!args->folder)
        return cli_usage("batch: -o DIR is missing; write `flynn batch -o DIR OP... -- IN...`");
    if (args->list || args->inputs)
        return CLI_OK;
    return cli_usage("batch: %s; write `flynn batch -o DIR OP... -- IN...`",
                     args->divided ? "no input after --" : "the inputs are missing");
}

static int batch_with(const struct args *args)
{
    struct cli_batch batch = {.write = args->options.write, .keep_going = args->keep_going};
    struct cli_batch_files files = {0};
    struct flynn_chain chain = {.length = 0};
    struct flynn_err err;
    batch.max_memory = args->options.max_memory;
    batch.quiet = args->options.quiet;
    batch.verbose = args->options.verbose;
    batch.explain = args->options.explain;
    int code = find_files(&files, args, &err);
    if (!code)
        code = cli_chain(&chain, args->list, args->op, args->ops, &err);
    if (!code)
        code = open_backend(&batch, args, &err);
    if (!code)
        code = make_folder(args->folder, &err);
    batch.file = files.file;
    batch.files = files.count;
    batch.chain = &chain;
    int status = code ? cli_fail(&err) : run(&batch, args);
    flynn_chain_free(&chain);
    cli_batch_files_free(&files);
    return status;
}

int cli_batch(int argc, char **argv)
{
    struct args args = {0};
    int status;
    if (!cli_options_start(&args.options))
        return CLI_FAILED;
    args.op = calloc((size_t)argc + 1, sizeof *args.op);
    args.input = calloc((size_t)argc + 1, sizeof *args.input);
    if (!args.op || !args.input)
        status = cli_usage("out of memory");
    else if (cli_parse(&argp, "batch", argc, argv, &args, &status)) {
        status = check(&args);
        if (!status)
            status = batch_with(&args);
    }
    free(args.op);
    free(args.input);
    return status;
}
