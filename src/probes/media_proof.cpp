// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <iterator>
#include <lkdoctor/probes/media_survey.hpp>

namespace lkdoctor::probes {
namespace {

void add_answered(const MediaReport& report, std::vector<std::string>& into) {
  for (const CandidateReport& one : report.link.candidates) {
    const std::string endpoint = text(one.candidate.endpoint);
    const bool known = std::ranges::find(into, endpoint) != into.end();
    if (one.tried && one.answered() && !known) into.push_back(endpoint);
  }
}

void add_blocked(const MediaReport& report, facts::MediaProof& proof) {
  if (report.stage != MediaStage::ice || report.cut) return;
  for (const CandidateReport& one : report.link.candidates) {
    const bool learned = one.pair && one.pair->learned;
    const bool said = one.tried && !learned && !one.answered() && !report.link.is_spare(one);
    if (!said) continue;
    auto& into = report.link.may_be_spare(one) ? proof.blocked_or_spare : proof.blocked;
    into.push_back(text(one.candidate.endpoint));
  }
}

}  // namespace

Json candidates_json(const LinkReport& link) {
  Json out = Json::array();
  for (const CandidateReport& one : link.candidates) {
    if (one.pair && one.pair->learned) continue;  // where LiveKit's checks came from: it did not name it
    const proto::Candidate& candidate = one.candidate;
    out.push_back({{"type", candidate.type},
                   {"transport", candidate.transport},
                   {"address", candidate.endpoint.address},
                   {"port", candidate.endpoint.port},
                   {"answered", one.tried ? Json(one.answered()) : Json()}});
  }
  return out;
}

facts::MediaProof proof_of(const MediaSurvey& survey) {
  facts::MediaProof proof;
  const MediaReport* best = survey.best();
  if (best == nullptr) return proof;
  proof.connected = best->connected();
  proof.by_punching = proof.connected && !survey.connected();
  proof.stage = Json(best->stage).get<std::string>();
  for (const CandidateReport& one : best->link.candidates) {
    if (one.tried && !one.answered()) proof.silent.push_back(text(one.candidate.endpoint));
    const bool tcp = one.candidate.transport == proto::CandidateTransport::tcp;
    if (one.tried && tcp && one.pair && one.carrier.ok())
      proof.opened.push_back(text(one.candidate.endpoint));
  }
  add_answered(*best, proof.answered);
  // Other sessions had other ports.
  for (const MediaReport& report : survey.withheld) {
    add_answered(report, proof.answered);
    add_blocked(report, proof);
  }
  if (survey.quality.is_lossy()) proof.flaw = "loss";
  if (survey.quality.was_cut()) proof.flaw = "cut";
  // Where no port answers, it does not matter which socket of a session is a spare one.
  if (proof.answered.empty()) {
    std::ranges::move(proof.blocked_or_spare, std::back_inserter(proof.blocked));
    proof.blocked_or_spare.clear();
  }
  return proof;
}

}  // namespace lkdoctor::probes
