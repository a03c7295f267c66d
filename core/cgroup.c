/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cgroup.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A mounted cgroup hierarchy, and the place of this process in it. */
struct hierarchy {
    char mount[PATH_MAX]; /* where it is mounted */
    char top[PATH_MAX];   /* the group that appears there */
    char group[PATH_MAX]; /* the group of this process */
    bool mounted, member;
};

/* Those that can hold limits of a controller. */
struct hierarchies {
    const char *controller;
    struct hierarchy v1, v2;
};

/* Is `word` one of the words of a comma separated list? */
static bool in_list(const char *list, const char *word)
{
    size_t n = strlen(word);

    for (const char *p = list; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
        if (!strncmp(p, word, n) && (p[n] == ',' || p[n] == '\0' || p[n] == '\n'))
            return true;
    return false;
}

/* mountinfo writes blanks, tabs, newlines and backslashes of a path as three octal digits. */
static void unescape(char *s)
{
    char *to = s;

    while (*s) {
        if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
            *to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
            s += 4;
        } else {
            *to++ = *s++;
        }
    }
    *to = '\0';
}

/* One line of mountinfo: ID PARENT DEVICE TOP MOUNT OPTIONS [TAGS...] - TYPE SOURCE SUPER_OPTIONS. */
static void read_mount(char *line, struct hierarchies *of)
{
    char top[PATH_MAX], mount[PATH_MAX], type[32], super[1024];
    char *rest = strstr(line, " - ");

    if (!rest || sscanf(line, "%*s %*s %*s %4095s %4095s", top, mount) != 2)
        return;
    if (sscanf(rest + 3, "%31s %*s %1023s", type, super) != 2)
        return;
    struct hierarchy *h = NULL;
    if (!strcmp(type, "cgroup2"))
        h = &of->v2;
    else if (!strcmp(type, "cgroup") && in_list(super, of->controller))
        h = &of->v1;
    if (!h || h->mounted)
        return;
    unescape(top);
    unescape(mount);
    memcpy(h->top, top, sizeof top);
    memcpy(h->mount, mount, sizeof mount);
    h->mounted = true;
}

/* One line of /proc/self/cgroup: NUMBER:CONTROLLERS:GROUP, the controllers are empty in version 2. */
static void read_member(char *line, struct hierarchies *of)
{
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;

    if (!group)
        return;
    *controllers++ = '\0';
    *group++ = '\0';
    group[strcspn(group, "\n")] = '\0';
    struct hierarchy *h = NULL;
    if (!*controllers && !strcmp(line, "0"))
        h = &of->v2;
    else if (in_list(controllers, of->controller))
        h = &of->v1;
    if (!h || strlen(group) >= sizeof h->group)
        return;
    strcpy(h->group, group);
    h->member = true;
}

static void read_lines(const char *root, const char *path, void (*take)(char *, struct hierarchies *),
                       struct hierarchies *of)
{
    char name[PATH_MAX];
    char *line = NULL;
    size_t size = 0;

    if (snprintf(name, sizeof name, "%s%s", root, path) >= (int)sizeof name)
        return;
    FILE *f = fopen(name, "re");
    if (!f)
        return;
    while (getline(&line, &size, f) > 0)
        take(line, of);
    free(line);
    fclose(f);
}

bool flynn_cgroup_read(char *text, int size, const char *dir, const char *file)
{
    char name[PATH_MAX];

    if (snprintf(name, sizeof name, "%s/%s", dir, file) >= (int)sizeof name)
        return false;
    FILE *f = fopen(name, "re");
    if (!f)
        return false;
    bool ok = fgets(text, size, f) != NULL;
    fclose(f);
    return ok;
}

/* The least limit of the process's group and of all groups above it that can be seen; 0: none. */
static double hierarchy_least(const struct hierarchy *h, const char *root, bool version2, flynn_cgroup_limit *limit,
                              const void *arg)
{
    char dir[2 * PATH_MAX];
    const char *group = h->group;
    size_t top = strcmp(h->top, "/") ? strlen(h->top) : 0;
    double least = 0;

    if (!h->mounted || !h->member)
        return 0;
    /* In a container the mount may show the container's own group at its top, or a group outside of what is visible. */
    if (strncmp(group, h->top, top) || (group[top] != '/' && group[top] != '\0') || strstr(group, "/.."))
        group = "";
    else
        group += top;
    int base = snprintf(dir, sizeof dir, "%s%s", root, h->mount);
    if (base < 0 || base + strlen(group) >= sizeof dir)
        return 0;
    strcpy(dir + base, group);
    for (;;) {
        double here = limit(dir, version2, arg);
        if (here > 0 && (least <= 0 || here < least))
            least = here;
        char *slash = strrchr(dir + base, '/');
        if (!slash)
            return least;
        *slash = '\0';
    }
}

double flynn_cgroup_least(const char *root, const char *controller, flynn_cgroup_limit *limit, const void *arg)
{
    struct hierarchies *of = calloc(1, sizeof *of);

    if (!of)
        return 0;
    of->controller = controller;
    read_lines(root, "/proc/self/mountinfo", read_mount, of);
    read_lines(root, "/proc/self/cgroup", read_member, of);
    double v1 = hierarchy_least(&of->v1, root, false, limit, arg);
    double v2 = hierarchy_least(&of->v2, root, true, limit, arg);
    free(of);
    return v1 > 0 && (v2 <= 0 || v1 < v2) ? v1 : v2;
}
