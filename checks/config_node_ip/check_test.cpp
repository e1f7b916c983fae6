// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_config_node_ip();
}

using namespace lkdoctor;

namespace {

Deployment deployed(std::vector<std::string> node_ip) {
  Deployment deployment;
  deployment.livekit.emplace().node_ip.value = std::move(node_ip);
  deployment.run.audience = Audience::internet;
  return deployment;
}
/// The findings as "id severity", comma between.
std::string found(const Deployment& deployment) {
  std::string out;
  const Judgement judgement = test::judge(*checks::make_config_node_ip(), Json::object(), {}, deployment);
  for (const Finding& finding : judgement.findings()) {
    out += (out.empty() ? "" : ", ") + finding.id + " " + Json(finding.severity).get<std::string>();
  }
  return out;
}
std::string sentence(const Deployment& deployment) {
  return test::judge(*checks::make_config_node_ip(), Json::object(), {}, deployment).findings().front().title;
}

}  // namespace

TEST_CASE("config_node_ip accepts a global address, and a private one for a LAN") {
  CHECK(found(deployed({"198.51.100.23"})).empty());
  CHECK(found(deployed({"198.51.100.23", "2001:db8::1"})).empty());
  Deployment lan = deployed({"10.20.0.10"});
  lan.run.audience = Audience::lan;
  CHECK(found(lan).empty());
  lan.run.audience = Audience::vpn;
  CHECK(found(lan).empty());
}

TEST_CASE("config_node_ip: a loopback address serves nobody but the server itself") {
  CHECK(found(deployed({"127.0.0.1"})) == "loopback-node-ip failure");
  CHECK(sentence(deployed({"127.0.0.1"})) ==
        "LiveKit sends clients to 127.0.0.1 (node_ip): only a browser on the server itself gets media");
  Deployment trial = deployed({"127.0.0.1"});
  trial.public_url.value = "http://127.0.0.1:7880";
  CHECK(found(trial) == "loopback-node-ip info");
}

TEST_CASE("config_node_ip: a private address fails people on the internet, unless there is another way") {
  CHECK(found(deployed({"10.20.0.10"})) == "private-ip-advertised failure");
  CHECK(found(deployed({"100.64.1.1"})) == "private-ip-advertised failure");
  CHECK(sentence(deployed({"10.20.0.10"})) ==
        "LiveKit sends clients to 10.20.0.10 (node_ip), which nobody on the internet can reach");
  CHECK(found(deployed({"10.20.0.10", "2001:db8::1"})) == "private-ip-advertised warning");
  Deployment relayed = deployed({"10.20.0.10"});
  relayed.livekit->turn_servers.push_back({"turn.example.org", 443, "tls", {}});
  CHECK(found(relayed) == "private-ip-advertised warning");
}

TEST_CASE("config_node_ip: Docker's bridge is known by its range, unless the network really is that range") {
  CHECK(found(deployed({"172.17.0.2"})) == "docker-bridge-ip-advertised failure");
  CHECK(sentence(deployed({"172.17.0.2"})) ==
        "LiveKit sends clients to 172.17.0.2 (node_ip), an address of Docker's bridge network");
  Deployment lan = deployed({"172.17.4.10"});
  lan.public_url.value = "https://172.17.4.9";
  lan.run.audience = Audience::lan;
  CHECK(found(lan).empty());
}

TEST_CASE(
    "config_node_ip: an address that is nobody's goes out as it is; what is no address is the reader's") {
  for (const char* text : {"0.0.0.0", "::", "224.0.0.1", "255.255.255.255"}) {
    CAPTURE(text);
    CHECK(found(deployed({text})) == "node-ip-unusable failure");
  }
  CHECK(sentence(deployed({"0.0.0.0"})) ==
        "LiveKit sends clients to 0.0.0.0 (node_ip), which is no address of a host");
  CHECK(found(deployed({"livekit.example.org"})).empty());
}

TEST_CASE("config_node_ip has nothing to judge where LiveKit does not use node_ip") {
  const auto check = checks::make_config_node_ip();
  Deployment deployment = deployed({"127.0.0.1"});
  deployment.livekit->use_external_ip.value = true;
  CHECK(check->skip_reason(deployment) == "use_external_ip is on: LiveKit does not use node_ip");
  CHECK(check->skip_reason(deployed({})) == "node_ip is not set: LiveKit finds its address by itself");
  CHECK(check->skip_reason(Deployment{}) == "no LiveKit configuration file was given");
}
