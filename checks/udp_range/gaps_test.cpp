// SPDX-License-Identifier: EUPL-1.2
#include "support/sweeps.hpp"

#include <doctest/doctest.h>

using namespace lkdoctor;
using test::judged, test::session_at, test::Titles, test::titles, test::welcomed, test::with_range;

TEST_CASE("udp_range: where a responder is named and silent, nobody is told to start one") {
  probes::PortSweep silent;
  silent.address = "198.51.100.23";
  const Judgement judgement = judged(silent, {}, with_range({20000, 25000}));
  REQUIRE(judgement.untested().size() == 1);
  CHECK(judgement.untested().front().how ==
        "see why the responder at 198.51.100.23 did not answer, then run it again");
}

TEST_CASE("udp_range: of a responder that serves more, LiveKit's own range alone is to be opened") {
  const Deployment deployment = with_range({20000, 25000});
  const Judgement across =
      judged(welcomed({{15000, 22999, "blocked", 0, 0}, {23000, 30000, "open", 0, 0}}), {}, deployment);
  CHECK(titles(across) == Titles{"udp-range-partially-open: UDP 20000-22999 at 198.51.100.23 is dropped on "
                                 "the way in; the rest of 20000-25000 is open"});
  CHECK(across.findings().at(0).remedy.text ==
        "Open UDP 20000-25000 inbound to 198.51.100.23 in provider firewall, router and host firewall");
  REQUIRE(across.untested().size() == 1);
  CHECK(across.untested().front().what == "UDP 15000-19999 at 198.51.100.23 for LiveKit");
  CHECK(across.untested().front().reason == "blocked, and outside of LiveKit's range: nobody is sent there");
}

TEST_CASE("udp_range: ports that LiveKit does not take are no finding, blocked as they may be") {
  const Judgement beyond = judged(welcomed({{15000, 19999, "blocked", 0, 0},
                                            {20000, 25000, "open", 0, 0},
                                            {25001, 30000, "blocked", 5000, 0}}),
                                  {}, with_range({20000, 25000}));
  CHECK(titles(beyond).empty());
  CHECK_FALSE(beyond.unknown_reason());
  REQUIRE(beyond.untested().size() == 1);
  CHECK(beyond.untested().front().what == "UDP 15000-19999, 25001-30000 at 198.51.100.23 for LiveKit");
}

TEST_CASE("udp_range: two faults at once are two, each with its own ports") {
  const Judgement judgement = judged(welcomed({{20000, 21999, "open", 0, 0},
                                               {22000, 22999, "blocked", 0, 0},
                                               {23000, 23999, "open", 0, 0},
                                               {24000, 24499, "blocked", 499, 0},
                                               {24500, 25000, "open", 0, 0}}));
  CHECK(titles(judgement) ==
        Titles{"udp-range-partially-open: UDP 22000-22999 at 198.51.100.23 is dropped on the way in; "
               "20000-21999, 23000-23999, 24500-25000 is open",
               "udp-answers-dropped: UDP 24000-24499 at 198.51.100.23 arrives, and the answers do not come "
               "back"});
  CHECK(judgement.facts().at("intervals").size() == 5);
  const Judgement untold = judged(welcomed({{20000, 20499, "blocked", 0, 0},
                                            {20500, 20999, "blocked", 0, 0, "not-told"},
                                            {21000, 25000, "open", 0, 0}}));
  CHECK(titles(untold) ==
        Titles{"udp-range-partially-open: UDP 20000-20499 at 198.51.100.23 is dropped on the way in; "
               "21000-25000 is open",
               "udp-range-partially-open: UDP 20500-20999 at 198.51.100.23 is not answered; 21000-25000 is "
               "open"});
  CHECK(untold.facts().at("intervals").size() == 2);
}

TEST_CASE("udp_range: where new flows are lost at any port, no port is blocked, and the network is told") {
  probes::PortSweep sweep =
      welcomed({{20000, 22999, "open", 0, 0}, {23000, 25000, "untested", 0, 0, "by-flow"}});
  sweep.new_flows = 64;
  sweep.new_flows_lost = 63;
  const Judgement judgement = judged(sweep);
  CHECK(titles(judgement) ==
        Titles{"udp-flows-limited: Between here and 198.51.100.23 new UDP flows are lost "
               "at any port: 63 of 64 to ports that answer in flows that exist"});
  CHECK(judgement.findings()[0].severity == Severity::info);
  CHECK(judgement.findings()[0].confidence == Confidence::likely);
  CHECK(judgement.unknown_reason() == "2001 of 5001 ports were not tested");
  CHECK(judgement.untested()[0].reason == "new UDP flows from here are lost at any port, open ones too");
  sweep.new_flows_lost = 0;
  CHECK(titles(judged(sweep)) ==
        Titles{"udp-flows-limited: Between here and 198.51.100.23 UDP flows are lost in no order of ports"});
}

