// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/facts/http_identity.hpp>
#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/probes/ask.hpp>

namespace lkdoctor::probes {

/// One try to join at one address.
struct JoinAttempt {
  Side side = Side::public_url;
  std::string url, address;
  Asked upgrade;  ///< of the last try
  bool by_query = false;
  int limited = 0;                               ///< tries that a limit on requests refused
  std::optional<Microseconds> without_node_for;  ///< LiveKit found no node and was asked again so long
  std::string first_message;                     ///< "join", "other", "malformed", "none"; empty: no 101
  Microseconds first_message_took{0}, waited{0};
  bool wait_was_long = false;  ///< nothing came for longer than LiveKit itself tries
  std::string version, node;   ///< text of the peer; every address gets the same room
  std::optional<Microseconds> cut_after;
  int close_code = 0;
};
LKDOCTOR_JSON(JoinAttempt, side, url, address, upgrade, by_query, limited, without_node_for, first_message,
              first_message_took, waited, wait_was_long, version, node, cut_after, close_code)

/// LiveKit was asked for a session by WHIP, because no WebSocket got through to it.
struct WhipTry {
  Side side = Side::public_url;
  std::string url, address;
  int offered = 0;  ///< status of GET /whip/v1: 204 where LiveKit offers WHIP
  net::NetOutcome outcome;
  int status = 0;  ///< of the offer: 201 opens a session; 0: none was made, or no answer came
  Microseconds took{0};
};
LKDOCTOR_JSON(WhipTry, side, url, address, offered, outcome, status, took)

struct JoinObservation {
  std::vector<JoinAttempt> attempts;
  std::optional<bool> room_listed;  ///< at service_url, while joined through public_url; null: not asked
  std::vector<WhipTry> whip{};
};
LKDOCTOR_JSON(JoinObservation, attempts, room_listed, whip)

/// LiveKit's own words: it has no node for a new room.
bool names_no_node(const Asked& asked);

awaitable<JoinObservation> join_probe_room(Probe& probe);

/// Who answers HTTP at this URL, as far as that was looked at.
std::optional<facts::HttpIdentity> identity_at(Side side, const Facts& facts);
/// A finding about the URL of `attempt`.
Finding& raise_at(Judgement& judgement, const Deployment& deployment, const FindingDef& definition,
                  const JoinAttempt& attempt);
std::string seconds_of(Microseconds took);  ///< "4.2 s"

/// Raises what one try shows of a session that did not begin.
void judge_attempt(const JoinAttempt& attempt, const Facts& facts, const Deployment& deployment,
                   Judgement& judgement);

}  // namespace lkdoctor::probes
