// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "respond/responder.hpp"

/// Who has a session with the responder, and whose the slice is.
namespace lkdoctor::respond {
namespace {

constexpr Milliseconds kIdle{5'000};        // no client that waits for an answer is silent for so long
constexpr Milliseconds kSliceKept{30'000};  // as a lease of the control connection

template <std::size_t Size>
std::array<std::uint8_t, Size> random_bytes() {
  std::array<std::uint8_t, Size> out{};
  if (RAND_bytes(out.data(), static_cast<int>(Size)) != 1) throw std::runtime_error("no random numbers");
  return out;
}

}  // namespace

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
    tell(Event::Kind::full, arrival.from, key.name, why_full(key, now));
    return nullptr;
  }
  greeted_.emplace(client, greeting.minutes);
  auto& entry = *sessions_.try_emplace(random_bytes<8>()).first;
  Session& session = entry.second;
  session.by = &key;
  session.client = client;
  session.greeted = family_of(arrival.from.address);
  session.seen_whole = traces(session.greeted);
  session.server = random_bytes<16>();
  session.key = proto::key_of_session(key.key, session.client, session.server);
  ++counters_.sessions;
  tell(Event::Kind::greeted, arrival.from, key.name);
  return &entry;
}

Responder::Session* Responder::session_of(ByteView answered) {
  if (const auto greeting = proto::read_greeting(answered)) {
    const auto its = [&](const auto& one) { return one.second.client == greeting->client; };
    const auto found = std::ranges::find_if(sessions_, its);
    return found == sessions_.end() ? nullptr : &found->second;
  }
  const auto head = proto::peek_port_test(answered);
  const auto found = head ? sessions_.find(head->id) : sessions_.end();
  return found == sessions_.end() ? nullptr : &found->second;
}

void Responder::kept(const Arrival& arrival) {
  Session* session = session_of(arrival.bytes);
  if (session == nullptr || session->kept) return;
  session->kept = true;
  tell(Event::Kind::kept, arrival.from, session->by->name);
}

proto::GreetingsHeard Responder::heard(std::string_view nonce) const {
  const auto its = [&](const auto& one) { return proto::hex(one.second.client) == nonce; };
  const auto found = std::ranges::find_if(sessions_, its);
  return found == sessions_.end() ? proto::GreetingsHeard{}
                                  : proto::GreetingsHeard{found->second.greeted_at, found->second.kept};
}

std::optional<Deadline> Responder::last_heard(const NamedKey& by) const {
  std::optional<Deadline> out;
  for (const auto& [id, session] : sessions_) {
    if (session.by != &by) continue;
    out = std::max(out, std::optional(session.heard));
    for (const Deadline due : session.late) out = std::max(out, std::optional(due));
  }
  return out;
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

std::string Responder::why_full(const NamedKey& key, Deadline now) const {
  if (keys_.used_up(key)) return kCodeUsed;
  if (greeted_.size() >= settings_.limits.greetings)
    return fmt::format("{} greetings are remembered, the first of them for {} min more at most",
                       greeted_.size(), 2 * proto::kGreetingHolds);
  Deadline free = Deadline::max();
  for (const auto& [id, session] : sessions_) free = std::min(free, session.heard + kIdle);
  return fmt::format("{} clients are being answered; there is room {} s from now if one of them is silent",
                     sessions_.size(),
                     std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::seconds>(free - now).count()));
}

bool Responder::is_idle(const Session& session, Milliseconds since, Deadline now) {
  const auto waits = [&](Deadline due) { return due > now; };
  return session.heard + since < now && std::ranges::none_of(session.late, waits);
}

bool Responder::make_room(Deadline now) {
  if (sessions_.size() < settings_.limits.sessions) return true;
  return std::erase_if(sessions_, [&](const auto& one) { return is_idle(one.second, kIdle, now); }) > 0;
}

bool Responder::look(Deadline now) {
  bool again = false;
  for (auto& [id, session] : sessions_) {
    if (session.sweeps && is_idle(session, kIdle, now)) tell_silent(session);
    again = again || session.sweeps || (!settings_.traces.empty() && !is_idle(session, kIdle, now));
  }
  if (settings_.mode != proto::ResponderMode::bound || !sliced_by_) return again;
  const auto by = sessions_.find(*sliced_by_);
  if (by != sessions_.end() && !is_idle(by->second, kSliceKept, now)) return true;
  sliced_by_.reset();
  (void)hold_(proto::kNoSlice);
  return again;
}

/// Who was banned on the way cannot tell us, and reads of closed ports alone.
void Responder::tell_silent(Session& session) {
  const proto::Ports ports = *std::exchange(session.sweeps, std::nullopt);
  const auto first = session.reached.begin() + ports.first;
  const auto reached = std::count(first, first + static_cast<std::ptrdiff_t>(ports.size()), true);
  tell(Event::Kind::silent, session.from, session.by->name,
       fmt::format("{} of {} ports were reached by then; it was stopped, or something on the way has "
                   "banned it",
                   reached, ports.size()));
}

/// A slice belongs to one session: it would not hear that another took it away, and call its ports closed.
proto::PortsMarked Responder::slice(const proto::Ports& ports, const proto::SessionId& by,
                                    const Endpoint& from) {
  proto::PortsMarked out{ports, std::vector<bool>(ports.size())};
  Session& asks = sessions_.at(by);
  if (settings_.mode == proto::ResponderMode::bound && sliced_by_ && *sliced_by_ != by) {
    const auto other = sessions_.find(*sliced_by_);
    out.busy = other != sessions_.end() && asks.heard < other->second.heard + kIdle;
    if (out.busy) {
      tell(Event::Kind::busy, from, asks.by->name,
           other->second.from.address + " has its own now, until it gives them back or is silent for 5 s");
      return out;
    }
  }
  asks.from = from;
  asks.sweeps = ports == proto::kNoSlice ? std::nullopt : std::optional(ports);
  sliced_by_ = ports == proto::kNoSlice ? std::nullopt : std::optional(by);
  Held held = hold_(ports);
  held.others.resize(ports.size());
  out.marks = std::move(held.others);
  out.some_unopened = !held.why_unopened.empty();
  if (out.some_unopened) tell(Event::Kind::unopened, from, asks.by->name, held.why_unopened);
  return out;
}

}  // namespace lkdoctor::respond
