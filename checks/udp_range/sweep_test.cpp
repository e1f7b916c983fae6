// SPDX-License-Identifier: EUPL-1.2
#include "support/sweeps.hpp"

#include <doctest/doctest.h>

using namespace lkdoctor;
using test::judged, test::session_at, test::Titles, test::titles, test::welcomed, test::with_range;

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
                                        "answered, those of 1200 bytes never arrive"});
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

TEST_CASE(
    "udp_range: greetings that arrive and are answered in vain are no closed range, and no filter inwards") {
  probes::PortSweep heard;
  heard.address = "198.51.100.23";
  heard.mode = "raw";
  heard.tallied = true;
  heard.greeted = {17881, 20000, 22500, 25000};
  const Judgement judgement = judged(heard, {}, with_range({20000, 25000}));
  CHECK(titles(judgement) ==
        Titles{"udp-answers-dropped: Greetings to 3 UDP ports of 20000-25000 and to UDP 17881 at "
               "198.51.100.23 arrive and are answered there, and no answer comes back"});
  CHECK(judgement.findings().at(0).severity == Severity::failure);
  CHECK_FALSE(judgement.unknown_reason());
  CHECK(judgement.facts().at("evidence") == "two_sided");
  CHECK(judgement.facts().at("intervals").at(0) ==
        Json::parse(R"({"from":20000,"to":20000,"state":"blocked"})"));
  CHECK(judgement.untested().at(0).reason ==
        "no answer comes back from any port, so that only some were asked");
}

TEST_CASE(
    "udp_range: where no answer comes, this network may be what lets none in, unless others were heard") {
  probes::PortSweep heard;
  heard.address = "198.51.100.23";
  heard.greeted = {20000, 25000};
  const auto sure = [&] { return judged(heard, {}, with_range({20000, 25000})).findings().at(0).confidence; };
  CHECK(sure() == Confidence::likely);
  heard.kept = true;
  CHECK(sure() == Confidence::proven);
}

TEST_CASE("udp_range: without LiveKit's file its range is the one that the responder names") {
  probes::PortSweep heard;
  heard.address = "198.51.100.23";
  heard.greeted = {17881, 30000, 31000};
  Deployment deployment;
  deployment.run.carried.emplace().udp = {{30000, 31000}};
  const Judgement judgement = judged(heard, {}, deployment);
  CHECK(titles(judgement) ==
        Titles{"udp-answers-dropped: Greetings to 2 UDP ports of 30000-31000 and to UDP 17881 at "
               "198.51.100.23 arrive and are answered there, and no answer comes back"});
  CHECK(judgement.facts().at("evidence") == "two_sided");
}

TEST_CASE("udp_range: where the host itself drops the answers, its own firewall is what to change") {
  const auto remedy = [](const Judgement& judgement) { return judgement.findings().at(0).remedy.text; };
  const std::string own =
      "Let UDP out from 20000-25000 in that host's own firewall: its rules for output (nftables, iptables "
      "OUTPUT, ufw, firewalld), or a table of connections that is full (net.netfilter.nf_conntrack_max)";
  probes::PortSweep swept = welcomed({{20000, 25000, "blocked", 5001, 0}});
  CHECK(remedy(judged(swept)) != own);
  swept.kept = true;
  CHECK(titles(judged(swept)) ==
        Titles{"udp-answers-dropped: UDP 20000-25000 at 198.51.100.23 arrives, and the answers do not come "
               "back: that host itself drops them on their way out"});
  CHECK(remedy(judged(swept)) == own);
}

TEST_CASE(
    "udp_range: a greeting that was heard at the responder's own port alone says nothing of the range") {
  probes::PortSweep heard;
  heard.address = "198.51.100.23";
  heard.greeted = {17881};
  const Judgement judgement = judged(heard, {}, with_range({20000, 25000}));
  CHECK(titles(judgement) == Titles{});
  CHECK(judgement.unknown_reason() ==
        "greetings to UDP 17881 at 198.51.100.23 arrive alone, and no answer comes back");
  CHECK(judgement.facts().at("evidence") == "none");
}

