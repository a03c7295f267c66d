/* SPDX-License-Identifier: Apache-2.0 */
/* Running sums through the whole matrix: included by simd/cumsum.c once for each type SUM of the sums, with F(name) the
 * name of a function.
 *
 * Members take turns of CUMSUM_GROUP rows each. What the rows above come to is known to all once everyone has summed up
 * along the rows; the additions go on in the order of the rows, by each member for itself. */

/* Sums along n rows from row y on; rows[] tells where they stand. */
static inline void F(group)(const struct flynn_call *call, flynn_kernel *along, int y, int n, SUM **rows,
                            uint64_t *lasts)
{
    size_t held = cumsum_held(&call->dst->shape);
    uint8_t *scratch = (uint8_t *)call->scratch + sizeof(struct cumsum_lasts);
    struct flynn_call part = *call;
    const void *in[CUMSUM_GROUP];
    for (int r = 0; r < n; r++) {
        in[r] = flynn_row(call->src, y + r);
        rows[r] = held ? (SUM *)(void *)(scratch + (size_t)r * held) : flynn_row(call->dst, y + r);
    }
    part.in = in;
    part.out = (void *const *)rows;
    part.rows = n;
    part.stream = false;
    along(&part);
    for (int r = 0; r < n; r++)
        memcpy(lasts + r, rows[r] + call->width - 1, sizeof(SUM));
}

static inline void F(through)(const struct flynn_call *call, flynn_kernel *along)
{
    struct cumsum_lasts *lasts = call->shared;
    int members = call->members < CUMSUM_MEMBERS ? call->members : CUMSUM_MEMBERS, height = call->dst->shape.height;
    int own = call->member * CUMSUM_GROUP, turn = members * CUMSUM_GROUP, odd = 0;
    bool stream = streams(call), takes_part = call->member < members;
    SUM total = 0;
    for (int y = 0; y < height; y += turn, odd ^= 1) {
        SUM *rows[CUMSUM_GROUP];
        uint64_t *last = lasts->last[odd];
        int n = height - y < turn ? height - y : turn, some = n - own < CUMSUM_GROUP ? n - own : CUMSUM_GROUP;
        if (takes_part && some > 0)
            F(group)(call, along, y + own, some, rows, last + own);
        flynn_team_wait(call);
        for (int r = 0; r < n && takes_part; r++) {
            SUM sum;
            if (r >= own && r < own + some)
                F(raise)(total, rows[r - own], flynn_row(call->dst, y + r), call->width, stream);
            memcpy(&sum, last + r, sizeof sum);
            total += sum;
        }
    }
    if (stream)
        simde_mm_sfence();
}

#undef SUM
#undef F
