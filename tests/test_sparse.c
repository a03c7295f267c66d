/* SPDX-License-Identifier: Apache-2.0 */
/* Sparse products and convolutions of several channels, which are products of matrices. */

#include "core/compare.h"
#include "core/rng.h"
#include "matrix_helpers.h"

#include <flynn/file.h>

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The matrix whose product with the kernel is the convolution: a row for each tap, a column for each output. */
static struct flynn_image im2col(const struct flynn_image *in, int channels, int kh, int kw, int stride, int pad)
{
    int height = in->shape.height / channels, width = in->shape.width;
    int oh = (height + 2 * pad - kh) / stride + 1, ow = (width + 2 * pad - kw) / stride + 1;
    struct flynn_image m = random_matrix(channels * kh * kw, oh * ow, FLYNN_F32, 1);
    for (int t = 0; t < channels * kh * kw; t++) {
        for (int i = 0; i < oh * ow; i++) {
            int y = i / ow * stride - pad + t / kw % kh, x = i % ow * stride - pad + t % kw;
            bool inside = y >= 0 && y < height && x >= 0 && x < width;
            ((float *)flynn_row(&m, t))[i] = inside ? ((float *)flynn_row(in, t / kw / kh * height + y))[x] : 0;
        }
    }
    return m;
}

