// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/proto/rtp.hpp>

namespace lkdoctor::proto {
namespace {

// RFC 3550 §12.1
constexpr std::uint8_t kSenderReport = 200, kReceiverReport = 201, kSourceDescription = 202;
constexpr std::uint8_t kCname = 1;        // RFC 3550 §12.2
constexpr std::size_t kPacketLimit = 32;  // packets of one compound

// RFC 3550 §6.4.1: fraction lost (8) and cumulative lost (24, signed) share a word.
RtcpReportBlock read_block(Reader& in) {
  RtcpReportBlock block;
  block.ssrc = in.u32();
  const std::uint32_t word = in.u32();
  block.fraction_lost = static_cast<double>(word >> 24U) / 256;
  block.lost = static_cast<std::int32_t>(word << 8U) / 256;
  block.highest_sequence = in.u32();
  block.jitter = in.u32();
  block.last_sr = in.u32();
  block.delay_since_sr = in.u32();
  return block;
}

void write_block(Writer& out, const RtcpReportBlock& block) {
  const auto fraction = static_cast<std::uint32_t>(block.fraction_lost * 256) & 0xffU;
  out.u32(block.ssrc).u32(fraction << 24U | (static_cast<std::uint32_t>(block.lost) & 0xff'ffffU));
  out.u32(block.highest_sequence).u32(block.jitter).u32(block.last_sr).u32(block.delay_since_sr);
}

void read_body(ByteView body, RtcpPacket& packet) {
  Reader in(body);
  packet.sender = in.u32();
  if (packet.type == kSenderReport) {
    RtcpSenderInfo info;
    info.ntp = in.u64();
    info.rtp_timestamp = in.u32();
    info.packets = in.u32();
    info.octets = in.u32();
    if (!in.failed()) packet.sender_info = info;
  }
  if (packet.type != kSenderReport && packet.type != kReceiverReport) return;
  for (unsigned i = 0; i < packet.format; ++i) {
    const RtcpReportBlock block = read_block(in);
    if (in.failed()) return;
    packet.reports.push_back(block);
  }
}

}  // namespace

// RFC 3550 §6.4.1, the header of each: V(2) P count(5) | type | length in words less one
std::vector<RtcpPacket> decode_rtcp(ByteView compound) {
  std::vector<RtcpPacket> packets;
  Reader in(compound);
  while (in.left() > 0 && packets.size() < kPacketLimit) {
    RtcpPacket packet;
    const std::uint8_t first = in.u8();
    packet.format = first & 0x1fU;
    packet.type = in.u8();
    const std::size_t words = in.u16();
    const ByteView body = in.view(4 * words);
    if (in.failed() || first >> 6U != 2 || packet.type < 192 || packet.type > 223) break;
    read_body(body, packet);
    packets.push_back(std::move(packet));
  }
  return packets;
}

Bytes encode_rtcp_report(std::uint32_t sender, const std::optional<RtcpSenderInfo>& info,
                         const std::vector<RtcpReportBlock>& reports, std::string_view name) {
  const std::size_t count = std::min<std::size_t>(reports.size(), 31);
  Writer out;
  out.u8(static_cast<std::uint8_t>(0x80U | count))
      .u8(info ? kSenderReport : kReceiverReport)
      .u16(0)
      .u32(sender);
  if (info) out.u64(info->ntp).u32(info->rtp_timestamp).u32(info->packets).u32(info->octets);
  for (std::size_t i = 0; i < count; ++i) write_block(out, reports[i]);
  out.put_u16(2, static_cast<std::uint16_t>(out.size() / 4 - 1));
  // RFC 3550 §6.5: one chunk: SSRC, CNAME, a null byte, filled to a word.
  const std::size_t start = out.size();
  const std::string_view shown = name.substr(0, 255);
  out.u8(0x81).u8(kSourceDescription).u16(0).u32(sender);
  out.u8(kCname).u8(static_cast<std::uint8_t>(shown.size())).text(shown).u8(0);
  while (out.size() % 4 != 0) out.u8(0);
  out.put_u16(start + 2, static_cast<std::uint16_t>((out.size() - start) / 4 - 1));
  return out.take();
}

}  // namespace lkdoctor::proto
