// SPDX-License-Identifier: Apache-2.0
#include "oracle.h"

namespace
{
using oracle::border;
using oracle::number;
using oracle::word;

// The magnitude of two derivatives, which are exact in their depths; saturated like the input.
cv::Mat magnitude(const cv::Mat &in, cv::Mat dx, cv::Mat dy)
{
    cv::Mat out;
    if (dx.depth() == CV_16S && word("norm", "l1") != "l2") { /* what saturates alone saturates the sum; timed */
        cv::convertScaleAbs(dx, dx);
        cv::convertScaleAbs(dy, dy);
        cv::add(dx, dy, out);
        return out;
    }
    dx.convertTo(dx, CV_64F);
    dy.convertTo(dy, CV_64F);
    if (word("norm", "l1") == "l2")
        cv::magnitude(dx, dy, out);
    else
        out = cv::abs(dx) + cv::abs(dy);
    out.convertTo(out, in.depth());
    return out;
}

int derivative_depth(const cv::Mat &in)
{
    return in.depth() == CV_8U ? CV_16S : in.depth() == CV_16U ? CV_64F : CV_32F;
}

cv::Mat sobel(const cv::Mat &in)
{
    cv::Mat dx, dy;
    cv::Sobel(in, dx, derivative_depth(in), 1, 0, 3, 1, 0, border());
    cv::Sobel(in, dy, derivative_depth(in), 0, 1, 3, 1, 0, border());
    return magnitude(in, dx, dy);
}

cv::Mat scharr(const cv::Mat &in)
{
    cv::Mat dx, dy;
    cv::Scharr(in, dx, derivative_depth(in), 1, 0, 1, 0, border());
    cv::Scharr(in, dy, derivative_depth(in), 0, 1, 1, 0, border());
    return magnitude(in, dx, dy);
}

cv::Mat prewitt(const cv::Mat &in)
{
    cv::Mat dx, dy;
    const cv::Mat slope = (cv::Mat_<float>(1, 3) << -1, 0, 1), flat = (cv::Mat_<float>(1, 3) << 1, 1, 1);
    cv::sepFilter2D(in, dx, derivative_depth(in), slope, flat, cv::Point(-1, -1), 0, border());
    cv::sepFilter2D(in, dy, derivative_depth(in), flat, slope, cv::Point(-1, -1), 0, border());
    return magnitude(in, dx, dy);
}

cv::Mat gaussian(const cv::Mat &in)
{
    cv::Mat out;
    const int ksize = (int)number("ksize", 0);
    cv::GaussianBlur(in, out, cv::Size(ksize, ksize), number("sigma", 0), 0, border());
    return out;
}

cv::Mat box(const cv::Mat &in)
{
    cv::Mat out;
    const double ksize = number("ksize", 1);
    const cv::Size size((int)number("width", ksize), (int)number("height", ksize));
    cv::blur(in, out, size, cv::Point(-1, -1), border());
    return out;
}

cv::Mat filtered(const cv::Mat &in, const cv::Mat &kernel)
{
    cv::Mat out;
    cv::filter2D(in, out, -1, kernel, cv::Point(-1, -1), 0, border());
    return out;
}

cv::Mat convolve(const cv::Mat &in)
{
    const std::string name = word("kernel", "");
    if (name == "sharpen")
        return filtered(in, (cv::Mat_<float>(3, 3) << 0, -1, 0, -1, 5, -1, 0, -1, 0));
    if (name == "edge")
        return filtered(in, (cv::Mat_<float>(3, 3) << -1, -1, -1, -1, 8, -1, -1, -1, -1));
    const cv::Mat line = (cv::Mat_<float>(5, 1) << 1, 4, 6, 4, 1);
    const cv::Mat product = line * line.t();
    return filtered(in, product / 256);
}

cv::Mat laplacian(const cv::Mat &in)
{
    cv::Mat out;
    cv::Laplacian(in, out, -1, (int)number("ksize", 1), 1, 0, border());
    return out;
}

cv::Mat emboss(const cv::Mat &in)
{
    return filtered(in, (cv::Mat_<float>(3, 3) << -2, -1, 0, -1, 1, 1, 0, 1, 2));
}

cv::Mat sharpen(const cv::Mat &in)
{
    const float a = (float)number("amount", 1);
    return filtered(in, (cv::Mat_<float>(3, 3) << 0, -a, 0, -a, 1 + 4 * a, -a, 0, -a, 0));
}

cv::Mat unsharp(const cv::Mat &in)
{
    cv::Mat blurred, out;
    const double amount = number("amount", 1);
    cv::GaussianBlur(in, blurred, cv::Size(), number("sigma", 1), 0, border());
    cv::addWeighted(in, 1 + amount, blurred, -amount, 0, out);
    return out;
}

cv::Mat adaptive_threshold(const cv::Mat &in)
{
    const bool gaussian = word("method", "mean") == "gaussian", inverse = word("type", "binary") == "binary_inv";
    cv::Mat out;
    cv::adaptiveThreshold(in, out, 255, gaussian ? cv::ADAPTIVE_THRESH_GAUSSIAN_C : cv::ADAPTIVE_THRESH_MEAN_C,
                          inverse ? cv::THRESH_BINARY_INV : cv::THRESH_BINARY, (int)number("ksize", 11),
                          number("offset", 0));
    return out;
}

const oracle::entries here{
    {"adaptive-threshold", adaptive_threshold},
    {"sobel", sobel},     {"scharr", scharr},     {"prewitt", prewitt},     {"gaussian", gaussian},
    {"box", box},         {"convolve", convolve}, {"laplacian", laplacian}, {"emboss", emboss},
    {"sharpen", sharpen}, {"unsharp", unsharp},
};
} // namespace
