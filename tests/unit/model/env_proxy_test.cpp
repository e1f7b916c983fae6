// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/env_proxy.hpp>

using lkdoctor::proxy_for;

TEST_CASE("the scheme's own variable wins over ALL_PROXY, upper case over lower") {
  CHECK_FALSE(proxy_for("http", "livekit", {}).applies());
  CHECK(proxy_for("http", "livekit", {{"ALL_PROXY", "http://p:3128"}}).variable == "ALL_PROXY");
  CHECK(proxy_for("http", "livekit", {{"ALL_PROXY", "http://a"}, {"http_proxy", "http://b"}}).url ==
        "http://b");
  CHECK(proxy_for("https", "livekit", {{"https_proxy", "http://b"}, {"HTTPS_PROXY", "c:1/"}}).url ==
        "http://c:1");
  CHECK_FALSE(proxy_for("http", "livekit", {{"HTTPS_PROXY", "http://p"}}).applies());
}

TEST_CASE("credentials of the proxy are dropped") {
  const auto proxy = proxy_for("http", "livekit", {{"HTTP_PROXY", "http://user:secret@proxy:3128"}});
  CHECK(proxy.url == "http://proxy:3128");
  CHECK(proxy.credentials.reveal() == "user:secret");
  CHECK(proxy_for("http", "livekit", {{"HTTP_PROXY", "http://user:se@cret@proxy:3128"}}).url ==
        "http://proxy:3128");
  CHECK(proxy_for("http", "livekit", {{"HTTP_PROXY", "user:secret@proxy:3128/"}}).url == "http://proxy:3128");
  CHECK(proxy_for("http", "livekit", {{"HTTP_PROXY", "http://proxy:3128/@"}}).credentials.empty());
  CHECK(
      proxy_for("http", "livekit", {{"HTTP_PROXY", "http://us%65r:a%40b%zz%4@proxy"}}).credentials.reveal() ==
      "user:a@b%zz%4");
}

TEST_CASE("NO_PROXY exempts names, their subdomains, addresses, networks, everything") {
  const auto applies = [](const std::string& host, const std::string& list) {
    return proxy_for("http", host, {{"HTTP_PROXY", "http://p"}, {"NO_PROXY", list}}).applies();
  };
  CHECK_FALSE(applies("livekit", "localhost, LiveKit"));
  CHECK_FALSE(applies("livekit.uni.example", ".uni.example"));
  CHECK_FALSE(applies("livekit.uni.example", "uni.example"));
  CHECK(applies("notuni.example", "uni.example"));
  CHECK_FALSE(applies("10.20.0.23", "10.20.0.0/16"));
  CHECK(applies("10.21.0.23", "10.20.0.0/16"));
  CHECK(applies("10.20.0.23", "10.20.0.0/99, 10.20/16, 10.20.0.2333"));
  CHECK_FALSE(applies("10.20.0.23", "10.20.0.23"));
  CHECK_FALSE(applies("anything", "*"));
  CHECK(applies("livekit", ",,"));
}
