// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/bytes.hpp>
#include <lkdoctor/proto/data_channel.hpp>
#include <optional>
#include <string>

namespace lkdoctor::proto {

/// SCTP payload protocol identifiers: RFC 8831 §8.
namespace ppid {
inline constexpr std::uint32_t kDcep = 50, kString = 51, kBinary = 53, kEmptyString = 56, kEmptyBinary = 57;
}

/// RFC 8832 §5: DATA_CHANNEL_OPEN or DATA_CHANNEL_ACK.
struct DcepMessage {
  bool acknowledges = false;
  std::string label;
  ChannelOptions options;
};
/// nullopt: neither, or lengths that do not fit.
std::optional<DcepMessage> decode_dcep(ByteView message);
Bytes encode_dcep_open(std::string_view label, const ChannelOptions& options);
Bytes encode_dcep_ack();

}  // namespace lkdoctor::proto
