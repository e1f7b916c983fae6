// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/net/http.hpp>

#include "support/http_asking.hpp"

using namespace lkdoctor;
using namespace lkdoctor::net;
using namespace lkdoctor::test::http_asking;

TEST_CASE(
    "a request carries Host with its port, User-Agent and the caller's headers; names come back lower case") {
  std::string seen;
  test::Server server([&](test::Peer& peer) {
    seen = peer.read_until("{}");
    peer.write(kOk);
  });
  HttpRequest request;
  request.method = "POST";
  request.target = "/twirp/livekit.RoomService/ListRooms";
  request.headers = {{"Content-Type", "application/json"}};
  request.body = "{}";
  const HttpReply reply = test::run(ask_once(target_of(server.endpoint()), request, test::in_ms(2000)));
  CHECK(
      seen ==
      "POST /twirp/livekit.RoomService/ListRooms HTTP/1.1\r\nHost: livekit.example.org:" +
          std::to_string(server.port()) +
          "\r\nUser-Agent: lkdoctor/0.1.0\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
  CHECK(reply.outcome.ok());
  CHECK(reply.status == 200);
  CHECK(reply.body == "OK");
  CHECK(reply.header("x-name") == "One");
  CHECK(reply.count("x-name") == 2);
  CHECK(reply.header("absent").empty());
  CHECK(reply.received_at_ms > 1'600'000'000'000);
}

TEST_CASE("bodies end by length, by chunks and by the end of the stream; interim answers are skipped") {
  CHECK(asked({kOk}).body == "OK");
  CHECK(asked({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"})
            .body == "abcde");
  CHECK(asked({"HTTP/1.0 200 OK\r\n\r\nto the end"}).body == "to the end");
  CHECK(asked({"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + kOk}).body == "OK");
  const HttpReply none = asked({"HTTP/1.1 204 No Content\r\n\r\n"});
  CHECK(none.status == 204);
  CHECK(none.outcome.ok());
  HttpRequest head;
  head.method = "HEAD";
  CHECK(asked({"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"}, head).outcome.ok());
}

TEST_CASE("an answer that is cut, late, foreign or too large says which") {
  const HttpReply cut = asked({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"});
  CHECK(cut.outcome.error == NetError::closed);
  CHECK(cut.outcome.stage == Stage::response);
  CHECK(cut.outcome.text == "closed before the answer was complete");
  CHECK(cut.status == 200);
  CHECK(cut.body == "abc");
  const HttpReply late = asked({""}, {}, 150);
  CHECK(late.outcome.error == NetError::timed_out);
  CHECK(late.outcome.stage == Stage::response);
  CHECK(asked({"SSH-2.0-OpenSSH_9.2\r\n\r\n"}).outcome.error == NetError::malformed);
  const HttpReply large =
      asked({"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + std::string(200000, 'x')});
  CHECK(large.outcome.error == NetError::too_large);
  CHECK(large.status == 200);
  CHECK(large.body.size() == 65536);
  const HttpReply announced = asked({"HTTP/1.1 200 OK\r\nContent-Length: 88888888888803\r\n\r\n<!DOCTYPE"});
  CHECK(announced.outcome.error == NetError::closed);  // and no memory was taken for it
  CHECK(announced.body == "<!DOCTYPE");
  const HttpReply head = asked({"HTTP/1.1 200 OK\r\nX: " + std::string(100000, 'x') + "\r\n\r\n"});
  CHECK(head.outcome.error == NetError::too_large);
  CHECK(head.outcome.text == "the head is longer than 64 KiB");
}

TEST_CASE("an answer that drips for ever ends at the deadline") {
  test::Server slow([](test::Peer& peer) {
    peer.write("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 100; ++i) {
      peer.write("X: y\r\n");
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  });
  const auto start = Clock::now();
  const HttpReply reply = test::run(ask_once(target_of(slow.endpoint()), {}, test::in_ms(200)));
  CHECK(reply.outcome.error == NetError::timed_out);
  CHECK(Clock::now() - start < Milliseconds(500));
}

TEST_CASE("an answer cut at any byte, and a hostile one, are taken without harm") {
  const std::string whole = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  for (std::size_t length = 1; length < whole.size(); ++length) {
    CHECK_FALSE(asked({whole.substr(0, length)}).outcome.ok());
  }
  for (const char* hostile : {"HTTP/1.1 99999 X\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
                              "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
                              "HTTP/1.1 200 OK\r\nX Y: z\r\n\r\n",
                              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
                              "HTTP/9.9 200 OK\r\n\r\n"}) {
    CHECK_FALSE(asked({hostile}).outcome.ok());
  }
}

TEST_CASE("a line break in a header or path is refused before anything is sent") {
  HttpRequest request;
  request.headers = {{"X", "a\r\nInjected: 1"}};
  CHECK(asked({kOk}, request).outcome.error == NetError::other);
  CHECK(asked({kOk}, get("/a b")).outcome.stage == Stage::request);
}

TEST_CASE("one connection serves several requests, and is opened again when the peer closed it") {
  test::Server keeping(test::http_answers({kOk, kOk, kOk}));
  const auto kept = test::run(
      ask_in_turn(target_of(keeping.endpoint()), {get("/a"), get("/b"), get("/c")}, test::in_ms(2000)));
  CHECK(kept.size() == 3);
  for (const HttpReply& reply : kept) CHECK(reply.status == 200);
  CHECK(keeping.accepted() == 1);
  test::Server once(test::http_answers({kOk}));
  const auto again =
      test::run(ask_in_turn(target_of(once.endpoint()), {get("/a"), get("/b")}, test::in_ms(2000)));
  CHECK(again.at(1).status == 200);
  CHECK(once.accepted() == 2);
}

TEST_CASE("pipelined requests are answered in order over one connection") {
  test::Server server(test::http_answers({kOk, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", kOk}));
  const auto replies = test::run(
      ask_at_once(target_of(server.endpoint()), {get("/a"), get("/b"), get("/c")}, test::in_ms(2000)));
  REQUIRE(replies.size() == 3);
  CHECK(replies[0].status == 200);
  CHECK(replies[1].status == 404);
  CHECK(replies[2].status == 200);
  CHECK(server.accepted() == 1);
}

TEST_CASE("after Connection: close the rest of a pipeline is asked one by one") {
  test::Server server(
      test::http_answers({"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nOK"}));
  const auto replies = test::run(
      ask_at_once(target_of(server.endpoint()), {get("/a"), get("/b"), get("/c")}, test::in_ms(2000)));
  REQUIRE(replies.size() == 3);
  for (const HttpReply& reply : replies) CHECK(reply.body == "OK");
  CHECK(server.accepted() == 3);
  test::Server dropping(test::http_answers({kOk}));  // closes without saying so
  const auto others =
      test::run(ask_at_once(target_of(dropping.endpoint()), {get("/a"), get("/b")}, test::in_ms(2000)));
  CHECK(others.at(1).status == 200);
}

TEST_CASE("a pipeline to a silent or absent peer gives one outcome for each request") {
  test::Server mute([](test::Peer& peer) { peer.wait_for_end(); });
  const auto start = Clock::now();
  const auto silent =
      test::run(ask_at_once(target_of(mute.endpoint()), {get("/a"), get("/b"), get("/c")}, test::in_ms(150)));
  REQUIRE(silent.size() == 3);
  for (const HttpReply& reply : silent) CHECK(reply.outcome.error == NetError::timed_out);
  CHECK(Clock::now() - start < Milliseconds(400));
  const auto refused =
      test::run(ask_at_once(target_of(test::closed_port()), {get("/a"), get("/b")}, test::in_ms(1000)));
  CHECK(refused.at(1).outcome.error == NetError::refused);
}

TEST_CASE("nothing is sent to a peer whose certificate is not good") {
  test::ServerTls tls;
  tls.identity = test::make_certificate({.common_name = "x", .names = {"DNS:livekit.example.org"}});
  std::string seen = "nothing yet";
  {
    test::Server server(tls, [&](test::Peer& peer) { seen = peer.read_some(); });
    HttpTarget target = target_of(server.endpoint());
    target.tls = true;
    const HttpReply reply = test::run(ask_once(target, get("/secret"), test::in_ms(2000)));
    CHECK(reply.outcome.error == NetError::untrusted);
    CHECK(reply.outcome.stage == Stage::tls);
    CHECK(reply.outcome.text == "self-signed certificate");
  }
  CHECK(seen.empty());
}

TEST_CASE(
    "a trusted certificate for another name is refused too, and either passes when trust is not required") {
  test::ServerTls tls;
  tls.identity = test::make_certificate({.common_name = "x", .names = {"DNS:other.example.org"}});
  const test::PemFile file({tls.identity.certificate});
  test::Server server(tls, test::http_answers({kOk}));
  HttpTarget target = target_of(server.endpoint());
  target.tls = true;
  target.tls_options.ca_files = {file.path()};
  CHECK(test::run(ask_once(target, get("/"), test::in_ms(2000))).outcome.text ==
        "the certificate is not for livekit.example.org");
  target.require_trust = false;
  CHECK(test::run(ask_once(target, get("/"), test::in_ms(2000))).body == "OK");
  target.require_trust = true;
  target.host = "other.example.org";
  CHECK(test::run(ask_once(target, get("/"), test::in_ms(2000))).body == "OK");
}

TEST_CASE("cancelling a request ends it at once") {
  test::Server mute([](test::Peer& peer) { peer.wait_for_end(); });
  const auto cancelled = test::cancel_after(
      Milliseconds(40), test::drop(ask_once(target_of(mute.endpoint()), {}, test::in_ms(5000))));
  CHECK(cancelled.cancelled);
  CHECK(cancelled.took < Milliseconds(1000));
}
