/* SPDX-License-Identifier: Apache-2.0 */
#include "core/generate.h"
#include "core/rng.h"

#include <stdlib.h>
#include <string.h>

/* A landscape that has what image operations are looked at with: smooth gradients (sky, glow), soft and fine texture
 * (clouds, grass), hard edges at all angles (ridge, roof, discs), lines of one pixel and small letters.
 *
 * Heights are in 1/65536 of the picture's height, called units here; across, the same unit is used, so that discs are
 * round. All is integer arithmetic. */

#define UNIT       65536
#define HORIZON    (UNIT * 62 / 100)
#define FINE_CELL  5 /* pixels of a cell of the grass texture */
#define GLYPH_ROWS 7
#define GLYPHS     5

/* Five columns of seven dots a letter, one row a byte: F L Y N N. */
static const uint8_t glyphs[GLYPHS][GLYPH_ROWS] = {{0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x10},
                                                   {0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1f},
                                                   {0x11, 0x11, 0x0a, 0x04, 0x04, 0x04, 0x04},
                                                   {0x11, 0x19, 0x19, 0x15, 0x13, 0x13, 0x11},
                                                   {0x11, 0x19, 0x19, 0x15, 0x13, 0x13, 0x11}};

struct colour {
    int32_t c[3]; /* 0..255 with 8 bits of fraction: 0..65535 */
};

static struct colour rgb8(int r, int g, int b)
{
    return (struct colour){{r * 257, g * 257, b * 257}};
}

/* From a (t = 0) to b (t = 65536). */
static struct colour mix(struct colour a, struct colour b, int64_t t)
{
    for (int k = 0; k < 3; k++)
        a.c[k] += (int32_t)((b.c[k] - a.c[k]) * t / UNIT);
    return a;
}

static struct colour lighten(struct colour a, int64_t t)
{
    for (int k = 0; k < 3; k++)
        a.c[k] = (int32_t)(a.c[k] * (UNIT + t) / UNIT);
    return a;
}

/* 16 random bits of a lattice point. */
static uint32_t hash(uint64_t seed, int64_t x, int64_t y)
{
    uint64_t state = seed * 0x2545f4914f6cdd1du + (uint64_t)x * 0x9e3779b97f4a7c15u + (uint64_t)y * 0xc2b2ae3d27d4eb4fu;
    return (uint32_t)(flynn_rng(&state) >> 48);
}

/* Value noise in one dimension with cells of `cell` units: 0..65535. */
static uint32_t noise_line(uint64_t seed, int64_t at, int64_t cell)
{
    int64_t i = at / cell, t = at % cell;
    int64_t a = hash(seed, i, 0), b = hash(seed, i + 1, 0);
    return (uint32_t)(a + (b - a) * t / cell);
}

/* One row of value noise in two dimensions: the lattice at row `at` of cells of `cell`, enough for `reach`. */
static void noise_lattice(uint32_t *lattice, uint64_t seed, int64_t at, int64_t cell, int64_t reach)
{
    int64_t j = at / cell, t = at % cell;
    for (int64_t i = 0; i <= reach / cell + 1; i++) {
        int64_t a = hash(seed, i, j), b = hash(seed, i, j + 1);
        lattice[i] = (uint32_t)(a + (b - a) * t / cell);
    }
}

static int64_t noise_at(const uint32_t *lattice, int64_t at, int64_t cell)
{
    int64_t i = at / cell, t = at % cell;
    int64_t a = lattice[i], b = lattice[i + 1];
    return a + (b - a) * t / cell;
}

static int64_t to_units(const struct flynn_scene *scene, int64_t pixels)
{
    return pixels * UNIT / scene->height;
}

/* A distance whose square does not overflow, however wide the picture is. */
static int64_t near(int64_t d)
{
    int64_t far = 64 * (int64_t)UNIT;
    return d < -far ? -far : d > far ? far : d;
}

/* Clouds have cells of an eighth of the height, but at least a pixel. */
static int64_t cloud_cell(const struct flynn_scene *scene)
{
    return scene->height < 16 ? 1 : scene->height / 8;
}

