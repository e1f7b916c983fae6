// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/probes/tls_survey.hpp>

#include "support/provoked.hpp"
#include "support/servers.hpp"
#include "support/test_probe.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_tls_service();
}

using namespace lkdoctor;
using Ids = std::vector<std::string>;

namespace {

Deployment deployment_at(Vantage vantage) {
  Deployment deployment;
  deployment.service_url = {"https://livekit.intern.example", {Origin::Kind::file, "controller.toml", 6, 15}};
  deployment.run.vantage = vantage;
  return deployment;
}

facts::UrlAddresses where_of(const Endpoint& peer) {
  return {"https://livekit.intern.example", "livekit.intern.example", peer.port, true, "", {peer.address}};
}

Judgement looked(const Endpoint& peer, Vantage vantage) {
  const auto check = checks::make_tls_service();
  test::TestProbe probe(deployment_at(vantage));
  probe.known.set(facts::service_addresses, where_of(peer));
  return test::judge(*check, test::collect(*check, probe), {}, deployment_at(vantage));
}

}  // namespace

TEST_CASE("tls_service: what the controller does not trust is its failure, and not tested from elsewhere") {
  const test::Identity authority = test::make_certificate({.common_name = "Office CA", .authority = true});
  test::ServerTls tls;
  tls.identity =
      test::make_certificate({.common_name = "x", .names = {"DNS:livekit.intern.example"}}, &authority);
  test::Server server(tls, [](test::Peer& peer) { peer.wait_for_end(); });
  const Judgement there = looked(server.endpoint(), Vantage::controller);
  REQUIRE(test::ids(there) == Ids{"internal-tls-untrusted-by-controller"});
  CHECK(there.findings().front().title.starts_with("The controller does not trust livekit.intern.example:"));
  const Judgement elsewhere = looked(server.endpoint(), Vantage::outside);
  CHECK(elsewhere.findings().empty());
  CHECK(elsewhere.untested().size() == 1);
}

TEST_CASE(
    "tls_service: a service_url that does not answer is judged by http_service, and nobody's fault from "
    "outside") {
  CHECK(looked(test::closed_port(), Vantage::controller).unknown_reason());
  CHECK(looked(test::closed_port(), Vantage::outside).skip_reason());
}
