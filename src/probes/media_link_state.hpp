// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <deque>
#include <lkdoctor/net/udp.hpp>
#include <lkdoctor/probes/media_link.hpp>

/// What the two halves of a link share: the candidates of LiveKit (media_link_pairs.cpp) and the packets
/// (media_link.cpp); and how we
/// learn where we are seen (media_link_own.cpp).
namespace lkdoctor::probes {

struct MediaLink::State {
  /// A carrier and the candidates that it serves.
  struct Path {
    proto::PathId id = 0;
    std::shared_ptr<Carrier> carrier;
    bool started = false, open = false, dead = false;
    bool translated = false;  ///< see MediaLink::is_translated()
    bool asked = false;       ///< the STUN servers
    std::vector<Endpoint> mapped;
    net::NetOutcome outcome;
  };

  /// A Binding request to a STUN server, from the socket that media uses.
  struct Question {
    Path* path = nullptr;
    Endpoint server;
    proto::TransactionId id{};
    Bytes bytes;
    std::size_t tries = 0;
    bool over = false;
    Deadline begun;
    Deadline next() const;
  };

  /// A candidate of LiveKit.
  struct Remote {
    CandidateReport report;
    Path* path = nullptr;
    std::optional<proto::PairId> pair;
  };

  State(proto::IceCredentials ours, proto::DtlsIdentity id, Route by)
      : local(std::move(ours)), identity(std::move(id)), route(std::move(by)) {}

  // What is known of the peer.
  void set_remote(const proto::SdpRemote& remote, bool controlling);
  void add_candidate(std::string_view line);
  void try_candidate(Remote& remote);
  void begin_checks(const Path& path);
  // Where STUN servers see us (media_link_own.cpp).
  void weigh(const Remote& remote);
  void raise_questions();
  awaitable<void> send_questions();
  bool take_mapped(Path& path, const net::Datagram& datagram);
  // Moving packets.
  awaitable<void> move_packets();
  awaitable<void> start_paths();
  awaitable<void> read(Path* path);
  awaitable<void> close_all();
  void take(Path& path, net::Datagram datagram);
  void take_guarded(Path& path, net::Datagram datagram);
  void take_error(Path& path, const net::Datagram& datagram);
  void on_timers(Clock::time_point now);
  void settle_pair(Clock::time_point now);
  void notice();
  awaitable<void> send_all();
  awaitable<void> send_one(Path* path, Endpoint to, Bytes bytes);
  Deadline next_wake() const;
  void kick() {
    dirty = true;
    wake.ring();
  }
  Microseconds since_begin() const { return std::chrono::duration_cast<Microseconds>(Clock::now() - begun); }
  bool failed(const Remote& remote) const;

  proto::IceCredentials local;
  proto::DtlsIdentity identity;
  Route route;
  std::optional<proto::IceAgent> ice;
  std::optional<proto::Dtls> dtls;
  std::deque<Remote> remotes;
  std::vector<std::unique_ptr<Path>> paths;
  std::vector<Endpoint> stun_servers;
  std::vector<Question> questions;
  std::deque<Bytes> outgoing, incoming;  ///< SRTP and SRTCP
  LinkReport seen;
  std::optional<Deadline> last_try, connected_at;
  std::optional<proto::PairId> nominee;
  Deadline begun = Clock::now();
  net::Bell bell, wake;
  net::Crew readers;
  bool held = false;
  bool dirty = false;
};

}  // namespace lkdoctor::probes
