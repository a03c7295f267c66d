/* SPDX-License-Identifier: Apache-2.0 */
#include <flynn/backend.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Stand-in until the commands exist: run OPS on noise of some shapes on every CPU backend and compare with scalar. */
static int bench(int argc, char **argv, const char *size)
{
    struct flynn_err err;
    struct flynn_shape shape = {0};
    char type[8] = "u8";
    sscanf(size, "%dx%dx%d,%7s", &shape.width, &shape.height, &shape.channels, type);
    flynn_type_parse(type, &shape.type);
    struct flynn_image in, out;
    flynn_image_alloc(&in, &shape, &err);
    for (int y = 0; y < shape.height; y++)
        for (size_t i = 0; i < flynn_row_samples(&shape); i++) {
            if (shape.type == FLYNN_F32)
                ((float *)flynn_row(&in, y))[i] = (float)rand() / (float)RAND_MAX;
            else if (shape.type == FLYNN_F64)
                ((double *)flynn_row(&in, y))[i] = rand() / (double)RAND_MAX;
            else if (shape.type == FLYNN_U16)
                ((uint16_t *)flynn_row(&in, y))[i] = (uint16_t)rand();
            else
                ((uint8_t *)flynn_row(&in, y))[i] = (uint8_t)rand();
        }
    struct flynn_chain chain = {0};
    struct flynn_plan plan;
    for (int i = 1; i < argc; i++)
        if (flynn_chain_add_with(&chain, argv[i], &in, &err))
            return puts(err.text), 2;
    if (flynn_plan_build(&plan, &chain, &shape, &err))
        return puts(err.text), 2;
    struct flynn_backend b[16];
    const char *names = getenv("BACKENDS");
    int n = flynn_backends_parse(b, 16, names ? names : "scalar,autovec,simd:sse2,simd:sse41,simd:avx2,threads:2", NULL, &err);
    for (int i = 0; i < n; i++) {
        struct flynn_run *run;
        if (flynn_run_open(&run, &plan, &b[i], &err)) {
            puts(err.text);
            continue;
        }
        flynn_plan_output(&plan, &in, &out, &err);
        flynn_run_bind(run, &in, &out, &err);
        double best = 1e9, spent = 0;
        for (int k = 0; k < 3 || (spent < 0.3 && k < 200); k++) {
            struct timespec t0, t1;
            clock_gettime(CLOCK_MONOTONIC, &t0);
            flynn_run_upload(run, &err);
            flynn_run_compute(run, &err);
            flynn_run_download(run, &err);
            clock_gettime(CLOCK_MONOTONIC, &t1);
            double s = (double)(t1.tv_sec - t0.tv_sec) + 1e-9 * (double)(t1.tv_nsec - t0.tv_nsec);
            best = s < best ? s : best;
            spent += s;
        }
        printf("%-14s %8.3f ms  %6.2f GB/s\n", b[i].name, best * 1e3, flynn_plan_bytes(&plan) / best / 1e9);
        flynn_run_close(run);
        flynn_image_free(&out);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct flynn_err err;
    if (getenv("BENCH"))
        return bench(argc, argv, getenv("BENCH"));
    for (int t = 0; t < 3; t++)
        for (int ch = 1; ch <= 4; ch++)
            for (int w = 1; w < 200; w += 33) {
                struct flynn_shape shape = {w, 37, ch, (enum flynn_type)t};
                struct flynn_image in, ref, out;
                flynn_image_alloc(&in, &shape, &err);
                for (size_t i = 0; i < in.owned_bytes; i++)
                    in.data[i] = (uint8_t)(rand() >> 7);
                if (t == 2)
                    for (int y = 0; y < 37; y++)
                        for (int i = 0; i < w * ch; i++)
                            ((float *)flynn_row(&in, y))[i] = (float)rand() / (float)RAND_MAX;
                struct flynn_chain chain = {0};
                struct flynn_plan plan;
                for (int i = 1; i < argc; i++)
                    if (flynn_chain_add_with(&chain, argv[i], &in, &err))
                        return puts(err.text), 2;
                if (flynn_plan_build(&plan, &chain, &shape, &err)) {
                    puts(err.text);
                    continue;
                }
                struct flynn_backend b[16];
                int n = flynn_backends_parse(b, 16, "scalar,autovec,simd:sse2,simd:sse41,simd:avx2,threads:3", NULL, &err);
                if (n < 0)
                    return puts(err.text), 2;
                for (int i = 0; i < n; i++) {
                    if (flynn_run_plan(&plan, &b[i], &in, i ? &out : &ref, &err))
                        return puts(err.text), 2;
                    if (!i)
                        continue;
                    for (int y = 0; y < ref.shape.height; y++)
                        if (memcmp(flynn_row(&ref, y), flynn_row(&out, y), flynn_row_bytes(&ref.shape)))
                            printf("%s t%d ch%d w%d row %d differs\n", b[i].name, t, ch, w, y);
                    flynn_image_free(&out);
                }
                flynn_image_free(&ref);
                flynn_image_free(&in);
                flynn_plan_free(&plan);
                flynn_chain_free(&chain);
            }
    puts("done");
    flynn_backend_shutdown();
}
