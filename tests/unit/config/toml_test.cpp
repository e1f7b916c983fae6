// SPDX-License-Identifier: EUPL-1.2
#include "config/toml.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <tuple>

using namespace lkdoctor::config;

namespace {

std::string error_of(const std::string& text) {
  const TomlFile file = parse_toml(text);
  if (!file.error) return "";
  return std::to_string(file.error->place.line) + ":" + std::to_string(file.error->place.column) + " " +
         file.error->message;
}

std::string repeated(std::string_view part, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += part;
  return out;
}

}  // namespace

TEST_CASE("values keep their kind, normal form and place") {
  const TomlFile file = parse_toml(
      "a = 1979-05-27 07:32:00\nb=1.0\n  c = 1e10\nd=0xDEAD_BEEF\n\"e f\" = 'g\\h'\ni = \"\\u00e9\\t\"\n"
      "j = [ 1, [2] , ]\nk = {l = true, m.n = -0}\n");
  REQUIRE_FALSE(file.error);
  CHECK(file.root.find("a")->value.text == "1979-05-27T07:32:00");
  CHECK(file.root.find("b")->value.text == "1");
  CHECK(file.root.find("c")->value.text == "10000000000");
  CHECK(file.root.find("c")->key_place.column == 3);
  CHECK(file.root.find("c")->value.place.column == 7);
  CHECK(file.root.find("d")->value.text == "3735928559");
  CHECK(file.root.find("e f")->value.text == "g\\h");
  CHECK(file.root.find("i")->value.text == "\xc3\xa9\t");
  CHECK(file.root.find("j")->value.items.at(1).items.at(0).text == "2");
  CHECK(file.root.find("k")->value.find("m")->value.find("n")->value.text == "0");
  CHECK_FALSE(file.toml_1_1);
}

TEST_CASE("strings over several lines drop the first line end and what a backslash joins") {
  const TomlFile file = parse_toml("a = \"\"\"\nx\\\n   y\"\"\"\"\nb = '''\r\nc\r\n'''\n");
  REQUIRE_FALSE(file.error);
  CHECK(file.root.find("a")->value.text == "xy\"");
  CHECK(file.root.find("b")->value.text == "c\n");
}

TEST_CASE("errors name the place where the mistake is, not where it was noticed") {
  CHECK(error_of("[livekit]\napi_key = \"abc\napi_secret = \"x\"\n") == "2:11 this string is not closed");
  CHECK(error_of("[livekit\nx=1\n") == "1:1 the header […] is not closed by ]");
  CHECK(error_of("a = [1,\n2\n\n[b]\n") ==
        "4:1 a comma or ] is expected here, in the array that begins on line 1");
  CHECK(error_of("a = [1,\n2\n") == "1:5 this array is not closed by ]");
  CHECK(error_of("a = {b = 1\n") == "1:5 this inline table is not closed by }");
  CHECK(error_of("a=\"\"\"x\ny\nz") == "1:3 this string is not closed");
  CHECK(error_of("\xc3\xa9 = 1\n") == "1:1 a key is expected here");
  CHECK(error_of("x = \"\xc3\xa9\" y\n") == "1:9 the line should end here; one key and one value a line");
}

TEST_CASE("frequent mistakes are named") {
  CHECK(error_of("a: b\n") == "1:2 \"a\" needs = before its value; : is YAML");
  CHECK(error_of("a = yes\n") == "1:5 this is no number, boolean or date; a text needs quotation marks");
  CHECK(error_of("a = True\n") == "1:5 write true or false in small letters");
  CHECK(error_of("a = 0123\n") ==
        "1:5 a number may not begin with 0 or is too large; a text needs quotation marks");
  CHECK(error_of("a = \xe2\x80\x9cx\xe2\x80\x9d\n") ==
        "1:5 this is a typographic quotation mark; a string begins with \" or '");
  CHECK(error_of("a = 1\nb = 2\na = 3\n") == "3:1 \"a\" is set a second time; line 1 has it already");
  CHECK(error_of("[a]\n[b]\n[a]\n") == "3:2 \"a\" is set a second time; line 1 has it already");
  CHECK(error_of("a =\n") == "1:4 a value is missing here");
  CHECK(
      error_of("a = \"C:\\dir\"\n") ==
      "1:9 a backslash in a string of double quotation marks begins an escape, and this is none; use single "
      "quotation marks for text with backslashes");
}

