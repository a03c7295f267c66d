// SPDX-License-Identifier: Apache-2.0
#include "oracle.h"

namespace
{
cv::Mat grayscale(const cv::Mat &in)
{
    cv::Mat out;
    cv::cvtColor(in, out, cv::COLOR_RGB2GRAY);
    return out;
}

const oracle::entries here{
    {"grayscale", grayscale},
};
} // namespace
