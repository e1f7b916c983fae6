// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/proto/turn.hpp>

#include "support/turn_server.hpp"

using namespace lkdoctor;
using namespace lkdoctor::proto;

TEST_CASE("who has no credentials asks once") {
  TurnClient client(TurnCarrier::datagrams, {});
  test::TurnServer server;
  client.allocate(Clock::time_point{});
  for (const Bytes& packet : client.take()) client.receive(server.answer(packet), Clock::time_point{});
  CHECK(client.take().empty());
  CHECK(client.state().phase == TurnPhase::failed);
  CHECK(client.state().first_code == 401);
}
