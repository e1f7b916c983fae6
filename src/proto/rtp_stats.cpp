// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <cmath>
#include <lkdoctor/proto/rtp.hpp>

namespace lkdoctor::proto {
namespace {

constexpr std::int64_t kBefore = 1'024;  // how far before the first packet an older one may come late
constexpr std::int64_t kSpanLimit = 16LL << 16U;  // sequence numbers that are remembered

}  // namespace

bool RtpStats::seen_before(std::int64_t extended) {
  const std::int64_t at = extended - first_;
  if (at < 0 || at >= kSpanLimit) return false;  // too far to be remembered
  const auto place = static_cast<std::size_t>(at);
  if (place >= seen_.size()) seen_.resize(place + 1, false);
  const bool was = seen_[place];
  seen_[place] = true;
  return was;
}

void RtpStats::measure_jitter(std::uint32_t timestamp, Clock::time_point arrival) {
  if (last_) {
    const double sent = static_cast<std::int32_t>(timestamp - last_->first);
    const double came = std::chrono::duration<double>(arrival - last_->second).count() * clock_rate_;
    // RFC 3550 §6.4.1: J = J + (|D| - J) / 16
    jitter_ += (std::abs(came - sent) - jitter_) / 16;
  }
  last_ = {timestamp, arrival};
}

void RtpStats::packet(std::uint16_t sequence, std::uint32_t timestamp, Clock::time_point arrival) {
  std::int64_t extended =
      highest_ + static_cast<std::int16_t>(sequence - static_cast<std::uint16_t>(highest_));
  if (received_ == 0 && duplicates_ == 0) {
    extended = highest_ = (1LL << 16U) + sequence;
    first_ = extended - kBefore;
  }
  if (seen_before(extended)) {
    ++duplicates_;
    return;
  }
  if (extended < highest_) ++reordered_;
  highest_ = std::max(highest_, extended);
  ++received_;
  measure_jitter(timestamp, arrival);
}

RtpCounts RtpStats::counts() const {
  RtpCounts counts{received_, 0, duplicates_, reordered_, jitter_ * 1'000 / clock_rate_};
  const auto lowest = std::ranges::find(seen_, true) - seen_.begin();
  const std::int64_t span = highest_ - (first_ + lowest) + 1;
  if (received_ > 0 && span > static_cast<std::int64_t>(received_)) {
    counts.lost = static_cast<std::uint64_t>(span) - received_;
  }
  return counts;
}

std::optional<std::uint32_t> RtpStats::highest() const {
  if (received_ == 0) return std::nullopt;
  return static_cast<std::uint32_t>(highest_ - (1LL << 16U));
}

}  // namespace lkdoctor::proto