TEST_CASE("udp_range: what Docker has, beside the responder, is not the firewall's") {
  Deployment deployment = with_range({20000, 20199});
  deployment.run.carried.emplace().udp_in_use = {
      {20100, 20149, "docker-proxy"}, {20150, 20199, "livekit-server"}, {20000, 20001, "docker-proxy"}};
  const Judgement judgement =
      judged(welcomed({{20000, 20049, "open", 0, 0}, {20050, 20199, "blocked", 0, 3}}), {}, deployment);
  CHECK(judgement.facts().at("intervals") == Json::parse(R"([{"from":20000,"to":20049,"state":"open"},
    {"from":20050,"to":20099,"state":"blocked"},{"from":20100,"to":20149,"state":"untested"},
    {"from":20150,"to":20199,"state":"blocked"}])"));
  CHECK(judgement.unknown_reason() == "50 of 200 ports were not tested");
  CHECK(judgement.untested()[0].what == "UDP 20100-20149 at 198.51.100.23");
  CHECK(judgement.untested()[0].reason ==
        "the responder stands beside Docker, which hands what comes there to a container");
}

TEST_CASE(
    "udp_range: what comes in at a host where others have the ports is untested, and Docker is named if "
    "known") {
  const probes::PortSweep sweep = welcomed({{20000, 20049, "untested", 0, 0, "taken-at-host"},
                                            {20050, 20099, "blocked", 0, 0, "before-host"},
                                            {20100, 20149, "blocked", 0, 0, "at-host"}});
  const Judgement unknown = judged(sweep);
  CHECK(test::ids(unknown) == Titles{"udp-range-filtered", "udp-range-filtered"});
  CHECK(unknown.unknown_reason() == "50 of 150 ports were not tested");
  REQUIRE(unknown.untested().size() == 1);
  CHECK(unknown.untested()[0].what == "UDP 20000-20049 at 198.51.100.23");
  CHECK(unknown.untested()[0].reason ==
        "another program on the responder's host has them, and Docker or the host's own firewall takes what "
        "comes there");
  CHECK(
      unknown.untested()[0].how ==
      "run lkdoctor respond in the network of LiveKit's container (docker run --network container:NAME), or "
      "where there is none as root outside of any");
  Deployment deployment = with_range({20000, 20149});
  deployment.run.carried.emplace().udp_in_use = {{20000, 20149, "docker-proxy"}};
  const Judgement docker = judged(sweep, {}, deployment);
  CHECK(docker.facts().at("intervals") ==
        Json::parse(
            R"([{"from":20000,"to":20049,"state":"untested"},{"from":20050,"to":20099,"state":"blocked"},
                        {"from":20100,"to":20149,"state":"untested"}])"));
  REQUIRE(docker.untested().size() == 1);
  CHECK(docker.untested()[0].what == "UDP 20000-20049, 20100-20149 at 198.51.100.23");
  CHECK(docker.untested()[0].reason ==
        "the responder stands beside Docker, which hands what comes there to a container");
}

TEST_CASE("udp_range: a sweep that has tested no port is no evidence of two sides; a session may be some") {
  const probes::PortSweep nothing = welcomed({{20000, 20049, "untested", 0, 0, "taken-at-host"}});
  const Json all_untested = Json::parse(R"([{"from":20000,"to":20049,"state":"untested"}])");
  const Judgement alone = judged(nothing, {}, with_range({20000, 20049}));
  CHECK(alone.facts().at("evidence") == "none");
  CHECK(alone.facts().at("intervals") == all_untested);
  const Judgement seen = judged(nothing, session_at({"198.51.100.23:20017"}), with_range({20000, 20049}));
  CHECK(seen.facts().at("evidence") == "session");
  CHECK(seen.facts().at("intervals") == Json::parse(R"([{"from":20000,"to":20016,"state":"untested"},
    {"from":20017,"to":20017,"state":"open"},{"from":20018,"to":20049,"state":"untested"}])"));
  CHECK(seen.unknown_reason() == "50 of 50 ports were not tested");
  const Judgement used = judged(welcomed({{20000, 20049, "in_use", 0, 0}}));
  CHECK(used.facts().at("evidence") == "two_sided");
}

TEST_CASE("udp_range: without a session that says so, a silent range may be that of a container beside") {
  const probes::PortSweep sweep = welcomed({{20000, 25000, "blocked", 0, 0}});
  const Finding alone = judged(sweep).findings()[0];
  CHECK(alone.confidence == Confidence::likely);
  CHECK(std::ranges::any_of(alone.evidence, [](const Evidence& one) { return one.key == "look_alike"; }));
  facts::MediaProof proof;
  proof.blocked = {"198.51.100.23:20017"};
  Facts tried;
  tried.set(facts::media_udp_proof, proof);
  CHECK(judged(sweep, tried).findings()[0].confidence == Confidence::proven);
  // Sessions that UDP carried, at another address: nobody is without media.
  CHECK(judged(sweep, session_at({"198.51.100.99:20017"})).findings()[0].severity == Severity::warning);
}

