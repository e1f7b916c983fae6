// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/proto/rtp.hpp>
#include <stdexcept>

namespace lkdoctor::proto {
namespace {

constexpr std::uint16_t kOneByteProfile = 0xbede;  // RFC 8285 §4.2
constexpr std::uint16_t kTwoByteProfile = 0x1000;  // RFC 8285 §4.3: 0x100 and four bits of the application's
constexpr std::size_t kExtensionLimit = 32;

bool fits_one_byte(const RtpExtension& extension) {
  return extension.id >= 1 && extension.id <= 14 && !extension.value.empty() && extension.value.size() <= 16;
}

// RFC 8285 §4.2: a zero byte is padding; ID 15, and ID 0 with a length, end the block.
void read_one_byte_elements(Reader& in, std::vector<RtpExtension>& into) {
  while (in.left() > 0 && into.size() < kExtensionLimit) {
    const std::uint8_t head = in.u8();
    if (head == 0) continue;
    if (head >> 4U == 0 || head >> 4U == 15) return;
    const ByteView value = in.view((head & 0x0fU) + std::size_t{1});
    if (in.failed()) return;
    into.push_back({static_cast<std::uint8_t>(head >> 4U), Bytes(value.begin(), value.end())});
  }
}

void read_two_byte_elements(Reader& in, std::vector<RtpExtension>& into) {
  while (in.left() > 0 && into.size() < kExtensionLimit) {
    const std::uint8_t id = in.u8();
    if (id == 0) continue;
    const ByteView value = in.view(in.u8());
    if (in.failed()) return;
    into.push_back({id, Bytes(value.begin(), value.end())});
  }
}

void read_extensions(std::uint16_t profile, ByteView block, std::vector<RtpExtension>& into) {
  Reader in(block);
  if (profile == kOneByteProfile) read_one_byte_elements(in, into);
  if ((profile & 0xfff0U) == kTwoByteProfile) read_two_byte_elements(in, into);
}

void write_extensions(Writer& out, const std::vector<RtpExtension>& extensions) {
  const bool one_byte = std::ranges::all_of(extensions, fits_one_byte);
  Writer block;
  for (const RtpExtension& extension : extensions) {
    const std::size_t size = extension.value.size();
    if (size > 255) throw std::length_error("RTP extension too long");
    if (one_byte) {
      block.u8(static_cast<std::uint8_t>(std::size_t{extension.id} << 4U | (size - 1)));
    } else {
      block.u8(extension.id).u8(static_cast<std::uint8_t>(size));
    }
    block.bytes(extension.value);
  }
  while (block.size() % 4 != 0) block.u8(0);
  out.u16(one_byte ? kOneByteProfile : kTwoByteProfile);
  out.u16(static_cast<std::uint16_t>(block.size() / 4)).bytes(block.done());
}

}  // namespace

const RtpExtension* RtpPacket::extension(std::uint8_t id) const {
  const auto found = std::ranges::find(extensions, id, &RtpExtension::id);
  return found == extensions.end() ? nullptr : &*found;
}

// RFC 3550 §5.1: V(2) P X CC(4) | M PT(7) | sequence | timestamp | SSRC | CSRC… | extension | payload |
// padding
std::optional<RtpPacket> decode_rtp(ByteView bytes) {
  Reader in(bytes);
  const std::uint8_t first = in.u8(), second = in.u8();
  RtpPacket packet;
  packet.marker = (second & 0x80U) != 0;
  packet.payload_type = second & 0x7fU;
  packet.sequence = in.u16();
  packet.timestamp = in.u32();
  packet.ssrc = in.u32();
  in.skip(4U * (first & 0x0fU));
  if ((first & 0x10U) != 0) {
    const std::uint16_t profile = in.u16();
    const std::size_t words = in.u16();
    read_extensions(profile, in.view(4 * words), packet.extensions);
  }
  if (in.failed() || first >> 6U != 2) return std::nullopt;
  const ByteView rest = in.view(in.left());
  std::size_t padding = 0;
  if ((first & 0x20U) != 0) {
    if (rest.empty() || rest.back() == 0 || rest.back() > rest.size()) return std::nullopt;
    padding = rest.back();
  }
  packet.payload.assign(rest.begin(), rest.end() - static_cast<std::ptrdiff_t>(padding));
  return packet;
}

Bytes encode_rtp(const RtpPacket& packet) {
  Writer out;
  const bool extended = !packet.extensions.empty();
  out.u8(static_cast<std::uint8_t>(0x80U | (extended ? 0x10U : 0U)));
  out.u8(static_cast<std::uint8_t>((packet.marker ? 0x80U : 0U) | (packet.payload_type & 0x7fU)));
  out.u16(packet.sequence).u32(packet.timestamp).u32(packet.ssrc);
  if (extended) write_extensions(out, packet.extensions);
  return out.bytes(packet.payload).take();
}

bool is_rtp_or_rtcp(ByteView packet) {
  return !packet.empty() && packet.front() >= 128 && packet.front() <= 191;
}

bool is_rtcp(ByteView packet) {
  return is_rtp_or_rtcp(packet) && packet.size() >= 2 && packet[1] >= 192 && packet[1] <= 223;
}

namespace opus {

// RFC 6716 §3.1: configuration 28 (CELT, full band, 2.5 ms), mono. The frame FF FE decodes to silence.
Bytes silence(std::size_t bytes) {
  constexpr std::uint8_t kToc = 28U << 3U;
  if (bytes < 3 || bytes > 1'200) throw std::length_error("no Opus frame of that size");
  if (bytes == 3) return {kToc, 0xff, 0xfe};
  if (bytes == 4) return {kToc | 3U, 1, 0xff, 0xfe};  // code 3, one frame, no padding
  // RFC 6716 §3.2.5: code 3, padding flag, one frame; a length byte 255 stands for 254 and one more byte.
  Writer out;
  out.u8(kToc | 3U).u8(0x40U | 1U);
  std::size_t left = bytes - 4;  // length bytes and padding together
  while (left > 255) {
    out.u8(255);
    left -= 255;
  }
  out.u8(static_cast<std::uint8_t>(left - 1)).u8(0xff).u8(0xfe);
  Bytes frame = out.take();
  frame.resize(bytes, 0);
  return frame;
}

}  // namespace opus

}  // namespace lkdoctor::proto
