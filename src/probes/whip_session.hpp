// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <lkdoctor/check.hpp>
#include <lkdoctor/net/http.hpp>
#include <lkdoctor/proto/signal.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lkdoctor::probes {

inline constexpr std::string_view kWhipPath = "/whip/v1";
/// Of GET on it. RFC 9725 does not ask for it, LiveKit answers so as of 1.9.0.
inline constexpr int kWhipOffered = 204;

/// LiveKit gathers all its candidates before it answers: 13 s where STUN is closed to it.
inline constexpr Milliseconds kWhipPatience{14'500};

/// What came of an offer. The session exists if `ok()`.
struct WhipAnswer {
  net::NetOutcome outcome;
  int status = 0;    ///< 201: there is a session
  std::string body;  ///< an SDP answer, or why there is none; text of the peer
  std::vector<proto::IceServer> ice_servers;
  bool ok() const { return outcome.ok() && status == 201; }
  std::vector<std::string> ice_urls() const;
};

/// For who wants to be let in and nothing else.
std::string throw_away_offer();

/// One participant who came by WHIP (RFC 9725) instead of a WebSocket.
class WhipSession {
 public:
  /// `path`: of the endpoint, "/whip/v1". `token`: gives a valid one of the same room and identity each time.
  WhipSession(Probe& probe, net::HttpTarget target, std::string path, std::function<Secret()> token);
  WhipSession(const WhipSession&) = delete;
  WhipSession& operator=(const WhipSession&) = delete;
  ~WhipSession();

  /// Asks for a session, once. Counts the join where there may be one now. However this ends, end() must be
  /// awaited.
  awaitable<WhipAnswer> begin(std::string offer, bool new_room, Deadline deadline);
  /// Tells LiveKit where to send, too: "candidate:…".
  awaitable<net::NetOutcome> tell_candidate(std::string candidate, Deadline deadline);
  /// Ends the session; an offer that has no answer yet gets 0.7 s for it first, since nobody can end a
  /// session whose name he does not know. True: LiveKit took it.
  awaitable<bool> end();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace lkdoctor::probes
