// SPDX-License-Identifier: Apache-2.0
#include "oracle.h"

namespace
{
using oracle::number;

// One row of counts for each channel.
cv::Mat histogram(const cv::Mat &in)
{
    const int bins = (int)number("bins", 256);
    const float range[] = {0, in.depth() == CV_8U ? 256.f : 65536.f};
    const float *ranges = range;
    cv::Mat out(in.channels(), bins, CV_32S);
    for (int c = 0; c < in.channels(); c++) {
        cv::Mat counts;
        cv::calcHist(&in, 1, &c, cv::Mat(), counts, 1, &bins, &ranges);
        for (int i = 0; i < bins; i++)
            out.at<int>(c, i) = (int)counts.at<float>(i);
    }
    return out;
}

cv::Mat clahe(const cv::Mat &in)
{
    const int tiles = (int)number("tiles", 8);
    cv::Mat out;
    cv::createCLAHE(number("clip", 40), cv::Size((int)number("columns", tiles), (int)number("rows", tiles)))
        ->apply(in, out);
    return out;
}

// A flat picture stays as it is; OpenCV makes it black.
cv::Mat auto_level(const cv::Mat &in)
{
    cv::Mat out;
    double least, most;
    cv::minMaxLoc(in, &least, &most);
    if (least == most)
        return in;
    cv::normalize(in, out, 0, in.depth() == CV_8U ? 255 : 65535, cv::NORM_MINMAX);
    return out;
}

const oracle::entries here{
    {"auto-level", auto_level},
    {"clahe", clahe},
    {"histogram", histogram},
};
} // namespace
