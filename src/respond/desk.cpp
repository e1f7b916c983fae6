// SPDX-License-Identifier: EUPL-1.2
#include "respond/desk.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "respond/control_target.hpp"

namespace lkdoctor::respond {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMostSources = 256;
constexpr std::size_t kMostTokens = 8;  // of one lease: a client may ask for a session again
constexpr std::size_t kMostJson = 4096, kDeepestJson = 4;
constexpr std::size_t kMostKeys = 1024;  // then a client's own has to do for its session
constexpr seconds kTokenLeeway{60}, kHostHolds{2};
constexpr const char* kGivenBack = "it was given back";
constexpr const char* kNoSession = "no session: POST /session first";

ControlAnswer refused(unsigned status, std::string_view why) {
  return {status, dump_line({{"error", why}}), {}};
}

/// "TCP 7881, 5349".
std::string names_of(const std::vector<std::uint16_t>& ports) {
  std::string out;
  for (const std::uint16_t one : ports) out += (out.empty() ? "TCP " : ", ") + std::to_string(one);
  return out;
}

seconds left_until(Deadline when, Deadline now) {
  return std::max(seconds{0}, std::chrono::ceil<seconds>(when - now));
}

}  // namespace

Desk::Desk(DeskSettings settings, KeyRing& keys, std::function<void(const Event&)> tell)
    : settings_(std::move(settings)),
      keys_(keys),
      tell_(std::move(tell)),
      connections_(settings_.limits.connections_per_second, settings_.limits.connections_per_second) {}

void Desk::tell_once(Event event) {
  if (told_.first(event.kind, event.from.address)) tell_(event);
}

bool Desk::admits(const Endpoint& from, Deadline now) {
  if (!is_among(settings_.allowed, from.address)) {
    ++counters_.not_allowed;
    tell_once({Event::Kind::not_allowed, from, {}});
    return false;
  }
  std::string why = too_often(from, now);
  if (why.empty()) return true;
  ++counters_.limited;
  tell_once({Event::Kind::slowed, from, {}, std::move(why)});
  return false;
}

std::string Desk::too_often(const Endpoint& from, Deadline now) {
  const DeskLimits& limits = settings_.limits;
  const auto stranger = strangers_.find(from.address);
  if (stranger != strangers_.end() && !stranger->second.take(now))
    return fmt::format("it showed no key: {} connections a second until it does",
                       limits.strangers_per_second);
  if (neighbourhoods_.size() >= kMostSources) neighbourhoods_.clear();
  const double rate = limits.of_neighbours_per_second;
  Bucket& neighbours = neighbourhoods_.try_emplace(neighbourhood(from.address), rate, rate).first->second;
  if (!neighbours.take(now))
    return fmt::format("its network may open {} connections a second, and opens more", rate);
  if (connections_.take(now)) return {};
  return fmt::format("{} connections a second are taken in all, and more are opened",
                     limits.connections_per_second);
}

void Desk::handshake_failed(const Endpoint& from, const NamedKey* named, bool named_any) {
  ++counters_.handshakes_failed;
  if (strangers_.size() >= kMostSources) strangers_.clear();
  const DeskLimits& limits = settings_.limits;
  strangers_.try_emplace(from.address, limits.strangers_per_second, limits.strangers_at_once);
  if (named != nullptr) return tell_once({Event::Kind::wrong_mac, from, named->name});
  tell_once({named_any ? Event::Kind::other_key : Event::Kind::no_key, from, {}});
}

void Desk::failed(const Endpoint& from, const std::string& why) {
  tell_once({Event::Kind::failed, from, {}, why});
}

Deadline Desk::lease_ends() const {
  const auto heard = settings_.heard.last ? settings_.heard.last(*lease_->key) : std::nullopt;
  return heard ? std::max(lease_->until, *heard + settings_.limits.lease) : lease_->until;
}

bool Desk::is_held(Deadline now) const {
  return lease_ && (lease_->relays > 0 || now < lease_ends());
}

bool Desk::holds(const Caller& caller, Deadline now) const {
  return is_held(now) && lease_->key == caller.key;
}

