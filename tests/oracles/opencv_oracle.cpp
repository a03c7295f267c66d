// SPDX-License-Identifier: Apache-2.0
// Computes one op with OpenCV, so that flynn's scalar reference can be held against code that nobody here wrote.
// usage: opencv_oracle WIDTH HEIGHT CHANNELS TYPE OP [key=value...] < samples > samples   (rows without padding)
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

namespace
{
std::map<std::string, std::string> options;

double number(const char *key, double otherwise)
{
    auto found = options.find(key);
    return found == options.end() ? otherwise : atof(found->second.c_str());
}

std::string word(const char *key, const char *otherwise)
{
    auto found = options.find(key);
    return found == options.end() ? otherwise : found->second;
}

int border()
{
    const std::string name = word("border", "reflect101");
    if (name == "constant")
        return cv::BORDER_CONSTANT;
    if (name == "replicate")
        return cv::BORDER_REPLICATE;
    if (name == "reflect")
        return cv::BORDER_REFLECT;
    return name == "wrap" ? cv::BORDER_WRAP : cv::BORDER_REFLECT_101;
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

// The magnitude from OpenCV's two derivatives, which are exact in these depths; saturated like the input.
cv::Mat sobel(const cv::Mat &in)
{
    cv::Mat dx, dy, out;
    const int depth = in.depth() == CV_8U ? CV_16S : in.depth() == CV_16U ? CV_64F : CV_32F;
    cv::Sobel(in, dx, depth, 1, 0, 3, 1, 0, border());
    cv::Sobel(in, dy, depth, 0, 1, 3, 1, 0, border());
    dx.convertTo(dx, CV_64F);
    dy.convertTo(dy, CV_64F);
    if (word("norm", "l1") == "l2")
        cv::magnitude(dx, dy, out);
    else
        out = cv::abs(dx) + cv::abs(dy);
    out.convertTo(out, in.depth());
    return out;
}

cv::Mat gaussian(const cv::Mat &in)
{
    cv::Mat out;
    const int ksize = (int)number("ksize", 0);
    cv::GaussianBlur(in, out, cv::Size(ksize, ksize), number("sigma", 0), 0, border());
    return out;
}

cv::Mat rotate(const cv::Mat &in)
{
    cv::Mat out;
    const int angle = (int)number("angle", 90);
    cv::rotate(in, out,
               angle == 90    ? cv::ROTATE_90_CLOCKWISE
               : angle == 180 ? cv::ROTATE_180
                              : cv::ROTATE_90_COUNTERCLOCKWISE);
    return out;
}

cv::Mat resize(const cv::Mat &in)
{
    cv::Mat out;
    const int method = word("method", "bilinear") == "nearest" ? cv::INTER_NEAREST : cv::INTER_LINEAR_EXACT;
    cv::resize(in, out, cv::Size((int)number("width", in.cols), (int)number("height", in.rows)), 0, 0, method);
    return out;
}

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

bool compute(const std::string &op, const cv::Mat &in, cv::Mat &out)
{
    if (op == "invert")
        cv::bitwise_not(in, out);
    else if (op == "linear")
        in.convertTo(out, -1, number("alpha", 1), number("beta", 0));
    else if (op == "threshold")
        cv::threshold(in, out, number("value", 0), in.depth() == CV_8U ? 255 : in.depth() == CV_16U ? 65535 : 1,
                      threshold_type());
    else if (op == "grayscale")
        cv::cvtColor(in, out, cv::COLOR_RGB2GRAY);
    else if (op == "gaussian")
        out = gaussian(in);
    else if (op == "sobel")
        out = sobel(in);
    else if (op == "median")
        cv::medianBlur(in, out, (int)number("ksize", 3));
    else if (op == "rotate")
        out = rotate(in);
    else if (op == "resize")
        out = resize(in);
    else if (op == "histogram")
        out = histogram(in);
    else
        return false;
    return true;
}
} // namespace

int main(int argc, char **argv)
{
    if (argc < 6) {
        fprintf(stderr, "usage: opencv_oracle WIDTH HEIGHT CHANNELS TYPE OP [key=value...]\n");
        return 2;
    }
    for (int i = 6; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        if (equals)
            options[std::string(argv[i], (size_t)(equals - argv[i]))] = equals + 1;
    }
    const std::string type = argv[4];
    const int depth = type == "u8" ? CV_8U : type == "u16" ? CV_16U : CV_32F;
    cv::Mat in(atoi(argv[2]), atoi(argv[1]), CV_MAKETYPE(depth, atoi(argv[3]))), out;
    if (fread(in.data, in.elemSize(), in.total(), stdin) != in.total())
        return 2;
    cv::setNumThreads(1);
    if (!compute(argv[5], in, out))
        return 3;
    if (!out.isContinuous())
        out = out.clone();
    return fwrite(out.data, out.elemSize(), out.total(), stdout) == out.total() && fflush(stdout) == 0 ? 0 : 2;
}
