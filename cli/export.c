/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/json.h"
#include "cli/measure.h"
#include "core/outfile.h"
#include "opencl/opencl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static json_t *json_difference(const struct flynn_difference *d)
{
    return json_pack("{s:i, s:i, s:i, s:o, s:o}", "x", d->x, "y", d->y, "channel", d->c, "expected",
                     cli_json_number(d->expected), "got", cli_json_number(d->got));
}

static json_t *json_times(const struct cli_result *r)
{
    json_t *times = json_array();
    for (int i = 0; i < r->runs; i++)
        json_array_append_new(times, cli_json_number(r->times_ms[i]));
    return times;
}

/* The driver behind a row, on which its times depend as much as on the device; null for the CPU's tables. */
static json_t *json_driver(const struct cli_result *r)
{
    int count;
    const char *why;
    if (r->backend.kind != FLYNN_BACKEND_OPENCL)
        return json_null();
    const struct flynn_cl_device *devices = flynn_cl_devices(&count, &why);
    if (r->backend.device >= count)
        return json_null();
    const struct flynn_cl_device *d = &devices[r->backend.device];
    char text[sizeof d->platform + sizeof d->version + sizeof d->driver + 16];
    snprintf(text, sizeof text, "%s, %s, driver %s", d->platform, d->version, d->driver);
    return cli_json_text(text);
}

static json_t *json_result(const struct cli_measurement *m, const struct cli_result *r)
{
    bool cpu = r->ran && r->backend.kind != FLYNN_BACKEND_OPENCL;
    bool differs = r->ran && !r->equal;
    json_t *o = json_object();
    json_object_set_new(o, "backend", json_string(r->backend.name));
    json_object_set_new(o, "device", cli_json_text(*r->backend.label ? r->backend.label : m->machine.cpu));
    json_object_set_new(o, "driver", json_driver(r));
    json_object_set_new(o, "available", json_boolean(r->ran));
    json_object_set_new(o, "why", cli_json_text(r->why));
    json_object_set_new(o, "match", r->ran ? json_boolean(r->equal) : json_null());
    json_object_set_new(o, "differing", r->ran ? json_integer((json_int_t)r->difference.all.differing) : json_null());
    json_object_set_new(o, "max_abs_diff", r->ran ? cli_json_number(r->difference.all.max_abs) : json_null());
    json_object_set_new(o, "first_difference", differs ? json_difference(&r->difference) : json_null());
    json_object_set_new(o, "gaps", cli_json_text(r->gaps));
    json_object_set_new(o, "runs", json_integer(r->runs));
    json_object_set_new(o, "median_ms", cli_json_number(r->median_ms));
    json_object_set_new(o, "min_ms", cli_json_number(r->min_ms));
    json_object_set_new(o, "stddev_ms", cli_json_number(r->stddev_ms));
    json_object_set_new(o, "times_ms", json_times(r));
    json_object_set_new(o, "setup_ms", cli_json_number(r->runs ? r->setup_ms : NAN));
    json_object_set_new(o, "upload_ms", cli_json_number(cpu && r->runs ? 0 : r->upload_ms));
    json_object_set_new(o, "download_ms", cli_json_number(cpu && r->runs ? 0 : r->download_ms));
    json_object_set_new(o, "speedup", cli_json_number(r->speedup));
    json_object_set_new(o, "gbps", cli_json_number(r->gbps));
    json_object_set_new(o, "gflops", cli_json_number(r->gflops));
    json_object_set_new(o, "limit_share", cli_json_number(r->limit_share));
    return o;
}

static json_t *json_peers(const struct cli_peer *peer)
{
    json_t *rows = json_array();
    for (int i = 0; i < peer->rows; i++) {
        const struct cli_peer_row *row = &peer->row[i];
        json_array_append_new(rows, json_pack("{s:s, s:i, s:i, s:o, s:o, s:o, s:I, s:o, s:o}", "library", peer->name,
                                              "threads", row->threads, "runs", row->runs, "median_ms",
                                              cli_json_number(row->median_ms), "min_ms", cli_json_number(row->min_ms),
                                              "gflops", cli_json_number(row->gflops), "differing",
                                              (json_int_t)row->differing, "max_abs_diff", cli_json_number(row->max_abs),
                                              "share_of_bound", cli_json_number(row->of_bound)));
    }
    return rows;
}

static json_t *json_measurement(const struct cli_measurement *m)
{
    const struct flynn_shape *shape = &m->in->shape;
    json_t *chain = json_array(), *results = json_array();
    for (int i = 0; i < m->chain->length; i++)
        json_array_append_new(chain, cli_json_text(m->chain->op[i].text));
    for (int i = 0; i < m->count; i++) {
        if (m->result[i].listed)
            json_array_append_new(results, json_result(m, &m->result[i]));
    }
    return json_pack("{s:s, s:o, s:o, s:{s:o, s:i, s:i, s:i, s:s}, s:o, s:o, s:o}", "schema", "flynn-compare/1",
                     "flynn", cli_json_flynn(), "machine", cli_json_machine(&m->machine), "input", "name",
                     cli_json_text(m->input), "width", shape->width, "height", shape->height, "channels",
                     shape->channels, "type", flynn_type_name(shape->type), "chain", chain, "results", results, "peers",
                     json_peers(&m->peer));
}

