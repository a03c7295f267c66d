/* SPDX-License-Identifier: Apache-2.0 */
#include <flynn/plan.h>

#include <criterion/criterion.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Parsing of ops, borders, plans: the parts of the model that no single op shows. */

static int add(struct flynn_chain *chain, const char *text, struct flynn_err *err)
{
    struct flynn_image with;
    struct flynn_shape shape = {4, 4, 3, FLYNN_U8};
    cr_assert_eq(flynn_image_alloc(&with, &shape, err), 0);
    int code = flynn_chain_add_with(chain, text, &with, err);
    flynn_image_free(&with);
    return code;
}

static void expect_refused(const char *text, const char *message)
{
    struct flynn_chain chain = {0};
    struct flynn_err err = {0};
    cr_assert_eq(add(&chain, text, &err), FLYNN_EUSAGE, "%s was taken", text);
    cr_assert(strstr(err.text, message), "%s: '%s' does not say '%s'", text, err.text, message);
    cr_assert_eq(chain.length, 0);
}

Test(chain, refuses_with_what_would_be_right)
{
    expect_refused("invrt", "did you mean 'invert'");
    expect_refused("zzzzz", "flynn ops");
    expect_refused("", "name[:value]");
    expect_refused("invert:5", "unknown parameter '5'");
    expect_refused("invert:amount=5", "unknown parameter 'amount'");
}

/* Programs with windows set the user's locale; the library's numbers have points all the same. */
Test(chain, numbers_do_not_follow_the_locale)
{
    char folder[] = "/tmp/flynn-locale-XXXXXX", command[200];
    struct flynn_chain chain = {0};
    struct flynn_err err = {.text = ""};
    cr_assert(mkdtemp(folder));
    snprintf(command, sizeof command, "localedef -i de_DE -f ISO-8859-1 %s/de_DE > /dev/null 2>&1", folder);
    bool made = system(command) == 0;
    setenv("LOCPATH", folder, 1);
    made = made && setlocale(LC_ALL, "de_DE") && localeconv()->decimal_point[0] == ',';
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
    if (!made)
        cr_skip_test("localedef makes no locale with decimal commas");
    cr_assert_eq(flynn_chain_add(&chain, "unsharp:1.5,amount=0.25", &err), 0, "%s", err.text);
    cr_assert(chain.op[0].value[0].real == 1.5 && chain.op[0].value[1].real == 0.25);
    flynn_chain_free(&chain);
    setlocale(LC_ALL, "C");
}

Test(border, follows_opencv)
{
    /* Rows of cv::borderInterpolate(p, 4, type) for p = -5 .. 8. */
    static const int expected[5][14] = {
        {-1, -1, -1, -1, -1, 0, 1, 2, 3, -1, -1, -1, -1, -1}, {0, 0, 0, 0, 0, 0, 1, 2, 3, 3, 3, 3, 3, 3},
        {3, 3, 2, 1, 0, 0, 1, 2, 3, 3, 2, 1, 0, 0},           {1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2},
        {3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0},
    };
    for (int mode = 0; mode < 5; mode++) {
        for (int p = -5; p <= 8; p++)
            cr_assert_eq(flynn_border_index((enum flynn_border)mode, p, 4), expected[mode][p + 5], "mode %d, %d", mode,
                         p);
        cr_assert_eq(flynn_border_index((enum flynn_border)mode, 0, 1), 0);
    }
    cr_assert_eq(flynn_border_index(FLYNN_REFLECT101, -3, 1), 0);
    cr_assert_eq(flynn_border_index(FLYNN_REFLECT, 1000003, 1), 0);
}

