// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/media_survey.hpp>

/// Media sessions as they might have been seen, for judges.
namespace lkdoctor::test {

inline probes::CandidateReport silent(const std::string& address, std::uint16_t port) {
  probes::CandidateReport report;
  report.candidate.foundation = "1";
  report.candidate.endpoint = {address, port};
  report.tried = true;
  report.pair.emplace();
  report.pair->remote = report.candidate;
  report.pair->status = proto::PairStatus::silent;
  report.pair->requests_sent = 8;
  return report;
}

inline probes::CandidateReport answered(const std::string& address, std::uint16_t port) {
  probes::CandidateReport report = silent(address, port);
  report.pair->status = proto::PairStatus::answered;
  report.pair->answers = 21;
  report.pair->nominated = true;
  return report;
}

inline probes::CandidateReport over_tcp(probes::CandidateReport report) {
  report.candidate.transport = proto::CandidateTransport::tcp;
  report.candidate.tcp_type = "passive";
  if (report.pair) report.pair->remote = report.candidate;
  return report;
}

inline probes::MediaReport session(probes::MediaStage stage,
                                   std::vector<probes::CandidateReport> candidates) {
  probes::MediaReport report;
  report.stage = stage;
  report.signalling.url = "https://livekit.example";
  report.link.candidates = std::move(candidates);
  if (stage != probes::MediaStage::done) report.why = "it ended there";
  return report;
}

/// A session with one candidate, which carries if all ended well.
inline probes::MediaReport session_up_to(probes::MediaStage stage, std::string why = "") {
  probes::MediaReport report;
  report.stage = stage;
  report.why = std::move(why);
  report.signalling.url = "wss://livekit.example";
  report.signalling.joined_after = Milliseconds(12);
  probes::CandidateReport candidate;
  candidate.candidate.endpoint = {"198.51.100.23", 20'017};
  candidate.tried = true;
  candidate.pair.emplace();
  candidate.pair->nominated = stage == probes::MediaStage::done;
  report.link.candidates = {candidate};
  return report;
}

}  // namespace lkdoctor::test
