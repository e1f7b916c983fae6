// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <lkdoctor/bytes.hpp>
#include <lkdoctor/clock.hpp>
#include <lkdoctor/json.hpp>
#include <lkdoctor/proto/candidate.hpp>
#include <lkdoctor/proto/stun.hpp>
#include <lkdoctor/secret.hpp>
#include <optional>
#include <string>
#include <vector>

/// ICE (RFC 8445) without I/O: a full agent that checks every pair on its own account and grades each.
namespace lkdoctor::proto {

struct IceCredentials {
  std::string ufrag;
  Secret pwd;
};
/// 8 and 32 characters (RFC 8839 §5.4 asks for 4 and 22).
IceCredentials random_ice_credentials();

/// The driver's way to the peer: a UDP socket, a TCP stream or a TURN relay. Named by the driver.
using PathId = std::uint32_t;
/// A path and a remote candidate. Named by the agent, from 0 up, never reused.
using PairId = std::uint32_t;

enum class PairStatus {
  checking,    ///< requests are on the way
  answered,    ///< an answer with good integrity came from where the request went
  asymmetric,  ///< answered, but from another address only (RFC 8445 §7.2.5.2.1 calls that a failure)
  refused,     ///< answered with an error other than a role conflict
  silent       ///< every try is over; a late answer still changes this
};
NLOHMANN_JSON_SERIALIZE_ENUM(PairStatus, {{PairStatus::checking, "checking"},
                                          {PairStatus::answered, "answered"},
                                          {PairStatus::asymmetric, "asymmetric"},
                                          {PairStatus::refused, "refused"},
                                          {PairStatus::silent, "silent"}})

/// How a padded check of one size fared.
struct SizedCheck {
  std::size_t bytes = 0;  ///< of the STUN message; UDP and IP headers come on top
  int sent = 0, answered = 0;
};
LKDOCTOR_JSON(SizedCheck, bytes, sent, answered)

/// What is known of a pair. Plain data: it goes into observations.
struct PairState {
  PathId path = 0;
  Candidate remote;
  PairStatus status = PairStatus::checking;
  bool learned =
      false;  ///< not a candidate of the peer's list: its checks came from there (RFC 8445 §7.3.1.3)
  int requests_sent = 0, answers = 0;
  int requests_from_peer = 0;  ///< with good integrity; answered by us
  int requests_rejected = 0;   ///< for this path, with wrong user name or integrity; not answered
  int first_answered_try = 0;  ///< which try got the first answer, from 1; 0: none
  std::optional<Microseconds> first_rtt;
  std::vector<Microseconds> rtts;         ///< at most 64
  std::optional<Endpoint> mapped;         ///< where the peer sees us
  std::optional<Endpoint> answered_from;  ///< if it is not where the request went
  std::optional<int> error_code;
  bool nominated = false;            ///< by us, and answered; or by the peer where it controls
  bool peer_used_candidate = false;  ///< the peer's checks carried USE-CANDIDATE
  std::vector<SizedCheck> sizes;
};
LKDOCTOR_JSON(PairState, path, remote, status, learned, requests_sent, answers, requests_from_peer,
              requests_rejected, first_answered_try, first_rtt, rtts, mapped, answered_from, error_code,
              nominated, peer_used_candidate, sizes)

struct IceSettings {
  /// We control where we sent the offer and the peer is full, and always if the peer is lite (RFC 8445
  /// §6.1.1).
  bool controlling = true;
  std::uint16_t local_preference = 65535;  ///< in PRIORITY
  /// When a pair's tries are sent, from its start; at the last of these times it becomes silent instead.
  /// Short at first: the first packets of a path are often lost (ARP, NAT).
  std::vector<Milliseconds> tries{Milliseconds(0),    Milliseconds(40),   Milliseconds(120),
                                  Milliseconds(300),  Milliseconds(700),  Milliseconds(1200),
                                  Milliseconds(1800), Milliseconds(2500), Milliseconds(3200)};
  Milliseconds keep_alive{2000};  ///< checks of the nominated pair (RFC 7675 §5.1 allows up to 30 s)
};

class IceAgent {
 public:
  IceAgent(IceCredentials own, IceCredentials remote, IceSettings settings = {});

