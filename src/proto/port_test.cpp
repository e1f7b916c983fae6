// SPDX-License-Identifier: EUPL-1.2
#include <arpa/inet.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <lkdoctor/proto/port_test.hpp>
#include <stdexcept>

#include "proto/hmac_sha256.hpp"

// Layouts: docs/port-test.md.
namespace lkdoctor::proto {
namespace {

constexpr std::size_t kHeadBytes = 20;
constexpr std::size_t kAddressBytes = 16;
constexpr std::size_t kPortsBytes = 4, kFlagsBytes = 1;
constexpr std::uint8_t kBusy = 1, kSomeUnopened = 2, kTraced = 4, kSomeKept = 8;

Writer begun(const PortTestHead& head, PortTestKind kind) {
  Writer out;
  out.bytes(kPortTestMagic).u8(kPortTestVersion).u8(static_cast<std::uint8_t>(kind)).u16(head.port);
  out.bytes(head.id).u32(head.sequence);
  return out;
}

/// Zeros up to `length` with the MAC, which comes last.
Bytes sealed(Writer out, std::size_t length, const PortTestKey& key) {
  while (out.size() + kPortTestMacBytes < length) out.u8(0);
  const auto mac = hmac_sha256(key.bytes, out.done());
  out.bytes(ByteView(mac).first(kPortTestMacBytes));
  return out.take();
}

/// The body of a datagram of this kind; failed() if it is none.
Reader body_of(ByteView datagram, std::initializer_list<PortTestKind> kinds) {
  const auto head = peek_port_test(datagram);
  const bool right = head && std::ranges::find(kinds, head->kind) != kinds.end();
  Reader in(right ? datagram.first(datagram.size() - kPortTestMacBytes) : ByteView{});
  in.skip(kHeadBytes);
  return in;
}

template <std::size_t Size>
std::array<std::uint8_t, Size> take(Reader& in) {
  std::array<std::uint8_t, Size> out{};
  const ByteView bytes = in.view(Size);
  std::ranges::copy(bytes, out.begin());
  return out;
}

/// IPv4 as an IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2).
void put(Writer& out, const std::string& text) {
  std::array<std::uint8_t, kAddressBytes> address{};
  if (inet_pton(AF_INET6, text.c_str(), address.data()) != 1) {
    address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (inet_pton(AF_INET, text.c_str(), address.data() + 12) != 1) address = {};
  }
  out.bytes(address);
}

void put(Writer& out, const Endpoint& endpoint) {
  put(out, endpoint.address);
  out.u16(endpoint.port);
}

std::string take_address(Reader& in) {
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const auto address = take<kAddressBytes>(in);
  const bool mapped = std::ranges::equal(kMapped, ByteView(address).first(kMapped.size()));
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(mapped ? AF_INET : AF_INET6, address.data() + (mapped ? kMapped.size() : 0), text.data(),
            text.size());
  return text.data();
}

Endpoint take_endpoint(Reader& in) {
  std::string address = take_address(in);
  return {std::move(address), in.u16()};
}

Ports take_ports(Reader& in) {
  const std::uint16_t first = in.u16();
  return {first, in.u16()};
}

/// A bit for each port, lowest bit first.
Bytes bits_of(const std::vector<bool>& marks, const Ports& ports) {
  Bytes out((ports.size() + 7) / 8);
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (marks[i]) out.at(i / 8) |= static_cast<std::uint8_t>(1U << (i % 8));
  }
  return out;
}

/// Empty: there are too few bits.
std::vector<bool> marks_of(ByteView bits, const Ports& ports) {
  std::vector<bool> out;
  if (bits.size() * 8 < ports.size()) return out;
  for (std::size_t i = 0; i < ports.size(); ++i) out.push_back(((bits[i / 8] >> (i % 8)) & 1U) != 0);
  return out;
}

bool may_be_asked(const Ports& ports) {
  return ports.first <= ports.last && ports.size() <= kMostPortsAsked;
}

/// An echo, at once or late.
std::optional<Echo> read_echo_of(PortTestKind kind, ByteView datagram) {
  Reader in = body_of(datagram, {kind});
  const Echo out{take_endpoint(in)};
  if (in.failed()) return std::nullopt;
  return out;
}

Bytes write_echo_of(PortTestKind kind, const PortTestHead& head, const Echo& body, std::size_t length,
                    const PortTestKey& key) {
  Writer out = begun(head, kind);
  put(out, body.seen_from);
  return sealed(std::move(out), length, key);
}

}  // namespace