int flynn_scene_init(struct flynn_scene *scene, int32_t width, int32_t height, uint64_t seed, struct flynn_err *err)
{
    size_t n = (size_t)width;
    *scene = (struct flynn_scene){.width = width, .height = height, .seed = seed};
    scene->ridge = malloc(n * sizeof *scene->ridge);
    scene->lattice = malloc((n + 4) * sizeof *scene->lattice);
    if (!scene->ridge || !scene->lattice) {
        flynn_scene_free(scene);
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory for a scene of width %d", width);
    }
    for (int32_t x = 0; x < width; x++) {
        int64_t u = to_units(scene, x);
        int64_t up = noise_line(seed + 1, u, UNIT / 4) / 5 + noise_line(seed + 2, u, UNIT / 19) / 16 +
                     noise_line(seed + 3, u, UNIT / 90) / 80;
        scene->ridge[x] = (uint32_t)(HORIZON - UNIT / 50 - up);
    }
    return FLYNN_OK;
}

void flynn_scene_free(struct flynn_scene *scene)
{
    free(scene->ridge);
    free(scene->lattice);
    *scene = (struct flynn_scene){0};
}

/* Sky: blue to pale downwards, clouds, and a sun with its glow. */
static struct colour sky(const struct flynn_scene *scene, int32_t x, int64_t u, int64_t v)
{
    struct colour c = mix(rgb8(52, 104, 190), rgb8(214, 228, 240), v * UNIT / HORIZON);
    int64_t cloud = noise_at(scene->lattice, x, cloud_cell(scene)) - 34000;
    if (cloud > 0)
        c = mix(c, rgb8(248, 248, 250), cloud * 3 / 2);
    int64_t du = near(u - to_units(scene, scene->width) * 72 / 100), dv = v - UNIT * 22 / 100;
    int64_t d2 = (du * du + dv * dv) / UNIT;
    if (d2 < UNIT * 64 / 10000)
        return rgb8(255, 244, 200);
    int64_t glow = UNIT / 2 * (UNIT / 200) / (d2 + UNIT / 400);
    return mix(c, rgb8(255, 236, 190), glow < UNIT * 3 / 4 ? glow : UNIT * 3 / 4);
}

/* Meadow: darker to the front, ploughed stripes that meet at the horizon, and grass. */
static struct colour meadow(const struct flynn_scene *scene, int32_t x, int32_t y, int64_t u, int64_t v)
{
    int64_t depth = v - HORIZON;
    struct colour c = mix(rgb8(150, 170, 84), rgb8(52, 92, 40), depth * UNIT / (UNIT - HORIZON));
    int64_t across = (u - to_units(scene, scene->width) / 3) * (UNIT / 8) / (depth + UNIT / 100);
    if (((across >> 13) & 1) != 0)
        c = lighten(c, -UNIT / 9);
    int64_t grass = noise_at(scene->lattice, x, FINE_CELL) - UNIT / 2;
    int64_t grain = (int64_t)hash(scene->seed + 9, x, y) - UNIT / 2;
    return lighten(c, grass / 3 + grain / 8);
}

/* A house with a roof, a door and crossed windows: edges upright, level and slanted. False where there is none. */
static bool house(int64_t u, int64_t v, struct colour *c)
{
    int64_t x = u - UNIT * 20 / 100, y = v - UNIT * 52 / 100, width = UNIT * 30 / 100, wall = UNIT * 22 / 100;
    int64_t roof = UNIT * 14 / 100, eaves = UNIT * 3 / 100;
    if (y < 0 && y >= -roof) {
        int64_t reach = (width / 2 + eaves) * (y + roof) / roof;
        int64_t off = x - width / 2;
        *c = rgb8(150, 52, 40);
        if ((y + roof) * 12 / roof % 2)
            *c = rgb8(128, 40, 34);
        return off > -reach && off < reach;
    }
    if (x < 0 || x >= width || y < 0 || y >= wall)
        return false;
    int64_t cx = x * 100 / width, cy = y * 100 / wall;
    *c = rgb8(226, 214, 190);
    if (cx >= 42 && cx < 58 && cy >= 45)
        *c = rgb8(84, 54, 34);
    else if ((cx % 64 >= 12 && cx % 64 < 30) && cy >= 22 && cy < 58)
        *c = cx % 64 == 20 || cx % 64 == 21 || cy == 39 || cy == 40 ? rgb8(240, 240, 236) : rgb8(40, 56, 84);
    return true;
}

