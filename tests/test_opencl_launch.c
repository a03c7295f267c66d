/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/opencl_fixture.h"

#include <stdlib.h>
#include <string.h>

/* All that a launch can have, on kernels made for it: tables, coefficients, a second input, a required local size,
 * items counted in pixels, an explicit layout, an output that is cleared first, buffers between launches. */

TestSuite(opencl_launch, .init = fixture_setup, .fini = fixture_teardown, .timeout = 300);

static const char source[] =
    "#include \"common.clh\"\n"
    "FLYNN_KERNEL(look_up, T, T)\n"
    "{\n"
    "    for (int y = FIRST_Y; y < LAST_Y(a.out.height); y++)\n"
    "        for (int x = FIRST_X; x < LAST_X(a.out.width * a.out.channels); x++)\n"
    "            ROW(T, out, y, a.out.stride)[x] = table0[CROW(T, in, y, a.in.stride)[x]] + table3[0];\n"
    "}\n"
    "FLYNN_KERNEL(combine, T, T)\n"
    "{\n"
    "    bool good = a.k[15] == -7 && a.f[7] == 0.25f && a.border_i == 77 && a.border == BORDER_WRAP && a.taps == 3;\n"
    "#ifdef HAVE_FP64\n"
    "    good = good && D0 == 1.5 && D1 == -0.1;\n"
    "#endif\n"
    "    good = good && get_local_size(0) == 4 && get_local_size(1) == 2;\n"
    "    for (int y = FIRST_Y; y < LAST_Y(a.out.height); y++)\n"
    "        for (int x = FIRST_X; x < LAST_X(a.out.width); x++)\n"
    "            for (int i = x * a.in.channels; i < (x + 1) * a.in.channels; i++)\n"
    "                ROW(T, out, y, a.out.stride)[i] =\n"
    "                    good ? CROW(T, in, y, a.in.stride)[i] ^ CROW(T, with, y, a.with.stride)[i] : 0;\n"
    "}\n"
    "FLYNN_KERNEL(count, T, uint)\n"
    "{\n"
    "    for (int y = get_global_id(0); y < a.in.height; y += get_global_size(0))\n"
    "        for (int x = 0; x < a.in.width * a.in.channels; x++)\n"
    "            atomic_inc(out + CROW(T, in, y, a.in.stride)[x]);\n"
    "}\n";

enum { WIDTH = 61, HEIGHT = 23, CHANNELS = 3 };
static const struct flynn_shape picture = {WIDTH, HEIGHT, CHANNELS, FLYNN_U8};
static const struct flynn_shape bins = {256, 1, 1, FLYNN_U32};

struct example {
    uint8_t table[256], add;
    struct flynn_image second;
    struct flynn_node node;
    struct flynn_plan plan;
};

static void make_example(struct example *e)
{
    struct flynn_err err;
    memset(e, 0, sizeof *e);
    for (int i = 0; i < 256; i++)
        e->table[i] = (uint8_t)(i / 4);
    e->add = 5;
    cr_assert(flynn_image_alloc(&e->second, &picture, &err) == 0);
    fixture_fill(&e->second, 99);
    e->node.op = flynn_op_at(flynn_op_find("invert"));
    e->node.in = picture;
    e->node.out = bins;

    struct flynn_stage *look = flynn_node_stage(&e->node, FLYNN_ROWS, 0);
    look->table[0] = (struct flynn_table_data){e->table, sizeof e->table};
    look->table[3] = (struct flynn_table_data){&e->add, 1};
    struct flynn_stage *mix = flynn_node_stage(&e->node, FLYNN_ROWS, 1);
    mix->with = &e->second;
    mix->k[15] = -7;
    mix->f[7] = 0.25f;
    mix->d[0] = 1.5;
    mix->d[1] = -0.1;
    mix->up = mix->down = 1;
    mix->border = FLYNN_WRAP;
    mix->border_value = 77;
    struct flynn_stage *count = flynn_node_stage(&e->node, FLYNN_REDUCE, 2);
    count->out = bins;

    flynn_node_launch(&e->node, "look_up", look);
    struct flynn_launch *launch = flynn_node_launch(&e->node, "combine", mix);
    launch->per_pixel = true;
    launch->item_x = 3;
    launch->item_y = 2;
    launch->local_x = 4;
    launch->local_y = 2;
    launch = flynn_node_launch(&e->node, "count", count);
    launch->items_x = 7;
    launch->items_y = 1;
    launch->zero_out = true;
    e->plan = (struct flynn_plan){.in = picture, .out = bins, .node = &e->node, .nodes = 1};
}

static void check(int device)
{
    struct example e;
    struct flynn_image in, out;
    struct flynn_err err;
    uint32_t want[256] = {0};
    make_example(&e);
    cr_assert(flynn_image_alloc(&in, &picture, &err) == 0 && flynn_image_alloc(&out, &bins, &err) == 0);
    fixture_fill(&in, 5);
    memset(out.data, 0xaa, flynn_row_bytes(&bins));
    for (int y = 0; y < HEIGHT; y++) {
        const uint8_t *row = flynn_row(&in, y), *second = flynn_row(&e.second, y);
        for (int i = 0; i < WIDTH * CHANNELS; i++)
            want[(uint8_t)(e.table[row[i]] + e.add) ^ second[i]]++;
    }
    int code = fixture_run(&e.plan, device, &in, &out, &err);
    cr_assert(code == 0, "%s", err.text);
    for (int i = 0; i < 256; i++)
        cr_assert(((const uint32_t *)out.data)[i] == want[i], "bin %d: %u, not %u", i, ((const uint32_t *)out.data)[i],
                  want[i]);
    flynn_image_free(&e.second);
    flynn_image_free(&in);
    flynn_image_free(&out);
}

Test(opencl_launch, everything_at_once)
{
    fixture_write("kernels/invert.cl", source);
    setenv("FLYNN_KERNEL_DIR", fixture_path("kernels"), 1);
    check(fixture_device());
}

Test(opencl_launch, everything_at_once_through_copies)
{
    fixture_write("kernels/invert.cl", source);
    setenv("FLYNN_KERNEL_DIR", fixture_path("kernels"), 1);
    setenv("FLYNN_OPENCL_COPY", "1", 1);
    check(fixture_device());
}

Test(opencl_launch, op_without_a_kernel)
{
    const int device = fixture_device();
    struct example e;
    struct flynn_cl_run *run;
    struct flynn_err err;
    make_example(&e);
    e.node.launches = 0;
    cr_assert(flynn_cl_open(&run, &e.plan, device, &err) == FLYNN_EUNAVAILABLE);
    cr_assert_str_eq(err.text, "invert has no OpenCL kernel");
    flynn_image_free(&e.second);
    make_example(&e);
    cr_assert(flynn_cl_open(&run, &e.plan, device, &err) == FLYNN_EUNAVAILABLE);
    cr_assert(strstr(err.text, "no kernel look_up"), "%s", err.text);
    flynn_image_free(&e.second);
}