std::size_t bytes_to_ask(const Ports& ports) {
  const std::size_t bits = (ports.size() + 7) / 8;
  return std::max(kShortestProbe, kHeadBytes + kPortsBytes + bits + kFlagsBytes + kPortTestMacBytes);
}

std::size_t bytes_to_trace(const Ports& ports) {
  const std::size_t bits = (ports.size() + 7) / 8;
  return std::max(kShortestProbe, kHeadBytes + kPortsBytes + 2 * bits + kFlagsBytes + kPortTestMacBytes);
}

std::optional<PortTestHead> peek_port_test(ByteView datagram) {
  if (datagram.size() < kHeadBytes + kPortTestMacBytes || datagram.size() > kLongestPortTest) return {};
  Reader in(datagram);
  if (!std::ranges::equal(in.view(kPortTestMagic.size()), kPortTestMagic)) return {};
  if (in.u8() != kPortTestVersion) return {};
  const std::uint8_t kind = in.u8();
  if (kind < 1 || kind > static_cast<std::uint8_t>(PortTestKind::late)) return {};
  PortTestHead head;
  head.kind = static_cast<PortTestKind>(kind);
  head.port = in.u16();
  head.id = take<8>(in);
  head.sequence = in.u32();
  return head;
}

bool mac_ok(ByteView datagram, const PortTestKey& key) {
  if (datagram.size() < kHeadBytes + kPortTestMacBytes) return false;
  const std::size_t covered = datagram.size() - kPortTestMacBytes;
  const auto mac = hmac_sha256(key.bytes, datagram.first(covered));
  return CRYPTO_memcmp(mac.data(), datagram.data() + covered, kPortTestMacBytes) == 0;
}

std::optional<Greeting> read_greeting(ByteView datagram) {
  Reader in = body_of(datagram, {PortTestKind::greeting});
  Greeting out{take<16>(in)};
  out.minutes = in.u32();
  if (in.failed() || datagram.size() < kGreetingBytes) return std::nullopt;
  return out;
}

std::optional<Welcome> read_welcome(ByteView datagram) {
  Reader in = body_of(datagram, {PortTestKind::welcome});
  Welcome out;
  out.client = take<16>(in);
  out.server = take<16>(in);
  out.session = take<8>(in);
  const std::uint8_t mode = in.u8();
  out.seen_from = take_endpoint(in);
  out.seconds_left = in.u16();
  out.slice = in.u16();
  const std::size_t ranges = in.u8();
  if (in.failed() || mode < 1 || mode > 2 || ranges > kMostServedRanges) return std::nullopt;
  out.mode = static_cast<ResponderMode>(mode);
  for (std::size_t i = 0; i < ranges; ++i) out.serves.push_back(take_ports(in));
  const bool ordered = std::ranges::all_of(out.serves, [](Ports one) { return one.first <= one.last; });
  if (in.failed() || !ordered) return std::nullopt;
  std::string at = take_address(in);
  if (!in.failed() && at != "::") out.at = std::move(at);
  return out;
}

std::optional<Echo> read_echo(ByteView datagram) {
  return read_echo_of(PortTestKind::echo, datagram);
}

std::optional<Echo> read_late(ByteView datagram) {
  return read_echo_of(PortTestKind::late, datagram);
}

std::optional<Later> read_later(ByteView datagram) {
  Reader in = body_of(datagram, {PortTestKind::later});
  const Later out{in.u16()};
  if (in.failed() || datagram.size() < kShortestProbe || out.seconds > kLatest) return std::nullopt;
  return out;
}

std::optional<PortsAsked> read_asked(ByteView datagram) {
  Reader in = body_of(datagram, {PortTestKind::tally, PortTestKind::slice});
  const PortsAsked out{take_ports(in)};
  if (in.failed() || !may_be_asked(out.ports) || datagram.size() < bytes_to_ask(out.ports))
    return std::nullopt;
  return out;
}

