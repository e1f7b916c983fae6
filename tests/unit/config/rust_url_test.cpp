// SPDX-License-Identifier: EUPL-1.2
#include "config/rust_url.hpp"

#include <doctest/doctest.h>

using namespace lkdoctor::config;

TEST_CASE("what the controller's URL type refuses is refused in its words") {
  CHECK(read_as_rust_url("").error == "relative URL without a base");
  CHECK(read_as_rust_url("livekit").error == "relative URL without a base");
  CHECK(read_as_rust_url("10.0.0.5:7880").error == "relative URL without a base");
  CHECK(read_as_rust_url("//host").error == "relative URL without a base");
  CHECK(read_as_rust_url("http://").error == "empty host");
  CHECK(read_as_rust_url("http://host name:7880").error == "invalid international domain name");
  CHECK(read_as_rust_url("http://host%3Ax").error == "invalid international domain name");
  CHECK(read_as_rust_url("http://xn--/").error == "invalid international domain name");
  CHECK(read_as_rust_url("http://host:70000").error == "invalid port number");
  CHECK(read_as_rust_url("http://host:http").error == "invalid port number");
  CHECK(read_as_rust_url("http://::1:7880").error == "empty host");
  CHECK(read_as_rust_url("http://300.0.0.1").error == "invalid IPv4 address");
  CHECK(read_as_rust_url("http://1.2.3.4.5").error == "invalid IPv4 address");
  CHECK(read_as_rust_url("http://[::1").error == "invalid IPv6 address");
}

TEST_CASE("what it repairs or reads otherwise than meant is seen") {
  const RustUrl bare = read_as_rust_url("livekit:7880");
  CHECK(bare.accepted);
  CHECK(bare.scheme == "livekit");
  CHECK(bare.host.empty());
  CHECK_FALSE(bare.special);
  CHECK(read_as_rust_url("http://127.1:7880").host == "127.0.0.1");
  CHECK(read_as_rust_url("http://010.0.0.1").host == "8.0.0.1");
  CHECK(read_as_rust_url("http://0x7f.1").host == "127.0.0.1");
  CHECK(read_as_rust_url("http://3232235777").host == "192.168.1.1");
  for (const char* text : {"http:/host", "http:host", "http:///host", "http:\\\\host", "  http://host\t"}) {
    const RustUrl url = read_as_rust_url(text);
    CHECK(url.accepted);
    CHECK(url.repaired);
    CHECK(url.host == "host");
  }
  CHECK(read_as_rust_url("http://${VAR}:7880").host == "${var}");
  CHECK(read_as_rust_url("unix:/run/x").scheme == "unix");
}

TEST_CASE("an ordinary URL is taken apart and not called repaired") {
  const RustUrl url = read_as_rust_url("http://LiveKit.lan:7880/base");
  CHECK(url.accepted);
  CHECK_FALSE(url.repaired);
  CHECK(url.host == "livekit.lan");
  CHECK(url.port == 7880);
  CHECK(url.path == "/base");
  CHECK(read_as_rust_url("http://[2001:DB8::1]:7880").host == "2001:db8::1");
  CHECK(read_as_rust_url("https://host:443").port == 0);
  CHECK(read_as_rust_url("http://user:word@host/").credentials);
  CHECK(read_as_rust_url("http://host/?a=b").query_or_fragment);
}
