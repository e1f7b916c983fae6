// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/http_identity.hpp>
#include <lkdoctor/facts/key_verdict.hpp>
#include <lkdoctor/probes/join.hpp>

#include "support/livekit_answers.hpp"
#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_signalling_join();
}

using namespace lkdoctor;
using test::answered;
using test::by_livekit;

namespace {

using Ids = std::vector<std::string>;

probes::JoinAttempt joined() {
  probes::JoinAttempt attempt;
  attempt.url = "https://livekit.example";
  attempt.address = "198.51.100.23";
  attempt.upgrade = answered("join", 101, "");
  attempt.first_message = "join";
  attempt.version = "1.13.5";
  return attempt;
}

probes::JoinAttempt refused(probes::Asked upgrade) {
  probes::JoinAttempt attempt = joined();
  attempt.upgrade = std::move(upgrade);
  attempt.first_message.clear();
  attempt.version.clear();
  return attempt;
}

Judgement judge(std::vector<probes::JoinAttempt> attempts, std::optional<bool> listed = std::nullopt) {
  Deployment deployment;
  deployment.public_url = {"https://livekit.example", {Origin::Kind::flag, "--public-url", 0, 0}};
  deployment.service_url = {"http://livekit:7880", {Origin::Kind::flag, "--service-url", 0, 0}};
  probes::JoinObservation observation{std::move(attempts), listed};
  return test::judge(*checks::make_signalling_join(), observation, {}, deployment);
}

Ids ids(probes::Asked upgrade) {
  return test::ids(judge({refused(std::move(upgrade))}));
}

}  // namespace

TEST_CASE("signalling_join is content with a JoinResponse") {
  const Judgement judgement = judge({joined()}, true);
  CHECK(test::ids(judgement) == Ids{});
  CHECK(judgement.facts().at("server_version") == "1.13.5");
  CHECK(judgement.facts().at("through") == "public_url");
}

TEST_CASE("signalling_join: who comes in by WHIP alone has not joined as a browser does") {
  probes::JoinObservation observation{{refused(answered("join", 404, ""))}, std::nullopt};
  const auto judged = [&] { return test::judge(*checks::make_signalling_join(), observation, {}, {}); };
  CHECK(judged().facts().at("joined_by_whip").is_null());
  CHECK(judged().unknown_reason() == "no join at https://livekit.example: HTTP 404");
  probes::WhipTry& whip = observation.whip.emplace_back();
  whip.url = "https://livekit.example";
  whip.offered = 404;
  CHECK(judged().facts().at("joined_by_whip") == false);
  whip.offered = 204;
  whip.status = 201;
  CHECK(judged().facts().at("joined_by_whip") == true);
  CHECK(judged().facts().at("joined") == false);
  CHECK(judged().unknown_reason() ==
        "no join at https://livekit.example: HTTP 404; by WHIP https://livekit.example opens a session");
  CHECK(test::ids(judged()) == Ids{});
}

TEST_CASE("signalling_join: the room does not show at service_url") {
  CHECK(test::ids(judge({joined()}, false)) == Ids{"service-url-other-server"});
}

TEST_CASE("signalling_join: 101 and no JoinResponse is somebody else's") {
  auto silent = joined();
  silent.first_message = "none";
  CHECK(test::ids(judge({silent})) == Ids{"session-start-stalls"});
}

TEST_CASE("signalling_join: LiveKit takes the token and misses a header of the handshake") {
  const Judgement judgement = judge({refused(by_livekit(
      "join", 400,
      "Bad Request\nwebsocket: not a websocket handshake: 'Sec-WebSocket-Key' header must be Base64 encoded "
      "value of 16-byte in length"))});
  REQUIRE(test::ids(judgement) == Ids{"ws-upgrade-stripped"});
  CHECK(judgement.findings().front().title ==
        "The proxy of https://livekit.example drops the header Sec-WebSocket-Key of the WebSocket upgrade: "
        "LiveKit takes the token and then finds no handshake (HTTP 400). Nobody can join.");
  CHECK(ids(by_livekit("join", 400, "Bad Request\nwebsocket: something else")).empty());
}