TEST_CASE("line ends, BOM, NUL and bytes that are no UTF-8") {
  CHECK(error_of("\xef\xbb\xbf"
                 "a = 1\r\nb = 2\r\n")
            .empty());
  CHECK(error_of("a = 1\rb = 2\n") == "1:6 a carriage return stands alone; lines end with LF or CR LF");
  CHECK(error_of(std::string("# \0\n", 4)) == "1:3 a comment may not hold a control character");
  CHECK(error_of("# caf\xe9\n") == "1:6 this byte is no UTF-8 (the file is perhaps Latin-1)");
  CHECK(with_valid_utf8("a\xe9z") == "a\xef\xbf\xbdz");
}

TEST_CASE("tables are named once, and inline tables are closed") {
  CHECK(error_of("[a.b]\n[a]\nc=1\n").empty());
  CHECK(error_of("a.b = 1\na.c = 2\n").empty());
  CHECK_FALSE(error_of("a.b = 1\n[a]\n").empty());
  CHECK_FALSE(error_of("[a.b]\n[a]\nb.c = 1\n").empty());
  CHECK_FALSE(error_of("a = {b = 1}\n[a.c]\n").empty());
  CHECK_FALSE(error_of("a = []\n[[a]]\n").empty());
  CHECK_FALSE(error_of("[[a]]\n[a]\n").empty());
  const TomlFile file = parse_toml("[[a]]\nx=1\n[[a]]\nx=2\n[a.b]\ny=3\n");
  REQUIRE_FALSE(file.error);
  CHECK(file.root.find("a")->value.items.size() == 2);
  CHECK(file.root.find("a")->value.items.at(1).find("b")->value.find("y")->value.text == "3");
}

TEST_CASE("what TOML 1.1 adds is read and its first use is known") {
  const TomlFile file = parse_toml("a = {\n  b = 1,\n}\nc = \"\\e\"\n");
  REQUIRE_FALSE(file.error);
  REQUIRE(file.toml_1_1);
  CHECK(file.toml_1_1->line == 1);
  CHECK(parse_toml("a = 07:32\n").toml_1_1);
  CHECK_FALSE(parse_toml("a = 07:32:00\n").toml_1_1);
}

TEST_CASE("hostile files end in one error within a second") {
  const int million = 1 << 20;
  std::string many_keys, many_tables;
  for (int i = 0; i < 60'000; ++i) many_keys += "k" + std::to_string(i) + "=1\n";
  for (int i = 0; i < 200'000; ++i) many_tables += "[[a]]\n";
  for (const std::string& text :
       {repeated("[", million), "a=" + repeated("[", million), repeated("a", million),
        "a=\"" + repeated("x", million), many_keys, many_tables, "a" + repeated(".a", million / 2),
        "a=" + repeated("{b=", million / 3), "a=[" + repeated("1,", million / 2), repeated("\"", million)}) {
    const auto begin = std::chrono::steady_clock::now();
    CHECK_FALSE(error_of(text).empty());
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
  }
}

TEST_CASE("a shown line keeps names and structure and hides what could be a secret") {
  CHECK(shown_line("api_secret = \"can ary\"  # x") == "api_secret = \"*** ***\"  # *");
  CHECK(shown_line("public_url = \"wss://a.b\"") == "public_url = \"wss://a.b\"");
  CHECK(shown_line("url = \"postgres://u:p@h\"") == "url = \"********://*:*@*\"");
  CHECK(shown_line("url = \"_secret = \"canary\"") == "url = \"_****** = \"******\"");
  CHECK(shown_line("[livekit") == "[livekit");
  CHECK(shown_line("bare-secret-text") == "****-******-****");
  CHECK(shown_line("# old: canary") == "# ***: ******");
}

TEST_CASE("a text cut or changed at any byte is read without harm") {
  const std::string whole =
      "# c\n[a.\"b\".'c']\nx = \"\\u00e9\\\\\" # d\ny = '''\n'''\nz = [1, 2.5e3, {k = "
      "1979-05-27T07:32:00Z}]\n[[t]]\n";
  for (std::size_t i = 0; i < whole.size(); ++i) {
    (void)parse_toml(whole.substr(0, i));
    for (const char c : std::string_view("\0\"'[]{}=.,\n\r\\#\xff", 15)) {
      std::string changed = whole;
      changed[i] = c;
      const TomlFile file = parse_toml(changed);
      if (file.error) CHECK(file.error->place.line >= 1);
    }
  }
}
