// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/net/http.hpp>
#include <lkdoctor/net/websocket.hpp>

#include "support/run.hpp"
#include "support/servers.hpp"

using namespace lkdoctor;
using namespace lkdoctor::net;

namespace {

const std::string kKey = "0123456789abcdef0123456789abcdef";

test::ServerTls served(std::string identity, std::string key) {
  test::ServerTls tls;
  tls.psk_identity = std::move(identity);
  tls.psk = std::move(key);
  return tls;
}

HttpTarget target_of(const test::Server& server) {
  HttpTarget target;
  target.peer = server.endpoint();
  target.host = "responder";
  target.tls = true;
  target.tls_options.psk_identity = "lkdoctor1:0011223344556677";
  target.tls_options.psk = Secret(kKey);
  return target;
}

// What has sockets ends before the event loop that they belong to.
boost::asio::awaitable<HttpReply> ask_once(HttpTarget target) {
  HttpSession session(std::move(target));
  const HttpRequest request;
  co_return co_await session.ask(request, test::in_ms(3000));
}

HttpReply asked(const test::ServerTls& tls) {
  const test::Server server(tls, test::http_answers({"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"}));
  return test::run(ask_once(target_of(server)));
}

boost::asio::awaitable<HttpReply> open_then_ask(HttpTarget target) {
  HttpSession session(std::move(target));
  const NetOutcome opened = co_await session.open(test::in_ms(3000));
  CHECK(opened.ok());
  const HttpRequest request;
  co_return co_await session.ask(request, test::in_ms(3000));
}

boost::asio::awaitable<HttpReply> upgraded(HttpTarget target) {
  WebSocket socket(std::move(target));
  co_return co_await socket.open("/rtc", {}, test::in_ms(3000));
}

}  // namespace

TEST_CASE("HTTP goes over TLS with an external PSK, and no certificate is asked for") {
  const HttpReply reply = asked(served("lkdoctor1:0011223344556677", kKey));
  CHECK(reply.outcome.ok());
  CHECK(reply.body == "hi");
}

TEST_CASE("another PSK, or one of another name, ends with an alert") {
  for (const auto& tls : {served("lkdoctor1:0011223344556677", "another key of thirty-two bytes."),
                          served("lkdoctor1:ffffffffffffffff", kKey)}) {
    const HttpReply reply = asked(tls);
    CHECK(reply.outcome.error == NetError::tls_refused);
    CHECK(reply.outcome.stage == Stage::tls);
    CHECK(reply.status == 0);
  }
}

TEST_CASE("a certificate in place of the PSK is not taken") {
  test::ServerTls tls;
  tls.identity = test::make_certificate({.common_name = "responder", .names = {"DNS:responder"}});
  const HttpReply reply = asked(tls);
  CHECK(reply.outcome.error == NetError::tls_refused);
  CHECK(reply.outcome.text == "the peer does not know the key");
  CHECK(reply.status == 0);
}

TEST_CASE("with a PSK nothing below TLS 1.3 is spoken, and the name is not sent") {
  test::ServerTls old = served("lkdoctor1:0011223344556677", kKey);
  old.identity = test::make_certificate({.common_name = "responder", .names = {"DNS:responder"}});
  old.maximum_version = 0x0303;
  CHECK(asked(old).outcome.error == NetError::tls_refused);
  std::string head, name = "none";
  const test::Server server(served("lkdoctor1:0011223344556677", kKey), [&](test::Peer& peer) {
    head = peer.read_until("\r\n\r\n");
    name = peer.server_name;
    peer.write("HTTP/1.1 204 No Content\r\n\r\n");
  });
  CHECK(test::run(open_then_ask(target_of(server))).status == 204);
  CHECK(head.find("\r\nHost: responder\r\n") != std::string::npos);
  CHECK(name == "");
}

TEST_CASE("a WebSocket opens over TLS with an external PSK") {
  const test::Server server(served("lkdoctor1:0011223344556677", kKey), [](test::Peer& peer) {
    const std::string head = peer.read_until("\r\n\r\n");
    CHECK(head.find("Upgrade: websocket") != std::string::npos);
    peer.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
  });
  const HttpReply reply = test::run(upgraded(target_of(server)));
  CHECK(reply.status == 403);
  CHECK(reply.body == "no");
}
