// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <algorithm>
#include <lkdoctor/clock.hpp>

namespace lkdoctor::respond {

/// A token bucket: `rate` a second, at most `burst` at once. Full when made.
class Bucket {
 public:
  Bucket(double rate, double burst) : rate_(rate), burst_(burst), left_(burst) {}

  bool take(Deadline now) {
    if (now > at_) {
      const std::chrono::duration<double> passed = now - at_;
      left_ = any_ ? std::min(burst_, left_ + passed.count() * rate_) : burst_;
      at_ = now;
      any_ = true;
    }
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }

 private:
  double rate_, burst_, left_;
  Deadline at_{};
  bool any_ = false;
};

}  // namespace lkdoctor::respond
