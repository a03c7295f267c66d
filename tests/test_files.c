/* SPDX-License-Identifier: Apache-2.0 */
#include "file_helpers.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(files, .init = scratch_make, .fini = scratch_remove);

static struct flynn_err err;

/* ---- streams ---- */

static int count_images(const char *path, int *last)
{
    struct flynn_reader *reader;
    struct flynn_image image;
    int n = 0;
    cr_assert_eq(flynn_reader_open(&reader, path, &err), 0, "%s", err.text);
    while ((*last = flynn_reader_next(reader, &image, &err)) == 1) {
        n++;
        flynn_image_free(&image);
    }
    cr_expect_eq(flynn_reader_next(reader, &image, &err), 0, "after the end nothing comes");
    flynn_reader_close(reader);
    return n;
}

Test(files, streams_hold_several_images)
{
    static const struct {
        const char *bytes;
        size_t n;
        int images, last;
    } cases[] = {
#define TEXT(s) s, sizeof s - 1
        {TEXT("P5 1 1 255 AP6 1 1 255 ABCP4 1 1 AP7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 9\nENDHDR\n\1"), 4, 0},
        {TEXT("P5 1 1 255 A\n \n"), 1, 0},
        {TEXT("P5 1 1 255 A\nP5 1 1 255 A\n"), 2, 0},
        {TEXT("P2 1 1 255 7\n# end\nP5 1 1 255 A"), 2, 0},
        {TEXT("P1 1 1 0 #P"), 1, 0},
        {TEXT("P5 1 1 255 Ax"), 1, FLYNN_EINPUT},
        {TEXT("P5 1 1 255 A#"), 1, FLYNN_EINPUT},
        {TEXT("P2 1 1 255 7 8"), 1, FLYNN_EINPUT},
        {TEXT("P5 1 1 255 AP5 1 1 255 "), 1, FLYNN_EINPUT},
        {TEXT("P5 1 1 255 APf 1 1 -1\n...."), 1, FLYNN_EINPUT},
        {TEXT("Pf 1 1 -1\n....trailing"), 1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int last;
        put_file(scratch("s"), cases[i].bytes, cases[i].n);
        int n = count_images(scratch("s"), &last);
        cr_expect_eq(n, cases[i].images, "case %zu: %d images", i, n);
        cr_expect_eq(last, cases[i].last, "case %zu: %d %s", i, last, err.text);
    }
}

Test(files, read_takes_exactly_one)
{
    struct flynn_image image;
    put_file(scratch("s"), "P5 1 1 255 AP5 1 1 255 A", 24);
    cr_assert_eq(flynn_read(&image, scratch("s"), &err), FLYNN_EINPUT);
    cr_assert(strstr(err.text, "offset 12: a second image"), "%s", err.text);
    cr_assert(!image.data);
}

Test(files, memory_tells_what_was_used)
{
    static const char stream[] = "P5 1 1 255 AP2 1 1 255 7 # rest";
    struct flynn_image image;
    size_t used;
    cr_assert_eq(flynn_read_memory(&image, stream, sizeof stream - 1, &used, "m", &err), 1);
    cr_assert_eq(used, 12);
    flynn_image_free(&image);
    cr_assert_eq(flynn_read_memory(&image, stream + 12, sizeof stream - 13, &used, "m", &err), 1);
    cr_assert_eq(used, 12);
    flynn_image_free(&image);
}

Test(files, writers_of_streams)
{
    struct flynn_image image = random_image(3, 2, 1, FLYNN_U8, 1), real = random_image(3, 2, 1, FLYNN_F32, 1);
    static const char *const names[] = {"a.pnm", "a.pgm", "a.pam", "a.ppm", "a.pbm", "a.npy", "a.csv", "a.txt"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct flynn_writer *writer;
        int last, several = i < 5;
        cr_assert_eq(flynn_writer_open(&writer, scratch(names[i]), NULL, &err), 0);
        cr_assert_eq(flynn_writer_put(writer, &image, &err), 0, "%s", err.text);
        cr_assert_eq(flynn_writer_put(writer, &image, &err), several ? 0 : FLYNN_EINPUT);
        cr_assert_eq(flynn_writer_commit(writer, &err), several ? 0 : FLYNN_EINPUT);
        flynn_writer_close(writer);
        if (several)
            cr_assert_eq(count_images(scratch(names[i]), &last), 2);
        else
            cr_assert_neq(access(scratch(names[i]), F_OK), 0, "half a stream is committed");
    }
    struct flynn_writer *writer;
    cr_assert_eq(flynn_writer_open(&writer, scratch("b.pnm"), NULL, &err), 0);
    cr_assert_eq(flynn_writer_put(writer, &image, &err), 0);
    cr_assert_eq(flynn_writer_put(writer, &real, &err), FLYNN_EINPUT, "PFM in the middle of a PNM stream");
    flynn_writer_close(writer);
    flynn_image_free(&image);
    flynn_image_free(&real);
}

/* A pipe gives a few bytes at a time; every decoder must go on where it stopped. */
struct feed {
    int fd;
    const char *bytes;
    size_t n;
};

static void *feed(void *arg)
{
    const struct feed *f = arg;
    size_t step = 1;
    for (size_t at = 0; at < f->n; at += step, step = step * 3 % 4093 + 1) {
        if (step > f->n - at)
            step = f->n - at;
        if (write(f->fd, f->bytes + at, step) != (ssize_t)step)
            break;
    }
    close(f->fd);
    return NULL;
}

Test(files, pipes_give_what_files_give)
{
    static const struct {
        const char *name;
        enum flynn_type type;
        int channels;
        struct flynn_write_options options;
    } cases[] = {{"a.ppm", FLYNN_U8, 3, {0}},
                 {"a.ppm", FLYNN_U8, 3, {.maxval = 99}},
                 {"a.ppm", FLYNN_U16, 3, {0}},
                 {"a.ppm", FLYNN_U16, 3, {.maxval = 999}},
                 {"a.ppm", FLYNN_U8, 3, {.plain = true}},
                 {"a.pfm", FLYNN_F32, 3, {0}},
                 {"a.npy", FLYNN_F64, 1, {0}},
                 {"a.csv", FLYNN_F64, 1, {0}},
                 {"a.pbm", FLYNN_U8, 1, {0}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct flynn_image image = random_image(803, 91, cases[i].channels, cases[i].type, 2), back, piped;
        struct feed f;
        int ends[2];
        pthread_t thread;
        f.bytes = write_and_read(&image, cases[i].name, &cases[i].options, &back, &f.n);
        cr_assert_eq(pipe(ends), 0);
        f.fd = ends[1];
        int old = dup(0);
        cr_assert(dup2(ends[0], 0) == 0 && close(ends[0]) == 0);
        pthread_create(&thread, NULL, feed, &f);
        cr_expect_eq(flynn_read(&piped, "-", &err), 0, "case %zu: %s", i, err.text);
        dup2(old, 0);
        close(old);
        pthread_join(thread, NULL);
        cr_expect(same_image(&back, &piped), "case %zu", i);
        flynn_image_free(&image);
        flynn_image_free(&back);
        flynn_image_free(&piped);
        free((char *)f.bytes);
    }
}

/* ---- refusals ---- */

Test(files, formats_refuse_what_they_cannot_hold)
{
    static const struct {
        const char *name;
        enum flynn_type type;
        int channels;
        struct flynn_write_options options;
        int code;
        const char *part;
    } cases[] = {
        {"a.ppm", FLYNN_F32, 3, {0}, FLYNN_EINPUT, "use .pfm or .npy, or add an op that converts"},
        {"a.ppm", FLYNN_U8, 4, {0}, FLYNN_EINPUT, "alpha channel: use .pam"},
        {"a.pgm", FLYNN_U8, 2, {0}, FLYNN_EINPUT, "alpha channel: use .pam"},
        {"a.pgm", FLYNN_U8, 3, {0}, FLYNN_EINPUT, "one channel, the image has 3"},
        {"a.pbm", FLYNN_U16, 3, {0}, FLYNN_EINPUT, "one channel, the image has 3"},
        {"a.pam", FLYNN_F64, 1, {0}, FLYNN_EINPUT, "use .npy, .csv or .txt"},
        {"a.pnm", FLYNN_U32, 1, {0}, FLYNN_EINPUT, "use .npy, .csv or .txt"},
        {"a.pgm", FLYNN_S32, 1, {0}, FLYNN_EINPUT, "use .npy, .csv or .txt"},
        {"a.pfm", FLYNN_U8, 3, {0}, FLYNN_EINPUT, "PFM holds f32"},
        {"a.pfm", FLYNN_F32, 4, {0}, FLYNN_EINPUT, "PFM holds 1 or 3 channels"},
        {"a.pnm", FLYNN_F32, 2, {0}, FLYNN_EINPUT, "PFM holds 1 or 3 channels"},
        {"a.ppm", FLYNN_U8, 3, {.maxval = 65536}, FLYNN_EUSAGE, "maxval 65536 is outside 1..65535"},
        {"a.npy", FLYNN_U8, 3, {.maxval = 9}, FLYNN_EUSAGE, "a maxval is for PNM"},
        {"a.pnm", FLYNN_F32, 3, {.maxval = 9}, FLYNN_EUSAGE, "a maxval is for PNM"},
        {"a.pbm", FLYNN_U8, 1, {.maxval = 9}, FLYNN_EUSAGE, "maxval 1, 9 is asked for"},
        {"a.pam", FLYNN_U8, 1, {.plain = true}, FLYNN_EUSAGE, "plain"},
        {"a.npy", FLYNN_U8, 1, {.plain = true}, FLYNN_EUSAGE, "plain"},
        {"a.pnm", FLYNN_U8, 2, {.plain = true}, FLYNN_EUSAGE, "no plain variant"},
        {"a.png", FLYNN_U8, 1, {0}, FLYNN_EUSAGE, "unknown suffix '.png'; known are .ppm"},
        {"a", FLYNN_U8, 1, {0}, FLYNN_EUSAGE, "no suffix in 'a'; known are .ppm"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct flynn_image image = random_image(3, 2, cases[i].channels, cases[i].type, 1);
        int code = flynn_write(&image, scratch(cases[i].name), &cases[i].options, &err);
        cr_expect_eq(code, cases[i].code, "case %zu: %d", i, code);
        cr_expect(strstr(err.text, cases[i].part), "case %zu: %s", i, err.text);
        cr_expect_eq(scratch_entries(), 0, "case %zu leaves a file", i);
        flynn_image_free(&image);
    }
}

Test(files, binary_is_refused_on_a_terminal)
{
    struct flynn_image image = random_image(3, 2, 1, FLYNN_U8, 1);
    int master, slave;
    char name[128];
    if (openpty(&master, &slave, name, NULL, NULL) != 0)
        cr_skip_test("no pseudo terminal here");
    cr_assert_eq(flynn_write(&image, name, NULL, &err), FLYNN_EUSAGE);
    cr_assert(strstr(err.text, "is a terminal"), "%s", err.text);
    struct flynn_write_options npy = {.format = FLYNN_FORMAT_NPY}, csv = {.format = FLYNN_FORMAT_CSV};
    cr_assert_eq(flynn_write(&image, name, &npy, &err), FLYNN_EUSAGE);
    cr_assert_eq(flynn_write(&image, name, &csv, &err), 0, "%s", err.text);
    cr_assert_eq(flynn_write(&image, name, &(struct flynn_write_options){.plain = true}, &err), 0, "%s", err.text);
    close(master);
    close(slave);
    flynn_image_free(&image);
}

Test(files, suffixes_know_no_case)
{
    enum flynn_format format;
    cr_assert(flynn_format_parse("PPM", &format) && format == FLYNN_FORMAT_PPM);
    cr_assert(flynn_format_parse("txt", &format) && format == FLYNN_FORMAT_TEXT);
    cr_assert_not(flynn_format_parse("jpg", &format));
    cr_assert_not(flynn_format_parse("", &format));
}

/* ---- all or nothing ---- */

static void check_text(const char *path, const char *want)
{
    size_t n;
    char *text = get_file(path, &n);
    cr_assert(text && strcmp(text, want) == 0, "%s holds: %s", path, text ? text : "(nothing)");
    free(text);
}

Test(files, old_file_stays_until_commit)
{
    struct flynn_image image = random_image(3, 2, 1, FLYNN_U8, 1);
    struct flynn_writer *writer;
    put_file(scratch("a.pgm"), "old", 3);
    cr_assert_eq(flynn_writer_open(&writer, scratch("a.pgm"), NULL, &err), 0);
    cr_assert_eq(flynn_writer_put(writer, &image, &err), 0);
    cr_assert_eq(scratch_entries(), 2);
    check_text(scratch("a.pgm"), "old");
    flynn_writer_close(writer);
    cr_assert_eq(scratch_entries(), 1);
    check_text(scratch("a.pgm"), "old");
    cr_assert_eq(flynn_writer_open(&writer, scratch("a.pgm"), NULL, &err), 0);
    cr_assert_eq(flynn_writer_commit(writer, &err), FLYNN_EUSAGE, "nothing was put");
    cr_assert_eq(scratch_entries(), 1);
    flynn_writer_close(writer);
    check_text(scratch("a.pgm"), "old");
    flynn_image_free(&image);
}

Test(files, a_refused_image_cannot_be_committed)
{
    struct flynn_image good = random_image(3, 2, 1, FLYNN_U8, 1), bad = random_image(3, 2, 3, FLYNN_U8, 1);
    struct flynn_writer *writer;
    put_file(scratch("a.pgm"), "old", 3);
    cr_assert_eq(flynn_writer_open(&writer, scratch("a.pgm"), NULL, &err), 0);
    cr_assert_eq(flynn_writer_put(writer, &good, &err), 0);
    cr_assert_eq(flynn_writer_put(writer, &bad, &err), FLYNN_EINPUT);
    cr_assert_lt(flynn_writer_commit(writer, &err), 0);
    flynn_writer_close(writer);
    check_text(scratch("a.pgm"), "old");
    cr_assert_eq(scratch_entries(), 1);
    flynn_image_free(&good);
    flynn_image_free(&bad);
}

Test(files, abandon_removes_temporary_files)
{
    struct flynn_image image = random_image(3, 2, 1, FLYNN_U8, 1);
    struct flynn_writer *a, *b;
    put_file(scratch("a.pgm"), "old", 3);
    cr_assert_eq(flynn_writer_open(&a, scratch("a.pgm"), NULL, &err), 0);
    cr_assert_eq(flynn_writer_open(&b, scratch("b.pgm"), NULL, &err), 0);
    cr_assert_eq(flynn_writer_put(a, &image, &err), 0);
    cr_assert_eq(scratch_entries(), 3);
    flynn_writer_abandon_all();
    cr_assert_eq(scratch_entries(), 1);
    cr_assert_eq(flynn_writer_commit(a, &err), FLYNN_EIO);
    flynn_writer_close(a);
    flynn_writer_close(b);
    flynn_writer_abandon_all();
    check_text(scratch("a.pgm"), "old");
    flynn_image_free(&image);
}

Test(files, a_rename_that_fails_leaves_nothing)
{
    struct flynn_image image = random_image(3, 2, 1, FLYNN_U8, 1);
    struct flynn_writer *writer;
    cr_assert_eq(flynn_writer_open(&writer, scratch("a.pgm"), NULL, &err), 0);
    cr_assert_eq(flynn_writer_put(writer, &image, &err), 0);
    cr_assert_eq(mkdir(scratch("a.pgm"), 0700), 0);
    cr_assert_eq(flynn_writer_commit(writer, &err), FLYNN_EIO);
    cr_assert_eq(scratch_entries(), 1);
    flynn_writer_close(writer);
    cr_assert_eq(flynn_write(&image, scratch("a.pgm"), NULL, &err), FLYNN_EIO);
    cr_assert(strstr(err.text, "is a directory"), "%s", err.text);
    rmdir(scratch("a.pgm"));
    cr_assert_eq(flynn_write(&image, scratch("no/such/a.pgm"), NULL, &err), FLYNN_EIO);
    cr_assert_eq(scratch_entries(), 0);
    flynn_image_free(&image);
}

Test(files, a_full_disk_is_reported)
{
    static const struct {
        int width;
        enum flynn_type type;
        enum flynn_format format;
    } cases[] = {{3, FLYNN_U8, FLYNN_FORMAT_AUTO},    {3000, FLYNN_U8, FLYNN_FORMAT_PNM},
                 {3000, FLYNN_U16, FLYNN_FORMAT_PNM}, {3000, FLYNN_F32, FLYNN_FORMAT_PFM},
                 {3000, FLYNN_F64, FLYNN_FORMAT_CSV}, {200000, FLYNN_U8, FLYNN_FORMAT_PNM}};
    if (access("/dev/full", W_OK) != 0)
        cr_skip_test("no /dev/full here");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct flynn_image image = random_image(cases[i].width, 100, 1, cases[i].type, 1);
        cr_expect_eq(flynn_write(&image, "/dev/full", &(struct flynn_write_options){.format = cases[i].format}, &err),
                     FLYNN_EIO);
        cr_expect(strstr(err.text, "/dev/full: writing failed: No space left"), "case %zu: %s", i, err.text);
        flynn_image_free(&image);
    }
    cr_expect_eq(access("/dev/full", W_OK), 0);
}

Test(files, a_reader_that_goes_away_is_an_error)
{
    struct flynn_image image = random_image(300, 300, 3, FLYNN_U8, 1);
    int ends[2];
    signal(SIGPIPE, SIG_IGN);
    cr_assert(pipe(ends) == 0 && close(ends[0]) == 0);
    int old = dup(1);
    dup2(ends[1], 1);
    int code = flynn_write(&image, "-", NULL, &err);
    dup2(old, 1);
    cr_assert_eq(code, FLYNN_EIO);
    cr_assert_str_eq(err.text, "stdout: the reader went away");
    flynn_image_free(&image);
}

Test(files, devices_are_written_directly)
{
    struct flynn_image image = random_image(300, 300, 3, FLYNN_U8, 1);
    struct stat st;
    cr_assert_eq(flynn_write(&image, "/dev/null", NULL, &err), 0, "%s", err.text);
    cr_assert(stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode));
    flynn_image_free(&image);
}

Test(files, stdout_gets_what_suits_the_image)
{
    static const struct {
        enum flynn_type type;
        int channels;
        bool matrix;
        const char *start;
    } cases[] = {{FLYNN_U8, 3, false, "P6"},  {FLYNN_U16, 1, false, "P5"},       {FLYNN_U8, 4, false, "P7"},
                 {FLYNN_F32, 3, false, "PF"}, {FLYNN_F32, 1, true, "\x93NUMPY"}, {FLYNN_U32, 1, false, "0 "}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct flynn_image image = random_image(5, 4, cases[i].channels, cases[i].type, 1);
        image.matrix = cases[i].matrix;
        int old = dup(1), file = open(scratch("out"), O_RDWR | O_CREAT | O_TRUNC, 0600);
        dup2(file, 1);
        int code = flynn_write(&image, "-", NULL, &err);
        int open_still = fcntl(1, F_GETFD);
        dup2(old, 1);
        close(old);
        close(file);
        cr_assert_eq(code, 0, "%s", err.text);
        cr_assert_neq(open_still, -1, "stdout was closed");
        size_t n;
        char *bytes = get_file(scratch("out"), &n);
        cr_assert_eq(strncmp(bytes, cases[i].start, strlen(cases[i].start)), 0, "case %zu: %.6s", i, bytes);
        free(bytes);
        flynn_image_free(&image);
    }
}

/* ---- places ---- */

Test(files, permissions_are_kept)
{
    struct flynn_image image = random_image(3, 2, 1, FLYNN_U8, 1);
    struct stat st;
    mode_t before = umask(027);
    cr_assert_eq(flynn_write(&image, scratch("new.pgm"), NULL, &err), 0);
    umask(before);
    cr_assert(stat(scratch("new.pgm"), &st) == 0 && (st.st_mode & 07777) == 0640, "%o", st.st_mode);
    put_file(scratch("old.pgm"), "old", 3);
    chmod(scratch("old.pgm"), 0604);
    cr_assert_eq(flynn_write(&image, scratch("old.pgm"), NULL, &err), 0);
    cr_assert(stat(scratch("old.pgm"), &st) == 0 && (st.st_mode & 07777) == 0604, "%o", st.st_mode);
    flynn_image_free(&image);
}

Test(files, symbolic_links_are_followed)
{
    struct flynn_image image = random_image(3, 2, 1, FLYNN_U8, 1), back;
    struct stat st;
    cr_assert_eq(symlink("middle", scratch("link.pgm")), 0);
    cr_assert_eq(symlink(scratch("end.raw"), scratch("middle")), 0);
    for (int i = 0; i < 2; i++) { /* first a dangling link, then one to a file */
        cr_assert_eq(flynn_write(&image, scratch("link.pgm"), NULL, &err), 0, "%s", err.text);
        cr_assert(lstat(scratch("link.pgm"), &st) == 0 && S_ISLNK(st.st_mode));
        cr_assert(lstat(scratch("end.raw"), &st) == 0 && S_ISREG(st.st_mode));
        cr_assert_eq(flynn_read(&back, scratch("end.raw"), &err), 0, "%s", err.text);
        cr_assert(same_image(&image, &back));
        flynn_image_free(&back);
    }
    cr_assert_eq(symlink("loop.pgm", scratch("loop.pgm")), 0);
    cr_assert_eq(flynn_write(&image, scratch("loop.pgm"), NULL, &err), FLYNN_EIO);
    cr_assert_eq(scratch_entries(), 4);
    flynn_image_free(&image);
}

Test(files, in_place_is_safe)
{
    struct flynn_image image = random_image(300, 200, 3, FLYNN_U8, 1), back;
    struct flynn_reader *reader;
    struct flynn_writer *writer;
    const char *path = scratch("a.ppm");
    cr_assert_eq(flynn_write(&image, path, NULL, &err), 0);
    cr_assert_eq(flynn_reader_open(&reader, path, &err), 0);
    cr_assert_eq(flynn_writer_open(&writer, path, NULL, &err), 0);
    cr_assert_eq(flynn_reader_next(reader, &back, &err), 1, "%s", err.text);
    cr_assert_eq(flynn_writer_put(writer, &back, &err), 0);
    cr_assert_eq(flynn_writer_commit(writer, &err), 0);
    flynn_writer_close(writer);
    flynn_reader_close(reader);
    flynn_image_free(&back);
    cr_assert_eq(flynn_read(&back, path, &err), 0);
    cr_assert(same_image(&image, &back));
    flynn_image_free(&image);
    flynn_image_free(&back);
}

Test(files, many_open_outputs_are_a_limit_not_a_crash)
{
    static struct flynn_writer *writers[600];
    int n = 0, code = 0;
    char name[16];
    for (; n < 600 && !code; n++) {
        snprintf(name, sizeof name, "%d.pgm", n);
        code = flynn_writer_open(&writers[n], scratch(name), NULL, &err);
    }
    cr_assert_eq(code, FLYNN_ELIMIT);
    while (n--)
        flynn_writer_close(writers[n]);
    cr_assert_eq(scratch_entries(), 0);
}
