// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/net/resolve.hpp>
#include <lkdoctor/net/timer.hpp>

#include "support/run.hpp"
#include "support/servers.hpp"

using namespace lkdoctor;
using namespace lkdoctor::net;
using boost::asio::awaitable;

namespace {

std::string flags(std::string_view query, const char* bits, int answers) {
  std::string reply(query.substr(0, 2));
  reply += std::string(bits, 2);
  reply += query.substr(4, 2);
  reply += {'\0', static_cast<char>(answers), '\0', '\0', '\0', '\0'};
  const auto end = query.find('\0', 12) + 5;  // name, type, class
  reply += query.substr(12, end - 12);
  return reply;
}

bool asks_for_a(std::string_view query) {
  return query[query.find('\0', 12) + 2] == 1;
}

/// A: 198.51.100.23; AAAA: none. RFC 1035 §4.1.
std::string one_address(std::string_view query) {
  if (!asks_for_a(query)) return flags(query, "\x81\x80", 0);
  return flags(query, "\x81\x80", 1) + std::string("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc6\x33\x64\x17", 16);
}

std::string server_of(const test::UdpServer& server) {
  return text(server.endpoint());
}

Resolution asked(std::function<std::string(std::string_view)> answer, int deadline_ms = 3000) {
  const test::UdpServer server(std::move(answer));
  return test::run(ask_server(server_of(server), "livekit.example.org", test::in_ms(deadline_ms)));
}

}  // namespace

TEST_CASE("a numeric host answers itself and localhost is found in the hosts file") {
  CHECK(test::run(resolve("2001:db8::1", test::in_ms(1000))).addresses ==
        std::vector<std::string>{"2001:db8::1"});
  const Resolution local = test::run(resolve("localhost", test::in_ms(3000)));
  REQUIRE(local.outcome.ok());
  CHECK_FALSE(local.addresses.empty());
}

namespace {

awaitable<void> look_up(int* without_answer) {
  std::string host = "localhost";
  const Resolution found = co_await resolve(std::move(host), test::in_ms(5000));
  if (found.addresses.empty()) ++*without_answer;
}

awaitable<void> look_up_in_rounds(int* without_answer) {
  for (int round = 0; round < 100; ++round) {
    std::vector<awaitable<void>> lookups;
    for (int i = 0; i < 3; ++i) lookups.push_back(look_up(without_answer));
    co_await all(std::move(lookups));
  }
}

}  // namespace

TEST_CASE("lookups that run at the same time all end with their own answer") {
  int without_answer = 0;
  test::run(look_up_in_rounds(&without_answer));
  CHECK(without_answer == 0);
}

TEST_CASE("a lookup that has no time left says so in the stage resolve") {
  const Resolution late = test::run(resolve("late.invalid", Clock::now()));
  if (late.outcome.error == NetError::timed_out) CHECK(late.outcome.stage == Stage::resolve);
  CHECK_FALSE(late.outcome.ok());
}

TEST_CASE("one DNS server is asked for A and AAAA") {
  const Resolution found = asked(one_address);
  CHECK(found.outcome.ok());
  CHECK(found.addresses == std::vector<std::string>{"198.51.100.23"});
  CHECK(found.canonical_name.empty());
}

TEST_CASE("NXDOMAIN, an empty answer, SERVFAIL and REFUSED are told apart") {
  const auto code = [](const char* bits) {
    return [bits](std::string_view query) { return flags(query, bits, 0); };
  };
  const Resolution missing = asked(code("\x81\x83"));
  CHECK(missing.outcome.error == NetError::name_not_found);
  CHECK(missing.outcome.text == "NXDOMAIN");
  CHECK(asked(code("\x81\x80")).outcome.text == "the name has no address");
  const Resolution failing = asked(code("\x81\x82"));
  CHECK(failing.outcome.error == NetError::name_server_failed);
  CHECK(failing.outcome.text == "SERVFAIL");
  CHECK(asked(code("\x81\x85")).outcome.text == "REFUSED");
}

TEST_CASE("a name server that is silent, closed or answers garbage gives no address and ends in time") {
  CHECK(asked([](std::string_view) { return std::string(); }, 200).outcome.error == NetError::timed_out);
  CHECK(asked([](std::string_view) { return std::string("garbage that is no DNS answer"); }, 200)
            .outcome.error == NetError::timed_out);
  const Endpoint closed = test::closed_port();
  const auto start = Clock::now();
  const Resolution refused = test::run(ask_server(text(closed), "livekit.example.org", test::in_ms(3000)));
  CHECK(refused.outcome.error == NetError::name_server_failed);
  CHECK(Clock::now() - start < Milliseconds(500));
}

TEST_CASE("an answer cut at any byte is taken without harm") {
  for (std::size_t length = 0; length < 60; ++length) {
    const Resolution cut =
        asked([&](std::string_view query) { return one_address(query).substr(0, length); }, 30);
    CHECK(cut.addresses.size() <= 1);
  }
}

TEST_CASE("a query that got lost is repeated") {
  int seen = 0;
  const Resolution found =
      asked([&](std::string_view query) { return ++seen <= 2 ? std::string() : one_address(query); });
  CHECK(found.addresses == std::vector<std::string>{"198.51.100.23"});
}

TEST_CASE("an impossible server or host name is an error and no crash") {
  CHECK_FALSE(test::run(ask_server("no-address", "a.example", test::in_ms(100))).outcome.ok());
  CHECK_FALSE(test::run(ask_server("127.0.0.1:99999", "a.example", test::in_ms(100))).outcome.ok());
  CHECK_FALSE(test::run(ask_server("127.0.0.1", std::string(300, 'a'), test::in_ms(100))).outcome.ok());
}
