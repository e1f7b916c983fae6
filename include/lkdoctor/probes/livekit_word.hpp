// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/check.hpp>
#include <lkdoctor/proto/signal.hpp>
#include <optional>
#include <string>
#include <vector>

namespace lkdoctor::probes {

/// A participant as LiveKit lists it. Text of the peer.
struct ListedParticipant {
  std::string identity, state;  ///< "ACTIVE": LiveKit saw ICE and DTLS end well, too
};
LKDOCTOR_JSON(ListedParticipant, identity, state)

/// What LiveKit itself says of a session, beside what was measured.
struct LiveKitWord {
  int status = 0;  ///< of ListParticipants; 0: not asked, or no answer
  std::vector<ListedParticipant> participants;
  int whip_status = 0;  ///< of GET /whip/v1: 204 where LiveKit offers WHIP, as of 1.9.0
  std::string publisher_quality, subscriber_quality;  ///< "excellent"; empty: nothing was said
  /// Of the participant with this identity; empty: not listed.
  std::string state_of(const std::string& identity) const;
  Json offers_whip() const;  ///< null: not known
};
LKDOCTOR_JSON(LiveKitWord, status, participants, whip_status, publisher_quality, subscriber_quality)

std::string word_of(std::optional<proto::Quality> quality);

/// Who LiveKit says is in the room, and whether it offers WHIP. Asked where signalling_join could join.
/// REQUIRES: a key pair.
awaitable<void> list_participants(Probe& probe, std::string room, LiveKitWord* into);

}  // namespace lkdoctor::probes
