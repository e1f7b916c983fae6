// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <deque>
#include <lkdoctor/net/udp.hpp>
#include <lkdoctor/probes/media_link.hpp>

namespace lkdoctor::probes {
namespace {

using proto::PairId;
using proto::PathId;

constexpr Milliseconds kOpening{3'000};  ///< less than a session waits for ICE
constexpr std::size_t kMostCandidates = 64, kMostPackets = 4096;

std::string_view kind_of_packet(ByteView bytes) {
  if (bytes.empty()) return "other";
  const std::uint8_t first = bytes.front();  // RFC 7983 §7
  if (first <= 3) return "STUN";
  if (first >= 20 && first <= 63) return "DTLS";
  if (first < 128 || first > 191) return "other";
  constexpr std::uint8_t kFirstRtcp = 192, kLastRtcp = 223;  // RFC 5761 §4
  const bool rtcp = bytes.size() > 1 && bytes[1] >= kFirstRtcp && bytes[1] <= kLastRtcp;
  return rtcp ? "RTCP" : "RTP";
}

/// A carrier and the candidates that it serves.
struct Path {
  PathId id = 0;
  std::shared_ptr<Carrier> carrier;
  bool started = false, open = false, dead = false;
  net::NetOutcome outcome;
};

/// A candidate of LiveKit.
struct Remote {
  CandidateReport report;
  Path* path = nullptr;
  std::optional<PairId> pair;
};

}  // namespace

struct MediaLink::State {
  State(proto::IceCredentials ours, proto::DtlsIdentity id, Route by)
      : local(std::move(ours)), identity(std::move(id)), route(std::move(by)) {}

  // What is known of the peer.
  void set_remote(const proto::SdpRemote& remote, bool controlling);
  void add_candidate(std::string_view line);
  void try_candidate(Remote& remote);
  void begin_checks(const Path& path);
  // Moving packets.
  awaitable<void> move_packets();
  awaitable<void> start_paths();
  awaitable<void> read(Path* path);
  awaitable<void> close_all();
  void take(Path& path, net::Datagram datagram);
  void take_guarded(Path& path, net::Datagram datagram);
  void take_error(Path& path, const net::Datagram& datagram);
  void on_timers(Clock::time_point now);
  void settle_pair(Clock::time_point now);
  void notice();
  awaitable<void> send_all();
  awaitable<void> send_one(Path* path, Endpoint to, Bytes bytes);
  Deadline next_wake() const;
  void kick() {
    dirty = true;
    wake.ring();
  }
  Microseconds since_begin() const { return std::chrono::duration_cast<Microseconds>(Clock::now() - begun); }
  bool failed(const Remote& remote) const;

