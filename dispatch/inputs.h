/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_DISPATCH_INPUTS_H
#define FLYNN_DISPATCH_INPUTS_H

#include <flynn/plan.h>

/** The inputs of verification: shapes, patterns and parameter texts. */

struct flynn_size {
    int width, height;
};

#define FLYNN_PATTERNS 8

/** Sizes around the vector widths of all tables, in samples and in pixels; the last one is large. */
extern const struct flynn_size flynn_sizes[];
extern const int flynn_size_count;

/** Sizes up to here are small enough for parameters at the ends of their ranges. */
extern const int flynn_small_size_count;

/** Fill an image with a pattern (0 <= pattern < FLYNN_PATTERNS): black, white, random, low, high, alternating, runs of
 * these, special values (floats: NaN, infinities, zeros, subnormals; integers: what divides white, and what lies
 * beside). */
void flynn_pattern_fill(const struct flynn_image *image, int pattern, uint64_t *rng);

const char *flynn_pattern_name(int pattern);

#define FLYNN_MAX_CASES 64

/** Parameter texts of one op: its own cases, the defaults, every choice, and each parameter at the ends of its range.
 */
struct flynn_cases {
    char text[FLYNN_MAX_CASES][160];
    bool extreme[FLYNN_MAX_CASES]; /**< made from a range: may be refused, and only runs on small sizes */
    int count;
};

void flynn_cases_make(struct flynn_cases *cases, const struct flynn_op *op);

/** Replace the second inputs of the chain's first op by images of random samples that have the shapes which the op asks
 * for (second_shape) when its input has shape *in. Does nothing where it does not ask. */
int flynn_inputs_fit(struct flynn_chain *chain, const struct flynn_shape *in, uint64_t *rng, struct flynn_err *err);

/** An image whose rows end at (`at_end`) or start right after an unmapped page, with `gap` bytes between rows. */
struct flynn_guarded {
    struct flynn_image image;
    void *map;
    size_t map_bytes;
    uint8_t *first, *last; /**< the writable bytes */
};

int flynn_guarded_alloc(struct flynn_guarded *guarded, const struct flynn_shape *shape, size_t gap, bool at_end,
                        struct flynn_err *err);
void flynn_guarded_free(struct flynn_guarded *guarded);

/** Set every byte, samples and surroundings alike. */
void flynn_guarded_poison(const struct flynn_guarded *guarded, uint8_t value);

/** Whether all bytes outside of the samples still have this value. */
bool flynn_guarded_intact(const struct flynn_guarded *guarded, uint8_t value);

#endif
