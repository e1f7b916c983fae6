// SPDX-License-Identifier: EUPL-1.2
#include "engine/vantage.hpp"

#include <doctest/doctest.h>

#include <lkdoctor/facts/external_addresses.hpp>
#include <lkdoctor/facts/http_identity.hpp>
#include <lkdoctor/facts/url_addresses.hpp>

using namespace lkdoctor;
using namespace lkdoctor::engine;

namespace {

Deployment deployed(std::string public_url = "https://livekit.uni.example") {
  Deployment deployment;
  deployment.public_url.value = std::move(public_url);
  deployment.public_url.origin.kind = Origin::Kind::flag;
  return deployment;
}

Facts server_at(std::vector<std::string> addresses) {
  Facts facts;
  facts.set(facts::public_addresses,
            {"https://livekit.uni.example", "livekit.uni.example", 443, true, "", std::move(addresses)});
  return facts;
}

net::LocalProcess process(std::string program, bool this_network, bool contained,
                          std::vector<std::uint16_t> ports) {
  return {4711, std::move(program), this_network, contained, std::move(ports)};
}

struct Settled {
  Vantage vantage;
  std::string reason;
  Audience audience;
};
Settled settled(Deployment deployment, const net::Surroundings& here, const Facts& facts,
                const std::vector<std::string>& local) {
  settle_before(deployment, here);
  settle_after(deployment, facts, local);
  return {deployment.run.vantage, deployment.run.vantage_reason, deployment.run.audience};
}

}  // namespace

TEST_CASE("a LiveKit process that listens on LiveKit's port here makes this the LiveKit host") {
  net::Surroundings here;
  here.processes = {process("livekit-server", true, false, {7880, 7881})};
  const Settled out = settled(deployed(), here, server_at({"198.51.100.23"}), {"198.51.100.23"});
  CHECK(out.vantage == Vantage::livekit_host);
  CHECK(out.reason == "process livekit-server pid 4711 listens on 7880");
  CHECK(out.audience == Audience::internet);
}

TEST_CASE("a LiveKit in a container on this machine counts, one in a mere other network does not") {
  net::Surroundings here;
  here.processes = {process("livekit-server", false, true, {7880})};
  Deployment in_docker = deployed();
  in_docker.service_url.value = "http://livekit:7880";
  CHECK(settled(in_docker, here, {}, {}).reason ==
        "container process livekit-server pid 4711 listens on 7880");
  here.processes = {process("livekit-server", false, false, {7880})};
  CHECK(settled(deployed(), here, server_at({"198.51.100.23"}), {"192.0.2.77"}).vantage == Vantage::outside);
}

TEST_CASE("a LiveKit on this machine does not make it the host of a target elsewhere") {
  net::Surroundings here;
  here.processes = {process("livekit-server", true, false, {7880, 7881})};
  here.addresses = {{"eth0", "192.0.2.77", 24, false}};
  CHECK(settled(deployed(), here, server_at({"198.51.100.23"}), {"192.0.2.77"}).reason ==
        "guessed: my external address is not the server's");
  CHECK(settled(deployed("https://198.51.100.23"), here, {}, {"192.0.2.77"}).vantage == Vantage::outside);
  CHECK(settled(deployed("http://10.9.8.7:7880"), here, {}, {"192.0.2.77"}).vantage == Vantage::inside);
  here.listeners = {{"0.0.0.0", 7880, 12, "docker-proxy"}};
  here.processes.clear();
  CHECK(settled(deployed(), here, server_at({"198.51.100.23"}), {"192.0.2.77"}).vantage == Vantage::outside);
}

TEST_CASE("a LiveKit on this machine is the target's where its URL leads here") {
  net::Surroundings here;
  here.processes = {process("livekit-server", true, false, {7880, 7990})};
  here.addresses = {{"eth0", "192.0.2.77", 24, false}};
  for (const char* url :
       {"http://127.0.0.1:7880", "http://localhost:7990", "http://[::1]:7880", "https://192.0.2.77"}) {
    Deployment deployment = deployed(url);
    settle_before(deployment, here);
    CHECK(deployment.run.vantage == Vantage::livekit_host);
  }
  CHECK(settled(deployed("http://127.0.0.1:7999"), here, {}, {"192.0.2.77"}).vantage == Vantage::inside);
  Facts facts = server_at({"198.51.100.23"});
  facts.set(facts::external_addresses, {{}, {"198.51.100.23"}, "endpoint-independent"});
  CHECK(settled(deployed(), here, facts, {"192.0.2.77"}).vantage == Vantage::livekit_host);
}

TEST_CASE("a LiveKit that listens on another port is another LiveKit") {
  Deployment deployment = deployed();
  deployment.livekit.emplace().port.value = 7990;
  net::Surroundings here;
  here.processes = {process("livekit-server", true, false, {7880})};
  CHECK(settled(deployment, here, server_at({"198.51.100.23"}), {"192.0.2.77"}).vantage == Vantage::outside);
}