std::optional<PortsMarked> read_marked(ByteView datagram) {
  Reader in = body_of(datagram, {PortTestKind::tallied, PortTestKind::sliced});
  PortsMarked out{take_ports(in), {}};
  if (in.failed() || !may_be_asked(out.ports)) return std::nullopt;
  const ByteView bits = in.view((out.ports.size() + 7) / 8);
  const std::uint8_t flags = in.u8();
  if (in.failed()) return std::nullopt;
  out.busy = (flags & kBusy) != 0;
  out.some_unopened = (flags & kSomeUnopened) != 0;
  out.some_kept = (flags & kSomeKept) != 0;
  out.marks = marks_of(bits, out.ports);
  if ((flags & kTraced) == 0) return out;
  out.at_interface = marks_of(in.view(bits.size()), out.ports);
  if (in.failed()) return std::nullopt;
  return out;
}

Bytes write_greeting(const PortTestHead& head, const Greeting& body, const PortTestKey& key) {
  Writer out = begun(head, PortTestKind::greeting);
  out.bytes(body.client).u32(body.minutes);
  return sealed(std::move(out), kGreetingBytes, key);
}

Bytes write_welcome(const PortTestHead& head, const Welcome& body, const PortTestKey& key) {
  if (body.serves.size() > kMostServedRanges) throw std::length_error("too many ranges for a welcome");
  Writer out = begun(head, PortTestKind::welcome);
  out.bytes(body.client).bytes(body.server).bytes(body.session).u8(static_cast<std::uint8_t>(body.mode));
  put(out, body.seen_from);
  out.u16(body.seconds_left).u16(body.slice).u8(static_cast<std::uint8_t>(body.serves.size()));
  for (const Ports& one : body.serves) out.u16(one.first).u16(one.last);
  put(out, body.at);
  return sealed(std::move(out), 0, key);
}

Bytes write_probe(const PortTestHead& head, std::size_t length, const PortTestKey& key) {
  return sealed(begun(head, PortTestKind::probe), std::max(length, kShortestProbe), key);
}

Bytes write_echo(const PortTestHead& head, const Echo& body, std::size_t length, const PortTestKey& key) {
  return write_echo_of(PortTestKind::echo, head, body, length, key);
}

Bytes write_later(const PortTestHead& head, const Later& body, const PortTestKey& key) {
  Writer out = begun(head, PortTestKind::later);
  out.u16(body.seconds);
  return sealed(std::move(out), kShortestProbe, key);
}

Bytes write_late(const PortTestHead& head, const Echo& body, std::size_t length, const PortTestKey& key) {
  return write_echo_of(PortTestKind::late, head, body, length, key);
}

Bytes write_asked(const PortTestHead& head, const PortsAsked& body, const PortTestKey& key,
                  std::size_t length) {
  Writer out = begun(head, head.kind);
  out.u16(body.ports.first).u16(body.ports.last);
  return sealed(std::move(out), std::max(length, bytes_to_ask(body.ports)), key);
}

Bytes write_marked(const PortTestHead& head, const PortsMarked& body, const PortTestKey& key) {
  Writer out = begun(head, head.kind);
  out.u16(body.ports.first).u16(body.ports.last);
  const bool traced = !body.at_interface.empty();
  out.bytes(bits_of(body.marks, body.ports));
  out.u8(static_cast<std::uint8_t>((body.busy ? kBusy : 0) | (body.some_unopened ? kSomeUnopened : 0) |
                                   (traced ? kTraced : 0) | (body.some_kept ? kSomeKept : 0)));
  if (traced) out.bytes(bits_of(body.at_interface, body.ports));
  return sealed(std::move(out), 0, key);
}

std::vector<std::uint16_t> greeting_ports(const Ports& range) {
  constexpr std::size_t kGreetingPorts = 16;
  const std::size_t count = std::min(kGreetingPorts, range.size());
  std::vector<std::uint16_t> out;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t step = count == 1 ? 0 : i * (range.size() - 1) / (count - 1);
    out.push_back(static_cast<std::uint16_t>(range.first + step));
  }
  return out;
}

}  // namespace lkdoctor::proto
