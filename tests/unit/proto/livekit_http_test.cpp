// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/proto/livekit_http.hpp>

using namespace lkdoctor::proto;

namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

const Headers kLiveKit{{"vary", "Origin"}, {"content-type", "text/plain; charset=utf-8"}};
const Headers kNginx{{"server", "nginx/1.22.1"}, {"content-type", "text/html"}};

Reading read(int status, const std::string& body, const Headers& headers = kLiveKit) {
  return read_answer({status, headers, body});
}

}  // namespace

TEST_CASE("LiveKit's own answers are told by body and status") {
  CHECK(read(200, "OK").meaning == Meaning::healthy);
  CHECK(read(200, "OK\n").meaning == Meaning::page);
  CHECK(read(406, "Not Ready\nNode Updated At 2026-11-22").meaning == Meaning::not_ready);
  CHECK(read(404, R"j({"code":"bad_route","msg":"unsupported method \"GET\" (only POST is allowed)"})j")
            .meaning == Meaning::twirp_bad_route);
  CHECK(read(401, R"({"code":"unauthenticated", "msg":"permissions denied"})").meaning ==
        Meaning::twirp_error);
  CHECK(read(401, "no permissions to access the room").meaning == Meaning::validate_refused);
  CHECK(read(401, "permissions denied").meaning == Meaning::validate_refused);
  CHECK(read(200, "success").meaning == Meaning::validate_ok);
  CHECK(read(400, "join_request is required").meaning == Meaning::needs_request);
  CHECK(read(404, "requested room does not exist").meaning == Meaning::room_absent);
  CHECK(read(503, "node has exceeded its configured limit").meaning == Meaning::over_limit);
  CHECK(read(500, "dial tcp 10.0.0.3:6379: connect: connection refused").meaning == Meaning::livekit_error);
  CHECK(read(500, "could not find any available nodes").is_livekit());
}

TEST_CASE("the 401 texts of every LiveKit version name the fault") {
  const auto fault = [](const std::string& body) {
    const Reading reading = read(401, body);
    CHECK(reading.meaning == Meaning::token_refused);
    return reading.fault;
  };
  CHECK(fault("invalid authorization header. Must start with Bearer ") == TokenFault::not_bearer);
  CHECK(fault("invalid authorization token") == TokenFault::unparsable);
  CHECK(fault("invalid API key: controller") == TokenFault::unknown_key);
  CHECK(fault("invalid API key") == TokenFault::unknown_key);
  const std::string old = "invalid token: <token>, error: ";
  CHECK(fault(old + "go-jose/go-jose: error in cryptographic primitive") == TokenFault::wrong_secret);
  CHECK(fault(old + "square/go-jose: error in cryptographic primitive") == TokenFault::wrong_secret);
  CHECK(fault(old + "token signature is invalid: signature is invalid") == TokenFault::wrong_secret);
  CHECK(fault(old + "go-jose/go-jose/jwt: validation failed, token is expired (exp)") == TokenFault::expired);
  CHECK(fault(old + "token has invalid claims: token is expired") == TokenFault::expired);
  CHECK(fault(old + "go-jose/go-jose/jwt: validation failed, token not valid yet (nbf)") ==
        TokenFault::not_yet_valid);
  CHECK(fault("invalid authorization token: token has invalid claims: token is not valid yet") ==
        TokenFault::not_yet_valid);
  CHECK(fault("invalid authorization token: something new") == TokenFault::other);
}

TEST_CASE("a 404 says whose it is") {
  CHECK(read(404, "404 page not found\n").meaning == Meaning::go_not_found);
  CHECK(read(404, "404 page not found\n").is_livekit());
  CHECK_FALSE(read(404, "404 page not found\n", {{"content-type", "text/plain"}}).is_livekit());
  CHECK(read(404, "", {{"vary", "Origin"}}).meaning == Meaning::empty_not_found);
  CHECK(read(404, "", {{"vary", "Origin"}}).is_livekit());
  CHECK_FALSE(read(404, "", {{"server", "Caddy"}}).is_livekit());
  const Reading page =
      read(404, "<html><h1>404 Not Found</h1><hr><center>nginx/1.22.1</center></html>", kNginx);
  CHECK(page.meaning == Meaning::not_found);
  CHECK(page.speaker == Speaker::nginx);
}

TEST_CASE("502, 503 and 504 name the proxy whose page it is") {
  const auto speaker = [](int status, const std::string& body, const Headers& headers) {
    const Reading reading = read(status, body, headers);
    CHECK(reading.meaning == Meaning::gateway_error);
    return reading.speaker;
  };
  CHECK(speaker(502, "<html><h1>502 Bad Gateway</h1><hr><center>nginx</center></html>", {}) ==
        Speaker::nginx);
  CHECK(speaker(
            503,
            "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n",
            {}) == Speaker::haproxy);
  CHECK(speaker(502, "", {{"server", "Caddy"}}) == Speaker::caddy);
  CHECK(speaker(503, "<address>Apache/2.4 Server at x Port 443</address>", {}) == Speaker::apache);
  CHECK(speaker(502, "Bad Gateway", {}) == Speaker::traefik);
  CHECK(speaker(503, "no healthy upstream", {}) == Speaker::envoy);
  CHECK(speaker(521, "", {{"server", "cloudflare"}}) == Speaker::cloudflare);
  CHECK(speaker(502, "?", {}) == Speaker::unknown);
}

