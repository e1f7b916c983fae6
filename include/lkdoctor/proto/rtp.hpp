// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <lkdoctor/bytes.hpp>
#include <lkdoctor/clock.hpp>
#include <lkdoctor/json.hpp>
#include <optional>
#include <string>
#include <vector>

/// RTP and RTCP (RFC 3550) as far as a probe needs them. No I/O.
namespace lkdoctor::proto {

/// A header extension element (RFC 8285 §4). Written with one-byte headers where all fit.
struct RtpExtension {
  std::uint8_t id = 0;
  Bytes value;
};

struct RtpPacket {
  std::uint8_t payload_type = 0;
  bool marker = false;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0, ssrc = 0;
  std::vector<RtpExtension> extensions;
  Bytes payload;  ///< without padding
  const RtpExtension* extension(std::uint8_t id) const;
};
/// nullopt: not RTP version 2, or lengths that do not fit the packet.
std::optional<RtpPacket> decode_rtp(ByteView packet);
/// Throws std::length_error for an extension of more than 255 bytes.
Bytes encode_rtp(const RtpPacket& packet);

/// RFC 7983 §7: first byte 128 to 191.
bool is_rtp_or_rtcp(ByteView packet);
/// RFC 5761 §4: of these, second byte 192 to 223.
bool is_rtcp(ByteView packet);

/// RFC 3550 §6.4.1: what a receiver says of one source.
struct RtcpReportBlock {
  std::uint32_t ssrc = 0;
  double fraction_lost = 0;
  std::int32_t lost = 0;
  std::uint32_t highest_sequence = 0, jitter = 0, last_sr = 0, delay_since_sr = 0;
};
struct RtcpSenderInfo {
  std::uint64_t ntp = 0;
  std::uint32_t rtp_timestamp = 0, packets = 0, octets = 0;
};
/// One packet of a compound. Kinds that are not read (SDES, feedback) keep their type and format alone.
struct RtcpPacket {
  std::uint8_t type = 0;    ///< 200 SR, 201 RR, 202 SDES, 203 BYE, 205 RTPFB, 206 PSFB
  std::uint8_t format = 0;  ///< report count or FMT
  std::uint32_t sender = 0;
  std::optional<RtcpSenderInfo> sender_info;
  std::vector<RtcpReportBlock> reports;
};
/// Empty: not RTCP. Stops at the first packet whose length does not fit.
std::vector<RtcpPacket> decode_rtcp(ByteView compound);
/// SR if there is sender info, else RR; with CNAME `name` behind it (RFC 3550 §6.1: a compound needs one).
Bytes encode_rtcp_report(std::uint32_t sender, const std::optional<RtcpSenderInfo>& info,
                         const std::vector<RtcpReportBlock>& reports, std::string_view name);

/// What a receiver counts of one source.
struct RtpCounts {
  std::uint64_t received = 0, lost = 0, duplicates = 0, reordered = 0;
  double jitter_ms = 0;  ///< RFC 3550 §6.4.1 and appendix A.8
};
LKDOCTOR_JSON(RtpCounts, received, lost, duplicates, reordered, jitter_ms)

class RtpStats {
 public:
  explicit RtpStats(std::uint32_t clock_rate) : clock_rate_(clock_rate) {}
  void packet(std::uint16_t sequence, std::uint32_t timestamp, Clock::time_point arrival);
  /// `lost`: between the lowest and the highest sequence number seen.
  RtpCounts counts() const;
  /// Extended by the number of wraps; nullopt before the first packet.
  std::optional<std::uint32_t> highest() const;

 private:
  bool seen_before(std::int64_t extended);
  void measure_jitter(std::uint32_t timestamp, Clock::time_point arrival);
  std::uint32_t clock_rate_;
  std::vector<bool> seen_;  // by distance from first_; bounded
  std::int64_t first_ = 0, highest_ = 0;
  std::uint64_t received_ = 0, duplicates_ = 0, reordered_ = 0;
  std::optional<std::pair<std::uint32_t, Clock::time_point>> last_;
  double jitter_ = 0;  // in clock units
};

/// Opus frames (RFC 6716 §3) that decode to silence.
namespace opus {
inline constexpr std::uint32_t kClockRate = 48'000;
inline constexpr std::uint32_t kSamplesPerFrame = 120;
inline constexpr Microseconds kFrame{2'500};
/// `bytes` 3: the shortest; longer: padded as RFC 6716 §3.2.5 allows. REQUIRES: 3 <= bytes <= 1200.
Bytes silence(std::size_t bytes = 3);
}  // namespace opus

}  // namespace lkdoctor::proto
