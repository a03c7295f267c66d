/* SPDX-License-Identifier: Apache-2.0 */
#include "opencl/source.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_FILES 16 /* included by one kernel */

struct expansion {
    FILE *to;
    char seen[MAX_FILES][64];
    int files;
};

static char *read_all(FILE *file)
{
    char *text = NULL;
    size_t length = 0, room = 0;
    do {
        room += 65536;
        char *more = realloc(text, room + 1);
        if (!more) {
            free(text);
            return NULL;
        }
        text = more;
        length += fread(text + length, 1, room - length, file);
    } while (length == room);
    text[length] = '\0';
    return text;
}

/* The text of a file, to be freed: from FLYNN_KERNEL_DIR when it is there, else the embedded one. */
static int find(char **text, const char *name, struct flynn_err *err)
{
    const char *folder = getenv("FLYNN_KERNEL_DIR");
    if (folder && *folder) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, name);
        FILE *file = fopen(path, "r");
        if (file) {
            *text = read_all(file);
            fclose(file);
            return *text ? FLYNN_OK : flynn_fail(err, FLYNN_ELIMIT, "%s: out of memory", path);
        }
        if (errno != ENOENT || access(folder, F_OK))
            return flynn_fail(err, FLYNN_EIO, "%s (FLYNN_KERNEL_DIR): %s", path, strerror(errno));
    }
    for (int i = 0; i < flynn_cl_file_count; i++) {
        if (strcmp(flynn_cl_files[i].name, name) == 0) {
            *text = strdup(flynn_cl_files[i].text);
            return *text ? FLYNN_OK : flynn_fail(err, FLYNN_ELIMIT, "out of memory for %s", name);
        }
    }
    return flynn_fail(err, FLYNN_EUNAVAILABLE, "there is no kernel file %s", name);
}

/* The file that an include line names, if it is one. */
static bool include_line(const char *line, char name[64])
{
    static const char *directive = "#include \"";
    size_t n = strlen(directive);
    return strncmp(line, directive, n) == 0 && sscanf(line + n, "%63[^\"\n]", name) == 1;
}

/* True when the file was not seen before. */
static bool note(struct expansion *e, const char *name)
{
    for (int i = 0; i < e->files; i++) {
        if (strcmp(e->seen[i], name) == 0)
            return false;
    }
    if (e->files < MAX_FILES)
        snprintf(e->seen[e->files++], sizeof e->seen[0], "%s", name);
    return e->files < MAX_FILES;
}

static int expand(struct expansion *e, const char *name, struct flynn_err *err)
{
    char *text, inner[64];
    int code = find(&text, name, err);
    if (code)
        return code;
    fprintf(e->to, "#line 1 \"%s\"\n", name);
    int number = 1;
    for (char *line = text; !code && *line; number++) {
        size_t length = strcspn(line, "\n");
        if (!include_line(line, inner)) {
            fprintf(e->to, "%.*s\n", (int)length, line);
        } else if (note(e, inner)) {
            code = expand(e, inner, err);
            fprintf(e->to, "#line %d \"%s\"\n", number + 1, name);
        } else {
            fputc('\n', e->to);
        }
        line += length + (line[length] == '\n');
    }
    free(text);
    return code;
}

int flynn_cl_source(char **source, const char *op, struct flynn_err *err)
{
    size_t length;
    char name[64];
    struct expansion e = {.to = open_memstream(source, &length)};
    if (!e.to)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory for the source of %s", op);
    snprintf(name, sizeof name, "%s.cl", op);
    for (char *p = name; *p; p++) /* color-matrix stands in color_matrix.cl */
        *p = *p == '-' ? '_' : *p;
    note(&e, name);
    int code = expand(&e, name, err);
    if (fclose(e.to) != 0 && !code)
        code = flynn_fail(err, FLYNN_ELIMIT, "out of memory for the source of %s", op);
    if (code) {
        free(*source);
        *source = NULL;
    }
    return code;
}
