// SPDX-License-Identifier: EUPL-1.2
#include "proto/dcep.hpp"

namespace lkdoctor::proto {
namespace {

constexpr std::uint8_t kAck = 0x02, kOpen = 0x03;      // RFC 8832 §8.2.1
constexpr std::uint8_t kPartialReliableRexmit = 0x01;  // RFC 8832 §8.2.2
constexpr std::uint8_t kUnordered = 0x80;              // RFC 8832 §5.1: the high bit of the channel type
constexpr std::size_t kLongestLabel = 256;

}  // namespace

// RFC 8832 §5.1:
//   type (8) | channel type (8) | priority (16) | reliability parameter (32) | label length (16) |
//   protocol length (16) | label | protocol
std::optional<DcepMessage> decode_dcep(ByteView message) {
  Reader in(message);
  const std::uint8_t type = in.u8();
  DcepMessage result;
  if (type == kAck && !in.failed()) {
    result.acknowledges = true;
    return result;
  }
  const std::uint8_t channel = in.u8();
  in.skip(2);
  const std::uint32_t reliability = in.u32();
  const std::size_t label_size = in.u16(), protocol_size = in.u16();
  const ByteView label = in.view(label_size);
  in.skip(protocol_size);
  if (in.failed() || type != kOpen || label_size > kLongestLabel) return std::nullopt;
  result.options.ordered = (channel & kUnordered) == 0;
  if ((channel & 0x7fU) == kPartialReliableRexmit) result.options.max_retransmits = reliability;
  result.label.assign(label.begin(), label.end());
  return result;
}

Bytes encode_dcep_open(std::string_view label, const ChannelOptions& options) {
  const std::string_view shown = label.substr(0, kLongestLabel);
  const unsigned channel =
      (options.ordered ? 0U : kUnordered) | (options.max_retransmits ? kPartialReliableRexmit : 0U);
  Writer out;
  out.u8(kOpen).u8(static_cast<std::uint8_t>(channel)).u16(0).u32(options.max_retransmits.value_or(0));
  out.u16(static_cast<std::uint16_t>(shown.size())).u16(0).text(shown);
  return out.take();
}

Bytes encode_dcep_ack() {
  return {kAck};
}

}  // namespace lkdoctor::proto
