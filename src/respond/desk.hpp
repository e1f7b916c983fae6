// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/proto/probe_tokens.hpp>

#include "respond/host_view.hpp"
#include "respond/responder.hpp"

namespace lkdoctor::respond {

struct DeskLimits {
  std::size_t relays = 8;
  double connections_per_second = 60, of_neighbours_per_second = 20;
  /// Of a source whose last handshake failed; so that it does not use up what others may have.
  double strangers_per_second = 2, strangers_at_once = 8;
  std::chrono::seconds lease{30};  ///< after the last request, relay or datagram
};

struct DeskSettings {
  std::function<HostView()> look;
  /// Tokens that hold that long; empty: see `why_no_tokens`.
  std::function<proto::ProbeTokens(std::chrono::seconds)> mint;
  std::string why_no_tokens;
  /// Takes the TCP ports that are shown to a client while its session runs, as far as nobody has them, and
  /// gives them; and lets go of them. Empty: there are none.
  std::function<std::vector<std::uint16_t>()> hold;
  std::function<void()> let_go;
  /// What came over UDP: greetings with a nonce, and when a key's client was heard last. Empty: nothing.
  struct Heard {
    std::function<proto::GreetingsHeard(std::string_view nonce)> greetings;
    std::function<std::optional<Deadline>(const NamedKey&)> last;
  } heard;
  std::vector<Network> allowed;  ///< empty: everybody
  Deadline ends;
  DeskLimits limits;
};

/// Whose request it is. A client that was given a session has the key of that afterwards.
struct Caller {
  Endpoint from;
  const NamedKey* key = nullptr;
};

struct ControlRequest {
  std::string method, target;
  std::optional<std::string> authorization;  ///< nullopt: none, or several
  bool websocket = false;                    ///< asks for the upgrade
  std::string body;
};

struct ControlAnswer {
  unsigned status = 0;
  std::string body;
  std::optional<std::uint64_t> relay;  ///< instead of an answer: to LiveKit; the lease it runs on
};

struct DeskCounters {
  std::uint64_t sessions = 0, refused = 0, relays = 0, handshakes_failed = 0, not_allowed = 0, limited = 0;
};

/// Who is served over the control connection, one client at a time. No I/O: docs/port-test.md, "Who is
/// served".
class Desk {
 public:
  /// `keys` must live as long.
  Desk(DeskSettings settings, KeyRing& keys, std::function<void(const Event&)> tell);

  /// May this one connect now?
  bool admits(const Endpoint& from, Deadline now);
  void handshake_failed(const Endpoint& from, const NamedKey* named, bool named_any);
  ControlAnswer answer(Caller& caller, const ControlRequest& request, Deadline now);
  /// A connection ended by a fault on this side.
  void failed(const Endpoint& from, const std::string& why);
  /// REQUIRES: each relay that was granted ends once.
  void relay_ended(std::uint64_t lease, Deadline now);
  /// Ends a lease that its client left alone. True: there is none now. To be called again and again while
  /// there is one.
  bool lapse(Deadline now);

  const DeskCounters& counters() const noexcept { return counters_; }

 private:
  struct Lease {
    std::uint64_t number = 0;
    const NamedKey* key = nullptr;  // which one client alone has
    Endpoint from;
    Deadline until;
    std::size_t relays = 0;
    std::vector<Secret> tokens;
    bool given_back = false;  ///< it is over when its relays are
  };

  bool holds(const Caller& caller, Deadline now) const;
  bool is_held(Deadline now) const;
  /// If nothing more comes of it.
  Deadline lease_ends() const;
  /// One that this client alone will have; nullopt: it has one.
  std::optional<Secret> key_for(const Caller& caller) const;
  void take_ports(Deadline now);
  void begin_lease(const Caller& caller);
  void end_lease(std::string why);
  std::string who_is_served(Deadline now) const;
  /// Why it may not connect now; empty: it may.
  std::string too_often(const Endpoint& from, Deadline now);
  ControlAnswer open_session(Caller& caller, const std::string& body, Deadline now);
  ControlAnswer close_session(const Caller& caller, Deadline now);
  ControlAnswer greetings(const Caller& caller, std::string_view nonce, Deadline now) const;
  ControlAnswer relay(const Caller& caller, const ControlRequest& request, Deadline now);
  std::optional<ControlAnswer> refusal(const ControlRequest& request) const;
  ControlAnswer busy(Deadline now) const;
  const HostView& host_now(Deadline now);
  Json session_json(const std::optional<Secret>& key, const std::optional<proto::ProbeTokens>& tokens,
                    Deadline now);
  void keep(const proto::ProbeTokens& tokens);
  void tell_once(Event event);

  DeskSettings settings_;
  KeyRing& keys_;
  std::function<void(const Event&)> tell_;
  DeskCounters counters_;
  Bucket connections_;
  std::map<std::string, Bucket> neighbourhoods_, strangers_;  // bounded
  std::optional<HostView> host_;
  Deadline host_until_;
  std::optional<Lease> lease_;
  std::uint64_t leases_ = 0;
  std::vector<std::uint16_t> held_;  // TCP ports that answer for the lease
  std::size_t open_relays_ = 0;
  ToldOnce told_;
};

}  // namespace lkdoctor::respond