static int write_json(FILE *out, const struct cli_measurement *m)
{
    json_t *json = json_measurement(m);
    int failed = !json || json_dumpf(json, out, CLI_JSON_FLAGS) || fputc('\n', out) == EOF;
    json_decref(json);
    return failed;
}

/* ---- CSV and Markdown -------------------------------------------------------------------------------------------- */

/* A field in quotes where RFC 4180 asks for them. */
static void csv_text(FILE *out, const char *text)
{
    if (!strpbrk(text, "\",\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++)
        fprintf(out, *text == '"' ? "\"\"" : "%c", *text);
    fputc('"', out);
}

static int write_csv(FILE *out, const struct cli_measurement *m)
{
    fputs("backend,device,available,match,runs,median_ms,min_ms,stddev_ms,setup_ms,upload_ms,download_ms,speedup,gbps,"
          "gflops,limit_share,why\n",
          out);
    for (int i = 0; i < m->count; i++) {
        const struct cli_result *r = &m->result[i];
        bool cl = r->backend.kind == FLYNN_BACKEND_OPENCL;
        const double figures[] = {r->median_ms,
                                  r->min_ms,
                                  r->stddev_ms,
                                  cl ? r->setup_ms : NAN,
                                  cl ? r->upload_ms : NAN,
                                  cl ? r->download_ms : NAN,
                                  r->speedup,
                                  r->gbps,
                                  r->gflops,
                                  r->limit_share};
        if (!r->listed)
            continue;
        csv_text(out, r->backend.name);
        fputc(',', out);
        csv_text(out, *r->backend.label ? r->backend.label : m->machine.cpu);
        fprintf(out, ",%s,%s,%d", r->ran ? "true" : "false", !r->ran ? "" : r->equal ? "true" : "false", r->runs);
        for (size_t k = 0; k < sizeof figures / sizeof *figures; k++) {
            fputc(',', out);
            if (r->runs && isfinite(figures[k]))
                fprintf(out, "%.6g", figures[k]);
        }
        fputc(',', out);
        csv_text(out, r->why);
        fputc('\n', out);
    }
    return ferror(out);
}

static void markdown_number(FILE *out, double value, const char *unit)
{
    if (isnan(value))
        fputs(" - |", out);
    else
        fprintf(out, " %.4g%s |", value, unit);
}

static int write_markdown(FILE *out, const struct cli_measurement *m)
{
    bool flops = flynn_plan_flops(m->plan) > 0;
    fprintf(out,
            "| backend | median ms | min ms | speedup | %s | of limit | set-up ms | upload ms | download ms |\n"
            "|:--|--:|--:|--:|--:|--:|--:|--:|--:|\n",
            flops ? "GFLOP/s" : "GB/s");
    for (int i = 0; i < m->count; i++) {
        const struct cli_result *r = &m->result[i];
        bool cl = r->backend.kind == FLYNN_BACKEND_OPENCL;
        if (!r->listed)
            continue;
        fprintf(out, "| `%s` |", r->backend.name);
        if (!r->runs) {
            fprintf(out, " %s%s | | | | | | | |\n", r->ran ? "**DIFFERS**" : "unavailable: ", r->ran ? "" : r->why);
            continue;
        }
        markdown_number(out, r->median_ms, "");
        markdown_number(out, r->min_ms, "");
        markdown_number(out, r->speedup, "x");
        markdown_number(out, flops ? r->gflops : r->gbps, "");
        markdown_number(out, 100 * r->limit_share, "%");
        markdown_number(out, cl ? r->setup_ms : NAN, "");
        markdown_number(out, cl ? r->upload_ms : NAN, "");
        markdown_number(out, cl ? r->download_ms : NAN, "");
        fputc('\n', out);
    }
    return ferror(out);
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

typedef int write_function(FILE *out, const struct cli_measurement *m);

/* The whole text is made first, so that a file appears complete or not at all. */
static int export_to(const char *path, write_function *write, const struct cli_measurement *m, struct flynn_err *err)
{
    struct flynn_outfile file;
    char *text = NULL;
    size_t length = 0;
    if (!path)
        return FLYNN_OK;
    FILE *memory = open_memstream(&text, &length);
    bool failed = !memory || write(memory, m);
    if ((memory && fclose(memory)) || failed) {
        free(text);
        return flynn_fail(err, FLYNN_ELIMIT, "%s: out of memory for the report", path);
    }
    int code = flynn_out_open(&file, path, err);
    if (!code) {
        code = flynn_out_write(&file, text, length, err);
        if (!code)
            code = flynn_out_commit(&file, err);
        flynn_out_close(&file);
    }
    free(text);
    return code;
}

static int try_path(const char *path, struct flynn_err *err)
{
    struct flynn_outfile file;
    if (!path || flynn_out_is_special(path))
        return FLYNN_OK;
    int code = flynn_out_open(&file, path, err);
    if (!code)
        flynn_out_close(&file);
    return code;
}

int cli_export_check(const struct cli_options *options, struct flynn_err *err)
{
    int code = try_path(options->export_json, err);
    if (!code)
        code = try_path(options->export_csv, err);
    return code ? code : try_path(options->export_markdown, err);
}

int cli_export(const struct cli_measurement *m, const struct cli_options *options, struct flynn_err *err)
{
    int code = export_to(options->export_json, write_json, m, err);
    if (!code)
        code = export_to(options->export_csv, write_csv, m, err);
    if (!code)
        code = export_to(options->export_markdown, write_markdown, m, err);
    return code;
}
