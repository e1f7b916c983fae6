// SPDX-License-Identifier: EUPL-1.2
#include "engine/protocol.hpp"

#include <doctest/doctest.h>

using namespace lkdoctor;
using engine::Message;

TEST_CASE("every message comes back as it was sent") {
  for (const Message& sent :
       {Message{}, Message{Message::Kind::log, 7, "a", "line", Json(), {}},
        Message{Message::Kind::phase, 7, "a", "connect", Json(), Microseconds(812)},
        Message{Message::Kind::effect, 7, "a", "join", Json(), {}},
        Message{Message::Kind::fact, 7, "a", "addresses", Json{{"x", 1}}, {}},
        Message{Message::Kind::observation, 7, "a", "", Json{1, 2}, Microseconds(5)},
        Message{Message::Kind::failed, 4294967295, "a", "why", Json(), Microseconds(7)}}) {
    const std::string line = engine::encode(sent);
    REQUIRE(line.find('\n') == line.size() - 1);
    const auto got = engine::decode_message(line);
    REQUIRE(got);
    CHECK(got->kind == sent.kind);
    CHECK(got->job == sent.job);
    CHECK(got->check == sent.check);
    CHECK(got->text == sent.text);
    CHECK(got->value == sent.value);
    CHECK(got->took == sent.took);
  }
}

TEST_CASE("an order comes back as it was sent") {
  const auto command = engine::decode_command(engine::encode(
      engine::Order{7, 3, "tls_public", {{"addresses", Json{"10.0.0.1"}}}, Milliseconds(9800)}));
  REQUIRE(command);
  const auto* got = std::get_if<engine::Order>(&*command);
  REQUIRE(got != nullptr);
  CHECK(got->job == 7);
  CHECK(got->target == 3);
  CHECK(got->run == "tls_public");
  CHECK(got->facts.at("addresses").at(0) == "10.0.0.1");
  CHECK(got->deadline == Milliseconds(9800));
}

TEST_CASE("a cancellation comes back as it was sent") {
  const std::string line = engine::encode(engine::Cancel{7});
  CHECK(line == "{\"cancel\":7}\n");
  const auto command = engine::decode_command(line);
  REQUIRE(command);
  REQUIRE(std::holds_alternative<engine::Cancel>(*command));
  CHECK(std::get<engine::Cancel>(*command).job == 7);
}

TEST_CASE("text that is no command is refused") {
  for (const std::string_view text : {"", "null", "[]", "{}", "{\"cancel\":\"all\"}", "{\"cancel\":7",
                                      "{\"run\":\"a\",\"facts\":{},\"deadline_ms\":1}"}) {
    CHECK_FALSE(engine::decode_command(text));
  }
}

TEST_CASE("text that is no message is refused, cut at every byte") {
  const std::string line =
      engine::encode(Message{Message::Kind::fact, 7, "a", "addresses", Json{{"x", 1}}, {}});
  for (std::size_t cut = 0; cut + 2 < line.size(); ++cut) {
    CHECK_FALSE(engine::decode_message(std::string_view(line).substr(0, cut)));
  }
  CHECK_FALSE(engine::decode_message("null"));
  CHECK_FALSE(engine::decode_message("[]"));
  CHECK_FALSE(engine::decode_message("{\"job\":1,\"check\":\"a\"}"));
  CHECK_FALSE(engine::decode_message("{\"check\":\"a\",\"log\":\"x\"}"));
  CHECK_FALSE(engine::decode_message("{\"job\":1,\"check\":7,\"log\":\"x\"}"));
  CHECK_FALSE(engine::decode_message("{\"job\":1,\"check\":\"a\",\"fact\":\"x\"}"));
  CHECK_FALSE(engine::decode_message("{\"job\":1,\"check\":\"a\",\"observation\":1}"));
}

TEST_CASE("a line that nests too deeply or is too long is refused before it is parsed") {
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  CHECK_FALSE(
      engine::decode_message("{\"job\":1,\"check\":\"a\",\"took_us\":1,\"observation\":" + deep + "}"));
  CHECK_FALSE(
      engine::decode_message("{\"job\":1,\"check\":\"a\",\"log\":\"" + std::string(5 << 20, 'x') + "\"}"));
  CHECK(engine::decode_message("{\"job\":1,\"check\":\"a\",\"log\":\"" + std::string(100, '[') + "\"}"));
}

TEST_CASE("bytes that are not UTF-8 do not cost the message") {
  const auto got =
      engine::decode_message(engine::encode(Message{Message::Kind::log, 7, "a", "\xff!", Json(), {}}));
  REQUIRE(got);
  CHECK(got->text == "\xef\xbf\xbd!");
}