TEST_CASE("signalling_join: LiveKit's late errors, its limits and its refusals") {
  probes::Asked late = by_livekit("join", 500, "timed out while waiting for signal response");
  late.first_byte = Milliseconds(18'200);
  const Judgement judgement = judge({refused(late)});
  CHECK(test::ids(judgement) == Ids{"session-start-stalls"});
  CHECK(judgement.findings().front().title ==
        "LiveKit at https://livekit.example takes the token but starts no session: HTTP 500 after 18.2 s.");
  CHECK(ids(by_livekit("join", 500, "could not find any available nodes")) == Ids{"no-available-nodes"});
  CHECK(ids(by_livekit("join", 503, "node has exceeded its configured limit")) == Ids{"node-limit-reached"});
  CHECK(ids(by_livekit("join", 500, "connection closed by media")) == Ids{"join-refused"});
}

TEST_CASE("signalling_join: a late 502 of a path that does not lead to LiveKit is not LiveKit's") {
  probes::Asked late = answered("join", 502, "<html><center>nginx</center></html>");
  late.first_byte = Milliseconds(3'000);
  const auto judged = [&late](bool rtc) {
    facts::HttpIdentity identity;
    identity.answerer = facts::Answerer::livekit;
    identity.rtc = rtc;
    Facts facts;
    facts.set(facts::public_identity, identity);
    probes::JoinObservation observation{{refused(late)}, std::nullopt};
    return test::judge(*checks::make_signalling_join(), observation, facts, Deployment());
  };
  CHECK(test::ids(judged(true)) == Ids{"session-start-stalls"});
  CHECK(test::ids(judged(false)) == Ids{});
  CHECK(judged(false).unknown_reason() ==
        "/rtc at https://livekit.example does not lead to LiveKit (HTTP 502)");
}

TEST_CASE("signalling_join: no node, also when asked again") {
  auto attempt = refused(by_livekit("join", 500, "could not find any available nodes"));
  attempt.without_node_for = Milliseconds(10'040);
  const Judgement judgement = judge({attempt});
  REQUIRE(test::ids(judgement) == Ids{"no-available-nodes"});
  CHECK(judgement.findings().front().title ==
        "LiveKit at https://livekit.example finds no node for a new room, also after 10.0 s.");
}

TEST_CASE("signalling_join: silence for longer than LiveKit tries") {
  auto attempt = refused(test::unanswered("join", net::Stage::upgrade, net::NetError::timed_out));
  attempt.wait_was_long = true;
  attempt.waited = Milliseconds(23'000);
  CHECK(test::ids(judge({attempt})) == Ids{"session-start-stalls"});
}

TEST_CASE("signalling_join leaves to others what they judge") {
  const auto reason = [](probes::Asked upgrade) {
    return judge({refused(std::move(upgrade))}).unknown_reason();
  };
  CHECK(reason(by_livekit("join", 401, "invalid API key: k")) ==
        "no join at https://livekit.example: HTTP 401");
  CHECK(reason(by_livekit("join", 404, "requested room does not exist")) ==
        "LiveKit at https://livekit.example makes no rooms by itself (room.auto_create is off), and this run "
        "makes none");
  CHECK(reason(by_livekit("join", 404, "")) == "no join at https://livekit.example: HTTP 404");
  CHECK(reason(test::unanswered("join", net::Stage::tls, net::NetError::untrusted)) ==
        "no token was sent to https://livekit.example: its certificate is not trusted");
  CHECK(reason(answered("join", 502, "<center>nginx</center>")) == "the upgrade was answered with HTTP 502");
}

TEST_CASE("signalling_join: joined through service_url where public_url refuses") {
  auto service = joined();
  service.side = probes::Side::service_url;
  const Judgement judgement = judge({refused(answered("join", 400, "{}")), service});
  CHECK(test::ids(judgement) == Ids{});
  CHECK_FALSE(judgement.unknown_reason());
  CHECK(judgement.facts().at("through") == "service_url");
}

TEST_CASE("signalling_join: what public_url said stands before the time-out of the way round it") {
  auto service = refused(test::unanswered("join", net::Stage::connect, net::NetError::timed_out));
  service.side = probes::Side::service_url;
  service.url = "http://livekit:7880";
  CHECK(judge({refused(by_livekit("join", 401, "invalid API key: k")), service}).unknown_reason() ==
        "no join at https://livekit.example: HTTP 401; no join at http://livekit:7880: timed out at stage "
        "connect");
}

TEST_CASE("signalling_join: a join refused where the key pair was accepted is another server's") {
  Facts facts;
  facts.set(facts::key_verdict, {facts::KeyState::accepted, facts::KeyState::not_asked, std::nullopt});
  facts.set(facts::public_addresses,
            {"https://livekit.example", "livekit.example", 443, true, "", {"198.51.100.23"}});
  const auto judged = [&facts](int status, const std::string& body) {
    probes::JoinObservation observation{{refused(by_livekit("join", status, body))}, std::nullopt};
    return test::judge(*checks::make_signalling_join(), observation, facts, Deployment());
  };
  const Judgement judgement = judged(401, "invalid API key: controller");
  CHECK(test::ids(judgement) == Ids{"nodes-inconsistent"});
  CHECK(judgement.findings().front().severity == Severity::failure);
  CHECK(judgement.findings().front().title ==
        "Behind https://livekit.example are LiveKit servers with different keys: one accepted the key pair, "
        "another refused the join.");
  CHECK(test::ids(judged(401, "no permissions to access the room")) == Ids{});
  facts.set(
      facts::public_addresses,
      {"https://livekit.example", "livekit.example", 443, true, "", {"198.51.100.23", "198.51.100.60"}});
  CHECK(test::ids(judged(401, "invalid API key: controller")) == Ids{});
  facts.set(facts::key_verdict, {facts::KeyState::unknown_key, facts::KeyState::not_asked, std::nullopt});
  CHECK(test::ids(judged(401, "invalid API key: controller")) == Ids{});
}

namespace {

Judgement judged_with(const probes::JoinAttempt& attempt, const facts::HttpIdentity& identity) {
  Facts facts;
  facts.set(facts::public_identity, identity);
  probes::JoinObservation observation{{attempt}, std::nullopt};
  return test::judge(*checks::make_signalling_join(), observation, facts, Deployment());
}

}  // namespace

TEST_CASE("signalling_join: a limit that lets nothing below /rtc through is a failure") {
  const std::string page = "<html><h1>429 Too Many Requests</h1><center>nginx</center></html>";
  auto attempt = refused(answered("join", 429, page, {{"retry-after", "30"}}));
  attempt.limited = 1;
  facts::HttpIdentity identity;
  identity.answerer = facts::Answerer::livekit;
  const Judgement judgement = judged_with(attempt, identity);
  REQUIRE(test::ids(judgement) == Ids{"rate-limited"});
  CHECK(judgement.findings().front().severity == Severity::failure);
  CHECK(judgement.findings().front().title ==
        "A limit on requests in front of https://livekit.example refuses to let this machine join (HTTP "
        "429); this run's own requests may have met it.");
  identity.rtc = true;
  CHECK(judged_with(attempt, identity).findings().front().severity == Severity::warning);
  attempt.limited = 3;
  CHECK(judged_with(attempt, identity).findings().front().severity == Severity::failure);
  attempt.upgrade.answer.status = 503;
  CHECK(test::ids(judged_with(attempt, identity)) == Ids{"rate-limited"});
}

TEST_CASE("signalling_join: a join that had to wait for a limit is said, and is a join") {
  auto attempt = joined();
  attempt.limited = 1;
  const Judgement judgement = judged_with(attempt, {});
  REQUIRE(test::ids(judgement) == Ids{"rate-limited"});
  CHECK(judgement.findings().front().severity == Severity::warning);
  CHECK_FALSE(judgement.unknown_reason());
}

TEST_CASE("signalling_join: silence where LiveKit has answered before") {
  const auto silent = refused(test::unanswered("join", net::Stage::connect, net::NetError::timed_out));
  facts::HttpIdentity identity;
  CHECK(test::ids(judged_with(silent, identity)) == Ids{});
  identity.answerer = facts::Answerer::livekit;
  CHECK(test::ids(judged_with(silent, identity)) == Ids{"banned-during-run"});
}

TEST_CASE("signalling_join: a socket that is cut although pings flow") {
  auto cut = joined();
  cut.cut_after = Milliseconds(15'040);
  const Judgement judgement = judge({cut});
  CHECK(test::ids(judgement) == Ids{"ws-lifetime-capped"});
  CHECK(judgement.findings().front().title ==
        "The signalling socket at https://livekit.example is cut after 15.0 s although pings flow.");
}
