// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <deque>
#include <lkdoctor/probes/turn_relay.hpp>

namespace lkdoctor::probes {
namespace {

constexpr Milliseconds kGoodbye{300};
constexpr Milliseconds kSlice{100};  // how long a reader may miss what a writer has begun meanwhile
constexpr std::size_t kMostWaiting = 64;
constexpr int kRefusalsBelieved = 2;  // one ICMP error may be about a moment; the second is not

net::NetOutcome failed(net::NetError error, std::string text) {
  return {net::Stage::message, error, std::move(text)};
}

}  // namespace

struct TurnRelay::State {
  explicit State(RelayPlan planned)
      : plan(std::move(planned)),
        client(plan.tcp ? proto::TurnCarrier::stream : proto::TurnCarrier::datagrams, plan.credentials),
        stream(plan.tls) {
    report.server = plan.server;
  }

  awaitable<net::NetOutcome> connect(Deadline deadline);
  awaitable<void> flush();
  awaitable<void> read(Deadline deadline);
  awaitable<void> step(Deadline deadline);
  awaitable<void> serve_waiting();
  net::NetOutcome allocation_outcome() const;
  std::optional<net::Datagram> next();

  RelayPlan plan;
  proto::TurnClient client;
  net::ByteStream stream;
  std::optional<net::UdpSocket> socket;
  RelayReport report;
  std::optional<net::NetOutcome> opened, broken;
  std::deque<proto::TurnClient::Relayed> inbox;
  std::deque<std::pair<Endpoint, Bytes>> waiting;  // for a permission
  std::vector<Endpoint> refused;                   // peers whose refusal is known
  std::size_t refusals_told = 0;
  int refusals = 0;
};

TurnRelay::TurnRelay(RelayPlan plan) : state_(std::make_unique<State>(std::move(plan))) {}
TurnRelay::~TurnRelay() = default;

std::optional<Endpoint> TurnRelay::local() const {
  return state_->client.state().relayed;
}

RelayReport TurnRelay::report() const {
  RelayReport out = state_->report;
  out.turn = state_->client.state();
  return out;
}

awaitable<net::NetOutcome> TurnRelay::State::connect(Deadline deadline) {
  if (!plan.tcp) {
    socket.emplace(family_of(plan.server.address));
    co_return net::NetOutcome{};
  }
  const net::NetOutcome outcome = co_await stream.connect(plan.server, deadline);
  report.tls = stream.session();
  co_return outcome;
}

awaitable<net::NetOutcome> TurnRelay::open(Deadline deadline) {
  State& state = *state_;
  if (state.opened) co_return *state.opened;
  const auto start = Clock::now();
  const auto since = [start] { return std::chrono::duration_cast<Microseconds>(Clock::now() - start); };
  net::NetOutcome outcome = co_await state.connect(earlier(start + state.plan.patience, deadline));
  state.report.connected_after = since();
  if (outcome.ok()) {
    const Deadline end = earlier(Clock::now() + state.plan.patience, deadline);
    state.plan.only_credentials ? state.client.verify(Clock::now()) : state.client.allocate(Clock::now());
    while (state.client.state().phase == proto::TurnPhase::allocating && !state.broken &&
           Clock::now() < end) {
      co_await state.step(end);
    }
    outcome = state.allocation_outcome();
    const bool allocated = state.client.state().phase == proto::TurnPhase::allocated;
    if (outcome.ok() && allocated) state.report.allocated_after = since();
  }
  state.report.outcome = outcome;
  state.opened = outcome;
  co_return outcome;
}

net::NetOutcome TurnRelay::State::allocation_outcome() const {
  const proto::TurnState& turn = client.state();
  if (turn.phase == proto::TurnPhase::allocated || turn.phase == proto::TurnPhase::verified) return {};
  if (!turn.foreign.empty() && turn.answers == 0)
    return failed(net::NetError::malformed, "the answer is not TURN");
  if (turn.error_code != 0) {
    return failed(net::NetError::other, std::to_string(turn.error_code) + " " + turn.error_reason);
  }
  if (broken) return *broken;
  return failed(net::NetError::timed_out, "no answer");
}

awaitable<void> TurnRelay::State::flush() {
  std::vector<Bytes> packets = client.take();
  for (Bytes& packet : packets) {
    net::NetOutcome sent;
    if (plan.tcp) {
      sent = co_await stream.send(std::move(packet), Clock::now() + plan.patience);
    } else {
      sent = co_await socket->send(plan.server, std::move(packet));
    }
    if (!sent.ok() && (plan.tcp || sent.error == net::NetError::network_unreachable)) broken = sent;
  }
}

awaitable<void> TurnRelay::State::read(Deadline deadline) {
  if (plan.tcp) {
    const net::TcpStream::Received part = co_await stream.receive(deadline);
    if (part.outcome.ok()) client.receive(part.bytes, Clock::now());
    if (!part.outcome.ok() && part.outcome.error != net::NetError::timed_out) broken = part.outcome;
    co_return;
  }
  const net::Datagram datagram = co_await socket->receive(deadline);
  if (datagram.outcome.ok()) {
    if (datagram.from == plan.server) client.receive(datagram.bytes, Clock::now());
  } else if (datagram.outcome.error != net::NetError::timed_out) {
    report.reporter = datagram.reporter;
    if (++refusals >= kRefusalsBelieved && client.state().answers == 0) broken = datagram.outcome;
  }
}

/// Sends what is due, waits for one thing to come or time to pass, and deals with it.
awaitable<void> TurnRelay::State::step(Deadline deadline) {
  co_await flush();
  const auto timer = client.next_timer();
  Deadline until = earlier(Clock::now() + kSlice, deadline);
  if (timer) until = earlier(*timer, until);
  co_await read(until);
  client.on_timer(Clock::now());
  co_await serve_waiting();
}

/// Packets whose permission has come go out; those whose peer is refused are dropped.
awaitable<void> TurnRelay::State::serve_waiting() {
  for (auto entry = waiting.begin(); entry != waiting.end();) {
    const auto& permissions = client.state().permissions;
    const auto permission = std::ranges::find_if(permissions, [&](const proto::TurnPermission& one) {
      return one.peer.address == entry->first.address;
    });
    if (permission == permissions.end() || !permission->answered) {
      ++entry;
      continue;
    }
    if (permission->granted) client.send(entry->first, entry->second);
    const bool known = std::ranges::find(refused, entry->first) != refused.end();
    if (!permission->granted && !known) refused.push_back(entry->first);
    entry = waiting.erase(entry);
  }
  co_await flush();
}

awaitable<net::NetOutcome> TurnRelay::send(Endpoint to, Bytes packet) {
  State& state = *state_;
  if (!state.opened || !state.opened->ok()) co_return failed(net::NetError::closed, "no allocation");
  if (state.broken) co_return *state.broken;
  if (state.client.permitted(to)) {
    state.client.send(to, packet);
  } else {
    state.client.permit(to, Clock::now());
    if (state.waiting.size() < kMostWaiting) state.waiting.emplace_back(std::move(to), std::move(packet));
  }
  co_await state.flush();
  co_return net::NetOutcome{};
}

/// What can be handed on without waiting.
std::optional<net::Datagram> TurnRelay::State::next() {
  for (proto::TurnClient::Relayed& packet : client.take_relayed()) inbox.push_back(std::move(packet));
  net::Datagram out;
  if (!inbox.empty()) {
    out.from = inbox.front().from;
    out.bytes = std::move(inbox.front().bytes);
    inbox.pop_front();
    return out;
  }
  if (refusals_told < refused.size()) {
    out.from = refused[refusals_told++];
    out.outcome = failed(net::NetError::prohibited, "the relay refuses this peer");
    out.reporter = plan.server.address;
    return out;
  }
  if (client.state().phase != proto::TurnPhase::allocated && !broken) {
    broken = failed(net::NetError::closed, "the allocation is gone");
  }
  if (broken) {
    out.outcome = *broken;
    return out;
  }
  return std::nullopt;
}

awaitable<net::Datagram> TurnRelay::receive(Deadline deadline) {
  State& state = *state_;
  const auto start = Clock::now();
  while (true) {
    if (auto datagram = state.next()) {
      datagram->took = std::chrono::duration_cast<Microseconds>(Clock::now() - start);
      co_return *std::move(datagram);
    }
    if (Clock::now() >= deadline) break;
    co_await state.step(deadline);
  }
  net::Datagram late;
  late.outcome = failed(net::NetError::timed_out, "nothing came");
  co_return late;
}

awaitable<void> TurnRelay::close() {
  State& state = *state_;
  if (state.client.state().phase != proto::TurnPhase::allocated || state.broken) co_return;
  state.client.release(Clock::now());
  const Deadline end = Clock::now() + kGoodbye;
  while (state.client.state().phase == proto::TurnPhase::releasing && !state.broken && Clock::now() < end) {
    co_await state.step(end);
  }
}

}  // namespace lkdoctor::probes