TEST_CASE("udp_range: why no greeting was answered is told as far as the control connection knows") {
  probes::PortSweep silent;
  silent.address = "198.51.100.23";
  const auto why = [&](CarriedState state, std::optional<int> minutes_behind = {}) {
    Deployment deployment;
    CarriedSession& carried = deployment.run.carried.emplace();
    carried.state = state;
    carried.words = "WORDS";
    carried.port = 17881;
    carried.minutes_behind = minutes_behind;
    const Judgement judgement = judged(silent, {}, deployment);
    CHECK(titles(judgement) ==
          Titles{"responder-unreachable: Nothing answered the greeting to the responder at 198.51.100.23: " +
                 judgement.unknown_reason().value_or("").substr(30)});
    return judgement.unknown_reason().value_or("");
  };
  for (const CarriedState state : {CarriedState::code_used, CarriedState::other_key, CarriedState::cut_off,
                                   CarriedState::refused, CarriedState::stranger, CarriedState::no_route})
    CHECK(why(state) == "the responder did not answer: WORDS");
  for (const CarriedState state : {CarriedState::silent, CarriedState::mute, CarriedState::no_key})
    CHECK(why(state) == "the responder did not answer: closed, filtered, or another key");
  for (const CarriedState state : {CarriedState::reached, CarriedState::busy, CarriedState::denied})
    CHECK(why(state) ==
          "the responder did not answer: it takes the key at TCP 17881, and no UDP comes through, neither at "
          "that port nor at those of the range");
  CHECK(why(CarriedState::reached, 10) == why(CarriedState::reached));
  for (const int minutes : {37, -37})
    CHECK(
        why(CarriedState::reached, minutes) ==
        "the responder did not answer: its clock and this machine's are 37 min apart, and a greeting is good "
        "for 10");
}

TEST_CASE("udp_range: behind an address translation, a range that ends too soon is a forward that does") {
  probes::PortSweep sweep = welcomed({{20000, 22999, "open", 0, 0}, {23000, 25000, "blocked", 0, 0}});
  sweep.arrived_at = "10.20.0.23";
  const Judgement judgement = judged(sweep);
  CHECK(titles(judgement) ==
        Titles{"udp-forward-too-short: What passes from 198.51.100.23 on to 10.20.0.23 ends at 22999: UDP "
               "23000-25000 is dropped on the way in"});
  CHECK(judgement.findings()[0].confidence == Confidence::likely);  // a firewall may have the same bounds
  CHECK(judgement.findings()[0].remedy.text ==
        "Let UDP 20000-25000 at 198.51.100.23 through to 10.20.0.23, ports unchanged: in the port forward "
        "or, where "
        "a provider maps the whole address, in its firewall, and in firewalls behind it");
  sweep.intervals = {
      {20000, 20099, "blocked", 0, 3}, {20100, 22999, "open", 0, 0}, {23000, 25000, "blocked", 0, 3}};
  CHECK(titles(judged(sweep)) ==
        Titles{"udp-forward-too-short: What passes from 198.51.100.23 on to 10.20.0.23 is 20100-22999: UDP "
               "20000-20099, 23000-25000 are refused on the way in"});
}

TEST_CASE("udp_range: a gap inside of the range, or no address translation, is no short forward") {
  probes::PortSweep gap =
      welcomed({{20000, 21999, "open", 0, 0}, {22000, 22999, "blocked", 0, 0}, {23000, 25000, "open", 0, 0}});
  gap.arrived_at = "10.20.0.23";
  CHECK(test::ids(judged(gap)) == Titles{"udp-range-partially-open"});
  probes::PortSweep direct = welcomed({{20000, 22999, "open", 0, 0}, {23000, 25000, "blocked", 0, 0}});
  direct.arrived_at = "198.51.100.23";
  CHECK(test::ids(judged(direct)) == Titles{"udp-range-partially-open"});
}

TEST_CASE("udp_range: a container is reached at what is published") {
  probes::PortSweep sweep = welcomed({{20000, 20024, "open", 0, 0}, {20025, 20049, "blocked", 0, 3}});
  sweep.arrived_at = "172.17.0.2";
  const Judgement part = judged(sweep);
  CHECK(titles(part) == Titles{"docker-udp-not-published: UDP 20025-20049 at 198.51.100.23 does not reach "
                               "LiveKit's container at 172.17.0.2: what is published is 20000-20024"});
  CHECK(part.findings()[0].remedy.text ==
        "Run LiveKit with network_mode: host, or publish the whole range: \"20000-20049:20000-20049/udp\"");
  sweep.intervals = {{20000, 20049, "blocked", 0, 3}};
  CHECK(
      titles(judged(sweep)) ==
      Titles{"docker-udp-not-published: UDP 20000-20049 at 198.51.100.23 does not reach LiveKit's container "
             "at 172.17.0.2: none of the range is published"});
}

TEST_CASE("udp_range: an address of Docker's pool alone is no container: clouds have such networks, too") {
  probes::PortSweep sweep = welcomed({{20000, 20024, "open", 0, 0}, {20025, 20049, "blocked", 0, 0}});
  sweep.arrived_at = "172.31.7.9";
  sweep.seen_from = "192.0.2.77:40000";
  CHECK(titles(judged(sweep)) ==
        Titles{"udp-forward-too-short: What passes from 198.51.100.23 on to 172.31.7.9 ends at 20024: UDP "
               "20025-20049 is dropped on the way in"});
  sweep.intervals = {{20000, 20049, "blocked", 0, 0}};
  CHECK(titles(judged(sweep)) ==
        Titles{"udp-range-filtered: UDP 20000-20049 at 198.51.100.23 is dropped on the way in"});
  sweep.seen_from = "172.31.0.1:40000";  // a bridge of such a network has rewritten the sender
  CHECK(test::ids(judged(sweep)) == Titles{"docker-udp-not-published"});
}

