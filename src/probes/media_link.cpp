// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>

#include "probes/media_link_state.hpp"

namespace lkdoctor::probes {
namespace {

constexpr Milliseconds kOpening{3'000};  ///< less than a session waits for ICE
constexpr std::size_t kMostPackets = 4096;

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

}  // namespace

MediaLink::MediaLink(proto::IceCredentials local, proto::DtlsIdentity identity, Route route)
    : state_(std::make_unique<State>(std::move(local), std::move(identity), std::move(route))) {}
MediaLink::~MediaLink() = default;

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
  if (what == "STUN" && take_mapped(path, datagram)) return;
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
    // A reset is told once, to the sender or to the reader; the other one then sees an orderly end.
    const bool told = remote.report.carrier.error == net::NetError::reset;
    if (!told) remote.report.carrier = datagram.outcome;
    remote.report.reporter = datagram.reporter;
    // An ICMP error may be about a moment; what a relay says in words is final.
    const bool in_words = datagram.outcome.stage == net::Stage::message;
    if ((!about_one || in_words) && remote.pair) ice->stop(*remote.pair);
  }
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
  for (const Question& question : questions) {
    if (!question.over) wake_at = earlier(wake_at, question.next());
  }
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
    co_await send_questions();
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

awaitable<void> MediaLink::pump() {
  auto moving = state_->move_packets();
  auto closing = state_->close_all();
  auto running = net::finally(std::move(moving), std::move(closing));
  try {
    co_await std::move(running);
  } catch (...) {
    state_->readers.rethrow();  // says more than the cancellation by which every link ends
    throw;
  }
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
void MediaLink::flush() {
  state_->kick();
}

}  // namespace lkdoctor::probes
