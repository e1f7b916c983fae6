// SPDX-License-Identifier: EUPL-1.2
#include "engine/protocol.hpp"

#include <doctest/doctest.h>

using namespace lkdoctor;
using engine::Message;

TEST_CASE("every message comes back as it was sent") {
  for (const Message& sent : {Message{}, Message{Message::Kind::log, "a", "line", Json(), {}},
                              Message{Message::Kind::phase, "a", "connect", Json(), Microseconds(812)},
                              Message{Message::Kind::effect, "a", "join", Json(), {}},
                              Message{Message::Kind::fact, "a", "addresses", Json{{"x", 1}}, {}},
                              Message{Message::Kind::observation, "a", "", Json{1, 2}, Microseconds(5)},
                              Message{Message::Kind::failed, "a", "why", Json(), Microseconds(7)}}) {
    const std::string line = engine::encode(sent);
    REQUIRE(line.find('\n') == line.size() - 1);
    const auto got = engine::decode_message(line);
    REQUIRE(got);
    CHECK(got->kind == sent.kind);
    CHECK(got->check == sent.check);
    CHECK(got->text == sent.text);
    CHECK(got->value == sent.value);
    CHECK(got->took == sent.took);
  }
}

TEST_CASE("an order comes back as it was sent") {
  const auto got = engine::decode_order(
      engine::encode(engine::Order{"tls_public", {{"addresses", Json{"10.0.0.1"}}}, Milliseconds(9800)}));
  REQUIRE(got);
  CHECK(got->run == "tls_public");
  CHECK(got->facts.at("addresses").at(0) == "10.0.0.1");
  CHECK(got->deadline == Milliseconds(9800));
}

TEST_CASE("text that is no message is refused, cut at every byte") {
  const std::string line = engine::encode(Message{Message::Kind::fact, "a", "addresses", Json{{"x", 1}}, {}});
  for (std::size_t cut = 0; cut + 2 < line.size(); ++cut) {
    CHECK_FALSE(engine::decode_message(std::string_view(line).substr(0, cut)));
  }
  CHECK_FALSE(engine::decode_message("null"));
  CHECK_FALSE(engine::decode_message("[]"));
  CHECK_FALSE(engine::decode_message("{\"check\":\"a\"}"));
  CHECK_FALSE(engine::decode_message("{\"check\":7,\"log\":\"x\"}"));
  CHECK_FALSE(engine::decode_message("{\"check\":\"a\",\"fact\":\"x\"}"));
  CHECK_FALSE(engine::decode_message("{\"check\":\"a\",\"observation\":1}"));
}

TEST_CASE("a line that nests too deeply or is too long is refused before it is parsed") {
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  CHECK_FALSE(engine::decode_message("{\"check\":\"a\",\"took_us\":1,\"observation\":" + deep + "}"));
  CHECK_FALSE(engine::decode_message("{\"check\":\"a\",\"log\":\"" + std::string(5 << 20, 'x') + "\"}"));
  CHECK(engine::decode_message("{\"check\":\"a\",\"log\":\"" + std::string(100, '[') + "\"}"));
}

TEST_CASE("bytes that are not UTF-8 do not cost the message") {
  const auto got =
      engine::decode_message(engine::encode(Message{Message::Kind::log, "a", "\xff!", Json(), {}}));
  REQUIRE(got);
  CHECK(got->text == "\xef\xbf\xbd!");
}
