// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <doctest/doctest.h>

#include <lkdoctor/probes/tls_survey.hpp>

#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_tls_public();
}

/// What tls_public may have seen of https://livekit.uni.example, and its judgement.
namespace lkdoctor::test::tls_sightings {

using Ids = std::vector<std::string>;

inline constexpr std::int64_t kNow = 1'800'000'000, kDay = 86400;

inline net::Certificate leaf() {
  net::Certificate certificate;
  certificate.subject = "CN=livekit.uni.example";
  certificate.issuer = "CN=R10";
  certificate.names = {"livekit.uni.example"};
  certificate.not_before = kNow - 30 * kDay;
  certificate.not_after = kNow + 60 * kDay;
  certificate.key = "EC P-256";
  certificate.signature = "ecdsa-with-SHA256";
  certificate.sha256 = "aa";
  return certificate;
}

inline net::TlsSession good_session() {
  net::TlsSession session;
  session.version = "TLSv1.3";
  session.chain = {leaf()};
  session.trusted = session.trusted_but_for_dates = session.name_matches = true;
  session.hello_bytes = 1906;
  session.received_bytes = 3000;
  return session;
}

inline net::TlsSession failed(net::Stage stage, net::NetError error, std::string text) {
  net::TlsSession session;
  session.outcome = {stage, error, std::move(text)};
  return session;
}

inline probes::AddressTls good(const std::string& address = "198.51.100.23") {
  probes::AddressTls seen;
  seen.address = address;
  seen.session = good_session();
  seen.old = failed(net::Stage::tls, net::NetError::tls_refused, "alert protocol_version");
  return seen;
}

inline probes::TlsSurvey survey_of(std::vector<probes::AddressTls> addresses) {
  probes::TlsSurvey survey;
  survey.where = {"wss://livekit.uni.example", "livekit.uni.example", 443, true, "", {}};
  for (const probes::AddressTls& seen : addresses) survey.where.addresses.push_back(seen.address);
  survey.addresses = std::move(addresses);
  survey.seen_at_s = kNow;
  return survey;
}

/// Through a forward proxy, by an authority that is not known here.
inline probes::TlsSurvey intercepted(const std::string& issuer) {
  probes::AddressTls seen = good("livekit.uni.example");
  seen.session.trusted = seen.session.trusted_but_for_dates = false;
  seen.session.trust_error = "unable to get local issuer certificate";
  seen.session.chain.front().issuer = issuer;
  probes::TlsSurvey survey = survey_of({seen});
  survey.where.via_proxy = "http://proxy:3128";
  return survey;
}

inline Deployment outside() {
  Deployment deployment;
  deployment.public_url = {"wss://livekit.uni.example", {Origin::Kind::file, "controller.toml", 5, 14}};
  deployment.run.vantage = Vantage::outside;
  deployment.run.audience = Audience::internet;
  return deployment;
}

inline Judgement judged(const probes::TlsSurvey& survey, const Facts& facts = {},
                        const Deployment& deployment = outside()) {
  return test::judge(*checks::make_tls_public(), Json(survey), facts, deployment);
}
inline Judgement judged(const probes::AddressTls& seen) {
  return judged(survey_of({seen}));
}

inline const Finding& only(const Judgement& judgement, const std::string& id) {
  REQUIRE(test::ids(judgement) == Ids{id});
  return judgement.findings().front();
}

inline Judgement judged_session(const net::TlsSession& session, const Deployment& deployment = outside()) {
  probes::AddressTls seen = good();
  seen.session = session;
  return judged(survey_of({seen}), {}, deployment);
}

}  // namespace lkdoctor::test::tls_sightings
