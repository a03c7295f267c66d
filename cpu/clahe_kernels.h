/* SPDX-License-Identifier: Apache-2.0 */

/* The kernels of clahe, included once for each type: T is the type, F(name) the name of a function for it, VALUES how
 * many values it has. */

static void F(tiles)(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *k = stage->k, *column = stage->table[0].data, *row = stage->table[1].data;
    int channels = stage->in.channels, wide = k[FLYNN_CLAHE_WIDTH], tall = k[FLYNN_CLAHE_HEIGHT];
    uint32_t *count = call->scratch;
    for (int tile = call->y; tile < call->y + call->rows; tile++) {
        int left = tile % k[FLYNN_CLAHE_COLUMNS] * wide, top = tile / k[FLYNN_CLAHE_COLUMNS] * tall;
        T *out = flynn_row(call->dst, tile);
        for (int c = 0; c < channels; c++) {
            memset(count, 0, VALUES * sizeof *count);
            for (int y = top; y < top + tall; y++) {
                const T *in = flynn_row(call->src, row[y]);
                for (int x = left; x < left + wide; x++)
                    count[in[column[x] * channels + c]]++;
            }
            flynn_clahe_table(stage, count, out + c * VALUES);
        }
    }
}

static void F(apply)(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    const struct flynn_clahe_place *column = stage->table[0].data, *row = stage->table[1].data;
    int channels = stage->in.channels, columns = stage->k[FLYNN_CLAHE_COLUMNS], alpha = stage->k[FLYNN_CLAHE_ALPHA];
    for (int r = 0; r < call->rows; r++) {
        struct flynn_clahe_place y = row[call->y + r];
        int top = flynn_clahe_before(y.cell) * columns;
        int bottom = flynn_clahe_after(y.cell, stage->k[FLYNN_CLAHE_ROWS]) * columns;
        const T *in = call->in[r];
        T *out = call->out[r];
        float down = y.weight, up = 1.0f - down;
        for (int x = 0; x < call->width; x++) {
            int left = flynn_clahe_before(column[x].cell), right = flynn_clahe_after(column[x].cell, columns);
            const T *a = flynn_row(call->side, top + left), *b = flynn_row(call->side, top + right);
            const T *c = flynn_row(call->side, bottom + left), *d = flynn_row(call->side, bottom + right);
            float to = column[x].weight, from = 1.0f - to;
            for (int i = 0; i < channels; i++) {
                int v = i * VALUES + in[x * channels + i];
                float y0 = (float)a[v] * from + (float)b[v] * to, y1 = (float)c[v] * from + (float)d[v] * to;
                out[x * channels + i] = (T)flynn_clahe_round(y0 * up + y1 * down);
            }
        }
        for (int i = alpha; alpha >= 0 && i < call->width * channels; i += channels)
            out[i] = in[i];
    }
}
