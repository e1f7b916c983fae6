// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/check.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/missing.hpp>
#include <lkdoctor/probes/media_survey.hpp>
#include <lkdoctor/probes/milliseconds.hpp>
#include <lkdoctor/probes/own_network.hpp>

#include "endings.hpp"
#include "observation.hpp"
#include "word.hpp"

namespace lkdoctor::checks {
namespace {

using probes::AudioLoop;
using probes::MediaReport;
using probes::MediaStage;
using probes::Transport;

constexpr int kEnoughToGrade = 100;  // packets; below, a loss ratio says little
constexpr double kLossLimit = 0.05;  // sound survives less
constexpr double kNobodyTalks = 0.5;
constexpr double kMostlyThere = 0.5;  // of the small ones, where the large ones are missing
constexpr int kEnoughLarge = 4;

constexpr std::string_view kNeeds[] = {facts::join_response.name};
constexpr std::string_view kGives[] = {facts::test_call.name};
constexpr const FindingDef* kFindings[] = {
    &findings::health_ok_media_dead,    &findings::one_way_udp,
    &findings::packet_loss_high,        &findings::path_mtu_blackhole,
    &findings::nodes_inconsistent,      &findings::livekit_lost_during_run,
    &findings::livekit_sees_otherwise,  &findings::session_ended_by_livekit,
    &findings::duplicate_identity_kick, &findings::join_refused,
    &findings::opus_not_enabled,        &findings::udp_flow_cut};
constexpr CheckInfo kInfo{
    .id = "media_loop",
    .title = "Audio goes through LiveKit and comes back",
    .findings = kFindings,
    .needs = kNeeds,
    .gives = kGives,
    .vantages = at({Vantage::outside, Vantage::inside, Vantage::livekit_host}),
    .must_have = at({Vantage::outside, Vantage::inside, Vantage::livekit_host}),
    .side_effect = SideEffect::join,
    .budget = Milliseconds(25'000),
};

bool was_heard(const AudioLoop& loop) {
  return loop.delivered > 0;
}

std::string_view word_for(Transport transport) {
  return transport == Transport::tcp ? "TCP" : "UDP";
}

/// The side that did not connect; the publisher where both did not.
const MediaReport& broken_side(const AudioLoop& loop) {
  return loop.publisher.connected() ? loop.subscriber : loop.publisher;
}

/// The first word on why the call did not begin. The side that waited for the other has none.
std::string why_not(const AudioLoop& loop) {
  for (const std::string* why : {&broken_side(loop).why, &loop.publisher.why, &loop.subscriber.why}) {
    if (!why->empty()) return *why;
  }
  return "one side did not join in time";
}

/// LiveKit took the session and described its side; what fails from there on is the path of media.
bool began(const AudioLoop& loop) {
  const MediaStage stage = broken_side(loop).stage;
  return stage != MediaStage::signalling && stage != MediaStage::description;
}

void judge_dead(const std::vector<AudioLoop>& loops, bool relayed, Judgement& judgement) {
  const MediaReport& first = loops.front().publisher;
  std::string ways;
  for (const AudioLoop& loop : loops) {
    ways +=
        fmt::format("{}{}: {}", ways.empty() ? "" : "; ", word_for(loop.transport), broken_side(loop).why);
  }
  Finding& finding =
      judgement.raise(findings::health_ok_media_dead, first.signalling.url)
          .saying("Joining at " + first.signalling.url +
                  " works, and no media connection comes about: nobody hears anybody.")
          .with("joined_ms",
                first.signalling.joined_after ? Json(first.signalling.joined_after->count() / 1000) : Json());
  finding.quoting("why", ways);
  if (!relayed) return;
  finding.graded(Severity::warning)
      .saying("No test call comes about over UDP or TCP from here; media passes through TURN alone.");
  judgement.not_tested("audio through TURN", "test calls go over UDP and TCP",
                       "hold a call from this network");
}

const std::string kNoTrack = "the token may lack canPublish, or room.enabled_codecs Opus";

/// The room has a server, and everybody in it is there, unless servers know nothing of each other.
bool on_two_servers(const AudioLoop& loop) {
  const std::string &one = loop.publisher.signalling.node, &other = loop.subscriber.signalling.node;
  // A server that was restarted in between has another name, and took no leave.
  return !one.empty() && !other.empty() && one != other && loop.publisher.signalling.left;
}

void judge_two_servers(const AudioLoop& loop, Judgement& judgement) {
  const probes::SignalReport &one = loop.publisher.signalling, &other = loop.subscriber.signalling;
  probes::judge_split(one.url, one.node, other.node, judgement);
}

/// Both are connected and nothing was heard. Reports that LiveKit sends of its own show that its way to us is
/// open.
void judge_silence(const AudioLoop& loop, Judgement& judgement) {
  // A report on our packets proves that they arrived; then it is the way back that is closed.
  const bool arrived = loop.uplink.reports > 0 && loop.uplink.highest > 0;
  const bool comes_back = loop.from_livekit > 0 && !arrived;
  const std::string peer = (comes_back ? loop.publisher : loop.subscriber).peer();
  const std::string_view way = word_for(loop.transport);
  const std::string said =
      comes_back ? fmt::format(
                       "Both ends of a test call are connected over {}, but none of the audio sent from here "
                       "reaches "
                       "LiveKit at {}.",
                       way, peer)
                 : fmt::format(
                       "Both ends of a test call are connected over {}, but no RTP comes from LiveKit at {}.",
                       way, peer);
  const Json direction = comes_back ? "to LiveKit" : (arrived ? "from LiveKit" : Json());
  judgement.raise(findings::one_way_udp, peer)
      .saying(said)
      .sure(Confidence::likely)
      .change(comes_back || arrived ? remedy_for(comes_back) : kBothWays)
      .with("direction", direction)
      .with("packets_sent", loop.sent)
      .with("packets_heard", 0)
      .with("packets_of_livekit", loop.from_livekit)
      .with("reports_of_livekit_on_our_audio", loop.uplink.reports);
}

bool large_ones_vanish(const AudioLoop& loop) {
  const int small_expected = loop.expected - loop.large_expected;
  const int small_delivered = loop.delivered - loop.large_delivered;
  return loop.large_expected >= kEnoughLarge && loop.large_delivered == 0 && small_expected > 0 &&
         small_delivered > kMostlyThere * small_expected;
}

/// LiveKit's receiver reports say whether it missed what we did not hear.
std::string_view way_of_loss(const AudioLoop& loop) {
  const double share = static_cast<double>(loop.expected - loop.delivered) / loop.expected;
  const double missed = share * loop.uplink.highest;  // of what the latest report covers; we count from 1
  if (loop.uplink.reports == 0 || missed < kEnoughLarge) return {};
  return loop.uplink.lost > missed / 2 ? "to LiveKit" : "from LiveKit";
}

void judge_sizes(const AudioLoop& loop, Judgement& judgement) {
  const std::string peer = loop.publisher.peer();
  const std::string_view way = way_of_loss(loop);
  const std::string where = way.empty() ? "" : fmt::format(": they are lost on the way {}", way);
  judgement.raise(findings::path_mtu_blackhole, peer)
      .saying(
          fmt::format("Small audio packets come back through LiveKit at {}, those of {} bytes never do{}.",
                      peer, loop.large_bytes, where))
      .with("direction", way.empty() ? Json() : Json(way))
      .with("largest_heard_bytes", loop.largest_heard)
      .with("large_bytes", loop.large_bytes)
      .with("large_sent", loop.large_expected)
      .with("large_heard", loop.large_delivered)
      .with("small_sent", loop.expected - loop.large_expected)
      .with("small_heard", loop.delivered);
}

void judge_loss(const AudioLoop& loop, const Deployment& deployment, Judgement& judgement) {
  if (loop.transport == Transport::udp && loop.was_cut()) return raise_cut(loop, judgement);
  const double limit = deployment.run.thresholds.packet_loss_ratio.value_or(kLossLimit);
  const auto ratio = loop.loss_ratio();
  if (!ratio || loop.expected < kEnoughToGrade || *ratio <= limit) return;
  judgement.raise(findings::packet_loss_high, std::string(word_for(loop.transport)))
      .graded(*ratio > kNobodyTalks ? Severity::failure : Severity::warning)
      .saying(fmt::format(
          "{:.1f} % of the audio sent through LiveKit at {} and back is lost ({} of {} packets over {}).",
          *ratio * 100, loop.publisher.peer(), loop.expected - loop.delivered, loop.expected,
          word_for(loop.transport)))
      .with("loss_ratio", *ratio)
      .with("packets_sent", loop.expected)
      .with("packets_heard", loop.delivered)
      .with("lost_on_the_way_up", loop.uplink.reports > 0 ? Json(loop.uplink.lost) : Json())
      .with("jitter_ms", loop.counts.jitter_ms);
}

void state_facts(const AudioLoop& loop, Judgement& judgement) {
  probes::MediaSurvey survey;
  survey.withheld.push_back(loop.publisher);
  probes::state_media_facts(survey, loop.transport, judgement);
  const bool heard = was_heard(loop);
  judgement.fact("connected", loop.connected());
  judgement.fact("rtt_ms", probes::milliseconds(loop.delay));
  judgement.fact("loss_ratio", loop.loss_ratio() ? Json(*loop.loss_ratio()) : Json());
  judgement.fact("delivered", heard);
  judgement.fact("packets_sent", loop.expected);
  judgement.fact("packets_heard", loop.delivered);
  judgement.fact("jitter_ms", heard ? Json(loop.counts.jitter_ms) : Json());
  judgement.fact("one_way_estimate_ms", probes::milliseconds(loop.one_way_estimate()));
  judgement.fact("first_packet_ms", probes::milliseconds(loop.first_packet));
  const bool datagrams = heard && loop.transport == Transport::udp;
  judgement.fact("largest_datagram_down", datagrams ? Json(loop.largest_heard) : Json());
  judgement.fact("livekit_says", livekits_word(loop));
  judgement.fact("whip", loop.word.offers_whip());
}

class MediaLoop final : public CheckOf<LoopObservation> {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }
  std::optional<std::string> skip_reason(const Deployment& deployment) const override {
    if (deployment.has_key_pair() || may_be_carried(deployment) ||
        !deployment.secrets.subscriber_token.empty())
      return std::nullopt;
    if (deployment.token.is_set()) return "one token is one participant: nobody would listen";
    return "needs a key pair, or a token file with two tokens";
  }
  awaitable<LoopObservation> collect(Probe& probe) const override {
    if (probe.fact(facts::join_response).by_whip)
      throw CouldNotTell("no test call: by WHIP, the only way in, one can speak and not listen");
    return observe_loops(probe);
  }

  void judge(const LoopObservation& observation, const Facts& facts, const Deployment& deployment,
             Judgement& judgement) const override {
    const auto& loops = observation.loops;
    const auto heard = std::ranges::find_if(loops, was_heard);
    const auto connected = std::ranges::find_if(loops, &AudioLoop::connected);
    const auto shown = heard != loops.end() ? heard : (connected != loops.end() ? connected : loops.begin());
    if (shown == loops.end()) return judgement.could_not_tell("nothing was tried");
    state_facts(*shown, judgement);
    if (probes::judge_lost(observation.afterwards, judgement)) return;
    // Where two could not come together, no way of media was tried.
    if (connected == loops.end() && judge_refused_second(loops.front(), judgement)) return;
    if (std::ranges::none_of(loops, began))
      return judgement.could_not_tell("no test call: " + why_not(loops.front()));
    if (connected == loops.end()) {
      const bool relayed = probes::a_relay_carries(facts);
      const auto why = probes::why_silence_proves_nothing(facts, deployment);
      if (why && !(relayed && probes::lets_no_udp_out(facts, deployment)))
        return judgement.could_not_tell("no test call: " + *why);
      return judge_dead(loops, relayed, judgement);
    }
    if (on_two_servers(*connected)) return judge_two_servers(*connected, judgement);
    if (judge_ended(*connected, judgement) || judge_no_opus(*connected, judgement)) return;
    if (!was_heard(*connected) && !connected->published) {
      return judgement.could_not_tell("LiveKit did not take the track of the test call: " + kNoTrack);
    }
    const bool cut = connected->transport == Transport::udp && connected->was_cut();
    if (!was_heard(*connected) && cut) return raise_cut(*connected, judgement);
    if (!was_heard(*connected)) judge_silence(*connected, judgement);
    if (heard == loops.end()) return;
    if (large_ones_vanish(*heard)) return judge_sizes(*heard, judgement);
    judge_loss(*heard, deployment, judgement);
    state_length(*heard, deployment, judgement);
    judge_word(*heard, judgement);
  }
};

}  // namespace

std::unique_ptr<Check> make_media_loop() {
  return std::make_unique<MediaLoop>();
}

}  // namespace lkdoctor::checks
