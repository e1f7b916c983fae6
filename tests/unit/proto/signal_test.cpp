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

namespace {

/// What a server would send, made from the request of the same shape with another field number.
Bytes as_response(Bytes request, std::uint8_t tag) {
  request.front() = tag;
  return request;
}

}  // namespace

TEST_CASE("offers and answers carry their text and their number") {
  const Bytes offer = proto::encode_offer({"v=0", 7});
  CHECK(offer ==
        Bytes{0x0a, 0x0e, 0x0a, 0x05, 'o', 'f', 'f', 'e', 'r', 0x12, 0x03, 'v', '=', '0', 0x18, 0x07});
  const Bytes answer = proto::encode_answer({"v=0", 7});
  CHECK(answer.front() == 0x12);
  const proto::SignalMessage read = proto::decode_signal(answer);
  CHECK(read.kind == proto::SignalKind::answer);
  CHECK(read.description.sdp == "v=0");
  CHECK(read.description.id == 7);
  CHECK(proto::decode_signal(as_response(offer, 0x1a)).kind == proto::SignalKind::offer);
}

TEST_CASE("a trickled candidate is read out of its JSON, the last one says so") {
  const proto::Trickle sent{"candidate:1 1 udp 1 192.0.2.1 2 typ host", proto::PeerTarget::subscriber, true};
  const Bytes message = proto::encode_trickle(sent);
  CHECK(message.front() == 0x1a);
  const proto::SignalMessage read = proto::decode_signal(as_response(message, 0x22));
  REQUIRE(read.kind == proto::SignalKind::trickle);
  CHECK(read.trickle.candidate == sent.candidate);
  CHECK(read.trickle.target == proto::PeerTarget::subscriber);
  CHECK(read.trickle.final);
  // TrickleRequest{candidateInit: "[[["} and {candidateInit: {"candidate": 5}}
  CHECK(proto::decode_signal(Bytes{0x22, 0x05, 0x0a, 0x03, '[', '[', '['}).trickle.candidate.empty());
  CHECK(proto::decode_signal(bytes("\x22\x11\x0a\x0f{\"candidate\":5}")).trickle.candidate.empty());
}

TEST_CASE("a track is announced as a microphone's, and what came of it is read") {
  const Bytes message = proto::encode_add_audio_track("cid", "n");
  CHECK(message ==
        Bytes{0x22, 0x0e, 0x0a, 0x03, 'c', 'i', 'd', 0x12, 0x01, 'n', 0x38, 0x01, 0x40, 0x02, 0x68, 0x01});
  // TrackPublishedResponse{cid: "cid", track: {sid: "TR_1", mime_type: "audio/opus", mid: "1"}}
  const proto::SignalMessage read =
      proto::decode_signal(bytes("\x32\x1c\x0a\x03"
                                 "cid\x12\x15\x0a\x04TR_1\x6a\x0a"
                                 "audio/opus\x72\x01"
                                 "1"));
  REQUIRE(read.kind == proto::SignalKind::track_published);
  CHECK(read.published_cid == "cid");
  CHECK(read.published.sid == "TR_1");
  CHECK(read.published.mid == "1");
  CHECK(read.published.audio);
}

TEST_CASE("participants and their connection quality are the server's own word") {
  // ParticipantUpdate{participants: {sid: "PA", identity: "i", state: ACTIVE, tracks: {sid: "TR"}}}
  const proto::SignalMessage update =
      proto::decode_signal(bytes("\x2a\x11\x0a\x0f\x0a\x02PA\x12\x01i\x18\x02\x22\x04\x0a\x02TR"));
  REQUIRE(update.kind == proto::SignalKind::update);
  REQUIRE(update.participants.size() == 1);
  CHECK(update.participants[0].state == proto::ParticipantState::active);
  CHECK(update.participants[0].tracks.at(0).sid == "TR");
  // ConnectionQualityUpdate{updates: {participantSid: "PA", quality: EXCELLENT}}
  const proto::SignalMessage quality = proto::decode_signal(bytes("\x62\x08\x0a\x06\x0a\x02PA\x10\x02"));
  REQUIRE(quality.kind == proto::SignalKind::connection_quality);
  CHECK(quality.qualities.at(0).quality == proto::Quality::excellent);
  CHECK(proto::leave_reason_name(2) == "DUPLICATE_IDENTITY");
  CHECK(proto::leave_reason_name(99) == "UNKNOWN");
  CHECK(proto::leave_reason_name(-1) == "UNKNOWN");
}
