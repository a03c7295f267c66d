/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/peer.h"

#include "core/factor.h"

#include <stdlib.h>
#include <string.h>

/* LAPACK works in place, on matrices by columns. What it gets is the transposed matrix by rows; of a symmetric one that
 * is the same, with the triangles exchanged. */

typedef void potrf(const char *, const int *, void *, const int *, int *, size_t);
typedef void getrf(const int *, const int *, void *, const int *, int *, int *);
typedef void posv(const char *, const int *, const int *, void *, const int *, void *, const int *, int *, size_t);
typedef void gesv(const int *, const int *, void *, const int *, int *, void *, const int *, int *);

static int batch_of(const struct cli_peer *peer)
{
    return flynn_node_value(&peer->plan->node[0], "batch")->integer;
}

/* The second matrix, where there is one. */
static const struct flynn_image *right_of(const struct cli_peer *peer)
{
    return strcmp(peer->plan->node[0].op->name, "solve") ? NULL : flynn_node_value(&peer->plan->node[0], "with")->input;
}

static size_t sample_of(const struct cli_peer *peer)
{
    return flynn_type_bytes(peer->in->shape.type);
}

/* Bytes of all matrices of the first input, and of the second one. */
static size_t left_bytes(const struct cli_peer *peer)
{
    size_t n = (size_t)peer->in->shape.width;
    return n * n * (size_t)batch_of(peer) * sample_of(peer);
}

static size_t right_bytes(const struct cli_peer *peer)
{
    const struct flynn_image *b = right_of(peer);
    return b ? (size_t)b->shape.width * (size_t)b->shape.height * sample_of(peer) : 0;
}

/* Rows [top, top + rows) of an image into a matrix by columns, or back. */
static void turn(const struct flynn_image *image, int top, int rows, void *columns, bool back)
{
    size_t sample = flynn_type_bytes(image->shape.type);
    for (int y = 0; y < rows; y++) {
        uint8_t *row = flynn_row(image, top + y);
        for (int x = 0; x < image->shape.width; x++) {
            uint8_t *at = (uint8_t *)columns + ((size_t)x * (size_t)rows + (size_t)y) * sample;
            memcpy(back ? row + (size_t)x * sample : at, back ? at : row + (size_t)x * sample, sample);
        }
    }
}

static int prepare(struct cli_peer *peer, struct flynn_err *err)
{
    int n = peer->in->shape.width;
    const struct flynn_image *b = right_of(peer);
    size_t bytes = left_bytes(peer) + right_bytes(peer);
    peer->fresh = malloc(bytes);
    peer->work = malloc(bytes);
    peer->pivots = calloc((size_t)n * (size_t)batch_of(peer), sizeof *peer->pivots);
    if (!peer->fresh || !peer->work || !peer->pivots)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory");
    size_t left = left_bytes(peer) / (size_t)batch_of(peer), right = right_bytes(peer) / (size_t)batch_of(peer);
    for (int i = 0; i < batch_of(peer); i++) {
        turn(peer->in, i * n, n, (uint8_t *)peer->fresh + (size_t)i * left, false);
        if (b)
            turn(b, i * n, n, (uint8_t *)peer->fresh + left_bytes(peer) + (size_t)i * right, false);
    }
    return FLYNN_OK;
}

static void load(struct cli_peer *peer)
{
    memcpy(peer->work, peer->fresh, left_bytes(peer) + right_bytes(peer));
}

/* Call the function for every matrix. The lower triangle is the one that flynn reads. */
static void run(struct cli_peer *peer)
{
    int n = peer->in->shape.width, batch = batch_of(peer), info;
    const struct flynn_image *b = right_of(peer);
    int columns = b ? b->shape.width : 0;
    size_t left = left_bytes(peer) / (size_t)batch, right = right_bytes(peer) / (size_t)batch;
    bool general = strcmp(peer->plan->node[0].op->name, "cholesky") != 0 &&
                   !(b && flynn_node_value(&peer->plan->node[0], "assume")->integer);
    union {
        potrf *potrf;
        getrf *getrf;
        posv *posv;
        gesv *gesv;
    } f;
    memcpy(&f, &peer->function, sizeof f);
    for (int i = 0; i < batch; i++) {
        void *a = (uint8_t *)peer->work + (size_t)i * left;
        void *x = (uint8_t *)peer->work + left_bytes(peer) + (size_t)i * right;
        int *pivots = peer->pivots + (size_t)i * (size_t)n;
        if (b && general)
            f.gesv(&n, &columns, a, &n, pivots, x, &n, &info);
        else if (b)
            f.posv("L", &n, &columns, a, &n, x, &n, &info, 1);
        else if (general)
            f.getrf(&n, &n, a, &n, pivots, &info);
        else
            f.potrf("L", &n, a, &n, &info, 1);
    }
}

static void set(const struct flynn_image *m, int row, int col, double value)
{
    if (m->shape.type == FLYNN_F64)
        ((double *)flynn_row(m, row))[col] = value;
    else
        ((float *)flynn_row(m, row))[col] = (float)value;
}

static void store_cholesky(struct cli_peer *peer)
{
    int n = peer->in->shape.width, batch = batch_of(peer);
    for (int i = 0; i < batch; i++) {
        turn(&peer->out, i * n, n, (uint8_t *)peer->work + left_bytes(peer) / (size_t)batch * (size_t)i, true);
        for (int y = 0; y < n; y++) {
            for (int x = y + 1; x < n; x++)
                set(&peer->out, i * n + y, x, 0);
        }
    }
}

/* Pivots are counted from 1 there. */
static void store_lu(struct cli_peer *peer)
{
    int n = peer->in->shape.width, batch = batch_of(peer);
    for (int i = 0; i < batch; i++) {
        turn(&peer->out, i * (n + 1), n, (uint8_t *)peer->work + left_bytes(peer) / (size_t)batch * (size_t)i, true);
        for (int k = 0; k < n; k++)
            set(&peer->out, i * (n + 1) + n, k, peer->pivots[i * n + k] - 1);
    }
}

static void store_solution(struct cli_peer *peer)
{
    int n = peer->in->shape.width, batch = batch_of(peer);
    uint8_t *x = (uint8_t *)peer->work + left_bytes(peer);
    for (int i = 0; i < batch; i++)
        turn(&peer->out, i * n, n, x + right_bytes(peer) / (size_t)batch * (size_t)i, true);
}

#define LAPACK(name, put)                                                                                              \
    {                                                                                                                  \
        .kind = "LAPACK", .row = "lapack", .variable = "FLYNN_LAPACK",                                                 \
        .libraries = {"libopenblas.so.0", "liblapack.so.3"}, .f32 = "s" name "_", .f64 = "d" name "_",                 \
        .prepare = prepare, .load = load, .run = run, .store = put                                                     \
    }

const struct cli_peer_way *cli_lapack_way(const struct flynn_plan *plan)
{
    static const struct cli_peer_way cholesky = LAPACK("potrf", store_cholesky), lu = LAPACK("getrf", store_lu);
    static const struct cli_peer_way general = LAPACK("gesv", store_solution),
                                     positive = LAPACK("posv", store_solution);
    const struct flynn_node *node = &plan->node[0];
    if (plan->nodes != 1)
        return NULL;
    if (strcmp(node->op->name, "cholesky") == 0)
        return &cholesky;
    if (strcmp(node->op->name, "lu") == 0)
        return flynn_node_value(node, "output")->integer == FLYNN_LU_PACKED ? &lu : NULL;
    if (strcmp(node->op->name, "solve") == 0)
        return flynn_node_value(node, "assume")->integer ? &positive : &general;
    return NULL;
}
