/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/batch_files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int out_of_memory(struct flynn_err *err)
{
    return flynn_fail(err, FLYNN_ELIMIT, "out of memory for the list of files");
}

/* FOLDER/NAME, with another suffix when there is one. NULL: out of memory. */
static char *output_path(const char *folder, const char *name, const char *suffix)
{
    const char *dot = suffix ? strrchr(name, '.') : NULL;
    int stem = dot && dot > name ? (int)(dot - name) : (int)strlen(name);
    size_t n = strlen(folder);
    char *path;
    if (asprintf(&path, "%s%s%.*s%s%s", folder, n && folder[n - 1] == '/' ? "" : "/", stem, name, suffix ? "." : "",
                 suffix ? suffix : "") < 0)
        return NULL;
    return path;
}

int cli_batch_add(struct cli_batch_files *files, const char *in, const char *folder, const char *suffix,
                  const struct cli_options *options, struct flynn_err *err)
{
    const char *slash = strrchr(in, '/');
    const char *name = slash ? slash + 1 : in;
    if (strcmp(in, "-") == 0)
        return flynn_fail(err, FLYNN_EUSAGE, "-: stdin has no name to write under; `flynn run - OUT` takes it");
    if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return flynn_fail(err, FLYNN_EUSAGE, "%s: names no file", *in ? in : "an empty argument");
    if (files->count == files->room) {
        int room = files->room ? 2 * files->room : 64;
        struct cli_batch_file *more =
            files->room > INT_MAX / 2 ? NULL : realloc(files->file, (size_t)room * sizeof *more);
        if (!more)
            return out_of_memory(err);
        files->file = more;
        files->room = room;
    }
    struct cli_batch_file *file = &files->file[files->count++];
    file->in = cli_input_name(in, options);
    file->out = output_path(folder, name, suffix);
    return file->in && file->out ? FLYNN_OK : out_of_memory(err);
}

int cli_batch_add_list(struct cli_batch_files *files, const char *list, bool null, const char *folder,
                       const char *suffix, const struct cli_options *options, struct flynn_err *err)
{
    bool std = strcmp(list, "-") == 0;
    FILE *stream = std ? stdin : fopen(list, "re");
    int end = null ? '\0' : '\n', code = FLYNN_OK;
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    if (!stream)
        return flynn_fail(err, FLYNN_EIO, "--files=%s: cannot be opened: %s", list, strerror(errno));
    while (!code && (n = getdelim(&line, &size, end, stream)) > 0) {
        n -= line[n - 1] == end;
        line[n] = '\0';
        if (strlen(line) < (size_t)n)
            code = flynn_fail(err, FLYNN_EUSAGE, "--files=%s: a NUL in a name; -0 reads lists that NULs divide", list);
        else if (n)
            code = cli_batch_add(files, line, folder, suffix, options, err);
    }
    if (!code && ferror(stream))
        code = flynn_fail(err, FLYNN_EIO, "--files=%s: reading failed: %s", list, strerror(errno));
    free(line);
    if (!std)
        fclose(stream);
    return code;
}

static int by_output(const void *a, const void *b)
{
    const struct cli_batch_file *const *x = a, *const *y = b;
    int order = strcmp((*x)->out, (*y)->out);
    /* Equal ones in the order in which they were named. */
    return order ? order : (*x > *y) - (*x < *y);
}

int cli_batch_check(const struct cli_batch_files *files, struct flynn_err *err)
{
    size_t n = (size_t)files->count;
    const struct cli_batch_file **sorted = malloc((n + 1) * sizeof(struct cli_batch_file *));
    int code = FLYNN_OK;
    if (!sorted)
        return out_of_memory(err);
    for (size_t i = 0; i < n; i++)
        sorted[i] = &files->file[i];
    qsort(sorted, n, sizeof *sorted, by_output);
    for (size_t i = 1; i < n && !code; i++) {
        if (strcmp(sorted[i]->out, sorted[i - 1]->out) == 0)
            code = flynn_fail(err, FLYNN_EUSAGE, "%s and %s would both become %s; name one of them, or use two folders",
                              sorted[i - 1]->in, sorted[i]->in, sorted[i]->out);
    }
    free(sorted);
    return code;
}

void cli_batch_files_free(struct cli_batch_files *files)
{
    for (int i = 0; i < files->count; i++) {
        free(files->file[i].in);
        free(files->file[i].out);
    }
    free(files->file);
    *files = (struct cli_batch_files){0};
}