Test(plan, composes_neighbouring_tables)
{
    struct flynn_chain chain = {0};
    struct flynn_plan plan;
    struct flynn_err err = {0};
    struct flynn_shape shape = {8, 8, 3, FLYNN_U8};
    for (int i = 0; i < 3; i++)
        cr_assert_eq(flynn_chain_add(&chain, "invert", &err), 0, "%s", err.text);
    cr_assert_eq(flynn_plan_build(&plan, &chain, &shape, &err), 0, "%s", err.text);
    cr_assert_eq(plan.stages, 1);
    cr_assert_eq(plan.segments, 1);
    for (int i = 0; i < 256; i++)
        cr_assert_eq(plan.stage[0]->lut[i], 255 - i);
    flynn_plan_free(&plan);
    flynn_chain_free(&chain);
}

static void expect_input_refused(const char *op, enum flynn_type type, int channels, const char *message)
{
    struct flynn_chain chain = {0};
    struct flynn_plan plan;
    struct flynn_err err = {0};
    struct flynn_shape shape = {8, 8, channels, type};
    cr_assert_eq(flynn_chain_add(&chain, op, &err), 0, "%s", err.text);
    cr_assert_eq(flynn_plan_build(&plan, &chain, &shape, &err), FLYNN_EINPUT, "%s was taken", op);
    cr_assert_str_eq(err.text, message);
    flynn_chain_free(&chain);
}

Test(plan, refuses_what_an_op_cannot_take)
{
    expect_input_refused("invert", FLYNN_S32, 1, "invert: takes u8, u16, f32 samples, not s32");
    expect_input_refused("canny", FLYNN_F32, 1,
                         "canny: takes u8 samples, not f32; convert:type=u8 before it makes them");
    expect_input_refused("cholesky", FLYNN_U8, 1,
                         "cholesky: takes f32, f64 samples, not u8; convert:type=f32 before it makes them");
    expect_input_refused("canny", FLYNN_U8, 3,
                         "canny: takes images of 1 channel, not 3; grayscale or channel before it makes one");
    expect_input_refused("rgb-to-hsv", FLYNN_U8, 1, "rgb-to-hsv: takes images of 3, 4 channels, not 1");
}

/* Whoever knows an op by another tool's name must find that one op. */
Test(registry, names_and_aliases_are_unique)
{
    for (int i = 0; i < flynn_op_count(); i++) {
        char words[400], *rest = words;
        snprintf(words, sizeof words, "%s %s", flynn_op_at(i)->name, flynn_op_at(i)->aliases);
        for (char *word; (word = strsep(&rest, " "));)
            cr_expect(!*word || flynn_op_find(word) == i, "%s is a name of %s and of %s", word, flynn_op_at(i)->name,
                      flynn_op_at(flynn_op_find(word))->name);
    }
}

/* Two people can compute the same bits from what the catalogue says, and docs/gallery.md shows every op. */
Test(registry, every_op_is_defined_and_in_the_gallery)
{
    char path[1024], heading[80], *text = calloc(1, 1 << 20);
    snprintf(path, sizeof path, "%s/docs/gallery.md", getenv("FLYNN_SOURCE_ROOT"));
    FILE *file = fopen(path, "r");
    cr_assert(file && text && fread(text, 1, (1 << 20) - 1, file), "%s", path);
    fclose(file);
    for (int i = 0; i < flynn_op_count(); i++) {
        const struct flynn_op *op = flynn_op_at(i);
        cr_expect(*op->summary && *op->definition && *op->source, "%s has no definition or source", op->name);
        snprintf(heading, sizeof heading, "\n### %s\n", op->name);
        cr_expect(strstr(text, heading), "scripts/make-gallery has not been run since there is %s", op->name);
    }
    free(text);
}

