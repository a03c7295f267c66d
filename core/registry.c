/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FLYNN_OP(name, simd, cl) extern const struct flynn_op flynn_op_##name##_scalar;
#include "core/ops.def"
#undef FLYNN_OP

static const struct flynn_op *const ops[FLYNN_N_OPS] = {
#define FLYNN_OP(name, simd, cl) &flynn_op_##name##_scalar,
#include "core/ops.def"
#undef FLYNN_OP
};

int flynn_op_count(void)
{
    return FLYNN_N_OPS;
}

const struct flynn_op *flynn_op_at(int index)
{
    return ops[index];
}

int flynn_op_index(const struct flynn_op *op)
{
    for (int i = 0; i < FLYNN_N_OPS; i++) {
        if (ops[i] == op)
            return i;
    }
    abort();
}

/* Whether `word` is one of the blank-separated words of `list`. Case does not count: peers write GaussianBlur and
 * CLAHE. */
static bool has_word(const char *list, const char *word)
{
    size_t length = strlen(word);
    while (*list) {
        size_t n = strcspn(list, " ");
        if (n == length && strncasecmp(list, word, n) == 0)
            return true;
        list += n + (list[n] == ' ');
    }
    return false;
}

int flynn_op_find(const char *name)
{
    for (int i = 0; i < FLYNN_N_OPS; i++) {
        if (has_word(ops[i]->name, name) || has_word(ops[i]->aliases, name))
            return i;
    }
    return -1;
}

/* Levenshtein distance of short words; longer ones count as far apart. */
static int edit_distance(const char *a, const char *b)
{
    enum { LONGEST = 31 };
    size_t m = strlen(a), n = strlen(b);
    int row[LONGEST + 1];
    if (m > LONGEST || n > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= n; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= m; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= n; j++) {
            int best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[n];
}

const char *flynn_op_nearest(const char *name)
{
    const char *nearest = NULL;
    int best = 3;
    for (int i = 0; i < FLYNN_N_OPS; i++) {
        const char *candidate = ops[i]->name;
        int distance = edit_distance(name, candidate);
        if (strlen(name) >= 3 && strncmp(name, candidate, strlen(name)) == 0)
            distance = 0;
        if (distance < best) {
            best = distance;
            nearest = candidate;
        }
    }
    return nearest;
}

struct flynn_shape flynn_op_second(const struct flynn_op *op, const struct flynn_shape *in)
{
    struct flynn_shape shape = *in;
    int param = 0;
    if (op->square_second) {
        shape.height = shape.width;
    } else if (op->second_shape) {
        while (op->params[param].kind != FLYNN_PARAM_INPUT)
            param++;
        op->second_shape(&shape, NULL, param);
    }
    return shape;
}
