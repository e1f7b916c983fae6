// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/proto/turn.hpp>

#include "support/turn_server.hpp"

using namespace lkdoctor;
using namespace lkdoctor::proto;

namespace {

const Endpoint kPeer{"192.0.2.9", 20000};

struct Session {
  explicit Session(TurnCarrier carrier = TurnCarrier::datagrams, Secret password = Secret("relay password"))
      : client(carrier, {"1700000000:PA_x", std::move(password)}) {}

  void exchange() {
    for (int i = 0; i < 12; ++i) {
      for (const Bytes& packet : client.take()) {
        last_sent = packet;
        const Bytes reply = server.answer(packet);
        if (!reply.empty()) client.receive(reply, now);
      }
    }
  }
  void allocated() {
    client.allocate(now);
    exchange();
    REQUIRE(client.state().phase == TurnPhase::allocated);
  }
  void permitted() {
    allocated();
    client.permit(kPeer, now);
    exchange();
    REQUIRE(client.permitted(kPeer));
  }
  /// Nobody answers any more.
  void silence() {
    for (int i = 0; i < 20 && client.waiting(); ++i) {
      now = client.next_timer().value();
      client.on_timer(now);
      (void)client.take();
    }
  }

  test::TurnServer server;
  TurnClient client;
  Clock::time_point now{};
  Bytes last_sent;
};

Bytes data_indication(std::string_view text) {
  StunMessage message;
  message.kind = StunClass::indication;
  message.method = turn::kData;
  message.id = random_transaction_id();
  message.add_xored(turn::kXorPeerAddress, kPeer);
  message.add_text(turn::kDataAttribute, text);
  return encode_stun(message);
}

Bytes bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

}  // namespace

TEST_CASE("an allocation takes the challenge first, then has an address at the relay") {
  Session session;
  session.allocated();
  const TurnState& state = session.client.state();
  CHECK(state.first_code == 401);
  CHECK(state.realm == "lab.example");
  CHECK(state.software == "Test-1.0");
  CHECK(state.relayed == Endpoint{"198.51.100.7", 30001});
  CHECK(state.mapped == Endpoint{"203.0.113.5", 40000});
  CHECK(state.lifetime_seconds == 600);
  CHECK(session.server.requests == 2);
}

TEST_CASE("wrong credentials end in the server's code and words") {
  Session session(TurnCarrier::datagrams, Secret("another password"));
  session.client.allocate(session.now);
  session.exchange();
  CHECK(session.client.state().phase == TurnPhase::failed);
  CHECK(session.client.state().first_code == 401);
  CHECK(session.client.state().error_code == 401);
  CHECK(session.client.state().error_reason == "Unauthorized");
  CHECK(session.server.requests == 2);
}

TEST_CASE("an Allocate that is refused keeps its code: 486 is a quota, 508 no room") {
  for (const int code : {400, 403, 437, 486, 508}) {
    Session session;
    session.server.allocate_code = code;
    session.client.allocate(session.now);
    session.exchange();
    CHECK(session.client.state().phase == TurnPhase::failed);
    CHECK(session.client.state().error_code == code);
  }
}

TEST_CASE("a relay that asks for no credentials is told apart") {
  Session session;
  session.server.needs_credentials = false;
  session.allocated();
  CHECK(session.client.state().first_code == 0);
}

TEST_CASE("a nonce that has become stale is renewed") {
  Session session;
  session.allocated();
  session.server.nonce = "n2";
  session.client.permit(kPeer, session.now);
  session.exchange();
  CHECK(session.client.permitted(kPeer));
}

TEST_CASE("a server whose nonce is always stale is not asked for ever") {
  Session session;
  session.client.allocate(session.now);
  for (int i = 0; i < 50; ++i) {
    for (const Bytes& packet : session.client.take()) {
      session.client.receive(session.server.answer(packet), session.now);
      session.server.nonce += "x";
    }
  }
  CHECK(session.client.state().phase == TurnPhase::failed);
  CHECK(session.client.state().error_code == 438);
  CHECK(session.server.requests == 5);
}

TEST_CASE("a forbidden peer keeps the code, and nothing is sent to it") {
  Session session;
  session.allocated();
  session.server.permission_code = 403;
  session.client.permit(kPeer, session.now);
  session.exchange();
  REQUIRE(session.client.state().permissions.size() == 1);
  CHECK(session.client.state().permissions[0].answered);
  CHECK_FALSE(session.client.state().permissions[0].granted);
  CHECK(session.client.state().permissions[0].error_code == 403);
  CHECK(session.client.state().permissions[0].error_reason == "Forbidden IP");
  session.client.send(kPeer, bytes_of("x"));
  CHECK(session.client.take().empty());
}

TEST_CASE("data goes out as an indication, and as ChannelData once a channel stands") {
  Session session;
  session.permitted();
  session.client.send(kPeer, bytes_of("hello"));
  const auto indication = decode_stun(session.client.take().at(0));
  REQUIRE(indication);
  CHECK(indication->method == turn::kSend);
  CHECK(indication->text_of(turn::kDataAttribute) == "hello");
  CHECK(indication->xored_address(turn::kXorPeerAddress) == kPeer);
  session.client.bind_channel(kPeer, session.now);
  session.exchange();
  session.client.send(kPeer, bytes_of("hello"));
  CHECK(session.client.take().at(0) == Bytes{0x40, 0, 0, 5, 'h', 'e', 'l', 'l', 'o'});
  session.client.receive(Bytes{0x40, 0, 0, 2, 'h', 'i'}, session.now);
  const auto relayed = session.client.take_relayed();
  REQUIRE(relayed.size() == 1);
  CHECK(relayed[0].from == kPeer);
  CHECK(relayed[0].bytes == bytes_of("hi"));
}

