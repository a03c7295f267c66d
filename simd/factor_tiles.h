/* SPDX-License-Identifier: Apache-2.0 */
/* What factorisations and triangular systems are made of in one type, on top of simd/matmul_tiles.h with fma(-a, b, c)
 * as its step.
 *
 * A panel is TILE_COLS columns of unknowns, row by row, with zeros where the matrix has no more columns and with room
 * for a whole tile at its end. A packed triangle is what pack_a makes of its rows. */

#define PANEL_ROWS(n) (((n) + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS)

/* x, which the compiler must load once: it would do so for each multiplication, and loads would then be the limit. */
static inline REAL_V F(tile_keep)(REAL_V x)
{
#if defined(__x86_64__) && !defined(FLYNN_ISA_EMULATED)
    __asm__("" : "+v"(x));
#endif
    return x;
}

/* What follows `elements` elements in scratch memory, on a cache line of its own. */
static inline REAL *F(after)(REAL *p, ptrdiff_t elements)
{
    return p + (elements + 15) / 16 * 16;
}

/* Solve for row i of a tile, and take it out of the rows after it. `column` is column i of the triangle's tile. */
static inline __attribute__((always_inline)) void F(finish_row)(REAL_V c[TILE_ROWS][2], const REAL *column, int i,
                                                                bool unit)
{
    for (int v = 0; v < 2 && !unit; v++)
        c[i][v] = REAL_L(div)(c[i][v], REAL_L(set1)(column[i]));
    for (int r = i + 1; r < TILE_ROWS; r++) {
        REAL_V x = F(tile_keep)(REAL_L(set1)(column[r]));
        for (int v = 0; v < 2; v++)
            c[r][v] = TILE_STEP(x, c[i][v], c[r][v]);
    }
}

/* Rows [depth, depth + TILE_ROWS) of a panel, of which those before are solved. */
static inline __attribute__((always_inline)) void F(solve_tile)(const REAL *a, REAL *panel, int depth, bool unit)
{
    REAL *to = panel + (ptrdiff_t)depth * TILE_COLS;
    REAL_V c[TILE_ROWS][2];
    for (int i = 0; i < TILE_ROWS; i++) {
        for (int v = 0; v < 2; v++)
            c[i][v] = REAL_L(loadu)(to + i * TILE_COLS + v * LANES);
    }
    for (const REAL *b = panel; b < to; b += TILE_COLS, a += TILE_ROWS) {
        REAL_V b0 = REAL_L(loadu)(b), b1 = REAL_L(loadu)(b + LANES);
        for (int i = 0; i < TILE_ROWS; i++) {
            REAL_V x = F(tile_keep)(REAL_L(set1)(a[i]));
            c[i][0] = TILE_STEP(x, b0, c[i][0]);
            c[i][1] = TILE_STEP(x, b1, c[i][1]);
        }
    }
    F(finish_row)(c, a, 0, unit);
    F(finish_row)(c, a + TILE_ROWS, 1, unit);
    F(finish_row)(c, a + 2 * TILE_ROWS, 2, unit);
    F(finish_row)(c, a + 3 * TILE_ROWS, 3, unit);
    F(finish_row)(c, a + 4 * TILE_ROWS, 4, unit);
    F(finish_row)(c, a + 5 * TILE_ROWS, 5, unit);
    for (int i = 0; i < TILE_ROWS; i++) {
        for (int v = 0; v < 2; v++)
            REAL_L(storeu)(to + i * TILE_COLS + v * LANES, c[i][v]);
    }
}

/* A packed lower triangle of order n. What lies beyond it in its last tile is solved for as well, and means nothing. */
static void F(pack_triangle)(REAL *to, struct F(matrix) a, int n)
{
    F(pack_a)(to, a, n, n);
    memset(to + (ptrdiff_t)PANEL_ROWS(n) * n, 0, sizeof(REAL) * TILE_ROWS * TILE_ROWS);
}

static void F(clear_rest)(REAL *panel, int n)
{
    memset(panel + (ptrdiff_t)n * TILE_COLS, 0, sizeof(REAL) * TILE_COLS * (size_t)(PANEL_ROWS(n) - n));
}

/* Rows of a matrix from panels that hold them as columns. */
static void F(unpack_lines)(REAL *to, ptrdiff_t stride, const REAL *panel, int lines, int depth)
{
    int whole = lines / BLOCK * BLOCK, even = depth / BLOCK * BLOCK;
    for (int r = 0; r < whole; r += BLOCK) {
        for (int k = 0; k < even; k += BLOCK)
            F(transpose)(to + r * stride + k, stride, panel + k * TILE_COLS + r, TILE_COLS);
    }
    for (int r = 0; r < lines; r++) {
        for (int k = r < whole ? even : 0; k < depth; k++)
            to[r * stride + k] = panel[k * TILE_COLS + r];
    }
}