Test(sparse, conv2d_is_the_product_with_the_im2col_matrix)
{
    static const struct {
        int filters, channels, height, width, kh, kw, stride, pad;
    } cases[] = {
        {7, 3, 9, 21, 3, 3, 1, 1}, {1, 1, 5, 40, 5, 1, 1, 0}, {12, 5, 8, 17, 2, 4, 2, 3}, {3, 8, 1, 1, 1, 1, 1, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int f = cases[i].filters, c = cases[i].channels, taps = c * cases[i].kh * cases[i].kw;
        struct flynn_image in = random_matrix(c * cases[i].height, cases[i].width, FLYNN_F32, i);
        struct flynn_image flat = random_matrix(f, taps, FLYNN_F32, 50 + i);
        struct flynn_image kernel = random_matrix(f * c * cases[i].kh, cases[i].kw, FLYNN_F32, 1);
        for (int k = 0; k < f * taps; k++)
            ((float *)flynn_row(&kernel, k / cases[i].kw))[k % cases[i].kw] =
                ((float *)flynn_row(&flat, k / taps))[k % taps];
        struct flynn_image columns = im2col(&in, c, cases[i].kh, cases[i].kw, cases[i].stride, cases[i].pad);
        struct flynn_image product = run("matmul", &flat, &columns, "scalar");
        char text[100];
        snprintf(text, sizeof text, "conv2d:@,filters=%d,channels=%d,stride=%d,padding=%d", f, c, cases[i].stride,
                 cases[i].pad);
        static const char *const names[] = {"scalar", "autovec", "simd", "threads:3"};
        for (int n = 0; n < 4; n++) {
            struct flynn_image out = run(text, &in, &kernel, names[n]);
            cr_assert_eq(out.planes, f);
            cr_assert_eq(out.shape.height * out.shape.width, f * product.shape.width);
            for (int k = 0, each = product.shape.width; k < f * each; k++)
                cr_assert_eq(((float *)flynn_row(&out, k / out.shape.width))[k % out.shape.width],
                             ((float *)flynn_row(&product, k / each))[k % each], "case %zu, %s, element %d", i,
                             names[n], k);
            flynn_image_free(&out);
        }
        flynn_image_free(&in);
        flynn_image_free(&flat);
        flynn_image_free(&kernel);
        flynn_image_free(&columns);
        flynn_image_free(&product);
    }
}

/* A Matrix Market file of n x n elements, some twice, and rows of very different lengths where `uneven`; and the
 * matrix. */
static struct flynn_image sparse_matrix(struct flynn_image *dense, int n, bool uneven, uint64_t seed)
{
    struct flynn_image list;
    struct flynn_err err;
    char *text = NULL;
    size_t size = 0;
    int count = 0;
    FILE *body = open_memstream(&text, &size);
    cr_assert_eq(flynn_image_alloc(dense, &(struct flynn_shape){n, n, 1, FLYNN_F64}, &err), 0);
    for (int y = 0; y < n; y++) {
        memset(flynn_row(dense, y), 0, sizeof(double) * (size_t)n);
        uint64_t most = uneven && y % 97 ? 2 : uneven ? (uint64_t)n : 12;
        for (uint64_t left = flynn_rng_below(&seed, most); left > 0; left--) {
            int x = (int)flynn_rng_below(&seed, (uint64_t)n), v = (int)flynn_rng_below(&seed, 99) - 49;
            double *at = (double *)flynn_row(dense, y) + x;
            if (*at != 0 || v == 0)
                continue;
            fprintf(body, "%d %d %d\n", y + 1, x + 1, v);
            count++;
            *at = v;
        }
    }
    fclose(body);
    char *file = NULL;
    size_t bytes = 0;
    FILE *whole = open_memstream(&file, &bytes);
    fprintf(whole, "%%%%MatrixMarket matrix coordinate integer general\n%d %d %d\n%s", n, n, count, text);
    fclose(whole);
    cr_assert_eq(flynn_read_memory(&list, file, bytes, NULL, "test.mtx", &err), 1, "%s", err.text);
    cr_assert(list.sparse && list.shape.width == count + 1);
    free(text);
    free(file);
    return list;
}

Test(sparse, spmv_is_the_product_without_the_zeros)
{
    static const char *const names[] = {"scalar", "autovec", "simd", "threads:3"};
    static const int counts[] = {1, 15, 16, 17, 300, 1100};
    for (int i = 0; i < 12; i++) {
        int n = counts[i / 2];
        struct flynn_image dense, list = sparse_matrix(&dense, n, i % 2, (uint64_t)i + 1);
        for (int cols = 1; cols <= 21; cols += 20) {
            struct flynn_image x = random_matrix(n, cols, FLYNN_F64, 7), expected = run("matmul", &dense, &x, "scalar");
            for (int b = 0; b < 4; b++) {
                struct flynn_image y = run("spmv", &x, &list, names[b]);
                cr_assert(flynn_images_equal(&expected, &y), "%d rows, %d vectors, case %d on %s", n, cols, i,
                          names[b]);
                flynn_image_free(&y);
            }
            flynn_image_free(&x);
            flynn_image_free(&expected);
        }
        flynn_image_free(&dense);
        flynn_image_free(&list);
    }
}

Test(sparse, matrix_market_lists_are_in_order)
{
    static const char text[] = "%%matrixmarket Matrix Coordinate Real Symmetric\r\n% a\n\n 3 3 4\n3 1 .5\n3 1 -2\n"
                               "2\t2 1e3\n\n1 1 4";
    static const double expected[3][7] = {{3, 1, 1, 1, 2, 3, 3}, {3, 1, 3, 3, 2, 1, 1}, {6, 4, .5, -2, 1e3, .5, -2}};
    struct flynn_image list;
    struct flynn_err err;
    cr_assert_eq(flynn_read_memory(&list, text, sizeof text - 1, NULL, "test.mtx", &err), 1, "%s", err.text);
    cr_assert(list.sparse && list.shape.width == 7 && list.shape.height == 3);
    for (int k = 0; k < 21; k++)
        cr_assert_eq(((double *)flynn_row(&list, k / 7))[k % 7], expected[k / 7][k % 7], "element %d", k);
    flynn_image_free(&list);
    cr_assert_eq(flynn_read_memory(&list, "%%MatrixMarket matrix array real general\n2 3\n1\n2\n3\n4\n5\n6\n", 57, NULL,
                                   "test.mtx", &err),
                 1, "%s", err.text);
    cr_assert(!list.sparse && list.shape.width == 3 && list.shape.height == 2);
    for (int k = 0; k < 6; k++)
        cr_assert_eq(((double *)flynn_row(&list, k % 2))[k / 2], k + 1);
    flynn_image_free(&list);
}
