// SPDX-License-Identifier: EUPL-1.2
#include "config/controller.hpp"

#include <doctest/doctest.h>

#include "support/controller_file.hpp"

using namespace lkdoctor;
using namespace lkdoctor::config;
using namespace lkdoctor::test::controller_file;

TEST_CASE("service_url needs http or https") {
  for (const char* value : {"livekit", "livekit:7880", "10.0.0.5:7880", "//host", "ws://livekit:7880",
                            "unix:/run/x", "ftp://livekit"}) {
    CAPTURE(value);
    CHECK(ids(read(old_file("service_url", std::string("service_url = '") + value + "'"))) ==
          Ids{"service-url-scheme-invalid"});
  }
  const auto bare = read(old_file("service_url", "service_url = \"livekit:7880\""));
  CHECK(bare.settings.accepted == true);
  CHECK(bare.settings.findings.at(0).title ==
        "service_url = \"livekit:7880\" does not begin with http:// or https://.");
  CHECK(bare.settings.findings.at(0).remedy.text ==
        "Write service_url = \"http://livekit:7880\", then restart the controller");
  CHECK(bare.settings.findings.at(0).excerpt ==
        "  5 | service_url = \"livekit:7880\"\n    |               ^");
  CHECK(read(new_file("service_url", "service_url = 'livekit'")).settings.accepted == false);
  CHECK(read(new_file("service_url", "service_url = 'livekit:7880'")).settings.accepted == true);
}

TEST_CASE("a service_url that is no URL, has a path, or is read otherwise than written is found") {
  const auto with = [](const std::string& value) {
    return read(new_file("service_url", "service_url = \"" + value + "\""));
  };
  CHECK(ids(with("http://livekit:70000")) == Ids{"controller-config-invalid"});
  CHECK(with("http://livekit:70000").settings.accepted == false);
  CHECK(ids(with("http://livekit:7880/base")) == Ids{"service-url-path"});
  CHECK(ids(with("http://livekit:7880/")) == Ids{});
  CHECK(ids(with("http://010.0.0.1:7880")) == Ids{"service-url-reinterpreted"});
  CHECK(with("http://010.0.0.1:7880").settings.findings.at(0).title ==
        "service_url = \"http://010.0.0.1:7880\" is read as http://8.0.0.1:7880/.");
  CHECK(ids(with("http://127.1:7880")) == Ids{"service-url-reinterpreted"});
  CHECK(ids(with("http:livekit")) == Ids{"service-url-reinterpreted"});
  CHECK(ids(with(" http://livekit:7880")) == Ids{"service-url-reinterpreted"});
  CHECK(ids(with("http://${HOST}:7880")) == Ids{"variable-not-expanded"});
  CHECK(ids(with("http://10.0.0.5:7880")) == Ids{});
  CHECK(ids(with("http://[2001:db8::5]:7880")) == Ids{});
  CHECK(ids(with("")) == Ids{"controller-config-invalid"});
}

TEST_CASE("a public_url that no browser can use is found") {
  const auto with = [](const std::string& value) {
    return ids(read(old_file("public_url", "public_url = \"" + value + "\"")));
  };
  for (const char* value : {"livekit.uni.example", "livekit:7880", "https://", "https://.uni.example:x",
                            "tcp://a.b", "wss://l.uni.example/rtc", "wss://l.uni.example/?a=b",
                            "wss://l.uni.example ", "wss://a b/", "wss://l.uni.example."}) {
    CAPTURE(value);
    CHECK(with(value) == Ids{"public-url-handed-out-is-wrong"});
  }
  for (const char* value : {"wss://l.uni.example", "https://l.uni.example/", "https://c.uni.example/livekit",
                            "ws://localhost:7880"}) {
    CAPTURE(value);
    CHECK(with(value) == Ids{});
  }
  CHECK(with("${PUBLIC}") == Ids{"variable-not-expanded"});
}

TEST_CASE("a password in a URL is reported and never shown") {
  const auto reading =
      read(old_file("service_url", "service_url = \"http://user:canary-password@livekit:7880\""));
  CHECK(ids(reading) == Ids{"url-with-credentials"});
  CHECK(reading.settings.service_url.value == "http://livekit:7880");
  CHECK(Json(reading.settings).dump().find("canary") == std::string::npos);
}

