// SPDX-License-Identifier: EUPL-1.2
#include <linux/filter.h>

#include "respond/packet_info.hpp"
#include "respond/udp_header.hpp"

namespace lkdoctor::respond {
namespace {

std::uint32_t magic() {
  Reader in(proto::kPortTestMagic);
  return in.u32();
}

}  // namespace

std::vector<Instruction> port_filter(const std::vector<proto::Ports>& serves, Before before) {
  constexpr auto op = [](int code) { return static_cast<std::uint16_t>(code); };
  const bool v4 = before == Before::ipv4;
  const std::uint32_t skip = before == Before::ipv6 ? kIpv6Header : 0;
  std::vector<Instruction> out;
  const auto width = [&](int size) { return op(BPF_LD | size | (v4 ? BPF_IND : BPF_ABS)); };
  if (v4) out.push_back({op(BPF_LDX | BPF_B | BPF_MSH), 0, 0, 0});
  out.push_back({width(BPF_W), 0, 0, skip + kUdpHeader});
  // Jumps are counted from the next instruction: three for each range, one to refuse, one to accept.
  const auto ranges = static_cast<std::uint8_t>(serves.size());
  out.push_back({op(BPF_JMP | BPF_JEQ | BPF_K), 0, static_cast<std::uint8_t>(1 + 2 * ranges), magic()});
  out.push_back({width(BPF_H), 0, 0, skip + kUdpPort});
  for (std::uint8_t i = 0; i < ranges; ++i) {
    const auto left = static_cast<std::uint8_t>(2 * (ranges - i - 1));
    out.push_back({op(BPF_JMP | BPF_JGE | BPF_K), 0, 1, serves[i].first});
    out.push_back({op(BPF_JMP | BPF_JGT | BPF_K), 0, static_cast<std::uint8_t>(left + 1), serves[i].last});
  }
  out.push_back({op(BPF_RET | BPF_K), 0, 0, 0});
  out.push_back({op(BPF_RET | BPF_K), 0, 0, 0xffff});
  return out;
}

bool attach_filter(int socket, const std::vector<Instruction>& program) {
  std::vector<sock_filter> out;
  for (const Instruction& one : program) out.push_back({one.code, one.if_true, one.if_false, one.operand});
  const sock_fprog filter{static_cast<unsigned short>(out.size()), out.data()};
  return set_option(socket, SOL_SOCKET, SO_ATTACH_FILTER, filter);
}

}  // namespace lkdoctor::respond
