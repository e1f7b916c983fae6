// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/net/udp.hpp>
#include <lkdoctor/probes/port_sweep.hpp>
#include <lkdoctor/proto/port_test.hpp>
#include <map>
#include <set>

#include "probes/sweep_rounds.hpp"

/// A session with a responder: greeting, volleys of probes, questions.
namespace lkdoctor::probes {

struct SweepKey {
  std::string name;
  proto::PortTestKey key;
  bool once = false;  ///< good for one session
};

/// A port whose answer is to come after a while.
struct LateFlow {
  std::uint16_t port;
  std::uint16_t seconds;
};

class SweepSession {
 public:
  /// Of into->address. Volleys end at `until`; questions may be asked after it.
  SweepSession(Probe& probe, std::uint16_t port, Deadline until, PortSweep* into);
  /// There is no time for more volleys.
  bool is_over() const { return Clock::now() >= until_; }

  /// True: a responder with one of our keys answered.
  awaitable<bool> greet(std::vector<SweepKey> keys, std::vector<std::uint16_t> ports);
  const proto::Welcome& welcome() const { return welcome_; }
  /// By which its greetings are known.
  const proto::Nonce& nonce() const { return nonce_; }
  /// Where the session used up its key: what stands for that at further addresses.
  const std::optional<SweepKey>& successor() const { return successor_; }

  /// Sends it at its pace and gathers what comes.
  awaitable<SweepResult> volley(SweepVolley wanted, std::size_t bytes = proto::kShortestProbe);
  /// Asks by a datagram of at least `bytes` at that port, 0: at one that is known to answer; of a slice until
  /// no other client has one, for 6 s. nullopt: no answer came, or busy().
  awaitable<std::optional<proto::PortsMarked>> ask(proto::PortTestKind kind, proto::Ports ports,
                                                   std::size_t bytes = 0, std::uint16_t at = 0);
  /// It answers still. A question at a port that did, up to five times.
  awaitable<bool> is_there(proto::Ports any);
  /// The responder was making ports answer to another client when it was last asked.
  bool busy() const { return busy_; }
  /// Asks each port, once, for an answer after its time, and waits for all. The ports that answered.
  awaitable<std::set<std::uint16_t>> hear_later(std::vector<LateFlow> flows);

  /// ICMP errors of each port so far.
  bool refused(std::uint16_t port) const { return refused_.contains(port); }
  /// Counts those of the swept ports that arrive at another one. Not the responder's own: that is forwarded
  /// as its operator likes.
  void tell_rewritten(proto::Ports swept);
  /// What comes back comes from another address or port alone: a client drops it.
  bool elsewhere(std::uint16_t port) const { return elsewhere_.contains(port); }
  /// What is sent there arrives at another port.
  bool rewritten(std::uint16_t port) const { return rewritten_.contains(port); }
  std::uint16_t asked_at() const { return asked_at_; }

 private:
  struct Volley;
  awaitable<void> gather(Volley* volley, Deadline until);
  awaitable<void> send(std::uint16_t port, Bytes bytes);
  awaitable<std::optional<proto::PortsMarked>> ask_once(proto::PortTestKind kind, proto::Ports ports,
                                                        std::size_t bytes, std::uint16_t at);
  awaitable<void> take_greetings(const std::vector<SweepKey>* keys, Deadline until);
  bool take_welcome(const net::Datagram& datagram, const std::vector<SweepKey>& keys);
  /// The head of a datagram that belongs to this session.
  std::optional<proto::PortTestHead> heard_of(const net::Datagram& datagram, proto::PortTestKind kind) const;
  void note_origin(const net::Datagram& datagram, std::uint16_t port);
  void note_refusal(const net::Datagram& datagram);
  /// The port that was probed; 0: none of ours.
  std::uint16_t take_echo(const net::Datagram& datagram);
  void note_life();
  Milliseconds patience() const;
  Microseconds grace() const;
  net::UdpSocket& socket() { return fresh_ ? *fresh_ : socket_; }
  proto::PortTestHead head(proto::PortTestKind kind, std::uint16_t port);

  Probe& probe_;
  PortSweep& out_;
  net::UdpSocket socket_;
  std::optional<net::UdpSocket> fresh_;  // of a round of new flows
  std::uint16_t own_port_, asked_at_ = 0;
  proto::Nonce nonce_{};
  proto::Welcome welcome_;
  proto::PortTestKey key_;
  std::optional<SweepKey> successor_;
  std::uint32_t sequence_ = 0;
  std::vector<std::uint16_t> port_of_;  // by sequence
  std::vector<bool> control_;           // by sequence
  std::set<std::uint16_t> refused_, sources_;
  std::map<std::uint16_t, std::uint16_t> rewritten_;  // port by where it arrived
  std::set<std::uint16_t> right_, elsewhere_;         // ports by where their answers came from
  Deadline greeted_, until_;
  bool welcomed_ = false, busy_ = false;
};

}  // namespace lkdoctor::probes
