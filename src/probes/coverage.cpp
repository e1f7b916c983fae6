// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <cmath>
#include <lkdoctor/probes/coverage.hpp>

namespace lkdoctor::probes {
namespace {

constexpr double kDoubt = 0.05;
constexpr int kHalvings = 40;

/// Probability of at most `blocked` of `seen`, where the part `share` of the range is blocked.
double at_most_so_many(std::size_t blocked, std::size_t seen, double share) {
  const double odds = std::log(share) - std::log1p(-share);
  double term = static_cast<double>(seen) * std::log1p(-share), sum = std::exp(term);
  for (std::size_t i = 1; i <= blocked; ++i) {
    term += std::log(static_cast<double>(seen - i + 1) / static_cast<double>(i)) + odds;
    sum += std::exp(term);
  }
  return sum;
}

/// The share for which that probability has fallen to `limit`.
double share_for(std::size_t blocked, std::size_t seen, double limit) {
  double low = 0, high = 1;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (at_most_so_many(blocked, seen, middle) > limit ? low : high) = middle;
  }
  return low;
}

/// One figure after the point below ten percent.
std::string percent(double share) {
  const double value = share * 100;
  return value < 10 ? fmt::format("{:.1f}", value) : fmt::format("{:.0f}", value);
}

}  // namespace

double Coverage::at_most() const {
  return blocked >= seen ? 1 : share_for(blocked, seen, kDoubt);
}

double Coverage::at_least() const {
  return blocked == 0 ? 0 : share_for(blocked - 1, seen, 1 - kDoubt);
}

std::string Coverage::text(std::size_t range) const {
  const std::string ports = fmt::format("{} of {} ports seen", seen, range);
  if (blocked == 0) {
    return fmt::format("{}, none blocked: at most {} % of the range can be blocked, at 95 %", ports,
                       percent(at_most()));
  }
  return fmt::format("{}, {} blocked: between {} and {} % of the range, each bound at 95 %", ports, blocked,
                     percent(at_least()), percent(at_most()));
}

}  // namespace lkdoctor::probes
