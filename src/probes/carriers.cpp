// SPDX-License-Identifier: EUPL-1.2
#include <deque>
#include <lkdoctor/net/tcp.hpp>
#include <lkdoctor/probes/media_link.hpp>
#include <lkdoctor/proto/stream_frames.hpp>

namespace lkdoctor::probes {
namespace {

constexpr std::size_t kReadSize = 16384;

class UdpCarrier final : public Carrier {
 public:
  explicit UdpCarrier(Family family) : socket_(family) {}

  awaitable<net::NetOutcome> open(Deadline) override {
    // Binds the socket, so that its port is known; nothing can have come yet.
    const net::Datagram nothing = co_await socket_.receive(Clock::now());
    if (nothing.outcome.error == net::NetError::timed_out) co_return net::NetOutcome{};
    co_return nothing.outcome;
  }
  awaitable<net::NetOutcome> send(Endpoint to, Bytes packet) override {
    return socket_.send(std::move(to), std::move(packet));
  }
  awaitable<net::Datagram> receive(Deadline deadline) override { return socket_.receive(deadline); }
  std::uint16_t local_port() const override { return socket_.local_port(); }

 private:
  net::UdpSocket socket_;
};

/// ICE/TCP: packets framed by RFC 4571 on a connection to a passive candidate (RFC 6544).
class TcpCarrier final : public Carrier {
 public:
  explicit TcpCarrier(Endpoint peer) : peer_(std::move(peer)) {}

  awaitable<net::NetOutcome> open(Deadline deadline) override {
    const net::Dialled dialled = co_await stream_.connect(peer_, deadline);
    co_return dialled.outcome;
  }
  awaitable<net::NetOutcome> send(Endpoint, Bytes packet) override {
    Bytes frame = proto::framed(packet);
    const Deadline until = Clock::now() + Milliseconds(2000);
    const net::NetOutcome outcome = co_await stream_.send(std::move(frame), until);
    co_return outcome;
  }
  awaitable<net::Datagram> receive(Deadline deadline) override {
    net::Datagram out;
    while (true) {
      if (auto packet = frames_.take()) {
        out.bytes = std::move(*packet);
        out.from = peer_;
        co_return out;
      }
      if (frames_.broken()) {
        out.outcome = {net::Stage::response, net::NetError::malformed, "no frames of ICE/TCP"};
        co_return out;
      }
      const net::TcpStream::Received part = co_await stream_.receive(kReadSize, deadline);
      out.outcome = part.outcome;
      if (!part.outcome.ok()) co_return out;
      frames_.feed(part.bytes);
    }
  }

 private:
  Endpoint peer_;
  net::TcpStream stream_;
  proto::StreamFrames frames_;
};

}  // namespace

Route udp_route() {
  auto sockets = std::make_shared<std::map<Family, std::shared_ptr<Carrier>>>();
  return [sockets](const proto::Candidate& candidate) -> std::shared_ptr<Carrier> {
    if (candidate.transport != proto::CandidateTransport::udp || !candidate.is_numeric()) return nullptr;
    std::shared_ptr<Carrier>& socket = (*sockets)[family_of(candidate.endpoint.address)];
    if (!socket) socket = std::make_shared<UdpCarrier>(family_of(candidate.endpoint.address));
    return socket;
  };
}

Route tcp_route() {
  return [](const proto::Candidate& candidate) -> std::shared_ptr<Carrier> {
    const bool passive =
        candidate.transport == proto::CandidateTransport::tcp && candidate.tcp_type == "passive";
    if (!passive || !candidate.is_numeric()) return nullptr;
    return std::make_shared<TcpCarrier>(candidate.endpoint);
  };
}

Route relay_route(std::shared_ptr<Carrier> relay) {
  return [relay](const proto::Candidate& candidate) -> std::shared_ptr<Carrier> {
    const bool usable = candidate.transport == proto::CandidateTransport::udp && candidate.is_numeric();
    return usable ? relay : nullptr;
  };
}

}  // namespace lkdoctor::probes
