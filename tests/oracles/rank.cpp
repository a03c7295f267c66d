// SPDX-License-Identifier: Apache-2.0
#include "oracle.h"

namespace
{
using oracle::border;
using oracle::number;
using oracle::word;

// OpenCV's morphology is defined for samples in the type's own order; its constant border is 0, as flynn's.
cv::Mat element()
{
    const int width = (int)number("ksize", 3), height = (int)number("height", width);
    const std::string shape = word("shape", "rect");
    const int kind = shape == "cross" ? cv::MORPH_CROSS : shape == "ellipse" ? cv::MORPH_ELLIPSE : cv::MORPH_RECT;
    return cv::getStructuringElement(kind, cv::Size(width, height));
}

cv::Mat morphology(const cv::Mat &in, int op)
{
    cv::Mat out;
    cv::morphologyEx(in, out, op, element(), cv::Point(-1, -1), 1, border(), cv::Scalar::all(0));
    return out;
}

cv::Mat erode(const cv::Mat &in)
{
    return morphology(in, cv::MORPH_ERODE);
}

cv::Mat dilate(const cv::Mat &in)
{
    return morphology(in, cv::MORPH_DILATE);
}

cv::Mat open(const cv::Mat &in)
{
    return morphology(in, cv::MORPH_OPEN);
}

cv::Mat close(const cv::Mat &in)
{
    return morphology(in, cv::MORPH_CLOSE);
}

cv::Mat tophat(const cv::Mat &in)
{
    return morphology(in, cv::MORPH_TOPHAT);
}

cv::Mat blackhat(const cv::Mat &in)
{
    return morphology(in, cv::MORPH_BLACKHAT);
}

cv::Mat gradient(const cv::Mat &in)
{
    return morphology(in, cv::MORPH_GRADIENT);
}

cv::Mat median(const cv::Mat &in)
{
    cv::Mat out;
    cv::medianBlur(in, out, (int)number("ksize", 3));
    return out;
}

cv::Mat bilateral(const cv::Mat &in)
{
    cv::Mat out;
    cv::bilateralFilter(in, out, (int)number("d", 5), number("sigma-color", 30), number("sigma-space", 3), border());
    return out;
}

const oracle::entries here{
    {"erode", erode},
    {"dilate", dilate},
    {"open", open},
    {"close", close},
    {"tophat", tophat},
    {"blackhat", blackhat},
    {"morphology-gradient", gradient},
    {"median", median},
    {"bilateral", bilateral},
};
} // namespace
