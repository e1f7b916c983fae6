// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/media_proof.hpp>

#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_recorder_media();
}

using namespace lkdoctor;
using facts::MediaProof;

namespace {

MediaProof silent_at(std::vector<std::string> endpoints) {
  MediaProof proof;
  proof.stage = "ice";
  proof.silent = std::move(endpoints);
  return proof;
}

Judgement judged(const Facts& facts, const Deployment& deployment = {}) {
  return test::judge(*checks::make_recorder_media(), Json::object(), facts, deployment);
}

}  // namespace

TEST_CASE("a recorder that no media address answers is told so, with what has to pass") {
  Facts facts;
  facts.set(facts::media_udp_proof, silent_at({"198.51.100.23:20017", "198.51.100.23:20018"}));
  facts.set(facts::media_tcp_proof, silent_at({"198.51.100.23:7881"}));
  Deployment deployment;
  deployment.livekit.emplace().udp = PortRange{20'000, 25'000};
  deployment.livekit->tcp_port.value = 7881;
  const Judgement judgement = judged(facts, deployment);
  REQUIRE(test::ids(judgement) == std::vector<std::string>{"recorder-cannot-reach-media"});
  const Finding& finding = judgement.findings().front();
  CHECK(finding.title ==
        "The recorder signs in and reaches no media: nothing answers at 198.51.100.23:20017, "
        "198.51.100.23:20018 over UDP, and nothing answers at 198.51.100.23:7881 over TCP");
  CHECK(finding.remedy.text ==
        "Let UDP 20000-25000 and TCP 7881 pass between the recorder's network and LiveKit: in the recorder's "
        "container network and firewall, in LiveKit's, and with NAT reflection where both stand behind one "
        "router");
}

TEST_CASE("one way that carries is enough for a recorder, and is named") {
  Facts facts;
  facts.set(facts::media_udp_proof, silent_at({"198.51.100.23:20017"}));
  MediaProof relayed;
  relayed.connected = true;
  facts.set(facts::turn_tls_proof, relayed);
  const Judgement judgement = judged(facts);
  CHECK(judgement.findings().empty());
  CHECK(judgement.facts().at("carrying") == Json{"TURN/TLS"});
  REQUIRE(judgement.untested().size() == 1);
  CHECK(judgement.untested().front().what == "whether sound comes back to the recorder");
}

TEST_CASE("a recorder whose session ends after ICE is not told that nothing answers") {
  Facts facts;
  MediaProof proof = silent_at({"198.51.100.23:20018"});
  proof.answered = {"198.51.100.23:20017"};
  proof.stage = "dtls";
  facts.set(facts::media_udp_proof, proof);
  CHECK(judged(facts).findings().front().title ==
        "The recorder signs in and reaches no media: over UDP a session ends at dtls");
}

TEST_CASE("a flow that is cut off carries nothing for a recorder either") {
  Facts facts;
  MediaProof proof{true, false, "done", {"198.51.100.23:20017"}, {}, {}};
  proof.flaw = "cut";
  facts.set(facts::media_udp_proof, proof);
  facts.set(facts::media_tcp_proof, silent_at({"198.51.100.23:7881"}));
  const Judgement judgement = judged(facts);
  CHECK(judgement.facts().at("carrying") == Json::array());
  CHECK(
      judgement.findings().front().title ==
      "The recorder signs in and reaches no media: over UDP a session is cut off after it began, and nothing "
      "answers at 198.51.100.23:7881 over TCP");
}

TEST_CASE("a recorder's media is unknown where no session came to an address") {
  const Judgement judgement = judged({});
  CHECK(judgement.findings().empty());
  CHECK(judgement.unknown_reason() == "no session was offered an address for media over UDP");
}
