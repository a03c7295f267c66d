/* SPDX-License-Identifier: Apache-2.0 */
{"median", "ksize=3,border=replicate", U8 | U16, ANY, 0},
{"median", "ksize=5,border=replicate", U8 | U16, ANY, 0},
{"median", "ksize=7,border=replicate", U8, ANY, 0},
{"median", "ksize=15,border=replicate", U8, ANY, 0},
{"median", "ksize=31,border=replicate", U8, ANY, 0},
{"erode", "", U8 | U16 | F32, ANY, 0},
{"erode", "ksize=15,border=replicate", U8 | U16 | F32, ANY, 0},
{"erode", "ksize=4,height=9,border=reflect", U8 | U16 | F32, ANY, 0},
{"erode", "ksize=5,border=constant", U8 | U16, ANY, 0},
{"erode", "ksize=7,height=4,shape=ellipse", U8 | U16, ANY, 0},
{"erode", "ksize=9,shape=cross", U8 | U16, ANY, 0},
/* Beyond both ends of an image of 17x9 from each of its pixels, by the least that is, and much less than that. */
{"erode", "ksize=36,height=20,border=reflect", U8 | U16 | F32, ANY, 0},
{"erode", "ksize=35,height=19,border=constant", U8 | U16, ANY, 0},
{"dilate", "ksize=34,height=200,border=replicate", U8 | U16 | F32, ANY, 0},
{"dilate", "", U8 | U16 | F32, ANY, 0},
{"dilate", "ksize=15", U8 | U16 | F32, ANY, 0},
{"dilate", "ksize=2,height=40,border=replicate", U8 | U16 | F32, ANY, 0},
{"dilate", "ksize=11,shape=ellipse,border=constant", U8 | U16, ANY, 0},
{"open", "ksize=5", U8 | U16 | F32, ANY, 0},
{"close", "ksize=4,height=7,border=replicate", U8 | U16 | F32, ANY, 0},
{"tophat", "ksize=5", U8 | U16 | F32, ANY, 0},
{"tophat", "ksize=6,height=3,border=constant", U8 | U16, ANY, 0},
{"blackhat", "ksize=7,border=replicate", U8 | U16 | F32, ANY, 0},
{"morphology-gradient", "ksize=3", U8 | U16 | F32, ANY, 0},
{"morphology-gradient", "ksize=8,height=5,border=reflect", U8 | U16 | F32, ANY, 0},
/* Both are means, each rounded to the nearest whole number: here of weights w, in OpenCV of floats v, the pixel's own
 * weight being 1 in both. B being the mean there, the sum of v (p - B) over all samples p is 0, so the mean here is
 * B + (sum of (w - v) (p - B)) / (sum of w), where |w - v| is at most
 *   1/254, for whole 127ths,
 *   and 0.61 (2^n - 1) / (2 sigma-color), the steepest slope of v times half the 2^n distances that share a weight,
 *   or exp(-3.33 * 3.33 / 2) = 1/256, from 63 steps on.
 * (OpenCV's float sums of at most 440 neighbours move B by less than 0.01.) Each is little, but there are up to 48 and 440
 * neighbours to one pixel: when all of 48 are 200 away, as around a lone bright pixel, then w is 0, the sum of v is
 * 0.16, and the means are 27 apart. The largest over all images, bounded neighbour by neighbour with a multiplier for
 * the condition on B, are 4.4, 33 and 12.5 for one channel of these three cases; no smaller numbers hold for every
 * image. Those below are the largest that these inputs show. */
{"bilateral", "d=5,sigma-color=30,sigma-space=3", U8, GRAY | RGB, 2},
{"bilateral", "d=9,sigma-color=60,sigma-space=5", U8, GRAY | RGB, 3},
{"bilateral", "d=25,sigma-color=200,sigma-space=50,border=replicate", U8, GRAY | RGB, 3},
