// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/join_response.hpp>

#include "support/http_public.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test::http_public;
using test::answered;
using test::by_livekit;

TEST_CASE("http_public is content with LiveKit's three answers") {
  const Judgement judgement = Fixture().judge({healthy()});
  CHECK(test::ids(judgement) == Ids{});
  CHECK(judgement.facts().at("answerer") == "livekit");
  CHECK(judgement.facts().at("rtc_v1") == true);
  CHECK_FALSE(judgement.unknown_reason());
}

TEST_CASE("http_public: 200 from another backend is not LiveKit, even if it says OK") {
  Fixture fixture;
  const Judgement judgement = fixture.judge({all_answered(200, "OK", {{"server", "nginx"}})});
  CHECK(test::ids(judgement) == Ids{"wrong-backend"});
  CHECK(judgement.findings().front().title ==
        "public_url https://livekit.example answers 200 but is not LiveKit: no Twirp bad_route, no text of "
        "LiveKit's "
        "join check.");
  CHECK(judgement.findings().front().origin->line == 12);
}

TEST_CASE(
    "http_public: pages of the proxy in place of LiveKit's refusals break nothing where a join went "
    "through") {
  Fixture fixture;
  facts::JoinResponse joined;
  joined.through = "public_url";
  fixture.facts.set(facts::join_response, joined);
  const Judgement judgement = fixture.judge({all_answered(404, "<html>sorry</html>", {{"server", "nginx"}})});
  REQUIRE(test::ids(judgement) == Ids{"wrong-backend"});
  CHECK(judgement.findings().front().severity == Severity::warning);
  CHECK(judgement.findings().front().title ==
        "A session goes through https://livekit.example, but LiveKit's refusals do not: the proxy puts a "
        "page of its "
        "own (404) in their place, so clients and logs do not show why a join fails.");
}

TEST_CASE("http_public: LiveKit's own 404 for everything means a prefix was not stripped") {
  Fixture fixture;
  fixture.path = "/sfu";
  auto survey = healthy();
  for (auto& asked : survey.answers) asked = by_livekit(asked.name, 404, "404 page not found\n");
  survey.again.clear();
  CHECK(fixture.ids(survey) == Ids{"proxy-path-mismatch"});
}

TEST_CASE("http_public: LiveKit at the host's root, not under the path") {
  Fixture fixture;
  fixture.path = "/sfu";
  auto survey = all_answered(404, "<html><center>nginx</center></html>", {{"server", "nginx"}});
  survey.answers.push_back(by_livekit("root_validate", 401, "no permissions to access the room"));
  const Judgement judgement = fixture.judge({survey});
  CHECK(test::ids(judgement) == Ids{"proxy-path-mismatch"});
  CHECK(judgement.findings().front().title ==
        "LiveKit answers at https://livekit.example/, not at public_url https://livekit.example/sfu.");
}

TEST_CASE("http_public: LiveKit under /livekit, the URL without a path") {
  auto survey = all_answered(404, "<html><center>nginx</center></html>", {{"server", "nginx"}});
  named(survey, "prefix_validate") = by_livekit("prefix_validate", 401, "permissions denied");
  CHECK(Fixture().ids(survey) == Ids{"proxy-path-mismatch"});
}

TEST_CASE("http_public: a 502 is the proxy's, and whose") {
  const Judgement judgement = Fixture().judge({all_answered(502, kNginx502)});
  CHECK(test::ids(judgement) == Ids{"proxy-backend-down"});
  CHECK(judgement.findings().front().title ==
        "At public_url https://livekit.example nginx answers 502: it cannot reach LiveKit behind it.");
}

TEST_CASE("http_public: a 502 while service_url works means the wrong port") {
  Fixture fixture;
  facts::HttpIdentity service;
  service.answerer = facts::Answerer::livekit;
  fixture.facts.set(facts::service_identity, service);
  const Judgement judgement = fixture.judge({all_answered(502, kNginx502)});
  CHECK(test::ids(judgement) == Ids{"wrong-port-behind-proxy"});
  CHECK(judgement.findings().front().confidence == Confidence::likely);
  CHECK(fixture.ids(all_answered(504, "", {{"server", "Caddy"}})) == Ids{"proxy-backend-down"});
}

TEST_CASE("http_public: a redirect instead of an answer; of the start page alone it does no harm") {
  CHECK(Fixture().ids(all_answered(301, "", {{"location", "https://other.example/"}})) ==
        Ids{"public-url-redirects"});
  auto survey = healthy();
  named(survey, "health") = answered("health", 302, "", {{"location", "https://www.example/"}});
  CHECK(Fixture().ids(survey) == Ids{});
}

TEST_CASE("http_public: only /rtc is forwarded, which matters without a service_url of its own") {
  auto survey = healthy();
  named(survey, "twirp") =
      answered("twirp", 404, "<html><center>nginx</center></html>", {{"server", "nginx"}});
  survey.again.clear();
  Fixture fixture;
  const Judgement judgement = fixture.judge({survey});
  CHECK(test::ids(judgement) == Ids{"twirp-not-proxied"});
  CHECK(judgement.findings().front().severity == Severity::info);
  fixture.deployment.service_url = {"http://livekit:7880", {Origin::Kind::flag, "--service-url", 0, 0}};
  CHECK(fixture.ids(survey) == Ids{});
}

TEST_CASE("http_public: Not Ready counts only if it lasts") {
  auto survey = healthy();
  named(survey, "health") = by_livekit("health", 406, "Not Ready\nNode Updated At x");
  survey.after_pause = {by_livekit("health", 200, "OK")};
  CHECK(Fixture().ids(survey) == Ids{});
  survey.after_pause = {by_livekit("health", 406, "Not Ready\nNode Updated At x")};
  CHECK(Fixture().ids(survey) == Ids{"not-ready-406"});
}

