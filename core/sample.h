/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_SAMPLE_H
#define FLYNN_CORE_SAMPLE_H

#include <flynn/image.h>

/** Sample i of a row of any type, exactly. Inlined, so that the choice is made once where the type is a constant. */
static inline __attribute__((always_inline)) double flynn_sample(enum flynn_type type, const void *row, size_t i)
{
    switch (type) {
    case FLYNN_U8:
        return ((const uint8_t *)row)[i];
    case FLYNN_U16:
        return ((const uint16_t *)row)[i];
    case FLYNN_F32:
        return (double)((const float *)row)[i];
    case FLYNN_F64:
        return ((const double *)row)[i];
    case FLYNN_U32:
        return ((const uint32_t *)row)[i];
    default:
        return ((const int32_t *)row)[i];
    }
}

/** Make sample i of a row a value that is within the type's range; fractions of integers are cut off. */
static inline void flynn_sample_put(enum flynn_type type, void *row, size_t i, double value)
{
    switch (type) {
    case FLYNN_U8:
        ((uint8_t *)row)[i] = (uint8_t)value;
        break;
    case FLYNN_U16:
        ((uint16_t *)row)[i] = (uint16_t)value;
        break;
    case FLYNN_F32:
        ((float *)row)[i] = (float)value;
        break;
    case FLYNN_F64:
        ((double *)row)[i] = value;
        break;
    case FLYNN_U32:
        ((uint32_t *)row)[i] = (uint32_t)value;
        break;
    default:
        ((int32_t *)row)[i] = (int32_t)value;
    }
}

#endif
