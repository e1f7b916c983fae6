// SPDX-License-Identifier: EUPL-1.2
#include "net/listening.hpp"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "base/address_text.hpp"

namespace lkdoctor::net {
namespace {

enum class Told { more, all, nothing };

template <class T>
T read_as(std::span<const std::uint8_t> bytes) {
  T out{};
  std::memcpy(&out, bytes.data(), std::min(bytes.size(), sizeof out));
  return out;
}

bool ask(int socket, int family) {
  constexpr std::uint32_t kListen = 1U << 10U;  // TCP_LISTEN
  struct {
    nlmsghdr head;
    inet_diag_req_v2 what;
  } question{};
  question.head.nlmsg_len = sizeof question;
  question.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  question.what.sdiag_family = static_cast<std::uint8_t>(family);
  question.what.sdiag_protocol = IPPROTO_TCP;
  question.what.idiag_states = kListen;
  return send(socket, &question, sizeof question, 0) == static_cast<ssize_t>(sizeof question);
}

Listener listener_of(const inet_diag_msg& told) {
  std::array<std::uint8_t, sizeof told.id.idiag_src> address{};
  std::memcpy(address.data(), &told.id.idiag_src, address.size());
  Listener out;
  out.address = address_text(std::span(address).first(told.idiag_family == AF_INET ? 4 : 16));
  out.port = ntohs(told.id.idiag_sport);
  return out;
}

/// The messages of one datagram (netlink(7)).
Told take(std::span<const std::uint8_t> block, std::vector<Listener>& out,
          std::vector<std::uint64_t>& inodes) {
  while (block.size() >= sizeof(nlmsghdr)) {
    const auto head = read_as<nlmsghdr>(block);
    if (head.nlmsg_len < sizeof head || head.nlmsg_len > block.size()) return Told::nothing;
    const auto body = block.first(head.nlmsg_len).subspan(sizeof head);
    if (head.nlmsg_type == NLMSG_DONE) return read_as<int>(body) < 0 ? Told::nothing : Told::all;
    if (head.nlmsg_type != SOCK_DIAG_BY_FAMILY || body.size() < sizeof(inet_diag_msg)) return Told::nothing;
    const auto told = read_as<inet_diag_msg>(body);
    out.push_back(listener_of(told));
    inodes.push_back(told.idiag_inode);
    block = block.subspan(std::min<std::size_t>(block.size(), NLMSG_ALIGN(head.nlmsg_len)));
  }
  return Told::more;
}

bool hear(int socket, std::vector<Listener>& out, std::vector<std::uint64_t>& inodes) {
  std::array<std::uint8_t, std::size_t{32} << 10U> block;  // what the kernel writes at most
  Told told = Told::more;
  while (told == Told::more) {
    const ssize_t size = recv(socket, block.data(), block.size(), 0);
    if (size <= 0) return false;
    told = take(std::span(block).first(static_cast<std::size_t>(size)), out, inodes);
  }
  return told == Told::all;
}

}  // namespace

std::optional<std::vector<Listener>> ask_for_listeners(std::vector<std::uint64_t>& inodes) {
  const int kernel = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (kernel < 0) return std::nullopt;
  std::vector<Listener> out;
  std::vector<std::uint64_t> its_inodes;
  const bool told = std::ranges::all_of(std::array{AF_INET, AF_INET6}, [&](int family) {
    return ask(kernel, family) && hear(kernel, out, its_inodes);
  });
  close(kernel);
  if (!told) return std::nullopt;
  inodes = std::move(its_inodes);
  return out;
}

}  // namespace lkdoctor::net
