/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CLI_BATCH_FILES_H
#define FLYNN_CLI_BATCH_FILES_H

#include "cli/batch.h"
#include "cli/options.h"

/** The files of a batch: where each is read and where its result goes. Zero-initialise. */
struct cli_batch_files {
    struct cli_batch_file *file;
    int count, room;
};

/** Add an input whose result goes into `folder` under the same name; the name's suffix becomes `suffix` unless that is
 * NULL. FLYNN_EUSAGE for names that are none, such as "-" and "folder/". */
int cli_batch_add(struct cli_batch_files *files, const char *in, const char *folder, const char *suffix,
                  const struct cli_options *options, struct flynn_err *err);

/** Add the inputs that a list names ("-": stdin), one a line, or ended by NUL. Empty names are left out. */
int cli_batch_add_list(struct cli_batch_files *files, const char *list, bool null, const char *folder,
                       const char *suffix, const struct cli_options *options, struct flynn_err *err);

/** FLYNN_EUSAGE when two inputs would go to the same output. */
int cli_batch_check(const struct cli_batch_files *files, struct flynn_err *err);

void cli_batch_files_free(struct cli_batch_files *files);

#endif
