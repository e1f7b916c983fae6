// SPDX-License-Identifier: EUPL-1.2
#include "cli/tokens.hpp"

#include <doctest/doctest.h>

#include <lkdoctor/proto/jwt.hpp>

using namespace lkdoctor;
using namespace lkdoctor::cli;

namespace {

constexpr std::int64_t kNow = 1'800'000'000;
const Secret& secret() {
  static const Secret value("canary-0123456789abcdef0123456789");
  return value;
}

TokenReport inspected(std::string_view text, std::int64_t now = kNow) {
  return inspect_tokens(text, {{"probe", secret()}}, now);
}

}  // namespace

TEST_CASE("a life is at most two hours") {
  CHECK(token_life("2h") == 7200);
  CHECK(token_life("30m") == 1800);
  CHECK(token_life("1h30m") == 5400);
  CHECK(token_life("45s") == 45);
  for (const char* text : {"", "3h", "2h1s", "0s", "-1h", "10", "h", "1d", "99999999999999999999s", "1h "}) {
    CAPTURE(text);
    CHECK_FALSE(token_life(text));
  }
}

TEST_CASE("probe rooms begin with lkdoctor-") {
  CHECK(probe_room("")->starts_with("lkdoctor-"));
  CHECK(*probe_room("") != *probe_room(""));
  CHECK(probe_room("lkdoctor-mine") == "lkdoctor-mine");
  CHECK_FALSE(probe_room("meeting"));
  CHECK_FALSE(probe_room("lkdoctor-"));
}

TEST_CASE("two tokens open one probe room, hidden, for two hours at most") {
  const ProbeTokens tokens = create_tokens("probe", secret(), "lkdoctor-x", kNow, 7200);
  for (const Secret* token : {&tokens.publisher, &tokens.subscriber}) {
    CHECK(proto::signature_is_valid(token->reveal(), secret()));
    const auto decoded = proto::decode_token(token->reveal());
    REQUIRE(decoded);
    CHECK(decoded->payload.at("iss") == "probe");
    CHECK(decoded->payload.at("exp").get<std::int64_t>() - decoded->payload.at("nbf").get<std::int64_t>() <=
          7200);
    CHECK(decoded->payload.at("video").at("room") == "lkdoctor-x");
    CHECK(decoded->payload.at("video").at("hidden") == true);
    CHECK_FALSE(decoded->payload.at("video").contains("roomAdmin"));
  }
  const Json publisher = proto::decode_token(tokens.publisher.reveal())->payload;
  const Json subscriber = proto::decode_token(tokens.subscriber.reveal())->payload;
  CHECK(publisher.at("video").at("canPublish") == true);
  CHECK(subscriber.at("video").at("canPublish") == false);
  CHECK(subscriber.at("video").at("canSubscribe") == true);
  CHECK(publisher.at("sub") != subscriber.at("sub"));
  CHECK(publisher.at("roomConfig") == Json{{"emptyTimeout", 20}, {"departureTimeout", 10}});
  CHECK(subscriber.at("roomConfig") == publisher.at("roomConfig"));
}

TEST_CASE("a valid token is explained without showing it") {
  proto::TokenClaims claims{
      "probe", "probe-1", kNow - 100, kNow + 500, {{"roomJoin", true}, {"room", "lkdoctor-x"}}};
  const Secret token = proto::sign_token(claims, secret());
  const TokenReport report = inspected("Bearer " + token.reveal() + "\r\n");
  CHECK_FALSE(report.refused);
  CHECK(report.text ==
        "Token 1: a LiveKit access token.\n"
        "  algorithm  HS256\n"
        "  key        probe\n"
        "  identity   probe-1\n"
        "  from       2027-01-15T07:58:20Z\n"
        "  until      2027-01-15T08:08:20Z\n"
        "  now        valid for another 8 min (lifetime 10 min)\n"
        "  grants     join room \"lkdoctor-x\", publish, subscribe, send data\n"
        "  signature  valid with the secret of this key\n");
}

TEST_CASE("expired, early, wrongly signed and empty tokens are refused with the reason") {
  const auto text_of = [](proto::TokenClaims claims, const Secret& with, std::int64_t now) {
    return inspected(proto::sign_token(claims, with).reveal(), now).text;
  };
  const proto::TokenClaims claims{"probe", "p", kNow, kNow + 600, nullptr};
  CHECK(text_of(claims, secret(), kNow + 659).find("within LiveKit's tolerance") != std::string::npos);
  CHECK(text_of(claims, secret(), kNow + 660)
            .find("token-expired: this token expired 60 s ago (lifetime 10 min); issue a new one.") !=
        std::string::npos);
  CHECK(text_of(claims, secret(), kNow - 61).find("not valid for another 61 s") != std::string::npos);
  CHECK(text_of(claims, Secret("another"), kNow).find("api-secret-mismatch:") != std::string::npos);
  CHECK(text_of(claims, secret(), kNow).find("opens nothing") != std::string::npos);
  CHECK(inspected("").refused);
  CHECK(inspected("hello").text ==
        "Token 1: not a LiveKit access token (a JWT: three parts of base64url with dots).\n");
  CHECK(inspected(std::string(1 << 20, 'e')).refused);
}

TEST_CASE("a token cut or changed at any byte is judged without harm, its signature never leaves") {
  const ProbeTokens tokens = create_tokens("probe", secret(), "lkdoctor-x", kNow, 600);
  const std::string& whole = tokens.publisher.reveal();
  const std::string signature = whole.substr(whole.rfind('.') + 1);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    CHECK(inspected(whole.substr(0, i)).refused);
    std::string changed = whole;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK(inspected(changed).text.find(signature) == std::string::npos);
  }
}
