/* SPDX-License-Identifier: Apache-2.0 */

/** One of the two passes of resize with a filter, on samples of one type; included by cpu/resize_filter.h once for
 * each, which defines IN and OUT, the types of what is read and written, SUM, that of the sums, VALUE, the function
 * from what is read to what is weighted, ROUND, the function from a sum to what is written, and ACROSS and DOWN, the
 * names of the kernels along rows and down columns. */

static inline __attribute__((always_inline)) void RESIZE_JOIN(ACROSS, n)(const struct flynn_call *call, int channels)
{
    const int32_t *first = call->stage->table[0].data;
    const int16_t *weight = call->stage->table[1].data;
    int taps = call->stage->k[0], stride = call->stage->k[1];
    for (int r = 0; r < call->rows; r++) {
        OUT *out = call->out[r];
        for (int x = 0; x < call->width; x++) {
            const IN *in = (const IN *)call->in[r] + (size_t)first[x] * (size_t)channels;
            const int16_t *w = weight + (size_t)x * (size_t)stride;
            SUM sum[4] = {0};
            for (int k = 0; k < taps; k++) {
                for (int c = 0; c < channels; c++)
                    sum[c] += (SUM)w[k] * VALUE(*in++);
            }
            for (int c = 0; c < channels; c++)
                *out++ = ROUND(sum[c]);
        }
    }
}

static void ACROSS(const struct flynn_call *call)
{
    by_channels(call, RESIZE_JOIN(ACROSS, n));
}

static void DOWN(const struct flynn_call *call)
{
    const int16_t *w = (const int16_t *)call->stage->table[1].data + (size_t)call->y * (size_t)call->stage->k[1];
    OUT *out = call->out[0];
    for (int i = 0, n; (n = down_chunk(call, i)) > 0; i += n) {
        SUM sum[FILTER_CHUNK] = {0};
        for (int k = 0; k < call->stage->k[0]; k++) {
            const IN *in = (const IN *)call->in[k] + i;
            for (int j = 0; j < n; j++)
                sum[j] += (SUM)w[k] * VALUE(in[j]);
        }
        for (int j = 0; j < n; j++)
            out[i + j] = ROUND(sum[j]);
    }
}

#undef IN
#undef OUT
#undef SUM
#undef VALUE
#undef ROUND
#undef ACROSS
#undef DOWN
