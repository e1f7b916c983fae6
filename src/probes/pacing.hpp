// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <algorithm>
#include <cstddef>
#include <lkdoctor/clock.hpp>

namespace lkdoctor::probes {

/// How many of a volley are to be sent by now, at an even pace. What a busy host has missed is not made up
/// for in one burst: that would be lost, and look like a limit of the path.
class Pacing {
 public:
  explicit Pacing(double per_second) : per_second_(per_second) {}

  std::size_t due(std::size_t sent) {
    const std::chrono::duration<double> passed = Clock::now() - since_;
    const std::size_t due = before_ + static_cast<std::size_t>(passed.count() * per_second_) + 1;
    if (due <= sent + kMostAtOnce) return due;
    since_ = Clock::now();
    return before_ = sent + kMostAtOnce;
  }

  /// When to look up from receiving: the next one is due then.
  Deadline next() const {
    const std::chrono::duration<double> wait(1 / per_second_);
    return Clock::now() +
           std::max<Clock::duration>(std::chrono::duration_cast<Clock::duration>(wait), Milliseconds(1));
  }

 private:
  static constexpr std::size_t kMostAtOnce = 64;

  double per_second_;
  Deadline since_ = Clock::now();
  std::size_t before_ = 0;  // due at that time
};

}  // namespace lkdoctor::probes
