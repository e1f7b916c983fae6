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
  bool by_whip = false;       ///< by an offer in an HTTP request, where no WebSocket gets through
  net::NetOutcome outcome;    ///< of connecting, the upgrade and the first message
  int status = 0;             ///< of the upgrade; by WHIP of the offer
  std::string first_message;  ///< "join", "other", "malformed", "none"; empty: no 101. By WHIP "answer"
  std::string room, identity, version, node;
  std::optional<Microseconds> joined_after;
  std::optional<int> leave_reason;  ///< the server ended the session by itself; see leave_reason_name()
  bool left = false;                ///< the server took our leave
};
LKDOCTOR_JSON(SignalReport, url, address, by_whip, outcome, status, first_message, room, identity, version,
              node, joined_after, leave_reason, left)

/// Why a join came to nothing, where another of this run was let in. An HTTP answer is no failure of the
/// network.
std::string why_in_vain(const SignalReport& signalling);

/// What came, or why nothing did.
struct SignalEvent {
  net::NetOutcome outcome;  ///< `timed_out`: nothing until then; anything else not ok: the session is over
  proto::SignalMessage message;
};

/// A participant's signalling connection, joined where and how signalling_join could join. With a key pair it
/// mints a token for a participant of its own. With a token alone there is one participant: such sessions
/// wait for each other. By WHIP there is one offer and its answer: next() gives the answer, then the end of
/// candidates, then nothing more; what send() is given goes nowhere.
class SignalSession {
 public:
  /// REQUIRES: `probe` outlives it.
  SignalSession(Probe& probe, SignalPlan plan);
  SignalSession(const SignalSession&) = delete;
  SignalSession& operator=(const SignalSession&) = delete;
  ~SignalSession();

  /// Connects and reads the JoinResponse; report().outcome says how it went. Counts the join. By WHIP `offer`
  /// goes along, or one that is good for nothing else.
  /// REQUIRES: fact join_response is there.
  awaitable<bool> join(Deadline deadline, std::string offer = {});
  bool by_whip() const;
  /// How long a join may take: longer by WHIP, which waits for all candidates.
  Milliseconds patience(Milliseconds by_websocket) const;
  const proto::JoinInfo& info() const;

  /// The next message; our pings go out meanwhile and pongs are kept back. One reader at a time.
  awaitable<SignalEvent> next(Deadline deadline);
  /// May be called while next() waits.
  awaitable<net::NetOutcome> send(Bytes message, Deadline deadline);
  /// A candidate of ours.
  awaitable<net::NetOutcome> tell(proto::Trickle trickle, Deadline deadline);
  /// Says goodbye and waits up to 0.7 s for the server to take it. Nothing without a join. No next() may be
  /// waiting.
  awaitable<void> leave();

  const SignalReport& report() const;

 private:
  awaitable<bool> join_by_whip(std::string offer, Deadline deadline);
  awaitable<SignalEvent> next_by_whip(Deadline deadline);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lkdoctor::probes
