/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include "cpu/pool.h"
#include "dispatch/tables.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    KEY_ISA = 256,
    KEY_MEMORY,
    KEY_SEED,
    KEY_EXPLAIN,
    KEY_PROGRESS,
    KEY_FORMAT,
    KEY_MAXVAL,
    KEY_PLAIN,
    KEY_WARMUP,
    KEY_RUNS,
    KEY_JSON,
    KEY_CSV,
    KEY_MARKDOWN,
};

bool cli_parse_int(const char *option, const char *text, int min, int max, int *value)
{
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    if (errno || end == text || *end || isspace((unsigned char)*text) || n < min || n > max) {
        cli_complain("%s=%s: a whole number from %d to %d is expected", option, text, min, max);
        return false;
    }
    *value = (int)n;
    return true;
}

/* "512M", "2Gi", "1.5G", "4096": powers of 1000, with an i of 1024. */
static bool parse_size(const char *text, size_t *bytes)
{
    static const char units[] = "kMGT";
    char *end;
    double number = strtod(text, &end);
    double factor = 1;
    if (end != text && isdigit((unsigned char)*text)) {
        const char *unit = *end ? strchr(units, *end == 'K' ? 'k' : *end) : NULL;
        if (unit) {
            factor = pow(end[1] == 'i' ? 1024 : 1000, (double)(unit - units + 1));
            end += end[1] == 'i' ? 2 : 1;
        }
        end += *end == 'B';
        if (!*end && number * factor >= 1 && number * factor < 9e18) {
            *bytes = (size_t)(number * factor);
            return true;
        }
    }
    cli_complain("--max-memory=%s: a size such as 512M, 2G or 2Gi is expected", text);
    return false;
}

/* A cap that this build has no table of becomes the next lower one. */
static bool parse_isa(const char *option, const char *text, const char **cap)
{
    static const char *const known[] = {"scalar", "sse2", "sse41", "avx2", "avx512", "base", NULL};
    int i = 0;
    while (known[i] && strcmp(known[i], text) != 0)
        i++;
    if (!known[i]) {
        cli_complain("%s=%s: one of scalar, sse2, sse41, avx2, avx512 is expected", option, text);
        return false;
    }
    while (i > 0 && flynn_table_find(known[i]) < 0)
        i--;
    *cap = known[i];
    return true;
}

static bool parse_when(const char *text, enum cli_when *when)
{
    static const char *const words[] = {"auto", "always", "never"};
    for (int i = 0; i < 3; i++) {
        if (!text || strcmp(text, words[i]) == 0) {
            *when = text ? (enum cli_when)i : CLI_ALWAYS;
            return true;
        }
    }
    cli_complain("--progress=%s: one of auto, always, never is expected", text);
    return false;
}

static bool parse_seed(const char *text, const char **seed)
{
    if (*text && strlen(text) <= 19 && strspn(text, "0123456789") == strlen(text)) {
        *seed = text;
        return true;
    }
    cli_complain("--seed=%s: a whole number from 0 to 9999999999999999999 is expected", text);
    return false;
}

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
    struct cli_options *o = state->input;
    bool ok = true;
    switch (key) {
    case 'b':
        o->backends = arg;
        break;
    case 't':
        ok = cli_parse_int("--threads", arg, 1, FLYNN_POOL_MAX, &o->limits.threads);
        break;
    case KEY_ISA:
        ok = parse_isa("--isa", arg, &o->limits.isa);
        break;
    case KEY_MEMORY:
        ok = parse_size(arg, &o->max_memory);
        break;
    case KEY_SEED:
        ok = parse_seed(arg, &o->seed);
        break;
    case KEY_EXPLAIN:
        o->explain = true;
        break;
    case KEY_PROGRESS:
        ok = parse_when(arg, &o->progress);
        break;
    case 'q':
        o->quiet = true;
        break;
    case 'v':
        o->verbose = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return ok ? 0 : EINVAL;
}

static const struct argp_option common_options[] = {
    {"backend", 'b', "LIST", 0,
     "scalar, autovec, simd[:ISA], threads[:N], opencl[:DEVICE] (a number of `flynn info` or a part of a name); "
     "several with commas or `all` where that makes sense",
     1},
    {"threads", 't', "N", 0,
     "threads of `threads` and most threads of `auto`; default: what affinity and cgroup quota "
     "allow, or FLYNN_NUM_THREADS",
     1},
    {"isa", KEY_ISA, "ISA", 0,
     "no SIMD table above scalar, sse2, sse41, avx2 or avx512; default: FLYNN_ISA, else what "
     "the CPU has",
     1},
    {"max-memory", KEY_MEMORY, "SIZE", 0, "refuse what needs more, such as 512M or 2Gi; default: no limit", 1},
    {"seed", KEY_SEED, "N", 0, "seed of whatever is random; default: 1", 1},
    {"quiet", 'q', NULL, 0, "errors only", 2},
    {"verbose", 'v', NULL, 0, "say more on stderr", 2},
    {"explain", KEY_EXPLAIN, NULL, 0, "print the plan and why this backend was chosen, on stderr", 2},
    {"progress", KEY_PROGRESS, "WHEN", OPTION_ARG_OPTIONAL,
     "auto (default: on a terminal that is not dumb), always, never", 2},
    {0}};

