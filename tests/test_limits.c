/* SPDX-License-Identifier: Apache-2.0 */
#include "core/memory.h"
#include "core/outfile.h"
#include "core/rows.h"

#include "tests/tree.h"

#include <flynn/file.h>

#include <criterion/criterion.h>
#include <linux/magic.h>
#include <string.h>
#include <unistd.h>

TestSuite(memory, .init = make_tree, .fini = remove_tree);
TestSuite(disk, .init = make_tree, .fini = remove_tree);

#define V2_MOUNT "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1_MOUNT                                                                                                       \
    "33 32 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"                                                      \
    "34 32 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"

/* On a machine of 8000 bytes of memory and 1000 of swap. */
static void expect(double bytes, bool group)
{
    struct flynn_memory_limit limit = flynn_memory_limit_from(tree, 8000, 1000);
    cr_expect_eq(limit.bytes, bytes, "%g instead of %g", limit.bytes, bytes);
    cr_expect_eq(limit.group, group);
}

Test(memory, no_control_groups)
{
    expect(9000, false);
}

Test(memory, version_2)
{
    tree_put("/proc/self/mountinfo", V2_MOUNT);
    tree_put("/proc/self/cgroup", "0::/user.slice/job\n");
    expect(9000, false);
    tree_put("/sys/fs/cgroup/user.slice/job/memory.max", "max\n");
    expect(9000, false);
    tree_put("/sys/fs/cgroup/user.slice/job/memory.max", "4096\n");
    expect(5096, true);
    tree_put("/sys/fs/cgroup/user.slice/job/memory.swap.max", "max\n");
    expect(5096, true);
    tree_put("/sys/fs/cgroup/user.slice/job/memory.swap.max", "104\n");
    expect(4200, true);
    tree_put("/sys/fs/cgroup/user.slice/job/memory.swap.max", "0\n");
    expect(4096, true);
    tree_put("/sys/fs/cgroup/user.slice/job/memory.max", "8999\n");
    expect(8999, true);
    tree_put("/sys/fs/cgroup/user.slice/job/memory.max", "9000\n");
    expect(9000, false);
}

Test(memory, groups_above)
{
    tree_put("/proc/self/mountinfo", V2_MOUNT);
    tree_put("/proc/self/cgroup", "0::/a/b/c\n");
    tree_put("/sys/fs/cgroup/a/b/c/memory.max", "5000\n");
    tree_put("/sys/fs/cgroup/a/memory.max", "2000\n");
    expect(3000, true);
    tree_put("/sys/fs/cgroup/a/memory.max", "7000\n");
    expect(6000, true);
    tree_put("/sys/fs/cgroup/a/b/memory.max", "max\n");
    tree_put("/sys/fs/cgroup/memory.max", "500\n");
    tree_put("/sys/fs/cgroup/memory.swap.max", "0\n");
    expect(500, true);
}

Test(memory, version_1)
{
    tree_put("/proc/self/mountinfo", V1_MOUNT);
    tree_put("/proc/self/cgroup", "4:cpu:/x\n3:memory:/box\n");
    tree_put("/sys/fs/cgroup/cpu/x/memory.limit_in_bytes", "1\n");
    tree_put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    tree_put("/sys/fs/cgroup/memory/box/memory.limit_in_bytes", "9223372036854771712\n");
    expect(9000, false);
    tree_put("/sys/fs/cgroup/memory/box/memory.limit_in_bytes", "3000\n");
    expect(4000, true);
    tree_put("/sys/fs/cgroup/memory/box/memory.memsw.limit_in_bytes", "9223372036854771712\n");
    expect(4000, true);
    tree_put("/sys/fs/cgroup/memory/box/memory.memsw.limit_in_bytes", "3500\n");
    expect(3500, true);
    tree_put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "1000\n");
    expect(2000, true);
}

Test(memory, malformed_files_are_no_limit)
{
    static const char *const bad[] = {"", "x", "-1", "0", "12 34", "12x"};
    tree_put("/proc/self/mountinfo", V2_MOUNT);
    tree_put("/proc/self/cgroup", "0::/a\n");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        tree_put("/sys/fs/cgroup/a/memory.max", bad[i]);
        expect(9000, false);
    }
}

