/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "flynn_commit.h"
#include "flynn_config.h"

#include <flynn/backend.h>
#include <flynn/file.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct command {
    const char *name;
    cli_command *main;
    const char *summary;
} commands[] = {
    {"run", cli_run, "IN OUT [OP...]     apply ops to an image or a matrix and write the result"},
    {"batch", cli_batch,
     "-o DIR [OP...] -- IN...\n                               the same ops on many files, several at once"},
    {"compare", cli_compare, "IN OP...       every backend side by side: checked, timed, against the limit"},
    {"verify", cli_verify, "[IN OP...]      every op on every backend against the scalar reference"},
    {"tune", cli_tune, "[PROBE...]        measures this machine once, and remembers what it does best"},
    {"diff", cli_diff, "A B               two images or matrices: equal, or how far apart and where"},
    {"ops", cli_ops, "[OP]               the catalogue; one op's parameters and exact definition"},
    {"info", cli_info, "                  CPU, instruction sets, threads, OpenCL devices, versions"},
};

#define COMMANDS (sizeof commands / sizeof *commands)

static void print_help(void)
{
    puts("Usage: flynn COMMAND [OPTION...] [ARGUMENT...]\n"
         "Run image and matrix workloads as SISD, SIMD, MIMD and on OpenCL devices, with one answer.\n\n"
         "Commands (`flynn COMMAND --help` explains each):");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  flynn %s %s\n", commands[i].name, commands[i].summary);
    puts("\n  flynn --version    version, commit and compiler\n"
         "  flynn --help       this help\n\n"
         "An OP is name[:value][,key=value...], such as gaussian:2 or resize:width=640,height=480.\n"
         "IN is a file, - for stdin, or gen:KIND:WxH, such as gen:scene:640x480.\n\n"
         "Examples:\n"
         "  flynn run photo.ppm soft.ppm gaussian:2\n"
         "  flynn compare gen:scene:4000x3000 gaussian:2\n"
         "  flynn ops gaussian\n\n" CLI_STATUS_HELP);
}

static void print_version(void)
{
    printf("flynn %s (%s, %s, %s)\n", FLYNN_VERSION, FLYNN_COMMIT, FLYNN_COMPILER, FLYNN_FLAGS);
}

static int unknown_command(const char *word)
{
    const char *names[COMMANDS + 1] = {NULL};
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    const char *nearest = cli_nearest(word, names);
    if (nearest)
        return cli_usage("unknown command '%s'; did you mean '%s'?", word, nearest);
    if (flynn_op_find(word) >= 0)
        return cli_usage("'%s' is an op, not a command; write `flynn run IN OUT %s`", word, word);
    return cli_usage("unknown command '%s'; `flynn --help` lists them all", word);
}

/* Leave no temporary files, then end by the same signal, which the shell shows as 128 + its number. */
static void on_signal(int number)
{
    flynn_writer_abandon_all();
    raise(number);
}

/* A second input is mapped: reading what is no longer there raises this signal. */
static void on_lost_page(int number)
{
    static const char text[] = "flynn: an input file became shorter while it was read\n";
    (void)number;
    flynn_writer_abandon_all();
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    (void)written;
    _exit(CLI_FAILED);
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU, SIGALRM, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++) {
        struct sigaction old;
        if (sigaction(ending[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(ending[i], &action, NULL);
    }
    /* Writing fails then, and says so. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGBUS, on_lost_page);
}

/* A stream that is closed keeps its number, or the next file gets it and messages go into a picture. Opened the wrong
 * way round, using it fails as before. */
static void hold_closed_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            _exit(CLI_FAILED);
    }
}

int main(int argc, char **argv)
{
    hold_closed_streams();
    catch_signals();
    if (argc < 2)
        return cli_usage("a command is missing; `flynn --help` lists them all");
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        print_help();
        return cli_finish(CLI_OK);
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        print_version();
        return cli_finish(CLI_OK);
    }
    if (word[0] == '-')
        return cli_usage("option %s stands before the command; write `flynn COMMAND %s`", word, word);
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(word, commands[i].name) == 0) {
            int status = commands[i].main(argc - 1, argv + 1);
            flynn_backend_shutdown();
            return cli_finish(status);
        }
    }
    return unknown_command(word);
}
