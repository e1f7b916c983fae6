// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include "serve/message.hpp"

using namespace lkdoctor;
using namespace lkdoctor::serve;

namespace {

std::string path_of(std::string_view target) {
  const auto parsed = parse_request_target(target);
  return parsed ? parsed->path : "refused";
}

/// What the reader makes of `text`, given in one piece.
std::string read(std::string text) {
  RequestReader reader;
  const auto state = reader.feed(text);
  if (state == RequestReader::State::incomplete) return "incomplete";
  if (state == RequestReader::State::refused)
    return std::to_string(reader.refusal().status) + " " + reader.refusal().body;
  const Request request = reader.take();
  return request.method + " " + request.path + " " + request.authority + " " + request.body + "|" + text;
}

const std::string kHost = "Host: localhost\r\n";

}  // namespace

TEST_CASE("request: a path is decoded once and has no dot segments afterwards") {
  CHECK(path_of("/") == "/");
  CHECK(path_of("/metrics") == "/metrics");
  CHECK(path_of("//-//ready") == "/-/ready");
  CHECK(path_of("/a/./b/../c") == "/a/c");
  CHECK(path_of("/a/b/..") == "/a/");
  CHECK(path_of("/%6detrics") == "/metrics");
  CHECK(path_of("/a/%2e%2E/b") == "/b");
  CHECK(path_of("/%252e%252e/b") == "/%2e%2e/b");
  CHECK(path_of("/a%2f..%2fb") == "/b");
}

TEST_CASE("request: a path that leads above its root, or is none, is refused") {
  for (const char* path :
       {"/..", "/../etc/passwd", "/a/../../b", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fx", "/a\\b",
        "/%5c..%5cx", "/a%00b", "/a%0d%0aSet-Cookie:x", "/%zz", "/%4", "/%", "metrics", "*", "",
        "ftp://localhost/", "http://", "http://user@localhost/", "localhost:80"})
    CHECK_MESSAGE(path_of(path) == "refused", path);
}

TEST_CASE("request: a query is decoded, with plus signs as blanks, and keeps its order") {
  const auto target = parse_request_target("/probe?target=a+b%2Bc&module=&&x&target=%C3%A4#part");
  REQUIRE(target);
  const std::vector<std::pair<std::string, std::string>> expected{
      {"target", "a b+c"}, {"module", ""}, {"x", ""}, {"target", "ä"}};
  CHECK(target->query == expected);
  CHECK_FALSE(parse_request_target("/probe?target=%"));
  std::string many = "/probe?";
  for (int i = 0; i < 33; ++i) many += "a&";
  CHECK_FALSE(parse_request_target(many));
}

TEST_CASE("request: a whole URL as target names the host, above the Host header") {
  const auto target = parse_request_target("http://probe.example:17880?x=1");
  REQUIRE(target);
  CHECK(target->authority == "probe.example:17880");
  CHECK(target->path == "/");
  CHECK(read("GET http://other.example/metrics HTTP/1.1\r\n" + kHost + "\r\n") ==
        "GET /metrics other.example |");
}

TEST_CASE("request: head and body are read, and nothing of what follows") {
  CHECK(read("GET /metrics HTTP/1.1\r\n" + kHost + "\r\nGET /next") == "GET /metrics localhost |GET /next");
  CHECK(read("POST /-/reload HTTP/1.1\r\n" + kHost + "Content-Length: 3\r\n\r\nabcdef") ==
        "POST /-/reload localhost abc|def");
  CHECK(read("\r\n\r\nGET / HTTP/1.0\r\n\r\n") == "GET /  |");
  CHECK(read("GET / HTTP/1.1\r\nHost: local") == "incomplete");
  CHECK(read("POST / HTTP/1.1\r\n" + kHost + "Content-Length: 3\r\n\r\nab") == "incomplete");
}

TEST_CASE("request: it may come byte by byte") {
  const std::string whole =
      "PUT /-/reload HTTP/1.1\r\n" + kHost + "X-A: 1\r\nx-a: 2\r\nContent-Length: 2\r\n\r\nok";
  RequestReader reader;
  std::string pending;
  RequestReader::State state = RequestReader::State::incomplete;
  for (const char c : whole) {
    CHECK(state == RequestReader::State::incomplete);
    pending += c;
    state = reader.feed(pending);
  }
  REQUIRE(state == RequestReader::State::complete);
  CHECK(reader.keep_alive());
  const Request request = reader.take();
  CHECK(request.body == "ok");
  CHECK(request.header("x-a") == "1, 2");
  CHECK(request.header("missing").empty());
}