TEST_CASE("whoever owns LiveKit's port makes this the LiveKit host, but a reverse proxy does not") {
  net::Surroundings here;
  const Deployment local = deployed("http://127.0.0.1:7880");
  here.listeners = {{"0.0.0.0", 7880, 12, "docker-proxy"}};
  CHECK(settled(local, here, {}, {}).reason == "process docker-proxy pid 12 listens on 7880");
  here.listeners = {{"0.0.0.0", 7880, 12, "nginx"}};
  CHECK(settled(local, here, {}, {}).vantage == Vantage::inside);
}

TEST_CASE("a listener whose owner cannot be seen counts if LiveKit's file names its port") {
  net::Surroundings here;
  here.listeners = {{"0.0.0.0", 7880, 0, ""}};
  CHECK(settled(deployed(), here, {}, {}).vantage == Vantage::inside);
  Deployment deployment = deployed();
  deployment.livekit.emplace();
  CHECK(settled(deployment, here, {}, {}).reason ==
        "something listens on 7880 here (whose it is can be seen by root alone)");
}

TEST_CASE("the controller in this network makes it the controller's view, unless LiveKit is here too") {
  net::Surroundings here;
  here.processes = {process("opentalk-controller", true, false, {11311})};
  const Settled out = settled(deployed(), here, server_at({"198.51.100.23"}), {"10.0.0.7"});
  CHECK(out.vantage == Vantage::controller);
  CHECK(out.reason == "process opentalk-controller pid 4711 runs in this network");
  here.processes.push_back(process("livekit-server", true, false, {7880}));
  CHECK(settled(deployed("http://127.0.0.1:7880"), here, {}, {}).vantage == Vantage::livekit_host);
  here.processes = {process("opentalk-controller", false, true, {11311})};
  CHECK(settled(deployed(), here, server_at({"198.51.100.23"}), {"192.0.2.77"}).vantage == Vantage::outside);
}

TEST_CASE("outside is where the server is global and my external address is another one") {
  Facts facts = server_at({"198.51.100.23"});
  facts.set(facts::external_addresses, {{}, {"192.0.2.77"}, "endpoint-independent"});
  const Settled out = settled(deployed(), {}, facts, {"10.0.0.7"});
  CHECK(out.vantage == Vantage::outside);
  CHECK(out.reason == "guessed: my external address is not the server's");
  CHECK(out.audience == Audience::internet);
}

TEST_CASE("without anyone who says my external address a global server is taken to be elsewhere") {
  const Settled out = settled(deployed(), {}, server_at({"198.51.100.23"}), {"10.0.0.7"});
  CHECK(out.vantage == Vantage::outside);
  CHECK(out.reason ==
        "guessed: the server's address is global and none of mine; my external address was not asked for");
}

TEST_CASE("inside is where the server's external address is mine") {
  Facts facts = server_at({"198.51.100.23"});
  facts.set(facts::external_addresses, {{}, {"198.51.100.23"}, "endpoint-independent"});
  const Settled out = settled(deployed(), {}, facts, {"10.0.0.7"});
  CHECK(out.vantage == Vantage::inside);
  CHECK(out.reason == "guessed: my external address is the server's, 198.51.100.23");
}

TEST_CASE("inside is where the server has a private address, and the audience is then the LAN") {
  const Settled out = settled(deployed(), {}, server_at({"10.20.0.10"}), {"10.20.0.99"});
  CHECK(out.vantage == Vantage::inside);
  CHECK(out.reason == "guessed: the server's address is a private one");
  CHECK(out.audience == Audience::lan);
}

TEST_CASE(
    "inside is where LiveKit answers in a private network of mine, although its own address is global") {
  const auto seen = [](const char* answering, const char* mine, facts::Answerer answerer) {
    Facts facts = server_at({"198.51.100.23"});
    facts.set(facts::external_addresses, {{}, {"198.51.100.30"}, "endpoint-independent"});
    facts::HttpIdentity service;
    service.answerer = answerer;
    service.answering = {answering};
    facts.set(facts::service_identity, service);
    return settled(deployed(), {}, facts, {"198.51.100.30", mine}).reason;
  };
  const std::string elsewhere = "guessed: my external address is not the server's";
  CHECK(seen("10.20.0.23", "10.20.0.30", facts::Answerer::livekit) ==
        "guessed: LiveKit answers at 10.20.0.23, in a private network of mine");
  CHECK(seen("fd00:20::23", "fd00:20::30", facts::Answerer::livekit) ==
        "guessed: LiveKit answers at fd00:20::23, in a private network of mine");
  CHECK(seen("10.20.0.23", "10.20.7.30", facts::Answerer::livekit) == elsewhere);
  CHECK(seen("fd00:20::23", "fd00:21::30", facts::Answerer::livekit) == elsewhere);
  CHECK(seen("10.20.0.23", "10.20.0.30", facts::Answerer::other) == elsewhere);
  CHECK(seen("198.51.100.23", "198.51.100.77", facts::Answerer::livekit) == elsewhere);
}

