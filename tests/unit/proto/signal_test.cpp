// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/proto/signal.hpp>
#include <string_view>

using namespace lkdoctor;

namespace {

Bytes bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

/// JoinResponse with room "r", server_info {version "1.13.5", protocol 17, node "ND_1"}, an ICE server, an
/// unknown field 15 and ping times.
Bytes join_message() {
  using namespace std::string_view_literals;
  const std::string join = std::string("\x0a\x03\x12\x01r"sv) + std::string("\x2a\x0c\x0a\x0astun:h:347"sv) +
                           "\x50\x0f" + "\x58\x05" +
                           std::string(
                               "\x62\x10\x12\x06"
                               "1.13.5\x18\x11\x2a\x04ND_1"sv) +
                           std::string("\x78\x01"sv);
  return bytes(std::string("\x0a") + static_cast<char>(join.size()) + join);
}

}  // namespace

TEST_CASE("the first message of a session gives version, node and ICE servers") {
  const proto::SignalMessage message = proto::decode_signal(join_message());
  REQUIRE(message.kind == proto::SignalKind::join);
  CHECK(message.join.room == "r");
  CHECK(message.join.version == "1.13.5");
  CHECK(message.join.protocol == 17);
  CHECK(message.join.node == "ND_1");
  CHECK(message.join.ping_interval_seconds == 5);
  CHECK(message.join.ping_timeout_seconds == 15);
  CHECK(message.join.ice_urls == std::vector<std::string>{"stun:h:347"});
}

TEST_CASE("a leave request is four bytes, and the server's leave is read") {
  CHECK(proto::encode_leave() == Bytes{0x42, 0x02, 0x10, 0x01});
  CHECK(proto::decode_signal(proto::encode_leave()).kind == proto::SignalKind::leave);
  CHECK(proto::decode_signal(proto::encode_leave()).leave_reason == 1);
  CHECK(proto::encode_ping(5) == Bytes{0x82, 0x01, 0x02, 0x08, 0x05});
}

TEST_CASE("other messages are other, broken ones malformed, cut anywhere") {
  CHECK(proto::decode_signal(Bytes{0x82, 0x01, 0x01, 'x'}).kind == proto::SignalKind::other);
  CHECK(proto::decode_signal({}).kind == proto::SignalKind::malformed);
  CHECK(proto::decode_signal(bytes("HTTP/1.1 200 OK")).kind != proto::SignalKind::join);
  CHECK(proto::decode_signal(Bytes((1U << 20U) + 1, 0x0a)).kind == proto::SignalKind::malformed);
  const Bytes whole = join_message();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto part = ByteView(whole).first(length);
    CHECK(proto::decode_signal(part).kind == proto::SignalKind::malformed);
  }
}
