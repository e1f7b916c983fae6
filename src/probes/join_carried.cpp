// SPDX-License-Identifier: EUPL-1.2
#include "probes/join_carried.hpp"

#include <lkdoctor/facts/key_verdict.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/proto/control_words.hpp>

namespace lkdoctor::probes {
namespace {

using proto::RelayFault;

constexpr int kSwitched = 101, kBadGateway = 502;

/// LiveKit itself never says 502.
RelayFault fault_of(const Asked& upgrade) {
  constexpr std::size_t kMostBytes = 4'096, kMostDepth = 4;
  const auto body = parse_bounded(upgrade.answer.body, kMostBytes, kMostDepth);
  return body && body->is_object() ? body->value("livekit", RelayFault::unreachable)
                                   : RelayFault::unreachable;
}

std::string words_in(const Asked& upgrade) {
  constexpr std::size_t kMostBytes = 4'096, kMostDepth = 4;
  const auto body = parse_bounded(upgrade.answer.body, kMostBytes, kMostDepth);
  const Json error = body && body->is_object() ? body->value("error", Json()) : Json();
  return error.is_string() ? error.get<std::string>() : upgrade.answer.body;
}

/// The URL at which LiveKit was seen in this run; empty: at none.
std::string seen_at(const Facts& facts, const Deployment& deployment) {
  for (const Side side : {Side::public_url, Side::service_url}) {
    const auto identity = identity_at(side, facts);
    if (identity && identity->answerer == facts::Answerer::livekit) return url_of(deployment, side).value;
  }
  return {};
}

std::string port_words(const Deployment& deployment) {
  const auto& carried = deployment.run.carried;
  return carried && carried->signalling_port != 0 ? "port " + std::to_string(carried->signalling_port)
                                                  : "LiveKit's signalling port";
}

void judge_absent(const JoinAttempt& attempt, const Facts& facts, const Deployment& deployment,
                  Judgement& judgement) {
  const std::string port = port_words(deployment);
  if (const std::string url = seen_at(facts, deployment); !url.empty())
    return judgement.could_not_tell("nothing listens on " + port + " beside " + attempt.url +
                                    ", and LiveKit answers at " + url +
                                    ": the responder stands on another host than LiveKit");
  raise_at(judgement, deployment, findings::livekit_not_running, attempt)
      .saying("Nothing listens on " + port +
              " of the LiveKit host: the responder, on that host, was refused.")
      .with("port", deployment.run.carried ? Json(deployment.run.carried->signalling_port) : Json())
      .quoting("responder_says", words_in(attempt.upgrade));
}

void judge_unreached(const JoinAttempt& attempt, const Facts& facts, const Deployment& deployment,
                     Judgement& judgement) {
  const std::string lead = attempt.url + " cannot reach LiveKit's signalling port on its host: ";
  switch (fault_of(attempt.upgrade)) {
    case RelayFault::absent:
      return judge_absent(attempt, facts, deployment, judgement);
    case RelayFault::elsewhere:
      return judgement.could_not_tell(
          lead +
          "it is refused where LiveKit's file puts it, and a LiveKit runs there all the same: in a "
          "container that the responder stands beside, or with another file");
    case RelayFault::silent:
      return judgement.could_not_tell(lead + "it does not answer");
    case RelayFault::unreachable:
      return judgement.could_not_tell(lead + "LiveKit does not run there, or listens elsewhere");
  }
}

/// LiveKit took a key pair of this run at one of the URLs: people are not affected by what the responder
/// read.
bool takes_another_pair(const Facts& facts, const Deployment& deployment) {
  const auto key = facts.find(facts::key_verdict);
  const bool lent = deployment.run.carried && deployment.run.carried->replaces_token;
  return key && !lent &&
         (key->at_public_url == facts::KeyState::accepted ||
          key->at_service_url == facts::KeyState::accepted);
}

/// LiveKit was asked past everything that stands before it: the file is not what it runs with.
bool judge_other_file(const JoinAttempt& attempt, const Facts& facts, const Deployment& deployment,
                      Judgement& judgement) {
  const proto::TokenFault fault = attempt.upgrade.read().fault;
  const bool unknown = fault == proto::TokenFault::unknown_key;
  if (!unknown && fault != proto::TokenFault::wrong_secret) return false;
  Finding& finding = raise_at(judgement, deployment,
                              unknown ? findings::api_key_unknown : findings::api_secret_mismatch, attempt);
  finding
      .saying(unknown
                  ? "LiveKit does not know the API key of the file that the responder on its host read: it "
                    "runs with another one."
                  : "LiveKit has another secret for the API key than the file that the responder on its "
                    "host read: it runs with another one.")
      .change(
          "Restart LiveKit if that file is the one it is meant to run with, else name the right one to "
          "lkdoctor respond --livekit; then write the same key and secret into the controller's "
          "configuration")
      .with("status", attempt.upgrade.answer.status)
      .quoting("body", attempt.upgrade.answer.body);
  if (takes_another_pair(facts, deployment)) finding.graded(Severity::warning);
  return true;
}

}  // namespace

void judge_carried_join(const JoinAttempt& attempt, const Facts& facts, const Deployment& deployment,
                        Judgement& judgement) {
  if (attempt.first_message == "join") return;
  const int status = attempt.upgrade.answer.status;
  if (status == kBadGateway) return judge_unreached(attempt, facts, deployment, judgement);
  if (judge_other_file(attempt, facts, deployment, judgement)) return;
  const std::string seen =
      status == kSwitched ? "LiveKit's first message does not come" : words_for(attempt.upgrade);
  judgement.could_not_tell("no join through " + attempt.url + ": " + seen);
}

}  // namespace lkdoctor::probes
