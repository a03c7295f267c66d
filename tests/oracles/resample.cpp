// SPDX-License-Identifier: Apache-2.0
#include "oracle.h"

#include <cmath>

namespace
{
using oracle::number;
using oracle::word;

int method()
{
    const std::string name = word("method", "bilinear");
    if (name == "nearest")
        return cv::INTER_NEAREST;
    if (name == "bicubic")
        return cv::INTER_CUBIC;
    if (name == "area")
        return cv::INTER_AREA;
    return name == "lanczos3" ? cv::INTER_LANCZOS4 : cv::INTER_LINEAR_EXACT; // INTER_LANCZOS4 for its time alone
}

cv::Mat resize(const cv::Mat &in)
{
    const double scale = number("scale", 0);
    const double width = scale > 0 ? std::max(std::floor(in.cols * scale + 0.5), 1.0) : number("width", in.cols);
    const double height = scale > 0 ? std::max(std::floor(in.rows * scale + 0.5), 1.0) : number("height", in.rows);
    cv::Mat out;
    cv::resize(in, out, cv::Size((int)width, (int)height), 0, 0, method());
    return out;
}

cv::Mat pyramid_down(const cv::Mat &in)
{
    cv::Mat out;
    cv::pyrDown(in, out);
    return out;
}

cv::Mat pyramid_up(const cv::Mat &in)
{
    cv::Mat out;
    cv::pyrUp(in, out);
    return out;
}

// Number, sum, mean, deviation, least, most and their places of each channel.
cv::Mat stats(const cv::Mat &in)
{
    cv::Scalar mean, deviation;
    const cv::Scalar sum = cv::sum(in);
    cv::meanStdDev(in, mean, deviation);
    cv::Mat out(in.channels(), 10, CV_64F), channel;
    for (int c = 0; c < in.channels(); c++) {
        double least, most;
        cv::Point low, high;
        cv::extractChannel(in, channel, c);
        cv::minMaxLoc(channel, &least, &most, &low, &high);
        const double row[] = {(double)in.total(), sum[c], mean[c], deviation[c], least, most, (double)low.x,
                              (double)low.y, (double)high.x, (double)high.y};
        for (int i = 0; i < 10; i++)
            out.at<double>(c, i) = row[i];
    }
    return out;
}

cv::Mat integral(const cv::Mat &in)
{
    cv::Mat out;
    cv::integral(in, out, in.depth() == CV_8U ? CV_32S : CV_64F);
    return out;
}

const oracle::entries here{
    {"resize", resize}, {"pyramid-down", pyramid_down}, {"pyramid-up", pyramid_up}, {"stats", stats},
    {"integral", integral},
};
} // namespace
