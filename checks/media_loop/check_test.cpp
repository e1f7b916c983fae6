// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/forward_proxy.hpp>
#include <lkdoctor/facts/media_proof.hpp>
#include <lkdoctor/probes/audio_loop.hpp>
#include <lkdoctor/probes/still_there.hpp>

#include "support/media_sessions.hpp"
#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_media_loop();
}

using namespace lkdoctor;
using probes::AudioLoop;
using probes::MediaReport;
using probes::MediaStage;
using probes::Transport;

namespace {

/// Both ends are connected; `lost` of `expected` packets are not heard, of them `large_lost` of the large
/// ones.
AudioLoop call(int expected, int lost = 0, int large_lost = 0) {
  AudioLoop loop;
  loop.publisher = loop.subscriber = test::session_up_to(MediaStage::done);
  loop.sent = expected + 60;
  loop.from_livekit = expected - lost;
  loop.first_packet = Milliseconds(165);
  loop.last_heard = Milliseconds(800);
  loop.expected = expected;
  loop.delivered = expected - lost;
  loop.large_expected = expected / 8;
  loop.large_delivered = loop.large_expected - large_lost;
  loop.large_bytes = 1'178;
  loop.delay = Microseconds(480);
  loop.counts.jitter_ms = 0.5;
  return loop;
}
AudioLoop dead(Transport transport, MediaStage stage, std::string why) {
  AudioLoop loop;
  loop.transport = transport;
  loop.publisher = test::session_up_to(stage, std::move(why));
  loop.subscriber = test::session_up_to(MediaStage::signalling);
  return loop;
}
AudioLoop silent(int from_livekit) {
  AudioLoop loop = call(0);
  loop.published = true;
  loop.sent = 1'000;
  loop.from_livekit = from_livekit;
  loop.first_packet.reset();
  loop.delay.reset();
  return loop;
}

Judgement judged(const std::vector<AudioLoop>& loops) {
  return test::judge(*checks::make_media_loop(), Json{{"loops", loops}}, {}, {});
}
std::string first(const Judgement& judgement) {
  if (judgement.findings().empty())
    return judgement.unknown_reason() ? "unknown: " + *judgement.unknown_reason() : "-";
  const Finding& finding = judgement.findings().front();
  return finding.id + " " + Json(finding.severity).get<std::string>() + ": " + finding.title;
}

}  // namespace

TEST_CASE("a call in which everything is heard: no finding, and the figures are facts") {
  const Judgement judgement = judged({call(40)});
  CHECK(first(judgement) == "-");
  REQUIRE(judgement.untested().size() == 1);
  CHECK(judgement.untested().front().what == "calls longer than 1 s");
  CHECK(judgement.facts().at("transport") == "udp");
  CHECK(judgement.facts().at("connected") == true);
  CHECK(judgement.facts().at("delivered") == true);
  CHECK(judgement.facts().at("rtt_ms") == 0.48);
  CHECK(judgement.facts().at("loss_ratio") == 0.0);
  CHECK(judgement.facts().at("first_packet_ms") == 165.0);
  CHECK(judgement.facts().at("candidates").size() == 1);
}