TEST_CASE("inside is where one of the server's addresses is on this machine") {
  CHECK(settled(deployed(), {}, server_at({"198.51.100.23"}), {"198.51.100.23"}).reason ==
        "guessed: 198.51.100.23 is an address of mine");
  CHECK(settled(deployed("https://127.0.0.1:9443"), {}, {}, {}).reason ==
        "guessed: 127.0.0.1 is this machine");
}

TEST_CASE("a server without a known address is looked at from inside") {
  const Settled out = settled(deployed(), {}, {}, {"192.0.2.77"});
  CHECK(out.vantage == Vantage::inside);
  CHECK(out.reason == "guessed: no address of the server is known");
}

TEST_CASE("a global node_ip makes the audience the internet although signalling is private") {
  Deployment deployment = deployed();
  deployment.livekit.emplace().node_ip.value = {"198.51.100.23"};
  CHECK(settled(deployment, {}, server_at({"10.20.0.10"}), {}).audience == Audience::internet);
  deployment.livekit->use_external_ip.value = true;
  CHECK(settled(deployment, {}, server_at({"10.20.0.10"}), {}).audience == Audience::lan);
}

TEST_CASE(
    "a private node_ip beside a public name that was not looked up is judged for a LAN, and that is said") {
  Deployment deployment = deployed();
  deployment.livekit.emplace().node_ip.value = {"10.0.0.5"};
  settle_before(deployment, {});
  settle_after(deployment, {}, {});
  CHECK(audience_note(deployment, {}) ==
        "judged for people in one LAN: the address of livekit.uni.example was not looked up, and node_ip "
        "10.0.0.5 is private. If people join from the internet, say --audience internet.");
  CHECK(audience_note(deployment, server_at({"10.20.0.10"})).empty());
  deployment.run.audience_declared = true;
  CHECK(audience_note(deployment, {}).empty());
  deployment.run.audience_declared = false;
  deployment.public_url.value = "ws://localhost:7880";
  CHECK(audience_note(deployment, {}).empty());
}

TEST_CASE("on the LiveKit host a global address seen by STUN servers makes the audience the internet") {
  Deployment deployment = deployed();
  deployment.livekit.emplace().use_external_ip.value = true;
  net::Surroundings here;
  here.processes = {process("livekit-server", true, false, {7880})};
  Facts facts = server_at({"10.20.0.10"});
  facts.set(facts::external_addresses, {{}, {"198.51.100.23"}, "endpoint-independent"});
  CHECK(settled(deployment, here, facts, {"10.20.0.10"}).audience == Audience::internet);
}

TEST_CASE("a pinned address tells as much as a resolved one, before anything is contacted") {
  Deployment deployment = deployed();
  deployment.run.pinned = {{"livekit.uni.example", 443, "198.51.100.23"}};
  settle_before(deployment, {});
  CHECK(deployment.run.audience == Audience::internet);
  CHECK(deployment.run.vantage == Vantage::automatic);
}

TEST_CASE("behind a forward proxy that alone knows the name, we stand outside and the internet is meant") {
  Facts facts = server_at({"livekit.uni.example"});
  facts::UrlAddresses where = *facts.find(facts::public_addresses);
  where.via_proxy = "http://proxy:3128";
  facts.set(facts::public_addresses, where);
  const Settled result = settled(deployed(), {}, facts, {"10.66.0.77"});
  CHECK(result.vantage == Vantage::outside);
  CHECK(result.reason == "guessed: a forward proxy leads to the server");
  CHECK(result.audience == Audience::internet);
}

TEST_CASE("what was declared stays") {
  Deployment deployment = deployed();
  deployment.run.vantage = Vantage::recorder;
  deployment.run.vantage_declared = true;
  deployment.run.audience = Audience::vpn;
  net::Surroundings here;
  here.processes = {process("livekit-server", true, false, {7880})};
  const Settled out = settled(deployment, here, server_at({"198.51.100.23"}), {});
  CHECK(out.vantage == Vantage::recorder);
  CHECK(out.reason.empty());
  CHECK(out.audience == Audience::vpn);
}

TEST_CASE("the report's view shows external addresses, also those on which the servers disagree") {
  Recording recording;
  recording.host = "laptop";
  recording.local_addresses = {"10.0.0.7"};
  CHECK(vantage_view(deployed(), recording).external_addresses.empty());
  facts::ExternalAddresses external;
  external.servers = {{"a:3478", "203.0.113.1", "ipv4", "198.51.100.1:4000"},
                      {"b:3478", "203.0.113.2", "ipv4", "198.51.100.2:4000"},
                      {"c:3478", "203.0.113.3", "ipv4", std::nullopt}};
  external.mapping = "address-dependent";
  recording.facts["external_addresses"] = external;
  const VantageView view = vantage_view(deployed(), recording);
  CHECK(view.external_addresses == std::vector<std::string>{"198.51.100.1", "198.51.100.2"});
  CHECK(view.nat == "address-dependent");
  CHECK(view.host == "laptop");
}
