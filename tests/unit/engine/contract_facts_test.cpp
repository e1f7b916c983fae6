// SPDX-License-Identifier: EUPL-1.2
#include "engine/contract_facts.hpp"

#include <doctest/doctest.h>

#include "engine/judge.hpp"
#include "unit/engine/fake.hpp"

using namespace lkdoctor;
using test::Fake;

namespace {

/// The facts in the report of a check that was skipped, as text.
std::string facts_of_skipped(std::string_view id) {
  engine::CheckList list;
  list.push_back(std::make_unique<Fake>(id, nullptr));
  Recording recording;
  recording.skipped[std::string(id)] = "needs join_response";
  return engine::judge(list, recording, {}).checks.at(0).facts.dump();
}

}  // namespace

TEST_CASE("facts that scripts rely on are null, never absent, in a check that was skipped") {
  const std::string media = R"({"transport":null,"connected":null,"rtt_ms":null,"loss_ratio":null,)"
                            R"("candidates":[]})";
  for (const std::string_view id :
       {"media_udp", "media_tcp", "media_loop", "media_data", "media_mtu", "turn_udp", "turn_tls"}) {
    CHECK(facts_of_skipped(id) == media);
  }
  CHECK(facts_of_skipped("udp_range") == R"({"responder_mode":null,"range":null,"evidence":"none",)"
                                         R"("intervals":[],"rate_pps":null,"loss_ratio":null})");
  CHECK(facts_of_skipped("api_key") == R"({"server_clock_offset_seconds":null,"server_version":null})");
  CHECK(facts_of_skipped("address_external") == R"({"servers":[],"agreed":null,"mapping":null})");
  CHECK(facts_of_skipped("signalling_topology") == R"({"topology":"unknown"})");
  CHECK(facts_of_skipped("compose_files") == R"({"accepted":null,"reason":null,"livekit":null})");
  CHECK(facts_of_skipped("config_livekit") ==
        R"({"accepted":null,"version":null,"reason":null,"effective":null})");
  CHECK(facts_of_skipped("config_controller") ==
        R"({"accepted":null,"reason":null,"file":null,"section":null,"public_url":null,)"
        R"("service_url":null,"api_key":null,"secret_length":null})");
  CHECK(facts_of_skipped("tls_public") == "{}");
}

TEST_CASE("facts that scripts rely on are null, never absent, in a check that could not tell") {
  engine::CheckList list;
  list.push_back(std::make_unique<Fake>("media_tcp", nullptr));
  Recording recording;
  recording.collected["media_tcp"].failure = "LiveKit let nobody join";
  const CheckResult result = engine::judge(list, recording, {}).checks.at(0);
  CHECK(result.outcome == Outcome::unknown);
  CHECK(result.facts.dump() ==
        R"({"transport":null,"connected":null,"rtt_ms":null,"loss_ratio":null,"candidates":[]})");
}

TEST_CASE("what was measured stays, promised facts first") {
  const OrderedJson measured = {{"stage", "dtls"}, {"rtt_ms", 0.5}, {"transport", "udp"}};
  CHECK(engine::with_promised_facts("media_udp", measured).dump() ==
        R"({"transport":"udp","connected":null,"rtt_ms":0.5,"loss_ratio":null,"candidates":[],)"
        R"("stage":"dtls"})");
}
