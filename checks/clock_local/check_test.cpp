// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <ctime>
#include <lkdoctor/facts/local_clock.hpp>
#include <lkdoctor/facts/url_addresses.hpp>
#include <lkdoctor/probes/clock.hpp>

#include "support/provoked.hpp"
#include "support/servers.hpp"
#include "support/test_probe.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_clock_local();
}

using namespace lkdoctor;
using Ids = std::vector<std::string>;

namespace {

std::string date_at(std::time_t seconds) {
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text.data();
}

std::unique_ptr<test::Server> server_ahead(int seconds, const std::string& address = "127.0.0.1") {
  return std::make_unique<test::Server>(
      [seconds](test::Peer& peer) {
        peer.read_until("\r\n\r\n");
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nDate: " + date_at(std::time(nullptr) + seconds) +
                   "\r\n\r\nOK");
      },
      address);
}

struct Ran {
  Judgement judgement;
  Facts facts;
};

Ran ran(const test::Server& first, const test::Server& second) {
  Deployment deployment;
  deployment.public_url.origin.kind = Origin::Kind::flag;
  test::TestProbe probe(deployment);
  const auto where = [](const std::string& host, const Endpoint& peer) {
    return facts::UrlAddresses{"http://" + host, host, peer.port, false, "", {peer.address}};
  };
  probe.known.set(facts::public_addresses, where("livekit.uni.example", first.endpoint()));
  probe.known.set(facts::service_addresses, where("lk.intern.example", second.endpoint()));
  const auto check = checks::make_clock_local();
  const Json seen = test::collect(*check, probe);
  return {test::judge(*check, seen, probe.known, deployment), probe.known};
}

probes::Asked asked_with(const std::string& date, std::int64_t received_ms) {
  probes::Asked asked;
  asked.answer.headers = {{"date", date}};
  asked.received_at_ms = received_ms;
  return asked;
}

}  // namespace

TEST_CASE("clock_local: two hosts that agree against this machine prove its clock wrong") {
  const auto first = server_ahead(7200), second = server_ahead(7200, "127.0.0.2");
  const Ran result = ran(*first, *second);
  REQUIRE(test::ids(result.judgement) == Ids{"local-clock-wrong"});
  CHECK(result.judgement.findings().front().title.starts_with("The clock of this machine is "));
  const auto clock = result.facts.find(facts::local_clock);
  REQUIRE(clock);
  REQUIRE(clock->wrong_by_seconds);
  CHECK(*clock->wrong_by_seconds > 7197);
  CHECK(*clock->wrong_by_seconds < 7203);
}

TEST_CASE("clock_local: peers that disagree, or agree with us, prove nothing against this machine") {
  const auto right = server_ahead(0), also_right = server_ahead(0, "127.0.0.2"),
             wrong = server_ahead(-900, "127.0.0.3");
  CHECK(ran(*right, *also_right).judgement.findings().empty());
  const Ran mixed = ran(*right, *wrong);
  CHECK(mixed.judgement.findings().empty());
  CHECK_FALSE(mixed.facts.find(facts::local_clock)->wrong_by_seconds);
  CHECK(mixed.judgement.facts().at("peers").size() == 2);
}

TEST_CASE("clock_local: one host under two names is one witness") {
  const auto server = server_ahead(7200);
  const Ran result = ran(*server, *server);
  CHECK(result.judgement.findings().empty());
  CHECK(result.judgement.facts().at("peers").size() == 1);
}

TEST_CASE("clock_local: without a date there is nothing to compare") {
  test::Server mute(test::http_answers({"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}));
  CHECK(ran(mute, mute).judgement.skip_reason() == "no peer gave a date to compare with");
}

TEST_CASE("clock_local: dates are read strictly and to half a second") {
  const auto offset = probes::date_offset(asked_with("Sun, 06 Nov 1994 08:49:37 GMT", 784111777000));
  REQUIRE(offset);
  CHECK(*offset == doctest::Approx(0.5));
  for (const char* bad : {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
                          "Sun, 06 Nov 1994 08:4x:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET"}) {
    CHECK_FALSE(probes::date_offset(asked_with(bad, 784111777000)));
  }
}
