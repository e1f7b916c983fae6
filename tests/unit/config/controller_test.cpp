// SPDX-License-Identifier: EUPL-1.2
#include "config/controller.hpp"

#include <doctest/doctest.h>

#include "support/controller_file.hpp"

using namespace lkdoctor;
using namespace lkdoctor::config;
using namespace lkdoctor::test::controller_file;

TEST_CASE("the section of controllers up to 0.33 is read with the place of each value") {
  const auto reading = read(old_file());
  CHECK(reading.settings.accepted == true);
  CHECK(reading.settings.reason.empty());
  CHECK(reading.settings.section == "livekit");
  CHECK(reading.settings.public_url.value == "wss://livekit.uni.example");
  CHECK(text(reading.settings.public_url.origin) == "controller.toml:4:14");
  CHECK(reading.settings.service_url.value == "http://livekit:7880");
  CHECK(reading.settings.api_key.value == "controller");
  CHECK(reading.settings.api_secret.value.length == 34);
  CHECK(reading.api_secret.reveal() == kSecret);
  CHECK(ids(reading) == Ids{});
}

TEST_CASE("the section of controllers from 0.34 on is read and preferred") {
  const auto reading = read(new_file());
  CHECK(reading.settings.accepted == true);
  CHECK(reading.settings.section == "roomserver.modules.livekit");
  CHECK(ids(reading) == Ids{});
  const auto both = read(old_file() + new_file("api_key", "api_key = \"newer\""));
  CHECK(both.settings.api_key.value == "newer");
  CHECK(ids(both) == Ids{"controller-section-obsolete"});
}

TEST_CASE("the secret is masked where a line that is shown holds it a second time") {
  const auto reading = read(old_file("public_url", "public_url = \"w \"" + std::string(kSecret)));
  REQUIRE(reading.settings.findings.size() == 2);
  CHECK(reading.settings.findings.at(0).title ==
        "The controller does not start: controller.toml is no valid TOML at line 4: the line should end "
        "here; one key and one value a line.");
  for (const Finding& finding : reading.settings.findings) {
    CHECK(finding.excerpt.substr(0, finding.excerpt.find('\n')) == "  4 | public_url = \"w \"[secret]");
  }
}

TEST_CASE("url is the old name of service_url in the old section alone") {
  const auto alias = read(old_file("service_url", "url = \"http://livekit:7880\""));
  CHECK(alias.settings.accepted == true);
  CHECK(alias.settings.service_url.value == "http://livekit:7880");
  const auto both = read(old_file() + "url = \"http://livekit:7880\"\n");
  CHECK(both.settings.accepted == false);
  CHECK(both.settings.reason == "livekit: duplicate field `service_url`");
  const auto meant_public = read(old_file("public_url", "url = \"http://livekit:7880\""));
  REQUIRE(meant_public.settings.findings.size() == 2);
  CHECK(meant_public.settings.reason == "livekit: duplicate field `service_url`");
  CHECK(meant_public.settings.findings.at(1).evidence.at(0).value == "livekit: missing field `public_url`");
  const auto module = read(new_file("service_url", "url = \"http://livekit:7880\""));
  CHECK(module.settings.accepted == false);
  CHECK(module.settings.reason ==
        "the LiveKit module is left out without a word: missing field `service_url`");
  CHECK(module.settings.findings.at(0).remedy.text == "Write service_url instead of url");
}

TEST_CASE("the old section ignores the case of names and the new one does not") {
  CHECK(read("[LiveKit]\nAPI_KEY='a'\nApi_Secret='" + std::string(kSecret) +
             "'\nPUBLIC_URL='wss://l.uni.example'\nservice_URL='http://l:7880'\n")
            .settings.accepted == true);
  const auto module = read(new_file("api_key", "API_KEY = \"controller\""));
  CHECK(module.settings.accepted == false);
  CHECK(module.settings.findings.at(0).title ==
        "The controller starts without LiveKit, and says nothing: roomserver.modules.livekit.api_key is "
        "missing.");
  CHECK(module.settings.findings.at(0).remedy.text == "Write api_key instead of API_KEY");
}

TEST_CASE("numbers become text in the old section and lose the module in the new one") {
  const auto old = read(old_file("api_secret", "api_secret = 0xDEADBEEF"));
  CHECK(old.settings.accepted == true);
  CHECK(old.api_secret.reveal() == "3735928559");
  CHECK(ids(old) == Ids{"credential-read-as-number"});
  CHECK(read(old_file("api_secret", "api_secret = 1e10")).api_secret.reveal() == "10000000000");
  const auto module = read(new_file("api_secret", "api_secret = 12345"));
  CHECK(module.settings.accepted == false);
  CHECK(ids(module) == Ids{"controller-config-invalid"});
  const auto array = read(old_file("api_secret", "api_secret = [\"x\"]"));
  CHECK(array.settings.reason ==
        "livekit.api_secret: invalid type: sequence, expected a string for key `livekit.api_secret`");
}