  proto::IceCredentials local;
  proto::DtlsIdentity identity;
  Route route;
  std::optional<proto::IceAgent> ice;
  std::optional<proto::Dtls> dtls;
  std::deque<Remote> remotes;
  std::vector<std::unique_ptr<Path>> paths;
  std::deque<Bytes> outgoing, incoming;  ///< SRTP and SRTCP
  LinkReport seen;
  std::optional<Deadline> last_try, connected_at;
  std::optional<PairId> nominee;
  Deadline begun = Clock::now();
  net::Bell bell, wake;
  net::Crew readers;
  bool held = false;
  bool dirty = false;
};

MediaLink::MediaLink(proto::IceCredentials local, proto::DtlsIdentity identity, Route route)
    : state_(std::make_unique<State>(std::move(local), std::move(identity), std::move(route))) {}
MediaLink::~MediaLink() = default;

void MediaLink::State::set_remote(const proto::SdpRemote& remote, bool controlling) {
  seen.ice_lite = remote.ice_lite;
  if (!ice) {
    proto::IceSettings settings;
    settings.controlling = controlling;
    ice.emplace(local, remote.ice, settings);
    proto::DtlsOptions options;
    options.expected_fingerprint = remote.fingerprint;
    dtls.emplace(proto::DtlsRole::client, identity, options);
    for (Remote& known : remotes) try_candidate(known);
  }
  for (const std::string& line : remote.candidates) add_candidate(line);
  if (remote.end_of_candidates) seen.end_of_candidates = true;
  kick();
  bell.ring();
}

void MediaLink::State::add_candidate(std::string_view line) {
  const auto candidate = proto::parse_candidate(line);
  // LiveKit lists candidates of its SDP for RTCP too, although everything is bundled.
  if (!candidate || candidate->component != 1 || remotes.size() == kMostCandidates) return;
  const bool known = std::ranges::any_of(remotes, [&](const Remote& remote) {
    const proto::Candidate& other = remote.report.candidate;
    return other.endpoint == candidate->endpoint && other.transport == candidate->transport;
  });
  if (known) return;
  Remote& remote = remotes.emplace_back();
  remote.report.candidate = *candidate;
  if (!seen.first_candidate) seen.first_candidate = since_begin();
  seen.last_candidate = since_begin();
  if (ice) try_candidate(remote);
  kick();
  bell.ring();
}

void MediaLink::State::try_candidate(Remote& remote) {
  const auto carrier = route(remote.report.candidate);
  if (!carrier || remote.path != nullptr) return;
  auto path = std::ranges::find(paths, carrier, [](const auto& known) { return known->carrier; });
  if (path == paths.end()) {
    paths.push_back(std::make_unique<Path>());
    path = std::prev(paths.end());
    (*path)->id = static_cast<PathId>(paths.size() - 1);
    (*path)->carrier = carrier;
  }
  remote.path = path->get();
  remote.report.tried = true;
  last_try = Clock::now();
  begin_checks(*remote.path);
}

/// Candidates whose carrier is ready and that are not checked yet.
void MediaLink::State::begin_checks(const Path& path) {
  if (!path.open || held) return;
  for (Remote& remote : remotes) {
    if (remote.path != &path || remote.pair) continue;
    remote.pair = ice->add_pair(path.id, remote.report.candidate, Clock::now());
    last_try = Clock::now();
  }
}

awaitable<void> MediaLink::State::start_paths() {
  for (std::size_t i = 0; i < paths.size(); ++i) {
    Path* path = paths[i].get();
    if (path->started) continue;
    path->started = true;
    auto reading = read(path);
    co_await readers.start(std::move(reading));
  }
}

awaitable<void> MediaLink::State::read(Path* path) {
  path->outcome = co_await path->carrier->open(Clock::now() + kOpening);
  path->open = path->outcome.ok();
  path->dead = !path->open;
  begin_checks(*path);
  kick();
  bell.ring();
  while (!path->dead) {
    net::Datagram datagram = co_await path->carrier->receive(Clock::now() + Milliseconds(60'000));
    if (datagram.outcome.ok()) {
      take_guarded(*path, std::move(datagram));
    } else if (datagram.outcome.error != net::NetError::timed_out) {
      take_error(*path, datagram);
    }
    kick();
    bell.ring();
  }
}

/// A packet that a codec of ours cannot stand costs this path, in words, not the reader in silence.
void MediaLink::State::take_guarded(Path& path, net::Datagram datagram) {
  try {
    take(path, std::move(datagram));
  } catch (const std::exception& error) {
    path.dead = true;
    path.outcome = {net::Stage::message, net::NetError::other, error.what()};
  }
}

void MediaLink::State::take(Path& path, net::Datagram datagram) {
  const auto now = Clock::now();
  const std::string_view what = kind_of_packet(datagram.bytes);
  seen.last_received = LastPacket{false, std::string(what), text(datagram.from), since_begin()};
  if (ice->receive(path.id, datagram.from, datagram.bytes, now)) return settle_pair(now);
  if (what == "DTLS") {
    dtls->feed(datagram.bytes);
  } else if (incoming.size() < kMostPackets) {
    incoming.push_back(std::move(datagram.bytes));
  }
}

void MediaLink::State::take_error(Path& path, const net::Datagram& datagram) {
  const bool about_one = !datagram.from.address.empty();
  if (!about_one) {
    path.dead = true;
    path.outcome = datagram.outcome;
  }
  for (Remote& remote : remotes) {
    if (remote.path != &path) continue;
    if (about_one && remote.report.candidate.endpoint != datagram.from) continue;
    remote.report.carrier = datagram.outcome;
    remote.report.reporter = datagram.reporter;
    // An ICMP error may be about a moment; what a relay says in words is final.
    const bool in_words = datagram.outcome.stage == net::Stage::message;
    if ((!about_one || in_words) && remote.pair) ice->stop(*remote.pair);
  }
}

/// The first pair that answers carries: what is measured is the way, not the choice.
void MediaLink::State::settle_pair(Clock::time_point now) {
  if (connected_at) return;
  for (PairId id = 0; !nominee && ice->controlling() && id < ice->pairs(); ++id) {
    if (ice->state(id).status != proto::PairStatus::answered) continue;
    nominee = id;
    ice->nominate(id, now);
  }
  if (!ice->nominated()) return;
  connected_at = now;
  seen.ice = since_begin();
  dtls->start();
}

void MediaLink::State::on_timers(Clock::time_point now) {
  if (!ice) return;
  const auto check = ice->next_timer();
  if (check && *check <= now) ice->on_timer(now);
  const auto repeat = connected_at ? dtls->next_timeout() : std::nullopt;
  if (repeat && *repeat <= Milliseconds(0)) dtls->on_timeout();
}

awaitable<void> MediaLink::State::send_one(Path* path, Endpoint to, Bytes bytes) {
  const std::string_view what = kind_of_packet(bytes);
  LastPacket packet{true, std::string(what), text(to), since_begin()};
  const net::NetOutcome sent = co_await path->carrier->send(to, std::move(bytes));
  if (sent.ok()) {
    seen.last_sent = std::move(packet);
    co_return;
  }
  // No route from here, a stream that was closed: the candidate cannot be asked.
  for (Remote& remote : remotes) {
    if (remote.path == path && remote.report.candidate.endpoint == to && remote.report.carrier.ok())
      remote.report.carrier = sent;
  }
}

awaitable<void> MediaLink::State::send_all() {
  if (!ice) co_return;
  for (proto::IceAgent::Outgoing& out : ice->take()) {
    Path* path = paths.at(out.path).get();
    if (!path->dead) co_await send_one(path, std::move(out.to), std::move(out.bytes));
  }
  const auto pair = ice->nominated();
  if (!connected_at || !pair) co_return;
  Path* path = paths.at(ice->state(*pair).path).get();
  const Endpoint peer = ice->state(*pair).remote.endpoint;
  while (auto datagram = dtls->take()) {
    if (!path->dead) co_await send_one(path, peer, std::move(*datagram));
  }
  while (!outgoing.empty()) {
    Bytes packet = std::move(outgoing.front());
    outgoing.pop_front();
    if (!path->dead) co_await send_one(path, peer, std::move(packet));
  }
}

void MediaLink::State::notice() {
  if (!dtls) return;
  if (dtls->state() == proto::DtlsState::done && !seen.dtls) seen.dtls = since_begin();
}

Deadline MediaLink::State::next_wake() const {
  Deadline wake_at = Clock::now() + Milliseconds(60'000);
  if (!ice) return wake_at;
  if (const auto check = ice->next_timer()) wake_at = earlier(wake_at, *check);
  const auto repeat = connected_at ? dtls->next_timeout() : std::nullopt;
  if (repeat) wake_at = earlier(wake_at, Clock::now() + std::max(*repeat, Milliseconds(1)));
  return wake_at;
}

awaitable<void> MediaLink::State::move_packets() {
  while (true) {
    dirty = false;
    co_await start_paths();
    on_timers(Clock::now());
    co_await send_all();
    notice();
    bell.ring();
    if (!dirty) (void)co_await wake.wait(next_wake());
  }
}

awaitable<void> MediaLink::State::close_all() {
  co_await readers.stop();
  for (const auto& path : paths) {
    if (path->open) co_await path->carrier->close();
  }
}

bool MediaLink::State::failed(const Remote& remote) const {
  if (remote.path == nullptr || remote.path->dead) return true;
  if (!remote.pair) return false;
  const proto::PairStatus status = ice->state(*remote.pair).status;
  return status != proto::PairStatus::checking && status != proto::PairStatus::answered;
}

void MediaLink::set_remote(const proto::SdpRemote& remote, bool controlling) {
  state_->set_remote(remote, controlling);
}
void MediaLink::add_candidate(std::string_view line) {
  state_->add_candidate(line);
}
void MediaLink::end_of_candidates() {
  state_->seen.end_of_candidates = true;
  state_->bell.ring();
}

awaitable<void> MediaLink::pump() {
  auto moving = state_->move_packets();
  auto closing = state_->close_all();
  co_await net::finally(std::move(moving), std::move(closing));
}
net::Bell& MediaLink::bell() {
  return state_->bell;
}

bool MediaLink::connected() const {
  return state_->connected_at.has_value();
}
bool MediaLink::secured() const {
  return connected() && state_->dtls->state() == proto::DtlsState::done;
}
bool MediaLink::hopeless() const {
  const State& state = *state_;
  if (state.dtls && state.dtls->state() == proto::DtlsState::failed) return true;
  if (connected()) return false;
  return state.seen.end_of_candidates &&
         std::ranges::all_of(state.remotes, [&](const Remote& remote) { return state.failed(remote); });
}
std::optional<Deadline> MediaLink::last_try_began() const {
  return state_->last_try;
}
std::optional<Deadline> MediaLink::connected_since() const {
  return state_->connected_at;
}

void MediaLink::hold_checks() {
  state_->held = true;
}

void MediaLink::release_checks() {
  if (!std::exchange(state_->held, false)) return;
  for (const auto& path : state_->paths) state_->begin_checks(*path);
  state_->kick();
}

bool MediaLink::ready() const {
  return std::ranges::any_of(state_->paths, [](const auto& path) { return path->open; });
}

std::vector<std::string> MediaLink::own_candidates() const {
  std::vector<std::string> out;
  for (const Remote& remote : state_->remotes) {
    if (remote.path == nullptr || remote.path->carrier->local_port() == 0) continue;
    proto::Candidate own;
    own.foundation = std::to_string(remote.path->id + 1);
    own.priority = proto::candidate_priority(proto::CandidateType::host, 65535, 1);
    own.endpoint = {net::source_address_for(remote.report.candidate.endpoint),
                    remote.path->carrier->local_port()};
    const std::string line = proto::format_candidate(own);
    const bool known = std::ranges::find(out, line) != out.end();
    if (!own.endpoint.address.empty() && !known) out.push_back(line);
  }
  return out;
}

void MediaLink::send(Bytes packet) {
  if (state_->outgoing.size() < kMostPackets) state_->outgoing.push_back(std::move(packet));
  state_->kick();
}

awaitable<std::optional<Bytes>> MediaLink::receive(Deadline deadline) {
  while (state_->incoming.empty()) {
    const bool rang = co_await state_->bell.wait(deadline);
    if (!rang) co_return std::nullopt;
  }
  std::optional<Bytes> packet = std::move(state_->incoming.front());
  state_->incoming.pop_front();
  co_return packet;
}

proto::Dtls& MediaLink::dtls() {
  return state_->dtls.value();
}
proto::IceAgent& MediaLink::ice() {
  return state_->ice.value();
}
std::optional<PairId> MediaLink::pair() const {
  return state_->ice ? state_->ice->nominated() : std::nullopt;
}
void MediaLink::flush() {
  state_->kick();
}

LinkReport MediaLink::report() const {
  const State& state = *state_;
  LinkReport out = state.seen;
  std::vector<bool> listed(state.ice ? state.ice->pairs() : 0);
  for (const Remote& remote : state.remotes) {
    CandidateReport& kept = out.candidates.emplace_back(remote.report);
    if (remote.path != nullptr && kept.carrier.ok()) kept.carrier = remote.path->outcome;
    if (!remote.pair) continue;
    kept.pair = state.ice->state(*remote.pair);
    listed.at(*remote.pair) = true;
  }
  for (PairId id = 0; id < listed.size(); ++id) {
    if (!listed[id])
      out.candidates.push_back({state.ice->state(id).remote, true, {}, {}, state.ice->state(id)});
  }
  if (!state.dtls) return out;
  out.dtls_state = state.dtls->state();
  out.dtls_failure = state.dtls->failure();
  out.dtls_reason = state.dtls->reason();
  out.dtls_alert = state.dtls->alert();
  out.dtls_trace = state.dtls->trace();
  return out;
}

}  // namespace lkdoctor::probes
