// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/turn_survey.hpp>

namespace lkdoctor::probes {

/// How far one address of a TURN server came. In the order in which they are told.
enum class RelayEnd {
  works,
  reached_only,  ///< allocates; no session went through it
  challenged,    ///< asks for credentials, and nobody gave any or was told whether they are good
  accepted,      ///< the credentials of LiveKit's file are good; nothing was allocated
  no_name,
  no_route,
  unreachable,
  tls_failed,
  http,
  quic,
  not_turn,
  rejected,
  refused,
  forbidden,
  cannot_reach,
  no_dtls,
  session_failed  ///< nothing that is the relay's doing
};
NLOHMANN_JSON_SERIALIZE_ENUM(RelayEnd, {{RelayEnd::session_failed, "session-failed"},
                                        {RelayEnd::works, "works"},
                                        {RelayEnd::reached_only, "allocates"},
                                        {RelayEnd::challenged, "asks-for-credentials"},
                                        {RelayEnd::accepted, "accepts-credentials"},
                                        {RelayEnd::no_name, "no-address"},
                                        {RelayEnd::no_route, "no-route"},
                                        {RelayEnd::unreachable, "unreachable"},
                                        {RelayEnd::tls_failed, "tls-failed"},
                                        {RelayEnd::http, "http"},
                                        {RelayEnd::quic, "quic"},
                                        {RelayEnd::not_turn, "not-turn"},
                                        {RelayEnd::rejected, "credentials-rejected"},
                                        {RelayEnd::refused, "allocation-refused"},
                                        {RelayEnd::forbidden, "peer-forbidden"},
                                        {RelayEnd::cannot_reach, "livekit-silent"},
                                        {RelayEnd::no_dtls, "dtls-silent"}})

RelayEnd end_of(const RelayTry& one);
/// Median round trip through the relay; nullopt: not measured.
std::optional<double> rtt_ms_of(const RelayTry& one);

/// What the parts of the judge share.
struct TurnScene {
  const TurnSurvey& survey;
  RelayKind kind;
  const Facts& facts;
  const Deployment& deployment;
  Judgement& judgement;

  bool is_embedded(const RelayTry& one) const;
  /// The server of a try over UDP has carried media over TLS.
  bool relays_over_tls(const RelayTry& one) const;
  /// Whether UDP gets out of this network: true, false, or not known.
  std::optional<bool> udp_leaves() const;
};

/// Tries that have one URL and one end: one finding. REQUIRES: not empty.
using RelayGroup = std::vector<const RelayTry*>;
void judge_group(const TurnScene& scene, RelayEnd end, const RelayGroup& group);
/// Where the server stands in LiveKit's configuration; not known: nowhere.
Origin place_in_configuration(const TurnScene& scene, const RelayTry& one);
void judge_turn_certificate(const TurnScene& scene, const RelayTry& one);

}  // namespace lkdoctor::probes
