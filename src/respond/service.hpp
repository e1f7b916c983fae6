// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/proto/port_test.hpp>
#include <memory>
#include <string>
#include <vector>

#include "respond/responder.hpp"

namespace lkdoctor::respond {

struct ServiceSettings {
  std::vector<NamedKey> keys;
  std::vector<proto::Ports> udp;  ///< at most kMostServedRanges
  std::vector<Network> allowed;
  std::uint16_t port = proto::kResponderPort;
  std::uint16_t slice = 500;  ///< ports that are taken at one time, without a raw socket
  bool never_raw = false;
  std::chrono::seconds lasts{15 * 60};
};

/// What was opened.
struct Ready {
  proto::ResponderMode mode = proto::ResponderMode::raw;
  std::string why_bound;              ///< why not raw
  bool own_port = false;              ///< the port for greetings is ours
  std::size_t ports = 0, in_use = 0;  ///< of the ranges; in use by others now
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
  std::size_t ports_reached() const;
  /// Answers until `stop` is readable (-1: never) or its time is over.
  void run(int stop);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lkdoctor::respond
