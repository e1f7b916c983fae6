// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <deque>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/net/turnstile.hpp>
#include <lkdoctor/probes/signal_session.hpp>
#include <lkdoctor/probes/tokens.hpp>
#include <lkdoctor/proto/sdp.hpp>

#include "probes/carried_tokens.hpp"
#include "probes/signal_upgrade.hpp"
#include "probes/whip_session.hpp"

namespace lkdoctor::probes {
namespace {

Microseconds since(Deadline begun) {
  return std::chrono::duration_cast<Microseconds>(Clock::now() - begun);
}

/// Where signalling_join could join.
struct Place {
  Side side;
  facts::UrlAddresses where;
  std::string address;
};

std::optional<Place> joined_place(const Probe& probe) {
  const auto joined = probe.find(facts::join_response);
  if (!joined) return std::nullopt;
  const Side side = side_named(joined->through);
  const auto where = place_of(side, probe.facts(), probe.deployment());
  if (!where || where->addresses.empty()) return std::nullopt;
  return Place{side, *where, joined->address.empty() ? where->addresses.front() : joined->address};
}

Json grants_of(const SignalPlan& plan) {
  return {{"roomJoin", true},           {"room", plan.room},           {"hidden", plan.hidden},
          {"canPublish", plan.publish}, {"canPublishData", plan.data}, {"canSubscribe", plan.subscribe}};
}

}  // namespace

std::string why_in_vain(const SignalReport& signalling) {
  constexpr int kTooManyRequests = 429;
  const net::NetOutcome& outcome = signalling.outcome;
  const bool queued = outcome.error == net::NetError::timed_out && outcome.stage == net::Stage::upgrade;
  if (queued) return outcome.text + ", as where a proxy limits and queues requests";
  if (!outcome.ok()) return outcome.text;
  if (signalling.status == kTooManyRequests) return "HTTP 429, a limit on requests in front of LiveKit";
  if (signalling.first_message.empty()) return "HTTP " + std::to_string(signalling.status);
  return "the first message was " + signalling.first_message;
}

struct SignalSession::State {
  State(Probe& with, SignalPlan planned) : probe(with), plan(std::move(planned)) {
    is_apart = plan.room.empty();
    lent = lent_pairs();
    // A token names its room: signalling_join has counted it.
    new_room = mints_tokens(probe) && (is_apart || plan.first);
    if (plan.room.empty()) plan.room = random_name();
    const auto joined = probe.find(facts::join_response);
    by_whip = joined && joined->by_whip;
  }

  /// Pairs of tokens that this session may take one of; empty: there is the one that was given.
  std::vector<CarriedPair> lent_pairs() const {
    const auto joined = probe.find(facts::join_response);
    const auto& carried = probe.deployment().run.carried;
    const bool through = joined && joined->through == name_of(Side::responder);
    const bool lends = carried && (through || carried->replaces_token);
    return lends && !mints_tokens(probe) ? carried_pairs(probe.deployment()) : std::vector<CarriedPair>{};
  }
  awaitable<bool> enter(Deadline deadline);
  Secret token() const {
    const Deployment& deployment = probe.deployment();
    const Deployment::Secrets& secrets = deployment.secrets;
    if (mints_tokens(probe)) return granting_token(deployment, identity, grants_of(plan));
    if (slot < lent.size()) return plan.subscribe ? lent[slot].subscriber : lent[slot].publisher;
    const bool second = plan.subscribe && !secrets.subscriber_token.empty();
    return second ? secrets.subscriber_token : secrets.token;
  }
  awaitable<Asked> upgrade(Place place, bool by_query, Deadline deadline);
  awaitable<void> read_first_message(Deadline deadline);
  awaitable<void> ping_if_due();

