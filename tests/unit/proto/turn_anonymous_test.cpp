// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/proto/turn.hpp>

#include "support/turn_server.hpp"

using namespace lkdoctor;
using namespace lkdoctor::proto;

namespace {

/// Until nothing more is said.
TurnState verified(test::TurnServer& server, std::string password) {
  TurnClient client(TurnCarrier::datagrams, {server.user, Secret(std::move(password))});
  client.verify(Clock::time_point{});
  for (auto packets = client.take(); !packets.empty(); packets = client.take()) {
    for (const Bytes& packet : packets) client.receive(server.answer(packet), Clock::time_point{});
  }
  return client.state();
}

}  // namespace

TEST_CASE("credentials are looked at without an allocation, by giving one back that is not there") {
  test::TurnServer server;
  CHECK(verified(server, "relay password").phase == TurnPhase::verified);
  CHECK(server.allocations == 0);
  server.refresh_code = 437;
  CHECK(verified(server, "relay password").phase == TurnPhase::verified);
  const TurnState wrong = verified(server, "another");
  CHECK(wrong.phase == TurnPhase::failed);
  CHECK(wrong.first_code == 401);
  CHECK(wrong.error_code == 401);
  CHECK(server.allocations == 0);
}

TEST_CASE("who has no credentials asks once") {
  TurnClient client(TurnCarrier::datagrams, {});
  test::TurnServer server;
  client.allocate(Clock::time_point{});
  for (const Bytes& packet : client.take()) client.receive(server.answer(packet), Clock::time_point{});
  CHECK(client.take().empty());
  CHECK(client.state().phase == TurnPhase::failed);
  CHECK(client.state().first_code == 401);
}
