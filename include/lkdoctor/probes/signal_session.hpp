// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/probes/ask.hpp>
#include <lkdoctor/proto/signal.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lkdoctor::probes {

/// Who joins. Each session is another participant: LiveKit remembers broken ones by room and identity.
struct SignalPlan {
  std::string room;    ///< empty: a fresh one. Ignored with a token, which names its room itself
  bool first = false;  ///< with a room: nobody was in it before, so it counts as made by us
  bool hidden = true, publish = false, subscribe = false, data = true;
};

/// How a session went, for observations. No credential.
struct SignalReport {
  std::string url, address;
  net::NetOutcome outcome;    ///< of connecting, the upgrade and the first message
  int status = 0;             ///< of the upgrade
  std::string first_message;  ///< "join", "other", "malformed", "none"; empty: no 101
  std::string room, identity, version, node;
  std::optional<Microseconds> joined_after;
  std::optional<int> leave_reason;  ///< the server ended the session by itself; see leave_reason_name()
  bool left = false;                ///< the server took our leave
};
LKDOCTOR_JSON(SignalReport, url, address, outcome, status, first_message, room, identity, version, node,
              joined_after, leave_reason, left)

/// What came, or why nothing did.
struct SignalEvent {
  net::NetOutcome outcome;  ///< `timed_out`: nothing until then; anything else not ok: the session is over
  proto::SignalMessage message;
};

/// A participant's signalling connection, joined where signalling_join could join. With a key pair it mints a
/// token for a participant of its own. With a token alone there is one participant: such sessions wait for
/// each other.
class SignalSession {
 public:
  /// REQUIRES: `probe` outlives it.
  SignalSession(Probe& probe, SignalPlan plan);
  SignalSession(const SignalSession&) = delete;
  SignalSession& operator=(const SignalSession&) = delete;
  ~SignalSession();

  /// Connects and reads the JoinResponse; report().outcome says how it went. Counts the join.
  /// REQUIRES: fact join_response is there.
  awaitable<bool> join(Deadline deadline);
  const proto::JoinInfo& info() const;

  /// The next message; our pings go out meanwhile and pongs are kept back. One reader at a time.
  awaitable<SignalEvent> next(Deadline deadline);
  /// May be called while next() waits.
  awaitable<net::NetOutcome> send(Bytes message, Deadline deadline);
  /// Says goodbye and waits up to 0.7 s for the server to take it. Nothing without a join. No next() may be
  /// waiting.
  awaitable<void> leave();

  const SignalReport& report() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lkdoctor::probes
