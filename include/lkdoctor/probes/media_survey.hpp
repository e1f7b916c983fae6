// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/facts/media_proof.hpp>
#include <lkdoctor/probes/media_session.hpp>
#include <lkdoctor/probes/still_there.hpp>

namespace lkdoctor::probes {

/// Round trips of ICE checks on the nominated pair, sent one after the other.
struct PathQuality {
  int sent = 0, answered = 0;
  std::optional<Microseconds> rtt;  ///< median
  int sent_until_last_answer = 0;
  std::optional<Microseconds> last_answer_after;  ///< since the first was sent
  std::optional<double> loss_ratio() const;
  /// Answers came, and then none of many more: no loss that comes and goes.
  bool was_cut() const;
};
LKDOCTOR_JSON(PathQuality, sent, answered, rtt, sent_until_last_answer, last_answer_after)

/// Whether `after` packets in a row would all be lost where before them `arrived` of `of` came.
bool is_cut(int arrived, int of, int after);

/// A train of small checks over the nominated pair: round trip and loss of the path, counted by ourselves.
awaitable<void> measure_path(MediaSession& session, PathQuality* into);

/// Everything that is tried over one transport.
struct MediaSurvey {
  std::vector<MediaReport> withheld;   ///< LiveKit was told no address of ours: it can only answer
  std::optional<MediaReport> offered;  ///< LiveKit was told where to send
  PathQuality quality;
  Afterwards afterwards;            ///< of joining once more, where media failed
  RoomShared shared;                ///< where sessions met several servers
  const MediaReport* best() const;  ///< the first that connected, else the first; nullptr: none
  bool connected() const;           ///< without LiveKit's help
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
