/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/job.h"
#include "cli/measure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDTH      99
#define NAME_WIDTH 15

struct style {
    const char *bold, *dim, *red, *green, *off;
};

static const struct style plain = {"", "", "", "", ""};
static const struct style coloured = {"\033[1m", "\033[2m", "\033[1;31m", "\033[32m", "\033[0m"};

static const char *number(char *text, size_t size, double value)
{
    if (isnan(value))
        snprintf(text, size, "-");
    else
        snprintf(text, size, "%.*f",
                 value >= 10000 ? 0
                 : value >= 100 ? 1
                 : value >= 1   ? 2
                 : value >= 0.1 ? 3
                                : 5,
                 value);
    return text;
}

static const char *percent(char *text, size_t size, double share)
{
    if (isnan(share))
        snprintf(text, size, "-");
    else
        snprintf(text, size, "%.*f%%", share < 0.0995 ? 2 : 1, 100 * share);
    return text;
}

static const char *times(char *text, size_t size, double value)
{
    if (isnan(value))
        snprintf(text, size, "-");
    else
        snprintf(text, size, "%.*fx", value < 9.95 ? 2 : 1, value);
    return text;
}

/* Words of `text`, wrapped to the table's width, after `used` columns of a first line. */
static void wrapped(FILE *out, const char *text, int used)
{
    int indent = used, column = used;
    while (*text) {
        int n = (int)strcspn(text, " ");
        if (column > indent && column + 1 + n > WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", n, text);
        column += n;
        text += n + (text[n] == ' ');
    }
    fputc('\n', out);
}

static void print_row(FILE *out, const struct cli_result *r, bool flops, bool best, const struct style *s)
{
    char t[8][24];
    bool cl = r->backend.kind == FLYNN_BACKEND_OPENCL;
    fprintf(out, "%s%-*s %10s %10s %9s %9s %9s %9s %9s %9s%s\n", best ? s->green : "", NAME_WIDTH, r->backend.name,
            number(t[0], sizeof *t, r->median_ms), number(t[1], sizeof *t, r->min_ms),
            times(t[2], sizeof *t, r->speedup), number(t[3], sizeof *t, flops ? r->gflops : r->gbps),
            percent(t[4], sizeof *t, r->limit_share), number(t[5], sizeof *t, cl ? r->setup_ms : NAN),
            number(t[6], sizeof *t, cl ? r->upload_ms : NAN), number(t[7], sizeof *t, cl ? r->download_ms : NAN),
            best ? s->off : "");
}

static void print_result(FILE *out, const struct cli_result *r, bool flops, bool best, const struct style *s)
{
    char text[300];
    if (!r->ran) {
        const char *why = r->why;
        size_t n = strlen(r->backend.name);
        if (strncmp(why, r->backend.name, n) == 0 && why[n] == ':')
            why += n + 2;
        fprintf(out, "%s%-*s  unavailable: ", s->dim, NAME_WIDTH, r->backend.name);
        wrapped(out, why, NAME_WIDTH + 15);
        fputs(s->off, out);
    } else if (!r->equal) {
        fprintf(out, "%s%-*s  DIFFERS:%s ", s->red, NAME_WIDTH, r->backend.name, s->off);
        wrapped(out, flynn_difference_text(text, sizeof text, &r->difference), NAME_WIDTH + 11);
    } else {
        print_row(out, r, flops, best, s);
    }
}

/* The listed result with the least median, or NULL. */
static const struct cli_result *fastest(const struct cli_measurement *m)
{
    const struct cli_result *best = NULL;
    for (int i = 0; i < m->count; i++) {
        const struct cli_result *r = &m->result[i];
        if (r->listed && r->runs && (!best || r->median_ms < best->median_ms))
            best = r;
    }
    return best;
}

static void print_head(FILE *out, const struct cli_measurement *m, const struct style *s)
{
    const struct cli_machine *c = &m->machine;
    char shape[64], bytes[32];

    fprintf(out, "%s%s%s  %s, %s to move at least\n", s->bold, m->input, s->off,
            cli_shape_text(shape, sizeof shape, &m->in->shape),
            cli_bytes_text(bytes, sizeof bytes, flynn_plan_bytes(m->plan)));
    for (int i = 0; i < m->chain->length; i++)
        fprintf(out, "%s%s", i ? " " : "", m->chain->op[i].text);
    fprintf(out, "%s%s, %d core%s: copy %.1f GB/s, FMA %.0f GFLOP/s on one thread", m->chain->length ? "\n" : "",
            c->cpu, c->cores, c->cores == 1 ? "" : "s", c->copy_gbps[0], c->fma_gflops[0]);
    if (c->threads > 1)
        fprintf(out, "; %.1f and %.0f on %d", c->copy_gbps[1], c->fma_gflops[1], c->threads);
    fputs("\n\n", out);
}

static void print_notes(FILE *out, const struct cli_measurement *m, const struct style *s)
{
    bool few = false, cached = false;
    fputs(s->dim, out);
    cli_peer_print_notes(&m->peer, out);
    for (int i = 0; i < m->count; i++) {
        const struct cli_result *r = &m->result[i];
        if (!r->listed)
            continue;
        few = few || (r->runs && r->runs < 5);
        cached = cached || (r->runs && r->limit_share > 1);
        if (*r->backend.label)
            fprintf(out, "%s is %s\n", r->backend.name, r->backend.label);
        if (r->ran && *r->gaps) {
            int n = fprintf(out, "%s runs lower kernels for: ", r->backend.name);
            wrapped(out, r->gaps, n);
        }
    }
    if (cached)
        fputs("above 100%: the data stay in a cache, and the limit is that of memory\n", out);
    if (few)
        fputs("fewer than 5 runs of some backends: their medians are rough\n", out);
    fputs(s->off, out);
}

void cli_print_table(const struct cli_measurement *m, void *stream)
{
    FILE *out = stream;
    const struct style *s = cli_colour(out) ? &coloured : &plain;
    bool flops = flynn_plan_flops(m->plan) > 0;
    const struct cli_result *best = fastest(m);

    print_head(out, m, s);
    fprintf(out, "%s%-*s %10s %10s %9s %9s %9s %9s %9s %9s%s\n", s->bold, NAME_WIDTH, "backend", "median ms", "min ms",
            "speedup", flops ? "GFLOP/s" : "GB/s", "of limit", "set-up", "upload", "download", s->off);
    for (int i = 0; i < m->count; i++) {
        if (m->result[i].listed)
            print_result(out, &m->result[i], flops, &m->result[i] == best, s);
    }
    cli_peer_print_rows(&m->peer, out, NAME_WIDTH);
    fputc('\n', out);
    print_notes(out, m, s);
}