const struct argp cli_common_argp = {.options = common_options, .parser = parse_common};

static bool parse_format(struct cli_options *o, char *text)
{
    if (!flynn_format_parse(text, &o->write.format)) {
        cli_complain("--format=%s: one of ppm, pgm, pbm, pnm, pam, pfm, npy, csv, txt is expected", text);
        return false;
    }
    for (char *p = text; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    o->format = text;
    return true;
}

static error_t parse_write(int key, char *arg, struct argp_state *state)
{
    struct cli_options *o = state->input;
    int maxval = 0;
    bool ok = true;
    switch (key) {
    case KEY_FORMAT:
        ok = parse_format(o, arg);
        break;
    case KEY_MAXVAL:
        ok = cli_parse_int("--maxval", arg, 1, 65535, &maxval);
        o->write.maxval = (uint32_t)maxval;
        break;
    case KEY_PLAIN:
        o->write.plain = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return ok ? 0 : EINVAL;
}

static const struct argp_option write_options[] = {
    {"format", KEY_FORMAT, "NAME", 0, "ppm, pgm, pbm, pnm, pam, pfm, npy, csv or txt; default: by the output's suffix",
     2},
    {"maxval", KEY_MAXVAL, "N", 0, "maxval of PNM output, 1 to 65535; default: the input's", 2},
    {"plain", KEY_PLAIN, NULL, 0, "ASCII variant of PNM", 2},
    {0}};

const struct argp cli_write_argp = {.options = write_options, .parser = parse_write};

static error_t parse_measure(int key, char *arg, struct argp_state *state)
{
    struct cli_options *o = state->input;
    bool ok = true;
    switch (key) {
    case KEY_WARMUP:
        ok = cli_parse_int("--warmup", arg, 0, 1000000, &o->warmup);
        break;
    case KEY_RUNS:
        ok = cli_parse_int("--runs", arg, 1, 1000000, &o->runs);
        break;
    case KEY_JSON:
        o->export_json = arg;
        break;
    case KEY_CSV:
        o->export_csv = arg;
        break;
    case KEY_MARKDOWN:
        o->export_markdown = arg;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return ok ? 0 : EINVAL;
}

static const struct argp_option measure_options[] = {
    {"warmup", KEY_WARMUP, "N", 0, "rounds before timing starts; default: 1", 3},
    {"runs", KEY_RUNS, "N", 0, "timed runs of each backend; default: at least 5 and about 0.4 s each", 3},
    {"export-json", KEY_JSON, "FILE", 0, "write the results as JSON; - is stdout, instead of the table", 3},
    {"export-csv", KEY_CSV, "FILE", 0, "write the results as CSV; - is stdout, instead of the table", 3},
    {"export-markdown", KEY_MARKDOWN, "FILE", 0, "write a Markdown table; - is stdout, instead of the table", 3},
    {0}};

const struct argp cli_measure_argp = {.options = measure_options, .parser = parse_measure};

bool cli_options_start(struct cli_options *options)
{
    const char *isa = getenv("FLYNN_ISA");
    *options = (struct cli_options){.warmup = -1, .runs = -1};
    const char *threads = getenv("FLYNN_NUM_THREADS");
    int unused;
    if (threads && *threads && !cli_parse_int("FLYNN_NUM_THREADS", threads, 1, FLYNN_POOL_MAX, &unused))
        return false;
    return !isa || !*isa || parse_isa("FLYNN_ISA", isa, &options->limits.isa);
}

bool cli_shows_progress(const struct cli_options *options)
{
    const char *term = getenv("TERM");
    if (options->progress == CLI_AUTO) /* a dumb terminal cannot take a line back */
        return !options->quiet && isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0);
    return options->progress == CLI_ALWAYS;
}

char *cli_input_name(const char *in, const struct cli_options *options)
{
    char *name;
    bool add = options->seed && strncmp(in, "gen:", 4) == 0 && !strstr(in, ",seed=");
    if (asprintf(&name, "%s%s%s", in, add ? ",seed=" : "", add ? options->seed : "") < 0)
        return NULL;
    return name;
}