TEST_CASE("an array of four values is taken as the four fields, a table in an array is not") {
  CHECK(read("livekit = ['k', '" + std::string(kSecret) + "', 'wss://l.uni.example', 'http://l:7880']\n")
            .settings.accepted == true);
  CHECK(read("[[roomserver.modules.livekit]]\napi_key='k'\n").settings.accepted == false);
  CHECK(ids(read("[[livekit]]\napi_key='k'\n")) == Ids{"controller-config-invalid"});
}

TEST_CASE("a missing field is named in the controller's words, with the misplaced key where there is one") {
  const auto plain = read(old_file("public_url", ""));
  CHECK(plain.settings.accepted == false);
  CHECK(plain.settings.reason == "livekit: missing field `public_url`");
  const auto dotted = read("[http]\nport = 1\nlivekit.api_key = 'a'\n" + old_file("api_key", ""));
  CHECK(dotted.settings.findings.at(0).remedy.text ==
        "Move line 3 up, directly below [livekit]: a key belongs to the table whose header stands last "
        "before it");
  CHECK(text(*dotted.settings.findings.at(0).origin) == "controller.toml:3:9");
  const auto typo = read(old_file("public_url", "publik_url = \"wss://l.uni.example\""));
  CHECK(typo.settings.findings.at(0).excerpt ==
        "  4 | publik_url = \"***://*.***.*******\"\n    | ^^^^^^^^^^");
}

TEST_CASE("a file without a LiveKit section says so") {
  const auto reading = read("[livekti]\napi_key = 'x'\n[database]\nurl = 'postgres://u:p@h/d'\n");
  CHECK(reading.settings.accepted == false);
  CHECK(reading.settings.reason == "missing field `livekit`");
  CHECK(reading.settings.findings.at(0).remedy.text == "Write [livekit] instead of [livekti]");
  CHECK(read("[roomserver.modules.echo]\n").settings.accepted == false);
}

TEST_CASE("the environment wins over the file, and empty is a value") {
  const auto wins = read(old_file(), {{"OPENTALK_CTRL_LIVEKIT__API_KEY", "other"}});
  CHECK(wins.settings.api_key.value == "other");
  CHECK(text(wins.settings.api_key.origin) == "$OPENTALK_CTRL_LIVEKIT__API_KEY");
  const auto lower = read(old_file(), {{"opentalk_ctrl_livekit__api_key", "other"}});
  CHECK(lower.settings.api_key.value == "other");
  const auto empty = read(old_file(), {{"OPENTALK_CTRL_LIVEKIT__API_SECRET", ""}});
  CHECK(empty.settings.accepted == true);
  CHECK(ids(empty) == Ids{"controller-environment-empty"});
  CHECK(empty.settings.findings.at(0).title ==
        "$OPENTALK_CTRL_LIVEKIT__API_SECRET is set but empty, and so livekit.api_secret is empty, whatever "
        "controller.toml:3:14 says.");
}

TEST_CASE("both names of service_url collide across file and environment too") {
  CHECK(read(old_file("service_url", "url = 'http://l:7880'"),
             {{"OPENTALK_CTRL_LIVEKIT__SERVICE_URL", "http://m:7880"}})
            .settings.reason == "livekit: duplicate field `service_url`");
  CHECK(read(old_file(), {{"OPENTALK_CTRL_LIVEKIT__URL", "http://m:7880"}}).settings.accepted == false);
}

TEST_CASE("the environment heals a wrong type, and a deeper name breaks a good one") {
  CHECK(read(old_file("api_key", "api_key = []"), {{"OPENTALK_CTRL_LIVEKIT__API_KEY", "k"}})
            .settings.accepted == true);
  CHECK(read(old_file(), {{"OPENTALK_CTRL_LIVEKIT__API_KEY__0", "k"}}).settings.accepted == false);
}

TEST_CASE("a number-like value from the environment loses the module, yes and 0x10 do not") {
  const std::string name = "OPENTALK_CTRL_ROOMSERVER__MODULES__LIVEKIT__API_SECRET";
  for (const char* value : {"000123", "12345", "1.5", "1e5", "inf", "NaN", "true", "False", "+7", ".5"}) {
    CAPTURE(value);
    CHECK(read(new_file(), {{name, value}}).settings.accepted == false);
  }
  for (const char* value : {"yes", "0x10", "1_000", "2026-01-31", " 12 "}) {
    CAPTURE(value);
    CHECK(read(new_file(), {{name, value}}).settings.accepted == true);
  }
  const auto old = read(old_file(), {{"OPENTALK_CTRL_LIVEKIT__API_SECRET", "000123"}});
  CHECK(old.settings.accepted == true);
  CHECK(old.api_secret.reveal() == "000123");
  CHECK(ids(old) == Ids{"credential-read-as-number"});
}

