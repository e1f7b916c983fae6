// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/net/udp.hpp>
#include <lkdoctor/probes/media_link.hpp>

#include "support/run.hpp"

using namespace lkdoctor;

namespace {

Deadline in(int milliseconds) {
  return Clock::now() + Milliseconds(milliseconds);
}

/// A peer as LiveKit is one: controlled, DTLS server. It sends back what it gets over SRTP.
struct Peer {
  net::UdpSocket socket{Family::ipv4};
  proto::DtlsIdentity identity = proto::DtlsIdentity::make();
  proto::IceCredentials own = proto::random_ice_credentials();
  proto::Dtls dtls{proto::DtlsRole::server, identity};
  std::optional<proto::IceAgent> ice;

  explicit Peer(const proto::IceCredentials& client) {
    proto::IceSettings settings;
    settings.controlling = false;
    ice.emplace(own, client, settings);
  }
  proto::SdpRemote description() const {
    proto::SdpRemote remote;
    remote.ice = own;
    remote.fingerprint = identity.fingerprint();
    return remote;
  }
};

awaitable<void> send_to(Peer* peer, Endpoint to) {
  for (auto& out : peer->ice->take())
    (void)co_await peer->socket.send(std::move(out.to), std::move(out.bytes));
  while (auto datagram = peer->dtls.take()) (void)co_await peer->socket.send(to, std::move(*datagram));
}

awaitable<void> serve(Peer* peer) {
  while (true) {
    net::Datagram datagram = co_await peer->socket.receive(in(10'000));
    if (!datagram.outcome.ok()) continue;
    const bool stun = peer->ice->receive(0, datagram.from, datagram.bytes, Clock::now());
    const bool rtp = !stun && datagram.bytes.front() >= 128;
    if (!stun && !rtp) peer->dtls.feed(datagram.bytes);
    if (rtp) (void)co_await peer->socket.send(datagram.from, std::move(datagram.bytes));
    co_await send_to(peer, datagram.from);
  }
}

std::string candidate_at(std::uint16_t port) {
  return "candidate:1 1 udp 2130706431 127.0.0.1 " + std::to_string(port) + " typ host";
}

awaitable<void> until_secured(probes::MediaLink* link) {
  const Deadline deadline = in(5000);
  while (!link->secured() && !link->hopeless() && Clock::now() < deadline) {
    (void)co_await link->bell().wait(deadline);
  }
}

awaitable<void> exchange(probes::MediaLink* link, std::optional<Bytes>* back) {
  co_await until_secured(link);
  if (!link->secured()) co_return;
  link->send(Bytes{0x80, 111, 1, 2, 3});
  *back = co_await link->receive(in(2000));
}

/// What a conversation came to. Everything with a socket lives and ends inside the coroutine.
struct Talked {
  std::optional<Bytes> back;
  probes::LinkReport report;
  proto::DtlsState peer = proto::DtlsState::handshaking;
};

awaitable<Talked> talk(bool with_its_own_certificate) {
  const proto::IceCredentials own = proto::random_ice_credentials();
  probes::MediaLink link(own, proto::DtlsIdentity::make(), probes::udp_route());
  Peer peer(own);
  const proto::SdpRemote announced = peer.description();
  const proto::DtlsIdentity other = proto::DtlsIdentity::make();
  if (!with_its_own_certificate) peer.dtls = proto::Dtls(proto::DtlsRole::server, other);
  (void)co_await peer.socket.receive(Clock::now());  // binds it
  link.set_remote(announced, true);
  link.add_candidate(candidate_at(peer.socket.local_port()));
  Talked out;
  std::vector<awaitable<void>> helpers;
  helpers.push_back(serve(&peer));
  helpers.push_back(link.pump());
  auto work = exchange(&link, &out.back);
  co_await net::beside(std::move(work), std::move(helpers));
  out.report = link.report();
  out.peer = peer.dtls.state();
  co_return out;
}

awaitable<void> until_hopeless(probes::MediaLink* link) {
  const Deadline deadline = in(6000);
  while (!link->hopeless() && Clock::now() < deadline) (void)co_await link->bell().wait(deadline);
}

struct Vain {
  bool hopeless = false, tried = false;
  probes::LinkReport report;
};

awaitable<Vain> talk_to_nobody(probes::Route route, std::string candidate) {
  proto::SdpRemote remote;
  remote.ice = proto::random_ice_credentials();
  remote.fingerprint = "AA";
  probes::MediaLink link(proto::random_ice_credentials(), proto::DtlsIdentity::make(), std::move(route));
  link.set_remote(remote, true);
  link.add_candidate(candidate);
  link.end_of_candidates();
  std::vector<awaitable<void>> helpers;
  helpers.push_back(link.pump());
  auto work = until_hopeless(&link);
  co_await net::beside(std::move(work), std::move(helpers));
  co_return Vain{link.hopeless(), link.last_try_began().has_value(), link.report()};
}

}  // namespace

TEST_CASE("a link connects, secures itself and carries packets both ways") {
  const Talked talked = test::run(talk(true));
  CHECK(talked.back == Bytes{0x80, 111, 1, 2, 3});
  const probes::LinkReport& report = talked.report;
  REQUIRE(report.candidates.size() == 1);
  CHECK(report.candidates[0].answered());
  CHECK(report.candidates[0].pair->nominated);
  CHECK(report.dtls_state == proto::DtlsState::done);
  CHECK(report.ice);
  CHECK(report.dtls);
  CHECK(report.last_received->what == "RTP");
  CHECK(talked.peer == proto::DtlsState::done);
}

TEST_CASE("a link whose peer shows another certificate than it announced is not secured") {
  const Talked talked = test::run(talk(false));
  CHECK_FALSE(talked.back);
  CHECK(talked.report.dtls_failure == proto::DtlsFailure::fingerprint_mismatch);
}

TEST_CASE("a TCP candidate is not for the UDP route, and a refused one leaves no hope") {
  const std::string tcp = "candidate:1 1 tcp 1 127.0.0.1 9 typ host tcptype passive";
  const Vain udp = test::run(talk_to_nobody(probes::udp_route(), tcp));
  CHECK_FALSE(udp.report.candidates.at(0).tried);
  CHECK_FALSE(udp.tried);
  const Vain over_tcp = test::run(talk_to_nobody(probes::tcp_route(), tcp));
  CHECK(over_tcp.hopeless);
  CHECK(over_tcp.report.candidates.at(0).tried);
  CHECK(over_tcp.report.candidates.at(0).carrier.error == net::NetError::refused);
}