ControlAnswer Desk::answer(Caller& caller, const ControlRequest& request, Deadline now) {
  strangers_.erase(caller.from.address);
  if (holds(caller, now) && !lease_->given_back) lease_->until = now + settings_.limits.lease;
  const std::string_view path = path_of(request.target);
  if (path.starts_with("/rtc")) return relay(caller, request, now);
  if (path == "/session" && request.method == "POST") return open_session(caller, request.body, now);
  if (path == "/session" && request.method == "DELETE") return close_session(caller, now);
  if (path.starts_with(proto::kGreetingsPath) && request.method == "GET")
    return greetings(caller, path.substr(proto::kGreetingsPath.size()), now);
  return refused(404, "there is nothing here");
}

ControlAnswer Desk::greetings(const Caller& caller, std::string_view nonce, Deadline now) const {
  if (!holds(caller, now)) return refused(403, kNoSession);
  const Json heard = settings_.heard.greetings ? settings_.heard.greetings(nonce) : proto::GreetingsHeard{};
  return {200, dump_line(heard), {}};
}

std::string Desk::who_is_served(Deadline now) const {
  if (lease_->relays > 0) return lease_->from.address + " is being served, and is in a call";
  return fmt::format("{} is being served, for {} s more if nothing comes of it", lease_->from.address,
                     left_until(lease_ends(), now).count());
}

ControlAnswer Desk::busy(Deadline now) const {
  const seconds left = lease_->relays > 0 ? settings_.limits.lease : left_until(lease_ends(), now);
  return {409, dump_line({{"error", "another client is being served"}, {"seconds", left.count()}}), {}};
}

ControlAnswer Desk::open_session(Caller& caller, const std::string& body, Deadline now) {
  const auto wanted = parse_bounded(body, kMostJson, kDeepestJson);
  if (!wanted || !wanted->is_object() || wanted->value("version", Json()) != 1)
    return refused(400, "wanted is {\"version\":1}");
  const auto refuse = [&](ControlAnswer answer, std::string_view why) {
    ++counters_.refused;
    tell_once({Event::Kind::session_refused, caller.from, caller.key->name, std::string(why)});
    return answer;
  };
  if (keys_.used_up(*caller.key))
    return refuse(refused(403, "this code has been used: lkdoctor respond prints another each time"),
                  kCodeUsed);
  if (is_held(now) && !holds(caller, now)) return refuse(busy(now), who_is_served(now));
  std::optional<proto::ProbeTokens> tokens;
  const seconds left = left_until(settings_.ends, now);
  if (settings_.mint)
    tokens = settings_.mint(std::min(seconds{proto::kLongestTokenLife}, left + kTokenLeeway));
  const std::optional<Secret> given = key_for(caller);
  const bool begins = !holds(caller, now);
  if (begins) take_ports(now);
  ControlAnswer out{200, dump_line(session_json(given, tokens, now)), {}};
  // What can fail has been done: a code is not used up by an answer that never was.
  if (given) {
    keys_.use(*caller.key);
    caller.key = &keys_.add({caller.key->name, proto::key_of_text(*given).value(), false, true});
  }
  if (begins) begin_lease(caller);
  lease_->given_back = false;
  lease_->until = now + settings_.limits.lease;
  if (tokens) keep(*tokens);
  return out;
}

/// By a key that others have too, they would be this client for us.
std::optional<Secret> Desk::key_for(const Caller& caller) const {
  const bool alone = caller.key->given || (!caller.key->once && keys_.size() >= kMostKeys);
  return alone ? std::nullopt : std::optional(proto::new_key_text());
}

void Desk::take_ports(Deadline now) {
  (void)lapse(now);
  host_.reset();
  if (settings_.hold) held_ = settings_.hold();
}

void Desk::begin_lease(const Caller& caller) {
  lease_ = Lease{++leases_, caller.key, caller.from, {}, 0, {}, false};
  ++counters_.sessions;
  const std::string ports = held_.empty() ? "" : names_of(held_) + " answers for it until it is over";
  tell_({Event::Kind::session, caller.from, caller.key->name, ports});
}

void Desk::end_lease(std::string why) {
  const std::vector<std::uint16_t> ports = std::exchange(held_, {});
  const std::optional<Lease> ended = std::exchange(lease_, std::nullopt);
  if (!ports.empty()) {
    settings_.let_go();
    host_.reset();
    why += "; " + names_of(ports) + " is let go";
  }
  if (ended) tell_({Event::Kind::session_over, ended->from, ended->key->name, why});
}

