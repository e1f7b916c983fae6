// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/proto/jwt.hpp>

using namespace lkdoctor;

namespace {

const Secret kSecret("0123456789abcdef0123456789abcdef");
// Made by another implementation from the same secret.
const std::string kVector =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJpc3MiOiJBUEl0ZXN0Iiwic3ViIjoicHJvYmUtMSIsIm5iZiI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDAwNjAwLCJ2aWRlbyI6eyJy"
    "b29t"
    "Sm9pbiI6dHJ1ZSwicm9vbSI6InByb2JlLXJvb20ifX0."
    "dy4leDN6dwUHsdjgHldrIHvegofV5PU5Yszuu7c_EXY";

}  // namespace

TEST_CASE("a token of another implementation is verified and taken apart") {
  CHECK(proto::signature_is_valid(kVector, kSecret));
  CHECK_FALSE(proto::signature_is_valid(kVector, Secret("another secret of some length here")));
  const auto token = proto::decode_token(kVector);
  REQUIRE(token);
  CHECK(token->header.at("alg") == "HS256");
  CHECK(token->payload.at("iss") == "APItest");
  CHECK(token->payload.at("video").at("room") == "probe-room");
}

TEST_CASE("what is signed verifies, and its claims come back") {
  proto::TokenClaims claims;
  claims.issuer = "key \"with quotes\"";
  claims.identity = "probe";
  claims.not_before = 5;
  claims.expires = 65;
  claims.video = {{"roomList", true}};
  const Secret token = proto::sign_token(claims, kSecret);
  CHECK(proto::signature_is_valid(token.reveal(), kSecret));
  const auto back = proto::decode_token(token.reveal());
  REQUIRE(back);
  CHECK(back->payload == Json::parse(R"j({"iss":"key \"with quotes\"","sub":"probe","nbf":5,"exp":65,
                                         "video":{"roomList":true}})j"));
}

TEST_CASE("a token that opens a room can say how long the room stays") {
  proto::TokenClaims claims;
  claims.issuer = "key";
  claims.room_config = proto::fleeting_room();
  const auto back = proto::decode_token(proto::sign_token(claims, kSecret).reveal());
  REQUIRE(back);
  CHECK(back->payload.at("roomConfig") == Json{{"emptyTimeout", 20}, {"departureTimeout", 10}});
}

TEST_CASE("claims without identity and grants leave both out") {
  const Secret token = proto::sign_token({"key", "", 1, 2, nullptr}, kSecret);
  const auto back = proto::decode_token(token.reveal());
  REQUIRE(back);
  CHECK(back->payload == Json::parse(R"({"iss":"key","nbf":1,"exp":2})"));
}

TEST_CASE("what is no token is refused, cut anywhere or swollen") {
  for (std::size_t length = 0; length < kVector.size(); ++length) {
    CHECK_FALSE(proto::signature_is_valid(kVector.substr(0, length), kSecret));
    (void)proto::decode_token(kVector.substr(0, length));
  }
  CHECK_FALSE(proto::decode_token("a.b"));
  CHECK_FALSE(proto::decode_token(kVector + ".x"));
  CHECK_FALSE(proto::decode_token("e30.W10.x"));
  CHECK_FALSE(proto::decode_token(std::string(100'000, 'e') + ".e30.e30"));
}