TEST_CASE("udp_range: who sees everybody as its bridge stands behind docker-proxy, and that has a price") {
  probes::PortSweep sweep = welcomed({{20000, 20049, "open", 0, 0}});
  sweep.arrived_at = "172.17.0.2";
  sweep.own_address = "192.0.2.77";
  sweep.seen_from = "172.17.0.1:40000";
  CHECK(titles(judged(sweep)) ==
        Titles{"docker-udp-range-published: UDP to LiveKit's container goes through docker-proxy: it sees "
               "everybody as 172.17.0.1, and 50 published ports are as many processes, some 50 MB"});
  sweep.seen_from = "192.0.2.77:40000";  // by the firewall's rules: the sender stays
  CHECK(titles(judged(sweep)).empty());
  sweep.own_address = sweep.seen_from = "172.17.0.1";  // this run stands on that bridge itself
  CHECK(titles(judged(sweep)).empty());
}

TEST_CASE("udp_range: answers from another address are answers that clients drop") {
  probes::PortSweep sweep = welcomed({{20000, 25000, "blocked", 5001, 0}});
  sweep.answered_elsewhere = 5001;
  sweep.elsewhere_example = "198.51.100.24:20000";
  CHECK(
      titles(judged(sweep)) ==
      Titles{"udp-answers-from-elsewhere: UDP 20000-25000 at 198.51.100.23 is answered from another address "
             "(198.51.100.24:20000), which clients drop"});
}

TEST_CASE("udp_range: where sessions connect because LiveKit sends first, UDP is open outwards alone") {
  const probes::PortSweep sweep = welcomed({{20000, 25000, "blocked", 0, 0}});
  CHECK(titles(judged(sweep, session_at({"198.51.100.23:20017"}, true))) ==
        Titles{"udp-works-only-by-hole-punching: UDP at 198.51.100.23 is open outwards alone: 20000-25000 is "
               "dropped on the way in, and sessions connect only because LiveKit sends first"});
}

TEST_CASE("udp_range: ports that answer sessions and never reach the responder are not its host's") {
  const probes::PortSweep sweep = welcomed({{20000, 25000, "blocked", 0, 3}});
  const Judgement judgement = judged(sweep, session_at({"198.51.100.23:20017"}));
  CHECK(
      titles(judgement) ==
      Titles{"responder-elsewhere: UDP 20017 at 198.51.100.23 answered this run's sessions, and nothing that "
             "was sent there arrived at the responder: these ports lead to another host or container"});
  CHECK(judgement.unknown_reason() == "the ports at 198.51.100.23 do not lead to the responder");
}

TEST_CASE("udp_range: a responder at an address that LiveKit does not name proves nothing of LiveKit") {
  Deployment deployment = with_range({20000, 25000});
  deployment.livekit->node_ip.value = {"198.51.100.99"};
  const Judgement judgement = judged(welcomed({{20000, 25000, "open", 0, 0}}), {}, deployment);
  CHECK(titles(judgement) == Titles{"responder-elsewhere: The responder answers at 198.51.100.23, and not at "
                                    "198.51.100.99, where LiveKit sends its clients: what was swept are not "
                                    "LiveKit's ports"});
  CHECK(judgement.unknown_reason() ==
        "the responder does not answer at 198.51.100.99, where LiveKit's media is");
}

TEST_CASE("udp_range: a responder whose host has the address that LiveKit names stands where LiveKit is") {
  Deployment deployment = with_range({20000, 25000});
  deployment.livekit->node_ip.value = {"198.51.100.99"};
  deployment.run.carried.emplace().addresses = {"198.51.100.23", "198.51.100.99"};
  const Judgement judgement = judged(welcomed({{20000, 25000, "open", 0, 0}}), {}, deployment);
  CHECK(titles(judgement).empty());
  CHECK(judgement.facts().at("evidence") == "two_sided");
}

TEST_CASE("udp_range: with a responder elsewhere, ports that sessions have proven are open all the same") {
  Deployment deployment = with_range({20000, 25000});
  deployment.livekit->node_ip.value = {"198.51.100.99"};
  const Judgement judgement =
      judged(welcomed({{20000, 25000, "open", 0, 0}}), session_at({"198.51.100.99:20017"}), deployment);
  CHECK(test::ids(judgement) == Titles{"responder-elsewhere"});
  CHECK(judgement.facts().at("evidence") == "session");
  CHECK(judgement.facts().at("intervals") == Json::parse(R"([{"from":20000,"to":20016,"state":"untested"},
    {"from":20017,"to":20017,"state":"open"},{"from":20018,"to":25000,"state":"untested"}])"));
}

