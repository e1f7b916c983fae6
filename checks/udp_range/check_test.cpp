// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/media_proof.hpp>

#include "support/provoked.hpp"
#include "support/test_probe.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_udp_range();
}

using namespace lkdoctor;

namespace {

Deployment deployed(std::optional<PortRange> range) {
  Deployment deployment;
  deployment.livekit.emplace().udp = range;
  deployment.run.vantage = Vantage::outside;
  return deployment;
}
Judgement judged(const Json& observation, const Deployment& deployment) {
  return test::judge(*checks::make_udp_range(), observation, {}, deployment);
}
Json hints(std::string range_answer, std::string control_answer) {
  return {{"address", "198.51.100.23"},
          {"hints",
           {{{"port", 20000}, {"answer", range_answer}},
            {{"port", 4}, {"control", true}, {"answer", control_answer}}}}};
}

}  // namespace

TEST_CASE("udp_range is never more than skipped without a responder, whatever the hints say") {
  for (const char* range_answer : {"silence", "refused", "prohibited", "answered"}) {
    const Judgement judgement = judged(hints(range_answer, "silence"), deployed(PortRange{20000, 25000}));
    CHECK(judgement.skip_reason() == "needs-responder");
    CHECK(judgement.findings().empty());
    REQUIRE(judgement.untested().size() == 1);
    CHECK(judgement.untested().front().what == "UDP 20000-25000");
  }
}

TEST_CASE("udp_range says what it has: the range, untested, and unknown figures as null") {
  const OrderedJson facts = judged(hints("silence", "refused"), deployed(PortRange{20000, 25000})).facts();
  CHECK(facts.at("responder_mode").is_null());
  CHECK(facts.at("range") == "20000-25000");
  CHECK(facts.at("evidence") == "none");
  CHECK(facts.at("intervals").dump() == R"([{"from":20000,"state":"untested","to":25000}])");
  CHECK(facts.at("rate_pps").is_null());
  CHECK(facts.at("loss_ratio").is_null());
  CHECK(judged(hints("refused", "silence"), deployed(PortRange{20000, 25000})).facts().at("evidence") ==
        "hint");
}

TEST_CASE("udp_range knows the ports that sessions have proven, and no others") {
  Facts facts;
  facts.set(
      facts::media_udp_proof,
      facts::MediaProof{
          true, false, "done", {"198.51.100.23:20003", "198.51.100.23:20004"}, {"198.51.100.23:20009"}, {}});
  const Json observation = {{"address", ""}, {"hints", Json::array()}};
  const Judgement judgement =
      test::judge(*checks::make_udp_range(), observation, facts, deployed(PortRange{20000, 25000}));
  CHECK_FALSE(judgement.skip_reason());
  CHECK(judgement.facts().at("evidence") == "session");
  CHECK(judgement.facts().at("intervals") == Json{{{"from", 20000}, {"to", 20002}, {"state", "untested"}},
                                                  {{"from", 20003}, {"to", 20004}, {"state", "open"}},
                                                  {{"from", 20005}, {"to", 25000}, {"state", "untested"}}});
  REQUIRE(judgement.untested().size() == 1);
  CHECK(judgement.untested().front().what == "UDP 20000-25000, but for 2 ports of this run's sessions");
}

TEST_CASE("udp_range says how much of the range can still be blocked, or how much was") {
  const Json observation = {{"address", ""}, {"hints", Json::array()}};
  const auto coverage = [&](std::vector<std::string> answered, std::vector<std::string> blocked) {
    Facts facts;
    facts.set(facts::media_udp_proof,
              facts::MediaProof{true, false, "done", std::move(answered), {}, std::move(blocked)});
    const Judgement judgement =
        test::judge(*checks::make_udp_range(), observation, facts, deployed(PortRange{20000, 25000}));
    return judgement.untested().front().reason;
  };
  CHECK(coverage({"198.51.100.23:20003"}, {}) ==
        "1 of 5001 ports seen, none blocked: at most 95 % of the range can be blocked, at 95 %");
  CHECK(coverage({"198.51.100.23:20003", "198.51.100.23:20004", "[2001:db8::23]:20005", "192.0.2.9:20006"},
                 {}) ==
        "4 of 5001 ports seen, none blocked: at most 53 % of the range can be blocked, at 95 %");
  CHECK(coverage({"198.51.100.23:20003"}, {"198.51.100.23:23000"}) ==
        "2 of 5001 ports seen, 1 of them blocked");
  // A port outside of the range says nothing of it.
  CHECK(coverage({"198.51.100.23:30000"}, {}) == "LiveKit's media ports answer nobody outside a session");
}

