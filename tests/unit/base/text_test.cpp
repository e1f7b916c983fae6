// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <chrono>
#include <lkdoctor/address.hpp>
#include <lkdoctor/secret.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>

using namespace lkdoctor;

TEST_CASE("printable text escapes controls, invalid UTF-8 and direction overrides") {
  CHECK(printable("a\x1b[31mb\n") == "a\\x1b[31mb\\n");
  CHECK(printable("caf\xc3\xa9 \xff") == "caf\xc3\xa9 \\xff");
  CHECK(printable("x\xe2\x80\xaey") == "x\\xe2\\x80\\xaey");
  CHECK(printable("abcdef", 3) == "abc…");
}

TEST_CASE("a near word is found and a far one is not") {
  CHECK(nearest("tpc_port", {"tcp_port", "udp_port"}) == "tcp_port");
  CHECK(nearest("banana", {"tcp_port", "udp_port"}).empty());
}

TEST_CASE("globs match whole ids") {
  CHECK(matches_glob("tls_*", "tls_public"));
  CHECK(matches_glob("*", ""));
  CHECK_FALSE(matches_glob("tls", "tls_public"));
  CHECK(matches_glob("a?c*e", "abcdde"));
}

TEST_CASE("documentation networks count as global, special ones do not") {
  CHECK(is_global("198.51.100.23"));
  CHECK(is_global("2001:db8::1"));
  CHECK(kind_of("100.64.0.1") == AddressKind::carrier_nat);
  CHECK(kind_of("::ffff:10.0.0.1") == AddressKind::private_use);
  CHECK(kind_of("172.32.0.1") == AddressKind::global);
  CHECK(kind_of("300.0.0.1") == AddressKind::invalid);
}

TEST_CASE("URLs are taken apart and nothing is repaired") {
  const auto url = parse_url("wss://LiveKit.example.org/livekit/");
  REQUIRE(url);
  CHECK(url->host == "livekit.example.org");
  CHECK(url->port == 443);
  CHECK(url->path_of("/rtc") == "/livekit/rtc");
  CHECK(url->http() == "https://livekit.example.org/livekit/");
  CHECK(parse_url("http://[2001:db8::1]:7880")->host == "2001:db8::1");
  CHECK_FALSE(parse_url("livekit:7880"));
  CHECK_FALSE(parse_url("http://"));
  CHECK_FALSE(parse_url("http://host:99999"));
}

TEST_CASE("a redactor masks a secret in every encoding and any token") {
  Redactor redactor;
  redactor.add(Secret("canary-secret-0123456789"));
  CHECK(redactor.clean("x canary-secret-0123456789 y") == "x [secret] y");
  CHECK(redactor.clean("63616e6172792d7365637265742d30313233343536373839") == "[secret]");
  CHECK(redactor.clean("Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJrIn0.c2ln") ==
        "Authorization: Bearer [token]");
  CHECK(redactor.clean("nothing here") == "nothing here");
}

TEST_CASE("a redactor finds the token behind text that only begins like one") {
  const Redactor redactor;
  CHECK(redactor.clean(
            "eyJ.a eyJeyJ eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJrIn0.c2ln, eyJhbGciOiJIUzI1NiJ9.eyJpc3M") ==
        "eyJ.a eyJeyJ [token], [token]");
  CHECK(redactor.count() == 2);
}

TEST_CASE("a redactor takes no time over text made of beginnings of tokens") {
  std::string hostile;
  while (hostile.size() < 1'000'000) hostile += "eyJ";
  const auto start = std::chrono::steady_clock::now();
  CHECK(Redactor().clean(hostile) == hostile);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(1));
}
