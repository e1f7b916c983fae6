// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <lkdoctor/bytes.hpp>
#include <optional>
#include <string>
#include <vector>

/// LiveKit signalling messages (SignalRequest, SignalResponse), as far as they are needed. No I/O.
namespace lkdoctor::proto {

/// JoinResponse, the first message of every session. Text of the peer; no credential is kept.
struct JoinInfo {
  std::string room, version, node, region;
  std::int32_t protocol = 0;
  std::int32_t ping_interval_seconds = 0, ping_timeout_seconds = 0;
  std::vector<std::string> ice_urls;
};

/// What the server said. Everything that is neither is `other` and may be ignored.
enum class SignalKind { malformed, join, leave, other };
struct SignalMessage {
  SignalKind kind = SignalKind::malformed;
  JoinInfo join;
  int leave_reason = 0;
};
SignalMessage decode_signal(ByteView message);

/// reason CLIENT_INITIATED, action DISCONNECT.
Bytes encode_leave();
Bytes encode_ping(std::int64_t timestamp_ms);

}  // namespace lkdoctor::proto
