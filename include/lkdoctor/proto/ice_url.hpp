// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <lkdoctor/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace lkdoctor::proto {

/// A STUN or TURN address as clients are told it (RFC 7064, RFC 7065).
struct IceUrl {
  bool turn = false;    ///< else STUN
  bool secure = false;  ///< "stuns", "turns"
  bool tcp = false;     ///< the way to the server; TLS runs over it where `secure`
  std::string host;     ///< a name or a numeric address, no brackets
  std::uint16_t port = 0;
};
LKDOCTOR_JSON(IceUrl, turn, secure, tcp, host, port)

/// nullopt: browsers refuse it too (no host, a bad port, another scheme), or it is longer than 512 bytes.
std::optional<IceUrl> parse_ice_url(std::string_view url);

}  // namespace lkdoctor::proto
