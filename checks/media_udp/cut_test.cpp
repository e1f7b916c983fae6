// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <algorithm>
#include <lkdoctor/facts/test_call.hpp>

#include "support/media_udp.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test;
using namespace lkdoctor::test::media_udp;
using probes::MediaStage;
using probes::MediaSurvey;

TEST_CASE("media_udp: packets that all came and then none is a flow that was cut, not loss") {
  MediaSurvey survey = connected({answered("198.51.100.23", 20001)});
  survey.quality = {240, 11, Microseconds(900), 11, Milliseconds(33)};
  const Judgement judgement = judge(survey, known(), deployed());
  REQUIRE(ids(judgement) == Ids{"udp-flow-cut"});
  const Finding& finding = judgement.findings().front();
  CHECK(finding.severity == Severity::failure);
  CHECK(finding.title ==
        "UDP to 198.51.100.23 is cut off after 33 ms: 11 packets were answered, and then none of 229");
}

TEST_CASE("media_udp: losses that come and go are loss, and more than half of them is a failure") {
  MediaSurvey survey = connected({answered("198.51.100.23", 20001)});
  survey.quality = {220, 66, Microseconds(900), 218, Milliseconds(1040)};
  const Judgement heavy = judge(survey, known(), deployed());
  REQUIRE(ids(heavy) == Ids{"packet-loss-high"});
  CHECK(heavy.findings().front().severity == Severity::failure);
  // That a session among these gets no answer at all says nothing of its port.
  survey.quality = {220, 66, Microseconds(900), 218, Milliseconds(1040)};
  survey.withheld.push_back(session(MediaStage::ice, {silent("198.51.100.23", 24001)}));
  CHECK(ids(judge(survey, known(), deployed())) == Ids{"packet-loss-high"});
  survey.withheld.pop_back();
  survey.quality = {220, 176, Microseconds(900), 219, Milliseconds(1040)};
  const Judgement some = judge(survey, known(), deployed());
  REQUIRE(ids(some) == Ids{"packet-loss-high"});
  CHECK(some.findings().front().severity == Severity::warning);
}

