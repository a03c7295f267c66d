/* SPDX-License-Identifier: Apache-2.0 */
#include "opencl/probe.h"

#include "opencl/cache.h"
#include "opencl/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TEXT_SIZE     32768
#define DEFAULT_LIMIT 30.0 /* seconds for one child */
#define RETRY         600  /* seconds after which a bad verdict is tried again */
#define SLOW          1.0  /* a bad verdict that came faster is not worth remembering */

/* One child at work. */
struct child {
    pid_t pid;
    int report, noise;  /* read ends: its lines, and what the runtime writes to stderr */
    char *text;         /* TEXT_SIZE, lines of all children so far */
    size_t used, start; /* `start`: where this child's lines begin */
    char last[160];     /* the last line on stderr */
    unsigned skip;      /* platforms that need no visit: bits */
    bool unsorted;      /* the loader must not sort platforms */
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double time_limit(void)
{
    const char *text = getenv("FLYNN_OPENCL_TIMEOUT");
    char *end;
    double limit = text ? strtod(text, &end) : 0;
    return limit > 0 && limit < 86400 ? limit : DEFAULT_LIMIT;
}

/* The child runs only this code and leaves by _exit: no handler of the parent, no core file, no output. */
__attribute__((noreturn)) static void be_child(int report, int noise, const struct child *c, pid_t parent)
{
    static const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTERM, SIGINT, SIGPIPE, SIGALRM, SIGCHLD};
    sigset_t none;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        signal(signals[i], SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    int null = open("/dev/null", O_RDWR);
    if (null >= 0) {
        dup2(null, 0);
        dup2(null, 1);
    }
    dup2(noise, 2);
    if (c->unsorted)
        setenv("OCL_ICD_PLATFORM_SORT", "none", 1);
    if (getppid() == parent)
        flynn_cl_probe_child(report, c->skip);
    _exit(0);
}

static bool start(struct child *c)
{
    int report[2], noise[2];
    if (pipe2(report, O_CLOEXEC) != 0)
        return false;
    if (pipe2(noise, O_CLOEXEC) != 0) {
        close(report[0]);
        close(report[1]);
        return false;
    }
    pid_t parent = getpid();
    c->pid = fork();
    if (c->pid == 0)
        be_child(report[1], noise[1], c, parent);
    if (c->pid > 0)
        setpgid(c->pid, c->pid);
    close(report[1]);
    close(noise[1]);
    c->report = report[0];
    c->noise = noise[0];
    c->start = c->used;
    c->last[0] = '\0';
    return c->pid > 0;
}

/* Append what is there to the text. False at the end of the pipe. */
static bool read_report(struct child *c)
{
    size_t room = TEXT_SIZE - 1 - c->used;
    ssize_t n = read(c->report, c->text + c->used, room);
    if (n > 0)
        c->used += (size_t)n;
    c->text[c->used] = '\0';
    return n > 0 || (n < 0 && errno == EINTR);
}

/* Keep the last line that holds anything. False at the end of the pipe. */
static bool read_noise(struct child *c)
{
    char chunk[2048];
    ssize_t n = read(c->noise, chunk, sizeof chunk - 1);
    if (n <= 0)
        return n < 0 && errno == EINTR;
    chunk[n] = '\0';
    char *rest;
    for (char *line = strtok_r(chunk, "\r\n", &rest); line; line = strtok_r(NULL, "\r\n", &rest))
        snprintf(c->last, sizeof c->last, "%.150s", line);
    for (char *p = c->last; *p; p++)
        *p = (unsigned char)*p < ' ' ? ' ' : *p;
    return true;
}

static bool finished(const struct child *c)
{
    return strstr(c->text + c->start, "\ndone\n") || strncmp(c->text + c->start, "done\n", 5) == 0;
}

/* Listen until the child said `done`, is dead, or the time is over. A dead child's pipes may be held open by processes
 * that the runtime started, so its death is asked for too. True when it did not exceed the limit; *status as by
 * waitpid. */
static bool attend(struct child *c, double limit, int *status)
{
    const double end = now() + limit;
    bool report = true, noise = true, dead = false, drained = false;
    while (!finished(c) && !drained && now() < end) {
        drained = dead;
        struct pollfd fds[2] = {{report ? c->report : -1, POLLIN, 0}, {noise ? c->noise : -1, POLLIN, 0}};
        poll(fds, 2, dead ? 0 : 20);
        if (fds[0].revents)
            report = read_report(c);
        if (fds[1].revents)
            noise = read_noise(c);
        if (fds[0].revents || fds[1].revents)
            drained = false;
        if (!dead && waitpid(c->pid, status, WNOHANG) == c->pid)
            dead = true;
        if (!report && !noise)
            drained = dead;
        if (!report && !noise && !dead)
            usleep(2000);
    }
    bool in_time = finished(c) || dead;
    if (!dead) {
        kill(-c->pid, SIGKILL);
        kill(c->pid, SIGKILL);
        while (waitpid(c->pid, status, 0) < 0 && errno == EINTR)
            continue;
    }
    return in_time;
}

/* The platform that the child was at when it fell silent, or -1; `device` gets the name of the device, or "". */
static int where(const char *text, char device[96])
{
    int at = -1, p;
    device[0] = '\0';
    for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
        if (sscanf(line, "platform\t%d", &p) == 1) {
            at = p;
            device[0] = '\0';
        } else if (sscanf(line, "end\t%d", &p) == 1) {
            at = -1;
        } else if (strncmp(line, "try\t", 4) == 0) {
            device[0] = '\0';
            sscanf(line, "try\t%*d\t%*d\t%95[^\n]", device);
        }
    }
    return at;
}

