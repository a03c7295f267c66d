/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/threads.h"
#include "cpu/pool.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A mounted cgroup hierarchy that can hold CPU quotas, and the place of this process in it. */
struct hierarchy {
    char mount[PATH_MAX]; /* where it is mounted */
    char top[PATH_MAX];   /* the group that appears there */
    char group[PATH_MAX]; /* the group of this process */
    bool mounted, member;
};

int flynn_affinity_cpus(void)
{
    for (int cpus = 1024; cpus <= 1 << 20; cpus *= 4) {
        cpu_set_t *set = CPU_ALLOC(cpus);
        size_t size = CPU_ALLOC_SIZE(cpus);
        if (!set)
            break;
        int failed = sched_getaffinity(0, size, set) ? errno : 0;
        int n = failed ? 0 : CPU_COUNT_S(size, set);
        CPU_FREE(set);
        if (n > 0)
            return n;
        if (failed != EINVAL)
            break;
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

/* ---- control groups ------------------------------------------------------------------------------------------ */

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
static void read_mount(char *line, struct hierarchy *v1, struct hierarchy *v2)
{
    char top[PATH_MAX], mount[PATH_MAX], type[32], super[1024];
    char *rest = strstr(line, " - ");

    if (!rest || sscanf(line, "%*s %*s %*s %4095s %4095s", top, mount) != 2)
        return;
    if (sscanf(rest + 3, "%31s %*s %1023s", type, super) != 2)
        return;
    struct hierarchy *h = NULL;
    if (!strcmp(type, "cgroup2"))
        h = v2;
    else if (!strcmp(type, "cgroup") && in_list(super, "cpu"))
        h = v1;
    if (!h || h->mounted)
        return;
    unescape(top);
    unescape(mount);
    memcpy(h->top, top, sizeof top);
    memcpy(h->mount, mount, sizeof mount);
    h->mounted = true;
}

/* One line of /proc/self/cgroup: NUMBER:CONTROLLERS:GROUP, the controllers are empty in version 2. */
static void read_member(char *line, struct hierarchy *v1, struct hierarchy *v2)
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
        h = v2;
    else if (in_list(controllers, "cpu"))
        h = v1;
    if (!h || strlen(group) >= sizeof h->group)
        return;
    strcpy(h->group, group);
    h->member = true;
}

static void read_lines(const char *root, const char *path, void (*take)(char *, struct hierarchy *, struct hierarchy *),
                       struct hierarchy *v1, struct hierarchy *v2)
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
        take(line, v1, v2);
    free(line);
    fclose(f);
}

/* The first line of dir/file; false when it cannot be read. */
static bool read_first(char *text, int size, const char *dir, const char *file)
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

/* CPUs that the quota of one group is worth; none when it is not above 0. */
static double group_quota(const char *dir, bool version2)
{
    char text[64];
    long long quota = 0, period = 0;

    if (version2) {
        if (!read_first(text, sizeof text, dir, "cpu.max") || sscanf(text, "%lld %lld", &quota, &period) != 2)
            return 0;
    } else {
        if (!read_first(text, sizeof text, dir, "cpu.cfs_quota_us") || sscanf(text, "%lld", &quota) != 1)
            return 0;
        if (!read_first(text, sizeof text, dir, "cpu.cfs_period_us") || sscanf(text, "%lld", &period) != 1)
            return 0;
    }
    return period > 0 ? (double)quota / (double)period : 0;
}

/* The least quota of the process's group and of all groups above it that can be seen; 0: none. */
static double hierarchy_quota(const struct hierarchy *h, const char *root, bool version2)
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
        double quota = group_quota(dir, version2);
        if (quota > 0 && (least <= 0 || quota < least))
            least = quota;
        char *slash = strrchr(dir + base, '/');
        if (!slash)
            return least;
        *slash = '\0';
    }
}

static double cgroup_quota(const char *root)
{
    struct hierarchy *h = calloc(2, sizeof *h);

    if (!h)
        return 0;
    read_lines(root, "/proc/self/mountinfo", read_mount, &h[0], &h[1]);
    read_lines(root, "/proc/self/cgroup", read_member, &h[0], &h[1]);
    double v1 = hierarchy_quota(&h[0], root, false);
    double v2 = hierarchy_quota(&h[1], root, true);
    free(h);
    return v1 > 0 && (v2 <= 0 || v1 < v2) ? v1 : v2;
}

/* ---- the answer ---------------------------------------------------------------------------------------------- */

static int parse_threads(const char *text, int *threads, struct flynn_err *err)
{
    char *end;

    errno = 0;
    long n = strtol(text, &end, 10);
    if (errno || end == text || *end || n < 1 || n > FLYNN_POOL_MAX)
        return flynn_fail(err, FLYNN_EUSAGE, "FLYNN_NUM_THREADS: '%.40s' is not a number of threads, give 1 to %d",
                          text, FLYNN_POOL_MAX);
    *threads = (int)n;
    return 0;
}

int flynn_cpu_count_from(struct flynn_cpu_count *count, const char *root, const char *env, int affinity,
                         struct flynn_err *err)
{
    char quota[32] = "none";
    int asked = 0;

    if (env && *env) {
        int code = parse_threads(env, &asked, err);
        if (code)
            return code;
    }
    count->affinity = affinity > 0 ? affinity : 1;
    count->quota = cgroup_quota(root);
    count->threads = count->affinity;
    if (count->quota > 0) {
        snprintf(quota, sizeof quota, "%.3g", count->quota);
        if (ceil(count->quota) < count->threads)
            count->threads = (int)ceil(count->quota);
    }
    if (asked)
        count->threads = asked;
    snprintf(count->text, sizeof count->text, "%d: %saffinity %d, cgroup quota %s%s", count->threads,
             asked ? "FLYNN_NUM_THREADS (" : "", count->affinity, quota, asked ? ")" : "");
    return 0;
}

int flynn_cpu_count(struct flynn_cpu_count *count, struct flynn_err *err)
{
    return flynn_cpu_count_from(count, "", getenv("FLYNN_NUM_THREADS"), flynn_affinity_cpus(), err);
}