TEST_CASE("udp_range: where the responder falls silent in the middle, that is told, and no port is blocked") {
  probes::PortSweep sweep =
      welcomed({{20000, 20999, "open", 0, 0}, {21000, 25000, "untested", 0, 0, "fell-silent"}});
  sweep.fell_silent = true;
  sweep.last_heard = Microseconds(412'000);
  const Judgement judgement = judged(sweep);
  CHECK(titles(judgement) ==
        Titles{"responder-unreachable: The responder at 198.51.100.23 answered for 0.4 s, then nothing came "
               "from any port, not even from 17881: it has ended, or this client was shut out"});
  CHECK(judgement.findings()[0].severity == Severity::info);
  CHECK(judgement.unknown_reason() == "4001 of 5001 ports were not tested");
  CHECK(judgement.untested()[0].reason == "the responder fell silent before they were decided");
}

TEST_CASE("udp_range: ports that others have, and ports of which too much is lost, are not tested") {
  const Judgement judgement = judged(welcomed(
      {{20000, 20010, "open", 0, 0}, {20011, 20012, "in_use", 0, 0}, {20013, 20020, "untested", 0, 0}}));
  REQUIRE(judgement.untested().size() == 2);
  CHECK(judgement.untested()[0].what == "UDP 20011-20012 at 198.51.100.23");
  CHECK(judgement.untested()[1].what == "UDP 20013-20020 at 198.51.100.23");
  CHECK(judgement.unknown_reason() == "10 of 21 ports were not tested");
}

TEST_CASE("udp_range: ports that the responder could not open are its limits', and no loss of the path's") {
  const Judgement judgement =
      judged(welcomed({{20000, 20029, "open", 0, 0}, {20030, 20039, "untested", 0, 0, "unopened"}}));
  CHECK(titles(judgement).empty());
  CHECK(judgement.unknown_reason() == "10 of 40 ports were not tested");
  REQUIRE(judgement.untested().size() == 1);
  CHECK(judgement.untested()[0].what == "UDP 20030-20039 at 198.51.100.23");
  CHECK(judgement.untested()[0].reason == "the responder could not open them");
  CHECK(judgement.untested()[0].how ==
        "raise its limit of open files (LimitNOFILE, ulimit -n), or give it CAP_NET_RAW there");
}

TEST_CASE("udp_range: what LiveKit's file asks for and the responder does not serve was not tested") {
  const Judgement judgement =
      judged(welcomed({{20000, 20099, "open", 0, 0}}), {}, with_range({20000, 25000}));
  CHECK(judgement.unknown_reason() == "4901 of 5001 ports were not tested");
  CHECK(judgement.facts().at("range") == "20000-25000");
  CHECK(judgement.facts().at("intervals") == Json::parse(R"([{"from":20000,"to":20099,"state":"open"},
                                                             {"from":20100,"to":25000,"state":"untested"}])"));
  REQUIRE(judgement.untested().size() == 1);
  CHECK(judgement.untested()[0].what == "UDP 20100-25000 at 198.51.100.23");
  CHECK(judgement.untested()[0].reason == "the responder does not serve them");
  const Judgement part = judged(welcomed({{20050, 20099, "blocked", 0, 0}, {20000, 20049, "open", 0, 0}}), {},
                                with_range({20000, 25000}));
  CHECK(titles(part) == Titles{"udp-range-partially-open: UDP 20050-20099 at 198.51.100.23 is dropped on the "
                               "way in; 20000-20049 is open"});
}

TEST_CASE("udp_range: none tested is unknown, and so are ports that others have") {
  CHECK(judged(welcomed({{20000, 25000, "untested", 0, 0}})).unknown_reason() ==
        "5001 of 5001 ports were not tested");
  CHECK(judged(welcomed({{7882, 7882, "in_use", 0, 0}})).unknown_reason() == "1 of 1 ports were not tested");
  CHECK(judged(welcomed({})).unknown_reason() == "the responder serves no UDP port");
  // A session of this run has shown this one.
  CHECK_FALSE(
      judged(welcomed({{7882, 7882, "in_use", 0, 0}}), session_at({"198.51.100.23:7882"})).unknown_reason());
}

TEST_CASE("udp_range: the responder tells its host's ports for everybody, not which of them are reserved") {
  Deployment deployment = with_range({50000, 60000});
  deployment.run.carried.emplace().ephemeral_ports = PortRange{32768, 60999};
  const Judgement judgement = judged(welcomed({{50000, 60000, "open", 0, 0}}), {}, deployment);
  REQUIRE(test::ids(judgement) == Titles{"media-range-overlaps-ephemeral"});
  CHECK(judgement.findings()[0].confidence == Confidence::possible);
}
