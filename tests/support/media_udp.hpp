// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/deployment.hpp>
#include <lkdoctor/fact.hpp>
#include <lkdoctor/facts/media_proof.hpp>
#include <lkdoctor/facts/url_addresses.hpp>

#include "support/media_sessions.hpp"
#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_media_udp();
}

/// What media_udp may have seen of a LiveKit at 198.51.100.23 with the range 20000-25000.
namespace lkdoctor::test::media_udp {

using Ids = std::vector<std::string>;

inline Judgement judge(const probes::MediaSurvey& survey, const Facts& facts, const Deployment& deployment) {
  return test::judge(*checks::make_media_udp(), survey, facts, deployment);
}

inline Deployment deployed(Audience audience = Audience::internet, Vantage vantage = Vantage::outside) {
  Deployment deployment;
  deployment.public_url = {"https://livekit.example", {Origin::Kind::flag, "--public-url", 0, 0}};
  deployment.run.audience = audience;
  deployment.run.vantage = vantage;
  deployment.livekit.emplace();
  deployment.livekit->udp = PortRange{20000, 25000};
  deployment.livekit->udp_origin = {Origin::Kind::file, "livekit.yaml", 5, 21};
  return deployment;
}

inline Facts known(const std::string& signalling = "198.51.100.23") {
  Facts facts;
  facts.set(facts::public_addresses,
            {"https://livekit.example", "livekit.example", 443, true, "", {signalling}});
  return facts;
}

inline facts::MediaProof tcp_works() {
  return {true, false, "done", {"198.51.100.23:7881"}, {}, {}};
}

inline probes::MediaSurvey all_silent() {
  probes::MediaSurvey survey;
  for (std::uint16_t port = 20001; port < 20005; ++port) {
    survey.withheld.push_back(session(probes::MediaStage::ice, {silent("198.51.100.23", port)}));
  }
  survey.offered = session(probes::MediaStage::ice, {silent("198.51.100.23", 20010)});
  return survey;
}

inline probes::MediaSurvey connected(std::vector<probes::CandidateReport> candidates) {
  probes::MediaSurvey survey;
  survey.withheld.push_back(session(probes::MediaStage::done, std::move(candidates)));
  survey.quality = {20, 20, Microseconds(1500), 20, {}};
  return survey;
}

}  // namespace lkdoctor::test::media_udp