static void append(struct child *c, const char *line)
{
    int n = snprintf(c->text + c->used, TEXT_SIZE - c->used, "%s\n", line);
    if (n > 0 && c->used + (size_t)n < TEXT_SIZE)
        c->used += (size_t)n;
    c->text[c->used] = '\0';
}

/* What ended the child, as a line of the report. Returns the platform to skip from now on, or -1. */
static int obituary(struct child *c, bool in_time, int status, double limit)
{
    char how[96], device[96], line[512];
    if (!in_time)
        snprintf(how, sizeof how, "gave no answer within %g s", limit);
    else if (WIFSIGNALED(status))
        snprintf(how, sizeof how, "crashed (%s)", strsignal(WTERMSIG(status)));
    else
        snprintf(how, sizeof how, "ended the process (exit status %d)", WEXITSTATUS(status));
    const char *colon = c->last[0] ? ": " : "", *vendors = getenv("OCL_ICD_VENDORS");
    int p = where(c->text + c->start, device);
    if (p >= 0)
        snprintf(line, sizeof line, "dead\t%d\tits runtime %s%s%s%s%s", p, how, device[0] ? " while trying " : "",
                 device, colon, c->last);
    else
        snprintf(line, sizeof line,
                 "none\tOpenCL %s while %s%s%.80s; a runtime of %s is broken: OCL_ICD_VENDORS=FILE.icd tries one alone",
                 how,
                 strstr(c->text + c->start, "listing\n") ? "the loader listed the platforms" : "the loader was loaded",
                 colon, c->last, vendors && *vendors ? vendors : "/etc/OpenCL/vendors");
    append(c, line);
    return p;
}

/* Platforms that were done with before the failure, and the one that failed. */
static void skip_visited(struct child *c, int failed)
{
    int p;
    for (const char *line = c->text + c->start; line; line = strstr(line + 1, "\nend\t")) {
        if (sscanf(line, "\nend\t%d", &p) == 1 && p >= 0 && p < FLYNN_CL_MAX_PLATFORMS)
            c->skip |= 1u << p;
    }
    if (failed >= 0 && failed < FLYNN_CL_MAX_PLATFORMS)
        c->skip |= 1u << failed;
}

/* Whether the loader failed at listing. ocl-icd asks every runtime for its devices then, in order to sort the
 * platforms, and gets past a runtime that fails only there when it is told not to sort. */
static bool worth_unsorted(const struct child *c)
{
    return !c->unsorted && strcmp(c->text + c->start, "listing\n") == 0;
}

