// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <lkdoctor/probes/media_session.hpp>
#include <lkdoctor/probes/tokens.hpp>

#include "probes/media_words.hpp"
#include "probes/stun_lookup.hpp"

namespace lkdoctor::probes {
namespace {

constexpr Milliseconds kSending{2'000};
constexpr Milliseconds kSpareForLeaving{1'000};
constexpr Milliseconds kClosely{6'000};  ///< measure_path() with all its looks, and leaving

std::uint32_t random_ssrc() {
  Bytes bytes(4);
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  return Reader(bytes).u32() | 1U;
}

Route route_of(const MediaPlan& plan) {
  if (plan.route) return plan.route;
  return plan.transport == Transport::tcp ? tcp_route() : udp_route();
}

std::string_view role_text(const MediaPlan& plan) {
  return plan.subscribe ? "offer" : "answer to our offer";
}

}  // namespace

struct MediaSession::State {
  State(Probe& with, MediaPlan planned)
      : probe(with),
        plan(std::move(planned)),
        identity(proto::DtlsIdentity::make(plan.certificate_padding)),
        local{proto::random_ice_credentials(), identity.fingerprint()},
        signal(with, plan.signal),
        link(local.ice, identity, route_of(plan)) {
    report.transport = plan.transport;
    report.sent_candidates = plan.send_candidates;
    if (plan.subscribe && plan.send_candidates && plan.transport == Transport::udp) link.hold_checks();
  }

  awaitable<void> run(MediaSession* session, MediaBody body);
  std::string offer() const;
  awaitable<void> begin();
  awaitable<void> drive(MediaSession* session, MediaBody body);
  awaitable<void> until_secured();
  awaitable<void> read_signals();
  awaitable<void> take(const proto::SignalMessage* message);
  awaitable<void> take_offer(proto::SessionDescription offer);
  awaitable<void> tell_candidates();
  awaitable<void> learn_own_address();
  Deadline next_deadline() const;
  void conclude();
  bool is_dtls_unanswered() const;

  Microseconds since_begin() const { return std::chrono::duration_cast<Microseconds>(Clock::now() - begun); }
  Deadline limit(Milliseconds patience) const {
    return earlier(Clock::now() + patience, probe.deadline() - kSpareForLeaving);
  }
  bool is_ours(proto::PeerTarget target) const {
    return (target == proto::PeerTarget::subscriber) == plan.subscribe;
  }

  Probe& probe;
  MediaPlan plan;
  proto::DtlsIdentity identity;
  proto::SdpLocal local;
  SignalSession signal;
  MediaLink link;
  MediaReport report;
  std::optional<proto::SdpRemote> remote;
  std::optional<proto::Quality> quality;
  std::string track_cid = random_name(), track_sid;
  std::uint32_t ssrc = random_ssrc();
  Deadline begun = Clock::now(), described_at = begun;
  bool over = false;
};

std::string MediaReport::peer() const {
  const CandidateReport* carrier = link.carrier();
  return carrier != nullptr ? carrier->candidate.endpoint.address : signalling.url;
}

MediaSession::MediaSession(Probe& probe, MediaPlan plan)
    : state_(std::make_unique<State>(probe, std::move(plan))) {}
MediaSession::~MediaSession() = default;

SignalSession& MediaSession::signal() {
  return state_->signal;
}
MediaLink& MediaSession::link() {
  return state_->link;
}
const MediaPlan& MediaSession::plan() const {
  return state_->plan;
}
const proto::SdpRemote* MediaSession::remote() const {
  return state_->remote ? &*state_->remote : nullptr;
}
std::uint32_t MediaSession::ssrc() const {
  return state_->ssrc;
}
std::string MediaSession::track_sid() const {
  return state_->track_sid;
}
std::optional<proto::Quality> MediaSession::quality() const {
  return state_->quality;
}
PathQuality& MediaSession::path() {
  return state_->report.path;
}
net::Bell& MediaSession::bell() {
  return state_->link.bell();
}

std::string MediaSession::State::offer() const {
  std::optional<proto::AudioOffer> audio;
  if (plan.publish_audio) audio = proto::AudioOffer{track_cid, ssrc};
  return proto::make_offer(local, audio);
}

/// What we say first. A subscriber waits for LiveKit's offer; by WHIP the offer has opened the session.
awaitable<void> MediaSession::State::begin() {
  if (plan.subscribe || signal.by_whip()) co_return;
  if (plan.publish_audio) {
    Bytes announcement = proto::encode_add_audio_track(track_cid, "lkdoctor");
    (void)co_await signal.send(std::move(announcement), limit(kSending));
  }
  Bytes message = proto::encode_offer({offer(), 1});
  (void)co_await signal.send(std::move(message), limit(kSending));
}

awaitable<void> MediaSession::State::take_offer(proto::SessionDescription offer) {
  auto parsed = proto::parse_sdp(offer.sdp);
  if (!parsed) co_return;
  Bytes answer = proto::encode_answer({proto::make_answer(local, *parsed), offer.id});
  if (!remote) described_at = Clock::now();
  remote = std::move(parsed);
  // RFC 8445 §6.1.1: who offered controls, unless it is lite.
  link.set_remote(*remote, remote->ice_lite);
  (void)co_await signal.send(std::move(answer), limit(kSending));
}

awaitable<void> MediaSession::State::take(const proto::SignalMessage* message) {
  using proto::SignalKind;
  if (message->kind == SignalKind::offer && plan.subscribe) co_await take_offer(message->description);
  if (message->kind == SignalKind::answer && !plan.subscribe) {
    if (auto answer = proto::parse_sdp(message->description.sdp)) {
      if (!remote) described_at = Clock::now();
      remote = std::move(answer);
      link.set_remote(*remote, true);
    }
  }
  if (message->kind == SignalKind::trickle && is_ours(message->trickle.target)) {
    if (!message->trickle.candidate.empty()) link.add_candidate(message->trickle.candidate);
    if (message->trickle.final) link.end_of_candidates();
  }
  if (message->kind == SignalKind::track_published) track_sid = message->published.sid;
  for (const proto::ConnectionQuality& one : message->qualities) {
    if (one.participant_sid == signal.info().participant_sid) quality = one.quality;
  }
  if (!report.described && remote) report.described = since_begin();
}

awaitable<void> MediaSession::State::read_signals() {
  while (!over) {
    const SignalEvent event = co_await signal.next(Clock::now() + Milliseconds(60'000));
    const bool timed_out = event.outcome.error == net::NetError::timed_out;
    over = (!event.outcome.ok() && !timed_out) || event.message.kind == proto::SignalKind::leave;
    if (event.outcome.ok() && !over) co_await take(&event.message);
    link.bell().ring();
  }
}

/// LiveKit dials out to what it is told; that is what the second pass is for.
awaitable<void> MediaSession::State::tell_candidates() {
  for (const std::string& own : link.own_candidates()) {
    if (std::ranges::find(report.told, own) != report.told.end()) continue;
    report.told.push_back(own);
    proto::Trickle trickle;
    trickle.candidate = own;
    trickle.target = plan.subscribe ? proto::PeerTarget::subscriber : proto::PeerTarget::publisher;
    (void)co_await signal.tell(std::move(trickle), limit(kSending));
  }
  if (!report.told.empty() || link.ready()) link.release_checks();
}

/// Behind a translation LiveKit reaches us only where STUN servers see us. It hears of that when it is known.
awaitable<void> MediaSession::State::learn_own_address() {
  while (!link.is_translated()) (void)co_await link.bell().wait(Deadline::max());
  std::vector<Endpoint> servers = co_await look_up_stun(&probe.deployment(), signal.info().ice_urls);
  link.ask_stun(std::move(servers));
}

/// Until when the stage that runs now may last.
Deadline MediaSession::State::next_deadline() const {
  const Deadline last = probe.deadline() - kSpareForLeaving;
  if (!remote) return earlier(begun + plan.description_patience, last);
  if (const auto connected = link.connected_since()) return earlier(*connected + plan.dtls_patience, last);
  if (const auto tried = link.last_try_began()) return earlier(*tried + plan.ice_patience, last);
  return earlier(described_at + plan.candidate_patience, last);
}

awaitable<void> MediaSession::State::until_secured() {
  while (!link.secured() && !over) {
    if (plan.send_candidates && remote) co_await tell_candidates();
    if (remote && link.hopeless()) co_return;
    const Deadline deadline = next_deadline();
    if (Clock::now() >= deadline) co_return;
    (void)co_await link.bell().wait(deadline);
  }
}

awaitable<void> MediaSession::State::drive(MediaSession* session, MediaBody body) {
  begun = Clock::now();
  co_await begin();
  co_await until_secured();
  conclude();
  if (is_dtls_unanswered())
    co_await (plan.dtls_unanswered ? plan.dtls_unanswered(*session) : measure_path(*session, &report.path));
  if (!report.connected()) co_return;
  report.secured = since_begin();
  if (body) co_await body(*session);
}

/// A flow that was cut off in the handshake looks like a device that drops DTLS, until STUN is asked again.
bool MediaSession::State::is_dtls_unanswered() const {
  const bool silent = report.stage == MediaStage::dtls && !over && plan.transport == Transport::udp &&
                      report.link.dtls_failure == proto::DtlsFailure::none;
  return silent && Clock::now() + kClosely < probe.deadline();
}

/// Names the stage that did not end, and what was seen last.
void MediaSession::State::conclude() {
  report.link = link.report();
  const LinkReport& seen = report.link;
  const bool tried = link.last_try_began().has_value();
  const std::string left =
      over ? fmt::format("LiveKit ended the session ({})",
                         proto::leave_reason_name(signal.report().leave_reason.value_or(0)))
           : std::string{};
  report.cut = over && !link.secured();
  if (link.secured()) {
    report.stage = MediaStage::done;
  } else if (!remote) {
    report.stage = MediaStage::description;
    report.why = left.empty() ? fmt::format("no {} came", role_text(plan)) : left;
  } else if (!tried) {
    report.stage = MediaStage::candidates;
    report.why = seen.candidates.empty() ? "LiveKit named no candidate at all"
                                         : "LiveKit named no candidate for this transport";
  } else if (!link.connected()) {
    report.stage = MediaStage::ice;
    report.why = (left.empty() ? "no candidate carried" : left) + "; " + last_words_of(seen);
  } else {
    report.stage = MediaStage::dtls;
    report.why = left.empty() ? "DTLS did not end; " + last_words_of(seen) : left;
    if (left.empty() && !seen.dtls_reason.empty()) report.why = seen.dtls_reason;
  }
}

awaitable<void> MediaSession::State::run(MediaSession* session, MediaBody body) {
  const Deadline until = limit(signal.patience(plan.signalling_patience));
  const bool joined = co_await signal.join(until, signal.by_whip() ? offer() : std::string());
  if (!joined) {
    const bool late = signal.report().outcome.error == net::NetError::timed_out;
    // By WHIP the answer is LiveKit's description.
    if (signal.by_whip() && late) report.stage = MediaStage::description;
    report.why = "no session: " + why_in_vain(signal.report());
    co_return;
  }
  std::vector<awaitable<void>> helpers;
  helpers.push_back(read_signals());
  helpers.push_back(link.pump());
  if (plan.send_candidates && plan.transport == Transport::udp) helpers.push_back(learn_own_address());
  auto driving = drive(session, std::move(body));
  co_await net::beside(std::move(driving), std::move(helpers));
}

awaitable<MediaReport> hold_session(Probe& probe, MediaPlan plan, MediaBody body) {
  MediaSession session(probe, std::move(plan));
  MediaSession::State& state = *session.state_;
  auto running = state.run(&session, std::move(body));
  auto leaving = state.signal.leave();
  co_await net::finally(std::move(running), std::move(leaving));
  // What the body did to the link belongs to it, too.
  if (state.report.connected()) state.report.link = state.link.report();
  state.report.signalling = state.signal.report();
  co_return std::move(state.report);
}

}  // namespace lkdoctor::probes
