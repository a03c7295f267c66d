// SPDX-License-Identifier: Apache-2.0
#include "oracle.h"

namespace
{
using oracle::number;
using oracle::word;

cv::Mat invert(const cv::Mat &in)
{
    cv::Mat out;
    cv::bitwise_not(in, out);
    return out;
}

cv::Mat linear(const cv::Mat &in)
{
    cv::Mat out;
    in.convertTo(out, -1, number("alpha", 1), number("beta", 0));
    return out;
}

int threshold_type()
{
    const std::string name = word("type", "binary");
    if (name == "binary_inv")
        return cv::THRESH_BINARY_INV;
    if (name == "trunc")
        return cv::THRESH_TRUNC;
    if (name == "tozero")
        return cv::THRESH_TOZERO;
    return name == "tozero_inv" ? cv::THRESH_TOZERO_INV : cv::THRESH_BINARY;
}

cv::Mat threshold(const cv::Mat &in)
{
    cv::Mat out;
    const double white = in.depth() == CV_8U ? 255 : in.depth() == CV_16U ? 65535 : 1;
    cv::threshold(in, out, number("value", 0), white, threshold_type());
    return out;
}

// A table of the same length; timed alone, because flynn's gamma has no exact peer.
cv::Mat gamma(const cv::Mat &in)
{
    cv::Mat table(1, 256, CV_8U), out;
    for (int i = 0; i < 256; i++)
        table.at<uchar>(i) = (uchar)(255 - i);
    cv::LUT(in, table, out);
    return out;
}

const oracle::entries here{
    {"invert", invert},
    {"linear", linear},
    {"threshold", threshold},
    {"gamma", gamma},
};
} // namespace
