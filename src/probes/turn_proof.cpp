// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/probes/turn_survey.hpp>

namespace lkdoctor::probes {
namespace {

void add_once(std::vector<std::string>& list, const Endpoint& server) {
  std::string endpoint = text(server);
  if (std::ranges::find(list, endpoint) == list.end()) list.push_back(std::move(endpoint));
}

bool is_silent(const RelayTry& one) {
  return one.relay.turn.answers == 0 && one.relay.outcome.error == net::NetError::timed_out;
}

}  // namespace

facts::MediaProof proof_of(const TurnSurvey& survey) {
  facts::MediaProof proof;
  for (const RelayTry& one : survey.tries) {
    if (one.address.empty() || one.elsewhere) continue;
    if (one.relay.turn.answers > 0) add_once(proof.answered, one.relay.server);
    if (is_silent(one)) add_once(proof.silent, one.relay.server);
    if (!one.media || proof.connected) continue;
    proof.connected = one.media->connected();
    proof.stage = Json(one.media->stage).get<std::string>();
  }
  return proof;
}

}  // namespace lkdoctor::probes
