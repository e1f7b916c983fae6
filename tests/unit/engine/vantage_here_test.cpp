// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>
#include <unistd.h>

#include "engine/vantage.hpp"
#include "support/servers.hpp"

using namespace lkdoctor;
using namespace lkdoctor::engine;

namespace {

Deployment deployed_at(const test::Server& server) {
  Deployment deployment;
  deployment.public_url.value = "http://127.0.0.1:" + std::to_string(server.port());
  deployment.public_url.origin.kind = Origin::Kind::flag;
  return deployment;
}

std::string listens_here(const test::Server& server) {
  return "process test_engine pid " + std::to_string(getpid()) + " listens on " +
         std::to_string(server.port());
}

}  // namespace

TEST_CASE("several deployments are settled together, each by its own port, and what was declared stays") {
  const test::Server one([](test::Peer&) {}), other([](test::Peer&) {});
  std::vector<Deployment> all{deployed_at(one), deployed_at(other), deployed_at(one)};
  all.at(2).run.vantage = Vantage::outside;
  settle_before(all);
  CHECK(all.at(0).run.vantage == Vantage::livekit_host);
  CHECK(all.at(0).run.vantage_reason == listens_here(one));
  CHECK(all.at(1).run.vantage == Vantage::livekit_host);
  CHECK(all.at(1).run.vantage_reason == listens_here(other));
  CHECK(all.at(2).run.vantage == Vantage::outside);
  CHECK(all.at(2).run.vantage_reason.empty());
}
