// SPDX-License-Identifier: EUPL-1.2
#include <cstdlib>
#include <lkdoctor/proto/rtp.hpp>
#include <lkdoctor/proto/srtp.hpp>

#include "pieces.hpp"

using namespace lkdoctor;

namespace {

proto::SrtpKeys keys_of(proto::SrtpProfile profile, bool turned) {
  const std::size_t size = profile == proto::SrtpProfile::aead_aes_128_gcm ? 28 : 30;
  Secret left(std::string(size, 'l')), right(std::string(size, 'r'));
  return turned ? proto::SrtpKeys{profile, right, left} : proto::SrtpKeys{profile, left, right};
}

void read(const Bytes& plain, bool rtcp, proto::RtpStats& stats) {
  if (rtcp) {
    for (const auto& packet : proto::decode_rtcp(plain)) {
      if (packet.reports.size() > 31) std::abort();
    }
  } else if (const auto packet = proto::decode_rtp(plain)) {
    stats.packet(packet->sequence, packet->timestamp, Clock::time_point{});
    if (stats.counts().received == 0 || !stats.highest()) std::abort();
  }
}

/// What we seal is opened by the other end once, and never after one bit of it was turned.
void there_and_back(const Bytes& packet, bool rtcp, proto::Srtp& ours, proto::Srtp& theirs) {
  const auto sealed = rtcp ? ours.protect_rtcp(packet) : ours.protect_rtp(packet);
  if (!sealed) return;
  const auto open = [&](const Bytes& one) {
    return rtcp ? theirs.unprotect_rtcp(one) : theirs.unprotect_rtp(one);
  };
  Bytes altered = *sealed;
  altered[altered.size() - 1 - packet.back() % altered.size()] ^= 1U;
  if (open(altered)) std::abort();
  const auto opened = open(*sealed);
  if (opened && (*opened != packet || open(*sealed))) std::abort();
}

}  // namespace

/// The first byte picks the profile. Then packets, each as it came from the wire and as one of our own.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto profile =
      (data[0] & 1U) != 0 ? proto::SrtpProfile::aead_aes_128_gcm : proto::SrtpProfile::aes128_cm_sha1_80;
  proto::Srtp ours(keys_of(profile, false)), theirs(keys_of(profile, true));
  proto::RtpStats stats(48'000);
  for (const Bytes& packet : pieces_of(ByteView(data + 1, size - 1))) {
    if (packet.empty()) continue;
    if (const auto plain = theirs.unprotect_rtp(packet)) read(*plain, false, stats);
    if (const auto plain = theirs.unprotect_rtcp(packet)) read(*plain, true, stats);
    const bool rtcp = proto::is_rtcp(packet);
    read(packet, rtcp, stats);
    there_and_back(packet, rtcp, ours, theirs);
  }
  return 0;
}
