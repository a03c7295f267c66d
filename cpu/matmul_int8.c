/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/product.h"

/* k[3] and k[4]: 128 where the bytes of A and of B are signed, else 0. A byte v is worth (v ^ s) - s then. */

static int byte_of(const struct flynn_image *m, int row, int col, int sign)
{
    return (((const uint8_t *)flynn_row(m, row))[col] ^ sign) - sign;
}

static void matmul_u8(const struct flynn_call *call)
{
    const int32_t *p = call->stage->k;
    struct flynn_matmul_share share = flynn_matmul_share(call, 1, FLYNN_PRODUCT_COLS);
    bool trans_a = p[FLYNN_MATMUL_FLAGS] & FLYNN_MATMUL_TRANS_A, trans_b = p[FLYNN_MATMUL_FLAGS] & FLYNN_MATMUL_TRANS_B;
    int sign_a = p[FLYNN_MATMUL_SIGN_A], sign_b = p[FLYNN_MATMUL_SIGN_B];
    for (int y = share.first_row; y < share.last_row; y++) {
        struct flynn_product_place at = flynn_product_at(call->stage, y);
        int32_t *restrict c = flynn_row(call->dst, y);
        for (int x = share.first_col; x < share.last_col; x++)
            c[x] = 0;
        for (int k = 0; k < p[FLYNN_MATMUL_DEPTH]; k++) {
            int a = byte_of(call->src, at.a_row + (trans_a ? k : at.y), trans_a ? at.y : k, sign_a);
            const uint8_t *b = flynn_row(call->src2, at.b_row + (trans_b ? 0 : k));
            for (int x = share.first_col; x < share.last_col && !trans_b; x++)
                c[x] += a * ((b[x] ^ sign_b) - sign_b);
            for (int x = share.first_col; x < share.last_col && trans_b; x++)
                c[x] += a * byte_of(call->src2, at.b_row + x, k, sign_b);
        }
    }
}

/* Room for packed blocks of A and B: 4 bytes for two steps of k or more, and for each row of A. */
static size_t scratch_bytes(const struct flynn_product *p)
{
    size_t numbers = ((size_t)p->depth + 1) / 2, rows = (size_t)p->rows, cols = (size_t)p->cols;
    numbers = numbers < FLYNN_MATMUL_NUMBERS ? numbers : FLYNN_MATMUL_NUMBERS;
    rows = rows < FLYNN_MATMUL_MC_BYTES / 4 ? rows : FLYNN_MATMUL_MC_BYTES / 4;
    cols = cols < FLYNN_MATMUL_NC_BYTES / 4 ? cols : FLYNN_MATMUL_NC_BYTES / 4;
    return (numbers + 1) * 4 * (rows + FLYNN_MATMUL_TILE_ROWS + cols + FLYNN_MATMUL_TILE_BYTES / 4) + 2 * 64;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    struct flynn_product p = {0};
    int code = flynn_product_shape(&p, node, err);
    if (code)
        return code;
    int sign = flynn_node_value(node, "signed")->integer;
    int most_a = sign & 1 ? 128 : 255, most_b = sign & 2 ? 128 : 255, most = INT32_MAX / (most_a * most_b);
    if (p.depth > most)
        return flynn_fail(err, FLYNN_EINPUT, "matmul-int8: %d products in a sum may pass s32; at most %d are possible",
                          p.depth, most);
    struct flynn_stage *stage = flynn_product_stage(node, &p, FLYNN_S32);
    stage->scratch_bytes = scratch_bytes(&p);
    stage->k[FLYNN_MATMUL_SIGN_A] = sign & 1 ? 128 : 0;
    stage->k[FLYNN_MATMUL_SIGN_B] = sign & 2 ? 128 : 0;
    flynn_node_launch(node, "matmul_int8", stage); /* its items depend on the shape that the device takes */
    return FLYNN_OK;
}

static void second_shape(struct flynn_shape *shape, const struct flynn_value *value, int param)
{
    (void)param;
    flynn_product_second(shape, &value[1], value[2].integer);
}

const struct flynn_op FLYNN_OP_SYMBOL(matmul_int8) = {
    .name = "matmul-int8",
    .aliases = "gemm-int8 igemm",
    .group = "matrix",
    .summary = "the exact product of two matrices of bytes, in 32 bits",
    .definition = "C = A B for A of m rows x k columns and B of k rows x n columns of u8; C is s32 and exact. `signed` "
                  "says whose bytes stand for -128..127 in two's complement, as those of an NPY array of i1 do, which "
                  "is read as its bytes. Sums that could pass s32 are refused: at "
                  "most 33025, 65793 or 131071 columns of A with none, one or both signed.\n"
                  "trans and batch are those of matmul.",
    .source = "the integer products of oneDNN (u8 s8 s32)",
    .params = {FLYNN_PRODUCT_WITH,
               FLYNN_PRODUCT_TRANS,
               FLYNN_PRODUCT_BATCH,
               {.name = "signed",
                .kind = FLYNN_PARAM_CHOICE,
                .preset = "none",
                .choices = "none|a|b|both",
                .help = "which of the matrices hold signed bytes"}},
    .types = FLYNN_TYPE_BIT(FLYNN_U8),
    .channels = FLYNN_CHANNEL_BIT(1),
    .kind = FLYNN_WHOLE,
    .square_second = true,
    .second_shape = second_shape,
    .cases = {"", "signed=b,trans=a", "signed=both,trans=both", "?batch=2,signed=a", "?batch=3,trans=b"},
    .lower = lower,
    .flops = flynn_product_flops,
    .kernels = {.fn = {{[FLYNN_U8] = matmul_u8}}},
};