Test(memory, what_is_above_the_limit)
{
    char why[FLYNN_MEMORY_WHY];
    cr_expect(!flynn_memory_exceeds((struct flynn_memory_limit){4096, true}, 4096, why) && why[0] == '\0');
    cr_expect(flynn_memory_exceeds((struct flynn_memory_limit){4096, true}, 4097, why));
    cr_expect_str_eq(why, ", and the control group allows 4096");
    cr_expect(flynn_memory_exceeds((struct flynn_memory_limit){0x1p62, false}, 0x1p63, why));
    cr_expect_str_eq(why, ", and this machine has 4611686018427387904");
    cr_expect(!flynn_memory_exceeds((struct flynn_memory_limit){0, false}, 0x1p63, why), "unknown is no limit");
}

Test(memory, an_image_above_this_process_limit)
{
    struct flynn_memory_limit limit = flynn_memory_limit();
    struct flynn_image image;
    struct flynn_err err;
    cr_assert_gt(limit.bytes, 0);
    struct flynn_shape shape = {1 << 20, (int)(limit.bytes / (1 << 20)) + 1, 1, FLYNN_U8};
    cr_assert_eq(flynn_image_alloc(&image, &shape, &err), FLYNN_ELIMIT);
    cr_expect(strstr(err.text, "for an image of 1048576x"), "%s", err.text);
    cr_expect(strstr(err.text, limit.group ? ", and the control group allows " : ", and this machine has "), "%s",
              err.text);
}

Test(disk, free_space_is_an_answer_where_it_is_all_that_can_be_written)
{
    struct statfs system = {.f_type = EXT4_SUPER_MAGIC, .f_bsize = 4096, .f_blocks = 1000, .f_bfree = 10};
    cr_expect(flynn_out_fits(&system, 40960));
    cr_expect(!flynn_out_fits(&system, 40961));
    system.f_bfree = 0;
    cr_expect(!flynn_out_fits(&system, 1));
    system.f_type = TMPFS_MAGIC;
    cr_expect(!flynn_out_fits(&system, 1));
    system.f_blocks = 0;
    cr_expect(flynn_out_fits(&system, 1e18), "a tmpfs without a size");
    system.f_blocks = 1000;
    system.f_type = BTRFS_SUPER_MAGIC;
    cr_expect(flynn_out_fits(&system, 1e18));
    system.f_type = OVERLAYFS_SUPER_MAGIC;
    cr_expect(flynn_out_fits(&system, 1e18));
}

static const struct flynn_image huge = {.shape = {1 << 20, 1 << 20, 4, FLYNN_U16}};
#define HUGE_BYTES 8796093022208.0

/* Announce a huge image to an output, and give that up. */
static int announce(const char *path, bool after_another, struct flynn_err *err)
{
    struct flynn_write_options options = {.format = FLYNN_FORMAT_PAM};
    struct flynn_writer *writer;
    struct flynn_rows_out rows = {0};
    cr_assert_eq(flynn_writer_open(&writer, path, &options, err), 0, "%s", err->text);
    if (after_another) {
        struct flynn_image image;
        cr_assert_eq(flynn_image_alloc(&image, &(struct flynn_shape){9, 9, 1, FLYNN_U8}, err), 0);
        cr_assert_eq(flynn_writer_put(writer, &image, err), 0, "%s", err->text);
        flynn_image_free(&image);
    }
    int kind = flynn_writer_rows(writer, &huge, &rows, err);
    if (kind == 1)
        flynn_rows_out_close(&rows);
    flynn_writer_close(writer);
    return kind;
}

Test(disk, rows_that_do_not_fit_are_refused_before_they_are_computed)
{
    struct statfs system;
    struct flynn_err err;
    char path[64];
    snprintf(path, sizeof path, "%s/huge.pam", tree);
    cr_assert_eq(statfs(tree, &system), 0);
    if (flynn_out_fits(&system, HUGE_BYTES))
        cr_skip_test("the file system of /tmp does not say what fits");
    for (int several = 0; several < 2; several++) {
        cr_assert_eq(announce(path, several, &err), FLYNN_ELIMIT);
        cr_expect(strstr(err.text, "huge.pam: needs 8796093022208 bytes, and its file system has "), "%s", err.text);
        cr_expect_neq(access(path, F_OK), 0);
    }
}

Test(disk, devices_take_any_number_of_rows)
{
    struct flynn_err err;
    cr_expect_eq(announce("/dev/null", false, &err), 1, "%s", err.text);
}
