// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include "support/provoked.hpp"
#include "support/servers.hpp"
#include "support/test_probe.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_tcp_ice();
}

using namespace lkdoctor;

namespace {

Deployment beside(std::vector<CarriedPort> ports) {
  Deployment deployment;
  deployment.run.vantage = Vantage::outside;
  deployment.run.responder = "198.51.100.23";
  CarriedSession& carried = deployment.run.carried.emplace();
  carried.reached = carried.carries = true;
  carried.address = "198.51.100.23";
  carried.tcp = std::move(ports);
  return deployment;
}

Json trial(const CarriedPort& port, const char* error, const char* stage = "connect") {
  Json out{{"port", port}, {"took", 5'000'000}};
  if (std::string_view(error) != "none") out["outcome"] = {{"stage", stage}, {"error", error}};
  return out;
}

Judgement judged(const Deployment& deployment, const CarriedPort& port, const char* error,
                 const char* stage = "connect") {
  const Json observation{{"port", 7881}, {"targets", Json::array()}, {"told", {trial(port, error, stage)}}};
  return test::judge(*checks::make_tcp_ice(), observation, {}, deployment);
}

Judgement judged(const CarriedPort& port, const char* error, const char* stage = "connect") {
  Deployment deployment = beside({port});
  deployment.livekit.emplace();
  return judged(deployment, port, error, stage);
}

/// The first finding as "id: sentence"; "-": none.
std::string first(const Judgement& judgement) {
  if (judgement.findings().empty()) return "-";
  return judgement.findings().front().id + ": " + judgement.findings().front().title;
}

}  // namespace

TEST_CASE("tcp_ice: ports that the responder tells of are judged one by one") {
  const CarriedPort own{5349, "answers", ""}, other{443, "in_use", "nginx"};
  CHECK(first(judged(own, "timed-out")) ==
        "tcp-port-blocked: TCP 5349 at 198.51.100.23 is dropped on the way in: the responder itself listens "
        "there");
  CHECK(first(judged(other, "refused")) ==
        "tcp-port-blocked: TCP 443 at 198.51.100.23 is refused on the way in: nginx has it on the host");
  CHECK(first(judged(other, "reset")) ==
        "tcp-port-blocked: TCP 443 at 198.51.100.23 is cut off on the way in: nginx has it on the host");
  CHECK(
      first(judged(own, "timed-out", "tls")) ==
      "tcp-port-blocked: TCP 5349 at 198.51.100.23 takes connections and lets no data through: the responder "
      "itself listens there");
  CHECK(first(judged(own, "tls-refused", "tls")) ==
        "tcp-port-blocked: TCP 5349 at 198.51.100.23 is answered by somebody else on the way: the responder "
        "itself listens there");
  CHECK(first(judged(own, "none")) == "-");
  const Json told = judged(other, "refused").facts().at("told_by_responder");
  CHECK(told == Json::array({{{"port", 443},
                              {"state", "in_use"},
                              {"owner", "nginx"},
                              {"reached", false},
                              {"error", "refused"},
                              {"took_ms", 5000.0}}}));
}

TEST_CASE("tcp_ice: a port that is free on LiveKit's host is not LiveKit's, whether the way is open or not") {
  const CarriedPort free{7881, "answers", ""};
  CHECK(first(judged(free, "none")) ==
        "ice-tcp-closed: The way to TCP 7881 at 198.51.100.23 is open, but nobody has that port on the host: "
        "LiveKit does not run, or its rtc.tcp_port is another");
  CHECK(first(judged(free, "timed-out")) ==
        "ice-tcp-closed: TCP 7881 at 198.51.100.23 is dropped on the way in: the responder itself listens "
        "there");
}

TEST_CASE("tcp_ice: a free port that no file names is nobody's fault") {
  const CarriedPort free{7881, "answers", ""};
  const Judgement judgement = judged(beside({free}), free, "none");
  CHECK(first(judgement) == "-");
  REQUIRE(judgement.untested().size() == 1);
  CHECK(judgement.untested().front().reason == "nobody has TCP 7881 on the host");
  CHECK(judgement.untested().front().how == "start LiveKit there, then check again");
  // A port at which the responder answered is no proof of LiveKit's.
  CHECK(judgement.skip_reason() == "the way to TCP 7881 is open, and nobody has that port on the host");
}

TEST_CASE("tcp_ice looks where the responder stands, and at each of its ports") {
  const test::Server open([](test::Peer& peer) { peer.wait_for_end(); });
  Deployment deployment = beside({{open.port(), "in_use", ""}});
  deployment.run.carried->address = "127.0.0.1";
  deployment.livekit.emplace().tcp_port.value = test::closed_port().port;
  test::TestProbe probe(deployment);
  const Json observation = test::collect(*checks::make_tcp_ice(), probe);
  REQUIRE(observation.at("told").size() == 1);
  CHECK(observation.at("told").at(0).at("outcome").at("error") == "none");
  REQUIRE(observation.at("targets").size() == 1);
  CHECK(observation.at("targets").at(0).at("role") == "responder");
}
