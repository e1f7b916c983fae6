// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/net/turnstile.hpp>
#include <lkdoctor/probes/signal_session.hpp>
#include <lkdoctor/probes/tokens.hpp>

#include "probes/signal_upgrade.hpp"

namespace lkdoctor::probes {
namespace {

Microseconds since(Deadline begun) {
  return std::chrono::duration_cast<Microseconds>(Clock::now() - begun);
}

/// Where signalling_join could join.
struct Place {
  facts::UrlAddresses where;
  std::string address;
};

std::optional<Place> place_of(const Probe& probe) {
  const auto joined = probe.find(facts::join_response);
  if (!joined) return std::nullopt;
  const Side side = joined->through == name_of(Side::public_url) ? Side::public_url : Side::service_url;
  const auto where = probe.find(addresses_of(side));
  if (!where || where->addresses.empty()) return std::nullopt;
  return Place{*where, joined->address.empty() ? where->addresses.front() : joined->address};
}

Json grants_of(const SignalPlan& plan) {
  return {{"roomJoin", true},           {"room", plan.room},           {"hidden", plan.hidden},
          {"canPublish", plan.publish}, {"canPublishData", plan.data}, {"canSubscribe", plan.subscribe}};
}

}  // namespace

struct SignalSession::State {
  State(Probe& with, SignalPlan planned) : probe(with), plan(std::move(planned)) {
    new_room = plan.room.empty() || plan.first;
    if (plan.room.empty()) plan.room = random_name();
  }

  Secret token() const {
    const Deployment& deployment = probe.deployment();
    if (deployment.has_key_pair()) return granting_token(deployment, random_name(), grants_of(plan));
    const bool second = plan.subscribe && !deployment.secrets.subscriber_token.empty();
    return second ? deployment.secrets.subscriber_token : deployment.secrets.token;
  }
  awaitable<Asked> upgrade(Place place, bool by_query, Deadline deadline);
  awaitable<void> read_first_message(Deadline deadline);
  awaitable<void> ping_if_due();

  Probe& probe;
  SignalPlan plan;
  SignalReport report;
  proto::JoinInfo info;
  std::unique_ptr<net::WebSocket> socket;
  std::optional<net::Turnstile::Pass> pass;
  Deadline begun = Clock::now(), next_ping = Clock::now() + kSignalPing;
  bool new_room = true, open = false;
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

awaitable<Asked> SignalSession::State::upgrade(Place place, bool by_query, Deadline deadline) {
  socket = std::make_unique<net::WebSocket>(target_for(place.where, place.address, probe.deployment(), true));
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

awaitable<bool> SignalSession::join(Deadline deadline) {
  State& state = *state_;
  const auto place = place_of(state.probe);
  if (!place) throw CouldNotTell("it is not known where one can join");
  if (!state.probe.deployment().has_key_pair()) {
    std::string gate = state.plan.subscribe ? "subscriber token" : "token";
    state.pass = co_await net::Turnstile::enter(std::move(gate), deadline);
    if (!state.pass) throw CouldNotTell("the one participant of the token was busy all the time");
  }
  state.begun = Clock::now();
  state.report.url = place->where.url;
  state.report.address = place->address;
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
  co_return co_await state_->socket->send_binary(std::move(message), deadline);
}

awaitable<void> SignalSession::leave() {
  State& state = *state_;
  if (!state.open) co_return;
  state.open = false;
  state.report.left = co_await say_goodbye(state.socket.get());
  state.pass.reset();
}

}  // namespace lkdoctor::probes