TEST_CASE("on a stream ChannelData is padded, and the stream may be cut anywhere") {
  Session session(TurnCarrier::stream);
  session.permitted();
  session.client.bind_channel(kPeer, session.now);
  session.exchange();
  session.client.send(kPeer, bytes_of("hello"));
  CHECK(session.client.take().at(0) == Bytes{0x40, 0, 0, 5, 'h', 'e', 'l', 'l', 'o', 0, 0, 0});
  Bytes stream{0x40, 0, 0, 2, 'h', 'i', 0, 0};
  const Bytes indication = data_indication("from the peer");
  stream.insert(stream.end(), indication.begin(), indication.end());
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      session.client.receive(ByteView(stream).subspan(at, std::min(piece, stream.size() - at)), session.now);
    }
    const auto relayed = session.client.take_relayed();
    REQUIRE(relayed.size() == 2);
    CHECK(relayed[0].bytes == bytes_of("hi"));
    CHECK(relayed[1].bytes == bytes_of("from the peer"));
  }
}

TEST_CASE("a web server on the stream is recognised by its first words") {
  Session session(TurnCarrier::stream);
  session.client.allocate(session.now);
  (void)session.client.take();
  session.client.receive(bytes_of("HTTP/1.1 400 Bad Request\r\n\r\n"), session.now);
  CHECK(session.client.state().phase == TurnPhase::failed);
  CHECK(session.client.state().foreign == "HTTP/1.1 400 Bad Request\\r\\n\\r\\n");
  session.client.receive(bytes_of("more"), session.now);
  CHECK_FALSE(session.client.waiting());
}

TEST_CASE("a request is sent five times in three and a half seconds, then the server counts as silent") {
  Session session;
  session.client.allocate(session.now);
  session.silence();
  CHECK(session.client.state().phase == TurnPhase::failed);
  CHECK(session.client.state().error_code == 0);
  CHECK(session.client.state().requests_sent == 5);
  CHECK(session.now.time_since_epoch() == Milliseconds(3500));
}

TEST_CASE("on a stream nothing is repeated") {
  Session session(TurnCarrier::stream);
  session.client.allocate(session.now);
  session.silence();
  CHECK(session.client.state().requests_sent == 1);
  CHECK(session.client.state().phase == TurnPhase::failed);
}

TEST_CASE("an unsigned success is not believed") {
  Session session;
  session.server.signs = false;
  session.client.allocate(session.now);
  session.exchange();
  CHECK(session.client.state().phase == TurnPhase::allocating);
  CHECK(session.client.state().integrity_bad);
}

TEST_CASE("the allocation is given back with lifetime 0, and silence then does not matter") {
  Session session;
  session.allocated();
  session.client.release(session.now);
  session.exchange();
  CHECK(session.client.state().phase == TurnPhase::released);
  Session unanswered;
  unanswered.allocated();
  unanswered.client.release(unanswered.now);
  unanswered.silence();
  CHECK(unanswered.client.state().phase == TurnPhase::released);
}

TEST_CASE("allocation and permissions are refreshed in time") {
  Session session;
  session.permitted();
  const int before = session.server.requests;
  session.now += std::chrono::minutes(4);
  session.client.on_timer(session.now);
  session.exchange();
  CHECK(session.server.requests == before + 1);
  session.now += std::chrono::minutes(1);
  session.client.on_timer(session.now);
  session.exchange();
  CHECK(session.server.requests == before + 2);
  CHECK(session.client.state().phase == TurnPhase::allocated);
}

TEST_CASE("answers cut at any byte, strangers' answers and unknown channels change nothing") {
  Session session;
  session.client.allocate(session.now);
  const Bytes reply = session.server.answer(session.client.take().at(0));
  for (std::size_t size = 0; size < reply.size(); ++size) {
    session.client.receive(ByteView(reply).first(size), session.now);
  }
  CHECK(session.client.state().answers == 0);
  Session other;
  other.client.allocate(other.now);
  session.client.receive(other.server.answer(other.client.take().at(0)), session.now);
  session.client.receive(Bytes{0x40, 0, 0, 1, 'x'}, session.now);
  CHECK(session.client.state().answers == 0);
  CHECK(session.client.take_relayed().empty());
}

TEST_CASE("no more relayed packets are kept than fit, however many come") {
  Session session;
  session.permitted();
  for (int i = 0; i < 3000; ++i) session.client.receive(data_indication("x"), session.now);
  CHECK(session.client.take_relayed().size() == 1024);
  CHECK(session.client.state().received_from_peers == 3000);
}

TEST_CASE("the state says nothing of user name, password or nonce") {
  Session session;
  session.permitted();
  const std::string text = Json(session.client.state()).dump();
  CHECK(text.find("relay password") == std::string::npos);
  CHECK(text.find("1700000000") == std::string::npos);
  CHECK(text.find("n1") == std::string::npos);
}
