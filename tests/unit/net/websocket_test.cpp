// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/net/websocket.hpp>

#include "net/ws_frames.hpp"
#include "support/run.hpp"
#include "support/servers.hpp"

using boost::asio::awaitable;
using namespace lkdoctor;
using namespace lkdoctor::net;

namespace {

HttpTarget target_of(const test::Server& server) {
  HttpTarget target;
  target.peer = server.endpoint();
  target.host = "livekit.example.org";
  target.port = server.port();
  return target;
}

std::string frame(int first, std::string payload) {
  std::string out(1, static_cast<char>(first));
  if (payload.size() < 126) {
    out += static_cast<char>(payload.size());
  } else {
    out += '\x7e';
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xff);
  }
  return out + payload;
}

/// Takes the upgrade, then says `frames`, then collects what the client sends until it leaves.
test::Server::Serve upgrading(std::string frames, std::string* heard = nullptr) {
  return [frames = std::move(frames), heard](test::Peer& peer) {
    const std::string head = peer.read_until("\r\n\r\n");
    if (head.empty()) return;
    const auto at = head.find("Sec-WebSocket-Key: ") + 19;
    const std::string key = head.substr(at, head.find('\r', at) - at);
    peer.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        accept_for(key) + "\r\n\r\n" + frames);
    std::string rest;
    for (std::string part = peer.read_some(); !part.empty(); part = peer.read_some()) rest += part;
    if (heard != nullptr) *heard = rest;
  };
}

struct Heard {
  HttpReply answer;
  std::vector<WsMessage> messages;
};

awaitable<Heard> listen(HttpTarget target, int messages, Deadline deadline) {
  Heard heard;
  WebSocket socket(std::move(target));
  heard.answer = co_await socket.open("/rtc?x=1", {}, deadline);
  if (heard.answer.status != 101 || !heard.answer.outcome.ok()) co_return heard;
  for (int i = 0; i < messages; ++i) {
    WsMessage message = co_await socket.receive(deadline);
    heard.messages.push_back(std::move(message));
  }
  co_return heard;
}

WsMessage first_of(const std::string& frames, int deadline_ms = 2000) {
  test::Server server(upgrading(frames));
  return test::run(listen(target_of(server), 1, test::in_ms(deadline_ms))).messages.at(0);
}

std::string text_of(const std::vector<std::uint8_t>& bytes) {
  return {bytes.begin(), bytes.end()};
}

awaitable<NetOutcome> say_and_close(HttpTarget target, std::vector<std::uint8_t> bytes, Deadline deadline) {
  WebSocket socket(std::move(target));
  (void)co_await socket.open("/rtc", {}, deadline);
  (void)co_await socket.send_binary(std::move(bytes), deadline);
  co_return co_await socket.close(deadline);
}

awaitable<std::vector<WsMessage>> listen_twice(HttpTarget target, int first_ms) {
  WebSocket socket(std::move(target));
  (void)co_await socket.open("/rtc", {}, test::in_ms(2000));
  std::vector<WsMessage> messages;
  for (const int patience : {first_ms, 2000}) {
    WsMessage message = co_await socket.receive(test::in_ms(patience));
    messages.push_back(std::move(message));
  }
  co_return messages;
}

}  // namespace

TEST_CASE("messages arrive whole, also in fragments with a ping between them, which is answered") {
  std::string sent;
  std::vector<WsMessage> messages;
  {
    test::Server server(upgrading(frame(0x82, "one") + frame(0x01, "tw") + frame(0x89, "p") +
                                      frame(0x80, "o") + frame(0x82, std::string(300, 'x')),
                                  &sent));
    messages = test::run(listen(target_of(server), 3, test::in_ms(2000))).messages;
  }
  REQUIRE(messages.size() == 3);
  CHECK(text_of(messages[0].bytes) == "one");
  CHECK(messages[0].binary);
  CHECK(text_of(messages[1].bytes) == "two");
  CHECK_FALSE(messages[1].binary);
  CHECK(messages[2].bytes.size() == 300);
  REQUIRE(sent.size() == 7);  // pong: two bytes of head, four of mask, one of payload
  CHECK(sent[0] == '\x8a');
  CHECK((sent[6] ^ sent[2]) == 'p');
}

TEST_CASE("a refused upgrade gives the peer's answer with its body") {
  test::Server server(test::http_answers(
      {"HTTP/1.1 401 Unauthorized\r\nContent-Length: 34\r\n\r\nno permissions to access the room\n"}));
  const Heard heard = test::run(listen(target_of(server), 1, test::in_ms(2000)));
  CHECK(heard.answer.outcome.ok());
  CHECK(heard.answer.status == 401);
  CHECK(heard.answer.body == "no permissions to access the room\n");
}

TEST_CASE("101 without the right Sec-WebSocket-Accept is not an open WebSocket") {
  test::Server server(test::http_answers({"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"}));
  const Heard heard = test::run(listen(target_of(server), 1, test::in_ms(2000)));
  CHECK(heard.answer.outcome.error == NetError::malformed);
  CHECK(heard.answer.outcome.stage == Stage::upgrade);
}

TEST_CASE("a silent answer to the upgrade times out in the stage upgrade") {
  test::Server mute([](test::Peer& peer) { peer.wait_for_end(); });
  const Heard heard = test::run(listen(target_of(mute), 1, test::in_ms(150)));
  CHECK(heard.answer.outcome.error == NetError::timed_out);
  CHECK(heard.answer.outcome.stage == Stage::upgrade);
}