TEST_CASE("http_public: finer points of a LiveKit that answers") {
  auto survey = healthy();
  for (auto& asked : survey.answers) asked.answer.headers.emplace_back("cf-ray", "8f-FRA");
  survey.plain = {by_livekit("health", 200, "OK"), by_livekit("twirp", 404, test::kBadRoute)};
  named(survey, "debug") =
      by_livekit("debug", 200, "<html><title>/debug/pprof/</title>Types of profiles available");
  named(survey, "validate").answer.headers.emplace_back("access-control-allow-origin", "*");
  named(survey, "validate").answer.headers.emplace_back("access-control-allow-origin", "https://x.example");
  named(survey, "validate_v1") = by_livekit("validate_v1", 404, "404 page not found\n");
  CHECK(Fixture().ids(survey) == Ids{"cdn-in-front", "api-port-exposed-plain", "dev-mode-in-production",
                                     "cors-headers-duplicated", "client-newer-than-server"});
  Fixture lan;
  lan.deployment.run.audience = Audience::lan;
  CHECK(lan.ids(survey) ==
        Ids{"cdn-in-front", "dev-mode-in-production", "cors-headers-duplicated", "client-newer-than-server"});
}

TEST_CASE("http_public: LiveKit's 404 for /rtc/v1 makes it old only where nothing else explains it") {
  auto survey = healthy();
  named(survey, "validate_v1") = by_livekit("validate_v1", 404, "404 page not found\n");
  CHECK(probes::lacks_rtc_v1(survey, ""));
  Fixture fixture;
  facts::JoinResponse joined;
  joined.version = "1.13.5";
  fixture.facts.set(facts::join_response, joined);
  const Judgement judgement = fixture.judge({survey});
  REQUIRE(test::ids(judgement) == Ids{"client-newer-than-server"});
  CHECK(judgement.findings().front().title.find("is 1.13.5 and has /rtc/v1") != std::string::npos);
  named(survey, "validate") = by_livekit("validate", 404, "404 page not found\n");  // the proxy cuts /rtc off
  CHECK_FALSE(probes::lacks_rtc_v1(survey, ""));
}

TEST_CASE("http_public: LiveKit's plain port is open on its own public address") {
  Fixture fixture;
  probes::HttpSurvey survey;
  survey.where = {"https://livekit.example", "livekit.example", 443, true, "", {"198.51.100.20"}};
  survey.plain_port = 7880;
  survey.addresses = {healthy()};
  survey.media_hosts.resize(1);
  survey.media_hosts[0].address = "198.51.100.23";
  survey.media_hosts[0].plain = {by_livekit("health", 200, "OK"), by_livekit("twirp", 404, test::kBadRoute)};
  const Judgement judgement = test::judge(*checks::make_http_public(), survey, {}, fixture.deployment);
  CHECK(test::ids(judgement) == Ids{"api-port-exposed-plain"});
  CHECK(judgement.findings().front().subject == "198.51.100.23:7880");
}

TEST_CASE("http_public: answers that alternate") {
  auto survey = healthy();
  survey.again.push_back(answered("twirp", 502, kNginx502));
  CHECK(Fixture().ids(survey) == Ids{"nodes-inconsistent"});
  survey.again.back() = answered("twirp", 200, "<html>hello</html>");
  CHECK(Fixture().ids(survey) == Ids{"l4-l7-listener-clash"});
}

TEST_CASE("http_public: silence is told by its stage") {
  const auto silent = [](net::Stage stage, net::NetError error) {
    auto survey = healthy();
    survey.again.clear();
    for (auto& asked : survey.answers) asked = test::unanswered(asked.name, stage, error);
    return survey;
  };
  CHECK(Fixture().ids(silent(net::Stage::connect, net::NetError::refused)) == Ids{"endpoint-unreachable"});
  CHECK(Fixture().ids(silent(net::Stage::response, net::NetError::timed_out)) == Ids{"endpoint-stalls"});
  const Judgement tls = Fixture().judge({silent(net::Stage::tls, net::NetError::tls_refused)});
  CHECK(test::ids(tls) == Ids{});
  CHECK(tls.unknown_reason());
  const Judgement unrouted =
      Fixture().judge({silent(net::Stage::connect, net::NetError::network_unreachable)});
  CHECK(test::ids(unrouted) == Ids{});
  CHECK(unrouted.unknown_reason() == "no route from here to 198.51.100.23");
}

TEST_CASE("http_public: refusals of OpenTalk's own proxy are healthy") {
  Fixture fixture;
  fixture.path = "/livekit";
  CHECK(fixture.ids(all_answered(403, "")) == Ids{});
  CHECK(fixture.ids(all_answered(401, R"({"code":"unauthorized"})")) == Ids{});
  auto roomserver = all_answered(401, R"({"code":"unauthorized"})");
  named(roomserver, "validate") = answered("validate", 405, "");
  const Judgement judgement = fixture.judge({roomserver});
  CHECK(test::ids(judgement) == Ids{});
  CHECK(judgement.facts().at("answerer") == "roomserver");
}

TEST_CASE("http_public: one cause at two addresses is said once") {
  auto other = all_answered(502, kNginx502);
  other.address = "2001:db8::23";
  CHECK(test::ids(Fixture().judge({all_answered(502, kNginx502), other})) == Ids{"proxy-backend-down"});
}

TEST_CASE("http_public: one bad address beside a good one is said") {
  auto other = all_answered(502, kNginx502);
  other.address = "198.51.100.24";
  CHECK(test::ids(Fixture().judge({healthy(), other})) == Ids{"proxy-backend-down"});
}
