// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/probes/join.hpp>

#include <algorithm>
#include <array>
#include <lkdoctor/net/tcp.hpp>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/probes/limits.hpp>
#include <lkdoctor/probes/tokens.hpp>

#include "probes/carried_tokens.hpp"
#include "probes/join_by_whip.hpp"
#include "probes/signal_upgrade.hpp"

namespace lkdoctor::probes {
namespace {

/// LiveKit tries up to three times to start a session: 3 + 6 + 9 s.
constexpr Milliseconds kLiveKitTries{18'000};
constexpr Milliseconds kFirstMessage{5'000};

struct Room {
  std::string name;
  bool counted = false;
};

Secret token_for(const Deployment& deployment, Side side, const std::string& room) {
  if (side == Side::responder) return carried_pairs(deployment).at(0).publisher;
  if (!deployment.has_key_pair()) return deployment.secrets.token;
  return granting_token(deployment, random_name(), probe_grants(room));
}

facts::JoinResponse fact_of(const proto::JoinInfo& info, const JoinAttempt& at) {
  return {std::string(name_of(at.side)),
          at.address,
          info.room,
          info.version,
          info.node,
          info.region,
          info.protocol,
          info.ping_interval_seconds,
          info.ping_timeout_seconds,
          info.ice_urls};
}

Microseconds since(Deadline begun) {
  return std::chrono::duration_cast<Microseconds>(Clock::now() - begun);
}

/// A place to join at, and what becomes of it.
struct Attempt {
  facts::UrlAddresses where;
  JoinAttempt* into;
  std::optional<facts::JoinResponse> joined;
  std::unique_ptr<net::WebSocket> socket;
};

awaitable<void> open_session(Probe& probe, Attempt* attempt, Room* room, bool by_query) {
  const Side side = attempt->into->side;
  const Secret token = token_for(probe.deployment(), side, room->name);
  net::HttpTarget target = joining_target(side, attempt->where, attempt->into->address, probe.deployment());
  target.connect_by = co_await connect_patience(probe, side);
  attempt->socket = std::make_unique<net::WebSocket>(target);
  SignalUpgrade asking = signal_upgrade(attempt->where, token, false, by_query);
  probe.count_request();
  const std::int64_t sent = wall_ms();
  const Deadline begun = Clock::now();
  const Deadline until = patience(probe, side) - Milliseconds(1200);
  const net::HttpReply reply =
      co_await attempt->socket->open(std::move(asking.path), std::move(asking.headers), until);
  attempt->into->upgrade = kept("join", reply, sent);
  attempt->into->by_query = by_query;
  attempt->into->waited = since(begun);
  attempt->into->wait_was_long = attempt->into->waited > kLiveKitTries;
  if (reply.status == 401) probe.count_unauthorized();
  probe.phase("connect", attempt->socket->connect_time());
  if (attempt->where.tls) probe.phase("tls", attempt->socket->handshake_time());
  probe.phase("upgrade", reply.first_byte);
  if (reply.status != 101) co_return;
  probe.count_join(!room->counted);
  room->counted = true;
}

awaitable<void> read_first_message(Probe& probe, Attempt* attempt) {
  const Deadline until = earlier(Clock::now() + kFirstMessage, probe.deadline() - Milliseconds(1000));
  const net::WsMessage message = co_await attempt->socket->receive(until);
  attempt->into->first_message_took = message.took;
  probe.phase("first message", message.took);
  if (!message.outcome.ok()) {
    attempt->into->first_message = "none";
    attempt->into->close_code = message.close_code;
    co_return;
  }
  const proto::SignalMessage signal = proto::decode_signal(message.bytes);
  attempt->into->first_message = kind_of_first(message, signal);
  if (attempt->into->first_message != "join") co_return;
  attempt->into->version = signal.join.version;
  attempt->into->node = signal.join.node;
  attempt->joined = fact_of(signal.join, *attempt->into);
}

/// Pings as clients do until `until`; notes it if somebody ends the session before.
awaitable<void> hold(Attempt* attempt, Deadline until) {
  const Deadline begun = Clock::now();
  Deadline next_ping = begun;
  while (Clock::now() < until) {
    if (Clock::now() >= next_ping) {
      next_ping = Clock::now() + kSignalPing;
      (void)co_await attempt->socket->send_binary(proto::encode_ping(wall_ms()),
                                                  Clock::now() + kSignalGoodbye);
    }
    const net::WsMessage message = co_await attempt->socket->receive(earlier(next_ping, until));
    if (message.outcome.error == net::NetError::timed_out) continue;
    const bool left =
        message.outcome.ok() && proto::decode_signal(message.bytes).kind == proto::SignalKind::leave;
    if (left) co_return;
    if (message.outcome.ok()) continue;
    attempt->into->cut_after = since(begun);
    attempt->into->close_code = message.close_code;
    co_return;
  }
}

/// A limit that the burst of this run has met lets a join through that comes after a pause.
awaitable<void> wait_out_limit(Probe& probe, Attempt* attempt, Room* room) {
  constexpr Milliseconds kForTheJoin{5'000};
  JoinAttempt& into = *attempt->into;
  while (refused_by_limit(into.upgrade, true)) {
    ++into.limited;
    const auto pause = pause_for_limit(into.upgrade, into.limited);
    if (!pause || Clock::now() + *pause + kForTheJoin > probe.deadline()) co_return;
    co_await net::sleep_until(Clock::now() + *pause);
    co_await open_session(probe, attempt, room, false);
  }
}

/// A LiveKit that has just started answers HTTP before it has registered itself: it tests its external
/// address meanwhile.
awaitable<void> wait_out_start(Probe& probe, Attempt* attempt, Room* room) {
  constexpr std::array<Milliseconds, 3> kPauses{Milliseconds(2'000), Milliseconds(3'000),
                                                Milliseconds(5'000)};
  constexpr Milliseconds kForTheRest{8'000};
  JoinAttempt& into = *attempt->into;
  const Deadline begun = Clock::now();
  for (const Milliseconds pause : kPauses) {
    if (!names_no_node(into.upgrade)) co_return;
    if (Clock::now() + pause + kForTheRest > probe.deadline()) co_return;
    co_await net::sleep_until(Clock::now() + pause);
    co_await open_session(probe, attempt, room, false);
    into.without_node_for = since(begun);
  }
}

awaitable<void> try_to_join(Probe& probe, Attempt* attempt, Room* room) {
  co_await open_session(probe, attempt, room, false);
  co_await wait_out_limit(probe, attempt, room);
  co_await wait_out_start(probe, attempt, room);
  const bool by_query = attempt->into->side != Side::responder;  // which takes none there
  if (by_query && was_stripped(attempt->into->upgrade)) co_await open_session(probe, attempt, room, true);
  if (attempt->into->upgrade.answer.status != 101) co_return;
  co_await read_first_message(probe, attempt);
}

std::vector<Attempt> attempts_at(Probe& probe, Side side, std::vector<JoinAttempt>& into) {
  const auto where = place_of(side, probe.facts(), probe.deployment());
  std::vector<Attempt> out;
  if (!where) return out;
  into.resize(where->addresses.size());
  for (std::size_t i = 0; i < into.size(); ++i) {
    into[i].side = side;
    into[i].url = where->url;
    into[i].address = where->addresses[i];
    out.push_back({*where, &into[i], std::nullopt, nullptr});
  }
  return out;
}

std::optional<bool> is_listed(const net::HttpReply& reply) {
  if (reply.status != 200) return std::nullopt;
  const Json json = Json::parse(reply.body, nullptr, false);
  if (!json.is_object() || !json.contains("rooms") || !json.at("rooms").is_array()) return std::nullopt;
  return !json.at("rooms").empty();
}

/// Whether service_url can be asked from here; found out while the join is under way.
awaitable<void> knock_at_service(Probe& probe, std::optional<net::NetOutcome>* found) {
  const auto where = probe.find(facts::service_addresses);
  if (!where || where->addresses.empty()) co_return;
  const Deadline connect_by = co_await connect_patience(probe, Side::service_url);
  Endpoint peer{where->addresses.front(), where->port};
  net::Proxy proxy = proxy_named(where->via_proxy, probe.deployment());
  const net::Dialled dialled = co_await net::dial_through(std::move(proxy), std::move(peer), connect_by);
  // With several addresses, one that does not accept says nothing of the others.
  if (dialled.outcome.ok() || where->addresses.size() == 1) *found = dialled.outcome;
}

/// Asks service_url for the room that was joined through public_url. REQUIRES: it accepts connections.
awaitable<void> look_for_room(Probe& probe, std::string room, std::optional<bool>* listed) {
  const facts::UrlAddresses where = probe.find(facts::service_addresses).value();
  net::HttpRequest request;
  request.method = "POST";
  request.target = path_under(where, "/twirp/livekit.RoomService/ListRooms");
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = Json({{"names", {room}}}).dump();
  authorize(request, granting_token(probe.deployment(), "", {{"roomList", true}}));
  net::HttpSession session(target_for(where, where.addresses.front(), probe.deployment(), true));
  probe.count_request();
  const Deadline until = earlier(Clock::now() + Milliseconds(3000), probe.deadline() - Milliseconds(1000));
  const net::HttpReply reply = co_await session.ask(std::move(request), until);
  *listed = is_listed(reply);
}

/// Stays where that was asked for, then leaves.
awaitable<void> hold_and_leave(Probe& probe, Attempt* attempt) {
  const bool stays = attempt->joined && probe.deployment().run.thorough;
  if (stays) co_await hold(attempt, probe.deadline() - Milliseconds(2000));
  if (attempt->into->cut_after) co_return;
  (void)co_await say_goodbye(attempt->socket.get());
}

awaitable<bool> join_at(Probe& probe, Side side, Room* room, JoinObservation* into,
                        std::optional<net::NetOutcome>* service) {
  std::vector<JoinAttempt> results;
  std::vector<Attempt> attempts = attempts_at(probe, side, results);
  std::vector<awaitable<void>> joining;
  for (Attempt& attempt : attempts) joining.push_back(try_to_join(probe, &attempt, room));
  if (side == Side::public_url) joining.push_back(knock_at_service(probe, service));
  co_await net::all(std::move(joining));
  const auto joined =
      std::ranges::find_if(attempts, [](const Attempt& attempt) { return attempt.joined.has_value(); });
  const bool any = joined != attempts.end();
  if (any) probe.publish(facts::join_response, *joined->joined);
  const bool listable = side == Side::public_url && *service && (*service)->ok();
  if (any && listable && probe.deployment().has_key_pair()) {
    const Deadline met = Clock::now();
    co_await look_for_room(probe, room->name, &into->room_listed);
    probe.phase("room at service_url", since(met));
  }
  std::vector<awaitable<void>> ending;
  for (Attempt& attempt : attempts) {
    if (attempt.into->upgrade.answer.status == 101) ending.push_back(hold_and_leave(probe, &attempt));
  }
  const Deadline leaving = Clock::now();
  co_await net::all(std::move(ending));
  if (any) probe.phase("leave", since(leaving));
  for (JoinAttempt& result : results) into->attempts.push_back(std::move(result));
  co_return any;
}

/// The knock has waited long enough: no second wait where nobody accepts.
JoinAttempt attempt_in_vain(const Probe& probe, const net::NetOutcome& outcome) {
  const facts::UrlAddresses where = probe.find(facts::service_addresses).value();
  JoinAttempt attempt;
  attempt.side = Side::service_url;
  attempt.url = where.url;
  attempt.address = where.addresses.front();
  attempt.upgrade.outcome = outcome;
  return attempt;
}

std::string nowhere_to_join(const Deployment& deployment) {
  const auto& carried = deployment.run.carried;
  std::string words = "neither public_url nor service_url has an address here";
  if (carried && !carried->carries)
    words += ", and " + carried->url.value + " carries no session: " + carried->words;
  return words;
}

}  // namespace

bool names_no_node(const Asked& asked) {
  return asked.answer.body.find("could not find any available nodes") != std::string::npos;
}

awaitable<JoinObservation> join_probe_room(Probe& probe) {
  JoinObservation observation;
  Room room{random_name()};
  std::optional<net::NetOutcome> service;
  bool joined = co_await join_at(probe, Side::public_url, &room, &observation, &service);
  // OpenTalk's own proxy admits only people in a meeting: LiveKit itself is asked then.
  if (!joined && service && !service->ok()) {
    observation.attempts.push_back(attempt_in_vain(probe, *service));
  } else if (!joined) {
    joined = co_await join_at(probe, Side::service_url, &room, &observation, &service);
  }
  if (!joined) joined = co_await join_at(probe, Side::responder, &room, &observation, &service);
  if (!joined) co_await join_by_whip(probe, &observation);
  if (observation.attempts.empty()) throw CouldNotTell(nowhere_to_join(probe.deployment()));
  co_return observation;
}

}  // namespace lkdoctor::probes
