// SPDX-License-Identifier: EUPL-1.2
#include "demo/livekit_answers.hpp"

#include <doctest/doctest.h>

#include <lkdoctor/proto/jwt.hpp>

#include "demo/demo.hpp"

using namespace lkdoctor;
using namespace lkdoctor::demo;

namespace {

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'800'000'000)};

std::string token(const char* key, const char* secret, Json video, std::int64_t shift = 0) {
  proto::TokenClaims claims;
  claims.issuer = key;
  claims.identity = "probe";
  claims.not_before = kNow.time_since_epoch().count() - 30 + shift;
  claims.expires = claims.not_before + 60;
  claims.video = std::move(video);
  return "Bearer " + proto::sign_token(claims, Secret(secret)).reveal();
}

Request get(std::string path, std::string authorization = {}) {
  return {.method = "GET", .path = std::move(path), .authorization = std::move(authorization)};
}

}  // namespace

TEST_CASE("the stand-in's LiveKit answers as LiveKit does") {
  const Behaviour healthy;
  const LiveKit livekit(healthy, "k", Secret("0123456789abcdef0123456789abcdef"));
  CHECK(livekit.answer(get("/"), kNow).body == "OK");
  CHECK(livekit.answer(get("/nothing"), kNow).body == "404 page not found\n");
  CHECK(livekit.answer(get("/rtc"), kNow).status == 404);
  CHECK(livekit.answer(get("/rtc"), kNow).body.empty());
  CHECK(livekit.answer(get("/rtc/validate"), kNow).body == "no permissions to access the room");
  const Json bad_route = Json::parse(livekit.answer(get("/twirp/livekit.RoomService/ListRooms"), kNow).body);
  CHECK(bad_route.at("code") == "bad_route");
  CHECK(bad_route.at("msg") == "unsupported method \"GET\" (only POST is allowed)");
}

TEST_CASE("the stand-in's LiveKit refuses tokens for the reason that LiveKit names") {
  Behaviour behaviour;
  const LiveKit livekit(behaviour, "k", Secret("0123456789abcdef0123456789abcdef"));
  const char* const secret = "0123456789abcdef0123456789abcdef";
  CHECK(livekit.answer(get("/", token("k", secret, nullptr)), kNow).body == "OK");
  CHECK(livekit.answer(get("/", token("other", secret, nullptr)), kNow).body == "invalid API key: other");
  const auto ends_with = [&](const std::string& authorization, std::string_view end) {
    const Answer answer = livekit.answer(get("/", authorization), kNow);
    return answer.status == 401 && answer.body.ends_with(end);
  };
  CHECK(ends_with(token("k", "wrong", nullptr), "token signature is invalid: signature is invalid"));
  CHECK(ends_with(token("k", secret, nullptr, -200), "token is expired"));
  CHECK(ends_with(token("k", secret, nullptr, 200), "token is not valid yet"));
  CHECK(livekit.answer(get("/rtc/validate", token("k", secret, {{"roomJoin", true}})), kNow).body ==
        "success");
}

TEST_CASE("the stand-in's proxy breaks what it is told to break") {
  Behaviour behaviour;
  const LiveKit livekit(behaviour, "k", Secret("s"));
  behaviour.mounted_at = "/livekit";
  CHECK(through_proxy(behaviour, livekit, get("/"), kNow).status == 404);
  CHECK(through_proxy(behaviour, livekit, get("/livekit"), kNow).body == "OK");
  behaviour = {};
  behaviour.strips_authorization = true;
  CHECK(through_proxy(behaviour, livekit, get("/", "Bearer nonsense"), kNow).body == "OK");
}

TEST_CASE("every fault of the list is known to the stand-in and no other") {
  for (const Fault& fault : faults()) CHECK(behaviour_for(fault.finding).has_value());
  CHECK_FALSE(behaviour_for("no-such-fault"));
  CHECK(faults().size() >= 12);
}
