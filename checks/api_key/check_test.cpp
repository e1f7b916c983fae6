// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/facts/local_clock.hpp>

#include "support/api_key_sides.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test::api_key_sides;
using test::by_livekit;

TEST_CASE("api_key is content when both URLs accept the pair and refuse a broken signature") {
  Fixture fixture;
  fixture.clock(0);
  facts::JoinResponse join;
  join.version = "1.13.5";
  fixture.facts.set(facts::join_response, join);
  const Judgement judgement = fixture.judge();
  CHECK(test::ids(judgement) == Ids{});
  CHECK(judgement.facts().at("server_version") == "1.13.5");
  CHECK(judgement.facts().at("server_clock_offset_seconds") == 0.5);
  CHECK(judgement.facts().at("at_service_url") == "accepted");
}

TEST_CASE("api_key without a join and without a clock says null, not 0") {
  const Judgement judgement = Fixture().judge();
  CHECK(judgement.facts().at("server_version") == nullptr);
  CHECK(judgement.facts().at("server_clock_offset_seconds") == nullptr);
}

TEST_CASE("api_key: a key that LiveKit does not know, said once for both URLs") {
  Fixture fixture;
  fixture.observation.sides = {refusing(Side::service_url, kUnknownKey),
                               refusing(Side::public_url, kUnknownKey)};
  fixture.deployment.livekit.emplace();
  fixture.deployment.livekit->keys = {{"other", {}, {}}};
  const Judgement judgement = fixture.judge();
  CHECK(test::ids(judgement) == Ids{"api-key-unknown"});
  CHECK(judgement.findings().front().title ==
        "LiveKit at http://livekit:7880 does not know the API key \"controller\".");
  CHECK(judgement.findings().front().origin->line == 14);
}

TEST_CASE("api_key: another secret, in both wordings; equal files mean a server that was not restarted") {
  Fixture fixture;
  fixture.observation.sides = {refusing(Side::service_url, kWrongSecret),
                               refusing(Side::public_url, kNewWrongSecret)};
  fixture.observation.sides.pop_back();
  CHECK(fixture.ids() == Ids{"api-secret-mismatch"});
  fixture.deployment.livekit.emplace();
  fixture.deployment.livekit->keys = {{"controller", fixture.deployment.api_secret.value, {}}};
  const Judgement judgement = fixture.judge();
  CHECK(judgement.findings().front().remedy.text ==
        "Restart LiveKit: both files have the same secret, the running server has another");
}

TEST_CASE("api_key: the URLs lead to servers that disagree") {
  Fixture fixture;
  fixture.observation.sides[1] = refusing(Side::public_url, kUnknownKey);
  Judgement judgement = fixture.judge();
  CHECK(test::ids(judgement) == Ids{"service-url-other-server"});
  CHECK(judgement.findings().front().title ==
        "service_url and public_url lead to different LiveKit servers: http://livekit:7880 accepts the key "
        "pair, "
        "https://livekit.example does not know the key.");
  fixture.observation.sides[1] = accepting(Side::public_url);
  fixture.observation.sides[1].answers[1] = by_livekit("corrupt", 401, kNewWrongSecret);
  CHECK(fixture.ids() == Ids{"service-url-other-server"});
}

TEST_CASE("api_key: one name, two addresses, two LiveKit servers of which one has other keys") {
  Fixture fixture;
  probes::KeySide& visible = fixture.observation.sides[1];
  visible.address = "198.51.100.23";
  visible.elsewhere = {{"198.51.100.60", {by_livekit("validate", 401, kUnknownKey)}}};
  Judgement judgement = fixture.judge();
  CHECK(test::ids(judgement) == Ids{"nodes-inconsistent"});
  const Finding& finding = judgement.findings().front();
  CHECK(finding.severity == Severity::failure);
  CHECK(finding.subject == "198.51.100.60:443");
  CHECK(finding.title ==
        "The addresses of https://livekit.example lead to different LiveKit servers: 198.51.100.23 accepts "
        "the key pair, 198.51.100.60 does not know the key. Who gets which address is luck.");
  CHECK(
      finding.remedy.text ==
      "Give the LiveKit behind 198.51.100.60 the same key and secret, or take this address out of the name");
  CHECK(finding.origin->line == 12);
  // The other way round: that the first address refuses says nothing of the key pair.
  visible = refusing(Side::public_url, kNewWrongSecret);
  visible.address = "198.51.100.60";
  visible.elsewhere = {{"198.51.100.23", {by_livekit("validate", 200, "success")}}};
  CHECK(fixture.ids() == Ids{"nodes-inconsistent"});
}

