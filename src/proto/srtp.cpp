// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/proto/rtp.hpp>
#include <lkdoctor/proto/srtp.hpp>
#include <map>

#include "proto/srtp_crypto.hpp"

namespace lkdoctor::proto {
namespace {

constexpr std::size_t kSourceLimit = 64;            // sources of one direction that are told apart
constexpr std::size_t kLongestPacket = 1'500;       // nothing of a media path is longer
constexpr std::uint32_t kEncrypted = 0x8000'0000U;  // RFC 3711 §3.4: the E flag before the SRTCP index

/// Which packets of a source have been seen (RFC 3711 §3.3.2), 64 back from the newest.
class ReplayWindow {
 public:
  bool fresh(std::uint64_t index) const {
    if (!started_ || index > highest_) return true;
    const std::uint64_t back = highest_ - index;
    return back < 64 && (seen_ >> back & 1U) == 0;
  }
  void take(std::uint64_t index) {
    if (!started_ || index > highest_) {
      const std::uint64_t ahead = started_ ? index - highest_ : 64;
      seen_ = ahead < 64 ? seen_ << ahead : 0;
      highest_ = index;
      started_ = true;
    }
    if (highest_ - index < 64) seen_ |= std::uint64_t{1} << (highest_ - index);
  }
  /// RFC 3711 §3.3.1 and appendix A: the 48-bit index that `sequence` most likely means.
  std::uint64_t guess(std::uint16_t sequence) const {
    if (!started_) return sequence;
    const std::uint64_t rollover = highest_ >> 16U;
    const auto newest = static_cast<std::int32_t>(highest_ & 0xffffU);
    const std::int32_t ahead = sequence - newest;
    if (ahead > 0x8000 && rollover > 0) return (rollover - 1) << 16U | sequence;
    if (ahead < -0x8000) return (rollover + 1) << 16U | sequence;
    return rollover << 16U | sequence;
  }

 private:
  bool started_ = false;
  std::uint64_t highest_ = 0, seen_ = 0;
};

/// Length of the RTP header with CSRCs and extension (RFC 3550 §5.1, §5.3.1); nullopt: no RTP packet.
std::optional<std::size_t> rtp_header_size(ByteView packet) {
  Reader in(packet);
  const std::uint8_t first = in.u8();
  in.skip(11 + 4U * (first & 0x0fU));
  if ((first & 0x10U) != 0) {
    in.skip(2);
    const std::size_t words = in.u16();
    in.skip(4 * words);
  }
  if (in.failed() || first >> 6U != 2) return std::nullopt;
  return in.position();
}

std::uint32_t u32_at(ByteView packet, std::size_t at) {
  return Reader(packet.subspan(at)).u32();
}

Bytes joined(ByteView head, ByteView tail) {
  Bytes all(head.begin(), head.end());
  all.insert(all.end(), tail.begin(), tail.end());
  return all;
}

Bytes four_bytes(std::uint32_t value) {
  return Writer().u32(value).take();
}

}  // namespace

/// Keys and indices of one direction.
struct Direction {
  SrtpProfile profile;
  srtp::SessionKeys rtp, rtcp;
  std::map<std::uint32_t, ReplayWindow> sources, reports;
  std::map<std::uint32_t, std::uint32_t> next_report;  // SRTCP index that we write next

  Direction(SrtpProfile agreed, const Secret& master)
      : profile(agreed),
        rtp(derive(agreed, master, srtp::Family::rtp)),
        rtcp(derive(agreed, master, srtp::Family::rtcp)) {}
  bool gcm() const { return profile == SrtpProfile::aead_aes_128_gcm; }

