// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <lkdoctor/proto/sdp.hpp>
#include <lkdoctor/text.hpp>

namespace lkdoctor::proto {
namespace {

// Limits of ours: the peer's text may be hostile.
constexpr std::size_t kLongest = 256 * 1024;
constexpr std::size_t kLongestValue = 1024;
constexpr std::size_t kMostSections = 1024, kMostCandidates = 128, kMostAttributes = 256, kMostSsrcs = 64;

constexpr std::string_view kExtAudioLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
constexpr std::string_view kExtTransportCc =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
constexpr std::string_view kExtMid = "urn:ietf:params:rtp-hdrext:sdes:mid";

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The text up to `separator`, which is taken away with it; all of it if there is none.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return part;
}

class Parser {
 public:
  SdpRemote out;
  bool broken = false;

  void line(std::string_view text) {
    if (text.size() < 2 || text[1] != '=') return;
    const char type = text[0];
    const std::string_view value = text.substr(2, kLongestValue);
    if (type == 'm') return section(value);
    if (type != 'a') return;
    std::string_view rest = value;
    const std::string_view name = take_until(rest, ':');
    attribute(name, rest, value);
  }

 private:
  void section(std::string_view value) {
    if (out.sections.size() == kMostSections) {
      broken = true;
      return;
    }
    SdpSection& section = out.sections.emplace_back();
    section.kind = take_until(value, ' ');
    section.rejected = take_until(value, ' ') == "0";
    section.protocol = take_until(value, ' ');
    while (!value.empty() && section.formats.size() < kMostAttributes) {
      section.formats.emplace_back(take_until(value, ' '));
    }
  }

  void attribute(std::string_view name, std::string_view value, std::string_view whole) {
    // ICE and DTLS belong to the bundle: its first mention counts.
    if (name == "ice-ufrag" && out.ice.ufrag.empty()) out.ice.ufrag = value;
    if (name == "ice-pwd" && out.ice.pwd.empty()) out.ice.pwd = Secret(std::string(value));
    if (name == "fingerprint") fingerprint(value);
    if (name == "setup" && out.setup.empty()) out.setup = value;
    if (name == "ice-lite") out.ice_lite = true;
    if (name == "candidate") candidate(whole);
    if (name == "end-of-candidates") out.end_of_candidates = true;
    if (name == "group" && value.starts_with("BUNDLE ")) out.bundle = value.substr(7);
    if (!out.sections.empty()) of_section(out.sections.back(), name, value, whole);
  }

  void fingerprint(std::string_view value) {
    const std::string method = to_lower_ascii(take_until(value, ' '));
    if (method != "sha-256" || !out.fingerprint.empty()) return;
    out.fingerprint = value;
    std::ranges::transform(out.fingerprint, out.fingerprint.begin(),
                           [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; });
  }

  void candidate(std::string_view text) {
    const std::string line(text);
    const bool known = std::ranges::find(out.candidates, line) != out.candidates.end();
    if (!known && out.candidates.size() < kMostCandidates) out.candidates.push_back(line);
  }

  static void of_section(SdpSection& section, std::string_view name, std::string_view value,
                         std::string_view whole) {
    if (name == "mid") section.mid = value;
    if (name == "msid") section.msid = value;
    if (name == "sendrecv" || name == "sendonly" || name == "recvonly" || name == "inactive")
      section.direction = name;
    if (name == "sctp-port") section.sctp_port = number<std::uint16_t>(value);
    if (name == "ssrc") ssrc(section, take_until(value, ' '));
    const bool repeated = name == "rtpmap" || name == "fmtp" || name == "rtcp-fb" || name == "extmap";
    if (repeated && section.attributes.size() < kMostAttributes) section.attributes.emplace_back(whole);
  }