TEST_CASE("api_key: a further address that accepts, is dead or is no LiveKit is no other server") {
  Fixture fixture;
  probes::KeySide& visible = fixture.observation.sides[1];
  visible.address = "198.51.100.23";
  visible.elsewhere = {
      {"198.51.100.24", {by_livekit("validate", 200, "success")}},
      {"198.51.100.25", {by_livekit("validate", 404, "requested room does not exist")}},
      {"198.51.100.26", {test::unanswered("validate", net::Stage::connect, net::NetError::timed_out)}},
      {"198.51.100.27", {test::answered("validate", 502, "<center>nginx</center>")}},
      {"198.51.100.28", {test::answered("validate", 401, "<h1>Unauthorized</h1>")}},
      {"2001:db8::23", {}}};
  CHECK(fixture.ids() == Ids{});
}

TEST_CASE("api_key: servers with different keys answer in turn at one address") {
  Fixture fixture;
  probes::KeySide& visible = fixture.observation.sides[1];
  visible.answers[2] = by_livekit("validate", 401, kWrongSecret);
  Judgement judgement = fixture.judge();
  CHECK(test::ids(judgement) == Ids{"nodes-inconsistent"});
  CHECK(judgement.findings().front().subject == "https://livekit.example");
  CHECK(judgement.findings().front().title ==
        "Behind https://livekit.example are LiveKit servers with different keys: they accepted 2 of 3 "
        "requests with one key pair and refused 1 (one has another secret).");
  CHECK(judgement.facts().at("at_public_url") == "mixed");
}

TEST_CASE("api_key: the clock's many tokens show the other server as well") {
  Fixture fixture;
  fixture.clock(0);
  fixture.observation.ladder_at = "public_url";
  CHECK(fixture.ids() == Ids{});
  fixture.observation.ladder[1].accepted.reset();
  fixture.observation.ladder[1].fault = proto::TokenFault::unknown_key;
  CHECK(fixture.ids() == Ids{"nodes-inconsistent"});
}

TEST_CASE("api_key: Authorization is stripped on the way") {
  Fixture fixture;
  probes::KeySide side = accepting(Side::public_url);
  side.answers[1] = by_livekit("corrupt", 200, "OK");
  side.answers[2] = by_livekit("validate", 401, "no permissions to access the room");
  side.answers.push_back(by_livekit("good_query", 200, "OK"));
  side.answers.push_back(by_livekit("corrupt_query", 401, kWrongSecret));
  fixture.observation.sides[1] = side;
  Judgement judgement = fixture.judge();
  CHECK(test::ids(judgement) == Ids{"proxy-strips-authorization"});
  CHECK(judgement.findings().front().severity == Severity::warning);
  side.side = Side::service_url;
  fixture.observation.sides = {side};
  judgement = fixture.judge();
  CHECK(judgement.findings().front().severity == Severity::failure);
}

TEST_CASE("api_key: a proxy that serves / itself does not strip anything") {
  Fixture fixture;
  fixture.observation.sides[1].answers[1] = by_livekit("corrupt", 200, "OK");
  CHECK(fixture.ids() == Ids{});
}

TEST_CASE("api_key: clocks, with seconds and direction") {
  Fixture fixture;
  fixture.clock(-90);
  Judgement judgement = fixture.judge();
  CHECK(test::ids(judgement) == Ids{"clock-skew"});
  CHECK(judgement.findings().front().severity == Severity::failure);
  CHECK(judgement.findings().front().title ==
        "LiveKit's clock is 90 s behind the controller's; every token of this minute is refused (LiveKit "
        "allows 60 "
        "s).");
  fixture.clock(20);
  fixture.deployment.run.vantage = Vantage::outside;
  judgement = fixture.judge();
  CHECK(judgement.findings().front().severity == Severity::warning);
  CHECK(judgement.findings().front().confidence == Confidence::likely);
  CHECK(judgement.findings().front().title ==
        "LiveKit's clock is 21 s ahead of this machine's; beyond 60 s every join fails.");
  fixture.clock(3);
  CHECK(fixture.ids() == Ids{});
}

TEST_CASE("api_key: lkdoctor.toml's clock_skew_seconds never hides a clock beyond LiveKit's leeway") {
  Fixture fixture;
  fixture.deployment.run.thresholds.clock_skew_seconds = 120;
  fixture.clock(20);
  CHECK(fixture.ids() == Ids{});
  fixture.clock(90);
  CHECK(fixture.ids() == Ids{"clock-skew"});
  fixture.deployment.run.thresholds.clock_skew_seconds = 1;
  fixture.clock(3);
  CHECK(fixture.ids() == Ids{"clock-skew"});
}

TEST_CASE("api_key: this machine's own wrong clock is not LiveKit's") {
  Fixture fixture;
  fixture.clock(90);
  facts::LocalClock local;
  local.wrong_by_seconds = 90;
  fixture.facts.set(facts::local_clock, local);
  CHECK(fixture.ids() == Ids{});
}

