// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/address.hpp>
#include <lkdoctor/facts/http_identity.hpp>
#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/facts/signalling_topology.hpp>
#include <set>

#include "diagnosis/way_in.hpp"
#include "model/groups.hpp"

namespace lkdoctor::diagnosis {
namespace {

using facts::Topology;

std::string_view view_of(Vantage vantage) {
  switch (vantage) {
    case Vantage::outside:
      return "from outside";
    case Vantage::inside:
      return "from inside";
    case Vantage::controller:
      return "from the controller";
    case Vantage::livekit_host:
      return "on this host";
    case Vantage::recorder:
      return "from the recorder";
    case Vantage::automatic:
      break;
  }
  return "from here";
}

std::string families(const Facts& facts) {
  const auto identity = facts.find(facts::public_identity);
  if (!identity) return {};
  std::set<Family> seen;
  for (const std::string& address : identity->answering) {
    if (is_numeric_address(address)) seen.insert(family_of(address));
  }
  std::string out;
  for (const Family family : seen) {
    out += (out.empty() ? " (" : ", ") + std::string(family == Family::ipv4 ? "IPv4" : "IPv6");
  }
  return out.empty() ? out : out + ")";
}

bool group_is_good(const Report& report, std::string_view group) {
  bool good = false;
  for (const CheckResult& check : report.checks) {
    if (check.group != group || check.id.ends_with("_service")) continue;
    if (check.outcome == Outcome::fail || check.outcome == Outcome::unknown) return false;
    good |= check.outcome == Outcome::pass || check.outcome == Outcome::warn;
  }
  return good;
}

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

/// What this run did find in order; empty if nothing worth a sentence.
std::string known(const Report& report, const Facts& facts, std::string_view proxy) {
  const std::string view(view_of(report.vantage.kind));
  if (!proxy.empty() && group_is_good(report, "http")) {
    return "signalling goes through " + std::string(proxy) + " and answers as it should";
  }
  if (group_is_good(report, "signalling")) return "signalling is reachable " + view + families(facts);
  if (group_is_good(report, "http")) return "LiveKit's web address answers " + view + families(facts);
  if (group_is_good(report, "config")) return "the files are in order";
  return {};
}

bool is_set(const Report& report, std::string_view key) {
  return std::ranges::find(report.settings, key, &Setting::key) != report.settings.end();
}

bool can_join(const Report& report) {
  return is_set(report, "token") ||
         (is_set(report, "livekit.api_key") && is_set(report, "livekit.api_secret"));
}

const CheckResult* unmeasured_must_have(const Report& report) {
  const auto found = std::ranges::find_if(report.checks, [](const CheckResult& check) {
    return check.must_have && check.outcome == Outcome::unknown;
  });
  return found == report.checks.end() ? nullptr : &*found;
}

/// A check of media that had to measure and had nothing to measure at.
const CheckResult* skipped_media(const Report& report) {
  const auto found = std::ranges::find_if(report.checks, [](const CheckResult& check) {
    return check.must_have && check.group == "media" && check.outcome == Outcome::skip;
  });
  return found == report.checks.end() ? nullptr : &*found;
}

/// Media was asked for and not measured: it was skipped, or an old recording says nothing of it.
bool lacks_media(const Report& report) {
  const bool unrecorded = std::ranges::any_of(
      report.not_tested, [](const NotTested& one) { return one.what.starts_with("media_"); });
  return unrecorded || skipped_media(report) != nullptr;
}

/// --only and --skip may leave it out.
bool asks_for_key_pair(const Report& report) {
  return std::ranges::any_of(report.checks, [](const CheckResult& check) { return check.id == "api_key"; });
}

/// What cannot be tested for want of a key pair; empty: nothing that was asked for.
std::string lacking_key_pair(const Report& report) {
  if (can_join(report)) return {};
  if (!lacks_media(report)) return asks_for_key_pair(report) ? "the key pair" : "";
  return asks_for_key_pair(report) ? "key pair, audio and video" : "audio and video";
}

/// That a join is needed is no news where one was tried: what it met is.
std::string why_skipped(const Report& report, const CheckResult* skipped) {
  if (skipped == nullptr || !skipped->reason) return {};
  const auto join = std::ranges::find(report.checks, "signalling_join", &CheckResult::id);
  const bool tried = join != report.checks.end() && join->outcome == Outcome::unknown && join->reason &&
                     skipped->reason->starts_with("needs join_response");
  return tried ? *join->reason : *skipped->reason;
}

/// A responder that was asked for a session and carries none has said why.
std::string why_no_key(const Report& report) {
  constexpr std::string_view kLead = "needs a key pair or a token: ";
  const auto join = std::ranges::find(report.checks, "signalling_join", &CheckResult::id);
  const bool told = join != report.checks.end() && join->reason && join->reason->starts_with(kLead);
  return told ? "no API key, and " + join->reason->substr(kLead.size()) : "no API key";
}

std::string missing(const Report& report, std::string_view proxy) {
  if (const CheckResult* check = unmeasured_must_have(report)) {
    return check->id + " could not measure" + (check->reason ? ": " + *check->reason : "");
  }
  const bool has_url = is_set(report, "livekit.public_url") || is_set(report, "livekit.service_url");
  if (!has_url) return "nothing was contacted: no URL is known";
  if (!proxy.empty() && lacks_media(report)) return "media was not tested from here";
  if (lacks_media(report) && !can_join(report))
    return "audio and video were not tested: " + why_no_key(report);
  if (lacks_media(report)) {
    const CheckResult* skipped = skipped_media(report);
    const std::string why = why_skipped(report, skipped);
    return "audio and video were not tested" + (why.empty() ? "" : ": " + why);
  }
  const std::string lacking = lacking_key_pair(report);
  return lacking.empty() ? "something essential was not tested"
                         : lacking + " was not tested: " + why_no_key(report);
}

/// What a check that was tried met says more than why another was not tried.
std::string why_nothing(const Report& report) {
  const auto tried = std::ranges::find(report.checks, Outcome::unknown, &CheckResult::outcome);
  if (tried != report.checks.end()) return tried->reason.value_or("no check had anything");
  // That a file was not given is no reason where a URL was.
  const auto contacted = std::ranges::find_if(
      report.checks, [](const CheckResult& check) { return check.group != "config" && check.reason; });
  const bool has_url = is_set(report, "livekit.public_url") || is_set(report, "livekit.service_url");
  const CheckResult& telling =
      has_url && contacted != report.checks.end() ? *contacted : report.checks.front();
  return telling.reason.value_or("no check had anything");
}

/// As a sentence, so that another one can follow.
std::string as_sentence(std::string text) {
  return text.ends_with('.') ? text : text + ".";
}

/// Met during the run, and therefore why the rest is missing; empty: nothing of that kind.
std::string cause_of_gaps(const Report& report) {
  for (const Diagnosis& diagnosis : report.diagnoses) {
    const std::string& id = diagnosis.finding.id;
    if (id == "rate-limited" || id == "banned-during-run" || id == "client-network-blocks-udp")
      return as_sentence(diagnosis.finding.title) + " So ";
  }
  return {};
}

std::string incomplete(const Report& report, const Facts& facts, std::string_view proxy) {
  if (report.checks.empty()) return "nothing was looked at: --only and --skip leave no check.";
  const bool measured = std::ranges::any_of(report.checks, [](const CheckResult& check) {
    return check.outcome != Outcome::skip && check.outcome != Outcome::unknown;
  });
  const std::string good = known(report, facts, proxy);
  if (!measured && unmeasured_must_have(report) == nullptr) {
    return "nothing could be measured: " + why_nothing(report) + ".";
  }
  const std::string cause = cause_of_gaps(report);
  if (!cause.empty()) return cause + missing(report, proxy) + ".";
  return (good.empty() ? "" : good + "; ") + missing(report, proxy) + ".";
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

void say_what_is_needed(Report& report, std::string_view proxy) {
  if (!is_set(report, "livekit.public_url") && !is_set(report, "livekit.service_url")) return;
  if (!proxy.empty() && lacks_media(report)) {
    report.not_tested.push_back({"a session through public_url", "this proxy admits only people in a meeting",
                                 "run on the LiveKit host: proves everything but the way in from outside"});
  }
  if (std::string lacking = lacking_key_pair(report); !lacking.empty()) {
    report.not_tested.push_back(
        {std::move(lacking), why_no_key(report),
         "add --controller FILE or --livekit FILE, or --api-key KEY --api-secret-file "
         "FILE, or --token-file FILE (made by: lkdoctor token create)"});
  }
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
