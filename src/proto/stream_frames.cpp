// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/proto/stream_frames.hpp>

namespace lkdoctor::proto {
namespace {

constexpr std::size_t kLengthBytes = 2;  // RFC 4571 §2

}  // namespace

void StreamFrames::feed(ByteView bytes) {
  if (broken_) return;
  // Taken packets are dropped before the buffer grows: it never holds more than what was not taken yet.
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
  at_ = 0;
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::optional<Bytes> StreamFrames::take() {
  if (broken_ || pending() < kLengthBytes) return std::nullopt;
  Reader in(rest());
  const std::size_t length = in.u16();
  if (length > longest_) {
    broken_ = true;
    return std::nullopt;
  }
  if (in.left() < length) return std::nullopt;
  const ByteView packet = in.view(length);
  Bytes out(packet.begin(), packet.end());
  at_ += kLengthBytes + length;
  return out;
}

}  // namespace lkdoctor::proto
