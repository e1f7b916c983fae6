// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/url.hpp>

using namespace lkdoctor;

TEST_CASE("host and port are taken apart, names in lower case, IPv6 without brackets") {
  CHECK(parse_host_port("Stun.Example.ORG:3478")->host == "stun.example.org");
  CHECK(parse_host_port("stun.example.org:3478")->port == 3478);
  CHECK(parse_host_port("[2001:db8::1]:19302")->host == "2001:db8::1");
  CHECK(parse_host_port("[2001:db8::1]:19302")->port == 19302);
  CHECK(parse_host_port("198.51.100.23", 3478)->port == 3478);
}

TEST_CASE("what is no host and port is refused") {
  for (const char* text : {"", ":3478", "stun:stun.example.org:3478", "host", "host:", "host:0", "host:65536",
                           "host:12x", "ho st:1", "[2001:db8::1", "[198.51.100.23]:1", "[2001:db8::1]3478",
                           "2001:db8::1:3478", "host/path:1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_host_port(text));
  }
}

TEST_CASE("user and password leave a URL, whatever else is wrong with it") {
  CHECK(without_credentials("https://user:secret@livekit.uni.example/x?a=b@c") ==
        "https://livekit.uni.example/x?a=b@c");
  CHECK(without_credentials("https://user:se@cret@[2001:db8::1") == "https://[2001:db8::1");
  CHECK(without_credentials("user:secret@livekit.uni.example") == "livekit.uni.example");
  CHECK(without_credentials("https://livekit.uni.example/@x") == "https://livekit.uni.example/@x");
}
