// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/facts/signalling_topology.hpp>

#include "diagnosis/incomplete.hpp"
#include "diagnosis/way_in.hpp"
#include "model/groups.hpp"

namespace lkdoctor::diagnosis {
namespace {

using facts::Topology;

std::string_view proxy_of(Topology topology) {
  switch (topology) {
    case Topology::controller_proxy:
      return "the OpenTalk controller";
    case Topology::roomserver:
      return "the OpenTalk roomserver";
    case Topology::orchestrator:
      return "the OpenTalk orchestrator";
    case Topology::unknown:
    case Topology::direct:
      break;
  }
  return {};
}

bool passed(const Report& report, std::string_view id) {
  return std::ranges::any_of(report.checks, [&](const CheckResult& check) {
    return check.id == id && check.outcome == Outcome::pass;
  });
}

/// Which ways media was carried.
std::string media_ways(const Report& report) {
  constexpr std::pair<std::string_view, std::string_view> kWays[] = {
      {"media_udp", "UDP"}, {"media_tcp", "TCP"}, {"turn_udp", "TURN/UDP"}, {"turn_tls", "TURN/TLS"}};
  std::string ways;
  for (const auto& [id, name] : kWays) {
    if (passed(report, id)) ways += (ways.empty() ? "" : ", ") + std::string(name);
  }
  return ways;
}

/// One token is one participant: that it can speak is proven, that somebody hears it is not.
bool was_alone(const Report& report) {
  const auto loop = std::ranges::find(report.checks, "media_loop", &CheckResult::id);
  return loop != report.checks.end() && loop->outcome == Outcome::skip && loop->reason &&
         loop->reason->starts_with("one token is one participant");
}

std::string healthy(const Report& report) {
  std::string groups;
  for (const std::string_view group : group_order()) {
    const bool good = std::ranges::any_of(report.checks, [&](const CheckResult& check) {
      return check.group == group && check.outcome == Outcome::pass;
    });
    if (good) groups += (groups.empty() ? "" : ", ") + std::string(group);
  }
  const std::string view = leaves_out_way_in(report) ? seen_behind_way_in(report.vantage.kind)
                                                     : "seen " + std::string(view_of(report.vantage.kind));
  const std::string ways = media_ways(report);
  if (ways.empty()) return "no problem in " + groups + ", " + view + "; nothing else was looked at.";
  const std::string loop = passed(report, "media_loop") ? " and audio comes back through LiveKit"
                           : was_alone(report)          ? " (no test call was made)"
                                                        : "";
  return "media flows over " + ways + loop + ", " + view + "; no problem in " + groups + ".";
}

/// Nobody can join by WebSocket, and by WHIP it shows that it is not media that is broken.
std::string media_by_whip(const Report& report, const Facts& facts) {
  const auto joined = facts.find(facts::join_response);
  const std::string ways = joined && joined->by_whip ? media_ways(report) : "";
  if (ways.empty()) return {};
  std::string took;
  for (const CheckResult& check : report.checks) {
    const auto rtt = check.facts.find("rtt_ms");
    const bool told = check.id == "media_udp" && rtt != check.facts.end() && rtt->is_number();
    if (told) took = fmt::format(", {:.1f} ms", rtt->get<double>());
  }
  const bool more = std::ranges::any_of(report.checks, [](const CheckResult& check) {
    constexpr std::string_view kOfMedia[] = {"udp", "tcp", "media", "turn", "address"};
    return (check.outcome == Outcome::fail || check.outcome == Outcome::warn) &&
           std::ranges::find(kOfMedia, check.group) != std::end(kOfMedia);
  });
  return fmt::format(" Media connects ({}{}; tried by WHIP){}", ways, took,
                     more ? "." : ": only signalling is broken.");
}

void say_nobody_listened(Report& report) {
  if (!was_alone(report) || media_ways(report).empty()) return;
  report.not_tested.push_back({"a call: whether audio comes back", "one token is one participant",
                               "put two tokens into the file, a line each: lkdoctor token create"});
}

}  // namespace

void summarize(Report& report, const Facts& facts) {
  if (leaves_out_way_in(report)) say_way_in_was_left_out(report);
  const std::string_view proxy = proxy_of(facts.find(facts::signalling_topology).value_or(Topology::unknown));
  if (report.verdict == Verdict::unknown) {
    report.summary = incomplete(report, facts, proxy);
    say_what_is_needed(report, proxy);
  } else if (!report.diagnoses.empty()) {
    const std::string media = media_by_whip(report, facts);
    const std::string& title = report.diagnoses.front().finding.title;
    report.summary = media.empty() ? title : as_sentence(title) + media;
  } else {
    report.summary = healthy(report);
  }
  say_nobody_listened(report);
}

}  // namespace lkdoctor::diagnosis
