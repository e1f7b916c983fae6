// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/check.hpp>
#include <optional>
#include <string>

namespace lkdoctor::probes {

/// What came of joining once more, after media had failed.
struct Afterwards {
  bool asked = false, joined = false;
  int status = 0;   ///< of the upgrade
  std::string url;  ///< where
  std::string why;  ///< what the last try came to; text of our own
};
LKDOCTOR_JSON(Afterwards, asked, joined, status, url, why)

/// Two participants of one room, each time of another one, and whether both were on the same server.
struct RoomShared {
  int rooms = 0, split = 0;
  std::string url, one, other;  ///< names of servers of a room that was split; text of the peer
};
LKDOCTOR_JSON(RoomShared, rooms, split, url, one, other)

/// For a place that several servers answer for. REQUIRES: fact join_response is there, and a key pair.
awaitable<RoomShared> share_rooms(Probe& probe);

/// Two people of one room at `url` were on these two servers: they know nothing of each other's rooms.
void judge_split(const std::string& url, const std::string& one, const std::string& other,
                 Judgement& judgement);

/// Joins a fresh room once more, twice if need be, before the network is blamed for media that fails. Not
/// `asked` where nobody can tell: without a key pair, without time for it (four times what a join took
/// before), or where somebody refuses.
/// REQUIRES: fact join_response is there.
awaitable<Afterwards> ask_again(Probe& probe, std::optional<Microseconds> took_before);

/// LiveKit let people join when this run began, and does not any more. True: it was raised.
bool judge_lost(const Afterwards& afterwards, Judgement& judgement);

}  // namespace lkdoctor::probes
