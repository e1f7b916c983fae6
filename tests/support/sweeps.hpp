// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/facts/media_proof.hpp>
#include <lkdoctor/probes/host_ports.hpp>
#include <lkdoctor/probes/port_sweep.hpp>

#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_udp_range();
}

/// Sweeps as tests make them up, and what udp_range says of them.
namespace lkdoctor::test {

inline probes::PortSweep welcomed(std::vector<probes::SweptInterval> intervals) {
  probes::PortSweep sweep;
  sweep.address = "198.51.100.23";
  sweep.welcomed_by = "17881";
  sweep.own_port_answered = true;
  sweep.key = "key pair";
  sweep.mode = "raw";
  sweep.intervals = std::move(intervals);
  sweep.loss_ratio = 0.0;
  sweep.rate_pps = 10'000;
  sweep.rounds = 4;
  sweep.tallied = true;
  return sweep;
}

inline Judgement judged(const probes::PortSweep& sweep, const Facts& facts = {}, Deployment deployment = {}) {
  deployment.run.responder = "198.51.100.23";
  const Json observed{{"address", ""}, {"hints", Json::array()}, {"sweeps", std::vector{sweep}}};
  return test::judge(*checks::make_udp_range(), observed, facts, deployment);
}

inline Facts session_at(std::vector<std::string> answered, bool by_punching = false) {
  facts::MediaProof proof;
  proof.connected = true;
  proof.by_punching = by_punching;
  proof.answered = std::move(answered);
  Facts facts;
  facts.set(facts::media_udp_proof, proof);
  return facts;
}

inline Deployment with_range(PortRange range) {
  Deployment deployment;
  deployment.livekit.emplace();
  deployment.livekit->udp = range;
  return deployment;
}

inline std::vector<std::string> titles(const Judgement& judgement) {
  std::vector<std::string> out;
  for (const Finding& finding : judgement.findings()) out.push_back(finding.id + ": " + finding.title);
  return out;
}
using Titles = std::vector<std::string>;

}  // namespace lkdoctor::test
