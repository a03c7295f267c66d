/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/peer.h"

#include "flynn_config.h"

#include <flynn/backend.h>

#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ENOUGH_MS  400.0
#define LEAST_RUNS 5

enum { ROW_MAJOR = 101, AS_IS = 111, TRANSPOSED = 112 }; /* of every cblas.h */

typedef void sgemm(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
typedef void dgemm(int, int, int, int, int, int, double, const double *, int, const double *, int, double, double *,
                   int);
typedef void set_threads(int);

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* One product of matrices and nothing else. */
static bool is_product(const struct flynn_plan *plan)
{
    if (plan->nodes != 1 || strcmp(plan->node[0].op->name, "matmul") != 0)
        return false;
    const struct flynn_node *node = &plan->node[0];
    return node->stages == 1 && flynn_node_value(node, "batch")->integer == 1;
}

static void load(struct cli_peer *peer, const char *function)
{
    const struct cli_peer_way *way = peer->way;
    const char *own = getenv(way->variable);
    const char *names[] = {own && *own ? own : way->libraries[0], own && *own ? NULL : way->libraries[1]};
    snprintf(peer->why, sizeof peer->why, "no %s beside it: %s cannot be opened%s%s%s", way->kind, names[0],
             names[1] ? "; " : "", names[1] ? way->variable : "", names[1] ? " may name one" : "");
    for (int i = 0; i < 2 && names[i] && !peer->function; i++) {
        peer->library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (!peer->library)
            continue;
        peer->function = dlsym(peer->library, function);
        snprintf(peer->name, sizeof peer->name, "%s", names[i]);
        if (!peer->function) {
            snprintf(peer->why, sizeof peer->why, "no %s beside it: %s has no %s", way->kind, names[i], function);
            dlclose(peer->library);
            peer->library = NULL;
        }
    }
    if (!peer->function)
        return;
    *peer->why = '\0';
    peer->set_threads = dlsym(peer->library, "openblas_set_num_threads");
}

/* |m| as a new image. */
static int absolute(struct flynn_image *to, const struct flynn_image *m, struct flynn_err *err)
{
    int code = flynn_image_copy(to, m, err);
    for (int y = 0; !code && y < m->shape.height; y++) {
        float *f = flynn_row(to, y);
        double *d = flynn_row(to, y);
        for (int x = 0; x < m->shape.width; x++) {
            if (m->shape.type == FLYNN_F64)
                d[x] = fabs(d[x]);
            else
                f[x] = fabsf(f[x]);
        }
    }
    return code;
}

/* |A| |B|, which the bound of a difference is proportional to. */
static int make_sum(struct cli_peer *peer, struct flynn_err *err)
{
    static const char *const sides[] = {"none", "a", "b", "both"};
    const struct flynn_node *node = &peer->plan->node[0];
    struct flynn_image a = {0}, b = {0};
    struct flynn_chain *chain = calloc(1, sizeof *chain);
    struct flynn_plan plan = {0};
    struct flynn_backend backend;
    struct flynn_limits limits = {0};
    char text[64], why[256];
    if (!chain)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory");
    snprintf(text, sizeof text, "matmul:trans=%s", sides[flynn_node_value(node, "trans")->integer]);
    int code = absolute(&a, peer->in, err);
    if (!code)
        code = absolute(&b, flynn_node_value(node, "with")->input, err);
    if (!code)
        code = flynn_chain_add_with(chain, text, &b, err);
    if (!code)
        code = flynn_plan_build(&plan, chain, &a.shape, err);
    if (!code) {
        flynn_backend_choose(&backend, &plan, &limits, why, sizeof why);
        code = flynn_run_plan(&plan, &backend, &a, &peer->sum, err);
    }
    flynn_plan_free(&plan);
    flynn_chain_free(chain);
    free(chain);
    flynn_image_free(&a);
    flynn_image_free(&b);
    return code;
}

static void multiply(struct cli_peer *peer)
{
    const struct flynn_node *node = &peer->plan->node[0];
    const struct flynn_image *a = peer->in, *b = flynn_node_value(node, "with")->input, *c = &peer->out;
    int trans = flynn_node_value(node, "trans")->integer;
    int first = trans & 1 ? TRANSPOSED : AS_IS, second = trans & 2 ? TRANSPOSED : AS_IS;
    int m = c->shape.height, n = c->shape.width, k = trans & 1 ? a->shape.height : a->shape.width;
    int sample = (int)flynn_type_bytes(c->shape.type);
    int lda = (int)a->stride / sample, ldb = (int)b->stride / sample, ldc = (int)c->stride / sample;
    if (c->shape.type == FLYNN_F64) {
        dgemm *gemm;
        memcpy(&gemm, &peer->function, sizeof gemm);
        gemm(ROW_MAJOR, first, second, m, n, k, 1, (const double *)(const void *)a->data, lda,
             (const double *)(const void *)b->data, ldb, 0, (double *)(void *)c->data, ldc);
    } else {
        sgemm *gemm;
        memcpy(&gemm, &peer->function, sizeof gemm);
        gemm(ROW_MAJOR, first, second, m, n, k, 1, (const float *)(const void *)a->data, lda,
             (const float *)(const void *)b->data, ldb, 0, (float *)(void *)c->data, ldc);
    }
}

static const struct cli_peer_way product = {
    .kind = "CBLAS",
    .row = "cblas",
    .variable = "FLYNN_CBLAS",
    .libraries = {"libopenblas.so.0", "libblas.so.3"},
    .f32 = "cblas_sgemm",
    .f64 = "cblas_dgemm",
    .bounded = true,
    .prepare = make_sum,
    .run = multiply,
};

void cli_peer_open(struct cli_peer *peer, const struct flynn_plan *plan, const struct flynn_image *in,
                   const struct flynn_image *expected, int threads)
{
    struct flynn_err err;
    *peer = (struct cli_peer){.plan = plan, .in = in, .expected = expected};
    peer->way = is_product(plan) ? &product : cli_lapack_way(plan);
    if (!FLYNN_HAVE_PEERS || !peer->way)
        return;
    load(peer, in->shape.type == FLYNN_F64 ? peer->way->f64 : peer->way->f32);
    if (!peer->function)
        return;
    int code = flynn_image_alloc(&peer->out, &plan->out, &err);
    if (!code)
        code = peer->way->prepare(peer, &err);
    if (code) {
        snprintf(peer->why, sizeof peer->why, "no %s beside it: %.150s", peer->way->kind, err.text);
        return;
    }
    peer->row[peer->rows++].threads = peer->set_threads ? 1 : 0;
    if (peer->set_threads && threads > 1)
        peer->row[peer->rows++].threads = threads;
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

static void use_threads(const struct cli_peer *peer, const struct cli_peer_row *row)
{
    set_threads *set;
    if (!row->threads)
        return;
    memcpy(&set, &peer->set_threads, sizeof set);
    set(row->threads);
}

static double sample_at(const struct flynn_image *image, int x, int y)
{
    const void *row = flynn_row(image, y);
    return image->shape.type == FLYNN_F64 ? ((const double *)row)[x] : (double)((const float *)row)[x];
}

/* Two sums of k terms in any order, each term and sum rounded or fused, differ by at most 2 g |A||B|, where
 * g = k u / (1 - k u); |A||B| itself was rounded in the same way. */
static void compare(const struct cli_peer *peer, struct cli_peer_row *row)
{
    const struct flynn_image *e = peer->expected;
    bool wide = e->shape.type == FLYNN_F64, bounded = peer->way->bounded;
    bool upright = bounded && flynn_node_value(&peer->plan->node[0], "trans")->integer & 1;
    int depth = upright ? peer->in->shape.height : peer->in->shape.width;
    double ku = depth * (wide ? 0x1p-53 : 0x1p-24), g = ku / (1 - ku), factor = 2 * g / (1 - g);
    row->differing = row->samples = 0;
    for (int y = 0; y < e->shape.height; y++) {
        for (int x = 0; x < e->shape.width; x++) {
            double ours = sample_at(e, x, y), theirs = sample_at(&peer->out, x, y), distance = fabs(ours - theirs);
            row->samples++;
            row->differing += ours != theirs && !(isnan(ours) && isnan(theirs));
            if (distance > row->max_abs)
                row->max_abs = distance;
            if (bounded && distance > 0 && distance / (factor * sample_at(&peer->sum, x, y)) > row->of_bound)
                row->of_bound = distance / (factor * sample_at(&peer->sum, x, y));
        }
    }
}

static bool enough(const struct cli_peer_row *row, int runs)
{
    if (row->runs >= CLI_PEER_RUNS)
        return true;
    return runs > 0 ? row->runs >= runs : row->runs >= LEAST_RUNS && row->spent_ms >= ENOUGH_MS;
}

static double run(struct cli_peer *peer)
{
    if (peer->way->load)
        peer->way->load(peer);
    double start = now_ms();
    peer->way->run(peer);
    return now_ms() - start;
}

int cli_peer_turn(struct cli_peer *peer, int runs)
{
    int left = 0;
    for (int i = 0; i < peer->rows; i++) {
        struct cli_peer_row *row = &peer->row[i];
        if (enough(row, runs))
            continue;
        use_threads(peer, row);
        if (!row->runs)
            run(peer);
        double first = now_ms();
        do {
            row->times_ms[row->runs] = run(peer);
            row->spent_ms += row->times_ms[row->runs++];
        } while (now_ms() - first < CLI_TURN_MS && !enough(row, runs));
        if (enough(row, runs)) {
            if (peer->way->store)
                peer->way->store(peer);
            compare(peer, row);
        } else {
            left++;
        }
    }
    return left;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void cli_peer_finish(struct cli_peer *peer)
{
    for (int i = 0; i < peer->rows; i++) {
        struct cli_peer_row *row = &peer->row[i];
        qsort(row->times_ms, (size_t)row->runs, sizeof *row->times_ms, ascending);
        row->median_ms = (row->times_ms[(row->runs - 1) / 2] + row->times_ms[row->runs / 2]) / 2;
        row->min_ms = row->times_ms[0];
        row->gflops = flynn_plan_flops(peer->plan) / row->median_ms / 1e6;
    }
}

static const char *row_name(char *text, size_t size, const struct cli_peer *peer, const struct cli_peer_row *row)
{
    if (row->threads)
        snprintf(text, size, "%s:%d", peer->way->row, row->threads);
    else
        snprintf(text, size, "%s", peer->way->row);
    return text;
}

void cli_peer_print_rows(const struct cli_peer *peer, FILE *out, int name_width)
{
    char name[24];
    for (int i = 0; i < peer->rows; i++) {
        const struct cli_peer_row *row = &peer->row[i];
        fprintf(out, "%-*s %10.*f %10.*f %9s %9.2f\n", name_width, row_name(name, sizeof name, peer, row),
                row->median_ms < 1 ? 3 : 2, row->median_ms, row->min_ms < 1 ? 3 : 2, row->min_ms, "-", row->gflops);
    }
}

void cli_peer_print_notes(const struct cli_peer *peer, FILE *out)
{
    char name[24];
    if (*peer->why)
        fprintf(out, "%s\n", peer->why);
    for (int i = 0; i < peer->rows; i++) {
        const struct cli_peer_row *row = &peer->row[i];
        fprintf(out, "%s is %s: %llu of %llu elements have other bits, by at most %.2g\n",
                row_name(name, sizeof name, peer, row), peer->name, (unsigned long long)row->differing,
                (unsigned long long)row->samples, row->max_abs);
        if (peer->way->bounded)
            fprintf(out, "  (%.2g%% of the bound 2 g |A||B|, g = k u / (1 - k u))\n", 100 * row->of_bound);
    }
}

void cli_peer_close(struct cli_peer *peer)
{
    flynn_image_free(&peer->out);
    flynn_image_free(&peer->sum);
    free(peer->fresh);
    free(peer->work);
    free(peer->pivots);
    if (peer->library)
        dlclose(peer->library);
}
