// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <netinet/in.h>

#include <array>
#include <lkdoctor/address.hpp>
#include <lkdoctor/proto/port_test.hpp>
#include <memory>
#include <string>

namespace lkdoctor::respond {

/// Where a datagram came from, and to.
struct Way {
  sockaddr_storage peer{};
  in6_addr local{};  ///< the address it came to; IPv4 as IPv4-mapped
  unsigned interface = 0;
  std::uint16_t port = 0;  ///< of ours

  Endpoint from() const;
  /// It came to this one of our addresses.
  bool came_to(const in6_addr& address) const;
  std::string at() const;  ///< `local` as text
};

/// A datagram and the way back to its sender.
struct Incoming : Way {
  std::array<std::uint8_t, proto::kLongestPortTest + 64> buffer;  // with the headers a raw socket shows
  ByteView payload;                                               ///< within buffer
};

/// IPv4 as IPv4-mapped. REQUIRES: is_numeric_address(text).
in6_addr address_bytes(const std::string& text);

/// Something that datagrams of the port test come in at.
class Front {
 public:
  Front() = default;
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;
  virtual ~Front();

  int handle() const noexcept { return handle_; }
  /// The next one that waits; false: none. Does not block.
  virtual bool receive(Incoming& into) = 0;
  /// From the address and port that `to` came to. False: this host's own firewall did not let it out; what
  /// else the kernel refuses is lost, as on any way.
  virtual bool answer(const Way& to, ByteView bytes) = 0;

 protected:
  int handle_ = -1;
};

/// Hears datagrams for every port of `serves` beside whoever has these ports, and takes none (raw(7); needs
/// CAP_NET_RAW). nullptr and `why`: it cannot be opened.
std::unique_ptr<Front> open_raw_front(Family family, const std::vector<proto::Ports>& serves,
                                      std::string& why);

/// Every port may need a descriptor.
void raise_descriptor_limit();
/// How many ports may take one now, so that some are left for the rest.
std::size_t spare_descriptors();
/// An ordinary socket on one port of an address; empty: of every one. nullptr and `error`: EADDRINUSE where
/// somebody else has it, or what else keeps it from being opened.
std::unique_ptr<Front> open_bound_front(const std::string& address, std::uint16_t port, int& error);

/// A front with a queue that may overflow unseen.
class Watchman : public Front {
 public:
  /// The kernel had no room for some since this was asked last.
  virtual bool has_lost() = 0;
};

/// Sees datagrams for `serves` as they come in at any interface, before this host's firewall and tc, but
/// behind XDP, and before Docker forwards them into a container (packet(7); needs CAP_NET_RAW). It answers
/// nothing. nullptr: it cannot be had.
std::unique_ptr<Watchman> open_tap(Family family, const std::vector<proto::Ports>& serves);

/// What a socket's filter lets through: UDP to these ports whose payload has the port test's magic.
/// `before`: what stands before the UDP header, as that kind of socket sees it.
enum class Before { nothing, ipv4, ipv6 };
struct Instruction {
  std::uint16_t code = 0;
  std::uint8_t if_true = 0, if_false = 0;
  std::uint32_t operand = 0;
};
std::vector<Instruction> port_filter(const std::vector<proto::Ports>& serves, Before before);
bool attach_filter(int socket, const std::vector<Instruction>& program);

}  // namespace lkdoctor::respond
