// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/bytes.hpp>
#include <optional>

namespace lkdoctor::proto {

/// Takes packets out of a stream in which each is preceded by its length in 16 bits (RFC 4571 §2). Writing is
/// `framed()` of stun.hpp.
class StreamFrames {
 public:
  /// `longest`: a frame above it makes the stream `broken()`; the length field itself allows 65535.
  explicit StreamFrames(std::size_t longest = 0xffff) : longest_(longest) {}

  /// Bytes of the stream, in pieces of any size. Ignored once broken.
  void feed(ByteView bytes);
  /// The next whole packet (an empty one is one too); nullopt: more is needed, or broken.
  std::optional<Bytes> take();
  /// A frame was announced that is longer than allowed: the peer speaks something else.
  bool broken() const noexcept { return broken_; }
  /// What has come and is no whole packet yet.
  std::size_t pending() const noexcept { return buffer_.size() - at_; }
  /// The first of those bytes: what another protocol said instead.
  ByteView rest() const noexcept { return ByteView(buffer_).subspan(at_); }

 private:
  std::size_t longest_;
  Bytes buffer_;
  std::size_t at_ = 0;
  bool broken_ = false;
};

}  // namespace lkdoctor::proto
