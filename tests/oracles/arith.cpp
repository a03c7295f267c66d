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

cv::Mat add(const cv::Mat &in)
{
    cv::Mat out;
    cv::add(in, second(), out);
    return out;
}

cv::Mat sub(const cv::Mat &in)
{
    cv::Mat out;
    cv::subtract(in, second(), out);
    return out;
}

cv::Mat absdiff(const cv::Mat &in)
{
    cv::Mat out;
    cv::absdiff(in, second(), out);
    return out;
}

cv::Mat lesser(const cv::Mat &in)
{
    cv::Mat out;
    cv::min(in, second(), out);
    return out;
}

cv::Mat greater(const cv::Mat &in)
{
    cv::Mat out;
    cv::max(in, second(), out);
    return out;
}

cv::Mat both(const cv::Mat &in)
{
    cv::Mat out;
    cv::bitwise_and(in, second(), out);
    return out;
}

cv::Mat either(const cv::Mat &in)
{
    cv::Mat out;
    cv::bitwise_or(in, second(), out);
    return out;
}

cv::Mat one_of(const cv::Mat &in)
{
    cv::Mat out;
    cv::bitwise_xor(in, second(), out);
    return out;
}

cv::Mat multiply(const cv::Mat &in)
{
    cv::Mat out;
    const double white = in.depth() == CV_8U ? 255 : in.depth() == CV_16U ? 65535 : 1;
    cv::multiply(in, second(), out, 1 / white);
    return out;
}

cv::Mat mask(const cv::Mat &in)
{
    cv::Mat out = cv::Mat::zeros(in.size(), in.type());
    in.copyTo(out, second());
    return out;
}

const oracle::entries here{
    {"blend", blend},
    {"add", add},
    {"sub", sub},
    {"absdiff", absdiff},
    {"min", lesser},
    {"max", greater},
    {"and", both},
    {"or", either},
    {"xor", one_of},
    {"multiply", multiply},
    {"mask", mask},
};
} // namespace