/* Three overlapping discs of pure colours. */
static bool discs(const struct flynn_scene *scene, int64_t u, int64_t v, struct colour *c)
{
    int64_t left = to_units(scene, scene->width) - UNIT * 30 / 100, r = UNIT * 7 / 100;
    bool in[3];
    for (int k = 0; k < 3; k++) {
        int64_t du = near(u - left - k * UNIT * 8 / 100), dv = v - UNIT * (k == 1 ? 70 : 76) / 100;
        in[k] = du * du + dv * dv < r * r;
    }
    *c = rgb8(in[0] ? 230 : 24, in[1] ? 220 : 24, in[2] ? 235 : 24);
    return in[0] || in[1] || in[2];
}

/* The word, white on a dark board at the lower right; dots grow with the picture. */
static bool board(const struct flynn_scene *scene, int32_t x, int32_t y, struct colour *c)
{
    int32_t dot = scene->height / 96 < 1 ? 1 : scene->height / 96;
    int32_t i = (x - (scene->width - dot * (6 * GLYPHS + 2))) / dot;
    int32_t j = (y - (scene->height - dot * (GLYPH_ROWS + 3))) / dot;
    if (x < scene->width - dot * (6 * GLYPHS + 2) || y < scene->height - dot * (GLYPH_ROWS + 3) ||
        j >= GLYPH_ROWS + 2 || i >= 6 * GLYPHS + 1)
        return false;
    *c = rgb8(20, 24, 30);
    if (i >= 1 && j >= 1 && j <= GLYPH_ROWS && (i - 1) % 6 < 5 && glyphs[(i - 1) / 6][j - 1] >> (4 - (i - 1) % 6) & 1)
        *c = rgb8(250, 250, 250);
    return true;
}

/* A fence of upright lines at the lower left, in groups 8, 6, 4, 3 and 2 pixels apart and one pixel wide. */
static bool fence(const struct flynn_scene *scene, int32_t x, int64_t v, struct colour *c)
{
    static const int32_t pitch[5] = {8, 6, 4, 3, 2};
    int32_t group = scene->width / 24 < 8 ? 8 : scene->width / 24;
    if (v < UNIT * 84 / 100 || v >= UNIT * 95 / 100 || x / group >= 5)
        return false;
    *c = x % group % pitch[x / group] == 0 ? rgb8(8, 8, 8) : rgb8(244, 240, 232);
    return true;
}

/* A power line: two wires that sag, one pixel thick, from one edge to the other. */
static bool wire(const struct flynn_scene *scene, int32_t x, int32_t y)
{
    int64_t w = scene->width, t = (int64_t)x * (w - 1 - x), full = w * w / 4 + 1;
    for (int k = 0; k < 2; k++) {
        int64_t at = (int64_t)scene->height * (20 + 5 * k) / 100 + t * (scene->height / 16) / full +
                     (int64_t)x * (scene->height / 20) / w;
        if (y == at)
            return true;
    }
    return false;
}

void flynn_scene_row(struct flynn_scene *scene, int32_t y, uint16_t *rgb)
{
    int64_t v = to_units(scene, y);
    bool ground = v >= HORIZON;
    int64_t cell = ground ? FINE_CELL : cloud_cell(scene);
    noise_lattice(scene->lattice, scene->seed + (ground ? 5 : 4), y, cell, scene->width);
    for (int32_t x = 0; x < scene->width; x++) {
        int64_t u = to_units(scene, x);
        struct colour c;
        if (board(scene, x, y, &c) || fence(scene, x, v, &c) || discs(scene, u, v, &c) || house(u, v, &c))
            ;
        else if (ground)
            c = meadow(scene, x, y, u, v);
        else if (wire(scene, x, y))
            c = rgb8(30, 30, 36);
        else if (v >= scene->ridge[x])
            c = lighten(mix(rgb8(112, 120, 140), rgb8(164, 176, 184), (v - scene->ridge[x]) * 3),
                        ((int64_t)hash(scene->seed + 8, x, y) - UNIT / 2) / 16);
        else
            c = sky(scene, x, u, v);
        for (int k = 0; k < 3; k++)
            *rgb++ = (uint16_t)(c.c[k] < 0 ? 0 : c.c[k] > 65535 ? 65535 : c.c[k]);
    }
}
