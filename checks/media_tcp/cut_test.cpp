// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/ice_tcp.hpp>

#include "support/media_sessions.hpp"
#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_media_tcp();
}

using namespace lkdoctor;
using namespace lkdoctor::test;
using probes::MediaStage;
using probes::MediaSurvey;

namespace {

Judgement judge(const MediaSurvey& survey, bool livekit_there, bool udp = true) {
  Facts facts;
  facts.set(facts::media_udp_proof, {udp, false, udp ? "done" : "ice", {}, {}, {}});
  if (livekit_there) facts.set(facts::ice_tcp, {{"198.51.100.23"}, {}});
  Deployment deployment;
  deployment.run.audience = Audience::internet;
  deployment.run.vantage = Vantage::outside;
  return test::judge(*checks::make_media_tcp(), survey, facts, deployment);
}

/// A connection that was reset, after `answers` of our checks were answered.
MediaSurvey reset(MediaStage stage, int answers) {
  probes::CandidateReport one = over_tcp(silent("198.51.100.23", 7881));
  one.pair->answers = answers;
  one.pair->nominated = stage == MediaStage::done;
  one.carrier = {net::Stage::response, net::NetError::reset, "connection reset"};
  MediaSurvey survey;
  survey.withheld.push_back(session(stage, {one}));
  survey.withheld.front().transport = probes::Transport::tcp;
  return survey;
}

}  // namespace

TEST_CASE("media_tcp: a connection that is reset while LiveKit is there is cut, not unknown") {
  const Judgement judgement = judge(reset(MediaStage::ice, 2), false);
  REQUIRE(ids(judgement) == std::vector<std::string>{"ice-tcp-stalls"});
  const Finding& finding = judgement.findings().front();
  CHECK(finding.severity == Severity::warning);
  CHECK(finding.title ==
        "TCP 7881 at 198.51.100.23 opens and is reset soon after: of 8 ICE checks 2 were answered. People "
        "whose network blocks UDP lose the call");
  CHECK(judge(reset(MediaStage::ice, 0), true).findings().size() == 1);
  CHECK(judge(reset(MediaStage::ice, 0), true, false).findings().front().severity == Severity::failure);
}

TEST_CASE("media_tcp: what resets at once, where tcp_ice did not find LiveKit either, is left to tcp_ice") {
  Facts facts;
  facts.set(facts::ice_tcp, {{}, {"198.51.100.23"}});
  const Judgement judgement =
      test::judge(*checks::make_media_tcp(), reset(MediaStage::ice, 0), facts, Deployment());
  CHECK(ids(judgement).empty());
  CHECK(judgement.unknown_reason() == "it ended there");
}

TEST_CASE("media_tcp: a connection that carries for a while and then nothing more is cut") {
  MediaSurvey survey = reset(MediaStage::done, 11);
  survey.quality = {40, 11, Microseconds(900), 11, Milliseconds(33)};
  CHECK(ids(judge(survey, true)) == std::vector<std::string>{"ice-tcp-stalls"});
  survey.withheld.front().link.candidates.front().carrier = {};
  survey.quality = {240, 11, Microseconds(900), 12, Milliseconds(33)};
  const Judgement mute = judge(survey, true);
  REQUIRE(ids(mute) == std::vector<std::string>{"ice-tcp-stalls"});
  CHECK(mute.findings().front().title.find("falls silent") != std::string::npos);
  // Who was told to leave has not been cut.
  survey.withheld.front().signalling.leave_reason = 5;
  CHECK(ids(judge(survey, true)).empty());
}
