// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include "support/provoked.hpp"
#include "support/turn_tries.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_turn_tls();
}

using namespace lkdoctor;
using namespace lkdoctor::test;

namespace {

constexpr auto kUrl = "turns:turn.uni.example:443?transport=tcp";
constexpr std::int64_t kNow = 1'800'000'000, kDay = 86'400;

Json session(std::int64_t not_after = kNow + 80 * kDay) {
  const Json leaf{{"subject", "CN=turn.uni.example"}, {"issuer", "CN=A Public CA"},
                  {"names", {"turn.uni.example"}},    {"not_before", kNow - 10 * kDay},
                  {"not_after", not_after},           {"sha256", "00"}};
  return {{"version", "TLSv1.3"},
          {"chain", {leaf}},
          {"trusted", true},
          {"trusted_but_for_dates", true},
          {"name_matches", true}};
}

Json over_tls(Json relay, Json tls = session()) {
  relay["tls"] = std::move(tls);
  return relay;
}

Json tls_try(Json relay, Json media = nullptr) {
  return turn_try(kUrl, "198.51.100.7", std::move(relay), std::move(media));
}

Deployment deployed(std::uint32_t tls_port = 0) {
  Deployment deployment;
  deployment.run.vantage = Vantage::outside;
  deployment.run.audience = Audience::internet;
  if (tls_port == 0) return deployment;
  deployment.livekit.emplace();
  deployment.livekit->turn.enabled = true;
  deployment.livekit->turn.domain = "turn.uni.example";
  deployment.livekit->turn.tls_port = tls_port;
  return deployment;
}

Judgement judged(std::vector<Json> tries, const Deployment& deployment = deployed()) {
  const Json survey{{"urls", {kUrl}}, {"tries", tries}, {"joined", Json::object()}, {"seen_at_s", kNow}};
  return test::judge(*checks::make_turn_tls(), survey, {}, deployment);
}

Json nobody(std::string stage, std::string error, std::string words) {
  return {{"outcome", {{"stage", stage}, {"error", error}, {"text", words}}}, {"turn", Json::object()}};
}

}  // namespace

TEST_CASE("TURN over TLS with a good certificate that carries media raises nothing") {
  const Judgement judgement = judged({tls_try(over_tls(allocated()), connected_media())});
  CHECK(ids(judgement).empty());
  CHECK(judgement.facts()["transport"] == "turn-tls");
  CHECK(judgement.facts()["connected"] == true);
}

TEST_CASE("no TURN over TLS is worth knowing, no more") {
  const Json survey{{"urls", {"turn:198.51.100.7:3478?transport=udp"}}};
  const Judgement judgement = test::judge(*checks::make_turn_tls(), survey, {}, deployed());
  REQUIRE(ids(judgement) == std::vector<std::string>{"no-turn-tls"});
  CHECK(judgement.findings().front().severity == Severity::info);
  CHECK(judgement.findings().front().title ==
        "No TURN over TLS is offered: users whose network lets only HTTPS out have no media.");
  CHECK(judgement.skip_reason() == "LiveKit offers no TURN over TLS");
}

TEST_CASE(
    "a web server on 443 is named, with the port where LiveKit listens, and its certificate is not held "
    "against it") {
  Json relay = over_tls(nobody("message", "malformed", "the answer is not TURN"), session(kNow - kDay));
  relay["turn"] = {{"foreign", "HTTP/1.1 400 Bad Request"}};
  Json one = tls_try(relay);
  one["speaks_http"] = true;
  const Judgement judgement = judged({one}, deployed(5349));
  REQUIRE(ids(judgement) == std::vector<std::string>{"turn-tls-at-http-server"});
  CHECK(judgement.findings().front().title ==
        "turn.uni.example:443 speaks HTTP, not TURN: clients are told "
        "turns:turn.uni.example:443?transport=tcp.");
}

TEST_CASE("nothing on 443 while LiveKit's file names another port is the port") {
  const Json dead = tls_try(nobody("connect", "refused", "connection refused"));
  Json other =
      turn_try("turns:turn.uni.example:5349?transport=tcp", "198.51.100.7", over_tls(allocated()), nullptr);
  other["elsewhere"] = true;
  const Judgement judgement = judged({dead, other}, deployed(5349));
  REQUIRE(ids(judgement) == std::vector<std::string>{"turn-tls-port-not-443"});
  CHECK(judgement.findings().front().title ==
        "Clients are told turns:turn.uni.example:443?transport=tcp, where no TURN answers (connection "
        "refused); "
        "LiveKit's turn.tls_port is 5349.");
  CHECK(judgement.findings().front().evidence.back().key == "turn_answers_at_tls_port");
  CHECK(judgement.findings().front().evidence.back().value == true);
}

TEST_CASE("nothing on 443 without a file that says otherwise is a server that does not answer") {
  const Judgement judgement = judged({tls_try(nobody("connect", "timed-out", ""))});
  REQUIRE(ids(judgement) == std::vector<std::string>{"turn-unreachable"});
  CHECK(judgement.findings().front().title ==
        "TURN over TLS at turn.uni.example:443 does not answer: no connection, the packets are dropped.");
}

TEST_CASE("an expired certificate of a TURN server is a warning about that server") {
  const Judgement judgement =
      judged({tls_try(over_tls(allocated(), session(kNow - 3 * kDay)), connected_media())});
  REQUIRE(ids(judgement) == std::vector<std::string>{"tls-cert-expired"});
  CHECK(judgement.findings().front().subject == kUrl);
  CHECK(judgement.findings().front().severity == Severity::warning);
  CHECK(judgement.findings().front().title == "The certificate of turn.uni.example:443 expired 3 days ago.");
}

TEST_CASE("a handshake that fails is told with its reason") {
  Json tls{{"outcome", {{"stage", "tls"}, {"error", "tls-refused"}, {"text", "alert handshake_failure"}}}};
  const Judgement judgement =
      judged({tls_try(over_tls(nobody("tls", "tls-refused", "alert handshake_failure"), tls))});
  REQUIRE(ids(judgement) == std::vector<std::string>{"tls-handshake-fails"});
  CHECK(judgement.findings().front().title ==
        "TLS with the TURN server at turn.uni.example:443 fails: alert handshake_failure.");
}

TEST_CASE("coturn behind LiveKit's own turn.domain is the wrong block; elsewhere it is a wrong secret") {
  const Json one = tls_try(over_tls(refused(401, 401)));
  const Judgement wrong_block = judged({one}, deployed(443));
  REQUIRE(ids(wrong_block) == std::vector<std::string>{"external-turn-in-wrong-block"});
  CHECK(wrong_block.findings().front().title ==
        "turn.domain turn.uni.example leads to a TURN server that is not LiveKit's own.");
  const Judgement wrong_secret = judged({one});
  REQUIRE(ids(wrong_secret) == std::vector<std::string>{"turn-credentials-rejected"});
  CHECK(wrong_secret.findings().front().subject == "turn.uni.example");
  CHECK(wrong_secret.findings().front().evidence.front().value == kUrl);
}

TEST_CASE("something that is neither TURN nor HTTP is quoted") {
  Json relay = over_tls(nobody("message", "malformed", "the answer is not TURN"));
  relay["turn"] = {{"foreign", "SSH-2.0-OpenSSH_9.2"}};
  const Judgement judgement = judged({tls_try(relay)});
  REQUIRE(ids(judgement) == std::vector<std::string>{"turn-unreachable"});
  CHECK(judgement.findings().front().title ==
        "TURN over TLS at turn.uni.example:443 is answered by something that is not TURN.");
}
