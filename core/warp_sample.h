/* SPDX-License-Identifier: Apache-2.0 */
/* Samples of a warp for one type of sample, anywhere on the plane. Included once for each type, with
 *
 *     T           the type of a sample
 *     F(name)     the name of a function for it
 *     MIX4        T MIX4(T v00, T v01, T v10, T v11, int fx, int fy)
 *     MIX16       T MIX16(const struct flynn_warp_source *s, const T *const tap[16], int c, int fx, int fy) */

/* The pixel at (x, y), or the one that stands there. */
static inline const T *F(tap)(const struct flynn_warp_source *s, int x, int y)
{
    int column = flynn_border_index(s->border, x, s->width), row = flynn_border_index(s->border, y, s->height);
    if (column < 0 || row < 0)
        return (const T *)(const void *)s->fill;
    return (const T *)(const void *)(s->data + (size_t)row * s->stride) + (size_t)column * (size_t)s->channels;
}

static inline void F(copy)(const T *from, T *to, int channels)
{
    for (int c = 0; c < channels; c++)
        to[c] = from[c];
}

/* Whether none of the n x n pixels from (x, y) on lies in the image; then a constant border is all there is. */
static inline bool F(beyond)(const struct flynn_warp_source *s, int x, int y, int n)
{
    return s->border == FLYNN_CONSTANT && (x >= s->width || y >= s->height || x + n <= 0 || y + n <= 0);
}

static inline void F(bilinear)(const struct flynn_warp_source *s, int X, int Y, T *to)
{
    int x = X >> FLYNN_WARP_BITS, y = Y >> FLYNN_WARP_BITS, fx = X & (FLYNN_WARP_ONE - 1),
        fy = Y & (FLYNN_WARP_ONE - 1);
    int channels = s->channels;
    const T *v00, *v01, *v10, *v11;
    if (F(beyond)(s, x, y, 2)) {
        F(copy)((const T *)(const void *)s->fill, to, channels);
        return;
    }
    v00 = F(tap)(s, x, y);
    if (x >= 0 && y >= 0 && x < s->width - 1 && y < s->height - 1) {
        v01 = v00 + channels;
        v10 = (const T *)(const void *)((const uint8_t *)v00 + s->stride);
        v11 = v10 + channels;
    } else {
        v01 = F(tap)(s, x + 1, y);
        v10 = F(tap)(s, x, y + 1);
        v11 = F(tap)(s, x + 1, y + 1);
    }
    for (int c = 0; c < channels; c++)
        to[c] = MIX4(v00[c], v01[c], v10[c], v11[c], fx, fy);
}

static inline void F(bicubic)(const struct flynn_warp_source *s, int X, int Y, T *to)
{
    int x = (X >> FLYNN_WARP_BITS) - 1, y = (Y >> FLYNN_WARP_BITS) - 1;
    const T *tap[16];
    if (F(beyond)(s, x, y, 4)) {
        F(copy)((const T *)(const void *)s->fill, to, s->channels);
        return;
    }
    for (int i = 0; i < 16; i++)
        tap[i] = F(tap)(s, x + i % 4, y + i / 4);
    for (int c = 0; c < s->channels; c++)
        to[c] = MIX16(s, tap, c, X & (FLYNN_WARP_ONE - 1), Y & (FLYNN_WARP_ONE - 1));
}

/* n pixels at the coordinates X, Y. */
static inline void F(sample)(const struct flynn_warp_source *s, const int32_t *X, const int32_t *Y, int n, T *to)
{
    int channels = s->channels;
    for (int i = 0; i < n; i++, to += channels) {
        if (s->method == FLYNN_WARP_NEAREST)
            F(copy)(F(tap)(s, X[i], Y[i]), to, channels);
        else if (s->method == FLYNN_WARP_BILINEAR)
            F(bilinear)(s, X[i], Y[i], to);
        else
            F(bicubic)(s, X[i], Y[i], to);
    }
}
