// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/bytes.hpp>
#include <optional>
#include <string>

namespace lkdoctor::net {

/// RFC 6455 §5.2, opcodes.
enum class WsOpcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

struct WsFrame {
  bool final = true;
  WsOpcode opcode = WsOpcode::binary;
  Bytes payload;
};

/// Frames of a server out of a stream of bytes. Stays failed after the first violation.
class WsReader {
 public:
  enum class Error { none, protocol, too_large };
  explicit WsReader(std::size_t largest_frame) : largest_(largest_frame) {}

  void feed(ByteView bytes) { pending_.insert(pending_.end(), bytes.begin(), bytes.end()); }
  std::optional<WsFrame> next();
  Error error() const noexcept { return error_; }

 private:
  std::nullopt_t fail(Error error);
  std::size_t largest_;
  Bytes pending_;
  Error error_ = Error::none;
};

/// A frame of a client: masked (RFC 6455 §5.3), never fragmented.
Bytes masked_frame(WsOpcode opcode, ByteView payload, std::uint32_t mask);

/// Sec-WebSocket-Accept for a key (RFC 6455 §4.2.2, item 5.4).
std::string accept_for(const std::string& key);
std::string base64(ByteView bytes);

}  // namespace lkdoctor::net
