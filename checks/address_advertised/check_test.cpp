// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/external_addresses.hpp>
#include <lkdoctor/facts/url_addresses.hpp>

#include "support/provoked.hpp"
#include "support/test_probe.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_address_advertised();
}

using namespace lkdoctor;

namespace {

Deployment deployed(std::string node_ip = "", bool use_external_ip = false) {
  Deployment deployment;
  deployment.livekit.emplace().use_external_ip.value = use_external_ip;
  if (!node_ip.empty()) deployment.livekit->node_ip.value = {node_ip};
  deployment.run.vantage = Vantage::livekit_host;
  deployment.run.audience = Audience::internet;
  return deployment;
}
Json host_with(std::string address, bool own_network = false) {
  return {{"interfaces", {{{"interface", "eth0"}, {"address", std::move(address)}, {"prefix_length", 24}}}},
          {"own_network", own_network}};
}
Facts known(std::string public_address, std::vector<std::string> stun,
            std::string mapping = "endpoint-independent") {
  Facts facts;
  facts.set(facts::public_addresses,
            {"https://a.example", "a.example", 443, true, "", {std::move(public_address)}});
  facts.set(facts::external_addresses, {{}, std::move(stun), std::move(mapping)});
  return facts;
}
std::string first(const Json& observation, const Facts& facts, const Deployment& deployment) {
  const Judgement judgement = test::judge(*checks::make_address_advertised(), observation, facts, deployment);
  if (judgement.findings().empty()) return "-";
  const Finding& finding = judgement.findings().front();
  return finding.id + " " + Json(finding.severity).get<std::string>() + ": " + finding.title;
}

}  // namespace

TEST_CASE(
    "address_advertised: node_ip that use_external_ip overrides matters when STUN says another address") {
  const Deployment deployment = deployed("198.51.100.23", true);
  CHECK(first(host_with("10.0.0.5"), known("198.51.100.23", {"198.51.100.42"}), deployment) ==
        "node-ip-overridden-by-external-ip failure: Clients are sent to 198.51.100.42, not to your node_ip "
        "198.51.100.23: use_external_ip is on and wins");
  CHECK(first(host_with("10.0.0.5"), known("198.51.100.23", {"198.51.100.23"}), deployment) == "-");
  CHECK(first(host_with("10.0.0.5"), known("198.51.100.23", {}), deployment) == "-");
}

TEST_CASE("address_advertised: STUN requests that leave by another line than inbound traffic") {
  const Deployment deployment = deployed("", true);
  CHECK(first(host_with("198.51.100.23"), known("198.51.100.23", {"203.0.113.9"}), deployment) ==
        "wrong-wan-ip warning: LiveKit learns 203.0.113.9 from STUN servers, but public_url reaches this "
        "host at "
        "198.51.100.23");
  CHECK(first(host_with("198.51.100.23"), known("198.51.100.23", {"198.51.100.23"}), deployment) == "-");
}

TEST_CASE("address_advertised: signalling elsewhere and 1:1 NAT are working designs") {
  CHECK(first(host_with("10.0.0.5"), known("203.0.113.9", {"198.51.100.23"}), deployed("", true)) == "-");
  CHECK(first(host_with("10.0.0.5"), known("198.51.100.23", {"198.51.100.23"}), deployed("", true)) == "-");
  CHECK(first(host_with("10.0.0.5"), known("198.51.100.23", {"198.51.100.23"}), deployed("198.51.100.23")) ==
        "-");
  CHECK(first(host_with("10.0.0.5"), known("203.0.113.9", {"198.51.100.23"}), deployed("203.0.113.9")) ==
        "-");
}

TEST_CASE("address_advertised: an address that this host had once") {
  CHECK(first(host_with("10.0.0.5"), known("198.51.100.42", {"198.51.100.42"}), deployed("198.51.100.23")) ==
        "stale-external-ip failure: LiveKit still sends clients to 198.51.100.23 (node_ip); this host's "
        "address is "
        "now 198.51.100.42");
  CHECK(first(host_with("198.51.100.23"), known("198.51.100.42", {"198.51.100.42"}),
              deployed("198.51.100.23")) == "-");
}

TEST_CASE("address_advertised: private interfaces alone, with and without help from STUN") {
  CHECK(first(host_with("10.0.0.5"), known("198.51.100.23", {"198.51.100.23"}), deployed()) ==
        "private-ip-advertised warning: LiveKit sends clients to 10.0.0.5, which nobody on the internet can "
        "reach; "
        "only UDP may work, through what STUN servers see of it");
  CHECK(first(host_with("10.0.0.5"), known("198.51.100.23", {}), deployed()) ==
        "private-ip-advertised failure: LiveKit sends clients to 10.0.0.5, which nobody on the internet can "
        "reach");
  CHECK(first(host_with("10.0.0.5"), known("198.51.100.23", {"198.51.100.23"}, "address-and-port-dependent"),
              deployed())
            .starts_with("private-ip-advertised failure"));
  CHECK(first(host_with("198.51.100.23"), known("198.51.100.23", {}), deployed()) == "-");
  Deployment lan = deployed();
  lan.run.audience = Audience::lan;
  CHECK(first(host_with("10.0.0.5"), known("10.0.0.5", {}), lan) == "-");
}

TEST_CASE("address_advertised: a container with a network of its own and no node_ip") {
  CHECK(first(host_with("198.51.100.23", true), known("198.51.100.23", {}), deployed()) ==
        "docker-bridge-ip-advertised failure: LiveKit runs in a container network of its own without "
        "node_ip: it "
        "sends clients to an address that exists on this machine alone");
  CHECK(first(host_with("198.51.100.23", true), known("198.51.100.23", {}), deployed("198.51.100.23")) ==
        "-");
}

TEST_CASE("address_advertised looks at this machine alone, and only where LiveKit runs") {
  const auto check = checks::make_address_advertised();
  test::TestProbe probe(deployed());
  CHECK_FALSE(test::collect(*check, probe).at("interfaces").empty());
  Deployment outside = deployed();
  outside.run.vantage = Vantage::outside;
  CHECK(check->skip_reason(outside) == "only LiveKit's own host shows its addresses");
  CHECK(check->skip_reason(Deployment{}) == "no LiveKit configuration file was given");
}
