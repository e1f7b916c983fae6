// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include "support/http_public.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test::http_public;
using test::answered;
using test::by_livekit;

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
