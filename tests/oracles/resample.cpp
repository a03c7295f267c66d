// SPDX-License-Identifier: Apache-2.0
#include "oracle.h"

namespace
{
using oracle::number;
using oracle::word;

cv::Mat resize(const cv::Mat &in)
{
    cv::Mat out;
    const int method = word("method", "bilinear") == "nearest" ? cv::INTER_NEAREST : cv::INTER_LINEAR_EXACT;
    cv::resize(in, out, cv::Size((int)number("width", in.cols), (int)number("height", in.rows)), 0, 0, method);
    return out;
}

const oracle::entries here{
    {"resize", resize},
};
} // namespace
