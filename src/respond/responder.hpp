// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <lkdoctor/clock.hpp>
#include <lkdoctor/proto/control_words.hpp>
#include <lkdoctor/proto/port_test.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "respond/bucket.hpp"
#include "respond/event.hpp"
#include "respond/key_ring.hpp"
#include "respond/network.hpp"
#include "respond/told.hpp"

/// The far side of the two-sided port test. This file does no I/O: datagrams in, datagrams out.
namespace lkdoctor::respond {

inline constexpr const char* kCodeUsed = "the code was used";  ///< for the operator

struct Limits {
  double answers_per_second = 60'000;  ///< in all
  double answers_per_source = 30'000;
  /// MACs that are computed at all, so that a flood costs no more: of sessions and of greetings, whose ids
  /// everybody on the way hears.
  double macs_per_second = 120'000, greetings_per_second = 20'000, traced_per_second = 20'000;
  std::size_t sessions = 16;
  std::size_t late_answers = 32;  ///< of one session that wait at a time
  std::size_t greetings = 4096;   ///< remembered, so that none is taken twice; then no new session
};

struct Settings {
  std::vector<NamedKey> keys;
  std::vector<proto::Ports> serves;
  proto::ResponderMode mode = proto::ResponderMode::raw;
  std::vector<Family> traces;    ///< of these `trace` is called while somebody is served
  std::uint16_t slice = 0;       ///< most ports that answer at one time; 0: all
  std::vector<Network> allowed;  ///< empty: everybody
  Deadline ends;
  Limits limits;
  /// The wall clock, minutes since 1970.
  std::function<std::uint32_t()> minutes;
};

struct Arrival {
  Endpoint from;
  std::uint16_t port = 0;  ///< of ours, where it came in
  ByteView bytes;
  std::string at = {};  ///< our address, where it came in; empty: not known
};

struct Answer {
  Bytes bytes;
  std::chrono::seconds after{0};  ///< to be sent then
};

struct Counters {
  std::uint64_t received = 0, answered = 0, foreign = 0, other_key = 0, wrong_mac = 0, replayed = 0,
                not_allowed = 0, limited = 0, malformed = 0, sessions = 0, other_time = 0;
};

/// Ports that were made to answer.
struct Held {
  std::vector<bool> others;  ///< somebody else has this port, or (raw) has it as well
  std::string
      why_unopened;  ///< of these some cannot be opened, whoever has them: "20017: Too many open files"
};
/// Makes ports answer, and lets go of those before; kNoSlice: only that.
using Hold = std::function<Held(const proto::Ports&)>;

/// One of the ranges has it.
bool is_within(const std::vector<proto::Ports>& ranges, std::uint16_t port);

/// REQUIRES: settings.keys is not empty. Not thread-safe.
class Responder {
 public:
  Responder(Settings settings, Hold hold, std::function<void(const Event&)> tell);

  /// What to send back to `arrival.from`, from the port and address where it arrived, and when; never longer
  /// than what arrived. nullopt: nothing.
  std::optional<Answer> take(const Arrival& arrival, Deadline now);

  /// The answer to `arrival` did not leave this host: its own firewall dropped it.
  void kept(const Arrival& arrival);
  /// What a client, that may have seen no answer, asks for over the control connection. `nonce` in lower hex.
  proto::GreetingsHeard heard(std::string_view nonce) const;
  /// When its client was heard last, or is answered late; nullopt: it has no session.
  std::optional<Deadline> last_heard(const NamedKey& by) const;

  /// A datagram as it came in at an interface. To be called after what has come so far was taken: only then
  /// can it be known that no socket hears it.
  void trace(const Arrival& arrival, Deadline now);
  /// Some of this family may have come in without a `trace`: what its sessions have so far proves nothing.
  void trace_missed(Family family);
  /// To be called each second while it says so: lets go of a slice that nobody uses, and notes who fell
  /// silent. False: there is nothing to wait for, or to trace, until `take` answers again.
  bool look(Deadline now);

  KeyRing& keys() noexcept { return keys_; }
  const Counters& counters() const noexcept { return counters_; }
  /// Ports of `settings.serves` at which probes of any client came in so far; each counts once.
  std::size_t ports_reached() const noexcept { return ports_reached_; }

 private:
  struct Session {
    const NamedKey* by = nullptr;
    proto::Nonce client{}, server{};
    proto::PortTestKey key;
    proto::ReplayWindow window;
    std::vector<bool> reached = std::vector<bool>(65536);  // by the port that the client addressed
    std::vector<bool> traced = std::vector<bool>(65536);   // of these, at an interface
    std::vector<Deadline> late;                            // when answers that wait are sent
    Deadline heard;
    Family greeted{};                       // over which it came
    bool begun = false;                     // the client has the welcome
    bool kept = false;                      // answers did not leave this host
    std::vector<std::uint16_t> greeted_at;  // as the client addressed them
    bool seen_whole = false;                // `traced` holds all that came in
    Endpoint from;                          // where it asked from last
    std::optional<proto::Ports> sweeps;     // it has asked for these, and not yet which of them it reached
  };
  using Sessions = std::map<proto::SessionId, Session>;

  bool traces(Family family) const;
  bool limited(const Arrival& arrival, Deadline now);
  std::string why_limited(const Arrival& arrival, Deadline now);
  std::string why_full(const NamedKey& key, Deadline now) const;
  proto::PortsMarked tally(const proto::Ports& ports, std::size_t room, const Session& session) const;
  static bool is_idle(const Session& session, Milliseconds since, Deadline now);
  void tell_silent(Session& session);
  std::optional<Answer> greet(const proto::PortTestHead& head, const Arrival& arrival, Deadline now);
  Sessions::value_type* session_for(const proto::Greeting& greeting, const NamedKey& key,
                                    const Arrival& arrival, Deadline now);
  bool make_room(Deadline now);
  Session* session_of(ByteView answered);
  bool begin(Session& session, const Endpoint& from);
  bool is_of_now(const proto::Greeting& greeting, const Arrival& arrival);
  void forget_greetings();
  std::optional<Answer> serve(const proto::PortTestHead& head, const Arrival& arrival, Deadline now);
  std::optional<Bytes> answer(const proto::PortTestHead& head, const Arrival& arrival, Session& session);
  void count_port(std::uint16_t port);
  proto::PortsMarked slice(const proto::Ports& ports, const proto::SessionId& by, const Endpoint& from);
  std::optional<Answer> answer_later(const proto::PortTestHead& head, const Arrival& arrival,
                                     Session& session, Deadline now);
  Bytes welcome(const proto::PortTestHead& head, const Arrival& arrival, const proto::SessionId& id,
                const Session& session, Deadline now) const;
  void tell(Event::Kind kind, const Endpoint& from, std::string key = {}, std::string why = {});

  Settings settings_;
  KeyRing keys_;
  Hold hold_;
  std::function<void(const Event&)> tell_;
  Counters counters_;
  Sessions sessions_;
  std::vector<bool> reached_ = std::vector<bool>(65536);  // by the port at which it came in
  std::size_t ports_reached_ = 0;                         // of those served
  std::optional<proto::SessionId> sliced_by_;             // its ports answer now
  std::map<proto::Nonce, std::uint32_t> greeted_;         // with its time, after which it is forgotten
  Bucket answers_, macs_, greeting_macs_, traced_macs_;
  std::map<std::string, Bucket> sources_;  // by address; authenticated ones alone
  ToldOnce told_;
};

}  // namespace lkdoctor::respond
