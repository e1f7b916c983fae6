// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/probes/audio_loop.hpp>

#include "support/media_sessions.hpp"
#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_media_loop();
}

using namespace lkdoctor;

namespace {

probes::AudioLoop heard_until(int last, int delivered, int expected) {
  probes::AudioLoop loop;
  loop.publisher = loop.subscriber = test::session_up_to(probes::MediaStage::done);
  loop.published = true;
  loop.sent = expected + 60;
  loop.from_livekit = delivered;
  loop.expected = expected;
  loop.delivered = delivered;
  loop.expected_until_last = last;
  loop.last_heard = Milliseconds(120);
  return loop;
}

Judgement judged(const probes::AudioLoop& loop) {
  const std::vector<probes::AudioLoop> loops{loop};
  return test::judge(*checks::make_media_loop(), Json{{"loops", loops}}, {}, {});
}

}  // namespace

TEST_CASE("audio that comes whole and then not at all was cut off") {
  const Judgement judgement = judged(heard_until(24, 24, 840));
  REQUIRE(test::ids(judgement) == std::vector<std::string>{"udp-flow-cut"});
  CHECK(judgement.findings().front().title ==
        "Audio through LiveKit at 198.51.100.23 is cut off after 120 ms: 24 packets came back, and then none "
        "of 816");
  CHECK(judgement.findings().front().severity == Severity::failure);
}

TEST_CASE("audio of which most is lost until the end is a failure all the same") {
  const Judgement judgement = judged(heard_until(838, 300, 840));
  REQUIRE(test::ids(judgement) == std::vector<std::string>{"packet-loss-high"});
  CHECK(judgement.findings().front().severity == Severity::failure);
}

TEST_CASE("audio that is cut off because LiveKit went away is not a flow that a firewall ends") {
  const std::vector<probes::AudioLoop> loops{heard_until(24, 24, 840)};
  const probes::Afterwards gone{true, false, 0, "wss://lk.uni.example", "timed out"};
  const Json observed{{"loops", loops}, {"afterwards", gone}};
  CHECK(test::ids(test::judge(*checks::make_media_loop(), observed, {}, {})) ==
        std::vector<std::string>{"livekit-lost-during-run"});
}

TEST_CASE("a test call of which nothing is heard was cut off where its ICE checks end as well") {
  probes::AudioLoop loop = heard_until(0, 0, 0);
  loop.expected_until_last = 0;
  loop.sent = 1'106;
  loop.from_livekit = 0;
  loop.publisher.path = {220, 20, Microseconds(900), 20, {}};
  loop.subscriber.path = {245, 0, {}, 0, {}, 3};
  const Judgement judgement = judged(loop);
  REQUIRE(test::ids(judgement) == std::vector<std::string>{"udp-flow-cut"});
  CHECK(judgement.findings().front().title ==
        "A test call over UDP with LiveKit at 198.51.100.23 connects and is cut off: none of 1106 audio "
        "packets came back, and ICE checks are not answered any more (200 since)");
}

TEST_CASE("audio that ends while small checks still come through now and then is loss") {
  probes::AudioLoop loop = heard_until(24, 24, 840);
  loop.publisher.path = {245, 60, Microseconds(900), 240, {}};
  CHECK(test::ids(judged(loop)) == std::vector<std::string>{"packet-loss-high"});
}
