// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace lkdoctor::demo {

/// A way in which the stand-in can be broken. `finding` is the id that a run must then name first.
struct Fault {
  std::string_view finding;
  std::string_view what;  ///< one line for --list-faults
};
std::span<const Fault> faults();

/// A small deployment on loopback with real sockets: a TLS proxy in front of LiveKit's HTTP API and
/// signalling, the plain port behind it, ICE/TCP, a STUN server. It serves newcomers and check tests; it is
/// never the evidence that a check works against LiveKit.
///
/// The servers live in a child process of their own, so that whoever checks them stays free of threads. They
/// end with this object, or with this process.
class StandIn {
 public:
  /// `fault` is empty or one of faults(). Throws std::system_error if loopback cannot be used, and
  /// std::invalid_argument for a fault that is not in the list.
  explicit StandIn(std::string_view fault = {});
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;
  ~StandIn();

  /// Files as an operator would write them, in a folder of their own that goes with this object.
  const std::string& controller_file() const noexcept;
  const std::string& livekit_file() const noexcept;
  const std::string& ca_file() const noexcept;

  /// The name in public_url. It is in no DNS: pin it to 127.0.0.1 (`--resolve HOST:PORT:127.0.0.1`).
  static constexpr std::string_view kHost = "livekit.demo.home.arpa";
  std::uint16_t https_port() const noexcept;
  std::uint16_t http_port() const noexcept;
  std::uint16_t ice_tcp_port() const noexcept;
  std::uint16_t stun_port() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lkdoctor::demo
