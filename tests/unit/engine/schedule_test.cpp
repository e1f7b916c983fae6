// SPDX-License-Identifier: EUPL-1.2
#include "engine/schedule.hpp"

#include <doctest/doctest.h>

#include "unit/engine/fake.hpp"

using namespace lkdoctor;
using test::Fake;
using Places = std::vector<std::size_t>;

TEST_CASE("checks without needs start at once, the others when their facts are there") {
  Fake names("names", nullptr), tls("tls", nullptr), clock("clock", nullptr);
  names.gives({"addresses"});
  tls.needs({"addresses"});
  const auto plan = test::plan_of({&names, &tls, &clock});
  engine::Schedule schedule(plan);
  CHECK(schedule.start() == Places{0, 2});
  CHECK(schedule.start().empty());
  schedule.published("addresses");
  CHECK(schedule.start() == Places{1});
  for (const std::size_t check : Places{0, 1, 2}) schedule.ended(check);
  CHECK(schedule.finished());
}

TEST_CASE("a check is skipped when nobody can give its fact any more, and so are those that wait for it") {
  Fake names("names", nullptr), tls("tls", nullptr), http("http", nullptr), api("api", nullptr);
  names.gives({"addresses"});
  tls.needs({"addresses"}).gives({"certificate"});
  http.needs({"certificate"});
  api.needs({"moon"});
  const auto plan = test::plan_of({&http, &names, &tls, &api});
  engine::Schedule schedule(plan);
  CHECK(schedule.start() == Places{1});
  auto skips = schedule.give_up();
  REQUIRE(skips.size() == 1);
  CHECK(skips[0].reason == "needs moon, which no check gives");
  schedule.ended(1);
  skips = schedule.give_up();
  REQUIRE(skips.size() == 2);
  CHECK(skips[0].reason == "needs addresses, which names should have given");
  CHECK(skips[1].reason == "needs certificate, which tls should have given");
  CHECK(schedule.finished());
}

TEST_CASE("the reason for a skip names the check that was left out of the run") {
  Fake names("names", nullptr), tls("tls", nullptr);
  names.gives({"addresses"});
  tls.needs({"addresses"});
  auto plan = test::plan_of({&names, &tls});
  plan[0].left_out = true;
  engine::Schedule schedule(plan);
  const auto skips = schedule.give_up();
  REQUIRE(skips.size() == 1);
  CHECK(skips[0].reason == "needs addresses, which names gives; that check is left out of this run");
}

TEST_CASE("`after` waits for a giver that is still to end and for nobody else") {
  Fake clock("clock", nullptr), tls("tls", nullptr), lonely("lonely", nullptr);
  clock.gives({"time"});
  tls.after({"time"});
  lonely.after({"never"});
  const auto plan = test::plan_of({&clock, &tls, &lonely});
  engine::Schedule schedule(plan);
  CHECK(schedule.start() == Places{0, 2});
  schedule.ended(0);
  CHECK(schedule.start() == Places{1});
}

TEST_CASE("an exclusive check runs when nothing else can, and nothing runs beside it") {
  Fake flood("flood", nullptr), names("names", nullptr), tls("tls", nullptr);
  flood.exclusive().gives({"rate"});
  names.gives({"addresses"});
  tls.needs({"rate"});
  const auto plan = test::plan_of({&flood, &names, &tls});
  engine::Schedule schedule(plan);
  CHECK(schedule.start() == Places{1});
  CHECK(schedule.start().empty());
  schedule.ended(1);
  CHECK(schedule.start() == Places{0});
  schedule.published("rate");
  CHECK(schedule.start().empty());
  schedule.ended(0);
  CHECK(schedule.start() == Places{2});
}

TEST_CASE("checks that wait for each other in a circle are skipped with the fact they miss") {
  Fake hen("hen", nullptr), egg("egg", nullptr);
  hen.needs({"egg"}).gives({"hen"});
  egg.needs({"hen"}).gives({"egg"});
  const auto plan = test::plan_of({&hen, &egg});
  engine::Schedule schedule(plan);
  CHECK(schedule.start().empty());
  const auto skips = schedule.give_up();
  REQUIRE(skips.size() == 2);
  CHECK(skips[0].reason == "needs egg, which egg should have given");
  CHECK(schedule.finished());
}

TEST_CASE("one at a time means one at a time") {
  Fake first("first", nullptr), second("second", nullptr);
  const auto plan = test::plan_of({&first, &second});
  engine::Schedule schedule(plan);
  schedule.one_at_a_time();
  CHECK(schedule.start() == Places{0});
  CHECK(schedule.start().empty());
  schedule.ended(0);
  CHECK(schedule.start() == Places{1});
}

TEST_CASE(
    "a plan says beforehand which checks will lack their fact, with the reason that the run would give") {
  Fake join("join", nullptr), media("media", nullptr), after("after", nullptr), tls("tls", nullptr);
  join.gives({"answer"});
  media.needs({"answer"}).gives({"proof"});
  after.after({"proof"});
  tls.needs({"proof"});
  auto plan = test::plan_of({&join, &media, &after, &tls});
  const auto whole = engine::foreseen(plan);
  for (const engine::PlannedCheck& planned : whole) CHECK_FALSE(planned.skip_reason);
  plan[0].skip_reason = "needs a key pair";
  const auto foreseen = engine::foreseen(plan);
  CHECK(foreseen[0].skip_reason == "needs a key pair");
  CHECK(foreseen[1].skip_reason == "needs answer, which join should have given");
  CHECK_FALSE(foreseen[2].skip_reason);
  CHECK(foreseen[3].skip_reason == "needs proof, which media should have given");
}
