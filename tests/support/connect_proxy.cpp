// SPDX-License-Identifier: EUPL-1.2
#include "support/connect_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <mutex>

namespace lkdoctor::test {
namespace {

constexpr int kQuietMs = 100;

int connected(const Endpoint& origin) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(origin.port);
  inet_pton(AF_INET, origin.address.c_str(), &address.sin_addr);
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return socket;
}

/// Hands on what the origin says until it is quiet. False: it closed.
bool pass_answer(int origin, Peer& peer) {
  std::array<char, 16384> data{};
  pollfd ready{origin, POLLIN, 0};
  while (poll(&ready, 1, kQuietMs) == 1) {
    const ssize_t length = recv(origin, data.data(), data.size(), 0);
    if (length <= 0) return false;
    peer.write({data.data(), static_cast<std::size_t>(length)});
  }
  return true;
}

void relay(Peer& peer, const Endpoint& to) {
  const int origin = connected(to);
  for (std::string part = peer.read_some(); !part.empty(); part = peer.read_some()) {
    send(origin, part.data(), part.size(), MSG_NOSIGNAL);
    if (!pass_answer(origin, peer)) break;
  }
  close(origin);
}

}  // namespace

struct ConnectProxy::Seen {
  std::mutex mutex;
  std::string head;
};

namespace {

template <class Seen>
Server::Serve tunnel_to(Endpoint origin, std::shared_ptr<Seen> seen) {
  return [origin, seen](Peer& peer) {
    const std::string head = peer.read_until("\r\n\r\n");
    {
      const std::lock_guard lock(seen->mutex);
      seen->head = head;
    }
    if (!head.starts_with("CONNECT ")) return;
    peer.write("HTTP/1.1 200 Connection established\r\n\r\n");
    relay(peer, origin);
  };
}

}  // namespace

ConnectProxy::ConnectProxy(Endpoint origin)
    : seen_(std::make_shared<Seen>()), server_(tunnel_to(std::move(origin), seen_)) {}

ConnectProxy::ConnectProxy(Endpoint origin, ServerTls tls)
    : seen_(std::make_shared<Seen>()),
      tls_(true),
      server_(std::move(tls), tunnel_to(std::move(origin), seen_)) {}

net::Proxy ConnectProxy::proxy() const {
  net::Proxy out;
  out.tls = tls_;
  out.host = server_.endpoint().address;
  out.port = server_.port();
  return out;
}

std::string ConnectProxy::url() const {
  return (tls_ ? "https://" : "http://") + text(server_.endpoint());
}

std::string ConnectProxy::asked() const {
  const std::lock_guard lock(seen_->mutex);
  return seen_->head;
}

}  // namespace lkdoctor::test
