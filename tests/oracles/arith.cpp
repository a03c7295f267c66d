// SPDX-License-Identifier: Apache-2.0
#include "oracle.h"

namespace
{
using oracle::number;
using oracle::second;
using oracle::word;

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

cv::Mat copy(const cv::Mat &in)
{
    return in.clone();
}

cv::Mat one(double value)
{
    return cv::Mat(1, 1, CV_64F, cv::Scalar(value));
}

cv::Mat sum(const cv::Mat &in)
{
    return one(cv::sum(in)[0]);
}

cv::Mat norm(const cv::Mat &in)
{
    const std::string kind = word("kind", "2");
    return one(cv::norm(in, kind == "1" ? cv::NORM_L1 : kind == "inf" ? cv::NORM_INF : cv::NORM_L2));
}

cv::Mat dot(const cv::Mat &in)
{
    return one(in.dot(second()));
}

cv::Mat argmax(const cv::Mat &in)
{
    double low, high;
    cv::Point lowest, highest;
    cv::minMaxLoc(in, &low, &high, &lowest, &highest);
    const bool least = word("kind", "max") == "min";
    const cv::Point at = least ? lowest : highest;
    return (cv::Mat_<double>(1, 3) << (least ? low : high), at.y, at.x);
}

// The mask is as the second image.
cv::Mat copy_masked(const cv::Mat &in)
{
    cv::Mat out = in.clone();
    second().copyTo(out, oracle::third());
    return out;
}

const oracle::entries here{
    {"copy-masked", copy_masked},
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
    {"copy", copy},
    {"sum", sum},
    {"norm", norm},
    {"dot", dot},
    {"argmax", argmax},
};
} // namespace
