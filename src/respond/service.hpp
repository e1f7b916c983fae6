// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/proto/port_test.hpp>
#include <memory>
#include <string>
#include <vector>

#include "respond/desk.hpp"

namespace lkdoctor::respond {

struct ServiceSettings {
  std::vector<NamedKey> keys;
  std::vector<proto::Ports> udp;  ///< at most kMostServedRanges
  std::vector<Network> allowed;
  std::string address;  ///< the one that is listened on; empty: every one
  std::uint16_t port = proto::kResponderPort;
  std::vector<std::uint16_t> tcp;  ///< that the control connection is offered on too, where nobody has them
  std::uint16_t slice = 500;       ///< ports that are taken at one time, without a raw socket
  bool never_raw = false;
  std::chrono::seconds lasts{15 * 60};
  std::vector<std::string> livekit_hosts;  ///< where its signalling port is; tried one after the other
  std::optional<std::uint16_t> livekit_port;
  /// As DeskSettings has them.
  std::function<proto::ProbeTokens(std::chrono::seconds)> mint;
  std::string why_no_tokens;
  /// Called at most once a second, with the number of ports that clients have reached; only while it grows.
  std::function<void(std::size_t)> progress;
};

/// What was opened.
struct Ready {
  proto::ResponderMode mode = proto::ResponderMode::raw;
  std::string why_bound;              ///< why not raw
  bool own_port = false;              ///< the port for greetings is ours
  bool greets_on_media = false;       ///< greetings are heard at ports of the ranges, too
  std::vector<Family> traces;         ///< datagrams of these are seen at the host's interfaces, too
  std::size_t ports = 0, in_use = 0;  ///< of the ranges; in use by others now
  std::vector<PortsHeld> held;        ///< those in use
  bool control = false;               ///< the control connection is offered on the responder's own port
  std::vector<TcpPort> tcp;           ///< those asked for
};

/// The responder with its sockets. Runs on the calling thread.
class Service {
 public:
  using Tell = std::function<void(const Event&)>;
  /// Opens what it needs. Throws std::runtime_error if no datagram could come in at all.
  Service(ServiceSettings settings, Tell tell);
  ~Service();

  const Ready& ready() const noexcept;
  const Counters& counters() const noexcept;
  const DeskCounters& desk_counters() const noexcept;
  std::size_t ports_reached() const;
  /// Answers until `stop` is readable (-1: never) or its time is over.
  void run(int stop);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lkdoctor::respond
