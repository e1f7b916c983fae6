// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/probes/audio_loop.hpp>
#include <lkdoctor/probes/tokens.hpp>
#include <lkdoctor/proto/srtp.hpp>

#include "probes/audio_frames.hpp"

namespace lkdoctor::probes {
namespace {

constexpr int kShortTrain = 40, kLongTrain = 840;  // packets after the first one that was heard
constexpr int kThoroughTrain = 2'400;              // LiveKit says what it thinks of a connection after 5 s
constexpr std::size_t kLeadIn = 2;                 // packets before the subscriber joins
constexpr int kBurst = 8;                          // packets sent at once after a late wake-up
constexpr Milliseconds kHandshake{2'000};
constexpr Milliseconds kWait{150};  // for the last packets, on top of three times their way
constexpr std::size_t kSentLimit = 8'192;

struct Sent {
  Deadline at;
  std::size_t frame = 0;
  bool heard = false;
  bool large() const { return frame == kLongestFrame; }
};

/// What both participants share; they run on one thread.
struct Loop {
  LoopPatience patience;
  AudioLoop seen;
  std::vector<Sent> sent;
  std::vector<Microseconds> delays;
  std::optional<std::size_t> first;  // the first packet that was heard
  std::optional<Deadline> both_connected;
  int sides = 0;
  int train = kShortTrain;
  bool over = false;
  net::Bell speaking;
  std::vector<net::Bell*> bells;

  void ring() {
    speaking.ring();
    for (net::Bell* bell : bells) bell->ring();
  }
  void connected(MediaSession& session) {
    bells.push_back(&session.bell());
    if (++sides == 2) both_connected = Clock::now();
    ring();
  }
  void disconnected(MediaSession& session) {
    std::erase(bells, &session.bell());
    over = true;
    ring();
  }
  bool in_vain() const {
    return !first && both_connected && Clock::now() > *both_connected + patience.first_packet;
  }
  bool train_is_sent() const { return first && sent.size() >= *first + static_cast<std::size_t>(train); }
  bool all_heard() const { return first && delays.size() == sent.size() - *first; }
  Milliseconds stragglers() const {
    const auto slowest = delays.empty() ? Microseconds(0) : std::ranges::max(delays);
    return kWait + std::chrono::ceil<Milliseconds>(slowest);
  }
  void heard(std::size_t index, const proto::RtpPacket& packet, proto::RtpStats& stats);
  void conclude();
};

/// A participant who is there; however its coroutine ends, nobody rings for it any more.
class Attendance {
 public:
  Attendance(Loop& loop, MediaSession& session) : loop_(loop), session_(session) {
    loop_.connected(session_);
  }
  Attendance(const Attendance&) = delete;
  Attendance& operator=(const Attendance&) = delete;
  ~Attendance() { loop_.disconnected(session_); }

 private:
  Loop& loop_;
  MediaSession& session_;
};

void Loop::heard(std::size_t index, const proto::RtpPacket& packet, proto::RtpStats& stats) {
  if (index >= sent.size()) {
    ++seen.foreign;
    return;
  }
  const Deadline now = Clock::now();
  stats.packet(packet.sequence, packet.timestamp, now);
  if (sent[index].heard) return;
  if (!first) {
    first = index;
    seen.first_packet = std::chrono::duration_cast<Microseconds>(now - sent.front().at);
  }
  if (index < *first) return;  // overtaken by the first one; the count begins there
  sent[index].heard = true;
  delays.push_back(std::chrono::duration_cast<Microseconds>(now - sent[index].at));
}

void Loop::conclude() {
  seen.sent = static_cast<int>(sent.size());
  if (!first) return;
  for (std::size_t i = *first; i < sent.size(); ++i) {
    ++seen.expected;
    seen.delivered += sent[i].heard ? 1 : 0;
    if (sent[i].heard) {
      seen.expected_until_last = seen.expected;
      seen.last_heard = std::chrono::duration_cast<Microseconds>(sent[i].at - sent.front().at);
    }
    seen.large_expected += sent[i].large() ? 1 : 0;
    seen.large_delivered += sent[i].large() && sent[i].heard ? 1 : 0;
  }
  std::ranges::sort(delays);
  if (delays.empty()) return;
  seen.delay = delays[delays.size() / 2];
  seen.least_delay = delays.front();
}

/// Our voice: one packet each 2.5 ms.
struct Voice {
  std::uint32_t ssrc;
  proto::Srtp srtp;
  std::uint16_t first_sequence = 1;

  Bytes packet(std::size_t index) {
    proto::RtpPacket rtp;
    rtp.payload_type = proto::kOpusPayload;
    rtp.marker = index == 0;
    rtp.sequence = static_cast<std::uint16_t>(first_sequence + index);
    rtp.timestamp = static_cast<std::uint32_t>(index) * proto::opus::kSamplesPerFrame;
    rtp.ssrc = ssrc;
    rtp.payload = frame_for(index);
    return srtp.protect_rtp(proto::encode_rtp(rtp)).value_or(Bytes{});
  }
};

void say_next(Loop* loop, Voice* voice, MediaSession& session) {
  const std::size_t index = loop->sent.size();
  Bytes packet = voice->packet(index);
  loop->sent.push_back({Clock::now(), frame_length(index), false});
  if (loop->sent.back().large()) loop->seen.large_bytes = packet.size();
  session.link().send(std::move(packet));
  if (loop->sent.size() == kLeadIn) loop->ring();
}

/// Speaks until the train is complete, and once more if some of it was lost.
awaitable<void> speak(Loop* loop, Voice* voice, MediaSession& session) {
  const Deadline begun = Clock::now();
  while (!loop->over && !loop->in_vain() && loop->sent.size() < kSentLimit) {
    if (loop->train_is_sent()) {
      const Deadline until = Clock::now() + loop->stragglers();
      bool waiting = true;
      while (waiting && !loop->all_heard() && !loop->over) waiting = co_await session.bell().wait(until);
      if (loop->all_heard() || loop->train != kShortTrain) break;
      loop->train = kLongTrain;
    }
    const auto due = static_cast<std::size_t>((Clock::now() - begun) / proto::opus::kFrame) + 1;
    for (int i = 0; i < kBurst && loop->sent.size() < due && !loop->train_is_sent(); ++i) {
      say_next(loop, voice, session);
    }
    co_await net::sleep_until(Clock::now() + proto::opus::kFrame);
  }
}

/// LiveKit's receiver reports.
awaitable<void> read_reports(Loop* loop, Voice* voice, MediaSession& session) {
  while (!loop->over) {
    const auto packet = co_await session.link().receive(Clock::now() + Milliseconds(1'000));
    const auto plain = packet ? voice->srtp.unprotect_rtcp(*packet) : std::nullopt;
    if (!plain) continue;
    ++loop->seen.from_livekit;
    for (const proto::RtcpPacket& one : proto::decode_rtcp(*plain)) {
      for (const proto::RtcpReportBlock& block : one.reports) {
        if (block.ssrc != voice->ssrc) continue;
        UplinkWord& word = loop->seen.uplink;
        ++word.reports;
        word.lost = block.lost;
        word.highest = block.highest_sequence;
        word.worst_fraction = std::max(word.worst_fraction, block.fraction_lost);
      }
    }
  }
}

/// A thorough run asks LiveKit while both are there.
awaitable<void> speak_and_ask(Probe& probe, Loop* loop, Voice* voice, MediaSession& session) {
  co_await speak(loop, voice, session);
  if (!loop->all_heard()) co_await measure_path(session, &session.path());
  const Deployment& deployment = probe.deployment();
  if (loop->over || !deployment.run.thorough || !mints_tokens(probe)) co_return;
  co_await list_participants(probe, session.signal().report().room, &loop->seen.word);
}

awaitable<void> publish(Probe& probe, Loop* loop, MediaSession& session) {
  const auto keys = session.link().dtls().srtp_keys();
  if (!keys) co_return;
  Voice voice{session.ssrc(), proto::Srtp(*keys)};
  const Attendance there(*loop, session);
  auto speaking = speak_and_ask(probe, loop, &voice, session);
  std::vector<awaitable<void>> helpers;
  helpers.push_back(read_reports(loop, &voice, session));
  co_await net::beside(std::move(speaking), std::move(helpers));
  loop->seen.published = !session.track_sid().empty();
  if (const proto::SdpRemote* answer = session.remote()) loop->seen.opus_taken = keeps_opus(*answer);
  loop->seen.word.publisher_quality = word_of(session.quality());
}

awaitable<void> listen(Loop* loop, MediaSession& session) {
  const auto keys = session.link().dtls().srtp_keys();
  if (!keys) co_return;
  proto::Srtp srtp(*keys);
  proto::RtpStats stats(proto::opus::kClockRate);
  const Attendance there(*loop, session);
  while (!loop->over) {
    const auto packet = co_await session.link().receive(Clock::now() + Milliseconds(50));
    if (!packet) continue;
    const bool report = proto::is_rtcp(*packet);
    const auto plain = report ? srtp.unprotect_rtcp(*packet) : srtp.unprotect_rtp(*packet);
    if (plain) ++loop->seen.from_livekit;
    if (report) continue;
    const auto rtp = plain ? proto::decode_rtp(*plain) : std::nullopt;
    const auto index = rtp ? index_of(rtp->payload) : std::nullopt;
    if (!index) {
      ++loop->seen.foreign;
      continue;
    }
    loop->heard(*index, *rtp, stats);
    loop->seen.largest_heard = std::max(loop->seen.largest_heard, packet->size());
    loop->ring();
  }
  loop->seen.counts = stats.counts();
  if (!loop->all_heard()) co_await measure_path(session, &session.path());
  loop->seen.word.subscriber_quality = word_of(session.quality());
}

MediaPlan plan_for(Transport transport, const std::string& room, const LoopPatience& patience) {
  MediaPlan plan;
  plan.transport = transport;
  plan.send_candidates = true;  // as a browser does; media_udp tells what depends on that
  plan.ice_patience = patience.ice;
  plan.dtls_patience = kHandshake;
  plan.signal.room = room;
  return plan;
}

awaitable<void> hold_publisher(Probe& probe, Loop* loop, std::string room) {
  MediaPlan plan = plan_for(loop->seen.transport, room, loop->patience);
  plan.publish_audio = true;
  plan.signal.publish = true;
  plan.signal.hidden = false;  // nobody hears a hidden participant
  plan.signal.first = true;
  MediaBody body = [&probe, loop](MediaSession& session) { return publish(probe, loop, session); };
  loop->seen.publisher = co_await hold_session(probe, std::move(plan), std::move(body));
  loop->over = true;
  loop->ring();
}

/// Comes after the publisher speaks: LiveKit's first offer then carries the audio. To somebody who is there
/// already it makes a second one, 150 ms later.
awaitable<void> hold_subscriber(Probe& probe, Loop* loop, std::string room) {
  const Deadline latest = probe.deadline();
  while (!loop->over && loop->sent.size() < kLeadIn) (void)co_await loop->speaking.wait(latest);
  if (loop->over) co_return;
  MediaPlan plan = plan_for(loop->seen.transport, room, loop->patience);
  plan.subscribe = true;
  plan.signal.subscribe = true;
  MediaBody body = [loop](MediaSession& session) { return listen(loop, session); };
  loop->seen.subscriber = co_await hold_session(probe, std::move(plan), std::move(body));
  loop->over = true;
  loop->ring();
}

}  // namespace

std::optional<Microseconds> AudioLoop::one_way_estimate() const {
  if (!least_delay) return std::nullopt;
  return *least_delay / 2;
}

std::optional<double> AudioLoop::loss_ratio() const {
  if (expected == 0) return std::nullopt;
  return static_cast<double>(expected - delivered) / expected;
}

awaitable<AudioLoop> run_audio_loop(Probe& probe, Transport transport, LoopPatience patience) {
  Loop loop;
  loop.patience = patience;
  if (probe.deployment().run.thorough) loop.train = kThoroughTrain;
  loop.seen.transport = transport;
  const std::string room = random_name();
  std::vector<awaitable<void>> sides;
  sides.push_back(hold_publisher(probe, &loop, room));
  sides.push_back(hold_subscriber(probe, &loop, room));
  co_await net::all(std::move(sides));
  loop.conclude();
  co_return std::move(loop.seen);
}

}  // namespace lkdoctor::probes