TEST_CASE("secrets with blanks, quotation marks, umlauts or a variable are found, never shown") {
  const auto with = [](const std::string& value) {
    const auto reading = read(old_file("api_secret", "api_secret = '" + value + "'"));
    CHECK(Json(reading.settings).dump().find("canary") == std::string::npos);
    return ids(reading);
  };
  CHECK(with("canary-0123456789-0123456789-01 ") == Ids{"credential-malformed"});
  CHECK(with("\"canary-0123456789-0123456789-01\"") == Ids{"credential-malformed"});
  CHECK(with("canary-\xc3\xbc-0123456789-0123456789-01") == Ids{"credential-malformed"});
  CHECK(with("${canary}") == Ids{"variable-not-expanded"});
  CHECK(with("canary-$ecret-0123456789-0123456789") == Ids{});
}

TEST_CASE(
    "[roomserver] without LiveKit's module beside [livekit] is a note: the controller's version decides") {
  const auto reading = read(old_file() + "[roomserver]\nurl = \"http://r:11333\"\napi_token = \"t\"\n");
  CHECK(reading.settings.accepted == true);
  CHECK(reading.settings.section == "livekit");
  REQUIRE(ids(reading) == Ids{"controller-section-obsolete"});
  const Finding& finding = reading.settings.findings.front();
  CHECK(finding.severity == Severity::info);
  CHECK(finding.title ==
        "[roomserver] stands beside [livekit] and has no modules.livekit: controllers up to 0.32 read "
        "[livekit], 0.33 leaves it out because of [roomserver], and later ones want "
        "[roomserver.modules.livekit].");
}

TEST_CASE("the dot at the end of public_url's host is what has to go") {
  const auto reading = read(old_file("public_url", "public_url = \"wss://l.uni.example.\""));
  REQUIRE(ids(reading) == Ids{"public-url-handed-out-is-wrong"});
  CHECK(reading.settings.findings.front().severity == Severity::warning);
  CHECK(
      reading.settings.findings.front().title ==
      "public_url = \"wss://l.uni.example.\" has a host that ends in a dot, which not every client and proxy "
      "takes; the controller hands it to every browser unchecked.");
  CHECK(reading.settings.findings.front().remedy.text ==
        "Remove the dot at the end of the host name in public_url, then restart the controller");
  CHECK(ids(read(old_file("public_url", "public_url = \"ws://localhost.:7880\""))) == Ids{});
  const auto both = read(old_file("public_url", "public_url = \"wss://l.uni.example./rtc\""));
  CHECK(both.settings.findings.front().severity == Severity::failure);
}

TEST_CASE("a [roomserver] of 0.34 without LiveKit's module is refused, whatever stands in [livekit]") {
  const auto reading = read(old_file() + "[roomserver]\nkind = \"internal\"\n");
  CHECK(reading.settings.accepted == false);
  CHECK(reading.settings.reason == "Missing mandatory roomserver module(s): \"livekit\", \"echo\".");
  REQUIRE(ids(reading) == Ids{"controller-config-invalid"});
  const Finding& finding = reading.settings.findings.front();
  CHECK(finding.severity == Severity::failure);
  CHECK(finding.title ==
        "The controller does not start: kind in [roomserver] is of 0.34 or newer, which wants "
        "[roomserver.modules.livekit] and does not read [livekit].");
  CHECK(finding.excerpt == "  7 | kind = \"internal\"\n    | ^^^^");
  const auto renamed = read(old_file() + "[roomserver]\nservice_url = \"http://r:11333\"\n");
  CHECK(ids(renamed) == Ids{"controller-config-invalid"});
  const auto echo = read(old_file() + "[roomserver.modules.echo]\n");
  CHECK(echo.settings.reason == "Missing mandatory roomserver module(s): \"livekit\".");
  CHECK(ids(read(old_file() + "[roomserver.modules.LiveKit]\n")) == Ids{"controller-config-invalid"});
  CHECK(ids(read(old_file() + "[roomserver]\nkind = \"internal\"\nx = [\n")) ==
        Ids{"controller-config-invalid"});
  CHECK(ids(read(new_file() + "[roomserver]\nkind = \"internal\"\n[roomserver.modules.echo]\n")) == Ids{});
}

TEST_CASE("a [roomserver] of 0.33 leaves [livekit] out without a word") {
  const auto reading = read(
      old_file() + "[roomserver]\nurl = \"http://r:11333\"\napi_key = { id = \"c\", secret = \"canary\" }\n");
  CHECK(reading.settings.accepted == false);
  CHECK(reading.settings.reason == "[livekit] is left out without a word: [roomserver] is there");
  REQUIRE(ids(reading) == Ids{"controller-section-obsolete"});
  const Finding& finding = reading.settings.findings.front();
  CHECK(finding.severity == Severity::warning);
  CHECK(finding.title ==
        "The controller reads no [livekit]: api_key in [roomserver] is of 0.33 or newer, and beside "
        "[roomserver] that leaves [livekit] out without a word.");
  CHECK(Json(reading.settings).dump().find("canary") == std::string::npos);
}
