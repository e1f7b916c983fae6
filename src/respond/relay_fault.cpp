// SPDX-License-Identifier: EUPL-1.2
#include "respond/relay_fault.hpp"

#include <algorithm>

namespace lkdoctor::respond {
namespace {

constexpr const char* kLiveKit = "livekit-server";

bool is_own(const std::string& address, const net::Surroundings& host) {
  return kind_of(address) == AddressKind::loopback ||
         std::ranges::find(host.addresses, address, &net::LocalAddress::address) != host.addresses.end();
}

}  // namespace

proto::RelayFault fault_of_refusal(const std::vector<Endpoint>& tried, const net::Surroundings& host,
                                   bool sees_processes) {
  const bool own = !tried.empty() &&
                   std::ranges::all_of(tried, [&](const Endpoint& one) { return is_own(one.address, host); });
  const bool listens = std::ranges::any_of(tried, [&](const Endpoint& one) {
    return std::ranges::find(host.listeners, one.port, &net::Listener::port) != host.listeners.end();
  });
  const bool runs =
      std::ranges::find(host.processes, kLiveKit, &net::LocalProcess::program) != host.processes.end();
  if (!own || listens || runs) return proto::RelayFault::elsewhere;
  return sees_processes ? proto::RelayFault::absent : proto::RelayFault::unreachable;
}

}  // namespace lkdoctor::respond