TEST_CASE("the longest datagram that came back is a fact, over TCP there is none") {
  AudioLoop loop = call(40);
  loop.largest_heard = 1'182;
  CHECK(judged({loop}).facts().at("largest_datagram_down") == 1'182);
  loop.transport = Transport::tcp;
  CHECK(judged({loop}).facts().at("largest_datagram_down").is_null());
}

TEST_CASE("half of the fastest packet's way is the estimate of one way, and null where nothing was heard") {
  AudioLoop loop = call(40);
  CHECK(judged({loop}).facts().at("one_way_estimate_ms").is_null());
  loop.least_delay = Microseconds(420);
  CHECK(judged({loop}).facts().at("one_way_estimate_ms") == 0.21);
}

TEST_CASE("LiveKit's own word is a fact, and what it did not say is null") {
  AudioLoop loop = call(40);
  const Json nothing = {{"state", nullptr}, {"quality", nullptr}, {"leave", nullptr}};
  CHECK(judged({loop}).facts().at("livekit_says") == Json{{"publisher", nothing}, {"subscriber", nothing}});
  loop.publisher.signalling.identity = "lkdoctor-1";
  loop.subscriber.signalling.identity = "lkdoctor-2";
  loop.subscriber.signalling.leave_reason = 3;
  loop.word.participants = {{"lkdoctor-2", "JOINED"}, {"lkdoctor-1", "ACTIVE"}};
  loop.word.publisher_quality = "excellent";
  const Json said = judged({loop}).facts().at("livekit_says");
  CHECK(said.at("publisher") == Json{{"state", "ACTIVE"}, {"quality", "excellent"}, {"leave", nullptr}});
  CHECK(said.at("subscriber") ==
        Json{{"state", "JOINED"}, {"quality", nullptr}, {"leave", "SERVER_SHUTDOWN"}});
}

TEST_CASE("LiveKit's word is compared only where nearly everything was heard") {
  AudioLoop loop = call(2'400, 10);
  loop.publisher.signalling.identity = "lkdoctor-1";
  loop.subscriber.signalling.identity = "lkdoctor-2";
  loop.word.participants = {{"lkdoctor-1", "ACTIVE"}, {"lkdoctor-2", "JOINED"}};
  loop.word.publisher_quality = "excellent";
  loop.word.subscriber_quality = "good";
  CHECK(first(judged({loop})) == "-");
  loop.word.participants.pop_back();
  loop.word.publisher_quality = "lost";
  CHECK(first(judged({loop})) ==
        "livekit-sees-otherwise info: 2390 of 2400 audio packets came back, and LiveKit says: the speaker's "
        "connection is lost, the listener is not in the room.");
  loop.delivered = 2'300;
  CHECK(first(judged({loop})) == "-");
}

TEST_CASE("WHIP is there, is not, or is not known") {
  AudioLoop loop = call(40);
  CHECK(judged({loop}).facts().at("whip").is_null());
  loop.word.whip_status = 204;
  CHECK(judged({loop}).facts().at("whip") == true);
  loop.word.whip_status = 404;
  CHECK(judged({loop}).facts().at("whip") == false);
}

TEST_CASE("where large packets vanish, LiveKit's reports say on which way") {
  AudioLoop loop = call(840, 105, 105);
  loop.uplink = {2, 0, 800, 0.0};
  CHECK(judged({loop}).findings().front().title ==
        "Small audio packets come back through LiveKit at 198.51.100.23, those of 1178 bytes never do: they "
        "are lost on the way from LiveKit.");
  loop.uplink = {2, 98, 800, 0.12};
  CHECK(judged({loop}).findings().front().title ==
        "Small audio packets come back through LiveKit at 198.51.100.23, those of 1178 bytes never do: they "
        "are lost on the way to LiveKit.");
}

TEST_CASE("one percent and a few packets of a short train are no finding") {
  CHECK(first(judged({call(840, 9)})) == "-");
  CHECK(first(judged({call(40, 3)})) == "-");
}

TEST_CASE("a tenth of the audio lost is a warning with the count") {
  AudioLoop loop = call(840, 84, 10);
  loop.uplink = {2, 40, 900, 0.1};
  const Judgement judgement = judged({loop});
  CHECK(first(judgement) ==
        "packet-loss-high warning: 10.0 % of the audio sent through LiveKit at 198.51.100.23 and back is "
        "lost (84 of 840 "
        "packets over UDP).");
}

TEST_CASE("large packets alone vanish: a size, not a loss") {
  CHECK(first(judged({call(840, 105, 105)})) ==
        "path-mtu-blackhole failure: Small audio packets come back through LiveKit at 198.51.100.23, those "
        "of 1178 bytes "
        "never do.");
}

TEST_CASE("connected and nothing heard: what LiveKit sends of its own tells which way the sound is lost") {
  CHECK(first(judged({silent(0)})) ==
        "one-way-udp failure: Both ends of a test call are connected over UDP, but no RTP comes from LiveKit "
        "at "
        "198.51.100.23.");
  CHECK(first(judged({silent(3)})) ==
        "one-way-udp failure: Both ends of a test call are connected over UDP, but none of the audio sent "
        "from here "
        "reaches LiveKit at 198.51.100.23.");
}

TEST_CASE("no connection over any transport: what each came to is evidence") {
  const Judgement judgement =
      judged({dead(Transport::udp, MediaStage::ice, "no candidate carried; nothing came back"),
              dead(Transport::tcp, MediaStage::ice, "no candidate carried")});
  CHECK(first(judgement) ==
        "health-ok-media-dead failure: Joining at wss://livekit.example works, and no media connection comes "
        "about: "
        "nobody hears anybody.");
  CHECK(judgement.facts().at("connected") == false);
  CHECK(judgement.facts().at("loss_ratio") == nullptr);
}

TEST_CASE("where the only way out is a forward proxy, a call that does not come about proves nothing") {
  Facts facts;
  facts.set(facts::forward_proxy, facts::ProxyWay{"http://proxy:3128", true});
  const std::vector<AudioLoop> loops = {dead(Transport::udp, MediaStage::ice, "nothing came back")};
  CHECK(first(test::judge(*checks::make_media_loop(), Json{{"loops", loops}}, facts, {})) ==
        "unknown: no test call: the way out of this network is the forward proxy http://proxy:3128, which "
        "carries no media");
}

TEST_CASE(
    "no call over UDP or TCP beside a relay that carries is a warning, whatever this network lets out") {
  const std::vector<AudioLoop> loops = {dead(Transport::udp, MediaStage::ice, "nothing came back")};
  const auto told = [&](const Facts& facts) {
    Deployment deployment;
    deployment.run.vantage = Vantage::outside;
    return first(test::judge(*checks::make_media_loop(), Json{{"loops", loops}}, facts, deployment));
  };
  const std::string relayed =
      "health-ok-media-dead warning: No test call comes about over UDP or TCP from here; media passes "
      "through "
      "TURN alone.";
  Facts facts;
  facts.set(facts::turn_tls_proof, {true, false, "done", {"198.51.100.7:443"}, {}, {}});
  CHECK(told(facts) == relayed);
  facts.set(facts::turn_udp_proof, {false, false, "", {}, {"198.51.100.7:3478"}, {}});
  CHECK(told(facts) == relayed);
}

TEST_CASE("heard over TCP after UDP was dead: the call works, and the fact says over what") {
  AudioLoop tcp = call(40);
  tcp.transport = Transport::tcp;
  const Judgement judgement = judged({dead(Transport::udp, MediaStage::ice, "nothing came back"), tcp});
  CHECK(first(judgement) == "-");
  CHECK(judgement.facts().at("transport") == "tcp");
}

TEST_CASE("silence over UDP is a finding although TCP is heard: browsers stay on what connects") {
  AudioLoop tcp = call(40);
  tcp.transport = Transport::tcp;
  CHECK(first(judged({silent(0), tcp})).starts_with("one-way-udp failure"));
}

TEST_CASE("no join is no judgement of media") {
  CHECK(first(judged({dead(Transport::udp, MediaStage::signalling, "no session: refused")})) ==
        "unknown: no test call: no session: refused");
  CHECK(first(judged({dead(Transport::udp, MediaStage::description, "no answer to our offer came")})) ==
        "unknown: no test call: no answer to our offer came");
  AudioLoop waited = dead(Transport::udp, MediaStage::signalling, "");
  CHECK(first(judged({waited})) == "unknown: no test call: one side did not join in time");
  waited.subscriber.why = "no session: no answer in time";
  CHECK(first(judged({waited})) == "unknown: no test call: no session: no answer in time");
}

TEST_CASE("one token is one participant") {
  const auto check = checks::make_media_loop();
  Deployment deployment;
  CHECK(check->skip_reason(deployment) == "needs a key pair, or a token file with two tokens");
  deployment.secrets.subscriber_token = Secret("second");
  CHECK(check->skip_reason(deployment) == std::nullopt);
}

TEST_CASE("a report of LiveKit on our audio proves that it arrived: the way back is closed") {
  AudioLoop loop = silent(3);
  loop.uplink = {1, 0, 900, 0};
  CHECK(first(judged({loop})) ==
        "one-way-udp failure: Both ends of a test call are connected over UDP, but no RTP comes from LiveKit "
        "at 198.51.100.23.");
}

TEST_CASE("a track that LiveKit did not take says nothing about the network") {
  AudioLoop loop = silent(3);
  loop.published = false;
  CHECK(first(judged({loop})) ==
        "unknown: LiveKit did not take the track of the test call: the token may lack canPublish, or "
        "room.enabled_codecs Opus");
}

TEST_CASE("the two ends of a call on two servers: not the network's fault") {
  AudioLoop loop = silent(0);
  loop.publisher.signalling.node = "ND_one";
  loop.subscriber.signalling.node = "ND_two";
  loop.publisher.signalling.left = true;
  CHECK(
      first(judged({loop})) ==
      "nodes-inconsistent failure: Two people who join one room at wss://livekit.example land on two LiveKit "
      "servers that do not know of each other");
}

TEST_CASE("what is not heard after LiveKit has ended the call is no loss") {
  AudioLoop loop = call(2'400, 568);
  CHECK(test::ids(judged({loop})) == std::vector<std::string>{"packet-loss-high"});
  loop.publisher.signalling.leave_reason = loop.subscriber.signalling.leave_reason = 5;
  const Judgement ended = judged({loop});
  REQUIRE(test::ids(ended) == std::vector<std::string>{"session-ended-by-livekit"});
  CHECK(ended.findings().front().title == "LiveKit ended the test call by itself: ROOM_DELETED.");
  CHECK(ended.findings().front().severity == Severity::warning);
  CHECK_FALSE(ended.unknown_reason());
  loop.delivered = 0;
  CHECK(judged({loop}).unknown_reason() == "LiveKit ended the test call before it was heard");
  loop.delivered = loop.expected - 568;
  loop.publisher.signalling.leave_reason = 2;
  CHECK(test::ids(judged({loop})) == std::vector<std::string>{"duplicate-identity-kick"});
  loop.publisher.signalling.leave_reason = 14;  // CONNECTION_TIMEOUT: what lost packets lead to
  CHECK(test::ids(judged({loop})).front() == "packet-loss-high");
}

TEST_CASE("an answer without Opus is LiveKit's setting, not a one-way network") {
  AudioLoop loop = silent(3);
  loop.opus_taken = true;
  CHECK(first(judged({loop})).starts_with("one-way-udp"));
  loop.opus_taken = false;
  CHECK(first(judged({loop})) ==
        "opus-not-enabled failure: LiveKit at wss://livekit.example takes no Opus: its answer to an offer of "
        "Opus leaves it out, and nobody is heard.");
}

TEST_CASE("a second participant whom LiveKit refuses is a refused join, not dead media") {
  AudioLoop loop = dead(Transport::udp, MediaStage::ice, "the session ended");
  loop.publisher.signalling.joined_after = Milliseconds(94);
  loop.subscriber.signalling.url = "wss://livekit.example";
  loop.subscriber.signalling.status = 500;
  const Judgement judgement = judged({loop});
  CHECK(first(judgement) ==
        "join-refused failure: LiveKit at wss://livekit.example lets one participant into a room and refuses "
        "the second: HTTP 500. No two people can meet.");
  CHECK(judgement.findings().front().confidence == Confidence::likely);
  CHECK(judgement.findings().front().remedy.text ==
        "Look at room.max_participants and limit in LiveKit's configuration, and at its log of this minute; "
        "then restart LiveKit");
  loop.subscriber.signalling.status = 0;
  CHECK(first(judged({loop})).starts_with("health-ok-media-dead"));
}

TEST_CASE("LiveKit that went away in mid-call is not a one-way network") {
  const probes::Afterwards gone{true, false, 0, "wss://livekit.example", "connection refused"};
  const std::vector<AudioLoop> loops = {silent(0)};
  const Json observation{{"loops", loops}, {"afterwards", gone}};
  CHECK(
      first(test::judge(*checks::make_media_loop(), observation, {}, {})) ==
      "livekit-lost-during-run failure: LiveKit stopped answering during the run: wss://livekit.example let "
      "people join when it began, and does not any more (connection refused)");
}
