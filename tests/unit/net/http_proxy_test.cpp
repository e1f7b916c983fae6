// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/net/http.hpp>

#include "support/connect_proxy.hpp"
#include "support/http_asking.hpp"

using namespace lkdoctor;
using namespace lkdoctor::net;
using namespace lkdoctor::test::http_asking;

TEST_CASE("a forward proxy gets the whole URL, or a CONNECT in front of TLS") {
  std::string seen;
  test::Server proxy([&](test::Peer& peer) {
    seen = peer.read_until("\r\n\r\n");
    peer.write(seen.starts_with("CONNECT") ? "HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno!" : kOk);
  });
  HttpTarget target;
  target.host = "livekit.example.org";
  target.port = 7880;
  target.proxy = {.host = "127.0.0.1", .port = proxy.port()};
  target.proxy_reads_requests = true;
  CHECK(test::run(ask_once(target, get("/rtc/validate"), test::in_ms(2000))).body == "OK");
  CHECK(seen.starts_with(
      "GET http://livekit.example.org:7880/rtc/validate HTTP/1.1\r\nHost: livekit.example.org:7880\r\n"));
  target.tls = true;
  const HttpReply refused = test::run(ask_once(target, get("/"), test::in_ms(2000)));
  CHECK(refused.outcome.stage == Stage::tunnel);
  CHECK(refused.outcome.error == NetError::denied);
  CHECK(refused.outcome.text == "forward proxy: refused the tunnel with status 403");
  CHECK(seen.starts_with("CONNECT livekit.example.org:7880 HTTP/1.1\r\nHost: livekit.example.org:7880\r\n"));
}

TEST_CASE("HTTP runs through a tunnel, with the proxy's credentials and the name for the proxy to resolve") {
  test::Server origin(test::http_answers({kOk}));
  test::ConnectProxy tunnel(origin.endpoint());
  HttpTarget target;
  target.host = "livekit.example.org";
  target.port = 7880;
  target.proxy = tunnel.proxy();
  target.proxy.credentials = Secret("user:pass word");
  CHECK(test::run(ask_once(target, get("/"), test::in_ms(2000))).body == "OK");
  CHECK(tunnel.asked().starts_with(
      "CONNECT livekit.example.org:7880 HTTP/1.1\r\nHost: livekit.example.org:7880\r\n"));
  CHECK(tunnel.asked().find("\r\nProxy-Authorization: Basic dXNlcjpwYXNzIHdvcmQ=\r\n") != std::string::npos);
}

TEST_CASE("TLS runs through a tunnel, also to an IPv6 literal and through a proxy that is spoken to in TLS") {
  test::ServerTls tls;
  tls.identity =
      test::make_certificate({.common_name = "x", .names = {"DNS:livekit.example.org", "IP:127.0.0.1"}});
  const test::PemFile file({tls.identity.certificate});
  test::Server origin(tls, test::http_answers({kOk}));
  test::ConnectProxy tunnel(origin.endpoint(), tls);
  HttpTarget target;
  target.host = "2001:db8::1";
  target.port = 443;
  target.tls = true;
  target.tls_options.server_name = "livekit.example.org";
  target.tls_options.ca_files = {file.path()};
  target.proxy = tunnel.proxy();
  const HttpReply untrusted = test::run(ask_once(target, get("/"), test::in_ms(2000)));
  CHECK(untrusted.outcome.stage == Stage::proxy);
  CHECK(untrusted.outcome.error == NetError::untrusted);
  target.proxy.ca_files = {file.path()};
  CHECK(test::run(ask_once(target, get("/"), test::in_ms(2000))).body == "OK");
  CHECK(tunnel.asked().starts_with("CONNECT [2001:db8::1]:443 HTTP/1.1\r\n"));
}

TEST_CASE("what a forward proxy does wrong is told apart and never the peer's") {
  const auto outcome_with = [](const test::Server::Serve& serve) {
    test::Server server(serve);
    Proxy proxy;
    proxy.host = "127.0.0.1";
    proxy.port = server.port();
    return test::run(dial_through(proxy, {"livekit.example.org", 443}, test::in_ms(150))).outcome;
  };
  const auto answering = [](std::string answer) {
    return [answer](test::Peer& peer) {
      peer.read_until("\r\n\r\n");
      peer.write(answer);
      peer.wait_for_end();
    };
  };
  const auto is = [](const NetOutcome& outcome, Stage stage, NetError error) {
    CAPTURE(outcome.text);
    CHECK(outcome.stage == stage);
    CHECK(outcome.error == error);
    CHECK(outcome.at_forward_proxy());
    CHECK(outcome.text.starts_with("forward proxy: "));
  };
  is(outcome_with(answering("HTTP/1.1 403 Forbidden\r\n\r\n")), Stage::tunnel, NetError::denied);
  is(outcome_with(answering("HTTP/1.1 407 Login\r\nContent-Length: 2\r\n\r\nno")), Stage::tunnel,
     NetError::login_required);
  is(outcome_with(answering("HTTP/1.0 503 Service Unavailable\r\n\r\n")), Stage::tunnel,
     NetError::not_reached);
  is(outcome_with(answering("SSH-2.0-OpenSSH\r\n")), Stage::tunnel, NetError::malformed);
  is(outcome_with(answering("HTTP/1.1 200 OK\r\n\r\nhello")), Stage::tunnel, NetError::malformed);
  is(outcome_with([](test::Peer& peer) { peer.wait_for_end(); }), Stage::tunnel, NetError::timed_out);
  is(outcome_with([](test::Peer& peer) { peer.read_some(); }), Stage::tunnel, NetError::closed);
  Proxy dead;
  dead.host = "127.0.0.1";
  dead.port = test::closed_port().port;
  is(test::run(dial_through(dead, {"livekit.example.org", 443}, test::in_ms(500))).outcome, Stage::proxy,
     NetError::refused);
  dead.host = "nowhere.invalid";
  CHECK(test::run(dial_through(dead, {"x", 443}, test::in_ms(3000))).outcome.stage == Stage::proxy);
}