/* The names under which peers know ops, in their own spelling. */
Test(registry, ops_are_found_by_the_names_of_peers)
{
    static const struct {
        const char *op, *names;
    } peers[] = {
        {"invert", "negate Negate bitwise_not pnminvert"},
        {"gaussian", "GaussianBlur gaussblur gaussian-blur blur"},
        {"median", "medianBlur pgmmedian"},
        {"canny", "Canny"},
        {"sobel", "Sobel pamedge"},
        {"bilateral", "bilateralFilter"},
        {"convolve", "filter2D conv pnmconvol convsep sepFilter2D"},
        {"adaptive-threshold", "adaptiveThreshold lat"},
        {"pad", "copyMakeBorder extent embed pnmpad"},
        {"crop", "extract_area pamcut"},
        {"resize", "scale pamscale thumbnail"},
        {"rotate", "rot pnmrotate"},
        {"flip", "flop pamflip"},
        {"affine", "warpAffine"},
        {"perspective", "warpPerspective"},
        {"pyramid-down", "pyrDown"},
        {"blend", "addWeighted ppmmix"},
        {"over", "composite pamcomp"},
        {"lut", "LUT maplut clut"},
        {"histogram", "calcHist pgmhist"},
        {"equalize", "equalizeHist hist_equal pnmhisteq"},
        {"clahe", "createCLAHE CLAHE hist_local"},
        {"stats", "meanStdDev minMaxLoc"},
        {"grayscale", "ppmtopgm"},
        {"gamma", "pnmgamma"},
        {"sepia", "sepia-tone"},
        {"matmul", "GEMM sgemm"},
    };
    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++) {
        char words[100], *rest = words;
        snprintf(words, sizeof words, "%s", peers[i].names);
        for (char *word; (word = strsep(&rest, " "));)
            cr_expect_eq(flynn_op_find(word), flynn_op_find(peers[i].op), "%s is not found as %s", peers[i].op, word);
    }
}

Test(plan, reads_again_after_what_lies_aside)
{
    struct flynn_chain chain = {0};
    struct flynn_plan plan;
    struct flynn_err err = {0};
    struct flynn_shape shape = {8, 8, 1, FLYNN_U8};
    cr_assert_eq(flynn_chain_add(&chain, "gaussian:1", &err), 0, "%s", err.text);
    cr_assert_eq(flynn_chain_add(&chain, "equalize", &err), 0, "%s", err.text);
    cr_assert_eq(flynn_chain_add(&chain, "invert", &err), 0, "%s", err.text);
    cr_assert_eq(flynn_plan_build(&plan, &chain, &shape, &err), 0, "%s", err.text);
    cr_assert_eq(plan.segments, 3, "%d", plan.segments);
    cr_assert_eq(plan.segment[0].source, -1);
    cr_assert_eq(plan.segment[1].source, 0);
    cr_assert_eq(plan.segment[2].source, 0);
    cr_assert_eq(plan.segment[2].side, 1);
    cr_assert_eq(plan.segment[2].stages, 2);
    flynn_plan_free(&plan);
    flynn_chain_free(&chain);
}

/* Columns and rows of the factors that the plan found in a named kernel: 0 where it has none. */
static void expect_factors(const char *op, int columns, int rows)
{
    struct flynn_chain chain = {0};
    struct flynn_plan plan;
    struct flynn_err err = {0};
    struct flynn_shape shape = {64, 8, 3, FLYNN_U8};
    cr_assert_eq(flynn_chain_add(&chain, op, &err), 0, "%s", err.text);
    cr_assert_eq(flynn_plan_build(&plan, &chain, &shape, &err), 0, "%s", err.text);
    const struct flynn_stage *stage = plan.stage[0];
    cr_expect_eq(stage->k[12], columns, "%s: %d columns", op, stage->k[12]);
    cr_expect_eq(stage->k[13], rows, "%s: %d rows", op, stage->k[13]);
    cr_expect_eq(!stage->table[3].data, !columns, "%s", op);
    flynn_plan_free(&plan);
    flynn_chain_free(&chain);
}

/* What is lost there would only be seen as time. */
Test(plan, finds_the_factors_of_separable_kernels)
{
    expect_factors("convolve:gaussian5", 5, 5);
    expect_factors("convolve:box5", 5, 5);
    expect_factors("convolve:log", 0, 0);
    expect_factors("convolve:motion", 0, 0);
    expect_factors("convolve:gaussian3", 0, 0); /* nine taps are quicker as they are */
}