  /// Begins to check `remote` over `path`. REQUIRES: remote.is_numeric().
  PairId add_pair(PathId path, const Candidate& remote, Clock::time_point now);

  /// A datagram, or one unframed packet of a stream, that came over `path`. True: it was STUN and is done
  /// with. False: hand it to DTLS. STUN that is not ours (wrong integrity, unknown transaction) is dropped
  /// with true.
  bool receive(PathId path, const Endpoint& from, ByteView bytes, Clock::time_point now);

  struct Outgoing {
    PathId path = 0;
    Endpoint to;
    Bytes bytes;
  };
  /// What is to be sent now; each entry is one datagram (frame it for a stream).
  std::vector<Outgoing> take();
  /// nullopt: nothing is due until something is received or asked for.
  std::optional<Clock::time_point> next_timer() const;
  void on_timer(Clock::time_point now);

  /// Sends a check with USE-CANDIDATE, again until it is answered; then keeps the pair alive. Where the peer
  /// controls, only the keeping alive is done. REQUIRES: status is answered.
  void nominate(PairId pair, Clock::time_point now);
  /// One more check outside of the schedule: for round trip times and to see whether the pair still lives.
  void check_again(PairId pair, Clock::time_point now);
  /// A check that is `bytes` long altogether, by an attribute that receivers must skip. Counted in `sizes`.
  /// REQUIRES: bytes is a multiple of 4, at least 128, at most 65507.
  void check_sized(PairId pair, std::size_t bytes, Clock::time_point now);
  /// No more checks of this pair by itself; requests of the peer are still answered.
  void stop(PairId pair);

  std::size_t pairs() const noexcept { return pairs_.size(); }
  const PairState& state(PairId pair) const { return pairs_.at(pair).state; }
  /// The nominated pair whose nomination came to be.
  std::optional<PairId> nominated() const;
  /// True once no pair is `checking`.
  bool settled() const;
  bool controlling() const noexcept { return controlling_; }

 private:
  struct Sent {
    TransactionId id{};
    Clock::time_point at;
    std::size_t padded_to = 0;
    bool use_candidate = false, as_controlling = false;
    int number = 0;
  };
  struct Pair {
    PairState state;
    Clock::time_point start;
    std::size_t tries_done = 0;
    bool nominating = false, stopped = false;
    std::optional<Clock::time_point> next;
    std::vector<Sent> sent;  ///< the latest, for answers that come late
    SizedCheck& sized(std::size_t bytes);
  };

  void send_check(Pair& pair, std::size_t padded_to, Clock::time_point now);
  void schedule(Pair& pair, Clock::time_point now);
  void on_request(PathId path, const Endpoint& from, ByteView bytes, const StunMessage& request,
                  Clock::time_point now);
  void hurry_nomination(Pair& pair, Clock::time_point now);
  bool settle_roles(PathId path, const Endpoint& from, const StunMessage& request);
  void answer(PathId path, const Endpoint& from, const StunMessage& request);
  Pair* pair_for(PathId path, const Endpoint& from, std::uint32_t priority, Clock::time_point now);
  void on_response(PathId path, const Endpoint& from, ByteView bytes, const StunMessage& response,
                   Clock::time_point now);
  void on_success(Pair& pair, const Sent& sent, const Endpoint& from, const StunMessage& response,
                  Clock::time_point now);
  void on_error(Pair& pair, const StunMessage& response, Clock::time_point now);

  IceCredentials own_, remote_;
  IceSettings settings_;
  bool controlling_;
  std::uint64_t tie_breaker_;
  std::vector<Pair> pairs_;
  std::vector<Outgoing> out_;
};

}  // namespace lkdoctor::proto
