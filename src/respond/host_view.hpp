// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/json.hpp>
#include <lkdoctor/proto/port_test.hpp>
#include <optional>
#include <string>
#include <vector>

namespace lkdoctor::respond {

/// UDP ports, one after the other, that one program has.
struct PortsHeld {
  std::uint16_t from = 0, to = 0;
  std::string owner;  ///< the program's name; empty: not visible
  friend bool operator==(const PortsHeld&, const PortsHeld&) = default;
};

struct TcpPort {
  enum class State {
    answers,      ///< this responder, with the control connection
    free,         ///< nobody: the responder takes it while a client's session runs
    in_use,       ///< somebody else has it
    on_loopback,  ///< the same, for this host alone: nobody from outside is meant to get there
    unavailable   ///< nobody has it, and it cannot be listened on
  };
  std::uint16_t port = 0;
  State state = State::free;
  std::string owner;  ///< of a port in use; empty: not visible
};

/// What an authenticated client is told of this host.
struct HostView {
  std::optional<std::uint16_t> signalling_port;
  proto::ResponderMode mode = proto::ResponderMode::raw;
  std::vector<proto::Ports> udp;
  std::vector<TcpPort> tcp;
  std::vector<PortsHeld> udp_in_use;
  std::vector<std::string> addresses;
  proto::Ports ephemeral{};  ///< first 0: not known
  std::int64_t clock = 0;    ///< seconds since 1970
};

/// What of the ranges others than this process have, with owners as far as visible.
std::vector<PortsHeld> udp_ports_held(const std::vector<proto::Ports>& ranges);
/// Of a port in use: its owner as far as visible, and whether it is in use on loopback alone.
void find_owner(TcpPort& port);
/// Of every interface, without loopback and link-local.
std::vector<std::string> host_addresses();
proto::Ports ephemeral_ports();

Json json_of(const std::vector<TcpPort>& ports);
/// At most 64 intervals.
Json json_of(const std::vector<PortsHeld>& ports);
Json json_of(const std::vector<proto::Ports>& ranges);
std::string_view name_of(proto::ResponderMode mode);

}  // namespace lkdoctor::respond