  std::optional<Bytes> seal_rtp(ByteView packet);
  std::optional<Bytes> open_rtp(ByteView packet);
  Bytes seal_rtcp(ByteView packet);
  std::optional<Bytes> open_rtcp(ByteView packet);
  std::optional<Bytes> rtcp_text(ByteView packet, std::uint32_t word) const;
};

namespace {

ReplayWindow* window_of(std::map<std::uint32_t, ReplayWindow>& windows, std::uint32_t source) {
  const auto known = windows.find(source);
  if (known != windows.end()) return &known->second;
  return windows.size() < kSourceLimit ? &windows[source] : nullptr;
}

}  // namespace

std::optional<Bytes> Direction::seal_rtp(ByteView packet) {
  const auto head = rtp_header_size(packet);
  if (!head || packet.size() > kLongestPacket) return std::nullopt;
  const std::uint32_t ssrc = u32_at(packet, 8);
  ReplayWindow* window = window_of(sources, ssrc);
  if (window == nullptr) return std::nullopt;
  const std::uint64_t index = window->guess(Reader(packet.subspan(2)).u16());
  window->take(index);
  const ByteView header = packet.first(*head), payload = packet.subspan(*head);
  if (gcm()) return joined(header, gcm_seal(rtp, gcm_iv_rtp(rtp, ssrc, index), header, payload));
  const Bytes sealed = joined(header, aes_cm(rtp, ssrc, index, payload));
  return joined(sealed, hmac_tag(rtp, sealed, four_bytes(static_cast<std::uint32_t>(index >> 16U))));
}

std::optional<Bytes> Direction::open_rtp(ByteView packet) {
  const auto head = rtp_header_size(packet);
  const std::size_t tag = gcm() ? srtp::kGcmTag : srtp::kSha1Tag;
  if (!head || packet.size() > kLongestPacket || packet.size() < *head + tag) return std::nullopt;
  const std::uint32_t ssrc = u32_at(packet, 8);
  // A source is remembered only after a packet of it was authentic.
  const auto known = sources.find(ssrc);
  const ReplayWindow before = known == sources.end() ? ReplayWindow{} : known->second;
  const std::uint64_t index = before.guess(Reader(packet.subspan(2)).u16());
  if (!before.fresh(index)) return std::nullopt;
  const ByteView header = packet.first(*head), body = packet.subspan(*head);
  std::optional<Bytes> payload;
  if (gcm()) {
    payload = gcm_open(rtp, gcm_iv_rtp(rtp, ssrc, index), header, body);
  } else {
    const ByteView sealed = packet.first(packet.size() - tag);
    const Bytes wanted = hmac_tag(rtp, sealed, four_bytes(static_cast<std::uint32_t>(index >> 16U)));
    if (srtp::equal_in_constant_time(wanted, packet.last(tag))) {
      payload = aes_cm(rtp, ssrc, index, body.first(body.size() - tag));
    }
  }
  if (!payload) return std::nullopt;
  if (ReplayWindow* window = window_of(sources, ssrc)) window->take(index);
  return joined(header, *payload);
}

// RFC 3711 §3.4 and RFC 7714 §9: the first eight bytes stay readable; the index is written behind.
Bytes Direction::seal_rtcp(ByteView packet) {
  const std::uint32_t ssrc = u32_at(packet, 4);
  const std::uint32_t index = ++next_report[ssrc] & ~kEncrypted;
  const Bytes word = four_bytes(kEncrypted | index);
  const ByteView header = packet.first(8), body = packet.subspan(8);
  if (gcm()) {
    const Bytes sealed = gcm_seal(rtcp, gcm_iv_rtcp(rtcp, ssrc, index), joined(header, word), body);
    return joined(joined(header, sealed), word);
  }
  const Bytes sealed = joined(joined(header, aes_cm(rtcp, ssrc, index, body)), word);
  return joined(sealed, hmac_tag(rtcp, sealed, {}));
}

std::optional<Bytes> Direction::rtcp_text(ByteView packet, std::uint32_t word) const {
  const std::uint32_t ssrc = u32_at(packet, 4), index = word & ~kEncrypted;
  const ByteView header = packet.first(8);
  if (gcm()) {
    const ByteView body = packet.subspan(8, packet.size() - 12);
    return gcm_open(rtcp, gcm_iv_rtcp(rtcp, ssrc, index), joined(header, four_bytes(word)), body);
  }
  const ByteView sealed = packet.first(packet.size() - srtp::kSha1Tag);
  if (!srtp::equal_in_constant_time(hmac_tag(rtcp, sealed, {}), packet.last(srtp::kSha1Tag))) {
    return std::nullopt;
  }
  return aes_cm(rtcp, ssrc, index, sealed.subspan(8, sealed.size() - 12));
}

std::optional<Bytes> Direction::open_rtcp(ByteView packet) {
  const std::size_t behind = gcm() ? 4 : 4 + srtp::kSha1Tag;
  if (packet.size() < 8 + behind + (gcm() ? srtp::kGcmTag : 0) || packet.size() > kLongestPacket) {
    return std::nullopt;
  }
  const std::uint32_t word = u32_at(packet, packet.size() - behind);
  if ((word & kEncrypted) == 0) return std::nullopt;  // WebRTC encrypts all RTCP
  const std::uint32_t ssrc = u32_at(packet, 4), index = word & ~kEncrypted;
  const auto known = reports.find(ssrc);
  if (known != reports.end() && !known->second.fresh(index)) return std::nullopt;
  const auto body = rtcp_text(packet, word);
  if (!body) return std::nullopt;
  if (ReplayWindow* window = window_of(reports, ssrc)) window->take(index);
  return joined(packet.first(8), *body);
}

struct Srtp::Inner {
  Direction sending, receiving;
};

Srtp::Srtp(const SrtpKeys& keys)
    : inner_(new Inner{Direction(keys.profile, keys.local), Direction(keys.profile, keys.remote)}) {}
Srtp::Srtp(Srtp&&) noexcept = default;
Srtp& Srtp::operator=(Srtp&&) noexcept = default;
Srtp::~Srtp() = default;

std::optional<Bytes> Srtp::protect_rtp(ByteView packet) {
  return inner_->sending.seal_rtp(packet);
}
std::optional<Bytes> Srtp::protect_rtcp(ByteView packet) {
  if (!is_rtcp(packet) || packet.size() < 8 || packet.size() > kLongestPacket) return std::nullopt;
  return inner_->sending.seal_rtcp(packet);
}
std::optional<Bytes> Srtp::unprotect_rtp(ByteView packet) {
  return inner_->receiving.open_rtp(packet);
}
std::optional<Bytes> Srtp::unprotect_rtcp(ByteView packet) {
  return inner_->receiving.open_rtcp(packet);
}

}  // namespace lkdoctor::proto
