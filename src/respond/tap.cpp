// SPDX-License-Identifier: EUPL-1.2
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>

#include <cstring>

#include "respond/packet_info.hpp"
#include "respond/udp_header.hpp"

namespace lkdoctor::respond {
namespace {

constexpr int kBuffer = 1 << 20;
constexpr std::size_t kIpv6Source = 8, kIpv6Next = 6;                      // RFC 8200 §3
constexpr std::size_t kIpv4Source = 12, kIpv4Protocol = 9, kIpv4Part = 6;  // RFC 791 §3.1
constexpr std::uint32_t kLaterPart = 0x1fff;

/// Goes on where the loaded value is that one, and refuses the datagram elsewhere.
void demand(std::vector<Instruction>& out, std::uint16_t load, std::uint32_t from, std::uint16_t test,
            std::uint32_t value, bool wanted) {
  constexpr auto op = [](int code) { return static_cast<std::uint16_t>(code); };
  out.push_back({op(BPF_LD | BPF_ABS | load), 0, 0, from});
  out.push_back({op(BPF_JMP | BPF_K | test), static_cast<std::uint8_t>(wanted ? 1 : 0),
                 static_cast<std::uint8_t>(wanted ? 0 : 1), value});
  out.push_back({op(BPF_RET | BPF_K), 0, 0, 0});
}

/// For this host, of this family, UDP, and its first part.
std::vector<Instruction> tap_filter(const std::vector<proto::Ports>& serves, bool v4) {
  std::vector<Instruction> out;
  demand(out, BPF_B, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE), BPF_JEQ, PACKET_HOST, true);
  demand(out, BPF_H, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PROTOCOL), BPF_JEQ,
         v4 ? ETH_P_IP : ETH_P_IPV6, true);
  demand(out, BPF_B, v4 ? kIpv4Protocol : kIpv6Next, BPF_JEQ, IPPROTO_UDP, true);
  if (v4) demand(out, BPF_H, kIpv4Part, BPF_JSET, kLaterPart, false);
  const std::vector<Instruction> ports = port_filter(serves, v4 ? Before::ipv4 : Before::ipv6);
  out.insert(out.end(), ports.begin(), ports.end());
  return out;
}

class Tap final : public Watchman {
 public:
  bool open(Family family, const std::vector<proto::Ports>& serves) {
    v4_ = family == Family::ipv4;
    // No protocol at first: nothing comes before the filter is there.
    handle_ = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (handle_ < 0 || !attach_filter(handle_, tap_filter(serves, v4_))) return false;
    if (!set_option(handle_, SOL_SOCKET, SO_RCVBUFFORCE, kBuffer))
      set_option(handle_, SOL_SOCKET, SO_RCVBUF, kBuffer);
    set_option(handle_, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
    sockaddr_ll every{};
    every.sll_family = AF_PACKET;
    // Of one protocol alone it would stand behind tc and nftables' ingress, and call what these drop lost
    // before.
    every.sll_protocol = htons(ETH_P_ALL);
    return bind(handle_, reinterpret_cast<const sockaddr*>(&every), sizeof every) == 0;
  }

  bool receive(Incoming& into) override {
    const ssize_t size = recv(handle_, into.buffer.data(), into.buffer.size(), 0);
    if (size < 0) return false;
    const ByteView all = ByteView(into.buffer).first(static_cast<std::size_t>(size));
    into.payload = {};
    const std::size_t before = v4_ ? ipv4_header(all) : kIpv6Header;
    const auto datagram = read_udp(all, before);
    if (!datagram || before < kIpv4Source + 2 * sizeof(in_addr)) return true;
    into.port = datagram->destination;
    into.payload = datagram->payload;
    take_addresses(all, datagram->source, into);
    return true;
  }

  bool answer(const Way&, ByteView) override { return true; }

  bool has_lost() override {
    tpacket_stats since{};
    socklen_t size = sizeof since;
    return getsockopt(handle_, SOL_PACKET, PACKET_STATISTICS, &since, &size) != 0 || since.tp_drops > 0;
  }

 private:
  void take_addresses(ByteView all, std::uint16_t source, Way& into) const {
    into.peer = {};
    if (v4_) {
      auto& peer = reinterpret_cast<sockaddr_in&>(into.peer);
      peer.sin_family = AF_INET;
      peer.sin_port = htons(source);
      in_addr local{};
      std::memcpy(&peer.sin_addr, all.data() + kIpv4Source, sizeof peer.sin_addr);
      std::memcpy(&local, all.data() + kIpv4Source + sizeof local, sizeof local);
      into.local = mapped(local);
      return;
    }
    auto& peer = reinterpret_cast<sockaddr_in6&>(into.peer);
    peer.sin6_family = AF_INET6;
    peer.sin6_port = htons(source);
    std::memcpy(&peer.sin6_addr, all.data() + kIpv6Source, sizeof peer.sin6_addr);
    std::memcpy(&into.local, all.data() + kIpv6Source + sizeof into.local, sizeof into.local);
  }

  bool v4_ = true;
};

}  // namespace

std::unique_ptr<Watchman> open_tap(Family family, const std::vector<proto::Ports>& serves) {
  auto tap = std::make_unique<Tap>();
  return tap->open(family, serves) ? std::move(tap) : nullptr;
}

}  // namespace lkdoctor::respond
