/* SPDX-License-Identifier: Apache-2.0 */
/* alpha C + beta D in one type: included by simd/matmul.c once for each, with the macros of simd/matmul_blocks.h. */

static void F(scale)(const struct flynn_call *call)
{
    const int lanes = (int)(VEC / sizeof(REAL));
    const REAL *c = call->in[0], *d = call->with ? call->with[0] : NULL;
    REAL *out = call->out[0], alpha = REAL_FACTOR(call->stage)[0], beta = REAL_FACTOR(call->stage)[1];
    int x = 0;
    for (; x + lanes <= call->width; x += lanes) {
        REAL_V v = REAL_L(mul)(REAL_L(set1)(alpha), REAL_L(loadu)(c + x));
        if (d)
            v = REAL_L(add)(v, REAL_L(mul)(REAL_L(set1)(beta), REAL_L(loadu)(d + x)));
        REAL_L(storeu)(out + x, v);
    }
    for (; x < call->width; x++)
        out[x] = d ? alpha * c[x] + beta * d[x] : alpha * c[x];
}
