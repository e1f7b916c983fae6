// SPDX-License-Identifier: EUPL-1.2
#include "serve/web.hpp"

#include <doctest/doctest.h>

using namespace lkdoctor;
using namespace lkdoctor::serve;

namespace {

MadeWeb made(const config::Options& options) {
  return make_web(config::layer_of_flags(options));
}

std::string fault(const config::Options& options) {
  const auto its = made(options).fault;
  return its ? text(its->origin) + ": " + its->message : "";
}

config::Options listening(std::vector<std::string> addresses) {
  config::Options options;
  options.web_listen_address = std::move(addresses);
  return options;
}

}  // namespace

TEST_CASE("serve listens on loopback unless it is told otherwise") {
  const WebSettings web = made({}).web;
  CHECK(web.listen == std::vector<ListenAddress>{{"127.0.0.1", 17880}});
  CHECK(web.route_prefix.empty());
  CHECK_FALSE(web.open);
}

TEST_CASE("an address to listen on is numeric, localhost or every address, with a port") {
  CHECK(parse_listen_address(":17880") == ListenAddress{"", 17880});
  CHECK(parse_listen_address("127.0.0.1:0") == ListenAddress{"127.0.0.1", 0});
  CHECK(parse_listen_address("[::1]:9") == ListenAddress{"::1", 9});
  CHECK(parse_listen_address("localhost:80") == ListenAddress{"localhost", 80});
  for (const char* text :
       {"", "17880", "127.0.0.1", "::1:80", "[127.0.0.1]:80", "[]:80", "example.org:80", "a:b:80",
        "127.0.0.1:65536", "127.0.0.1:", "127.0.0.1:-1", "127.0.0.1:80x", "[::1:80"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_listen_address(text));
  }
}

TEST_CASE("what is not loopback is refused without TLS or passwords, unless that is asked for") {
  const std::string refused =
      "--web.listen-address: refusing to listen on :17880 without --web.config.file (TLS or basic auth): "
      "reports name addresses and files. --web.open to allow.";
  CHECK(fault(listening({":17880"})) == refused);
  CHECK(fault(listening({"127.0.0.1:1", ":17880"})) == refused);
  CHECK_FALSE(fault(listening({"[::]:17880"})).empty());
  CHECK_FALSE(fault(listening({"198.51.100.23:17880"})).empty());
  CHECK(fault(listening({"127.8.0.1:17880", "[::1]:17880", "localhost:17880"})).empty());
  config::Options open = listening({":17880"}), closed = open;
  open.web_open = true;
  closed.web_config_file = "web.yml";
  CHECK(fault(open).empty());
  CHECK(fault(closed).empty());
  CHECK(made(closed).web.config_file == "web.yml");
}

TEST_CASE("a text that is no address is refused with an example") {
  CHECK(fault(listening({"example.org"})) ==
        "--web.listen-address: \"example.org\" is not ADDRESS:PORT, like 127.0.0.1:17880, [::1]:17880 or "
        ":17880");
}

TEST_CASE("the path of the external URL is the prefix of all routes, unless that is given") {
  config::Options options;
  options.web_external_url = "https://probe.uni.example/lk/";
  CHECK(made(options).web.external_url == "https://probe.uni.example/lk");
  CHECK(made(options).web.route_prefix == "/lk");
  options.web_route_prefix = "/";
  CHECK(made(options).web.route_prefix.empty());
  options.web_route_prefix = "/a/b/";
  CHECK(made(options).web.route_prefix == "/a/b");
}

TEST_CASE("prefixes and URLs that would have to be decoded or resolved are refused") {
  const auto prefix = [](std::string value) {
    config::Options options;
    options.web_route_prefix = std::move(value);
    return fault(options);
  };
  for (const char* text : {"lk", "/../x", "/a//b", "/a?b", "/a%2fb", "/a b", "/.x"}) {
    CHECK(prefix(text) == "--web.route-prefix: \"" + std::string(text) + "\" is not a path like /lkdoctor");
  }
  const auto url = [](std::string value) {
    config::Options options;
    options.web_external_url = std::move(value);
    return fault(options);
  };
  CHECK(url("https://probe.uni.example").empty());
  for (const char* text : {"probe.uni.example", "ftp://x", "wss://x"}) {
    CHECK(url(text) == "--web.external-url: \"" + std::string(text) +
                           "\" is not an http:// or https:// URL without user and query");
  }
  CHECK(url("https://user:canary@x").find("canary") == std::string::npos);
  CHECK_FALSE(url("https://user:canary@x").empty());
  CHECK_FALSE(url("https://x/?a=b").empty());
  CHECK_FALSE(url("https://x/a%20b").empty());
}