TEST_CASE("api_key: refused for the time without a measured clock") {
  Fixture fixture;
  fixture.observation.sides = {refusing(
      Side::service_url,
      "invalid token: <token>, error: go-jose/go-jose/jwt: validation failed, token is expired (exp)")};
  CHECK(fixture.ids() == Ids{"clock-skew"});
}

TEST_CASE("api_key: a published pair that works is a failure") {
  Fixture fixture;
  fixture.deployment.api_secret.value.published_sample = true;
  CHECK(fixture.ids() == Ids{"default-or-sample-credentials"});
  fixture.observation.sides = {refusing(Side::service_url, kUnknownKey)};
  CHECK(fixture.ids() == Ids{"api-key-unknown"});
}

TEST_CASE("api_key: auto_create off is said, a full node is a failure") {
  Fixture fixture;
  fixture.observation.sides[0].answers[2] = by_livekit("validate", 404, "requested room does not exist");
  CHECK(fixture.ids() == Ids{"room-create-denied"});
  fixture.observation.sides[0].answers[2] =
      by_livekit("validate", 503, "node has exceeded its configured limit");
  CHECK(fixture.ids() == Ids{"node-limit-reached"});
}

TEST_CASE("api_key: a given token that has expired") {
  Fixture fixture;
  fixture.observation.by_token = true;
  fixture.observation.sides = {
      refusing(Side::public_url, "invalid authorization token: token has invalid claims: token is expired")};
  CHECK(fixture.ids() == Ids{"token-expired"});
}

TEST_CASE("api_key: a refused token is no accepted one, and why is said") {
  Fixture fixture;
  fixture.observation.by_token = true;
  fixture.observation.sides = {refusing(Side::public_url, "invalid API key: somebody")};
  CHECK(fixture.judge().unknown_reason() ==
        "the token of this run is refused at https://livekit.example: LiveKit does not know the key that "
        "signed "
        "it");
}

TEST_CASE("api_key: a token is past its end whether anybody answers or not") {
  Fixture fixture;
  fixture.observation.by_token = true;
  fixture.observation.sides.clear();
  fixture.observation.token_past_s = 3600;
  const Judgement judgement = fixture.judge();
  REQUIRE(test::ids(judgement) == Ids{"token-expired"});
  CHECK(judgement.findings().front().title ==
        "The token of this run expired 3600 s ago, by this machine's clock.");
  fixture.observation.token_past_s = 30;
  CHECK(fixture.ids() == Ids{});
}

TEST_CASE("api_key: who was let in with the pair has the right one, another server has not") {
  Fixture fixture;
  fixture.observation.sides = {refusing(Side::public_url, kWrongSecret)};
  facts::JoinResponse join;
  join.through = "public_url";
  fixture.facts.set(facts::join_response, join);
  const Judgement judgement = fixture.judge();
  REQUIRE(test::ids(judgement) == Ids{"nodes-inconsistent"});
  CHECK(judgement.findings().front().severity == Severity::failure);
  CHECK(judgement.findings().front().title ==
        "Behind https://livekit.example are LiveKit servers with different keys: one let this run join with "
        "the key pair, another has another secret.");
  join.through = "service_url";
  fixture.facts.set(facts::join_response, join);
  CHECK(fixture.ids() == Ids{"api-secret-mismatch"});
}

TEST_CASE("api_key: a limit refused the requests, and a join proves the pair") {
  Fixture fixture;
  fixture.observation.sides = {accepting(Side::public_url)};
  for (auto& asked : fixture.observation.sides[0].answers)
    asked = test::answered(asked.name, 429, "<html><center>nginx</center></html>");
  Judgement judgement = fixture.judge();
  CHECK(test::ids(judgement) == Ids{"rate-limited"});
  CHECK(judgement.unknown_reason() == "no LiveKit took a token: https://livekit.example: HTTP 429");
  facts::JoinResponse join;
  join.through = "public_url";
  fixture.facts.set(facts::join_response, join);
  judgement = fixture.judge();
  CHECK_FALSE(judgement.unknown_reason());
  CHECK(judgement.untested().front().what == "LiveKit's clock");
}

TEST_CASE("api_key: no LiveKit took a token, which is unknown and no fault") {
  Fixture fixture;
  fixture.observation.sides = {accepting(Side::public_url)};
  for (auto& asked : fixture.observation.sides[0].answers) asked = test::answered(asked.name, 403, "");
  Judgement judgement = fixture.judge();
  CHECK(test::ids(judgement) == Ids{});
  CHECK(judgement.unknown_reason() == "no LiveKit took a token: https://livekit.example: HTTP 403");
  fixture.observation.sides[0].answers = {
      test::unanswered("good", net::Stage::tls, net::NetError::untrusted)};
  judgement = fixture.judge();
  CHECK(
      judgement.unknown_reason() ==
      "no LiveKit took a token: https://livekit.example: no token was sent, its certificate is not trusted");
}
