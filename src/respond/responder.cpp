// SPDX-License-Identifier: EUPL-1.2
#include "respond/responder.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace lkdoctor::respond {
namespace {

using proto::PortTestHead;
using proto::PortTestKind;

constexpr Milliseconds kIdle{5'000};  // no client that waits for an answer is silent for so long
constexpr std::size_t kMostSources = 256;

template <std::size_t Size>
std::array<std::uint8_t, Size> random_bytes() {
  std::array<std::uint8_t, Size> out{};
  if (RAND_bytes(out.data(), static_cast<int>(Size)) != 1) throw std::runtime_error("no random numbers");
  return out;
}

std::uint32_t minutes_of_wall_clock() {
  const auto now = std::chrono::floor<std::chrono::minutes>(std::chrono::system_clock::now());
  return static_cast<std::uint32_t>(now.time_since_epoch().count());
}

bool is_of_client(PortTestKind kind) {
  return kind == PortTestKind::greeting || kind == PortTestKind::probe || kind == PortTestKind::tally ||
         kind == PortTestKind::slice || kind == PortTestKind::later;
}

}  // namespace

Responder::Responder(Settings settings, Hold hold, std::function<void(const Event&)> tell)
    : settings_(std::move(settings)),
      keys_(settings_.keys),
      hold_(std::move(hold)),
      tell_(std::move(tell)),
      answers_(settings_.limits.answers_per_second, settings_.limits.answers_per_second),
      macs_(settings_.limits.macs_per_second, settings_.limits.macs_per_second),
      greeting_macs_(settings_.limits.greetings_per_second, settings_.limits.greetings_per_second) {
  if (!settings_.minutes) settings_.minutes = minutes_of_wall_clock;
}

/// By where it came in: behind a port forward the client addressed another port, and greeted at ports that
/// are none of LiveKit's.
void Responder::count_port(std::uint16_t port) {
  if (reached_[port]) return;
  reached_[port] = true;
  const auto has_it = [&](const proto::Ports& one) { return one.has(port); };
  if (std::ranges::any_of(settings_.serves, has_it)) ++ports_reached_;
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
  ++counters_.answered;
  return out;
}

bool Responder::limited(const Arrival& arrival, Deadline now) {
  if (sources_.size() >= kMostSources) sources_.clear();
  const double rate = settings_.limits.answers_per_source;
  const auto source = sources_.try_emplace(arrival.from.address, rate, rate).first;
  const bool over = !source->second.take(now) || !answers_.take(now);
  if (over) ++counters_.limited;
  return over;
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

Responder::Sessions::value_type* Responder::session_for(const proto::Greeting& greeting, const NamedKey& key,
                                                        const Arrival& arrival, Deadline now) {
  const proto::Nonce& client = greeting.client;
  const auto known = std::ranges::find_if(
      sessions_, [&](const auto& one) { return one.second.client == client && one.second.by == &key; });
  if (known != sessions_.end()) return &*known;
  if (greeted_.contains(client)) {
    ++counters_.replayed;
    return nullptr;
  }
  if (greeted_.size() >= settings_.limits.greetings) forget_greetings();
  const bool used_up = keys_.used_up(key);
  if (used_up || greeted_.size() >= settings_.limits.greetings || !make_room(now)) {
    tell(used_up ? Event::Kind::code_used : Event::Kind::full, arrival.from, key.name);
    return nullptr;
  }
  greeted_.emplace(client, greeting.minutes);
  keys_.use(key);
  auto& entry = *sessions_.try_emplace(random_bytes<8>()).first;
  Session& session = entry.second;
  session.by = &key;
  session.client = client;
  session.server = random_bytes<16>();
  session.key = proto::key_of_session(key.key, session.client, session.server);
  if (key.once) keys_.add({key.name, proto::key_of_successor(session.key), false});
  ++counters_.sessions;
  tell(Event::Kind::greeted, arrival.from, key.name);
  return &entry;
}

/// What was recorded is of no use later, also to a responder that has not heard it before.
bool Responder::is_of_now(const proto::Greeting& greeting, const Arrival& arrival) {
  const std::int64_t behind = std::int64_t{settings_.minutes()} - greeting.minutes;
  if (std::abs(behind) <= proto::kGreetingHolds) return true;
  ++counters_.other_time;
  tell(Event::Kind::clock, arrival.from, keys_.with(proto::peek_port_test(arrival.bytes)->id)->name,
       "its clock is " + std::to_string(std::abs(behind)) + " min " + (behind > 0 ? "behind" : "ahead of") +
           " this host's, or somebody repeats what was heard");
  return false;
}

/// Those that would no longer be taken anyway.
void Responder::forget_greetings() {
  const std::uint32_t now = settings_.minutes();
  std::erase_if(greeted_, [&](const auto& one) { return one.second + proto::kGreetingHolds < now; });
}

bool Responder::make_room(Deadline now) {
  if (sessions_.size() < settings_.limits.sessions) return true;
  const auto is_over = [&](const auto& entry) {
    const Session& session = entry.second;
    const auto waits = [&](Deadline due) { return due > now; };
    return session.heard + kIdle < now && std::ranges::none_of(session.late, waits);
  };
  return std::erase_if(sessions_, is_over) > 0;
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
  if (!macs_.take(now)) {
    ++counters_.limited;
    return std::nullopt;
  }
  Session& session = found->second;
  if (!proto::mac_ok(arrival.bytes, session.key)) {
    ++counters_.wrong_mac;
    return std::nullopt;
  }
  if (!session.window.take(head.sequence)) {
    ++counters_.replayed;
    return std::nullopt;
  }
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
    out.kind = PortTestKind::tallied;
    const auto from = session.reached.begin() + asked->ports.first;
    marked.marks.assign(from, from + static_cast<std::ptrdiff_t>(asked->ports.size()));
  }
  return proto::write_marked(out, marked, session.key);
}

/// A slice belongs to one session: it would not hear that another took it away, and call its ports closed.
proto::PortsMarked Responder::slice(const proto::Ports& ports, const proto::SessionId& by,
                                    const Endpoint& from) {
  proto::PortsMarked out{ports, std::vector<bool>(ports.size())};
  if (settings_.mode == proto::ResponderMode::bound && sliced_by_ && *sliced_by_ != by) {
    const auto other = sessions_.find(*sliced_by_);
    out.busy = other != sessions_.end() && sessions_.at(by).heard < other->second.heard + kIdle;
    if (out.busy) return out;
  }
  sliced_by_ = ports == proto::kNoSlice ? std::nullopt : std::optional(by);
  Held held = hold_(ports);
  held.others.resize(ports.size());
  out.marks = std::move(held.others);
  out.some_unopened = !held.why_unopened.empty();
  if (out.some_unopened) tell(Event::Kind::unopened, from, sessions_.at(by).by->name, held.why_unopened);
  return out;
}

}  // namespace lkdoctor::respond
