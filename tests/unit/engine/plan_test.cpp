// SPDX-License-Identifier: EUPL-1.2
#include "engine/plan.hpp"

#include <doctest/doctest.h>

#include "engine/judge.hpp"
#include "unit/engine/fake.hpp"

using namespace lkdoctor;
using test::Fake;

namespace {

/// names gives addresses; tls needs them, api waits for them; stun gives what api waits for as well.
engine::CheckList checks() {
  engine::CheckList list;
  const auto add = [&](std::string_view id) -> Fake& {
    auto fake = std::make_unique<Fake>(id, nullptr);
    Fake& added = *fake;
    list.push_back(std::move(fake));
    return added;
  };
  add("names_public").gives({"addresses"});
  add("tls_public").needs({"addresses"});
  add("api_key").after({"addresses", "mapped"});
  add("address_external").gives({"mapped"});
  add("config_livekit");
  return list;
}

std::string planned(const engine::Selection& selection) {
  const engine::CheckList list = checks();
  std::string out;
  for (const engine::PlannedCheck& one : engine::make_plan(list, {}, selection)) {
    if (!one.left_out) out += (out.empty() ? "" : " ") + std::string(one.check->info().id);
  }
  return out;
}

std::string reported(const Recording& recording) {
  std::string out;
  for (const CheckResult& check : engine::judge(checks(), recording, {}).checks) {
    out += (out.empty() ? "" : " ") + check.id;
  }
  return out;
}

}  // namespace

TEST_CASE("--only runs what its checks cannot measure without, and no more") {
  CHECK(planned({{"tls"}, {}}) == "names_public tls_public");
  CHECK(planned({{"api_key"}, {}}) == "names_public api_key");
  CHECK(planned({{"config"}, {}}) == "config_livekit");
  CHECK(planned({{"tls"}, {"names"}}) == "tls_public");
  CHECK(planned({{}, {"names", "config"}}) == "tls_public address_external api_key");
}

TEST_CASE("a check that ran for its facts alone is told of only if it did not give them") {
  Recording recording;
  recording.only = {"tls"};
  recording.collected["names_public"] = {};
  recording.collected["tls_public"] = {};
  CHECK(reported(recording) == "names_public tls_public");
  recording.facts["addresses"] = Json::array();
  CHECK(reported(recording) == "tls_public");
  recording.only = {};
  CHECK(reported(recording) == "names_public tls_public");
}
