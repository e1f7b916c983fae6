// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/incomplete.hpp"

#include <algorithm>
#include <lkdoctor/address.hpp>
#include <lkdoctor/facts/http_identity.hpp>
#include <set>

#include "diagnosis/way_in.hpp"

namespace lkdoctor::diagnosis {
namespace {

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
  return report.why_not_carried.empty() ? "no API key" : "no API key, and " + report.why_not_carried;
}

std::string missing(const Report& report, std::string_view proxy) {
  if (const CheckResult* check = unmeasured_must_have(report)) {
    return check->id + " could not measure" + (check->reason ? ": " + *check->reason : "");
  }
  const bool has_url = is_set(report, "livekit.public_url") || is_set(report, "livekit.service_url");
  if (!has_url && !report.why_not_carried.empty()) return "no URL is known, and " + report.why_not_carried;
  if (!has_url && !report.asked_responder) return "nothing was contacted: no URL is known";
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

/// Met during the run, and therefore why the rest is missing; empty: nothing of that kind.
std::string cause_of_gaps(const Report& report) {
  for (const Diagnosis& diagnosis : report.diagnoses) {
    const std::string& id = diagnosis.finding.id;
    if (id == "rate-limited" || id == "banned-during-run" || id == "client-network-blocks-udp")
      return as_sentence(diagnosis.finding.title) + " So ";
  }
  return {};
}

}  // namespace

std::string as_sentence(std::string text) {
  return text.ends_with('.') ? text : text + ".";
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

}  // namespace lkdoctor::diagnosis
