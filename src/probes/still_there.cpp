// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/net/bell.hpp>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/probes/signal_session.hpp>
#include <lkdoctor/probes/still_there.hpp>
#include <lkdoctor/probes/tokens.hpp>

namespace lkdoctor::probes {
namespace {

constexpr int kTries = 2;
constexpr int kRooms = 4;
constexpr Milliseconds kPatience{1'500}, kPause{200};
constexpr int kOfWhatItTookBefore = 4;  ///< a slow LiveKit, or one far away, is no lost one
constexpr int kUpgraded = 101;

awaitable<void> try_join(SignalSession* session, Deadline deadline, bool* joined) {
  *joined = co_await session->join(deadline);
}

/// Nobody is there, or a proxy says so. Any other answer is somebody's, and says nothing of that kind.
bool tells_of_nobody(const SignalReport& report) {
  constexpr int kBadGateway = 502, kGatewayTimeout = 504;
  return report.status == 0 || report.status == kUpgraded || report.status == kBadGateway ||
         report.status == kGatewayTimeout;
}

awaitable<bool> join_once(Probe& probe, Milliseconds patience, Afterwards* out) {
  SignalSession session(probe, {});
  bool joined = false;
  auto joining = try_join(&session, earlier(Clock::now() + patience, probe.deadline()), &joined);
  auto leaving = session.leave();
  co_await net::finally(std::move(joining), std::move(leaving));
  const SignalReport& report = session.report();
  out->url = report.url;
  out->status = report.status;
  out->asked = joined || tells_of_nobody(report);
  out->why = report.outcome.ok() ? "" : report.outcome.text;
  if (out->why.empty() && report.status != kUpgraded) out->why = fmt::format("HTTP {}", report.status);
  co_return joined;
}

/// The second participant comes while the first is there.
awaitable<void> join_both(SignalSession* first, SignalSession* second, RoomShared* out, Deadline deadline) {
  const bool there = co_await first->join(deadline);
  if (!there) co_return;
  const bool both = co_await second->join(deadline);
  const std::string one = first->report().node, other = second->report().node;
  if (!both || one.empty() || other.empty()) co_return;
  ++out->rooms;
  if (one == other) co_return;
  ++out->split;
  out->url = first->report().url;
  out->one = one;
  out->other = other;
}

awaitable<void> leave_both(SignalSession* first, SignalSession* second) {
  co_await first->leave();
  co_await second->leave();
}

awaitable<void> share_one_room(Probe& probe, RoomShared* out) {
  SignalPlan plan;
  plan.room = random_name();
  plan.first = true;
  SignalSession first(probe, plan);
  plan.first = false;
  SignalSession second(probe, plan);
  auto joining = join_both(&first, &second, out, earlier(Clock::now() + kPatience, probe.deadline()));
  auto leaving = leave_both(&first, &second);
  co_await net::finally(std::move(joining), std::move(leaving));
}

}  // namespace

awaitable<RoomShared> share_rooms(Probe& probe) {
  RoomShared out;
  for (int i = 0; i < kRooms && out.split == 0; ++i) {
    if (Clock::now() + kPatience > probe.deadline()) break;
    co_await share_one_room(probe, &out);
  }
  co_return out;
}

void judge_split(const std::string& url, const std::string& one, const std::string& other,
                 Judgement& judgement) {
  judgement.raise(findings::nodes_inconsistent, url)
      .graded(Severity::failure)
      .saying(
          fmt::format("Two people who join one room at {} land on two LiveKit servers that do not know of "
                      "each other",
                      url))
      .quoting("server_of_one", one)
      .quoting("server_of_the_other", other)
      .change(
          "Give all LiveKit servers behind this URL the same redis: settings, so that a room is on one of "
          "them, or let the proxy lead to one server alone");
}

awaitable<Afterwards> ask_again(Probe& probe, std::optional<Microseconds> took_before) {
  Afterwards out;
  const auto before = std::chrono::ceil<Milliseconds>(took_before.value_or(Microseconds(0)));
  const Milliseconds patience = std::max(kPatience, kOfWhatItTookBefore * before);
  // With a token alone its one participant may be busy with another check.
  if (!mints_tokens(probe)) co_return out;
  for (int i = 0; i < kTries && !out.joined; ++i) {
    if (Clock::now() + patience > probe.deadline()) co_return Afterwards{};
    if (i > 0) co_await net::sleep_until(Clock::now() + kPause);
    out.joined = co_await join_once(probe, patience, &out);
    if (!out.asked) co_return out;
  }
  co_return out;
}

bool judge_lost(const Afterwards& afterwards, Judgement& judgement) {
  if (!afterwards.asked || afterwards.joined) return false;
  judgement.raise(findings::livekit_lost_during_run, afterwards.url)
      .sure(Confidence::likely)
      .saying(fmt::format("LiveKit stopped answering during the run: {} let people join when it began, and "
                          "does not any more ({})",
                          afterwards.url, afterwards.why.empty() ? "no answer" : afterwards.why))
      .with("tries", kTries)
      .with("status", afterwards.status == 0 ? Json() : Json(afterwards.status))
      .with("error", afterwards.why);
  return true;
}

}  // namespace lkdoctor::probes
