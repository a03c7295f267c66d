/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verify.h"

#include <stdlib.h>
#include <string.h>

/* What one of a crew tells: a result, or the end of a unit. */
struct message {
    int place, backend; /* of the unit; backend -1: the end */
    int failed;
    bool broken;
    union {
        struct flynn_verify_result result;
        struct flynn_err err;
    };
};

struct teller {
    struct verify *v;
    const struct cli_crew *crew;
    int place;
    bool heard;
};

static void tell(void *arg, const struct flynn_verify_result *r)
{
    struct teller *t = arg;
    struct message m = {.place = t->place, .backend = verify_backend_index(t->v, r->backend), .result = *r};
    m.broken = r->skipped && verify_is_broken(&t->v->backend[m.backend]);
    t->heard &= cli_crew_tell(t->crew, &m, sizeof m);
}

int verify_in_crew(struct verify *v, const struct cli_crew *crew)
{
    struct teller t = {.v = v, .crew = crew, .heard = true};
    struct flynn_err err;
    bool listed = false;
    while (t.heard && cli_crew_take(crew, &t.place)) {
        struct message m = {.place = t.place, .backend = -1};
        if (!listed && verify_list_backends(v, &err))
            return CLI_FAILED;
        listed = true;
        m.failed = verify_unit(v, v->unit[t.place], tell, &t, &m.err);
        t.heard &= cli_crew_tell(crew, &m, sizeof m);
    }
    return CLI_OK;
}

/* Everything heard so far: for each unit in the list's order the results in the backends' order, and its end. */
static struct message *find_message(const struct verify *v, struct message *heard, int place, int backend)
{
    return &heard[place * (v->count + 1) + (backend < 0 ? v->count : backend)];
}

/* In the order of the units, as far as their ends were heard; returns the next unit. */
static int report_heard(struct verify *v, struct message *heard, int next, struct flynn_err *err, int *code)
{
    for (; next < v->units && !*code; next++) {
        const struct message *end = find_message(v, heard, next, -1);
        if (end->place < 0)
            return next;
        for (int b = 0; b < v->count; b++) {
            const struct message *m = find_message(v, heard, next, b);
            if (m->place == next)
                verify_report(v, &m->result, m->broken);
        }
        if (end->failed < 0)
            *err = end->err;
        *code = verify_done(v, verify_unit_name(v->unit[next]), end->failed);
    }
    return next;
}

int verify_by_crew(struct verify *v, struct cli_crew *crew, struct flynn_err *err)
{
    const size_t room = (size_t)v->units * (size_t)(v->count + 1);
    struct message *heard = malloc(room * sizeof *heard), m;
    int code = heard ? FLYNN_OK : flynn_fail(err, FLYNN_ELIMIT, "out of memory"), next = 0;
    for (size_t i = 0; heard && i < room; i++)
        heard[i].place = -1;
    cli_crew_hand_out(crew, heard ? v->units : 0);
    verify_show_progress(v, verify_unit_name(v->unit[0]));
    while (!code && next < v->units && !cli_crew_signal(crew) && cli_crew_hear(crew, &m, sizeof m)) {
        if (m.backend >= 0)
            m.result.backend = v->backend[m.backend].name;
        *find_message(v, heard, m.place, m.backend) = m;
        next = report_heard(v, heard, next, err, &code);
        if (next < v->units)
            verify_show_progress(v, verify_unit_name(v->unit[next]));
    }
    free(heard);
    int number = cli_crew_end(crew);
    if (!code && next < v->units)
        code = flynn_fail(err, FLYNN_EIO, "no result of %s: a process that verifies ended%s%s",
                          verify_unit_name(v->unit[next]), number ? ": " : "", number ? strsignal(number) : "");
    return code;
}
