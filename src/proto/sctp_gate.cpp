// SPDX-License-Identifier: EUPL-1.2
#include "proto/sctp_gate.hpp"

#include <algorithm>

namespace lkdoctor::proto {
namespace {

constexpr std::size_t kCommonHeader = 12;  // RFC 9260 §3.1

/// RFC 9260 §3.2, RFC 3758 §3.2, RFC 6525 §3.1: what data channels use (RFC 8831 §5).
enum ChunkType : std::uint8_t {
  data = 0,
  init = 1,
  init_ack = 2,
  sack = 3,
  heartbeat = 4,
  heartbeat_ack = 5,
  abort = 6,
  shutdown = 7,
  error = 9,
  re_config = 0x82,
  forward_tsn = 0xc0
};

/// NR-SACK, ECNE, CWR, AUTH, I-DATA, ASCONF-ACK, PKTDROP, ASCONF, I-FORWARD-TSN: we offer none of them.
bool was_never_agreed(std::uint8_t type) {
  constexpr std::uint8_t kTypes[] = {0x10, 12, 13, 15, 0x40, 0x80, 0x81, 0xc1, 0xc2};
  return std::ranges::find(kTypes, type) != std::end(kTypes);
}

/// IPv4, IPv6 and host name (RFC 9260 §3.3.2.1): over DTLS there are no addresses.
bool is_address(std::uint16_t parameter) {
  return parameter == 5 || parameter == 6 || parameter == 11;
}

/// Parameters or error causes (RFC 9260 §3.2.1, §3.3.10): type, length with both, value, filler to four
/// bytes.
bool fields_fit(ByteView bytes, bool addresses) {
  Reader in(bytes);
  while (in.left() > 0) {
    const std::uint16_t type = in.u16(), length = in.u16();
    if (in.failed() || length < 4 || (!addresses && is_address(type))) return false;
    in.skip(length - 4U);
    if (in.failed()) return false;
    in.skip(
        std::min<std::size_t>((4 - length % 4) % 4, in.left()));  // the last one may come without its filler
  }
  return true;
}

bool body_fits(std::uint8_t type, ByteView body) {
  switch (type) {
    case data:
      return body.size() >= 12;
    case init:
    case init_ack:
      return body.size() >= 16 && fields_fit(body.subspan(16), false);
    case sack: {
      Reader in(body);
      in.skip(8);
      const std::size_t gaps = in.u16(), duplicates = in.u16();
      return !in.failed() && in.left() == 4 * (gaps + duplicates);
    }
    case heartbeat:
    case heartbeat_ack:
    case abort:
    case error:
    case re_config:
      return fields_fit(body, true);
    case shutdown:
      return body.size() == 4;
    case forward_tsn:
      return body.size() >= 4 && body.size() % 4 == 0;
    default:
      return true;
  }
}

}  // namespace

bool sctp_is_sound(ByteView packet) {
  Reader in(packet);
  in.skip(kCommonHeader);
  if (in.left() == 0) return false;
  while (in.left() > 0) {
    const std::uint8_t type = in.u8();
    in.skip(1);  // flags
    const std::uint16_t length = in.u16();
    if (in.failed() || length < 4 || was_never_agreed(type)) return false;
    const ByteView body = in.view(length - 4U);
    if (in.failed() || !body_fits(type, body)) return false;
    in.skip(std::min<std::size_t>((4 - length % 4) % 4, in.left()));
  }
  return true;
}

}  // namespace lkdoctor::proto
