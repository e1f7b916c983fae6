// SPDX-License-Identifier: EUPL-1.2
#include "collecting.hpp"

#include <algorithm>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/net/tls.hpp>
#include <lkdoctor/proto/stun.hpp>

namespace lkdoctor::checks::tcp_ice {
namespace {

constexpr Milliseconds kConnectPatience{5'000};  // two lost SYNs (1 s, 2 s) are made good
constexpr Milliseconds kHeldLongest{3'000};      // how long a connection is watched that nobody closes
constexpr Milliseconds kHandshakePatience{2'000};
constexpr Milliseconds kSlack{50};  // for a busy machine
constexpr std::size_t kAnswerLimit = 64;

struct Streams {
  net::TcpStream bare, stranger, mute;
};

struct Times {
  Deadline connect_by;
  Microseconds round_trip{0};
};

Deadline now_plus(Microseconds duration) {
  return Clock::now() + duration;
}

awaitable<void> open_one(net::TcpStream* stream, Endpoint peer, Opening* opening, Deadline deadline) {
  opening->dialled = co_await stream->connect(peer, deadline);
  if (opening->dialled.outcome.ok()) opening->end = End::open;
}

/// Waits for the end of one connection or the deadline.
awaitable<void> watch(net::TcpStream* stream, Opening* opening, Deadline deadline) {
  if (opening->end != End::open) co_return;
  const net::TcpStream::Received got = co_await stream->receive(kAnswerLimit, deadline);
  opening->after = got.took;
  if (got.outcome.ok()) {
    opening->end = End::answered;
    opening->answer.assign(got.bytes.begin(), got.bytes.end());
  } else if (got.outcome.error != net::NetError::timed_out) {
    opening->end = got.outcome.error == net::NetError::closed ? End::closed : End::reset;
  }
}

awaitable<void> dial_control(Endpoint peer, net::Dialled* into, Deadline deadline) {
  *into = co_await net::dial(peer, deadline);
}

awaitable<void> connect_all(Target* target, std::uint16_t port, Streams* streams, Times* times) {
  std::vector<awaitable<void>> connects;
  const Endpoint peer{target->address, port};
  connects.push_back(open_one(&streams->bare, peer, &target->bare, times->connect_by));
  connects.push_back(open_one(&streams->stranger, peer, &target->stranger, times->connect_by));
  connects.push_back(open_one(&streams->mute, peer, &target->mute, times->connect_by));
  co_await net::all(std::move(connects));
  times->round_trip = std::max(target->bare.dialled.took, target->stranger.dialled.took);
}

/// Both openings are on their way before either is waited for: they must meet the same peer in the same
/// state. What happens to the others meanwhile waits in their sockets.
awaitable<void> speak(Target* target, Streams* streams, Times times, Deadline deadline) {
  const Bytes bare = proto::framed(proto::encode_stun(proto::binding_request()));
  const Bytes stranger = proto::framed(proto::encode_stun(proto::binding_request("lkdoctor:lkdoctor")));
  net::NetOutcome sent = co_await streams->stranger.send(stranger, times.connect_by);
  if (!sent.ok()) target->stranger.end = End::reset;
  sent = co_await streams->bare.send(bare, times.connect_by);
  if (!sent.ok()) target->bare.end = End::reset;
  const Deadline longest = earlier(deadline, now_plus(kHeldLongest));
  co_await watch(&streams->bare, &target->bare, longest);
  const Deadline held = earlier(longest, now_plus(2 * times.round_trip + kSlack));
  co_await watch(&streams->stranger, &target->stranger, held);
  co_await watch(&streams->mute, &target->mute, held);
}

}  // namespace

awaitable<void> look_at(Target* target, std::uint16_t port, Deadline deadline) {
  Streams streams;
  Times times{earlier(deadline, now_plus(kConnectPatience))};
  co_await connect_all(target, port, &streams, &times);
  if (target->bare.end != End::open || target->stranger.end != End::open) co_return;
  const Deadline control_by = earlier(deadline, now_plus(2 * times.round_trip + kSlack));
  std::vector<awaitable<void>> both;
  both.push_back(speak(target, &streams, times, deadline));
  both.push_back(dial_control(Endpoint{target->address, kSurelyClosed}, &target->control, control_by));
  co_await net::all(std::move(both));
  if (state_of(*target) != State::other_service) co_return;
  // Many TLS servers close such a connection without an alert.
  net::TlsOptions options;
  const Deadline handshake_by = earlier(deadline, now_plus(kHandshakePatience));
  const net::TlsSession session =
      co_await net::probe_tls(Endpoint{target->address, port}, options, handshake_by);
  target->speaks_tls = session.outcome.ok();
}

}  // namespace lkdoctor::checks::tcp_ice