TEST_CASE("udp_range: flows that are forgotten within seconds are a fault, after a minute a fact") {
  probes::PortSweep sweep = welcomed({{20000, 25000, "open", 0, 0}});
  sweep.flows = {{3, 4, 4}, {5, 4, 3}, {10, 4, 0}, {15, 4, 0}, {30, 4, 0}};
  CHECK(titles(judged(sweep)) ==
        Titles{"udp-flow-forgotten: A silent UDP flow to 198.51.100.23 is remembered "
               "for 5 s and forgotten within 10 s"});
  sweep.flows = {{3, 4, 0}, {5, 4, 0}};
  CHECK(titles(judged(sweep)) ==
        Titles{"udp-flow-forgotten: A silent UDP flow to 198.51.100.23 is forgotten within 3 s"});
  sweep.flows = {{3, 4, 4}, {15, 4, 4}, {30, 4, 0}, {60, 4, 0}};
  const Judgement late = judged(sweep);
  CHECK(titles(late).empty());
  CHECK(late.facts().at("flow_seconds") == Json{{"at_least", 15}, {"gone_by", 30}});
  sweep.flows = {{3, 4, 4}, {5, 4, 0}, {60, 4, 1}};  // lost, not forgotten
  const Judgement kept = judged(sweep);
  CHECK(titles(kept).empty());
  CHECK(kept.facts().at("flow_seconds") == Json{{"at_least", 60}, {"gone_by", nullptr}});
}

TEST_CASE("udp_range: of a size that is lost it is told which way") {
  probes::PortSweep sweep = welcomed({{20000, 25000, "open", 0, 0}});
  sweep.sizes = {{1200, 12, 0, true}, {1472, 12, 0, false}};
  const Judgement judgement = judged(sweep);
  CHECK(titles(judgement) ==
        Titles{"path-mtu-blackhole: UDP datagrams of 1200 bytes arrive at 198.51.100.23, "
               "and answers of that size never come back; small ones do"});
  CHECK(judgement.facts().at("sizes") == Json::parse(R"([{"bytes":1200,"arrived":true,"answered":false},
                                                         {"bytes":1472,"arrived":false,"answered":false}])"));
}

TEST_CASE(
    "udp_range: on LiveKit's host, a range that the kernel hands out to everybody is told, unless reserved") {
  probes::HostPorts host;
  host.ephemeral = net::EphemeralPorts{32768, 60999, {}};
  const auto on_host = [&](PortRange range) {
    const Json observed{{"address", ""}, {"hints", Json::array()}, {"sweeps", Json::array()}, {"host", host}};
    return test::judge(*checks::make_udp_range(), observed, {}, with_range(range));
  };
  const Judgement judgement = on_host({50000, 60000});
  CHECK(
      titles(judgement) ==
      Titles{"media-range-overlaps-ephemeral: LiveKit's UDP 50000-60000 overlaps 32768-60999, from which the "
             "kernel of its host gives ports to every program: 10001 ports"});
  CHECK(judgement.findings()[0].severity == Severity::info);
  CHECK(judgement.findings()[0].remedy.commands ==
        Titles{"sysctl -w net.ipv4.ip_local_reserved_ports=50000-60000"});
  CHECK(titles(on_host({20000, 25000})).empty());
  host.ephemeral->reserved = {{50000, 60000}};
  CHECK(titles(on_host({50000, 60000})).empty());
  host.ephemeral->reserved = {{8080, 8080}, {50000, 59999}};
  CHECK(on_host({50000, 60000}).findings()[0].remedy.commands ==
        Titles{"sysctl -w net.ipv4.ip_local_reserved_ports=8080-8080,50000-59999,50000-60000"});
}

TEST_CASE("udp_range: on LiveKit's host, many published ports are told with what they cost") {
  probes::HostPorts host;
  for (std::uint16_t port = 20000; port < 20200; ++port) host.proxies.ports.insert(port);
  host.proxies.processes = 400;
  host.proxies.own_kilobytes = 410'000;
  const Json observed{{"address", ""}, {"hints", Json::array()}, {"sweeps", Json::array()}, {"host", host}};
  CHECK(titles(test::judge(*checks::make_udp_range(), observed, {}, with_range({20000, 20199}))) ==
        Titles{"docker-udp-range-published: 200 UDP ports are published through Docker: 400 docker-proxy "
               "processes, 400 MB"});
  CHECK(titles(test::judge(*checks::make_udp_range(), observed, {}, with_range({30000, 30199}))).empty());
}