/* Run children until one is done. *clean tells that none died. */
static void run_children(char *text, double limit, bool *clean)
{
    struct child c = {.text = text};
    *clean = true;
    for (int i = 0; i <= FLYNN_CL_MAX_PLATFORMS + 1; i++) {
        int status = 0;
        if (!start(&c)) {
            append(&c, "none\tthe OpenCL probe cannot start a process");
            return;
        }
        bool in_time = attend(&c, limit, &status);
        close(c.report);
        close(c.noise);
        if (finished(&c))
            return;
        *clean = false;
        if (worth_unsorted(&c)) {
            c.unsorted = true;
            append(&c, "unsorted");
            continue;
        }
        int failed = obituary(&c, in_time, status, limit);
        if (failed < 0)
            return;
        skip_visited(&c, failed);
    }
}

static void parse_line(struct flynn_cl_report *r, const char *line)
{
    int p, d, n;
    if (sscanf(line, "none\t%299[^\n]", r->none) == 1)
        return;
    r->unsorted = r->unsorted || strncmp(line, "unsorted\n", 9) == 0;
    if (sscanf(line, "platforms\t%d", &n) == 1)
        r->platforms = n < 0 ? 0 : n < FLYNN_CL_MAX_PLATFORMS ? n : FLYNN_CL_MAX_PLATFORMS;
    if (sscanf(line, "%*[a-z]\t%d", &p) != 1 || p < 0 || p >= FLYNN_CL_MAX_PLATFORMS)
        return;
    struct flynn_cl_platform_report *platform = &r->platform[p];
    sscanf(line, "platform\t%*d\t%95[^\n]", platform->name);
    sscanf(line, "dead\t%*d\t%299[^\n]", platform->why);
    if (sscanf(line, "devices\t%*d\t%d", &n) == 1)
        platform->devices = n < 0 ? 0 : n < FLYNN_CL_MAX_DEVICES ? n : FLYNN_CL_MAX_DEVICES;
    if (sscanf(line, "bad\t%*d\t%d", &d) == 1 && d >= 0 && d < FLYNN_CL_MAX_DEVICES)
        sscanf(line, "bad\t%*d\t%*d\t%199[^\n]", platform->bad[d]);
}

void flynn_cl_report_parse(struct flynn_cl_report *report, const char *text)
{
    memset(report, 0, sizeof *report);
    for (const char *line = text, *end; line && *line; line = end ? end + 1 : NULL) {
        parse_line(report, line);
        end = strchr(line, '\n');
    }
}

static bool any_device(const struct flynn_cl_report *r)
{
    for (int p = 0; p < r->platforms; p++) {
        if (r->platform[p].devices > 0 && !r->platform[p].why[0])
            return true;
    }
    return false;
}

/* The remembered lines, unless they are bad news that is too old. The first line is the time of the verdict. */
static char *recall(const char *name, const char *key)
{
    size_t bytes;
    long long when = 0;
    int good = 0;
    char *text = flynn_cl_cache_read(name, key, &bytes);
    if (text && sscanf(text, "verdict\t%d\t%lld", &good, &when) == 2) {
        long long age = (long long)time(NULL) - when;
        if (good || (age >= 0 && age < RETRY))
            return text;
    }
    free(text);
    return NULL;
}

static void probe(struct flynn_cl_report *report)
{
    char name[64], hex[33] = "";
    char *key = flynn_cl_probe_key();
    if (key)
        flynn_cl_hash_text(hex, key);
    snprintf(name, sizeof name, "probe-%s", hex);
    char *text = key ? recall(name, key) : NULL;
    if (text) {
        flynn_cl_report_parse(report, text);
    } else if ((text = calloc(1, TEXT_SIZE + 64))) {
        bool clean;
        const double begin = now();
        char *lines = text + 64; /* room for the first line in front */
        run_children(lines, time_limit(), &clean);
        flynn_cl_report_parse(report, lines);
        const bool good = clean && any_device(report);
        char first[64];
        int n = snprintf(first, sizeof first, "verdict\t%d\t%lld\n", good, (long long)time(NULL));
        memcpy(lines - n, first, (size_t)n);
        if (key && (good || !clean || now() - begin > SLOW))
            flynn_cl_cache_write(name, key, lines - n, (size_t)n + strlen(lines));
    } else {
        memset(report, 0, sizeof *report);
        snprintf(report->none, sizeof report->none, "out of memory");
    }
    free(text);
    free(key);
}

void flynn_cl_probe(struct flynn_cl_report *report)
{
    static struct flynn_cl_report first;
    if (!flynn_cl.GetPlatformIDs)
        probe(&first);
    *report = first;
}
