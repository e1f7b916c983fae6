// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/proto/candidate.hpp>

using namespace lkdoctor;
using namespace lkdoctor::proto;

namespace {

constexpr std::string_view kHost = "candidate:2357112143 1 udp 2130706431 192.0.2.7 20000 typ host";
constexpr std::string_view kTcp =
    "candidate:1134478162 1 tcp 1671430143 192.0.2.7 7881 typ host tcptype passive";
constexpr std::string_view kSrflx =
    "candidate:842163049 1 udp 1694498815 198.51.100.9 20001 typ srflx raddr 0.0.0.0 rport 20001";

}  // namespace

TEST_CASE("a host candidate as LiveKit writes it is read whole and written back as it was") {
  const auto candidate = parse_candidate(kHost);
  REQUIRE(candidate);
  CHECK(candidate->foundation == "2357112143");
  CHECK(candidate->component == 1);
  CHECK(candidate->transport == CandidateTransport::udp);
  CHECK(candidate->priority == 2130706431);
  CHECK(candidate->endpoint == Endpoint{"192.0.2.7", 20000});
  CHECK(candidate->type == CandidateType::host);
  CHECK_FALSE(candidate->related);
  CHECK(candidate->tcp_type.empty());
  CHECK(format_candidate(*candidate) == kHost);
}

TEST_CASE("TCP and server-reflexive candidates keep their own fields") {
  const auto tcp = parse_candidate(kTcp);
  REQUIRE(tcp);
  CHECK(tcp->transport == CandidateTransport::tcp);
  CHECK(tcp->tcp_type == "passive");
  CHECK(format_candidate(*tcp) == kTcp);
  const auto srflx = parse_candidate(kSrflx);
  REQUIRE(srflx);
  CHECK(srflx->type == CandidateType::srflx);
  CHECK(srflx->related == Endpoint{"0.0.0.0", 20001});
  CHECK(format_candidate(*srflx) == kSrflx);
}

TEST_CASE("an SDP line, capitals of the transport and unknown extensions do not disturb") {
  const auto candidate = parse_candidate(
      "a=candidate:1 2 UDP 2130706430 2001:db8::7 20002 typ host generation 0 ufrag abc network-cost 10\r\n");
  REQUIRE(candidate);
  CHECK(candidate->component == 2);
  CHECK(candidate->endpoint == Endpoint{"2001:db8::7", 20002});
  CHECK(candidate->is_numeric());
}

TEST_CASE("a name of multicast DNS is a candidate that cannot be checked from here") {
  const auto candidate = parse_candidate("candidate:1 1 udp 1 4c3f-99.local 9 typ host");
  REQUIRE(candidate);
  CHECK_FALSE(candidate->is_numeric());
}

TEST_CASE("a candidate cut at any place is either refused or still one with a whole address") {
  for (const std::string_view line : {kHost, kTcp, kSrflx}) {
    for (std::size_t size = 0; size < line.size(); ++size) {
      const auto candidate = parse_candidate(line.substr(0, size));
      if (candidate) CHECK(candidate->is_numeric());
    }
  }
}

TEST_CASE("what is no candidate is refused") {
  for (const std::string_view line :
       {"", "candidate:", "candidate: 1 udp 1 192.0.2.7 1 typ host",
        "candidate:1 1 sctp 1 192.0.2.7 1 typ host", "candidate:1 1 udp 1 192.0.2.7 65536 typ host",
        "candidate:1 1 udp -1 192.0.2.7 1 typ host", "candidate:1 1 udp 4294967296 192.0.2.7 1 typ host",
        "candidate:1 1 udp 1 livekit.example.org 1 typ host", "candidate:1 1 udp 1 ../../x.local 1 typ host",
        "candidate:1 1 udp 1 192.0.2.7 1 typ relayed", "candidate:1 1 udp 1 192.0.2.7 1 host",
        "candidate:1 1 tcp 1 192.0.2.7 1 typ host", "candidate:\x01 1 udp 1 192.0.2.7 1 typ host"}) {
    CHECK_MESSAGE(!parse_candidate(line), line);
  }
  CHECK_FALSE(parse_candidate(std::string(kHost) + " " + std::string(600, 'x')));
}

TEST_CASE("priorities are those of RFC 8445") {
  CHECK(candidate_priority(CandidateType::host, 65535, 1) == 2130706431);
  CHECK(candidate_priority(CandidateType::prflx, 65535, 1) == 1862270975);
  CHECK(candidate_priority(CandidateType::relay, 0, 1) == 255);
}