bool Desk::lapse(Deadline now) {
  if (is_held(now)) return false;
  end_lease(fmt::format("nothing came of it for {} s", settings_.limits.lease.count()));
  return true;
}

void Desk::keep(const proto::ProbeTokens& tokens) {
  std::vector<Secret>& all = lease_->tokens;
  if (all.size() >= kMostTokens) all.erase(all.begin(), all.begin() + 2);
  all.push_back(tokens.publisher);
  all.push_back(tokens.subscriber);
}

/// Looking through every process is what costs; a client may ask several times for further tokens.
const HostView& Desk::host_now(Deadline now) {
  if (!host_ || now >= host_until_) {
    host_ = settings_.look();
    host_until_ = now + kHostHolds;
  }
  return *host_;
}

Json Desk::session_json(const std::optional<Secret>& key, const std::optional<proto::ProbeTokens>& tokens,
                        Deadline now) {
  const HostView& host = host_now(now);
  Json out{{"version", 1},
           {"key", nullptr},
           {"tokens", nullptr},
           {"why_no_tokens", nullptr},
           {"room", nullptr},
           {"signalling_port", host.signalling_port},
           {"mode", name_of(host.mode)},
           {"udp", json_of(host.udp)},
           {"tcp", json_of(host.tcp)},
           {"udp_in_use", json_of(host.udp_in_use)},
           {"addresses", host.addresses},
           {"ephemeral", nullptr},
           {"clock", host.clock},
           {"seconds", left_until(settings_.ends, now).count()}};
  // The one place where these are meant to be sent: to who has shown the key.
  if (key) out["key"] = key->reveal();
  if (host.ephemeral.first != 0) out["ephemeral"] = {host.ephemeral.first, host.ephemeral.last};
  if (!tokens) {
    out["why_no_tokens"] = settings_.why_no_tokens;
    return out;
  }
  out["tokens"] = {tokens->publisher.reveal(), tokens->subscriber.reveal()};
  out["room"] = tokens->room;
  return out;
}

ControlAnswer Desk::close_session(const Caller& caller, Deadline now) {
  if (is_held(now) && !holds(caller, now)) return busy(now);
  if (lease_ && lease_->relays > 0) {
    lease_->given_back = true;
    lease_->tokens.clear();
  } else {
    end_lease(kGivenBack);
  }
  return {204, {}, {}};
}

std::optional<ControlAnswer> Desk::refusal(const ControlRequest& request) const {
  if (request.method != "GET" || !request.websocket || !request.body.empty() ||
      !is_signalling(path_of(request.target)))
    return refused(403, "only LiveKit's signalling is relayed");
  if (carries_token(request.target)) return refused(403, "the token belongs into Authorization");
  constexpr std::string_view kBearer = "Bearer ";
  const std::string_view given = request.authorization ? *request.authorization : std::string_view{};
  const bool ours = given.starts_with(kBearer) && std::ranges::any_of(lease_->tokens, [&](const Secret& one) {
                      return one.reveal() == given.substr(kBearer.size());
                    });
  if (!ours) return refused(403, "only the tokens of this session are relayed");
  return std::nullopt;
}

ControlAnswer Desk::relay(const Caller& caller, const ControlRequest& request, Deadline now) {
  const auto refuse = [&](ControlAnswer answer, std::string why) {
    ++counters_.refused;
    tell_once({Event::Kind::relay_refused, caller.from, caller.key->name, std::move(why)});
    return answer;
  };
  if (!holds(caller, now)) return refuse(refused(403, kNoSession), "no session");
  if (auto answer = refusal(request)) return refuse(std::move(*answer), "not a request of this session");
  if (open_relays_ >= settings_.limits.relays)
    return refuse(refused(503, "as many relays as allowed are open"), "as many relays as allowed are open");
  ++open_relays_;
  ++lease_->relays;
  ++counters_.relays;
  tell_({Event::Kind::relayed, caller.from, caller.key->name, {}, counters_.relays});
  return {0, {}, lease_->number};
}

void Desk::relay_ended(std::uint64_t lease, Deadline now) {
  --open_relays_;
  if (!lease_ || lease_->number != lease) return;
  --lease_->relays;
  lease_->until = now + settings_.limits.lease;
  if (lease_->given_back && lease_->relays == 0) end_lease(kGivenBack);
}

}  // namespace lkdoctor::respond
