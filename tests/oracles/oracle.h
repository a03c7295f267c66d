// SPDX-License-Identifier: Apache-2.0
#ifndef FLYNN_TESTS_ORACLE_H
#define FLYNN_TESTS_ORACLE_H

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include <initializer_list>
#include <string>

/** What the files of the oracle program share. Each has the ops of one group, in functions that compute them with
 * OpenCV, and registers these with one static `oracle::entries`. */
namespace oracle
{
/** Parameters of the op, as written in oracle_cases/. */
double number(const char *key, double otherwise);
std::string word(const char *key, const char *otherwise);

/** The parameter `border`, as OpenCV's number. */
int border();

/** The second input, for cases with "@" in their parameters. */
const cv::Mat &second();

/** The same in memory of its own, for ops with more inputs: flynn loads each of them. */
const cv::Mat &third();

/** Set while an op is timed: what only makes OpenCV's output comparable with flynn's (another order of channels) is then
 * left out. */
extern bool timed;

struct entry {
    const char *op;
    cv::Mat (*compute)(const cv::Mat &in);
};

struct entries {
    entries(std::initializer_list<entry> list);
};
} // namespace oracle

#endif
