// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/probes/stun_servers.hpp>

using namespace lkdoctor;
using Names = std::vector<std::string>;

namespace {

const Names kDefaults{"stun:global.stun.twilio.com:3478", "stun:stun.l.google.com:19302"};

Deployment with_file(bool use_external_ip) {
  Deployment deployment;
  LiveKitSettings& livekit = deployment.livekit.emplace();
  livekit.use_external_ip.value = use_external_ip;
  livekit.node_ip.value = {"198.51.100.23"};
  return deployment;
}

Names asked(const Deployment& deployment, const Names& urls) {
  return probes::stun_servers_of_session(deployment, urls);
}

}  // namespace

TEST_CASE("LiveKit's built-in list is asked only where LiveKit itself asks it, or any may be") {
  CHECK(asked(with_file(false), kDefaults) == Names{});
  CHECK(asked({}, kDefaults) == Names{});
  CHECK(asked(with_file(true), kDefaults) == Names{"global.stun.twilio.com:3478", "stun.l.google.com:19302"});
  Deployment any = with_file(false);
  any.run.third_party = ThirdParty::any;
  CHECK(asked(any, kDefaults) == Names{"global.stun.twilio.com:3478", "stun.l.google.com:19302"});
}

TEST_CASE("servers that a session names and that belong to the configuration are asked, TURN over UDP too") {
  const Names urls{"stun:stun.uni.example:3478", "turn:[2001:db8::7]:3478?transport=udp",
                   "turns:turn.uni.example:443?transport=tcp", "stuns:stun.uni.example:5349", "nonsense"};
  CHECK(asked({}, urls) == Names{"stun.uni.example:3478", "[2001:db8::7]:3478"});
}

TEST_CASE("--third-party none leaves the deployment's own hosts, --stun names others") {
  Deployment none = with_file(true);
  none.run.third_party = ThirdParty::none;
  CHECK(asked(none, {"stun:stun.uni.example:3478", "turn:198.51.100.23:3478"}) ==
        Names{"198.51.100.23:3478"});
  CHECK(asked(none, kDefaults) == Names{});
  Deployment named = with_file(false);
  named.run.stun_servers = {"stun.isp.example"};
  CHECK(asked(named, kDefaults) == Names{"stun.isp.example"});
}
