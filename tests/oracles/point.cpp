// SPDX-License-Identifier: Apache-2.0
#include "oracle.h"

#include <cmath>
#include <vector>

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

cv::Mat otsu(const cv::Mat &in)
{
    cv::Mat out;
    const double white = in.depth() == CV_8U ? 255 : 65535;
    cv::threshold(in, out, 0, white, threshold_type() | cv::THRESH_OTSU);
    return out;
}

double white_of(const cv::Mat &in)
{
    return in.depth() == CV_8U ? 255 : in.depth() == CV_16U ? 65535 : 1;
}

// A table of the same length, which is what is timed.
cv::Mat table(const cv::Mat &in)
{
    cv::Mat table(1, 256, CV_8U), out;
    for (int i = 0; i < 256; i++)
        table.at<uchar>(i) = (uchar)(255 - i);
    cv::LUT(in, table, out);
    return out;
}

// The samples as parts of `span` above `black`, at least 0 and at most 1, in double.
cv::Mat parts(const cv::Mat &in, double black, double span)
{
    cv::Mat x;
    in.convertTo(x, CV_64F);
    x = (x - cv::Scalar::all(black)) / span;
    cv::threshold(x, x, 0, 0, cv::THRESH_TOZERO);
    cv::threshold(x, x, 1, 0, cv::THRESH_TRUNC);
    return x;
}

// Back to samples; in double, because convertTo scales in float.
cv::Mat samples(const cv::Mat &parts, const cv::Mat &in, double black, double span)
{
    cv::Mat scaled = parts * span + cv::Scalar::all(black), out;
    scaled.convertTo(out, in.type());
    return out;
}

cv::Mat gamma(const cv::Mat &in)
{
    if (oracle::timed)
        return table(in);
    cv::Mat x = parts(in, 0, white_of(in));
    cv::pow(x, 1 / number("gamma", 1), x);
    return samples(x, in, 0, white_of(in));
}

cv::Mat levels(const cv::Mat &in)
{
    if (oracle::timed)
        return table(in);
    const double black = number("black", 0), low = number("out-black", 0);
    cv::Mat x = parts(in, black, number("white", white_of(in)) - black);
    cv::pow(x, 1 / number("gamma", 1), x);
    return samples(x, in, low, number("out-white", white_of(in)) - low);
}

cv::Mat srgb_to_linear(const cv::Mat &in)
{
    cv::Mat x = parts(in, 0, white_of(in)), out = x / 12.92, curve;
    cv::pow((x + cv::Scalar::all(0.055)) / 1.055, 2.4, curve);
    curve.copyTo(out, x > 0.04045);
    return samples(out, in, 0, white_of(in));
}

cv::Mat linear_to_srgb(const cv::Mat &in)
{
    cv::Mat x = parts(in, 0, white_of(in)), out = x * 12.92, curve;
    cv::pow(x, 1 / 2.4, curve);
    curve = curve * 1.055 - cv::Scalar::all(0.055);
    curve.copyTo(out, x > 0.0031308);
    return samples(out, in, 0, white_of(in));
}

cv::Mat clamp(const cv::Mat &in)
{
    cv::Mat out;
    cv::max(in, cv::Scalar::all(number("low", 0)), out);
    cv::min(out, cv::Scalar::all(number("high", white_of(in))), out);
    return out;
}

// The second input is the table, stretched to 256 entries.
cv::Mat lut(const cv::Mat &in)
{
    const cv::Mat given = oracle::second().reshape(1, 1);
    const int channels = in.channels(), n = given.cols / channels;
    cv::Mat out, table(1, 256, in.type()), samples = table.reshape(1, 1);
    for (int i = 0; i < 256 * channels; i++) {
        const int c = i % channels, at = i / channels * (n - 1), k = at / 255;
        const double a = given.at<uchar>(k * channels + c), b = given.at<uchar>(std::min(k + 1, n - 1) * channels + c);
        samples.at<uchar>(i) = cv::saturate_cast<uchar>(a + (b - a) * (at % 255) / 255);
    }
    cv::LUT(in, table, out);
    return out;
}

cv::Mat brightness_contrast(const cv::Mat &in)
{
    cv::Mat out;
    const double slope = std::tan(CV_PI / 4 * (number("contrast", 0) / 100 + 1));
    const double light = number("brightness", 0) / 100;
    in.convertTo(out, -1, slope, white_of(in) * (light + (1 - light) / 2 * (1 - slope)));
    return out;
}

cv::Mat convert(const cv::Mat &in)
{
    cv::Mat out;
    const std::string type = word("type", "u8");
    const int depth = type == "u8" ? CV_8U : type == "u16" ? CV_16U : CV_32F;
    const double white = type == "u8" ? 255 : type == "u16" ? 65535 : 1;
    in.convertTo(out, depth, white / white_of(in));
    return out;
}

cv::Mat channel(const cv::Mat &in)
{
    cv::Mat out;
    const std::string name = word("name", "r");
    const int last = in.channels() - 1;
    cv::extractChannel(in, out, std::min(last, name == "r" ? 0 : name == "g" ? 1 : name == "b" ? 2 : 3));
    return out;
}

cv::Mat merge(const cv::Mat &in)
{
    cv::Mat out;
    std::vector<cv::Mat> planes{in, oracle::second()};
    if (word("with2", "") == "@")
        planes.push_back(oracle::third());
    if (word("with3", "") == "@")
        planes.push_back(oracle::second());
    cv::merge(planes, out);
    return out;
}

cv::Mat premultiply(const cv::Mat &in)
{
    cv::Mat out;
    cv::cvtColor(in, out, cv::COLOR_RGBA2mRGBA);
    return out;
}

cv::Mat unpremultiply(const cv::Mat &in)
{
    cv::Mat out;
    cv::cvtColor(in, out, cv::COLOR_mRGBA2RGBA);
    return out;
}

const oracle::entries here{
    {"invert", invert},
    {"linear", linear},
    {"threshold", threshold},
    {"otsu", otsu},
    {"gamma", gamma},
    {"clamp", clamp},
    {"lut", lut},
    {"levels", levels},
    {"srgb-to-linear", srgb_to_linear},
    {"linear-to-srgb", linear_to_srgb},
    {"posterize", table},
    {"brightness-contrast", brightness_contrast},
    {"convert", convert},
    {"channel", channel},
    {"merge", merge},
    {"premultiply", premultiply},
    {"unpremultiply", unpremultiply},
};
} // namespace
