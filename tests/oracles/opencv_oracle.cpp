// SPDX-License-Identifier: Apache-2.0
// Computes one op with OpenCV, so that flynn's scalar reference can be held against code that nobody here wrote, or
// times it, so that flynn's speed can be held against OpenCV's.
// usage: opencv_oracle WIDTH HEIGHT CHANNELS TYPE OP [key=value...] < samples > samples
//        opencv_oracle --time RUNS THREADS WIDTH HEIGHT CHANNELS TYPE OP [key=value...]    prints median and min in ms
// With @samples=FILE the image to time is in a file, otherwise it is noise.
// Samples are rows without padding. A value "@" stands for a second input, which follows the first and is as large; it has
// the same type and channels, or those of "@type=..." and "@channels=...".
#include "oracle.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <malloc.h>
#include <vector>

namespace
{
std::map<std::string, std::string> options;
cv::Mat second_input;

std::map<std::string, cv::Mat (*)(const cv::Mat &)> &registered()
{
    static std::map<std::string, cv::Mat (*)(const cv::Mat &)> map;
    return map;
}
} // namespace

namespace oracle
{
bool timed = false;

entries::entries(std::initializer_list<entry> list)
{
    for (const entry &e : list)
        registered()[e.op] = e.compute;
}

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

const cv::Mat &second()
{
    return second_input;
}

const cv::Mat &third()
{
    static const cv::Mat copy = second_input.clone();
    return copy;
}
} // namespace oracle

namespace
{
int depth_of(const std::string &type)
{
    return type == "u8" ? CV_8U : type == "u16" ? CV_16U : type == "f64" ? CV_64F : CV_32F;
}

bool read_all(cv::Mat &m, FILE *from = stdin)
{
    return fread(m.data, m.elemSize(), m.total(), from) == m.total();
}

bool read_file(cv::Mat &m, const std::string &path)
{
    FILE *file = fopen(path.c_str(), "rb");
    const bool done = file && read_all(m, file);
    return (!file || fclose(file) == 0) && done;
}

void fill(cv::Mat &m, uint64_t seed)
{
    cv::RNG rng(seed);
    const double white = m.depth() == CV_8U ? 256 : m.depth() == CV_16U ? 65536 : 1;
    rng.fill(m, cv::RNG::UNIFORM, 0, white);
}

int time_op(cv::Mat (*compute)(const cv::Mat &), const cv::Mat &in, int runs)
{
    std::vector<double> ms;
    mallopt(M_MMAP_MAX, 0); // outputs are freed to the heap and stay there: no run pays for fresh pages
    mallopt(M_TRIM_THRESHOLD, -1);
    oracle::timed = true;
    compute(in);
    for (int i = 0; i < runs; i++) {
        const auto start = std::chrono::steady_clock::now();
        compute(in);
        ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
    std::sort(ms.begin(), ms.end());
    return printf("%.4f %.4f\n", ms[ms.size() / 2], ms[0]) > 0 && fflush(stdout) == 0 ? 0 : 2;
}
} // namespace

int main(int argc, char **argv)
{
    int runs = 0, threads = 1;
    if (argc > 3 && strcmp(argv[1], "--time") == 0) {
        runs = std::max(atoi(argv[2]), 1);
        threads = atoi(argv[3]);
        argc -= 3;
        argv += 3;
    }
    if (argc < 6) {
        fprintf(stderr, "usage: opencv_oracle [--time RUNS THREADS] WIDTH HEIGHT CHANNELS TYPE OP [key=value...]\n");
        return 2;
    }
    bool two = false;
    for (int i = 6; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        if (equals)
            options[std::string(argv[i], (size_t)(equals - argv[i]))] = equals + 1;
        two |= equals && strcmp(equals + 1, "@") == 0;
    }
    const auto found = registered().find(argv[5]);
    if (found == registered().end())
        return 3;
    cv::Mat in(atoi(argv[2]), atoi(argv[1]), CV_MAKETYPE(depth_of(argv[4]), atoi(argv[3])));
    if (two)
        second_input.create(in.rows, in.cols,
                            CV_MAKETYPE(depth_of(oracle::word("@type", argv[4])),
                                        (int)oracle::number("@channels", in.channels())));
    cv::setNumThreads(threads);
    if (runs) {
        const std::string path = oracle::word("@samples", "");
        if (path.empty())
            fill(in, 1);
        else if (!read_file(in, path))
            return 2;
        if (two)
            fill(second_input, 2);
        return time_op(found->second, in, runs);
    }
    if (!read_all(in) || (two && !read_all(second_input)))
        return 2;
    cv::Mat out = found->second(in);
    if (!out.isContinuous())
        out = out.clone();
    return fwrite(out.data, out.elemSize(), out.total(), stdout) == out.total() && fflush(stdout) == 0 ? 0 : 2;
}
