// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/bytes.hpp>
#include <lkdoctor/proto/dtls.hpp>
#include <memory>
#include <optional>

namespace lkdoctor::proto {

/// SRTP and SRTCP (RFC 3711, RFC 7714) with the keys of a DTLS association. Any SSRC. Not thread-safe.
class Srtp {
 public:
  /// Throws std::runtime_error for keys of a wrong length.
  explicit Srtp(const SrtpKeys& keys);
  Srtp(Srtp&&) noexcept;
  Srtp& operator=(Srtp&&) noexcept;
  ~Srtp();

  /// nullopt: not a packet of that kind, or too long.
  std::optional<Bytes> protect_rtp(ByteView packet);
  std::optional<Bytes> protect_rtcp(ByteView packet);
  /// nullopt: not authentic, replayed, or no such packet.
  std::optional<Bytes> unprotect_rtp(ByteView packet);
  std::optional<Bytes> unprotect_rtcp(ByteView packet);

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace lkdoctor::proto
