// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/probes/http_survey.hpp>

#include "support/livekit_answers.hpp"
#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_http_public();
}

using namespace lkdoctor;
using test::answered;
using test::by_livekit;

namespace {

using Ids = std::vector<std::string>;

const std::string kNginx502 = "<html><h1>502 Bad Gateway</h1><hr><center>nginx/1.22.1</center></html>";

probes::AddressSurvey healthy() {
  probes::AddressSurvey survey;
  survey.address = "198.51.100.23";
  survey.answers = {by_livekit("health", 200, "OK"),
                    by_livekit("twirp", 404, test::kBadRoute),
                    by_livekit("validate", 401, "no permissions to access the room"),
                    by_livekit("rtc", 404, ""),
                    by_livekit("validate_v1", 401, "no permissions to access the room"),
                    by_livekit("debug", 404, "404 page not found\n"),
                    by_livekit("prefix_validate", 404, "404 page not found\n")};
  survey.again = {by_livekit("health", 200, "OK"), by_livekit("twirp", 404, test::kBadRoute)};
  return survey;
}

/// Every question of `survey` answered the same.
probes::AddressSurvey all_answered(int status, const std::string& body,
                                   std::vector<std::pair<std::string, std::string>> headers = {}) {
  probes::AddressSurvey survey = healthy();
  for (auto& asked : survey.answers) asked = answered(asked.name, status, body, headers);
  for (auto& asked : survey.again) asked = answered(asked.name, status, body, headers);
  return survey;
}

struct Fixture {
  std::string path;
  Facts facts;
  Deployment deployment;

  Fixture() {
    deployment.public_url = {"https://livekit.example", {Origin::Kind::file, "controller.toml", 12, 14}};
    deployment.run.vantage = Vantage::outside;
    deployment.run.audience = Audience::internet;
  }
  Judgement judge(std::vector<probes::AddressSurvey> addresses) const {
    probes::HttpSurvey survey;
    survey.where = {"https://livekit.example" + path, "livekit.example", 443, true, path, {}};
    survey.plain_port = 7880;
    for (const auto& address : addresses) survey.where.addresses.push_back(address.address);
    survey.addresses = std::move(addresses);
    return test::judge(*checks::make_http_public(), survey, facts, deployment);
  }
  Ids ids(probes::AddressSurvey address) const { return test::ids(judge({std::move(address)})); }
};

probes::Asked& named(probes::AddressSurvey& survey, std::string_view name) {
  for (auto& asked : survey.answers) {
    if (asked.name == name) return asked;
  }
  throw std::out_of_range(std::string(name));
}

}  // namespace

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

TEST_CASE("http_public: a login in front") {
  CHECK(Fixture().ids(all_answered(401, "", {{"www-authenticate", "Basic realm=\"x\""}})) ==
        Ids{"proxy-auth-or-waf-intercepts"});
  CHECK(Fixture().ids(all_answered(302, "", {{"location", "https://sso.example/login"}})) ==
        Ids{"proxy-auth-or-waf-intercepts"});
}

namespace {

const std::string kNginx403 = "<html><h1>403 Forbidden</h1><hr><center>nginx/1.22.1</center></html>";
const std::string kNginx503 =
    "<html><h1>503 Service Temporarily Unavailable</h1><hr><center>nginx/1.22.1</center></html>";

struct Told {
  std::string id, title, change;
  Confidence sure;
};
Told told(probes::AddressSurvey address) {
  const Judgement judgement = Fixture().judge({std::move(address)});
  REQUIRE(judgement.findings().size() == 1);
  const Finding& finding = judgement.findings().front();
  return {finding.id, finding.title, finding.remedy.text, finding.confidence};
}

}  // namespace

TEST_CASE("http_public: a 403 for everything is a refusal, and nobody's wrong backend") {
  const Told nginx = told(all_answered(403, kNginx403, {{"server", "nginx"}}));
  CHECK(nginx.id == "proxy-auth-or-waf-intercepts");
  CHECK(nginx.sure == Confidence::likely);
  CHECK(nginx.title ==
        "The 403 of public_url https://livekit.example comes from nginx, not from LiveKit: a rule there "
        "refuses this machine, by its address, User-Agent, Origin or by the path.");
  CHECK(nginx.change ==
        "Let the participants' addresses, browsers and origins through to LiveKit, on every path; then check "
        "again from a participant's network, or with a browser");
  // Caddy's is empty, as OpenTalk's own proxy's is below a path.
  CHECK(Fixture().ids(all_answered(403, "")) == Ids{"proxy-auth-or-waf-intercepts"});
}

