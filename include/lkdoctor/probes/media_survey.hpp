// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/facts/media_proof.hpp>
#include <lkdoctor/probes/media_session.hpp>
#include <lkdoctor/probes/still_there.hpp>

namespace lkdoctor::probes {

/// Everything that is tried over one transport.
struct MediaSurvey {
  std::vector<MediaReport> withheld;   ///< LiveKit was told no address of ours: it can only answer
  std::optional<MediaReport> offered;  ///< LiveKit was told where to send
  PathQuality quality;                 ///< of the flow that says most
  Afterwards afterwards;               ///< of joining once more, where media failed
  RoomShared shared;                   ///< where sessions met several servers
  const MediaReport* best() const;     ///< the first that connected, else the first; nullptr: none
  bool connected() const;              ///< without LiveKit's help
};
LKDOCTOR_JSON(MediaSurvey, withheld, offered, quality, afterwards, shared)

/// Several fresh sessions over UDP at once, each to other ports of LiveKit. If none gets an answer within a
/// second: once more with our candidates, and a few more without. Publishes server_candidates and
/// media_udp_proof.
awaitable<MediaSurvey> survey_udp(Probe& probe);
/// One session over ICE/TCP. Publishes media_tcp_proof.
awaitable<MediaSurvey> survey_tcp(Probe& probe);

/// What a survey proves, for other checks.
facts::MediaProof proof_of(const MediaSurvey& survey);

/// LiveKit's candidates in the form of the contract; `answered` is null where one was not tried.
Json candidates_json(const LinkReport& link);

/// The contract's facts of media_* and turn_*: transport, connected, rtt_ms, loss_ratio, candidates.
void state_media_facts(const MediaSurvey& survey, Transport transport, Judgement& judgement);

}  // namespace lkdoctor::probes
