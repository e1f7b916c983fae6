// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/probes/path_size.hpp>

namespace lkdoctor::probes {
namespace {

// Bytes of a datagram, without UDP and IP headers: minimum of IPv4, a kilobyte, WebRTC's own limit (1200),
// the minimum of IPv6 (1280 with headers), tunnels (1400, 1420), PPPoE (1492), Ethernet (1500).
constexpr std::size_t kSizes[] = {548, 972, 1'100, 1'200, 1'252, 1'372, 1'392, 1'464, 1'472};
constexpr int kRounds = 4;
constexpr Milliseconds kPatience{2'600}, kHandshake{2'500};

bool all_answered(const proto::PairState& state) {
  return std::ranges::all_of(state.sizes, [](const proto::SizedCheck& one) { return one.answered > 0; });
}

bool wanted(const proto::PairState& state, std::size_t bytes) {
  const auto known = std::ranges::find(state.sizes, bytes, &proto::SizedCheck::bytes);
  return known == state.sizes.end() || known->answered == 0;
}

Milliseconds patience_for(const proto::PairState& state) {
  const Microseconds round_trip = state.first_rtt.value_or(Microseconds(0));
  return Milliseconds(60) + std::chrono::ceil<Milliseconds>(3 * round_trip);
}

/// All sizes at once, again those without an answer. A pause after every round tells loss from size.
awaitable<void> try_sizes(MediaSession& session, PathSize* into) {
  const auto pair = session.link().pair();
  if (!pair) co_return;
  proto::IceAgent& ice = session.link().ice();
  for (int round = 0; round < kRounds; ++round) {
    for (const std::size_t bytes : kSizes) {
      if (wanted(ice.state(*pair), bytes)) ice.check_sized(*pair, bytes, Clock::now());
    }
    session.link().flush();
    const Deadline until = Clock::now() + patience_for(ice.state(*pair));
    bool waiting = true;
    while (waiting && !all_answered(ice.state(*pair))) waiting = co_await session.bell().wait(until);
    if (all_answered(ice.state(*pair))) break;
  }
  into->sizes = ice.state(*pair).sizes;
  if (all_answered(ice.state(*pair))) co_return;
  co_await measure_briefly(session, &into->control);
  co_await measure_closely(session, &into->control);
}

MediaPlan plan_with(std::size_t padding) {
  MediaPlan plan;
  plan.send_candidates = true;
  plan.certificate_padding = padding;
  plan.ice_patience = kPatience;
  plan.dtls_patience = kHandshake;
  return plan;
}

}  // namespace

std::optional<std::size_t> PathSize::largest_answered() const {
  std::optional<std::size_t> largest;
  for (const proto::SizedCheck& one : sizes) {
    if (one.answered > 0) largest = std::max(largest.value_or(0), one.bytes);
  }
  return largest;
}

std::optional<std::size_t> PathSize::smallest_lost() const {
  const std::size_t passed = largest_answered().value_or(0);
  std::optional<std::size_t> smallest;
  for (const proto::SizedCheck& one : sizes) {
    if (one.answered == 0 && one.bytes > passed) smallest = std::min(smallest.value_or(one.bytes), one.bytes);
  }
  return smallest;
}

bool PathSize::loses_small_ones() const {
  const auto loses = [](const PathQuality& path) { return path.was_cut() || path.is_lossy(); };
  return loses(control) || loses(full.path) || (small && loses(small->path));
}

awaitable<PathSize> measure_path_size(Probe& probe) {
  PathSize seen;
  PathSize* into = &seen;
  MediaBody body = [into](MediaSession& session) { return try_sizes(session, into); };
  MediaBody again = body;
  MediaPlan full = plan_with(proto::kFullSizePadding);
  seen.full = co_await hold_session(probe, std::move(full), std::move(body));
  if (seen.full.stage != MediaStage::dtls) co_return seen;
  MediaPlan small = plan_with(0);
  seen.small = co_await hold_session(probe, std::move(small), std::move(again));
  co_return seen;
}

}  // namespace lkdoctor::probes