TEST_CASE("request: a head above 8 KB is refused, in one piece or in many") {
  const std::string filler = "X-Long: " + std::string(8200, 'a') + "\r\n";
  const std::string refusal = "431 The head of the request is longer than 8 KB.\n";
  CHECK(read("GET / HTTP/1.1\r\n" + kHost + filler + "\r\n") == refusal);
  CHECK(read("GET /" + std::string(9000, 'a')) == refusal);
  RequestReader reader;
  std::string pending = "GET / HTTP/1.1\r\n" + kHost;
  RequestReader::State state = reader.feed(pending);
  for (int i = 0; i < 2000 && state == RequestReader::State::incomplete; ++i) {
    pending += "X-" + std::to_string(i) + ": 1\r\n";
    state = reader.feed(pending);
  }
  CHECK(state == RequestReader::State::refused);
  CHECK(reader.refusal().status == 431);
}

TEST_CASE("request: a body above 4 KB is refused before it comes") {
  CHECK(read("POST / HTTP/1.1\r\n" + kHost + "Content-Length: 4097\r\n\r\n") ==
        "413 The body of the request is longer than 4 KB.\n");
  CHECK(read("POST / HTTP/1.1\r\n" + kHost + "Content-Length: 99999999999999999999\r\n\r\n").substr(0, 3) ==
        "400");
}

TEST_CASE("request: what could be read in two ways is refused") {
  const std::string bad = "400 This is not an HTTP/1.1 request.\n";
  CHECK(read("GET / HTTP/1.1\r\nHost : localhost\r\n\r\n") == bad);
  CHECK(read("GET / HTTP/1.1\r\n" + kHost + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab") == bad);
  CHECK(read("POST / HTTP/1.1\r\n" + kHost + "Content-Length: -1\r\n\r\n") == bad);
  CHECK(read("POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n") ==
        "411 The body of a request needs a Content-Length here.\n");
  CHECK(
      read("POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: gzip, chunked\r\nContent-Length: 3\r\n\r\nabc")
          .substr(0, 1) == "4");
  CHECK(read("\x16\x03\x01\x02") == bad);
  CHECK(read("GET / HTTP/1.1\r\n\r\n") == "400 The request needs one Host header.\n");
  CHECK(read("GET / HTTP/1.1\r\n" + kHost + kHost + "\r\n") == "400 The request needs one Host header.\n");
  CHECK(read("GET /../x HTTP/1.1\r\n" + kHost + "\r\n") ==
        "400 The path of the request is none that can be here.\n");
  CHECK(read("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == "505 HTTP/1.1 is spoken here, and nothing else.\n");
  CHECK(read("POST / HTTP/1.1\r\n" + kHost + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n") ==
        "417 Send the body without asking before.\n");
}

TEST_CASE("response: its head has what it says, and no line that a value brought along") {
  Response response = says(200, "All is well.");
  response.headers.emplace_back("X-Good", "yes");
  response.headers.emplace_back("X-Bad", "a\r\nSet-Cookie: b");
  response.headers.emplace_back("X-Bad\r\nSet-Cookie", "c");
  response.headers.emplace_back("X Bad", "d");
  Framing framing;
  framing.length = response.size();
  const std::string head = head_of(response, framing);
  CHECK(head.starts_with("HTTP/1.1 200 OK\r\nDate: "));
  const std::size_t type = head.find("Content-Type");
  REQUIRE(type != std::string::npos);
  CHECK(head.substr(type) ==
        "Content-Type: text/plain; charset=utf-8\r\nX-Good: yes\r\nContent-Length: 13\r\n"
        "Connection: keep-alive\r\n\r\n");
}

TEST_CASE("response: every one is protected, unless it says otherwise") {
  Response response = says(200, "x");
  response.headers.emplace_back("cache-control", "max-age=60");
  add_protection(response);
  const std::vector<std::pair<std::string, std::string>> expected{
      {"cache-control", "max-age=60"},
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
       "base-uri "
       "'none'; form-action 'none'; frame-ancestors 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Resource-Policy", "same-origin"}};
  CHECK(response.headers == expected);
}
