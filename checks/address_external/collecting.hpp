// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/check.hpp>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/net/udp.hpp>

#include "observation.hpp"

namespace lkdoctor::checks::address_external {

/// The servers of one family, asked from one socket.
struct Round {
  explicit Round(Family wanted) : family(wanted), socket(wanted) {}
  Family family;
  net::UdpSocket socket;
  std::vector<Asked> asked;
  Mapping mapping;
};

inline std::vector<std::string> pinned_addresses(const Deployment& deployment, const HostPort& target) {
  std::vector<std::string> out;
  for (const PinnedAddress& pin : deployment.run.pinned) {
    if (pin.host == target.host && pin.port == target.port) out.push_back(pin.address);
  }
  return out;
}

struct Looked {
  std::string name;
  HostPort target;
  net::Resolution resolution;
};

inline awaitable<void> look_up(Looked* looked, Deadline deadline) {
  if (!looked->resolution.addresses.empty()) co_return;
  looked->resolution = co_await net::resolve(looked->target.host, deadline);
}

/// All names at once. What is no host:port stays without a target.
inline awaitable<std::vector<Looked>> look_up_all(const Deployment* deployment,
                                                  std::vector<std::string> names, bool lenient,
                                                  Deadline deadline) {
  std::vector<Looked> out;
  for (std::string& name : names) {
    const auto target = parse_host_port(name, lenient ? 3478 : 0);
    out.push_back({std::move(name), target.value_or(HostPort{}), {}});
    if (target) out.back().resolution.addresses = pinned_addresses(*deployment, *target);
  }
  std::vector<awaitable<void>> lookups;
  for (Looked& looked : out) {
    if (looked.target.port != 0) lookups.push_back(look_up(&looked, deadline));
  }
  co_await net::all(std::move(lookups));
  co_return out;
}

/// The first address of the family, as LiveKit's dialler takes it.
inline std::optional<std::string> first_of(const Looked& looked, Family family) {
  for (const std::string& address : looked.resolution.addresses) {
    if (family_of(address) == family) return address;
  }
  return std::nullopt;
}

inline std::string unusable_because(const Looked& looked) {
  if (looked.target.port == 0) return "not HOST:PORT";
  return looked.resolution.outcome.ok() ? "no address" : looked.resolution.outcome.text;
}

/// What two destinations saw of one socket. Different addresses are different lines (stun-servers-disagree),
/// and say nothing about how one NAT maps ports.
inline Mapping compare_two(const std::vector<Asked>& asked) {
  for (std::size_t i = 0; i < asked.size(); ++i) {
    for (std::size_t j = i + 1; j < asked.size(); ++j) {
      const Asked& one = asked[i];
      const Asked& two = asked[j];
      if (!one.reply.mapped || !two.reply.mapped) continue;
      if (one.reply.mapped->address != two.reply.mapped->address) continue;
      if (*one.reply.mapped != *two.reply.mapped) return {"address-and-port-dependent", "two servers"};
      if (one.address != two.address) return {"endpoint-independent", "two servers"};
    }
  }
  return {};
}

/// RFC 5780 §4.3: the same server at its other address, with the first port and with its other port.
inline awaitable<Mapping> compare_other(net::UdpSocket* socket, Endpoint first, net::StunReply reply,
                                        Deadline deadline) {
  const Endpoint other = *reply.other;
  std::vector<Endpoint> peers{Endpoint{other.address, first.port}, other};
  const net::StunPatience patience{Milliseconds(1'600), Milliseconds(1'100)};
  const std::vector<net::StunReply> replies = co_await net::ask_stun(socket, peers, patience, deadline);
  const auto& second = replies.at(0).mapped;
  const auto& third = replies.at(1).mapped;
  if (second && *second == *reply.mapped) co_return Mapping{"endpoint-independent", "RFC 5780"};
  if (!second || !third || second->address != reply.mapped->address) co_return Mapping{};
  co_return Mapping{*second == *third ? "address-dependent" : "address-and-port-dependent", "RFC 5780"};
}

inline bool is_second_server(const Endpoint& first, const net::StunReply& reply) {
  return reply.mapped && reply.other && reply.other->address != first.address &&
         family_of(reply.other->address) == family_of(first.address) && reply.other->port != first.port;
}

inline awaitable<void> find_mapping(Round* round, Deadline deadline) {
  for (const Asked& asked : round->asked) {
    if (!asked.reply.mapped) continue;
    const Endpoint& mapped = *asked.reply.mapped;
    const std::string local = net::source_address_for(Endpoint{asked.address, 0});
    if (mapped.address != local || mapped.port != round->socket.local_port()) continue;
    round->mapping = {"none", "own address"};
    co_return;
  }
  for (const Asked& asked : round->asked) {
    const auto target = parse_host_port(asked.name, 3478);
    const Endpoint first{asked.address, target ? target->port : std::uint16_t{0}};
    if (!is_second_server(first, asked.reply)) continue;
    round->mapping = co_await compare_other(&round->socket, first, asked.reply, deadline);
    if (!round->mapping.kind.empty()) co_return;
  }
  round->mapping = compare_two(round->asked);
}

inline awaitable<void> ask_family(Round* round, const std::vector<Looked>* looked, Deadline deadline) {
  std::vector<Endpoint> peers;
  for (const Looked& server : *looked) {
    const auto address = first_of(server, round->family);
    if (!address) continue;
    round->asked.push_back({server.name, *address, Json(round->family).get<std::string>(), "", {}});
    peers.push_back({*address, server.target.port});
  }
  if (peers.empty()) co_return;
  std::vector<net::StunReply> replies = co_await net::ask_stun(&round->socket, peers, {}, deadline);
  for (std::size_t i = 0; i < replies.size(); ++i) round->asked[i].reply = std::move(replies[i]);
  co_await find_mapping(round, deadline);
}

}  // namespace lkdoctor::checks::address_external
