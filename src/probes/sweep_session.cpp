// SPDX-License-Identifier: EUPL-1.2
#include "probes/sweep_session.hpp"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/wall_clock.hpp>
#include <stdexcept>

#include "probes/pacing.hpp"
#include "probes/sweep_shots.hpp"

namespace lkdoctor::probes {
namespace {

using proto::PortTestHead;
using proto::PortTestKind;

constexpr std::array<Milliseconds, 4> kGreetings{Milliseconds(0), Milliseconds(150), Milliseconds(400),
                                                 Milliseconds(800)};
constexpr Milliseconds kLastPatience{400};
constexpr int kQuestions = 5;
constexpr Milliseconds kToTell{300};       // of the check's time, for what was measured
constexpr Milliseconds kUntilFree{6'000};  // a client that went away without a word has its slice for 5 s
constexpr Milliseconds kBetweenAsking{500};

}  // namespace

SweepSession::SweepSession(Probe& probe, std::uint16_t port, Deadline until, PortSweep* into)
    : probe_(probe), out_(*into), socket_(family_of(into->address)), own_port_(port), until_(until) {
  if (RAND_bytes(nonce_.data(), static_cast<int>(nonce_.size())) != 1)
    throw std::runtime_error("no random numbers");
}

PortTestHead SweepSession::head(PortTestKind kind, std::uint16_t port) {
  port_of_.push_back(port);
  control_.push_back(false);
  const std::uint32_t sequence = sequence_++;
  return {kind, port, welcome_.session, sequence};
}

awaitable<void> SweepSession::send(std::uint16_t port, Bytes bytes) {
  ++out_.sent;
  const Endpoint peer{out_.address, port};
  const net::NetOutcome sent = co_await socket().send(peer, std::move(bytes));
  (void)sent;  // as lost on the way: what is silent is asked again
}

awaitable<bool> SweepSession::greet(std::vector<SweepKey> keys, std::vector<std::uint16_t> ports) {
  greeted_ = Clock::now();
  for (std::size_t i = 0; i < kGreetings.size() && !welcomed_; ++i) {
    for (const SweepKey& key : keys) {
      for (const std::uint16_t port : ports) {
        PortTestHead one = head(PortTestKind::greeting, port);
        one.id = key.key.id;
        Bytes bytes = proto::write_greeting(one, {nonce_, wall_minutes()}, key.key);
        co_await send(port, std::move(bytes));
      }
    }
    const bool last = i + 1 == kGreetings.size();
    const Deadline until = greeted_ + (last ? kGreetings[i] + kLastPatience : kGreetings[i + 1]);
    co_await take_greetings(&keys, earlier(probe_.deadline(), until));
  }
  // Whether its own port answers, too, takes a moment longer to know.
  if (welcomed_ && !out_.own_port_answered) co_await take_greetings(&keys, Clock::now() + patience());
  co_return welcomed_;
}

awaitable<void> SweepSession::take_greetings(const std::vector<SweepKey>* keys, Deadline until) {
  while (Clock::now() < until && !(welcomed_ && out_.own_port_answered)) {
    const net::Datagram datagram = co_await socket_.receive(until);
    if (datagram.outcome.error == net::NetError::timed_out) break;
    note_refusal(datagram);
    if (datagram.outcome.ok() && take_welcome(datagram, *keys)) until = Clock::now() + patience();
  }
}

bool SweepSession::take_welcome(const net::Datagram& datagram, const std::vector<SweepKey>& keys) {
  const auto heard = proto::peek_port_test(datagram.bytes);
  // Whose key is right may answer from another address: that is a fault to tell, too.
  const bool ours = heard && heard->kind == PortTestKind::welcome && heard->sequence < port_of_.size();
  if (!ours) return false;
  const auto key = std::ranges::find_if(keys, [&](const SweepKey& one) { return one.key.id == heard->id; });
  if (key == keys.end() || !proto::mac_ok(datagram.bytes, key->key)) return false;
  const auto welcome = proto::read_welcome(datagram.bytes);
  if (!welcome || welcome->client != nonce_) return false;
  out_.own_port_answered |= port_of_[heard->sequence] == own_port_;
  if (welcomed_) return false;
  welcomed_ = true;
  welcome_ = *welcome;
  key_ = proto::key_of_session(key->key, welcome->client, welcome->server);
  if (key->once) successor_ = {key->name, proto::key_of_successor(key_)};
  asked_at_ = port_of_[heard->sequence];
  note_life();
  out_.rtt = out_.last_heard;
  out_.welcomed_by = std::to_string(asked_at_);
  out_.key = key->name;
  out_.mode = welcome->mode == proto::ResponderMode::raw ? "raw" : "bound";
  out_.seen_from = text(welcome->seen_from);
  out_.arrived_at = welcome->at;
  return true;
}

/// Longer than any answer takes: our own queue stands before it, too.
Milliseconds SweepSession::patience() const {
  const auto rtt = std::chrono::ceil<Milliseconds>(out_.rtt);
  return std::clamp(2 * rtt + Milliseconds(20), Milliseconds(50), Milliseconds(600));
}

/// Where no control is lost any more: for what another one has overtaken.
Microseconds SweepSession::grace() const {
  return Milliseconds(10) + out_.rtt / 2;
}

/// What came back so far of one volley.
struct SweepSession::Volley {
  std::uint32_t first;
  Deadline begun;
  std::size_t expected, controls;
  Deadline last_answer = {};
  std::vector<bool> heard = std::vector<bool>(65536);
  std::size_t answers = 0;
  SweepResult result = {};

