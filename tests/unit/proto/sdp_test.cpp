// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/proto/sdp.hpp>

using namespace lkdoctor;
using namespace lkdoctor::proto;

namespace {

SdpLocal ours() {
  return {{"abcdefgh", Secret("0123456789abcdef0123456789abcdef")}, "AA:BB:CC"};
}

/// As LiveKit writes it: an offer with data channels and one track that it forwards.
constexpr std::string_view kOffer =
    "v=0\r\no=- 11 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 0a:0B:cc\r\n"
    "a=ice-lite\r\na=group:BUNDLE 0 1\r\na=extmap-allow-mixed\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=setup:actpass\r\na=mid:0\r\n"
    "a=sendrecv\r\na=sctp-port:5000\r\na=ice-ufrag:ServerUfrag\r\na=ice-pwd:ServerPassword\r\n"
    "a=candidate:1 1 udp 2130706431 192.0.2.1 20001 typ host\r\n"
    "a=candidate:1 1 udp 2130706431 192.0.2.1 20001 typ host\r\n"
    "a=candidate:2 1 tcp 1671430143 192.0.2.1 7881 typ host tcptype passive\r\na=end-of-candidates\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\nc=IN IP4 0.0.0.0\r\na=setup:actpass\r\na=mid:1\r\n"
    "a=ice-ufrag:ServerUfrag\r\na=ice-pwd:ServerPassword\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"
    "a=fmtp:111 minptime=10;useinbandfec=1\r\na=rtcp-fb:111 nack \r\n"
    "a=extmap:5 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=ssrc:4242 cname:x\r\na=ssrc:4242 msid:PA_1 TR_1\r\n"
    "a=msid:PA_1 TR_1\r\na=sendonly\r\n";

}  // namespace

TEST_CASE("the offer of data alone has one bundled section and no candidate") {
  const auto read = parse_sdp(make_offer(ours()));
  REQUIRE(read);
  CHECK(read->bundle == "0");
  CHECK(read->setup == "active");
  CHECK(read->ice.ufrag == "abcdefgh");
  CHECK(read->ice.pwd == ours().ice.pwd);
  CHECK(read->fingerprint == "AA:BB:CC");
  CHECK(read->candidates.empty());
  REQUIRE(read->sections.size() == 1);
  CHECK(read->sections[0].kind == "application");
  CHECK(read->sections[0].mid == "0");
  CHECK(read->sctp_port() == 5000);
  CHECK_FALSE(read->ice_lite);
}

TEST_CASE("the offer of a track says its payload type, its extensions and its SSRC") {
  const auto read = parse_sdp(make_offer(ours(), AudioOffer{"TR_cid", 77}));
  REQUIRE(read);
  CHECK(read->bundle == "0 1");
  const SdpSection* audio = read->section("audio");
  REQUIRE(audio != nullptr);
  CHECK(audio->direction == "sendonly");
  CHECK(audio->formats == std::vector<std::string>{"111"});
  CHECK(audio->ssrcs == std::vector<std::uint32_t>{77});
  CHECK(audio->msid == "- TR_cid");
  CHECK(audio->attributes.front() == "rtpmap:111 opus/48000/2");
}

TEST_CASE("LiveKit's offer is read: keys of the bundle, candidates once, sections") {
  const auto offer = parse_sdp(kOffer);
  REQUIRE(offer);
  CHECK(offer->ice.ufrag == "ServerUfrag");
  CHECK(offer->ice.pwd == Secret("ServerPassword"));
  CHECK(offer->fingerprint == "0A:0B:CC");
  CHECK(offer->ice_lite);
  CHECK(offer->end_of_candidates);
  CHECK(offer->setup == "actpass");
  CHECK(offer->candidates ==
        std::vector<std::string>{"candidate:1 1 udp 2130706431 192.0.2.1 20001 typ host",
                                 "candidate:2 1 tcp 1671430143 192.0.2.1 7881 typ host tcptype passive"});
  CHECK(offer->sctp_port() == 5000);
  const SdpSection* audio = offer->section("audio");
  REQUIRE(audio != nullptr);
  CHECK(audio->ssrcs == std::vector<std::uint32_t>{4242});
  CHECK(audio->msid == "PA_1 TR_1");
  CHECK(audio->formats == std::vector<std::string>{"111", "63"});
}

TEST_CASE("an answer takes every section with its mid and receives what the server sends") {
  const auto offer = parse_sdp(kOffer);
  REQUIRE(offer);
  const auto answer = parse_sdp(make_answer(ours(), *offer));
  REQUIRE(answer);
  CHECK(answer->bundle == "0 1");
  CHECK(answer->setup == "active");
  REQUIRE(answer->sections.size() == 2);
  CHECK(answer->sections[0].mid == "0");
  CHECK(answer->sections[0].sctp_port == 5000);
  CHECK(answer->sections[1].mid == "1");
  CHECK(answer->sections[1].direction == "recvonly");
  CHECK(answer->sections[1].formats == std::vector<std::string>{"111", "63"});
  CHECK(answer->sections[1].attributes.size() == 4);
}

TEST_CASE("what is no SDP, or lacks keys, is none") {
  CHECK_FALSE(parse_sdp(""));
  CHECK_FALSE(parse_sdp("HTTP/1.1 200 OK\r\n"));
  CHECK_FALSE(parse_sdp("v=0\r\na=ice-ufrag:a\r\na=ice-pwd:b\r\n"));
  CHECK_FALSE(parse_sdp("v=0\r\na=fingerprint:sha-1 AA\r\na=ice-ufrag:a\r\na=ice-pwd:b\r\n"));
}

TEST_CASE("SDP cut at every byte is read or refused, never more than that") {
  for (std::size_t length = 0; length < kOffer.size(); ++length) {
    const auto read = parse_sdp(kOffer.substr(0, length));
    if (read) CHECK(read->sections.size() <= 2);
  }
}

TEST_CASE("SDP beyond the limits is refused or cut") {
  std::string many = "v=0\r\na=fingerprint:sha-256 AA\r\na=ice-ufrag:a\r\na=ice-pwd:b\r\n";
  std::string sections = many;
  for (int i = 0; i < 2000; ++i) sections += "m=audio 9 X 1\r\n";
  CHECK_FALSE(parse_sdp(sections));
  std::string candidates = many;
  for (int i = 0; i < 500; ++i)
    candidates += "a=candidate:" + std::to_string(i) + " 1 udp 1 192.0.2.1 2 typ host\r\n";
  CHECK(parse_sdp(candidates)->candidates.size() == 128);
  CHECK_FALSE(parse_sdp(many + std::string(300 * 1024, 'x')));
}