TEST_CASE("logins, challenges, redirects and pages are not LiveKit") {
  CHECK(read(401, "<html><h1>401 Authorization Required</h1><center>nginx</center></html>", kNginx).meaning ==
        Meaning::login);
  CHECK(read(401, "", {{"www-authenticate", "Basic realm=\"x\""}}).meaning == Meaning::login);
  CHECK(read(302, "", {{"location", "https://sso.example/login?next=/"}}).meaning == Meaning::login);
  CHECK(read(301, "", {{"location", "https://livekit.example/"}}).meaning == Meaning::redirect);
  CHECK(read(403, "<html><title>Just a moment...</title></html>", {{"server", "cloudflare"}}).meaning ==
        Meaning::challenge);
  CHECK(read(200, "<!doctype html><div id=root></div>", kNginx).meaning == Meaning::page);
  CHECK(read(200, "<html><input type=\"password\"></html>", kNginx).meaning == Meaning::login);
  CHECK(read(414, "<html><center>nginx</center></html>", kNginx).meaning == Meaning::line_too_long);
  CHECK(read(400,
             "<html><body><h1>400 Bad request</h1>\nYour browser sent an invalid request.\n</body></html>",
             {{"content-type", "text/html"}})
            .meaning == Meaning::line_too_long);
}

TEST_CASE("pages with a login, demands for a certificate and a Go server's bare 400") {
  const Headers html{{"content-type", "text/html"}};
  CHECK(read(200, "<title>Login</title>", html).meaning == Meaning::login);
  CHECK(read(200, "<html><title>Anmelden \xe2\x80\x93 Uni</title></html>", {}).meaning == Meaning::login);
  CHECK(read(200, "<html><form><input name=\"SAMLRequest\"></form></html>", {}).meaning == Meaning::login);
  CHECK(read(200, "<html><title>Login", html).meaning == Meaning::login);
  CHECK(read(400, "<html><title>400 No required SSL certificate was sent</title></html>", kNginx).meaning ==
        Meaning::wants_certificate);
  CHECK(read(400, "<html><title>400 The SSL certificate error</title></html>", kNginx).meaning ==
        Meaning::wants_certificate);
  CHECK(read(400, "400 Bad Request", {{"content-type", "text/plain; charset=utf-8"}}).meaning ==
        Meaning::go_bad_request);
  CHECK(read(400, "<html><title>400 Bad Request</title><center>nginx</center></html>", kNginx).meaning ==
        Meaning::line_too_long);
}

TEST_CASE("OpenTalk's signalling proxies are told by how they refuse") {
  const Headers json{{"content-type", "application/json"}};
  CHECK(read(403, "", {}).meaning == Meaning::proxy_refusal);
  CHECK(read(401, R"({"code":"unauthorized","message":"x"})", json).meaning == Meaning::proxy_refusal);
  CHECK(read(400, R"({"code":"invalid_token"})", json).meaning == Meaning::proxy_refusal);
  CHECK(read(404, R"({"code":"not_found"})", json).meaning == Meaning::proxy_refusal);
  CHECK(read(404, R"({"detail":"Not Found"})", json).meaning == Meaning::not_found);
  CHECK(read(404, "LiveKit proxy not available", json).speaker == Speaker::opentalk);
}

TEST_CASE("echoed tokens never leave the reader") {
  const std::string token = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJBUEkifQ.c2lnbmF0dXJl";
  CHECK(without_tokens("invalid token: " + token + ", error: expired") ==
        "invalid token: <token>, error: expired");
  CHECK(without_tokens("invalid token: not-a-jwt, error: x") == "invalid token: <token>, error: x");
  CHECK(without_tokens("see " + token + ".") == "see <token>");
  CHECK(without_tokens(std::string(5000, 'a')).size() == 600);
  CHECK(without_tokens(std::string(596, 'a') + token) == std::string(596, 'a') + "<tok");
  const HttpAnswer kept = kept_answer(302, {{"location", "/?t=" + token}, {"set-cookie", "a=b"}}, "");
  CHECK(kept.headers == Headers{{"location", "/?t=<token>"}});
}

TEST_CASE("hostile answers are read without harm") {
  CHECK(read_answer({}).meaning == Meaning::nothing);
  CHECK(read(404, "{\"code\":" + std::string(400, '[') + "\"msg\"").meaning == Meaning::not_found);
  CHECK(read(404, R"({"code":7,"msg":"x"})").meaning != Meaning::twirp_bad_route);
  CHECK(read(999, std::string(3, '\0')).meaning != Meaning::nothing);
  CHECK(read(100, "").meaning == Meaning::other);
}