  bool has_its_controls() const { return controls > 0 && result.controls_answered >= controls; }
};

awaitable<SweepResult> SweepSession::volley(SweepVolley wanted, std::size_t bytes) {
  const std::vector<Shot> shots = shots_of(wanted);
  if (wanted.fresh) fresh_.emplace(family_of(out_.address));
  Volley volley{sequence_, Clock::now(), shots.size(), wanted.controls.size()};
  Pacing pacing(wanted.pace);
  for (std::size_t at = 0; at < shots.size() && Clock::now() < until_;) {
    for (const std::size_t due = std::min(shots.size(), pacing.due(at)); at < due; ++at) {
      const PortTestHead one = head(PortTestKind::probe, shots[at].port);
      control_.back() = shots[at].control;
      Bytes datagram = proto::write_probe(one, bytes, key_);
      co_await send(shots[at].port, std::move(datagram));
    }
    if (at < shots.size()) co_await gather(&volley, pacing.next());
  }
  co_await gather(&volley, earlier(until_, Clock::now() + patience()));
  fresh_.reset();
  co_return std::move(volley.result);
}

awaitable<void> SweepSession::gather(Volley* volley, Deadline until) {
  while (volley->answers < volley->expected) {
    const Deadline end = volley->has_its_controls() ? earlier(until, volley->last_answer + grace()) : until;
    if (Clock::now() >= end) co_return;
    const net::Datagram datagram = co_await socket().receive(end);
    if (datagram.outcome.error == net::NetError::timed_out) co_return;
    const std::uint16_t port = take_echo(datagram);
    if (port == 0) continue;
    volley->result.took = std::chrono::duration_cast<Microseconds>(Clock::now() - volley->begun);
    if (!volley->heard[port]) volley->result.answered.push_back(port);
    volley->heard[port] = true;
    const std::uint32_t sequence = proto::peek_port_test(datagram.bytes)->sequence;
    if (sequence < volley->first) continue;
    ++volley->answers;
    volley->last_answer = Clock::now();
    if (control_[sequence]) ++volley->result.controls_answered;
    control_[sequence] = false;  // an answer that comes twice counts once
  }
}

void SweepSession::note_refusal(const net::Datagram& datagram) {
  if (!datagram.outcome.ok() && datagram.from.address == out_.address) refused_.insert(datagram.from.port);
}

std::optional<PortTestHead> SweepSession::heard_of(const net::Datagram& datagram, PortTestKind kind) const {
  if (!datagram.outcome.ok()) return std::nullopt;
  const auto heard = proto::peek_port_test(datagram.bytes);
  const bool ours = heard && heard->kind == kind && heard->sequence < port_of_.size() &&
                    heard->id == welcome_.session && proto::mac_ok(datagram.bytes, key_);
  return ours ? heard : std::nullopt;
}

/// A client drops what comes from elsewhere (RFC 8445 §7.2.5.2.1).
void SweepSession::note_origin(const net::Datagram& datagram, std::uint16_t port) {
  if (datagram.from == Endpoint{out_.address, port}) {
    right_.insert(port);
    elsewhere_.erase(port);
  } else if (!right_.contains(port) && elsewhere_.insert(port).second) {
    out_.elsewhere_example = text(datagram.from);
  }
  out_.answered_elsewhere = static_cast<int>(elsewhere_.size());
}

std::uint16_t SweepSession::take_echo(const net::Datagram& datagram) {
  note_refusal(datagram);
  const auto heard = heard_of(datagram, PortTestKind::echo);
  if (!heard) return 0;
  const std::uint16_t port = port_of_[heard->sequence];
  note_life();
  note_origin(datagram, port);
  if (heard->port != port) rewritten_.emplace(port, heard->port);
  const auto echo = proto::read_echo(datagram.bytes);
  if (echo && !fresh_) sources_.insert(echo->seen_from.port);
  out_.sources_seen = static_cast<int>(sources_.size());
  return port;
}

void SweepSession::note_life() {
  out_.last_heard = std::chrono::duration_cast<Microseconds>(Clock::now() - greeted_);
}

void SweepSession::tell_rewritten(proto::Ports swept) {
  for (const auto& [port, arrived_at] : rewritten_) {
    if (port < swept.first || port > swept.last) continue;
    ++out_.rewritten;
    out_.rewritten_example = fmt::format("{} -> {}", port, arrived_at);
  }
}

awaitable<std::set<std::uint16_t>> SweepSession::hear_later(std::vector<LateFlow> flows) {
  std::set<std::uint16_t> out;
  Deadline until = Clock::now();
  for (const LateFlow& flow : flows) {
    Bytes request = proto::write_later(head(PortTestKind::later, flow.port), {flow.seconds}, key_);
    co_await send(flow.port, std::move(request));
    until = std::max(until, Clock::now() + std::chrono::seconds(flow.seconds) + patience());
  }
  until = earlier(until, probe_.deadline());
  while (out.size() < flows.size() && Clock::now() < until) {
    const net::Datagram datagram = co_await socket_.receive(until);
    if (datagram.outcome.error == net::NetError::timed_out) break;
    if (const auto heard = heard_of(datagram, PortTestKind::late)) out.insert(port_of_[heard->sequence]);
  }
  co_return out;
}

awaitable<std::optional<proto::PortsMarked>> SweepSession::ask(PortTestKind kind, proto::Ports ports,
                                                               std::size_t bytes, std::uint16_t at) {
  const Deadline until = earlier(probe_.deadline(), Clock::now() + kUntilFree);
  while (true) {
    auto marked = co_await ask_once(kind, ports, bytes, at == 0 ? asked_at_ : at);
    busy_ = marked && marked->busy;
    if (!busy_) co_return marked;
    if (Clock::now() + kBetweenAsking >= until) co_return std::nullopt;
    co_await net::sleep_until(Clock::now() + kBetweenAsking);
  }
}

awaitable<bool> SweepSession::is_there(proto::Ports any) {
  const auto answer = co_await ask_once(PortTestKind::tally, any, 0, asked_at_);
  co_return answer.has_value();
}

awaitable<std::optional<proto::PortsMarked>> SweepSession::ask_once(PortTestKind kind, proto::Ports ports,
                                                                    std::size_t bytes, std::uint16_t at) {
  const auto wanted = kind == PortTestKind::tally ? PortTestKind::tallied : PortTestKind::sliced;
  const Deadline last = probe_.deadline() - kToTell;
  const std::uint32_t first = sequence_;  // what answers an earlier question may say what was so then
  for (int i = 0; i < kQuestions && Clock::now() < last; ++i) {
    Bytes question = proto::write_asked(head(kind, at), {ports}, key_, bytes);
    co_await send(at, std::move(question));
    const Deadline until = earlier(last, Clock::now() + patience() * (i + 1));
    while (Clock::now() < until) {
      const net::Datagram datagram = co_await socket_.receive(until);
      const auto heard = heard_of(datagram, wanted);
      if (!heard || heard->sequence < first) continue;
      note_life();
      auto marked = proto::read_marked(datagram.bytes);
      if (marked && marked->ports == ports) co_return marked;
    }
  }
  co_return std::nullopt;
}

}  // namespace lkdoctor::probes
