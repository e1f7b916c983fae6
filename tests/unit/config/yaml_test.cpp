// SPDX-License-Identifier: EUPL-1.2
#include "config/yaml.hpp"

#include <doctest/doctest.h>

#include "config/livekit_keys.hpp"
#include "config/yaml_scalar.hpp"

using namespace lkdoctor::config;

namespace {

std::string message_of(std::string_view text) {
  const yaml::Document document = yaml::parse(text);
  return document.error ? document.error->message : "";
}

yaml::Mark place_of(std::string_view text) {
  const yaml::Document document = yaml::parse(text);
  return document.error ? document.error->place : yaml::Mark{0, 0};
}

yaml::Scalar scalar_of(std::string_view text) {
  const yaml::Document document = yaml::parse(text);
  return yaml::resolve(*document.root);
}

}  // namespace

TEST_CASE("every value knows its line and column, in UTF-8 and in UTF-16") {
  const std::string text = "# first\nport: 7880\nrtc:\n  tcp_port: 7881\n";
  std::string wide = "\xff\xfe";
  for (const char c : text) {
    wide += c;
    wide += '\0';
  }
  for (const std::string& bytes : {text, "\xef\xbb\xbf" + text, wide}) {
    const yaml::Document document = yaml::parse(bytes);
    REQUIRE(document.root != nullptr);
    CHECK(yaml::find(*document.root, "port")->begin == yaml::Mark{2, 7});
    CHECK(yaml::find(*yaml::find(*document.root, "rtc"), "tcp_port")->begin == yaml::Mark{4, 13});
    CHECK(document.line(4) == "  tcp_port: 7881");
  }
}

TEST_CASE("a syntax error carries go-yaml's words and the place where it really is") {
  CHECK(message_of("port:7880\nrtc: 1\n") == "line 2: mapping values are not allowed in this context");
  CHECK(place_of("port:7880\nrtc: 1\n") == yaml::Mark{1, 5});
  CHECK(place_of("a: 1\nb: [1\nc: 2\n") == yaml::Mark{2, 4});
  CHECK(place_of("a:\n\tb: 1\n") == yaml::Mark{2, 1});
  CHECK(message_of("a: *b\n") == "unknown anchor 'b' referenced");
  CHECK(message_of("%YAML 1.2\n---\na: 1\n") == "found incompatible YAML document");
  CHECK(message_of("a: \xff\n") == "invalid leading UTF-8 octet");
  CHECK(place_of("a: 1\nb: \xe4\n") == yaml::Mark{2, 4});
}

TEST_CASE("only the first document is read") {
  CHECK(message_of("a: 1\n---\nb: [\n").empty());
  CHECK(yaml::parse("# nothing\n").root == nullptr);
}

TEST_CASE("size, depth and number of values are limited") {
  CHECK(message_of(std::string(2'000'000, ' ')) == "larger than 1024 KiB");
  CHECK(message_of("a: " + std::string(150, '[') + std::string(150, ']')) == "more than 100 levels");
  std::string many;
  for (int i = 0; i < 210'000; ++i) many += "- 1\n";
  CHECK(message_of(many) == "more than 200000 values");
}

TEST_CASE("beyond our own depth it is still known what go-yaml says") {
  CHECK(message_of(std::string(100'000, '{')) == "exceeded max depth of 10000");
  CHECK(message_of(std::string(100'000, '[')) == "exceeded max depth of 10000");
  std::string sequences;
  for (int i = 0; i < 100'000; ++i) sequences += "- ";
  CHECK(message_of(sequences) == "exceeded max depth of 10000");
  CHECK(message_of(std::string(5'000, '[')) == "line 1: did not find expected node content");
  CHECK(message_of("a: " + std::string(10'000, '[') + std::string(10'000, ']')) == "more than 100 levels");
  CHECK(message_of("a: " + std::string(10'001, '[') + std::string(10'001, ']')) ==
        "exceeded max depth of 10000");
}

TEST_CASE("scalars are what go-yaml takes them for") {
  CHECK(std::get<std::int64_t>(scalar_of("017310").value) == 7880);
  CHECK(std::get<double>(scalar_of("08080").value) == 8080);
  CHECK(std::get<std::int64_t>(scalar_of("7_880").value) == 7880);
  CHECK(scalar_of("22:22").tag == "!!str");
  CHECK(scalar_of("2026-01-31").tag == "!!timestamp");
  CHECK(scalar_of("2026-02-31").tag == "!!str");
  CHECK(scalar_of("\"7880\"").tag == "!!str");
  CHECK(std::get<std::string>(scalar_of("!!binary YWJj").value) == "abc");
  CHECK(scalar_of("!!int x").error == "cannot decode !!str `x` as a !!int");
  CHECK(yaml::go_duration("1m30s") == 90'000'000'000);
  CHECK_FALSE(yaml::go_duration("5").has_value());
  CHECK_FALSE(yaml::go_duration("1d").has_value());
}

TEST_CASE("a version without a table of its own is judged by the nearest older one") {
  CHECK(key_table_for("1.8.4").version == "1.8.4");
  CHECK(key_table_for("v1.10.1").version == "1.9.12");
  CHECK(key_table_for("1.12.0").version == "1.11.0");
  CHECK(key_table_for("1.2.0").version == "1.8.4");
  CHECK(key_table_for("2.0").version == "1.13.5");
  CHECK(key_table_for("").version == "1.13.5");
  const auto schema = field_tree(key_table_for(""));
  CHECK(find_field(*schema, "rtc.turn_servers[].secret_file")->kind == FieldKind::text);
  CHECK(find_field(*schema, "rtc.nope") == nullptr);
}
