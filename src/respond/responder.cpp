// SPDX-License-Identifier: EUPL-1.2
#include "respond/responder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/wall_clock.hpp>

namespace lkdoctor::respond {
namespace {

using proto::PortTestHead;
using proto::PortTestKind;

constexpr std::size_t kMostSources = 256;

void note_greeting(std::vector<std::uint16_t>& ports, std::uint16_t port) {
  constexpr std::size_t kMost = 256;  // a client greets at some twenty
  if (ports.size() < kMost && std::ranges::find(ports, port) == ports.end()) ports.push_back(port);
}

bool is_of_client(PortTestKind kind) {
  return kind == PortTestKind::greeting || kind == PortTestKind::probe || kind == PortTestKind::tally ||
         kind == PortTestKind::slice || kind == PortTestKind::later;
}

}  // namespace

bool is_within(const std::vector<proto::Ports>& ranges, std::uint16_t port) {
  return std::ranges::any_of(ranges, [&](const proto::Ports& one) { return one.has(port); });
}

Responder::Responder(Settings settings, Hold hold, std::function<void(const Event&)> tell)
    : settings_(std::move(settings)),
      keys_(settings_.keys),
      hold_(std::move(hold)),
      tell_(std::move(tell)),
      answers_(settings_.limits.answers_per_second, settings_.limits.answers_per_second),
      macs_(settings_.limits.macs_per_second, settings_.limits.macs_per_second),
      greeting_macs_(settings_.limits.greetings_per_second, settings_.limits.greetings_per_second),
      traced_macs_(settings_.limits.traced_per_second, settings_.limits.traced_per_second) {
  if (!settings_.minutes) settings_.minutes = wall_minutes;
}

/// By where it came in: behind a port forward the client addressed another port, and greeted at ports that
/// are none of LiveKit's.
void Responder::count_port(std::uint16_t port) {
  if (reached_[port]) return;
  reached_[port] = true;
  if (is_within(settings_.serves, port)) ++ports_reached_;
}

void Responder::tell(Event::Kind kind, const Endpoint& from, std::string key, std::string why) {
  if (told_.first(kind, from.address)) tell_({kind, from, std::move(key), std::move(why)});
}

std::optional<Answer> Responder::take(const Arrival& arrival, Deadline now) {
  ++counters_.received;
  const auto head = proto::peek_port_test(arrival.bytes);
  if (!head || !is_of_client(head->kind)) {
    ++counters_.foreign;
    return std::nullopt;
  }
  if (!is_among(settings_.allowed, arrival.from.address)) {
    ++counters_.not_allowed;
    tell(Event::Kind::not_allowed, arrival.from);
    return std::nullopt;
  }
  auto out = head->kind == PortTestKind::greeting ? greet(*head, arrival, now) : serve(*head, arrival, now);
  if (!out) return std::nullopt;
  if (limited(arrival, now)) return std::nullopt;
  if (head->kind == PortTestKind::greeting) note_greeting(session_of(arrival.bytes)->greeted_at, head->port);
  ++counters_.answered;
  return out;
}

bool Responder::limited(const Arrival& arrival, Deadline now) {
  std::string why = why_limited(arrival, now);
  if (why.empty()) return false;
  ++counters_.limited;
  tell(Event::Kind::limited, arrival.from, {}, std::move(why));
  return true;
}

std::string Responder::why_limited(const Arrival& arrival, Deadline now) {
  if (sources_.size() >= kMostSources) sources_.clear();
  const double rate = settings_.limits.answers_per_source;
  const auto source = sources_.try_emplace(arrival.from.address, rate, rate).first;
  if (!source->second.take(now)) return fmt::format("it asks for more than {} answers a second", rate);
  if (answers_.take(now)) return {};
  return fmt::format("all clients together ask for more than {} answers a second",
                     settings_.limits.answers_per_second);
}

/// What only the welcome tells is known to this client: the welcome came through, and a code is used up.
bool Responder::begin(Session& session, const Endpoint& from) {
  if (session.begun) return true;
  if (keys_.used_up(*session.by)) {
    tell(Event::Kind::full, from, session.by->name, kCodeUsed);
    return false;
  }
  session.begun = true;
  keys_.use(*session.by);
  if (session.by->once) keys_.add({session.by->name, proto::key_of_successor(session.key), false});
  return true;
}

std::optional<Answer> Responder::greet(const PortTestHead& head, const Arrival& arrival, Deadline now) {
  const NamedKey* key = keys_.with(head.id);
  if (key == nullptr) {
    ++counters_.other_key;
    tell(Event::Kind::other_key, arrival.from);
    return std::nullopt;
  }
  if (!greeting_macs_.take(now)) {
    ++counters_.limited;
    return std::nullopt;
  }
  if (!proto::mac_ok(arrival.bytes, key->key)) {
    ++counters_.wrong_mac;
    tell(Event::Kind::wrong_mac, arrival.from, key->name);
    return std::nullopt;
  }
  const auto greeting = proto::read_greeting(arrival.bytes);
  if (!greeting) {
    ++counters_.malformed;
    return std::nullopt;
  }
  if (!is_of_now(*greeting, arrival)) return std::nullopt;
  auto* const entry = session_for(*greeting, *key, arrival, now);
  if (entry == nullptr) return std::nullopt;
  auto& [id, session] = *entry;
  if (!session.window.take(head.sequence)) {
    ++counters_.replayed;
    return std::nullopt;
  }
  session.heard = now;
  return Answer{welcome(head, arrival, id, session, now)};
}

Bytes Responder::welcome(const PortTestHead& head, const Arrival& arrival, const proto::SessionId& id,
                         const Session& session, Deadline now) const {
  using std::chrono::duration_cast;
  using std::chrono::seconds;
  const auto left = std::clamp<std::int64_t>(duration_cast<seconds>(settings_.ends - now).count(), 0, 65535);
  PortTestHead out = head;
  out.port = arrival.port;
  return proto::write_welcome(
      out,
      {session.client, session.server, id, settings_.mode, arrival.from, static_cast<std::uint16_t>(left),
       settings_.slice, settings_.serves, arrival.at},
      session.by->key);
}

std::optional<Answer> Responder::serve(const PortTestHead& head, const Arrival& arrival, Deadline now) {
  const auto found = sessions_.find(head.id);
  if (found == sessions_.end()) {
    ++counters_.other_key;
    return std::nullopt;
  }
  Session& session = found->second;
  if (session.window.has(head.sequence)) {  // who repeats what was heard costs no MAC
    ++counters_.replayed;
    return std::nullopt;
  }
  if (!macs_.take(now)) {
    ++counters_.limited;
    return std::nullopt;
  }
  if (!proto::mac_ok(arrival.bytes, session.key)) {
    ++counters_.wrong_mac;
    return std::nullopt;
  }
  if (!session.window.take(head.sequence)) {
    ++counters_.replayed;
    return std::nullopt;
  }
  if (!begin(session, arrival.from)) return std::nullopt;
  session.heard = now;
  if (head.kind == PortTestKind::later) return answer_later(head, arrival, session, now);
  auto bytes = answer(head, arrival, session);
  if (!bytes) return std::nullopt;
  return Answer{std::move(*bytes)};
}

/// One answer for one request, as any other: what waits is bounded, so that no burst can be stored up here.
std::optional<Answer> Responder::answer_later(const PortTestHead& head, const Arrival& arrival,
                                              Session& session, Deadline now) {
  const auto wanted = proto::read_later(arrival.bytes);
  if (!wanted) {
    ++counters_.malformed;
    return std::nullopt;
  }
  std::erase_if(session.late, [&](Deadline due) { return due <= now; });
  if (session.late.size() >= settings_.limits.late_answers) {
    ++counters_.limited;
    return std::nullopt;
  }
  const std::chrono::seconds after(wanted->seconds);
  session.late.push_back(now + after);
  PortTestHead out = head;
  out.port = arrival.port;
  return Answer{proto::write_late(out, {arrival.from}, arrival.bytes.size(), session.key), after};
}

std::optional<Bytes> Responder::answer(const PortTestHead& head, const Arrival& arrival, Session& session) {
  PortTestHead out = head;
  out.port = arrival.port;
  if (head.kind == PortTestKind::probe) {
    if (arrival.bytes.size() < proto::kShortestProbe) {
      ++counters_.malformed;
      return std::nullopt;
    }
    session.reached[head.port] = true;
    count_port(arrival.port);
    out.kind = PortTestKind::echo;
    return proto::write_echo(out, {arrival.from}, arrival.bytes.size(), session.key);
  }
  const auto asked = proto::read_asked(arrival.bytes);
  if (!asked) {
    ++counters_.malformed;
    return std::nullopt;
  }
  proto::PortsMarked marked{asked->ports, {}};
  if (head.kind == PortTestKind::slice) {
    out.kind = PortTestKind::sliced;
    marked = slice(asked->ports, head.id, arrival.from);
  } else {
    session.sweeps.reset();
    out.kind = PortTestKind::tallied;
    marked = tally(asked->ports, arrival.bytes.size(), session);
  }
  return proto::write_marked(out, marked, session.key);
}

proto::PortsMarked Responder::tally(const proto::Ports& ports, std::size_t room,
                                    const Session& session) const {
  proto::PortsMarked out{ports, {}};
  const auto size = static_cast<std::ptrdiff_t>(ports.size());
  const auto from = session.reached.begin() + ports.first;
  out.marks.assign(from, from + size);
  out.some_kept = session.kept;
  if (!session.seen_whole || room < proto::bytes_to_trace(ports)) return out;
  const auto traced = session.traced.begin() + ports.first;
  out.at_interface.assign(traced, traced + size);
  for (std::size_t i = 0; i < ports.size(); ++i) out.at_interface[i] = out.at_interface[i] && !out.marks[i];
  return out;
}

/// What a socket heard costs no MAC here: its sequence was taken.
void Responder::trace(const Arrival& arrival, Deadline now) {
  const auto head = proto::peek_port_test(arrival.bytes);
  if (!head || head->kind != PortTestKind::probe || !is_among(settings_.allowed, arrival.from.address))
    return;
  const auto found = sessions_.find(head->id);
  if (found == sessions_.end() || found->second.window.has(head->sequence)) return;
  Session& session = found->second;
  if (!traced_macs_.take(now)) {
    session.seen_whole = false;
  } else if (proto::mac_ok(arrival.bytes, session.key)) {
    session.traced[head->port] = true;
  }
}

void Responder::trace_missed(Family family) {
  for (auto& [id, session] : sessions_) {
    if (session.greeted == family) session.seen_whole = false;
  }
}

bool Responder::traces(Family family) const {
  return std::ranges::find(settings_.traces, family) != settings_.traces.end();
}

}  // namespace lkdoctor::respond
