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
  bool alone = false;      ///< there was no session: it was asked for a relay, and nothing went through one
  bool anonymous = false;  ///< asked without credentials
  bool elsewhere = false;  ///< not told to clients: where LiveKit's file says that its TURN/TLS listens
  RelayReport relay;
  bool speaks_http = false;  ///< asked only where no TURN answer came
  bool speaks_quic = false;
  std::optional<MediaReport> media;  ///< through the allocation; null: there was none
  PathQuality quality;               ///< of the way through the relay, once media was connected
};
LKDOCTOR_JSON(RelayTry, url, parsed, address, resolved, alone, anonymous, elsewhere, relay, speaks_http,
              speaks_quic, media, quality)

struct TurnSurvey {
  std::vector<std::string> urls;       ///< all ICE servers, as LiveKit told them
  std::vector<std::string> unusable;   ///< those that browsers refuse to take
  std::optional<SignalReport> joined;  ///< the session that gave the credentials; null: none was needed
  std::vector<std::string> not_asked;  ///< servers of others, which --third-party none forbids
  std::vector<RelayTry> tries;
  std::int64_t seen_at_s = 0;    ///< wall clock of this machine
  bool without_session = false;  ///< nobody could join: servers are those of LiveKit's file
};
LKDOCTOR_JSON(TurnSurvey, urls, unusable, joined, not_asked, tries, seen_at_s, without_session)

/// Publishes turn_udp_proof or turn_tls_proof, if there is a server of that kind. Without fact
/// join_response the servers of LiveKit's file are asked, and nothing is published.
awaitable<TurnSurvey> survey_turn(Probe& probe, RelayKind kind);

/// What a survey proves, for other checks: `answered` and `silent` are TURN servers.
facts::MediaProof proof_of(const TurnSurvey& survey);

void judge_turn(const TurnSurvey& survey, RelayKind kind, const Facts& facts, const Deployment& deployment,
                Judgement& judgement);
std::span<const FindingDef* const> turn_findings(RelayKind kind);
/// LiveKit's file names a server of that kind.
bool names_turn_server(const Deployment& deployment, RelayKind kind);

}  // namespace lkdoctor::probes
