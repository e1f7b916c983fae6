// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include "support/sweeps.hpp"

using namespace lkdoctor;
using test::judged, test::session_at, test::Titles, test::titles, test::welcomed, test::with_range;

namespace {

const std::vector<probes::SweptInterval> kHalf{{20000, 22499, "open", 0, 0}, {22500, 25000, "blocked", 0, 0}};

probes::PortSweep at(std::string address, std::vector<probes::SweptInterval> intervals) {
  probes::PortSweep sweep = welcomed(std::move(intervals));
  sweep.address = std::move(address);
  return sweep;
}

Facts carried_by(const Fact<facts::MediaProof>& transport) {
  facts::MediaProof proof;
  proof.connected = true;
  Facts facts;
  facts.set(transport, proof);
  return facts;
}

Severity harm(const Judgement& judgement) {
  REQUIRE(judgement.findings().size() == 1);
  return judgement.findings()[0].severity;
}

Judgement judged_all(const std::vector<probes::PortSweep>& sweeps, Facts facts = {},
                     Deployment deployment = {}) {
  deployment.run.responder = "responder.uni.example";
  const Json observed{{"address", ""}, {"hints", Json::array()}, {"sweeps", sweeps}};
  return test::judge(*checks::make_udp_range(), observed, facts, deployment);
}

}  // namespace

TEST_CASE("udp_range: blocked ports are a failure, though a session had the luck of an open one") {
  CHECK(harm(judged(welcomed(kHalf), session_at({"198.51.100.23:20017"}))) == Severity::failure);
  CHECK(harm(judged(welcomed(kHalf))) == Severity::failure);
}

TEST_CASE("udp_range: blocked ports are a warning where something else is seen to carry") {
  CHECK(harm(judged(welcomed(kHalf), carried_by(facts::media_tcp_proof))) == Severity::warning);
  CHECK(harm(judged(welcomed(kHalf), carried_by(facts::turn_udp_proof))) == Severity::warning);
  CHECK(harm(judged(welcomed(kHalf), carried_by(facts::turn_tls_proof))) == Severity::warning);
  CHECK(harm(judged(welcomed(kHalf), session_at({"198.51.100.23:24017"}, true))) == Severity::warning);
  CHECK(harm(judged(welcomed(kHalf), session_at({"198.51.100.99:20017"}))) == Severity::warning);
}

TEST_CASE("udp_range: ports that are open at another address of LiveKit's are no failure at this one") {
  Deployment deployment = with_range({20000, 25000});
  deployment.livekit->node_ip.value = {"198.51.100.23", "198.51.100.24", "2001:db8::23"};
  const auto beside = [&](std::string address, std::vector<probes::SweptInterval> intervals) {
    return harm(judged_all({welcomed(kHalf), at(std::move(address), std::move(intervals))},
                           session_at({"198.51.100.23:20017"}), deployment));
  };
  CHECK(beside("198.51.100.24", {{20000, 25000, "open", 0, 0}}) == Severity::warning);
  CHECK(beside("2001:db8::23", {{20000, 25000, "open", 0, 0}}) == Severity::failure);  // some have IPv4 alone
  CHECK(beside("198.51.100.77", {{20000, 25000, "open", 0, 0}}) == Severity::failure);  // LiveKit's it is not
  CHECK(beside("198.51.100.24", {{20000, 24999, "open", 0, 0}, {25000, 25000, "untested", 0, 0}}) ==
        Severity::failure);
}

TEST_CASE("udp_range: of several addresses the worst is shown, and where it is") {
  const Judgement judgement = judged_all(
      {at("198.51.100.23", {{20000, 25000, "open", 0, 0}}),
       at("198.51.100.24",
          {{20000, 21999, "open", 0, 0}, {22000, 22999, "blocked", 0, 0}, {23000, 25000, "open", 0, 0}}),
       at("198.51.100.25", {{20000, 22499, "open", 0, 0}, {22500, 25000, "untested", 0, 0}})});
  CHECK(judgement.facts().at("intervals") == Json::parse(R"([
    {"from":20000,"to":21999,"state":"open","addresses":["198.51.100.23","198.51.100.24","198.51.100.25"]},
    {"from":22000,"to":22999,"state":"blocked","addresses":["198.51.100.24"]},
    {"from":23000,"to":25000,"state":"untested","addresses":["198.51.100.25"]}])"));
  CHECK(judgement.facts().at("sweeps").size() == 3);
  CHECK(judgement.facts().at("range") == "20000-25000");
}

TEST_CASE("udp_range: an open address excuses none at which LiveKit is named and no greeting is answered") {
  const auto beside = [](const std::string& silent, const std::string& own, bool its_own = false) {
    Deployment deployment = with_range({20000, 25000});
    deployment.livekit->node_ip.value = {"198.51.100.23", "198.51.100.24", "2001:db8::23"};
    if (its_own) deployment.run.carried.emplace().addresses = {silent};
    probes::PortSweep sweep;
    sweep.address = silent;
    sweep.own_address = own;
    return judged_all({welcomed({{20000, 25000, "open", 0, 0}}), sweep}, {}, deployment);
  };
  const Judgement named = beside("198.51.100.24", "192.0.2.77");
  CHECK(named.unknown_reason() ==
        "no greeting was answered at 198.51.100.24, where LiveKit sends its clients");
  CHECK(named.findings().empty());
  CHECK(named.facts().at("intervals") ==
        Json::parse(R"([{"from":20000,"to":25000,"state":"open","addresses":["198.51.100.23"]}])"));
  const auto reason = [](const Judgement& judgement) { return judgement.untested().at(0).reason; };
  CHECK(reason(named) == "no answer of the responder at this address");
  CHECK(reason(beside("198.51.100.24", "192.0.2.77", true)) ==
        "no greeting was answered there, at an address of the responder's host: closed or filtered");
  const Judgement unroutable = beside("2001:db8::23", "");
  CHECK_FALSE(unroutable.unknown_reason());
  CHECK(unroutable.untested().at(0).what == "UDP at 2001:db8::23");
  CHECK(reason(unroutable) == "no route here");
  CHECK(unroutable.untested().at(0).how == "run it where there is IPv6");
  const Judgement another = beside("198.51.100.77", "192.0.2.77");  // LiveKit's it is not
  CHECK_FALSE(another.unknown_reason());
  CHECK(reason(another) == "no answer of the responder at this address");
}

TEST_CASE("udp_range: a port whose number is changed on the way answers, and is not open") {
  probes::PortSweep sweep = welcomed({{20000, 20100, "rewritten", 0, 0}, {20101, 20201, "open", 0, 0}});
  sweep.rewritten = 101;
  sweep.rewritten_example = "20100 -> 20201";
  const Judgement judgement = judged(sweep, session_at({"198.51.100.23:20150"}));
  CHECK(titles(judgement) ==
        Titles{
            "udp-ports-rewritten: What is sent to UDP 20100 at 198.51.100.23 arrives at another port: 101 of "
            "the ports are forwarded shifted"});
  CHECK(harm(judgement) == Severity::failure);
  CHECK(judgement.facts().at("intervals") ==
        Json::parse(R"([{"from":20000,"to":20100,"state":"blocked","why":"rewritten"},
                        {"from":20101,"to":20201,"state":"open"}])"));
  CHECK_FALSE(judgement.unknown_reason());
  sweep.intervals.push_back({20202, 20300, "blocked", 0, 0});
  CHECK(titles(judged(sweep))[1] ==
        "udp-range-partially-open: UDP 20202-20300 at 198.51.100.23 is dropped on the way in; 20101-20201 is "
        "open");
}
