// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/tls_survey.hpp>

namespace lkdoctor::probes {

/// What the parts of the TLS judge share.
struct TlsScene {
  const TlsSurvey& survey;
  Side side;
  const Deployment& deployment;
  Judgement& judgement;
  std::optional<double> clock_error;  ///< of this machine, where peers agree against it

  std::string host() const { return shown_host(survey.where.host); }
  std::string place() const { return host() + ":" + std::to_string(survey.where.port); }
  /// Seconds since 1970, by the peers' clock where this machine's is wrong.
  std::int64_t now() const { return survey.seen_at_s + static_cast<std::int64_t>(clock_error.value_or(0)); }
  bool at_controller() const { return deployment.run.vantage == Vantage::controller; }
  /// False for service_url seen from where the controller is not: others need not reach or trust it.
  bool concerns_us() const { return side == Side::public_url || at_controller(); }

  Finding& raise(const FindingDef& definition) const { return raise(definition, survey.where.url); }
  Finding& raise(const FindingDef& definition, std::string subject) const {
    Finding& finding = judgement.raise(definition, std::move(subject));
    const Origin& origin = url_of(deployment, side).origin;
    if (origin.known()) finding.at(origin);
    return finding;
  }
};

/// The certificate findings of one address; `others` are further addresses that show the same certificate.
void judge_certificate(const TlsScene& scene, const AddressTls& seen, const net::TlsSession& session);

/// Findings of handshakes that fail, and of old protocols.
void judge_handshake(const TlsScene& scene, const AddressTls& seen);

/// "2026-11-22T08:00:00Z".
std::string iso_time(std::int64_t seconds);

}  // namespace lkdoctor::probes
