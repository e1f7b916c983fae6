// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/http_identity.hpp>
#include <lkdoctor/probes/topology.hpp>

#include "support/livekit_answers.hpp"
#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_signalling_topology();
}

using namespace lkdoctor;
using test::answered;

namespace {

using Ids = std::vector<std::string>;
using Headers = std::vector<std::pair<std::string, std::string>>;

const Headers kJson{{"content-type", "application/json"}};

probes::TopologyObservation behind(std::string host, int status, const std::string& body) {
  probes::TopologyObservation out;
  out.where = {"https://" + host + "/livekit", host, 443, true, "/livekit", {"198.51.100.30"}};
  out.address = "198.51.100.30";
  out.answers = {answered("twirp", 404, ""), answered("rtc", status, body, kJson),
                 answered("validate", status, body, kJson), answered("well_known", 404, ""),
                 answered("login", 404, "")};
  return out;
}

Judgement judge(const probes::TopologyObservation& observation, Vantage vantage = Vantage::outside,
                const Facts& facts = {}) {
  Deployment deployment;
  deployment.public_url = {observation.where.url, {Origin::Kind::file, "controller.toml", 3, 1}};
  deployment.service_url = {"http://198.51.100.23:7880", {Origin::Kind::file, "controller.toml", 4, 1}};
  deployment.run.vantage = vantage;
  return test::judge(*checks::make_signalling_topology(), observation, facts, deployment);
}

Json topology(const probes::TopologyObservation& observation) {
  return judge(observation).facts().at("topology");
}

const std::string kRefused = R"({"code":"unauthorized","message":"x"})";

}  // namespace

TEST_CASE("signalling_topology tells the five kinds") {
  auto direct = behind("livekit.example.org", 401, "");
  direct.answers = {test::by_livekit("twirp", 404, test::kBadRoute)};
  CHECK(topology(direct) == "direct");
  CHECK(topology(behind("controller.example.org", 403, "")) == "controller-proxy");
  CHECK(topology(behind("meet.example.org", 401, kRefused)) == "controller-proxy");
  CHECK(topology(behind("roomserver.example.org", 401, kRefused)) == "roomserver");
  CHECK(topology(behind("orchestrator.example.org", 401, kRefused)) == "orchestrator");
  auto post_only = behind("rs.example.org", 401, kRefused);
  post_only.answers[2] = answered("validate", 405, "");
  CHECK(topology(post_only) == "roomserver");
}

TEST_CASE("signalling_topology: something else is unknown and no fault of its own") {
  const Judgement judgement = judge(behind("www.example.org", 200, "<html>"));
  CHECK(test::ids(judgement) == Ids{});
  CHECK(judgement.facts().at("topology") == "unknown");
  CHECK(judgement.unknown_reason() ==
        "neither LiveKit nor OpenTalk shows at https://www.example.org/livekit (HTTP 404)");
}

TEST_CASE("signalling_topology: a controller without the proxy") {
  auto old = behind("controller.example.org", 404, "");
  old.answers[3] = answered("well_known", 200, R"({"opentalk_controller":{"base_url":"v1"}})", kJson);
  const Judgement judgement = judge(old);
  CHECK(test::ids(judgement) == Ids{"controller-lacks-livekit-proxy"});
  CHECK(judgement.findings().front().title ==
        "public_url https://controller.example.org/livekit names the signalling proxy of an OpenTalk "
        "controller that "
        "has none (HTTP 404): it is older than 0.31.4, or 0.32 before 0.32.7.");
  old.answers[1] = answered("rtc", 404, "LiveKit proxy not available");
  CHECK(test::ids(judge(old)) == Ids{"controller-lacks-livekit-proxy"});
}

TEST_CASE("signalling_topology: the direct way is still open from outside") {
  auto proxied = behind("controller.example.org", 403, "");
  CHECK(test::ids(judge(proxied)) == Ids{});
  proxied.old_host_name = "livekit.example.org";
  proxied.old_host = {test::by_livekit("twirp", 404, test::kBadRoute)};
  const Judgement judgement = judge(proxied);
  CHECK(test::ids(judgement) == Ids{"direct-signalling-exposed"});
  CHECK(judgement.findings().front().title ==
        "LiveKit's signalling is open from outside at https://livekit.example.org, past OpenTalk's own proxy "
        "that "
        "public_url names.");
  CHECK(test::ids(judge(proxied, Vantage::inside)) == Ids{});
}

TEST_CASE("signalling_topology: service_url that answers outside is the direct way too") {
  facts::HttpIdentity service;
  service.answerer = facts::Answerer::livekit;
  Facts facts;
  facts.set(facts::service_identity, service);
  const auto proxied = behind("controller.example.org", 403, "");
  CHECK(test::ids(judge(proxied, Vantage::outside, facts)) == Ids{"direct-signalling-exposed"});
  CHECK(test::ids(judge(proxied, Vantage::controller, facts)) == Ids{});
}

TEST_CASE("the old virtual host is the livekit. of the same domain") {
  CHECK(probes::old_host_name_for("controller.uni.example") == "livekit.uni.example");
  CHECK(probes::old_host_name_for("livekit.uni.example") == "");
  CHECK(probes::old_host_name_for("uni.example") == "");
  CHECK(probes::old_host_name_for("198.51.100.4") == "");
}
