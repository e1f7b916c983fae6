// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/media_survey.hpp>
#include <lkdoctor/probes/turn_relay.hpp>
#include <lkdoctor/proto/ice_url.hpp>

/// What turn_udp and turn_tls share: every TURN server that LiveKit names is used as a browser would, up to
/// media through it.
namespace lkdoctor::probes {

enum class RelayKind { udp, tls };  ///< tls: also TURN over plain TCP
NLOHMANN_JSON_SERIALIZE_ENUM(RelayKind, {{RelayKind::udp, "udp"}, {RelayKind::tls, "tls"}})

/// One address of one TURN server.
struct RelayTry {
  std::string url;  ///< as LiveKit told it
  proto::IceUrl parsed;
  std::string address;  ///< empty: the name did not resolve
  net::NetOutcome resolved;
  bool elsewhere = false;  ///< not told to clients: where LiveKit's file says that its TURN/TLS listens
  RelayReport relay;
  bool speaks_http = false;  ///< asked only where no TURN answer came
  bool speaks_quic = false;
  std::optional<MediaReport> media;  ///< through the allocation; null: there was none
  PathQuality quality;               ///< of the way through the relay, once media was connected
};
LKDOCTOR_JSON(RelayTry, url, parsed, address, resolved, elsewhere, relay, speaks_http, speaks_quic, media,
              quality)

struct TurnSurvey {
  std::vector<std::string> urls;       ///< all ICE servers, as LiveKit told them
  std::vector<std::string> unusable;   ///< those that browsers refuse to take
  std::optional<SignalReport> joined;  ///< the session that gave the credentials; null: none was needed
  std::vector<RelayTry> tries;
  std::int64_t seen_at_s = 0;  ///< wall clock of this machine
};
LKDOCTOR_JSON(TurnSurvey, urls, unusable, joined, tries, seen_at_s)

/// Publishes turn_udp_proof or turn_tls_proof, if there is a server of that kind. REQUIRES: fact
/// join_response is there.
awaitable<TurnSurvey> survey_turn(Probe& probe, RelayKind kind);

/// What a survey proves, for other checks: `answered` and `silent` are TURN servers.
facts::MediaProof proof_of(const TurnSurvey& survey);

void judge_turn(const TurnSurvey& survey, RelayKind kind, const Facts& facts, const Deployment& deployment,
                Judgement& judgement);
std::span<const FindingDef* const> turn_findings(RelayKind kind);

}  // namespace lkdoctor::probes
