// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/ice_tcp.hpp>
#include <lkdoctor/facts/url_addresses.hpp>

#include "support/provoked.hpp"
#include "support/servers.hpp"
#include "support/test_probe.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_tcp_ice();
}

using namespace lkdoctor;

namespace {

Deployment deployed(std::string node_ip, std::uint16_t port) {
  Deployment deployment;
  deployment.livekit.emplace();
  deployment.livekit->node_ip.value = {std::move(node_ip)};
  deployment.livekit->tcp_port.value = port;
  deployment.run.vantage = Vantage::outside;
  deployment.run.audience = Audience::internet;
  return deployment;
}

/// LiveKit's multiplexer: a frame with USERNAME (attribute type 6) is kept, any other closes.
void play_mux(test::Peer& peer) {
  const std::string frame = peer.read_some();
  if (frame.size() > 24 && frame[23] == 6) peer.wait_for_end();
}

Json looked_at(std::uint16_t port) {
  test::TestProbe probe(deployed("127.0.0.1", port));
  Json observation = test::collect(*checks::make_tcp_ice(), probe);
  CHECK(probe.facts().find(facts::ice_tcp));
  return observation;
}

Judgement judged(const Json& observation) {
  return test::judge(*checks::make_tcp_ice(), observation, {}, deployed("127.0.0.1", 7881));
}

Json state_at(const Json& observation) {
  return judged(observation).facts().at("addresses").at(0).at("state");
}

}  // namespace

TEST_CASE(
    "tcp_ice knows LiveKit's multiplexer by what it closes and what it keeps, in about four round trips") {
  const test::Server server(play_mux);
  const auto start = Clock::now();
  const Json observation = looked_at(server.port());
  CHECK(Clock::now() - start < Milliseconds(1000));
  CHECK(state_at(observation) == "ice-tcp");
  CHECK(test::ids(judged(observation)).empty());
}

TEST_CASE("tcp_ice tells a web server, a TLS server and a relay without a backend from LiveKit") {
  const test::Server web([](test::Peer& peer) {
    peer.read_some();
    peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  CHECK(state_at(looked_at(web.port())) == "http");
  const test::Server tls([](test::Peer& peer) {
    peer.read_some();
    peer.write(std::string_view("\x15\x03\x01\x00\x02\x02\x46", 7));
  });
  CHECK(state_at(looked_at(tls.port())) == "tls");
  const test::Server relay([](test::Peer&) {});
  CHECK(state_at(looked_at(relay.port())) == "closes-every-connection");
  const test::Server picky([](test::Peer& peer) { peer.read_some(); });
  CHECK(state_at(looked_at(picky.port())) == "other-service");
  CHECK(state_at(looked_at(test::closed_port().port)) == "refused");
}

TEST_CASE("tcp_ice watches a connection that nobody closes for three seconds") {
  const test::Server holder([](test::Peer& peer) { peer.wait_for_end(); });
  const auto start = Clock::now();
  CHECK(state_at(looked_at(holder.port())) == "holds-every-connection");
  CHECK(Clock::now() - start > Milliseconds(2900));
}

TEST_CASE("tcp_ice looks at node_ip first and at the address of public_url as well") {
  const test::Server server(play_mux);
  test::TestProbe probe(deployed("127.0.0.2", server.port()));
  probe.known.set(facts::public_addresses,
                  {"https://a.example", "a.example", 443, true, "", {"127.0.0.1", "127.0.0.2"}});
  const Json observation = test::collect(*checks::make_tcp_ice(), probe);
  REQUIRE(observation.at("targets").size() == 2);
  CHECK(observation.at("targets").at(0).at("role") == "configured");
  CHECK(observation.at("targets").at(1).at("address") == "127.0.0.1");
  CHECK(observation.at("targets").at(1).at("role") == "signalling");
  CHECK(probe.facts().find(facts::ice_tcp)->answering == std::vector<std::string>{"127.0.0.1"});
}