TEST_CASE("variable names that miss by an underscore are named with the right one") {
  for (const char* name : {"OPENTALK_CTRL_LIVEKIT_API_KEY", "OPENTALK_CTRL__LIVEKIT__API_KEY",
                           "OPENTALK_CTRL_LIVEKIT___API_KEY"}) {
    CAPTURE(name);
    const auto reading = read(old_file(), {{name, "x"}});
    CHECK(reading.settings.api_key.value == "controller");
    CHECK(ids(reading) == Ids{"controller-environment-ignored"});
    CHECK(reading.settings.findings.at(0).remedy.text ==
          "Rename it to OPENTALK_CTRL_LIVEKIT__API_KEY, or remove it");
  }
  const auto module = read(new_file(), {{"OPENTALK_CTRL_LIVEKIT__API_KEY", "x"}});
  CHECK(module.settings.findings.at(0).remedy.text ==
        "Rename it to OPENTALK_CTRL_ROOMSERVER__MODULES__LIVEKIT__API_KEY, or remove it");
}

TEST_CASE("the legacy prefix works for the old section, loses, and is reported") {
  const auto reading = read(old_file("api_key", ""), {{"K3K_CTRL_LIVEKIT__API_KEY", "legacy"}});
  CHECK(reading.settings.api_key.value == "legacy");
  CHECK(ids(reading) == Ids{"controller-environment-ignored"});
  CHECK(read(old_file(), {{"K3K_CTRL_LIVEKIT__API_KEY", "legacy"}, {"OPENTALK_CTRL_LIVEKIT__API_KEY", "new"}})
            .settings.api_key.value == "new");
}

TEST_CASE("all four values may come from the environment alone") {
  const Environment environment{{"OPENTALK_CTRL_LIVEKIT__API_KEY", "k"},
                                {"OPENTALK_CTRL_LIVEKIT__API_SECRET", kSecret},
                                {"OPENTALK_CTRL_LIVEKIT__PUBLIC_URL", "wss://l.uni.example"},
                                {"OPENTALK_CTRL_LIVEKIT__SERVICE_URL", "http://l:7880"}};
  CHECK(names_controller(environment));
  CHECK(read("[database]\n", environment).settings.accepted == true);
  const auto without_file = read_controller({"", std::nullopt, environment});
  CHECK_FALSE(without_file.settings.accepted.has_value());
  CHECK(without_file.settings.api_key.value == "k");
}

TEST_CASE("module names with capitals stop the start") {
  const auto reading = read("[roomserver.modules.LiveKit]\napi_key = 'x'\n");
  CHECK(reading.settings.accepted == false);
  CHECK(ids(reading).back() == "controller-config-invalid");
  CHECK(reading.settings.findings.back().remedy.text == "Write [roomserver.modules.livekit]");
}

TEST_CASE("tables of Janus have no effect") {
  CHECK(ids(read(old_file() + "[turn]\nlifetime = 1\n[stun]\nuris = []\n[room_server]\n")) ==
        Ids{"controller-settings-ignored", "controller-settings-ignored", "controller-settings-ignored"});
}

TEST_CASE("a syntax error is one finding with the true line and a caret, without the secret") {
  const auto reading =
      read("[livekit]\napi_key = \"controller\"\napi_secret = \"canary\npublic_url = \"x\"\n");
  CHECK(reading.settings.accepted == false);
  CHECK(reading.settings.reason == "Failed to read data as config: TOML parse error at line 3, column 14");
  REQUIRE(ids(reading) == Ids{"controller-config-invalid"});
  const Finding& finding = reading.settings.findings.at(0);
  CHECK(finding.title ==
        "The controller does not start: controller.toml is no valid TOML at line 3: this string is not "
        "closed.");
  CHECK(finding.excerpt == "  3 | api_secret = \"******\n    |              ^");
  CHECK(reading.settings.api_key.value == "controller");
}

TEST_CASE("bytes and syntax that only newer controllers read") {
  CHECK(read("# caf\xe9\n" + old_file()).settings.reason == "stream did not contain valid UTF-8");
  CHECK(read("# caf\xe9\n" + new_file()).settings.accepted == true);
  CHECK(read("x = {\n a = 1,\n}\n" + old_file()).settings.accepted == false);
  CHECK(read("x = {\n a = 1,\n}\n" + new_file()).settings.accepted == true);
  CHECK(read("\xef\xbb\xbf" + old_file()).settings.accepted == true);
  CHECK(read("# a\rb\n" + old_file()).settings.accepted == false);
  CHECK(read(std::string("# a\0b\n", 6) + old_file()).settings.accepted == false);
}

TEST_CASE("config.toml belongs to OpenTalk when it has one of its tables, syntax errors or not") {
  CHECK(is_opentalk_file("[livekit]\n"));
  CHECK(is_opentalk_file("[roomserver.modules.livekit]\n"));
  CHECK(is_opentalk_file("a = \n[livekit]\n"));
  CHECK_FALSE(is_opentalk_file("[database]\n[package]\nname = 'livekit'\n"));
  CHECK_FALSE(is_opentalk_file(""));
}

TEST_CASE("a file cut at any byte is read without harm and without its secret") {
  const std::string whole =
      old_file() + new_file() + "[turn]\n[[turn.servers]]\nuris = [\"a\", {b = '''c\n'''}]\n";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto reading = read_controller({"controller.toml", whole.substr(0, length), {}});
    CHECK(Json(reading.settings).dump().find(kSecret) == std::string::npos);
  }
}
