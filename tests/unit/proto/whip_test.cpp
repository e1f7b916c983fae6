// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/proto/sdp.hpp>
#include <lkdoctor/proto/whip.hpp>

using namespace lkdoctor;
using namespace lkdoctor::proto;

namespace {

// As livekit-server 1.13.5 sends them; the order of the parameters changes from answer to answer.
const std::string kTurn =
    "<turn:turn.uni.example:3478%3Ftransport=udp>; username=\"1795395600:x\"; credential=\"a b;c,d\"; "
    "rel=\"ice-server\"";
const std::string kStun = "<stun:global.stun.twilio.com:3478>; rel=\"ice-server\"";

}  // namespace

TEST_CASE("a TURN server comes with its credentials, whatever stands in them") {
  const auto servers = parse_ice_links(kTurn);
  REQUIRE(servers.size() == 1);
  CHECK(servers[0].urls == std::vector<std::string>{"turn:turn.uni.example:3478?transport=udp"});
  CHECK(servers[0].username == "1795395600:x");
  CHECK(servers[0].credential == Secret("a b;c,d"));
}

TEST_CASE("a field may hold several links, and those of another relation are none of ours") {
  const auto servers =
      parse_ice_links(kStun + ", </style.css>; rel=stylesheet ,  " + kTurn + ", <x:y>; rel=ice-server");
  REQUIRE(servers.size() == 3);
  CHECK(servers[0].urls.front() == "stun:global.stun.twilio.com:3478");
  CHECK(servers[1].username == "1795395600:x");
  CHECK(servers[2].urls.front() == "x:y");
}

TEST_CASE("a quoted string may hold a quoted quote") {
  const auto servers = parse_ice_links(R"(<turn:h>; rel="ice-server"; credential="a\"b\\c")");
  REQUIRE(servers.size() == 1);
  CHECK(servers[0].credential == Secret("a\"b\\c"));
}

TEST_CASE("a field that was cut anywhere, or is none, is no harm") {
  const std::string whole = kStun + ", " + kTurn;
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    CHECK(parse_ice_links(std::string_view(whole).substr(0, length)).size() <= 2);
  }
  for (const std::string_view text : {"", "<", "<>", ";", "x", "<turn:h>", "<turn:h> rel=ice-server", "%"}) {
    CHECK(parse_ice_links(text).empty());
  }
  CHECK(parse_ice_links("<turn:%zz%4>; rel=ice-server").front().urls.front() == "turn:%zz%4");
  std::string many;
  for (int i = 0; i < 1'000; ++i) many += "<a:b>; rel=ice-server,";
  CHECK(parse_ice_links(many).size() == 16);
}

TEST_CASE("of a Location only an id is taken: whom we ask next is not the peer's choice") {
  CHECK(whip_session_id("/whip/v1/PA_dMmQvBLxTxcg") == "PA_dMmQvBLxTxcg");
  CHECK(whip_session_id("https://elsewhere.example/whip/v1/PA_x-1") == "PA_x-1");
  CHECK(whip_session_id("PA_x") == "PA_x");
  for (const std::string_view text :
       {"", "/", "/whip/v1/", "/whip/v1/..", "/whip/v1/a b", "/whip/v1/a?b", "/x\r\nHost: y"}) {
    CHECK(whip_session_id(text).empty());
  }
  CHECK(whip_session_id(std::string(65, 'a')).empty());
}

TEST_CASE("a candidate is told with what ties it to the offer") {
  const SdpLocal local{{"ufra", Secret("password-of-22-letters")}, "AB:CD"};
  CHECK(whip_fragment(make_offer(local), "candidate:1 1 udp 1 192.0.2.1 9 typ host") ==
        "a=ice-ufrag:ufra\r\na=ice-pwd:password-of-22-letters\r\n"
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n"
        "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n");
  CHECK(whip_fragment("v=0", "candidate:x") == "a=candidate:x\r\n");
}
