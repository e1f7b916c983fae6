// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <cmath>
#include <ctime>
#include <lkdoctor/probes/clock_ladder.hpp>
#include <set>

namespace lkdoctor::probes {
namespace {

constexpr std::int64_t kLeeway = 60;
constexpr double kFurthest = 1.2e9;  ///< a clock that starts in 1970 is found, with room to spare
constexpr std::size_t kMostSteps = 64;

/// The token that is accepted if LiveKit is at most `behind` seconds behind.
LadderStep behind_step(std::int64_t behind, std::int64_t now) {
  LadderStep step;
  step.not_before = now + kLeeway - behind;
  step.expires = std::max(now + 60, step.not_before + 1);
  return step;
}

/// The token that is accepted if LiveKit is less than `ahead` seconds ahead.
LadderStep ahead_step(std::int64_t ahead, std::int64_t now) {
  LadderStep step;
  step.by_expiry = true;
  step.expires = now - kLeeway + ahead;
  step.not_before = std::min(step.expires - 60, now - 30);
  return step;
}

LadderStep step_at(std::int64_t offset, std::int64_t now) {
  return offset <= 0 ? behind_step(-offset, now) : ahead_step(offset, now);
}

/// `here`: at which moment of this machine's clock the answer was made, given whether LiveKit's clock was
/// beyond the token's edge then.
template <class Here>
ClockBounds bounds_by(const std::vector<LadderStep>& steps, Here here) {
  ClockBounds bounds;
  for (const LadderStep& step : steps) {
    if (!step.accepted) continue;
    const double edge =
        static_cast<double>(step.by_expiry ? step.expires + kLeeway : step.not_before - kLeeway);
    const bool beyond = *step.accepted != step.by_expiry;
    const double offset = edge - here(step, beyond);
    auto& bound = beyond ? bounds.lower : bounds.upper;
    if (!bound) {
      bound = offset;
    } else {
      bound = beyond ? std::max(*bound, offset) : std::min(*bound, offset);
    }
  }
  return bounds;
}

}  // namespace

std::optional<double> ClockBounds::middle() const {
  if (!settled()) return std::nullopt;
  return (*lower + *upper) / 2;
}

ClockBounds bounds_of(const std::vector<LadderStep>& steps) {
  return bounds_by(steps, [](const LadderStep& step, bool) {
    return static_cast<double>(step.sent_at_ms + step.received_at_ms) / 2000.0;
  });
}

ClockBounds sure_bounds_of(const std::vector<LadderStep>& steps) {
  return bounds_by(steps, [](const LadderStep& step, bool beyond) {
    return static_cast<double>(beyond ? step.received_at_ms : step.sent_at_ms) / 1000.0;
  });
}

std::vector<LadderStep> first_steps(FirstHint hint, std::int64_t now) {
  std::vector<LadderStep> out;
  if (hint == FirstHint::accepted) {
    for (const int behind : {0, 1, 2, 4, 8, 16, 30, 45, 60, 75, 91}) out.push_back(behind_step(behind, now));
    for (const int ahead : {1, 2, 4, 8, 16, 30, 45, 60, 80, 100, 121}) out.push_back(ahead_step(ahead, now));
    return out;
  }
  const bool late = hint == FirstHint::too_late;
  for (double offset = 80; offset < kFurthest; offset *= 1.35) {
    const auto seconds = static_cast<std::int64_t>(offset);
    out.push_back(late ? ahead_step(seconds, now) : behind_step(seconds, now));
  }
  return out;
}

std::vector<LadderStep> finer_steps(const ClockBounds& bounds, std::optional<double> guess,
                                    std::int64_t now) {
  if (!bounds.settled() || bounds.width() <= 1.1) return {};
  const auto first = static_cast<std::int64_t>(std::floor(*bounds.lower));
  const auto last = static_cast<std::int64_t>(std::ceil(*bounds.upper));
  const std::int64_t stride =
      std::max<std::int64_t>(1, (last - first) / static_cast<std::int64_t>(kMostSteps - 8));
  std::set<std::int64_t> offsets;
  for (std::int64_t at = first; at <= last; at += stride) offsets.insert(at);
  if (guess && *guess > *bounds.lower - 3 && *guess < *bounds.upper + 3) {
    const auto centre = static_cast<std::int64_t>(std::floor(*guess));
    for (std::int64_t at = centre - 2; at <= centre + 3; ++at) offsets.insert(at);
  }
  std::vector<LadderStep> out;
  for (const std::int64_t offset : offsets) out.push_back(step_at(offset, now));
  return out;
}

std::optional<TimedStep> halving_step(const ClockBounds& bounds, std::int64_t now_ms,
                                      std::int64_t round_trip_ms) {
  constexpr double kFineEnough = 0.010;
  constexpr std::int64_t kToPrepare = 2;
  if (!bounds.settled() || bounds.width() <= kFineEnough) return std::nullopt;
  const auto offset_ms = static_cast<std::int64_t>(std::llround(*bounds.middle() * 1000));
  const std::int64_t there = offset_ms + round_trip_ms / 2;
  // Their next full second that a request sent from now on can meet.
  const std::int64_t earliest = now_ms + kToPrepare + there;
  const std::int64_t edge = earliest >= 0 ? (earliest + 999) / 1000 : earliest / 1000;
  TimedStep out;
  out.step.not_before = edge + kLeeway;
  out.step.expires = out.step.not_before + 60;
  out.send_at_ms = edge * 1000 - there;
  return out;
}

std::optional<std::int64_t> date_of(const proto::HttpAnswer& answer) {
  const std::string text = answer.header("date");
  std::tm parts{};
  int year = 0;
  std::array<char, 4> month{};
  if (text.size() < 29 ||
      std::sscanf(text.c_str() + 5, "%2d %3c %4d %2d:%2d:%2d", &parts.tm_mday, month.data(), &year,
                  &parts.tm_hour, &parts.tm_min, &parts.tm_sec) != 6) {
    return std::nullopt;
  }
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::size_t at = kMonths.find(std::string_view(month.data(), 3));
  if (at == std::string_view::npos || at % 3 != 0 || year < 1970 || year > 9999) return std::nullopt;
  parts.tm_mon = static_cast<int>(at / 3);
  parts.tm_year = year - 1900;
  return static_cast<std::int64_t>(timegm(&parts));
}

}  // namespace lkdoctor::probes
