// SPDX-License-Identifier: Apache-2.0
#include "oracle.h"

namespace
{
using oracle::number;
using oracle::word;

cv::Mat canny(const cv::Mat &in)
{
    cv::Mat out;
    cv::Canny(in, out, number("low", 50), number("high", 150), 3, word("norm", "l1") == "l2");
    return out;
}

cv::Mat equalize(const cv::Mat &in)
{
    cv::Mat out;
    cv::equalizeHist(in, out);
    return out;
}

const oracle::entries here{
    {"canny", canny},
    {"equalize", equalize},
};
} // namespace
