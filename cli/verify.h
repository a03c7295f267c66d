/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CLI_VERIFY_H
#define FLYNN_CLI_VERIFY_H

#include "cli/crew.h"
#include "cli/options.h"
#include "core/table.h"
#include "dispatch/verify.h"

/** What `flynn verify` consists of: units, which are ops, the chains and the laws, verified one after the other or by a
 * crew of processes, and reported in one order. */

#define VERIFY_BACKENDS 64
#define VERIFY_UNITS    (FLYNN_N_OPS + 2)

enum { VERIFY_CHAINS = -1, VERIFY_LAWS = -2 };

struct verify {
    struct cli_options options;
    struct flynn_verify_options how;
    char **argument; /* IN OP... */
    int arguments;
    const char *require, *ops;
    int chains;                    /* random chains; -1: chosen */
    int unit[VERIFY_UNITS], units; /* ops by number, and VERIFY_CHAINS and VERIFY_LAWS */
    struct flynn_backend backend[VERIFY_BACKENDS];
    bool required[VERIFY_BACKENDS];
    long backend_executed[VERIFY_BACKENDS];
    int count;
    /* what happened */
    long executed, skipped, failed, refused;
    long op_executed; /* of the op at hand */
    int op_backends, op_failed;
    bool lacking; /* a backend could not run what it should */
};

/** The backends of -b, then those of --require that it does not name. */
int verify_list_backends(struct verify *v, struct flynn_err *err);

int verify_backend_index(const struct verify *v, const char *name);

/** Whether a skip on a backend that runs means that a kernel is broken. */
bool verify_is_broken(const struct flynn_backend *backend);

const char *verify_unit_name(int unit);

/** Number of backends that failed, or a negative error. */
int verify_unit(struct verify *v, int unit, flynn_verify_report *to, void *arg, struct flynn_err *err);

void verify_show_progress(const struct verify *v, const char *name);

/** Count and print one result, and the end of a unit with its number of failures, or an error, which is returned. */
void verify_report(struct verify *v, const struct flynn_verify_result *r, bool broken);
int verify_done(struct verify *v, const char *name, int failed);

/** Inside a crew: verify what there is to take. Returns the exit status. */
int verify_in_crew(struct verify *v, const struct cli_crew *crew);

/** Hand out all units, and report them in their order as they come in. */
int verify_by_crew(struct verify *v, struct cli_crew *crew, struct flynn_err *err);

#endif
