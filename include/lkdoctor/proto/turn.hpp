// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <lkdoctor/address.hpp>
#include <lkdoctor/bytes.hpp>
#include <lkdoctor/clock.hpp>
#include <lkdoctor/json.hpp>
#include <lkdoctor/proto/stun.hpp>
#include <lkdoctor/secret.hpp>
#include <optional>
#include <string>
#include <vector>

/// A TURN client (RFC 8656) without I/O: one allocation, its permissions and channels, relayed data.
namespace lkdoctor::proto {

struct TurnCredentials {
  std::string username;
  Secret password;
};

enum class TurnCarrier { datagrams, stream };  ///< UDP; TCP or TLS

enum class TurnPhase { idle, allocating, allocated, verified, failed, releasing, released };
NLOHMANN_JSON_SERIALIZE_ENUM(TurnPhase, {{TurnPhase::idle, "idle"},
                                         {TurnPhase::allocating, "allocating"},
                                         {TurnPhase::allocated, "allocated"},
                                         {TurnPhase::verified, "verified"},
                                         {TurnPhase::failed, "failed"},
                                         {TurnPhase::releasing, "releasing"},
                                         {TurnPhase::released, "released"}})

/// Whether the relay lets us talk to a peer.
struct TurnPermission {
  Endpoint peer;  ///< the port counts only for a channel
  bool answered = false, granted = false;
  int error_code = 0;        ///< 403: forbidden
  std::string error_reason;  ///< text of the peer
};
LKDOCTOR_JSON(TurnPermission, peer, answered, granted, error_code, error_reason)

/// What is known. Plain data without credentials: it goes into observations.
struct TurnState {
  TurnPhase phase = TurnPhase::idle;
  int requests_sent = 0, answers = 0;
  int first_code = 0;  ///< of the Allocate without credentials; 401 is the normal one
  std::string realm, software;
  int error_code = 0;        ///< why `failed`; 0: silence, or the peer speaks something else
  std::string error_reason;  ///< text of the peer
  std::optional<Endpoint> relayed, mapped;
  std::uint32_t lifetime_seconds = 0;
  std::optional<Microseconds> first_answer;  ///< round trip of the first request that was answered
  std::optional<Microseconds> allocated_after;
  std::vector<TurnPermission> permissions;
  std::size_t sent_to_peers = 0, received_from_peers = 0;  ///< packets
  bool integrity_bad = false;  ///< an answer to a signed request was not signed with our key
  std::string foreign;         ///< first bytes of something that is not TURN, at most 64
};
LKDOCTOR_JSON(TurnState, phase, requests_sent, answers, first_code, realm, software, error_code, error_reason,
              relayed, mapped, lifetime_seconds, first_answer, allocated_after, permissions, sent_to_peers,
              received_from_peers, integrity_bad, foreign)

class TurnClient {
 public:
  TurnClient(TurnCarrier carrier, TurnCredentials credentials);

  /// First without credentials, then with those and the server's nonce. A stale nonce is renewed. Without a
  /// user name it ends with the first answer.
  void allocate(Clock::time_point now);
  /// Asks whether the credentials are good, and for nothing else: the server's challenge is answered by
  /// giving back an allocation that there is not. Then the phase is `verified`. A server that wants no
  /// credentials allocates.
  void verify(Clock::time_point now);
  /// REQUIRES: allocated. Once a peer address; refreshed by itself (RFC 8656 §9: 5 minutes).
  void permit(const Endpoint& peer, Clock::time_point now);
  /// Sends later packets to this peer as ChannelData. Permits too. REQUIRES: allocated.
  void bind_channel(const Endpoint& peer, Clock::time_point now);
  /// To a peer that is permitted; to others nothing is sent.
  void send(const Endpoint& peer, ByteView bytes);
  /// Gives the allocation back (Refresh with lifetime 0).
  void release(Clock::time_point now);

  /// One datagram of the server, or any piece of its stream.
  void receive(ByteView bytes, Clock::time_point now);
  /// What goes to the server now; each entry is one datagram, or a piece of the stream.
  std::vector<Bytes> take();

  struct Relayed {
    Endpoint from;
    Bytes bytes;
  };
  /// Packets of peers that came through the relay.
  std::vector<Relayed> take_relayed();

  std::optional<Clock::time_point> next_timer() const;
  void on_timer(Clock::time_point now);

  const TurnState& state() const noexcept { return state_; }
  bool permitted(const Endpoint& peer) const;
  /// True while an answer of the server is awaited.
  bool waiting() const noexcept { return !requests_.empty(); }

 private:
  enum class Kind { first_allocate, allocate, verify, refresh, permission, channel };
  struct Request {
    Kind kind = Kind::first_allocate;
    StunMessage message;  ///< without credentials
    Endpoint peer;
    std::uint16_t channel = 0;
    int tries = 0, renewals = 0;
    Clock::time_point first_sent, sent, next;
    Bytes bytes;
  };
  struct Channel {
    std::uint16_t number = 0;
    Endpoint peer;
    bool bound = false;
  };

  void ask(Kind kind, StunMessage message, Endpoint peer, std::uint16_t channel, Clock::time_point now);
  void transmit(Request& request, Clock::time_point now);
  void on_packet(ByteView packet, Clock::time_point now);
  void on_channel_data(ByteView packet);
  void on_stream(ByteView bytes, Clock::time_point now);
  void on_data(const StunMessage& indication);
  void on_answer(ByteView packet, const StunMessage& answer, Clock::time_point now);
  bool renew(Request request, const StunMessage& answer, Clock::time_point now);
  void on_success(const Request& request, const StunMessage& answer, Clock::time_point now);
  void on_error(const Request& request, const StunMessage& answer);
  void on_silence(const Request& request);
  void keep_up(Clock::time_point now);
  void fail(int code, std::string reason);
  TurnPermission& permission_for(const Endpoint& peer);

  TurnCarrier carrier_;
  TurnCredentials credentials_;
  TurnState state_;
  bool verifies_ = false;
  std::string nonce_;
  Bytes key_;
  std::vector<Request> requests_;
  std::vector<Channel> channels_;
  std::vector<Bytes> out_;
  std::vector<Relayed> relayed_;
  Bytes stream_;
  Clock::time_point started_;
  std::optional<Clock::time_point> refresh_at_, renew_permissions_at_;
};

}  // namespace lkdoctor::proto
