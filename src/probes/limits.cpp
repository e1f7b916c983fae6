// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/probes/limits.hpp>

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <lkdoctor/facts/http_identity.hpp>
#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/facts/key_verdict.hpp>
#include <lkdoctor/facts/round_trip.hpp>

namespace lkdoctor::probes {
namespace {

using facts::KeyState;
using proto::Meaning;
using proto::Speaker;

constexpr int kUnavailable = 503;
constexpr std::chrono::seconds kLongestPause{8};

/// RFC 9110 §10.2.3; the form with a date is rare and taken as absent.
std::optional<std::chrono::seconds> retry_after(const Asked& asked) {
  const std::string said = asked.answer.header("retry-after");
  int seconds = 0;
  const auto [end, error] = std::from_chars(said.data(), said.data() + said.size(), seconds);
  if (error != std::errc() || end != said.data() + said.size() || seconds < 0) return std::nullopt;
  return std::chrono::seconds(seconds);
}

bool key_was_looked_at(KeyState state) {
  return state != KeyState::not_asked && state != KeyState::other;
}

Finding& at_url(const FindingDef& definition, Side side, const std::string& url, const Deployment& deployment,
                Judgement& judgement) {
  Finding& finding = judgement.raise(definition, url);
  const Origin& origin = url_of(deployment, side).origin;
  if (origin.known()) finding.at(origin);
  return finding;
}

}  // namespace

bool livekit_answered(Side side, const Facts& facts) {
  if (side == Side::responder) return true;  // its relay leads nowhere else
  const bool is_public = side == Side::public_url;
  const auto identity = facts.find(is_public ? facts::public_identity : facts::service_identity);
  if (identity && identity->answerer == facts::Answerer::livekit) return true;
  const auto joined = facts.find(facts::join_response);
  if (joined && joined->through == name_of(side)) return true;
  const auto key = facts.find(facts::key_verdict);
  return key && key_was_looked_at(is_public ? key->at_public_url : key->at_service_url);
}

bool refused_by_limit(const Asked& asked, bool livekit_answers) {
  const proto::Reading reading = asked.read();
  if (reading.meaning == Meaning::rate_limited) return true;
  const bool own = reading.speaker == Speaker::nginx || reading.speaker == Speaker::unknown;
  return livekit_answers && own && reading.meaning == Meaning::gateway_error &&
         asked.answer.status == kUnavailable;
}

std::optional<Milliseconds> pause_for_limit(const Asked& refused, int tries) {
  constexpr std::array<std::chrono::seconds, 2> kPauses{std::chrono::seconds(2), std::chrono::seconds(4)};
  if (tries < 1 || tries > static_cast<int>(kPauses.size())) return std::nullopt;
  const std::chrono::seconds wanted =
      retry_after(refused).value_or(kPauses.at(static_cast<std::size_t>(tries - 1)));
  return wanted > kLongestPause ? std::nullopt : std::optional<Milliseconds>(wanted);
}

void LimitMet::count(const std::vector<Asked>& answers, bool livekit_answers) {
  for (const Asked& one : answers) {
    if (one.answer.status == 0) continue;
    ++asked;
    if (!refused_by_limit(one, livekit_answers)) continue;
    ++refused;
    if (shown == nullptr) shown = &one;
  }
}

Finding& raise_limit(const LimitMet& met, Side side, const std::string& url, const Deployment& deployment,
                     Judgement& judgement) {
  const proto::HttpAnswer& answer = met.shown->answer;
  const std::string who(proto::name_of(met.shown->read().speaker));
  const auto wait = retry_after(*met.shown);
  const std::string until = wait ? fmt::format(", to be tried again after {} s", wait->count()) : "";
  return at_url(findings::rate_limited, side, url, deployment, judgement)
      .saying(fmt::format("At {} {} refuses {} of {} requests of one check with {}{}: a limit on requests or "
                          "connections, which this run's own burst may have met.",
                          url, who, met.refused, met.asked, answer.status, until))
      .sure(answer.status == kUnavailable ? Confidence::likely : Confidence::proven)
      .with("status", answer.status)
      .with("refused", met.refused)
      .with("asked", met.asked)
      .with("retry_after_seconds", wait ? Json(wait->count()) : Json())
      .quoting("body", answer.body.substr(0, 80));
}

bool answered_before(Side side, const Facts& facts) {
  if (side != Side::public_url) return false;
  const auto identity = facts.find(facts::public_identity);
  return facts.find(facts::public_round_trip) || livekit_answered(side, facts) ||
         (identity && !identity->answering.empty());
}

Finding& raise_banned(Side side, const std::string& url, const std::string& address,
                      const std::string& silence, const Deployment& deployment, Judgement& judgement) {
  return at_url(findings::banned_during_run, side, url, deployment, judgement)
      .sure(Confidence::likely)
      .saying(fmt::format("{} answered when this run began and then fell silent for this machine: a ban or a "
                          "limit on connections, which this run itself may have met.",
                          url))
      .with("address", address)
      .with("silence", silence);
}

}  // namespace lkdoctor::probes
