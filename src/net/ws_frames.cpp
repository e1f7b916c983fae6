// SPDX-License-Identifier: EUPL-1.2
#include "net/ws_frames.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>

namespace lkdoctor::net {
namespace {

constexpr std::uint8_t kFinal = 0x80, kReserved = 0x70, kOpcode = 0x0f, kMasked = 0x80, kLength = 0x7f;
constexpr std::size_t kLongestControl = 125;  // RFC 6455 §5.5

bool is_known(std::uint8_t opcode) {
  return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

}  // namespace

std::nullopt_t WsReader::fail(Error error) {
  error_ = error;
  pending_.clear();
  return std::nullopt;
}

/// RFC 6455 §5.2: FIN RSV1-3 opcode(4) | MASK length(7) | extended length (16 or 64) | payload.
std::optional<WsFrame> WsReader::next() {
  if (error_ != Error::none) return std::nullopt;
  Reader reader(pending_);
  const std::uint8_t first = reader.u8();
  const std::uint8_t second = reader.u8();
  if (reader.failed()) return std::nullopt;
  const auto opcode = static_cast<std::uint8_t>(first & kOpcode);
  // §5.1: a server must not mask; no extension was negotiated, so the reserved bits are 0.
  if ((first & kReserved) != 0 || !is_known(opcode) || (second & kMasked) != 0) return fail(Error::protocol);
  std::uint64_t length = second & kLength;
  const bool control = opcode >= 8;
  if (control && (length > kLongestControl || (first & kFinal) == 0)) return fail(Error::protocol);
  if (length == 126) {
    length = reader.u16();
  } else if (length == 127) {
    length = reader.u64();
  }
  if (reader.failed()) return std::nullopt;
  if (length > largest_) return fail(Error::too_large);
  const ByteView payload = reader.view(static_cast<std::size_t>(length));
  if (reader.failed()) return std::nullopt;
  WsFrame frame{(first & kFinal) != 0, static_cast<WsOpcode>(opcode), {payload.begin(), payload.end()}};
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(reader.position()));
  return frame;
}

Bytes masked_frame(WsOpcode opcode, ByteView payload, std::uint32_t mask) {
  Writer writer;
  writer.u8(static_cast<std::uint8_t>(kFinal | static_cast<std::uint8_t>(opcode)));
  if (payload.size() <= kLongestControl) {
    writer.u8(static_cast<std::uint8_t>(kMasked | payload.size()));
  } else if (payload.size() <= 0xffff) {
    writer.u8(kMasked | 126).u16(static_cast<std::uint16_t>(payload.size()));
  } else {
    writer.u8(kMasked | 127).u64(payload.size());
  }
  writer.u32(mask);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    const auto key = static_cast<std::uint8_t>(mask >> (24U - 8U * (i % 4U)));
    writer.u8(static_cast<std::uint8_t>(payload[i] ^ key));
  }
  return writer.take();
}

std::string base64(ByteView bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes.data(),
                                     static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

std::string accept_for(const std::string& key) {
  const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<std::uint8_t, SHA_DIGEST_LENGTH> digest{};
  unsigned int length = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha1(), nullptr);
  return base64(ByteView(digest.data(), length));
}

}  // namespace lkdoctor::net
