// SPDX-License-Identifier: Apache-2.0
#include "oracle.h"

namespace
{
using oracle::number;
using oracle::second;

cv::Mat blend(const cv::Mat &in)
{
    cv::Mat out;
    const double alpha = number("alpha", 0.5);
    cv::addWeighted(in, 1 - alpha, second(), alpha, 0, out);
    return out;
}

const oracle::entries here{
    {"blend", blend},
};
} // namespace
