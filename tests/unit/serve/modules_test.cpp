// SPDX-License-Identifier: EUPL-1.2
#include "serve/modules.hpp"

#include <doctest/doctest.h>

#include "unit/serve/named_checks.hpp"

using namespace lkdoctor;
using namespace lkdoctor::serve;
using namespace std::chrono_literals;
using Names = std::vector<std::string>;

namespace {

MadeModule made(std::vector<config::OwnInterval> lines) {
  const engine::CheckList checks = test::few_checks();
  return make_module({"mine", {1, 1}, std::move(lines)}, checks);
}

std::string fault(std::vector<config::OwnInterval> lines) {
  const auto its = made(std::move(lines)).fault;
  return its ? std::to_string(its->place.line) + ": " + its->message : "";
}

}  // namespace

TEST_CASE("of the standard module, cheap checks run each 15 s, joins each 5 min, certificates hourly") {
  const Module module = standard_module(test::few_checks());
  CHECK(module.name == "standard");
  REQUIRE(module.lanes.size() == 5);
  CHECK(module.lanes[0] == Lane{{"api_key", "config_livekit", "http_public", "names_public"}, 15s, false});
  CHECK(module.lanes[1] == Lane{{"address_external"}, 5min, false});
  CHECK(module.lanes[2] == Lane{{"media_udp", "signalling_join"}, 5min, true});
  CHECK(module.lanes[3] == Lane{{"media_loop"}, 15min, true});
  CHECK(module.lanes[4] == Lane{{"tls_public"}, 1h, false});
  CHECK(checks_of(module).size() == 9);
}

TEST_CASE("a module of one's own holds what its lines name, and nothing else") {
  const MadeModule own = made({{"names, http", {3, 1}, 10s}, {"join", {4, 1}, 600s}});
  REQUIRE_FALSE(own.fault);
  REQUIRE(own.module.lanes.size() == 2);
  CHECK(own.module.lanes[0] == Lane{{"http_public", "names_public"}, 10s, false});
  CHECK(own.module.lanes[1] == Lane{{"media_loop", "media_udp", "signalling_join"}, 10min, true});
}

TEST_CASE(
    "an id wins over its group, a group over a glob, a glob over `join`, in whatever order they stand") {
  const MadeModule own = made(
      {{"media_loop", {1, 1}, 900s}, {"join", {2, 1}, 300s}, {"media", {3, 1}, 60s}, {"*_p*", {4, 1}, 20s}});
  REQUIRE_FALSE(own.fault);
  REQUIRE(own.module.lanes.size() == 4);
  CHECK(own.module.lanes[0].checks == Names{"http_public", "names_public", "tls_public"});
  CHECK(own.module.lanes[1].checks == Names{"media_udp"});
  CHECK(own.module.lanes[2].checks == Names{"signalling_join"});
  CHECK(own.module.lanes[3].checks == Names{"media_loop"});
}

TEST_CASE("a check whose facts come from a join takes its turn as well") {
  const MadeModule own = made({{"media_udp", {1, 1}, 60s}, {"api", {1, 1}, 30s}});
  CHECK_FALSE(own.module.lanes[0].joins);
  CHECK(own.module.lanes[1].joins);
}

TEST_CASE("a word that names no check is refused with its line and the word that was meant") {
  CHECK(fault({{"names", {2, 1}, 15s}, {"htpp", {3, 1}, 15s}}) ==
        "3: there is no check or group \"htpp\"; did you mean http?");
  CHECK(fault({{"media_lop", {5, 1}, 15s}}) ==
        "5: there is no check or group \"media_lop\"; did you mean media_loop?");
  CHECK(fault({{"weather", {1, 1}, 15s}}) == "1: there is no check or group \"weather\"");
  CHECK(fault({{"names,", {1, 1}, 15s}}) == "1: there is no check or group \"\"");
}

TEST_CASE("two lines that name a check equally well are refused, unless they agree") {
  CHECK(fault({{"http*", {2, 1}, 15s}, {"*public", {3, 1}, 20s}}) ==
        "3: http_public has two intervals here, by \"http*\" and \"*public\"; give it a line of its own");
  CHECK(fault({{"http*", {2, 1}, 15s}, {"*public", {3, 1}, 15s}}).empty());
}

TEST_CASE("--only and --skip leave checks out of a module, and lanes that are empty then") {
  const auto checks = test::few_checks();
  const Module module =
      selected(standard_module(checks), {{"names", "tls", "media"}, {"media_loop"}}, checks);
  CHECK(checks_of(module) == Names{"media_udp", "names_public", "tls_public"});
  CHECK(module.lanes.size() == 3);
  CHECK(selected(module, {{"turn"}, {}}, checks).lanes.empty());
}
