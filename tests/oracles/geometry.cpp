// SPDX-License-Identifier: Apache-2.0
#include "oracle.h"

#include <cmath>

namespace
{
using oracle::number;
using oracle::word;

/* Geometry has constant borders unless it is told otherwise. */
int border()
{
    return word("border", "constant") == "constant" ? cv::BORDER_CONSTANT : oracle::border();
}

int method()
{
    const std::string name = word("method", "bilinear");
    return name == "nearest" ? cv::INTER_NEAREST : name == "bicubic" ? cv::INTER_CUBIC : cv::INTER_LINEAR;
}

cv::Scalar fill()
{
    return cv::Scalar::all(number("fill", 0));
}

cv::Size size_of(const cv::Mat &in)
{
    return cv::Size((int)number("width", in.cols), (int)number("height", in.rows));
}

int inverse()
{
    return word("direction", "forward") == "inverse" ? (int)cv::WARP_INVERSE_MAP : 0;
}

/* By any angle: the map from output to input, about the centres. */
cv::Mat rotate_any(const cv::Mat &in, double angle)
{
    const double t = angle * CV_PI / 180, c = std::cos(t), s = std::sin(t), w = in.cols, h = in.rows;
    cv::Size size = in.size();
    if (word("expand", "no") == "yes")
        size = cv::Size(std::max((int)(w * std::abs(c) + h * std::abs(s) + 0.5), 1),
                        std::max((int)(w * std::abs(s) + h * std::abs(c) + 0.5), 1));
    const double u = (size.width - 1) / 2.0, v = (size.height - 1) / 2.0;
    const cv::Matx23d m(c, s, (w - 1) / 2 - c * u - s * v, -s, c, (h - 1) / 2 + s * u - c * v);
    cv::Mat out;
    cv::warpAffine(in, out, m, size, method() | cv::WARP_INVERSE_MAP, border(), fill());
    return out;
}

cv::Mat rotate(const cv::Mat &in)
{
    cv::Mat out;
    const double angle = number("angle", 90);
    if (angle != 90 && angle != 180 && angle != 270)
        return rotate_any(in, angle);
    cv::rotate(in, out,
               angle == 90    ? cv::ROTATE_90_CLOCKWISE
               : angle == 180 ? cv::ROTATE_180
                              : cv::ROTATE_90_COUNTERCLOCKWISE);
    return out;
}

cv::Mat flip(const cv::Mat &in)
{
    cv::Mat out;
    const std::string axis = word("axis", "horizontal");
    cv::flip(in, out, axis == "horizontal" ? 1 : axis == "vertical" ? 0 : -1);
    return out;
}

cv::Mat transpose(const cv::Mat &in)
{
    cv::Mat out;
    cv::transpose(in, out);
    return out;
}

cv::Mat crop(const cv::Mat &in)
{
    const int x = (int)number("x", 0), y = (int)number("y", 0);
    return in(cv::Rect(x, y, (int)number("width", in.cols - x), (int)number("height", in.rows - y))).clone();
}

cv::Mat pad(const cv::Mat &in)
{
    cv::Mat out;
    cv::copyMakeBorder(in, out, (int)number("top", 0), (int)number("bottom", 0), (int)number("left", 0),
                       (int)number("right", 0), border(), fill());
    return out;
}

cv::Mat affine(const cv::Mat &in)
{
    const cv::Matx23d m(number("a", 1), number("b", 0), number("c", 0), number("d", 0), number("e", 1), number("f", 0));
    cv::Mat out;
    cv::warpAffine(in, out, m, size_of(in), method() | inverse(), border(), fill());
    return out;
}

cv::Mat perspective(const cv::Mat &in)
{
    const cv::Matx33d m(number("a", 1), number("b", 0), number("c", 0), number("d", 0), number("e", 1), number("f", 0),
                        number("g", 0), number("h", 0), number("i", 1));
    cv::Mat out;
    cv::warpPerspective(in, out, m, size_of(in), method() | inverse(), border(), fill());
    return out;
}

cv::Mat remap(const cv::Mat &in)
{
    static cv::Mat map;
    if (map.empty()) {
        const std::string units = word("units", "absolute");
        const float w = units == "fraction" ? (float)in.cols : 1, h = units == "fraction" ? (float)in.rows : 1;
        map = oracle::second().clone();
        for (int y = 0; y < map.rows; y++) {
            for (int x = 0; x < map.cols; x++) {
                cv::Vec2f &p = map.at<cv::Vec2f>(y, x);
                p[0] = p[0] * w + (units == "relative" ? (float)x : 0);
                p[1] = p[1] * h + (units == "relative" ? (float)y : 0);
            }
        }
    }
    cv::Mat out;
    cv::remap(in, out, map, cv::noArray(), method(), border(), fill());
    return out;
}

const oracle::entries here{
    {"rotate", rotate}, {"flip", flip},     {"transpose", transpose},     {"crop", crop},
    {"pad", pad},       {"affine", affine}, {"perspective", perspective}, {"remap", remap},
};
} // namespace
