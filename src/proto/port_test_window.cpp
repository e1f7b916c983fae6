// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/proto/port_test.hpp>

namespace lkdoctor::proto {

bool ReplayWindow::has(std::uint32_t sequence) const {
  if (!any_ || sequence > newest_) return false;
  return newest_ - sequence >= kSize || seen_[sequence % kSize];
}

bool ReplayWindow::take(std::uint32_t sequence) {
  if (!any_ || sequence > newest_) {
    const std::uint32_t skipped = any_ ? std::min(sequence - newest_, kSize) : kSize;
    for (std::uint32_t i = 0; i < skipped; ++i) seen_[(sequence - i) % kSize] = false;
    newest_ = sequence;
    any_ = true;
  } else if (newest_ - sequence >= kSize) {
    return false;
  }
  if (seen_[sequence % kSize]) return false;
  seen_[sequence % kSize] = true;
  return true;
}

}  // namespace lkdoctor::proto