TEST_CASE("a close frame gives its code and reason, an end without one code 0") {
  const WsMessage closed = first_of(frame(0x88, std::string("\x03\xf0") + "policy"));
  CHECK(closed.outcome.error == NetError::closed);
  CHECK(closed.close_code == 1008);
  CHECK(text_of(closed.bytes) == "policy");
  CHECK(closed.outcome.text == "closed by the peer with code 1008");
  CHECK(first_of(frame(0x88, "")).close_code == 1005);
  test::Server leaving([](test::Peer& peer) {
    const std::string head = peer.read_until("\r\n\r\n");
    if (head.empty()) return;
    const auto at = head.find("Sec-WebSocket-Key: ") + 19;
    peer.write("HTTP/1.1 101 X\r\nSec-WebSocket-Accept: " + accept_for(head.substr(at, 24)) + "\r\n\r\n");
  });
  const Heard heard = test::run(listen(target_of(leaving), 1, test::in_ms(2000)));
  CHECK(heard.messages.at(0).outcome.error == NetError::closed);
  CHECK(heard.messages.at(0).close_code == 0);
}

TEST_CASE("violations and messages above 1 MiB end the connection") {
  CHECK(first_of("\xc2\x01x").outcome.error == NetError::malformed);                 // reserved bit
  CHECK(first_of("\x82\x81xxxxx").outcome.error == NetError::malformed);             // masked
  CHECK(first_of("\x83\x01x").outcome.error == NetError::malformed);                 // unknown opcode
  CHECK(first_of(frame(0x80, "x")).outcome.error == NetError::malformed);            // nothing to continue
  CHECK(first_of(std::string("\x09\x00", 2)).outcome.error == NetError::malformed);  // fragmented ping
  CHECK(first_of(std::string("\x82\x7f\0\0\0\0\0\x20\0\0", 10)).outcome.error == NetError::too_large);
  CHECK(first_of("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff").outcome.error == NetError::too_large);
}

TEST_CASE("a frame cut at any byte is waited for, not guessed") {
  const std::string whole = frame(0x82, std::string(200, 'y'));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    WsReader reader(1000);
    const std::string part = whole.substr(0, length);
    reader.feed(Bytes(part.begin(), part.end()));
    CHECK_FALSE(reader.next());
    CHECK(reader.error() == WsReader::Error::none);
  }
}

TEST_CASE("a frame of any length is read, also of the 127 bytes that look like a mark") {
  for (std::size_t length = 0; length < 400; ++length) {
    const std::string text = frame(0x82, std::string(length, 'x'));
    WsReader reader(1000);
    reader.feed(ByteView(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
    const auto message = reader.next();
    REQUIRE_MESSAGE(message.has_value(), length);
    CHECK(message->payload.size() == length);
  }
}

TEST_CASE("after silence the next receive still gets the message") {
  test::Server server([](test::Peer& peer) { upgrading("")(peer); });
  const WsMessage silent = first_of("", 120);
  CHECK(silent.outcome.error == NetError::timed_out);
  test::Server slow([](test::Peer& peer) {
    const std::string head = peer.read_until("\r\n\r\n");
    if (head.empty()) return;
    const auto at = head.find("Sec-WebSocket-Key: ") + 19;
    peer.write("HTTP/1.1 101 X\r\nSec-WebSocket-Accept: " + accept_for(head.substr(at, 24)) + "\r\n\r\n\x82");
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    peer.write("\x02hi");
    peer.wait_for_end();
  });
  const auto messages = test::run(listen_twice(target_of(slow), 80));
  CHECK(messages.at(0).outcome.error == NetError::timed_out);
  CHECK(text_of(messages.at(1).bytes) == "hi");
}

TEST_CASE("closing sends 1000 and waits for the peer's end; what is sent is masked") {
  std::string sent;
  NetOutcome outcome;
  {
    test::Server server([&](test::Peer& peer) {
      const std::string head = peer.read_until("\r\n\r\n");
      if (head.empty()) return;
      const auto at = head.find("Sec-WebSocket-Key: ") + 19;
      peer.write("HTTP/1.1 101 X\r\nSec-WebSocket-Accept: " + accept_for(head.substr(at, 24)) + "\r\n\r\n");
      while (sent.size() < 17) {
        const std::string part = peer.read_some();
        if (part.empty()) break;
        sent += part;
      }
      peer.write(frame(0x88, "\x03\xe8"));
    });
    outcome = test::run(say_and_close(target_of(server), {'a', 'b', 'c'}, test::in_ms(2000)));
  }
  CHECK(outcome.ok());
  REQUIRE(sent.size() == 17);
  CHECK(sent[0] == '\x82');
  CHECK(sent[1] == '\x83');
  CHECK((sent[6] ^ sent[2]) == 'a');
  CHECK(sent[9] == '\x88');
  CHECK((sent[15] ^ sent[11]) == '\x03');
}

TEST_CASE("a WebSocket runs inside TLS and is cancelled at once") {
  test::ServerTls tls;
  tls.identity = test::make_certificate({.common_name = "x", .names = {"DNS:livekit.example.org"}});
  const test::PemFile file({tls.identity.certificate});
  test::Server server(tls, upgrading(frame(0x82, "secure")));
  HttpTarget target = target_of(server);
  target.tls = true;
  target.tls_options.ca_files = {file.path()};
  CHECK(text_of(test::run(listen(target, 1, test::in_ms(2000))).messages.at(0).bytes) == "secure");
  const auto cancelled =
      test::cancel_after(Milliseconds(60), test::drop(listen(target, 2, test::in_ms(5000))));
  CHECK(cancelled.cancelled);
  CHECK(cancelled.took < Milliseconds(1000));
}