  static void ssrc(SdpSection& section, std::string_view text) {
    const auto value = number<std::uint32_t>(text);
    if (!value || section.ssrcs.size() == kMostSsrcs) return;
    if (std::ranges::find(section.ssrcs, *value) == section.ssrcs.end()) section.ssrcs.push_back(*value);
  }
};

std::string session_lines(const SdpLocal& local, std::string_view bundle) {
  return fmt::format(
      "v=0\r\no=- {} 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n"
      "a=extmap-allow-mixed\r\na=msid-semantic: WMS *\r\na=fingerprint:sha-256 {}\r\n",
      static_cast<unsigned>(std::hash<std::string>{}(local.ice.ufrag)) | 1U, bundle, local.fingerprint);
}

std::string ice_lines(const SdpLocal& local, std::string_view mid) {
  return fmt::format(
      "c=IN IP4 0.0.0.0\r\na=mid:{}\r\na=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=ice-options:trickle\r\n"
      "a=setup:active\r\n",
      mid, local.ice.ufrag, local.ice.pwd.reveal());
}

std::string data_section(const SdpLocal& local, std::string_view mid) {
  return "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" + ice_lines(local, mid) +
         "a=sendrecv\r\na=sctp-port:5000\r\na=max-message-size:65535\r\n";
}

std::string audio_section(const SdpLocal& local, const AudioOffer& audio) {
  std::string out = fmt::format("m=audio 9 UDP/TLS/RTP/SAVPF {}\r\n", kOpusPayload) + ice_lines(local, "1");
  out +=
      fmt::format("a=sendonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:{0} opus/48000/2\r\n", kOpusPayload);
  out += fmt::format("a=fmtp:{} minptime=10;useinbandfec=1\r\na=rtcp-fb:{} transport-cc\r\n", kOpusPayload,
                     kOpusPayload);
  out += fmt::format("a=extmap:{} {}\r\na=extmap:{} {}\r\na=extmap:{} {}\r\n", kAudioLevelId, kExtAudioLevel,
                     kTransportCcId, kExtTransportCc, kMidId, kExtMid);
  out += fmt::format("a=msid:- {0}\r\na=ssrc:{1} cname:lkdoctor\r\na=ssrc:{1} msid:- {0}\r\n", audio.cid,
                     audio.ssrc);
  return out;
}

/// What we do with what the peer does: receive.
std::string_view answering(std::string_view direction) {
  return direction == "inactive" || direction == "recvonly" ? "inactive" : "recvonly";
}

std::string answered_section(const SdpLocal& local, const SdpSection& offered) {
  if (offered.kind == "application") return data_section(local, offered.mid);
  std::string out = "m=" + offered.kind + " 9 " + offered.protocol;
  for (const std::string& format : offered.formats) out += " " + format;
  out += "\r\n" + ice_lines(local, offered.mid);
  out += fmt::format("a={}\r\na=rtcp-mux\r\na=rtcp-rsize\r\n", answering(offered.direction));
  for (const std::string& attribute : offered.attributes) out += "a=" + attribute + "\r\n";
  return out;
}

}  // namespace

std::string make_offer(const SdpLocal& local, const std::optional<AudioOffer>& audio) {
  std::string out = session_lines(local, audio ? "0 1" : "0") + data_section(local, "0");
  if (audio) out += audio_section(local, *audio);
  return out;
}

std::string make_answer(const SdpLocal& local, const SdpRemote& offer) {
  std::string mids;
  for (const SdpSection& section : offer.sections) mids += (mids.empty() ? "" : " ") + section.mid;
  std::string out = session_lines(local, offer.bundle.empty() ? mids : offer.bundle);
  for (const SdpSection& section : offer.sections) out += answered_section(local, section);
  return out;
}

const SdpSection* SdpRemote::section(std::string_view kind) const {
  const auto found = std::ranges::find(sections, kind, &SdpSection::kind);
  return found == sections.end() ? nullptr : &*found;
}

std::optional<std::uint16_t> SdpRemote::sctp_port() const {
  const SdpSection* data = section("application");
  return data == nullptr ? std::nullopt : data->sctp_port;
}

std::optional<SdpRemote> parse_sdp(std::string_view text) {
  if (text.size() > kLongest || !text.starts_with("v=0")) return std::nullopt;
  Parser parser;
  while (!text.empty() && !parser.broken) {
    std::string_view line = take_until(text, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    parser.line(line);
  }
  const SdpRemote& out = parser.out;
  if (parser.broken || out.ice.ufrag.empty() || out.ice.pwd.empty() || out.fingerprint.empty())
    return std::nullopt;
  return std::move(parser.out);
}

}  // namespace lkdoctor::proto
