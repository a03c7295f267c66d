/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_GENERATE_H
#define FLYNN_CORE_GENERATE_H

#include <flynn/generate.h>

#define FLYNN_GENERATE_WHITE 65535

/** The scene, prepared for one size and seed. */
struct flynn_scene {
    int32_t width, height;
    uint64_t seed;
    uint32_t *ridge;   /**< per column: height of the mountains' ridge, in 1/65536 of the height */
    uint32_t *lattice; /**< scratch for one row of value noise */
};

/** FLYNN_ELIMIT without memory; free with flynn_scene_free. */
int flynn_scene_init(struct flynn_scene *scene, int32_t width, int32_t height, uint64_t seed, struct flynn_err *err);

/** Row y as RGB samples of 0..FLYNN_GENERATE_WHITE. */
void flynn_scene_row(struct flynn_scene *scene, int32_t y, uint16_t *rgb);

void flynn_scene_free(struct flynn_scene *scene);

#endif
