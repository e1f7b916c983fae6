// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include "probes/turn_wanted.hpp"

using namespace lkdoctor;

TEST_CASE("LiveKit's file is read as LiveKit tells it to clients") {
  Deployment deployment;
  LiveKitSettings& livekit = deployment.livekit.emplace();
  livekit.turn = {true, "turn.uni.example", 3478, 5349, false};
  livekit.node_ip.value = {"198.51.100.23"};
  livekit.turn_servers = {
      {"turn2.uni.example", 443, "tls", {}}, {"2001:db8::7", 3478, "tcp", {}}, {"", 1, "udp", {}}};
  const auto urls = [&](probes::RelayKind kind) {
    std::string out;
    for (const probes::Wanted& one : probes::configured_servers(deployment, kind)) out += one.url + " ";
    return out;
  };
  CHECK(urls(probes::RelayKind::udp) == "turn:198.51.100.23:3478?transport=udp ");
  CHECK(urls(probes::RelayKind::tls) ==
        "turns:turn.uni.example:443?transport=tcp turns:turn2.uni.example:443?transport=tcp "
        "turn:[2001:db8::7]:3478?transport=tcp ");
}

TEST_CASE("credentials of LiveKit's file are used as LiveKit hands them out") {
  Deployment deployment;
  LiveKitSettings& livekit = deployment.livekit.emplace();
  livekit.turn = {true, "turn.uni.example", 3478, 5349, false};
  livekit.node_ip.value = {"198.51.100.23"};
  livekit.turn_servers = {{"turn2.uni.example", 3478, "udp", {}}, {"turn3.uni.example", 3478, "udp", {}}};
  deployment.secrets.turn_servers = {{"livekit", Secret("fixed"), {}}, {"", {}, Secret("shared")}};
  const auto servers = probes::configured_servers(deployment, probes::RelayKind::udp);
  REQUIRE(servers.size() == 3);
  CHECK(servers[0].credentials.username.empty());
  CHECK(servers[1].credentials.username == "livekit");
  CHECK(servers[1].credentials.password == Secret("fixed"));
  CHECK(servers[2].credentials.username.ends_with(":lkdoctor"));
  CHECK(servers[2].credentials.password.size() == 28);
}
