// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/probes/port_sweep.hpp>

#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_udp_range();
}

using namespace lkdoctor;

namespace {

probes::PortSweep welcomed(std::vector<probes::SweptInterval> intervals) {
  probes::PortSweep sweep;
  sweep.address = "198.51.100.23";
  sweep.welcomed_by = "17881";
  sweep.own_port_answered = true;
  sweep.key = "key pair";
  sweep.mode = "raw";
  sweep.intervals = std::move(intervals);
  sweep.loss_ratio = 0.0;
  sweep.rate_pps = 10'000;
  sweep.rounds = 4;
  sweep.tallied = true;
  return sweep;
}

Judgement judged(const probes::PortSweep& sweep) {
  Deployment deployment;
  deployment.run.responder = "198.51.100.23";
  const Json observed{{"address", ""}, {"hints", Json::array()}, {"sweeps", std::vector{sweep}}};
  return test::judge(*checks::make_udp_range(), observed, {}, deployment);
}

std::vector<std::string> titles(const Judgement& judgement) {
  std::vector<std::string> out;
  for (const Finding& finding : judgement.findings()) out.push_back(finding.id + ": " + finding.title);
  return out;
}
using Titles = std::vector<std::string>;

}  // namespace

TEST_CASE("udp_range: swept from end to end and open, it passes and says how it knows") {
  const Judgement judgement = judged(welcomed({{20000, 25000, "open", 0, 0}}));
  CHECK(titles(judgement).empty());
  CHECK_FALSE(judgement.unknown_reason());
  CHECK(judgement.facts().at("evidence") == "two_sided");
  CHECK(judgement.facts().at("responder_mode") == "raw");
  CHECK(judgement.facts().at("range") == "20000-25000");
  CHECK(judgement.facts().at("intervals") == Json::parse(R"([{"from":20000,"to":25000,"state":"open"}])"));
}

TEST_CASE("udp_range: an interval that does not arrive is named, with what the responder saw of it") {
  const Judgement judgement = judged(welcomed(
      {{20000, 21999, "open", 0, 0}, {22000, 22999, "blocked", 0, 0}, {23000, 25000, "open", 0, 0}}));
  CHECK(titles(judgement) ==
        Titles{"udp-range-partially-open: UDP 22000-22999 at 198.51.100.23 is dropped on the way "
               "in; the rest of 20000-25000 is open"});
}

TEST_CASE("udp_range: dropped and refused are two things, and so is an answer that does not come back") {
  CHECK(titles(judged(welcomed({{20000, 25000, "blocked", 0, 0}}))) ==
        Titles{"udp-range-filtered: UDP 20000-25000 at 198.51.100.23 is dropped on the way in"});
  CHECK(titles(judged(welcomed({{20000, 25000, "blocked", 0, 5001}}))) ==
        Titles{"udp-range-filtered: UDP 20000-25000 at 198.51.100.23 is refused on the way in"});
  CHECK(
      titles(judged(welcomed({{20000, 25000, "blocked", 5001, 0}}))) ==
      Titles{
          "udp-answers-dropped: UDP 20000-25000 at 198.51.100.23 arrives, and the answers do not come back"});
}

TEST_CASE("udp_range: without the responder's tally nothing is said of where it is lost") {
  probes::PortSweep sweep = welcomed({{20000, 25000, "blocked", 0, 0}});
  sweep.tallied = false;
  CHECK(titles(judged(sweep)) ==
        Titles{"udp-range-filtered: UDP 20000-25000 at 198.51.100.23 is not answered"});
}

TEST_CASE(
    "udp_range: a forward that shifts ports, a path that limits packets, and one that drops full ones") {
  probes::PortSweep sweep = welcomed({{20000, 20100, "open", 0, 0}});
  sweep.rewritten = 101;
  sweep.rewritten_example = "20000 -> 20101";
  sweep.rate_pps = 210;
  sweep.first_loss = 0.8;
  sweep.sizes = {{1200, 12, 0}, {1472, 12, 0}};
  CHECK(titles(judged(sweep)) == Titles{"udp-ports-rewritten: What is sent to UDP 20000 at 198.51.100.23 "
                                        "arrives at another port: 101 of the ports "
                                        "are forwarded shifted",
                                        "udp-rate-limited: UDP to 198.51.100.23 is let through up to some "
                                        "210 packets a second, and dropped above",
                                        "path-mtu-blackhole: Small UDP datagrams to 198.51.100.23 are "
                                        "answered, those of 1200 bytes never are"});
}

TEST_CASE("udp_range: a responder that does not answer makes the range unknown, and no port blocked") {
  probes::PortSweep silent;
  silent.address = "198.51.100.23";
  const Judgement judgement = judged(silent);
  CHECK(titles(judgement) ==
        Titles{"responder-unreachable: Nothing answered the greeting to the responder at "
               "198.51.100.23: closed, filtered, or another key"});
  CHECK(judgement.unknown_reason() == "the responder did not answer: closed, filtered, or another key");
  CHECK(judgement.facts().at("evidence") == "none");
}

TEST_CASE("udp_range: ports that others have, and ports of which too much is lost, are not tested") {
  const Judgement judgement = judged(welcomed(
      {{20000, 20010, "open", 0, 0}, {20011, 20012, "in_use", 0, 0}, {20013, 20020, "untested", 0, 0}}));
  REQUIRE(judgement.untested().size() == 2);
  CHECK(judgement.untested()[0].what == "UDP 20011-20012 at 198.51.100.23");
  CHECK(judgement.untested()[1].what == "UDP 20013-20020 at 198.51.100.23");
}
