// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <lkdoctor/proto/ice.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// As much SDP (RFC 8866, JSEP) as it takes to offer to LiveKit and to answer it. No I/O.
namespace lkdoctor::proto {

/// Our half of a peer connection: fresh for each.
struct SdpLocal {
  IceCredentials ice;
  std::string fingerprint;  ///< DtlsIdentity::fingerprint()
};

/// An audio track of ours in an offer.
struct AudioOffer {
  std::string cid;         ///< track id of the msid, as in AddTrackRequest
  std::uint32_t ssrc = 0;  ///< of our RTP
};
inline constexpr std::uint8_t kOpusPayload = 111;  ///< as browsers number it
inline constexpr std::uint8_t kAudioLevelId = 1;   ///< extmap ids of our audio section
inline constexpr std::uint8_t kTransportCcId = 3;
inline constexpr std::uint8_t kMidId = 4;

/// An offer: a section for data channels (mid "0") and, if wished, one for a sendonly Opus track (mid "1").
/// We are the DTLS client (`setup:active`), and LiveKit obeys although its answer may say otherwise.
std::string make_offer(const SdpLocal& local, const std::optional<AudioOffer>& audio = std::nullopt);

/// One m= section of the peer's description.
struct SdpSection {
  std::string kind;  ///< "application", "audio", "video"
  std::string mid;
  std::string direction = "sendrecv";
  std::string protocol;                 ///< "UDP/TLS/RTP/SAVPF"
  std::vector<std::string> formats;     ///< payload types, or "webrtc-datachannel"
  std::vector<std::string> attributes;  ///< those an answer repeats: rtpmap, fmtp, rtcp-fb, extmap
  std::vector<std::uint32_t> ssrcs;     ///< in the order of their first mention
  std::string msid;                     ///< "<stream> <track>"
  std::optional<std::uint16_t> sctp_port;
  bool rejected = false;  ///< port 0
};

/// What a peer's offer or answer says. Text of the peer, bounded.
struct SdpRemote {
  IceCredentials ice;
  std::string fingerprint;  ///< SHA-256, "AB:CD:…"; empty: none
  std::string setup;        ///< "actpass", "active", "passive"
  bool ice_lite = false;
  std::vector<std::string> candidates;  ///< "candidate:…", as given, without duplicates
  bool end_of_candidates = false;
  std::vector<SdpSection> sections;
  std::string bundle;  ///< mids of a=group:BUNDLE

  const SdpSection* section(std::string_view kind) const;
  std::optional<std::uint16_t> sctp_port() const;
};

/// nullopt: no SDP, longer than 256 KiB, more than 1024 sections or without ufrag, pwd or fingerprint.
std::optional<SdpRemote> parse_sdp(std::string_view text);

/// Our answer to the server's offer: same sections and mids, data accepted, everything it sends received,
/// `setup:active`.
std::string make_answer(const SdpLocal& local, const SdpRemote& offer);

}  // namespace lkdoctor::proto