  Probe& probe;
  SignalPlan plan;
  SignalReport report;
  proto::JoinInfo info;
  std::unique_ptr<net::WebSocket> socket;
  std::unique_ptr<WhipSession> whip;
  std::deque<proto::SignalMessage> said;  // by WHIP, all at once
  std::string identity = random_name();
  std::vector<CarriedPair> lent;
  std::size_t slot = 0;
  std::optional<net::Turnstile::Pass> pass;
  Deadline begun = Clock::now(), next_ping = Clock::now() + kSignalPing;
  bool is_apart = true;  // nobody else is meant to be in its room
  bool new_room = true, open = false, by_whip = false;
};

SignalSession::SignalSession(Probe& probe, SignalPlan plan)
    : state_(std::make_unique<State>(probe, std::move(plan))) {}
SignalSession::~SignalSession() = default;

const proto::JoinInfo& SignalSession::info() const {
  return state_->info;
}
const SignalReport& SignalSession::report() const {
  return state_->report;
}
bool SignalSession::by_whip() const {
  return state_->by_whip;
}
Milliseconds SignalSession::patience(Milliseconds by_websocket) const {
  return state_->by_whip ? kWhipPatience : by_websocket;
}

awaitable<Asked> SignalSession::State::upgrade(Place place, bool by_query, Deadline deadline) {
  socket = std::make_unique<net::WebSocket>(
      joining_target(place.side, place.where, place.address, probe.deployment()));
  SignalUpgrade asking = signal_upgrade(place.where, token(), plan.subscribe, by_query);
  probe.count_request();
  const std::int64_t sent = wall_ms();
  const net::HttpReply reply =
      co_await socket->open(std::move(asking.path), std::move(asking.headers), deadline);
  report.outcome = reply.outcome;
  report.status = reply.status;
  if (reply.status == 401) probe.count_unauthorized();
  open = reply.status == 101 && reply.outcome.ok();
  if (open) probe.count_join(new_room);
  co_return kept("join", reply, sent);
}

awaitable<void> SignalSession::State::read_first_message(Deadline deadline) {
  const net::WsMessage message = co_await socket->receive(deadline);
  report.outcome = message.outcome;
  report.first_message = "none";
  if (!message.outcome.ok()) co_return;
  const proto::SignalMessage signal = proto::decode_signal(message.bytes);
  report.first_message = kind_of_first(message, signal);
  if (report.first_message != "join") co_return;
  info = signal.join;
  report.room = info.room;
  report.identity = info.identity;
  report.version = info.version;
  report.node = info.node;
  report.joined_after = since(begun);
}

/// The answer as a WebSocket would bring it; false: it is none.
static bool keep_answer(const WhipAnswer& answer, proto::JoinInfo& info,
                        std::deque<proto::SignalMessage>& said) {
  if (!answer.ok() || !proto::parse_sdp(answer.body)) return false;
  info.ice_urls = answer.ice_urls();
  info.ice_servers = answer.ice_servers;
  proto::SignalMessage message, last;
  message.kind = proto::SignalKind::answer;
  message.description.sdp = answer.body;
  last.kind = proto::SignalKind::trickle;
  last.trickle.final = true;
  said = {std::move(message), std::move(last)};
  return true;
}

awaitable<bool> SignalSession::join_by_whip(std::string offer, Deadline deadline) {
  State& state = *state_;
  if (offer.empty()) offer = throw_away_offer();
  const WhipAnswer answer = co_await state.whip->begin(std::move(offer), state.new_room, deadline);
  state.report.outcome = answer.outcome;
  state.report.status = answer.status;
  if (!answer.ok()) co_return false;
  state.open = keep_answer(answer, state.info, state.said);
  state.report.first_message = state.open ? "answer" : "malformed";
  state.report.room = state.plan.room;
  state.report.identity = state.identity;
  state.report.joined_after = since(state.begun);
  co_return state.open;
}

awaitable<SignalEvent> SignalSession::next_by_whip(Deadline deadline) {
  SignalEvent event;
  if (state_->said.empty()) {
    co_await net::sleep_until(deadline);
    event.outcome = {net::Stage::message, net::NetError::timed_out, "by WHIP nothing more is said"};
    co_return event;
  }
  event.message = std::move(state_->said.front());
  state_->said.pop_front();
  co_return event;
}

/// Who is to meet somebody takes the first pair, whoever is alone any other one that is free, and that one
/// if it is free before.
awaitable<bool> SignalSession::State::enter(Deadline deadline) {
  std::vector<std::string> gates;
  for (std::size_t i = 1; is_apart && i < lent.size(); ++i) gates.push_back("token " + std::to_string(i));
  gates.push_back(plan.subscribe ? "subscriber token" : "token");
  const std::vector<std::string> names = gates;
  pass = co_await net::Turnstile::enter(std::move(gates), deadline);
  if (!pass) co_return false;
  const auto found = std::ranges::find(names, pass->name());
  slot = found + 1 == names.end() ? 0 : static_cast<std::size_t>(found - names.begin()) + 1;
  co_return true;
}

awaitable<bool> SignalSession::join(Deadline deadline, std::string offer) {
  State& state = *state_;
  const auto place = joined_place(state.probe);
  if (!place) throw CouldNotTell("it is not known where one can join");
  if (!mints_tokens(state.probe)) {
    // Over a slow line others are inside for long: who has waited for its turn has all its time afterwards.
    const auto patience = deadline - Clock::now();
    const Deadline last = state.probe.deadline() - kSignalGoodbye;
    const bool entered = co_await state.enter(std::max(deadline, last - patience));
    if (!entered) throw CouldNotTell("the one participant of the token was busy all the time");
    deadline = std::max(deadline, earlier(Clock::now() + patience, last));
  }
  state.begun = Clock::now();
  state.report.url = place->where.url;
  state.report.address = place->address;
  state.report.by_whip = state.by_whip;
  if (state.by_whip) {
    if (state.plan.subscribe) throw CouldNotTell("by WHIP one can speak, and not listen");
    state.whip = std::make_unique<WhipSession>(
        state.probe, target_for(place->where, place->address, state.probe.deployment(), true),
        path_under(place->where, kWhipPath), [&state] { return state.token(); });
    co_return co_await join_by_whip(std::move(offer), deadline);
  }
  const Asked asked = co_await state.upgrade(*place, false, deadline);
  if (was_stripped(asked)) (void)co_await state.upgrade(*place, true, deadline);
  if (!state.open) co_return false;
  co_await state.read_first_message(deadline);
  co_return state.report.first_message == "join";
}

awaitable<void> SignalSession::State::ping_if_due() {
  if (Clock::now() < next_ping) co_return;
  next_ping = Clock::now() + kSignalPing;
  Bytes ping = proto::encode_ping(wall_ms());
  (void)co_await socket->send_binary(std::move(ping), Clock::now() + kSignalGoodbye);
}

awaitable<SignalEvent> SignalSession::next(Deadline deadline) {
  State& state = *state_;
  SignalEvent event;
  if (state.whip && state.open) co_return co_await next_by_whip(deadline);
  while (true) {
    if (!state.open) {
      event.outcome = {net::Stage::message, net::NetError::closed, "the session is over"};
      co_return event;
    }
    co_await state.ping_if_due();
    const net::WsMessage message = co_await state.socket->receive(earlier(state.next_ping, deadline));
    event.outcome = message.outcome;
    if (message.outcome.error == net::NetError::timed_out && Clock::now() < deadline) continue;
    if (!message.outcome.ok()) {
      if (message.outcome.error != net::NetError::timed_out) state.open = false;
      co_return event;
    }
    event.message = proto::decode_signal(message.bytes);
    if (event.message.kind == proto::SignalKind::pong) continue;
    if (event.message.kind == proto::SignalKind::leave) {
      state.report.leave_reason = event.message.leave_reason;
      state.open = false;
    }
    co_return event;
  }
}

awaitable<net::NetOutcome> SignalSession::send(Bytes message, Deadline deadline) {
  if (!state_->open) co_return net::NetOutcome{net::Stage::message, net::NetError::closed, "not joined"};
  if (state_->whip) co_return net::NetOutcome{};
  co_return co_await state_->socket->send_binary(std::move(message), deadline);
}

awaitable<net::NetOutcome> SignalSession::tell(proto::Trickle trickle, Deadline deadline) {
  if (!state_->whip) co_return co_await send(proto::encode_trickle(trickle), deadline);
  co_return co_await state_->whip->tell_candidate(std::move(trickle.candidate), deadline);
}

awaitable<void> SignalSession::leave() {
  State& state = *state_;
  if (state.whip) {
    state.open = false;
    state.report.left = co_await state.whip->end();
    state.pass.reset();
  }
  if (!state.open) co_return;
  state.open = false;
  state.report.left = co_await say_goodbye(state.socket.get());
  state.pass.reset();
}

}  // namespace lkdoctor::probes
