// SPDX-License-Identifier: EUPL-1.2
#include "respond/host_view.hpp"

#include <unistd.h>

#include <algorithm>
#include <lkdoctor/address.hpp>
#include <lkdoctor/net/local.hpp>
#include <map>

namespace lkdoctor::respond {
namespace {

constexpr std::size_t kMostIntervals = 64;

Json owner_json(const std::string& owner) {
  return owner.empty() ? Json() : Json(owner);
}

std::string_view name_of(TcpPort::State state) {
  switch (state) {
    case TcpPort::State::answers:
      return "answers";
    case TcpPort::State::free:
      return "free";
    case TcpPort::State::in_use:
      return "in_use";
    case TcpPort::State::on_loopback:
      return "in_use_on_loopback";
    case TcpPort::State::unavailable:
      return "unavailable";
  }
  return "";
}

}  // namespace

std::vector<PortsHeld> udp_ports_held(const std::vector<proto::Ports>& ranges) {
  std::map<std::uint16_t, std::string> ports;
  for (const proto::Ports& range : ranges) {
    for (const net::Listener& one : net::udp_sockets(range.first, range.last)) {
      if (one.pid == getpid()) continue;
      std::string& owner = ports[one.port];
      if (owner.empty()) owner = one.program;
    }
  }
  std::vector<PortsHeld> out;
  for (const auto& [port, owner] : ports) {
    if (!out.empty() && out.back().to + 1 == port && out.back().owner == owner) {
      out.back().to = port;
    } else {
      out.push_back({port, port, owner});
    }
  }
  return out;
}

void find_owner(TcpPort& port) {
  bool outside = false, seen = false;
  for (const net::Listener& one : net::tcp_listeners(port.port)) {
    if (one.port != port.port || one.pid == getpid()) continue;
    seen = true;
    outside = outside || kind_of(one.address) != AddressKind::loopback;
    if (port.owner.empty()) port.owner = one.program;
  }
  if (seen && !outside) port.state = TcpPort::State::on_loopback;
}

std::vector<std::string> host_addresses() {
  std::vector<std::string> out;
  for (const net::LocalAddress& one : net::interface_addresses()) {
    if (!one.loopback) out.push_back(one.address);
  }
  return out;
}

proto::Ports ephemeral_ports() {
  const auto ports = net::ephemeral_ports();
  if (!ports) return {};
  return {static_cast<std::uint16_t>(ports->first), static_cast<std::uint16_t>(ports->last)};
}

Json json_of(const std::vector<TcpPort>& ports) {
  Json out = Json::array();
  for (const TcpPort& one : ports)
    out.push_back({{"port", one.port}, {"state", name_of(one.state)}, {"owner", owner_json(one.owner)}});
  return out;
}

Json json_of(const std::vector<PortsHeld>& ports) {
  Json out = Json::array();
  for (const PortsHeld& one : ports) {
    if (out.size() >= kMostIntervals) break;
    out.push_back({{"from", one.from}, {"to", one.to}, {"owner", owner_json(one.owner)}});
  }
  return out;
}

Json json_of(const std::vector<proto::Ports>& ranges) {
  Json out = Json::array();
  for (const proto::Ports& one : ranges) out.push_back({one.first, one.last});
  return out;
}

std::string_view name_of(proto::ResponderMode mode) {
  return mode == proto::ResponderMode::raw ? "raw" : "bound";
}

}  // namespace lkdoctor::respond
