// SPDX-License-Identifier: EUPL-1.2
#include "probes/turn_look.hpp"

#include <lkdoctor/net/bell.hpp>
#include <lkdoctor/net/udp.hpp>

namespace lkdoctor::probes {
namespace {

constexpr Milliseconds kSecondLook{2000};
constexpr Milliseconds kReserve{400};  // of the check's budget, to give the allocation back
constexpr std::uint16_t kHttpsPort = 443;
constexpr std::size_t kQuicInitialBytes = 1200;  // RFC 9000 §14.1

std::string_view text_of(const std::vector<std::uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Is a web server behind this TLS?
awaitable<bool> speaks_http(Probe& probe, RelayPlan plan, Deadline deadline) {
  if (plan.tls) plan.tls->alpn = {"http/1.1"};
  const std::string host = plan.tls ? plan.tls->server_name : plan.server.address;
  net::ByteStream stream(plan.tls);
  const net::NetOutcome connected = co_await stream.connect(plan.server, deadline);
  if (!connected.ok()) co_return false;
  const std::string request = "GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
  probe.count_request();
  std::vector<std::uint8_t> bytes(request.begin(), request.end());
  const net::NetOutcome sent = co_await stream.send(std::move(bytes), deadline);
  if (!sent.ok()) co_return false;
  const net::TcpStream::Received answer = co_await stream.receive(deadline);
  co_return answer.outcome.ok() && text_of(answer.bytes).starts_with("HTTP/");
}

/// RFC 9000 §6.1: a server answers a version it does not know with those it does.
Bytes quic_of_no_version() {
  constexpr std::uint8_t kLongHeader = 0xc0;              // RFC 9000 §17.2
  constexpr std::uint32_t kReservedVersion = 0x1a2a3a4a;  // RFC 9000 §15
  Writer out;
  out.u8(kLongHeader).u32(kReservedVersion);
  out.u8(8).u64(0x6c6b646f63746f72).u8(8).u64(0x6c6b646f63746f72);
  Bytes packet = out.take();
  packet.resize(kQuicInitialBytes);
  return packet;
}

awaitable<bool> speaks_quic(Endpoint server, Deadline deadline) {
  net::UdpSocket socket(family_of(server.address));
  Bytes question = quic_of_no_version();
  const net::NetOutcome sent = co_await socket.send(server, std::move(question));
  if (!sent.ok()) co_return false;
  const net::Datagram answer = co_await socket.receive(deadline);
  Reader in(answer.bytes);
  const std::uint8_t first = in.u8();
  const std::uint32_t version = in.u32();
  // RFC 9000 §17.2.1: a Version Negotiation packet has the long header's bit and version 0.
  co_return answer.outcome.ok() && !in.failed() && (first & 0x80U) != 0 && version == 0;
}

awaitable<void> look_what_is_there(Probe& probe, RelayTry* into, RelayPlan plan) {
  const Deadline end = earlier(Clock::now() + kSecondLook, probe.deadline() - kReserve);
  if (into->relay.turn.foreign.starts_with("HTTP/")) {
    into->speaks_http = true;
    co_return;
  }
  const bool connected = plan.tcp && into->relay.outcome.stage != net::Stage::connect;
  const bool shook = !plan.tls || (into->relay.tls && into->relay.tls->outcome.ok());
  if (connected && shook) {
    into->speaks_http = co_await speaks_http(probe, std::move(plan), end);
  } else if (!plan.tcp && plan.server.port == kHttpsPort) {
    into->speaks_quic = co_await speaks_quic(plan.server, end);
  }
}

MediaPlan session_through(std::shared_ptr<TurnRelay> relay, bool tcp) {
  MediaPlan plan;
  plan.transport = tcp ? Transport::turn_tls : Transport::turn_udp;
  plan.route = relay_route(std::move(relay));
  return plan;
}

awaitable<void> use(Probe& probe, RelayTry* into, std::shared_ptr<TurnRelay> relay, RelayPlan plan) {
  probe.count_request();
  const net::NetOutcome opened = co_await relay->open(probe.deadline() - kReserve);
  into->relay = relay->report();
  if (!opened.ok()) {
    if (into->relay.turn.answers == 0) co_await look_what_is_there(probe, into, std::move(plan));
    co_return;
  }
  if (into->elsewhere || into->alone) co_return;
  MediaPlan session = session_through(relay, plan.tcp);
  MediaBody body = [into](MediaSession& connected) { return measure_path(connected, &into->quality); };
  into->media = co_await hold_session(probe, std::move(session), std::move(body));
}

awaitable<void> give_back(std::shared_ptr<TurnRelay> relay) {
  co_await relay->close();
}

}  // namespace

awaitable<void> look_through(Probe& probe, RelayTry* into, RelayPlan plan) {
  const auto relay = std::make_shared<TurnRelay>(plan);
  auto work = use(probe, into, relay, std::move(plan));
  auto goodbye = give_back(relay);
  co_await net::finally(std::move(work), std::move(goodbye));
  into->relay = relay->report();
}

}  // namespace lkdoctor::probes
