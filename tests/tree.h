/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_TESTS_TREE_H
#define FLYNN_TESTS_TREE_H

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/** A folder of made-up system files: give make_tree and remove_tree to the TestSuite, and `tree` as the root. */
static char tree[] = "/tmp/flynn-test-XXXXXX";

static inline void make_tree(void)
{
    if (!mkdtemp(tree)) {
        perror(tree);
        abort();
    }
}

static inline int tree_drop(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)st;
    (void)flag;
    (void)at;
    return remove(path);
}

static inline void remove_tree(void)
{
    nftw(tree, tree_drop, 8, FTW_DEPTH | FTW_PHYS);
}

/** Write tree/path, making its folders. */
static inline void tree_put(const char *path, const char *text)
{
    char name[PATH_MAX];

    snprintf(name, sizeof name, "%s%s", tree, path);
    for (char *p = name + strlen(tree) + 1; *p; p++) {
        if (*p == '/') {
            *p = '\0';
            mkdir(name, 0777);
            *p = '/';
        }
    }
    FILE *f = fopen(name, "w");
    if (!f || fputs(text, f) < 0 || fclose(f)) {
        perror(name);
        abort();
    }
}

#endif