TEST_CASE(
    "media_udp: where a test call comes through whole, loss that was counted stops nobody from talking") {
  MediaSurvey survey = connected({answered("198.51.100.23", 20001)});
  survey.quality = {221, 23, Microseconds(600'000), 221, Milliseconds(1040)};
  Facts facts = known();
  facts::TestCall call;
  call.whole = true;
  facts.set(facts::test_call, call);
  const Judgement judgement = judge(survey, facts, deployed());
  REQUIRE(ids(judgement) == Ids{"packet-loss-high"});
  CHECK(judgement.findings().front().severity == Severity::warning);
}

TEST_CASE("a silence is a cut only if chance would not make it") {
  CHECK(probes::is_cut(11, 11, 209));
  CHECK_FALSE(probes::is_cut(11, 11, 60));    // a line that falls out for a moment
  CHECK_FALSE(probes::is_cut(0, 0, 500));     // nothing ever came: another finding
  CHECK_FALSE(probes::is_cut(10, 110, 110));  // so lossy that it may be chance
}

TEST_CASE("media_udp: which of two ports at one address a session would have used is not known") {
  MediaSurvey survey = connected({answered("198.51.100.23", 20001)});
  survey.withheld.push_back(
      session(MediaStage::ice, {silent("198.51.100.23", 24001), silent("198.51.100.23", 20462)}));
  const Judgement judgement = judge(survey, known(), deployed());
  REQUIRE(ids(judgement) == Ids{"udp-range-partially-open"});
  CHECK(judgement.findings().front().title ==
        "Of LiveKit's UDP ports at 198.51.100.23, port 20001 answers; 1 of 2 sessions found none that does: "
        "the firewall covers a part of the range");
  const facts::MediaProof proof = probes::proof_of(survey);
  CHECK(proof.blocked.empty());
  CHECK(proof.blocked_or_spare == std::vector<std::string>{"198.51.100.23:24001", "198.51.100.23:20462"});
}

TEST_CASE("media_udp: a flow that ends because LiveKit went away was not cut by a firewall") {
  MediaSurvey survey = connected({answered("198.51.100.23", 20001)});
  survey.quality = {240, 11, Microseconds(900), 11, Milliseconds(33)};
  survey.afterwards = {true, false, 0, "wss://lk.uni.example", "timed out"};
  CHECK(ids(judge(survey, known(), deployed())) == Ids{"livekit-lost-during-run"});
}

TEST_CASE(
    "media_udp: where STUN falls silent with the handshake, the flow was cut, and DTLS is not to blame") {
  MediaSurvey survey;
  survey.withheld.push_back(session(MediaStage::dtls, {answered("198.51.100.23", 20001)}));
  probes::PathQuality& path = survey.withheld.front().path;
  path.sent = 245;
  path.answered_before = 2;
  survey.quality = path;
  const Judgement cut = judge(survey, known(), deployed());
  REQUIRE(ids(cut) == Ids{"udp-flow-cut"});
  CHECK(cut.findings().front().title ==
        "UDP to 198.51.100.23 is cut off after a few packets: ICE was answered, then neither DTLS nor any of "
        "245 checks");
  // Some are answered: a limit, or a line that loses most.
  path.answered = 31;
  path.sent_until_last_answer = 239;
  survey.quality = path;
  const Judgement lossy = judge(survey, known(), deployed());
  REQUIRE(ids(lossy) == Ids{"packet-loss-high"});
  CHECK(lossy.findings().front().severity == Severity::failure);
  // All of them are: it is DTLS that does not pass.
  path.sent = path.answered = path.sent_until_last_answer = 20;
  survey.quality = path;
  CHECK(ids(judge(survey, known(), deployed())) == Ids{"dtls-never-completes"});
}

TEST_CASE("media_udp: a handshake that never ends is told beside a loss that is no reason for it") {
  MediaSurvey survey;
  survey.withheld.push_back(session(MediaStage::dtls, {answered("198.51.100.23", 20001)}));
  survey.withheld.front().path = survey.quality = {221, 178, Microseconds(900), 220, Milliseconds(1040), 2};
  const Judgement dead = judge(survey, known(), deployed());
  REQUIRE(ids(dead) == Ids{"packet-loss-high", "dtls-never-completes"});
  CHECK(dead.findings().front().severity == Severity::warning);
  CHECK(dead.findings().front().title == "43 of 221 packets between here and LiveKit are lost");
  CHECK(dead.findings().back().severity == Severity::failure);
  Facts facts = known();
  facts.set(facts::media_tcp_proof, tcp_works());
  CHECK(judge(survey, facts, deployed()).findings().back().severity == Severity::warning);
}

TEST_CASE("media_udp: loss hides neither that UDP works by LiveKit's own packets alone nor a wrong address") {
  MediaSurvey survey = all_silent();
  survey.offered = session(MediaStage::done, {answered("198.51.100.23", 20010)});
  survey.quality = survey.offered->path = {220, 180, Microseconds(900), 219, Milliseconds(1040), 2};
  CHECK(ids(judge(survey, known(), deployed())) ==
        Ids{"packet-loss-high", "udp-works-only-by-hole-punching"});
  MediaSurvey inside;
  inside.withheld.push_back(session(MediaStage::ice, {silent("10.20.0.23", 20001)}));
  inside.offered = session(MediaStage::done, {answered("10.20.0.23", 20010)});
  inside.quality = inside.offered->path = survey.quality;
  CHECK(ids(judge(inside, known(), deployed())) == Ids{"packet-loss-high", "private-ip-advertised"});
  // Nor does a flow that was cut off.
  inside.quality = inside.offered->path = {245, 11, Microseconds(900), 11, Milliseconds(33)};
  CHECK(ids(judge(inside, known(), deployed())) == Ids{"udp-flow-cut", "private-ip-advertised"});
}

TEST_CASE(
    "media_udp: a flow that ends in the handshake is a warning while TCP or TURN carries, as any dead UDP") {
  Facts facts = known();
  facts.set(facts::media_tcp_proof, tcp_works());
  MediaSurvey survey;
  survey.withheld.push_back(session(MediaStage::dtls, {answered("198.51.100.23", 20001)}));
  const auto severity_of = [&](const probes::PathQuality& path) {
    survey.withheld.front().path = survey.quality = path;
    const Judgement judgement = judge(survey, facts, deployed());
    REQUIRE(judgement.findings().size() == 1);
    return judgement.findings().front().severity;
  };
  const probes::PathQuality cut{245, 0, {}, 0, {}, 2};
  const probes::PathQuality lossy{245, 31, Microseconds(900), 239, {}, 2};
  CHECK(severity_of(cut) == Severity::warning);
  CHECK(severity_of(lossy) == Severity::failure);  // some connect, now and then
  // Who is connected stays with UDP, and hears nothing.
  survey.withheld.front().stage = MediaStage::done;
  CHECK(severity_of(cut) == Severity::failure);
  facts = known();
  facts.set(facts::turn_tls_proof, tcp_works());
  survey.withheld.front().stage = MediaStage::dtls;
  CHECK(severity_of(cut) == Severity::warning);
  facts = known();
  CHECK(severity_of(cut) == Severity::failure);
}

TEST_CASE("media_udp: one of several flows that are cut is told with its own address and figures") {
  MediaSurvey survey = connected({answered("198.51.100.23", 20001)});
  survey.withheld.push_back(session(MediaStage::done, {answered("198.51.100.24", 24001)}));
  survey.withheld.front().path = {220, 16, Microseconds(900), 16, Milliseconds(61)};
  survey.withheld.back().path = {245, 17, Microseconds(900), 17, Milliseconds(48)};
  survey.withheld.push_back(session(MediaStage::done, {answered("198.51.100.23", 20300)}));
  survey.withheld.back().path = {20, 15, Microseconds(900), 15, Milliseconds(48)};  // too few to tell
  survey.quality = survey.withheld.at(1).path;
  const Judgement judgement = judge(survey, known(), deployed());
  REQUIRE(ids(judgement) == Ids{"udp-flow-cut"});
  const Finding& finding = judgement.findings().front();
  CHECK(finding.subject == "198.51.100.24");
  const auto count = [&](std::string_view key) {
    return std::ranges::find(finding.evidence, key, &Evidence::key)->value;
  };
  CHECK(finding.title ==
        "UDP to 198.51.100.24 is cut off after 48 ms: 17 packets were answered, and then none of 228");
  CHECK(count("answered") == 17);
  CHECK(count("cut_after_ms") == 48);
  CHECK(count("flows_measured") == 2);
  CHECK(count("flows_found_dead") == 2);
  // Losses of a third flow weigh more in the survey: they are not told of this one.
  survey.quality = {245, 30, Microseconds(900), 130, Milliseconds(400)};
  REQUIRE(survey.quality.was_cut());
  CHECK(judge(survey, known(), deployed()).findings().front().title == finding.title);
}

TEST_CASE("a flow that still brings something now and then is lossy, and not cut") {
  const probes::PathQuality limited{245, 40, Microseconds(900), 240, Milliseconds(900)};
  CHECK(limited.comes_and_goes());
  const probes::PathQuality cut{245, 16, Microseconds(900), 16, Milliseconds(48)};
  CHECK_FALSE(cut.comes_and_goes());
  const probes::PathQuality brief{20, 15, Microseconds(900), 15, Milliseconds(48)};  // too few to tell
  CHECK_FALSE(brief.comes_and_goes());
  CHECK_FALSE(brief.was_cut());
  const probes::PathQuality one_lost{20, 19, Microseconds(900), 20, Milliseconds(60)};
  CHECK_FALSE(one_lost.is_lossy());
}
