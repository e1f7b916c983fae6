// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/url_addresses.hpp>

#include "support/provoked.hpp"
#include "support/test_probe.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_names_resolvers();
}

using namespace lkdoctor;
using Ids = std::vector<std::string>;

namespace {

Deployment deployment_at(Vantage vantage) {
  Deployment deployment;
  deployment.public_url = {"wss://livekit.uni.example", {Origin::Kind::file, "controller.toml", 5, 14}};
  deployment.run.vantage = vantage;
  return deployment;
}

Json answer(const std::string& server, std::vector<std::string> addresses) {
  return {{"server", server}, {"resolution", {{"addresses", std::move(addresses)}}}};
}

Judgement judged(std::vector<std::string> system, Json servers, Vantage vantage = Vantage::outside) {
  const Json seen{
      {"host", "livekit.uni.example"}, {"system", std::move(system)}, {"servers", std::move(servers)}};
  return test::judge(*checks::make_names_resolvers(), seen, {}, deployment_at(vantage));
}

}  // namespace

TEST_CASE("names_resolvers: a private answer beside a global one is a split horizon") {
  const Json servers =
      Json::array({answer("10.0.0.53", {"10.1.2.3"}), answer("10.0.0.54", {"198.51.100.23"})});
  const Judgement outside = judged({"10.1.2.3"}, servers);
  REQUIRE(test::ids(outside) == Ids{"split-horizon-mismatch"});
  CHECK(outside.findings().front().title ==
        "livekit.uni.example is 10.1.2.3 by this machine's resolver and 198.51.100.23 by 10.0.0.54.");
  CHECK(outside.findings().front().severity == Severity::warning);
  const Judgement inside = judged({"10.1.2.3"}, servers, Vantage::inside);
  CHECK(inside.findings().front().severity == Severity::info);
  CHECK(inside.untested().size() == 1);
}

TEST_CASE("names_resolvers: different global addresses are load balancing") {
  CHECK(judged({"198.51.100.23"}, Json::array({answer("10.0.0.53", {"198.51.100.24"})})).findings().empty());
  CHECK(judged({"10.1.2.3"}, Json::array({answer("10.0.0.53", {"10.1.2.3"}), answer("10.0.0.54", {})}))
            .findings()
            .empty());
}

TEST_CASE("names_resolvers: without a server that may be asked there is nothing to compare") {
  CHECK(judged({"198.51.100.23"}, Json::array()).skip_reason() == "no name server is configured here");
}

TEST_CASE("names_resolvers: numeric and pinned hosts are not asked for") {
  const auto check = checks::make_names_resolvers();
  Deployment numeric = deployment_at(Vantage::outside);
  numeric.public_url.value = "wss://198.51.100.23";
  CHECK(check->skip_reason(numeric) == "public_url names an address: no name server is asked");
  Deployment pinned = deployment_at(Vantage::outside);
  pinned.run.pinned.push_back({"livekit.uni.example", 443, "198.51.100.23"});
  CHECK(check->skip_reason(pinned) == "the address of public_url is pinned: no name server is asked");
}

TEST_CASE("names_resolvers: collects from the servers of this machine in bounded time") {
  test::TestProbe probe(deployment_at(Vantage::outside));
  probe.end = test::in_ms(300);
  probe.known.set(facts::public_addresses,
                  facts::UrlAddresses{"wss://localhost", "localhost", 443, true, "", {"127.0.0.1"}});
  CHECK(test::collect(*checks::make_names_resolvers(), probe).at("host") == "localhost");
}
