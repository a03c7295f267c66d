// SPDX-License-Identifier: Apache-2.0
#include "oracle.h"

namespace
{
using oracle::border;
using oracle::number;
using oracle::word;

// The magnitude from OpenCV's two derivatives, which are exact in these depths; saturated like the input.
cv::Mat sobel(const cv::Mat &in)
{
    cv::Mat dx, dy, out;
    const int depth = in.depth() == CV_8U ? CV_16S : in.depth() == CV_16U ? CV_64F : CV_32F;
    cv::Sobel(in, dx, depth, 1, 0, 3, 1, 0, border());
    cv::Sobel(in, dy, depth, 0, 1, 3, 1, 0, border());
    dx.convertTo(dx, CV_64F);
    dy.convertTo(dy, CV_64F);
    if (word("norm", "l1") == "l2")
        cv::magnitude(dx, dy, out);
    else
        out = cv::abs(dx) + cv::abs(dy);
    out.convertTo(out, in.depth());
    return out;
}

cv::Mat gaussian(const cv::Mat &in)
{
    cv::Mat out;
    const int ksize = (int)number("ksize", 0);
    cv::GaussianBlur(in, out, cv::Size(ksize, ksize), number("sigma", 0), 0, border());
    return out;
}

const oracle::entries here{
    {"sobel", sobel},
    {"gaussian", gaussian},
};
} // namespace
