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

TEST_CASE("an international host is taken in every spelling that browsers take, and shown in both forms") {
  for (const char* text :
       {"https://bücher.example", "https://BÜCHER.example:443/x", "https://user@bücher.example",
        "https://b%C3%BCcher.example", "https://xn--bcher-kva.example"}) {
    CAPTURE(text);
    const auto url = parse_url(text);
    REQUIRE(url);
    CHECK(url->host == "xn--bcher-kva.example");
    CHECK(url->port == 443);
  }
  CHECK(parse_url("http://[2001:db8::1]/bücher") == std::nullopt);
  CHECK(ascii_host("straße.example") == "xn--strae-oqa.example");
  CHECK(ascii_host("a_b.example") == "a_b.example");
  CHECK(shown_host("xn--bcher-kva.example") == "xn--bcher-kva.example (bücher.example)");
  for (const char* host : {"xn--", "a.xn--.example", "xn--\xff",
                           "b\xfc"
                           "cher.example",
                           "\xc3"}) {
    CAPTURE(host);
    CHECK_FALSE(ascii_host(host));
  }
}

TEST_CASE("what is no URL gets its own reason") {
  CHECK(why_no_url("https://127.0.0.1:99999") == "has no valid port: 99999 is not from 1 to 65535");
  CHECK(why_no_url("https://host:0/") == "has no valid port: 0 is not from 1 to 65535");
  CHECK(why_no_url("https://host:http/") == "has no valid port: http is not from 1 to 65535");
  CHECK(why_no_url("wss://[fe80::1%eth0]:7880") ==
        "names a zone of an IPv6 address, which no browser takes in a URL: give a global address or a name");
  CHECK(why_no_url("https://[2001:db8::1") == "has no valid IPv6 address in its brackets");
  CHECK(why_no_url("https://xn--/") == "has a host that cannot exist: xn-- is no valid international name");
  CHECK(why_no_url("https:///x") == "has no host");
  CHECK(why_no_url("ftp://host") == "is no http, https, ws or wss URL");
  CHECK(why_no_url("") == "is no http, https, ws or wss URL");
}

TEST_CASE("a binary key with NUL bytes masks its own forms and nothing else") {
  Redactor redactor;
  redactor.add(Secret(std::string("0123456789abcde\0\0f\0", 19)));
  CHECK(redactor.clean("{\"from\": 1, f}") == "{\"from\": 1, f}");
  CHECK(redactor.clean("303132333435363738396162636465000066"
                       "00") == "[secret]");
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