TEST_CASE("http_public: a demand for a client certificate") {
  const Told nginx =
      told(all_answered(400,
                        "<html><head><title>400 No required SSL certificate was sent</title></head>"
                        "<center>nginx</center></html>",
                        {{"server", "nginx"}}));
  CHECK(nginx.id == "proxy-auth-or-waf-intercepts");
  CHECK(nginx.sure == Confidence::proven);
  CHECK(nginx.title ==
        "The 400 of public_url https://livekit.example comes from nginx, not from LiveKit: it asks for a "
        "certificate of the client, and participants' browsers have none.");
  CHECK(nginx.change == "Ask for no client certificate at this URL (nginx: ssl_verify_client off)");
}

TEST_CASE("http_public: a server that ends TLS for want of a client certificate") {
  auto survey = healthy();
  for (auto& asked : survey.answers) {
    asked = test::unanswered(asked.name, net::Stage::response, net::NetError::tls_refused);
    asked.outcome.text = "alert certificate_required";
  }
  const Told told_of = told(survey);
  CHECK(told_of.id == "proxy-auth-or-waf-intercepts");
  CHECK(told_of.title ==
        "public_url https://livekit.example ends every TLS session for want of a certificate of the client, "
        "and participants' browsers have none.");
  for (auto& asked : survey.answers) asked.outcome.text = "alert internal_error";
  CHECK(told(survey).id == "endpoint-unreachable");
}

TEST_CASE("http_public: a login page with 200 may be another program's") {
  const Told page = told(all_answered(200, "<title>Login</title>", {{"content-type", "text/html"}}));
  CHECK(page.id == "proxy-auth-or-waf-intercepts");
  CHECK(page.sure == Confidence::likely);
  CHECK(page.title ==
        "The 200 of public_url https://livekit.example comes from the proxy, not from LiveKit: a page with a "
        "login stands there.");
}

TEST_CASE("http_public: nginx's own 503 is no dead backend, HAProxy's is one") {
  const Told nginx = told(all_answered(503, kNginx503, {{"server", "nginx"}}));
  CHECK(nginx.id == "proxy-auth-or-waf-intercepts");
  CHECK(nginx.sure == Confidence::likely);
  CHECK(nginx.title ==
        "The 503 of public_url https://livekit.example comes from nginx, not from LiveKit: nginx says 503 of "
        "itself, in maintenance or by a limit, and 502 or 504 of a LiveKit that is gone.");
  CHECK(nginx.change ==
        "End the maintenance (return 503) or raise the limit (limit_req, limit_conn) of this virtual host; "
        "in a Kubernetes ingress look whether LiveKit's pod is ready");
  CHECK(Fixture().ids(all_answered(503,
                                   "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to "
                                   "handle this request.\n</body></html>")) == Ids{"proxy-backend-down"});
}

TEST_CASE("http_public: the bare 400 of a Go server names the PROXY protocol") {
  const Told go = told(all_answered(400, "400 Bad Request", {{"content-type", "text/plain; charset=utf-8"}}));
  CHECK(go.id == "wrong-port-behind-proxy");
  CHECK(go.sure == Confidence::likely);
  CHECK(go.title ==
        "What answers behind the proxy of public_url https://livekit.example cannot read what the proxy "
        "sends (400 Bad Request of a Go server, as LiveKit is one): the PROXY protocol, or another protocol "
        "than HTTP.");
  CHECK(go.change ==
        "Send plain HTTP to LiveKit's port 7880: without send-proxy (HAProxy), proxy_protocol (nginx, "
        "Traefik, a load balancer) or TLS");
}

TEST_CASE("http_public: a redirect to the place that was asked is a loop") {
  auto survey = all_answered(301, "", {{"location", "https://livekit.example/rtc/validate"}});
  const Told loop = told(survey);
  CHECK(loop.id == "public-url-redirects");
  CHECK(loop.title ==
        "public_url https://livekit.example redirects to itself (301): a loop, which reaches nothing.");
  CHECK(loop.change ==
        "Take the redirect out of the virtual host that answers here: mostly one from http to https that "
        "does not know of the TLS in front of it (X-Forwarded-Proto)");
  survey = all_answered(301, "", {{"location", "https://meet.example/rtc/validate"}});
  CHECK(told(survey).title ==
        "public_url https://livekit.example redirects (301); a WebSocket does not follow redirects.");
}

TEST_CASE("http_public: a proxy that closes every request is no closed port") {
  auto survey = healthy();
  for (auto& asked : survey.answers)
    asked = test::unanswered(asked.name, net::Stage::response, net::NetError::closed);
  const Told closed = told(survey);
  CHECK(closed.id == "endpoint-stalls");
  CHECK(closed.title ==
        "public_url https://livekit.example takes the connection and closes it without an answer to any "
        "request.");
  CHECK(closed.change ==
        "Look in the log of what listens there: a rule that drops requests (nginx: return 444), or a forward "
        "of TCP to a LiveKit that does not run");
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