TEST_CASE("udp_range: ports that answer inside say nothing of those that the internet reaches") {
  const auto coverage = [&](const char* answered, Vantage vantage, Audience audience) {
    Facts facts;
    facts.set(facts::media_udp_proof, facts::MediaProof{true, false, "done", {answered}, {}, {}});
    Deployment deployment = deployed(PortRange{20000, 25000});
    deployment.run.vantage = vantage;
    deployment.run.audience = audience;
    const Json nothing = {{"address", ""}, {"hints", Json::array()}};
    return test::judge(*checks::make_udp_range(), nothing, facts, deployment).untested().front().reason;
  };
  const std::string inside = "1 of 5001 ports seen, which says nothing of a firewall before LiveKit";
  const std::string bound =
      "1 of 5001 ports seen, none blocked: at most 95 % of the range can be blocked, at 95 %";
  CHECK(coverage("198.51.100.23:20003", Vantage::livekit_host, Audience::internet) == inside);
  CHECK(coverage("198.51.100.23:20003", Vantage::inside, Audience::internet) == inside);
  CHECK(coverage("10.20.0.23:20003", Vantage::outside, Audience::internet) == inside);
  CHECK(coverage("198.51.100.23:20003", Vantage::outside, Audience::internet) == bound);
  CHECK(coverage("10.20.0.23:20003", Vantage::inside, Audience::lan) == bound);
}

TEST_CASE("udp_range: a port that answers only after LiveKit has sent first is not open") {
  Facts facts;
  facts.set(
      facts::media_udp_proof,
      facts::MediaProof{
          true, true, "done", {"198.51.100.23:20003"}, {}, {"198.51.100.23:20004", "198.51.100.23:20005"}});
  const Json observation = {{"address", ""}, {"hints", Json::array()}};
  const Judgement judgement =
      test::judge(*checks::make_udp_range(), observation, facts, deployed(PortRange{20000, 25000}));
  CHECK(judgement.facts().at("intervals") == Json{{{"from", 20000}, {"to", 20003}, {"state", "untested"}},
                                                  {{"from", 20004}, {"to", 20005}, {"state", "blocked"}},
                                                  {{"from", 20006}, {"to", 25000}, {"state", "untested"}}});
  CHECK(judgement.unknown_reason() == "none of 2 ports of this run's sessions answered");
}

TEST_CASE("udp_range without LiveKit's configuration knows no range") {
  Deployment deployment;
  const Judgement judgement = judged(Json::object(), deployment);
  CHECK(judgement.skip_reason() == "needs-responder");
  CHECK(judgement.facts().at("range").is_null());
  CHECK(judgement.facts().at("intervals").empty());
  CHECK(judged(Json::object(), deployed(PortRange{7882, 7882})).facts().at("range") == "7882");
}

TEST_CASE("udp_range sends nothing to this machine itself and nothing from LiveKit's own host") {
  Deployment deployment = deployed(PortRange{20000, 25000});
  deployment.livekit->node_ip.value = {"127.0.0.1"};
  test::TestProbe loopback(deployment);
  CHECK(test::collect(*checks::make_udp_range(), loopback).at("hints").empty());
  deployment.livekit->node_ip.value = {"198.51.100.23"};
  deployment.run.vantage = Vantage::livekit_host;
  test::TestProbe host(deployment);
  CHECK(test::collect(*checks::make_udp_range(), host).at("hints").empty());
}

TEST_CASE("udp_range is not green where ports do not answer, or fall silent after they did") {
  const Json observation = {{"address", ""}, {"hints", Json::array()}};
  const auto said = [&](std::vector<std::string> blocked, std::string flaw) {
    facts::MediaProof proof{true, false, "done", {"198.51.100.23:20003"}, {}, std::move(blocked)};
    proof.flaw = std::move(flaw);
    Facts facts;
    facts.set(facts::media_udp_proof, proof);
    return test::judge(*checks::make_udp_range(), observation, facts, deployed(PortRange{20000, 25000}))
        .unknown_reason()
        .value_or("");
  };
  CHECK(said({}, "").empty());
  CHECK(said({"198.51.100.23:23000"}, "") == "1 of 2 ports of this run's sessions did not answer");
  CHECK(said({}, "cut") == "flows to ports that answer are cut off");
  CHECK(said({}, "loss") == "packets to ports that answer are lost");
}
