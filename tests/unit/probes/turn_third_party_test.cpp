// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/join_response.hpp>

#include "probes/turn_wanted.hpp"

using namespace lkdoctor;

namespace {

probes::Wanted wanted(const std::string& url, std::vector<std::string> addresses) {
  probes::Wanted out;
  out.url = url;
  out.parsed = *proto::parse_ice_url(url);
  out.resolution.addresses = std::move(addresses);
  return out;
}

Deployment deployed(ThirdParty third_party) {
  Deployment deployment;
  deployment.public_url.value = "wss://livekit.uni.example";
  deployment.run.third_party = third_party;
  deployment.livekit.emplace();
  deployment.livekit->node_ip.value = {"198.51.100.23"};
  return deployment;
}

}  // namespace

TEST_CASE("--third-party none leaves the TURN servers that are of the deployment") {
  const auto dropped = [](ThirdParty third_party) {
    std::vector<probes::Wanted> servers{wanted("turn:livekit.uni.example:3478", {"198.51.100.20"}),
                                        wanted("turn:turn.uni.example:3478", {"198.51.100.23"}),
                                        wanted("turn:turn2.uni.example:3478", {"198.51.100.21"}),
                                        wanted("turn:relay.provider.example:3478", {"203.0.113.80"})};
    Facts facts;
    facts::JoinResponse joined;
    joined.address = "198.51.100.21";
    facts.set(facts::join_response, joined);
    return probes::drop_third_parties(servers, deployed(third_party), facts);
  };
  CHECK(dropped(ThirdParty::none) == std::vector<std::string>{"turn:relay.provider.example:3478"});
  CHECK(dropped(ThirdParty::as_server).empty());
}
