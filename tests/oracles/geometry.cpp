// SPDX-License-Identifier: Apache-2.0
#include "oracle.h"

namespace
{
using oracle::number;

cv::Mat rotate(const cv::Mat &in)
{
    cv::Mat out;
    const int angle = (int)number("angle", 90);
    cv::rotate(in, out,
               angle == 90    ? cv::ROTATE_90_CLOCKWISE
               : angle == 180 ? cv::ROTATE_180
                              : cv::ROTATE_90_COUNTERCLOCKWISE);
    return out;
}

const oracle::entries here{
    {"rotate", rotate},
};
} // namespace
