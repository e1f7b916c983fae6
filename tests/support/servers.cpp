// SPDX-License-Identifier: EUPL-1.2
#include "support/servers.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <lkdoctor/clock.hpp>
#include <map>
#include <mutex>
#include <stdexcept>

#include "support/fork_gate.hpp"
#include "support/server_peers.hpp"

namespace lkdoctor::test {
namespace {

struct Address {
  sockaddr_storage raw{};
  socklen_t length = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&raw); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&raw); }
};

Address address_of(const Endpoint& endpoint) {
  Address address;
  if (family_of(endpoint.address) == Family::ipv4) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    inet_pton(AF_INET, endpoint.address.c_str(), &v4.sin_addr);
    std::memcpy(&address.raw, &v4, sizeof v4);
    address.length = sizeof v4;
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    inet_pton(AF_INET6, endpoint.address.c_str(), &v6.sin6_addr);
    std::memcpy(&address.raw, &v6, sizeof v6);
    address.length = sizeof v6;
  }
  return address;
}

std::uint16_t bound_port(int socket) {
  Address address;
  address.length = sizeof address.raw;
  getsockname(socket, address.get(), &address.length);
  if (address.raw.ss_family == AF_INET) return ntohs(reinterpret_cast<sockaddr_in*>(&address.raw)->sin_port);
  return ntohs(reinterpret_cast<sockaddr_in6*>(&address.raw)->sin6_port);
}

int bound_socket(const std::string& address, int type) {
  const Address where = address_of({address, 0});
  const int socket = ::socket(where.get()->sa_family, type | SOCK_CLOEXEC, 0);
  if (socket < 0 || bind(socket, where.get(), where.length) != 0) throw std::runtime_error("bind " + address);
  return socket;
}

/// Waits until `socket` can be read (true), or this end is to stop.
bool readable_before(int socket, int stop) {
  const Waiting outside;
  std::array<pollfd, 2> wait{{{socket, POLLIN, 0}, {stop, POLLIN, 0}}};
  poll(wait.data(), wait.size(), -1);
  return wait[1].revents == 0;
}

void limit_waits(int socket) {
  const timeval five_seconds{5, 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &five_seconds, sizeof five_seconds);
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &five_seconds, sizeof five_seconds);
}

}  // namespace

struct Server::State {
  int listener = -1, stop = -1;
  Endpoint endpoint;
  Serve serve;
  std::optional<ServerTls> tls;
  std::mutex mutex;
  std::vector<int> open;
  std::vector<std::thread> threads;
  std::atomic<int> accepted = 0;

  void handle(int socket) {
    {
      const std::unique_ptr<Peer> peer = tls ? tls_peer(socket, *tls) : plain_peer(socket);
      if (peer) serve(*peer);
    }
    {
      const std::lock_guard lock(mutex);
      std::erase(open, socket);
      close(socket);
    }
    readable_before(-1, stop);
  }

  void accept_all() {
    while (readable_before(listener, stop)) {
      const int socket = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;
      limit_waits(socket);
      ++accepted;
      const std::lock_guard lock(mutex);
      open.push_back(socket);
      threads.push_back(gated_thread([this, socket] { handle(socket); }));
    }
  }

  void listen_on(const std::string& address) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to clients that have left
    listener = bound_socket(address, SOCK_STREAM);
    listen(listener, 64);
    stop = eventfd(0, EFD_CLOEXEC);
    endpoint = {address, bound_port(listener)};
  }
};

Server::Server(Serve serve, std::string address) : state_(std::make_shared<State>()) {
  state_->serve = std::move(serve);
  state_->listen_on(address);
  acceptor_ = gated_thread([state = state_.get()] { state->accept_all(); });
}

Server::Server(ServerTls tls, Serve serve, std::string address) : state_(std::make_shared<State>()) {
  state_->tls = std::move(tls);
  state_->serve = std::move(serve);
  state_->listen_on(address);
  acceptor_ = gated_thread([state = state_.get()] { state->accept_all(); });
}

Server::~Server() {
  eventfd_write(state_->stop, 1);
  acceptor_.join();
  {
    const std::lock_guard lock(state_->mutex);
    for (const int socket : state_->open) shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& thread : state_->threads) thread.join();
  close(state_->listener);
  close(state_->stop);
}

Endpoint Server::endpoint() const {
  return state_->endpoint;
}
int Server::accepted() const {
  return state_->accepted;
}

UdpServer::UdpServer(std::function<std::string(std::string_view)> answer, std::string address)
    : socket_(bound_socket(address, SOCK_DGRAM)), stop_(eventfd(0, EFD_CLOEXEC)) {
  endpoint_ = {address, bound_port(socket_)};
  thread_ = gated_thread([this, answer = std::move(answer)] {
    while (readable_before(socket_, stop_)) {
      std::array<char, 65536> data{};
      Address from;
      from.length = sizeof from.raw;
      const ssize_t length = recvfrom(socket_, data.data(), data.size(), 0, from.get(), &from.length);
      if (length < 0) continue;
      const std::string reply = answer({data.data(), static_cast<std::size_t>(length)});
      if (!reply.empty()) sendto(socket_, reply.data(), reply.size(), 0, from.get(), from.length);
    }
  });
}

UdpServer::~UdpServer() {
  eventfd_write(stop_, 1);
  thread_.join();
  close(socket_);
  close(stop_);
}

Endpoint closed_port(std::string address) {
  const int socket = bound_socket(address, SOCK_STREAM);
  const Endpoint endpoint{address, bound_port(socket)};
  close(socket);
  return endpoint;
}

FullBacklog::FullBacklog() : socket_(bound_socket("127.0.0.1", SOCK_STREAM)) {
  listen(socket_, 0);
  endpoint_ = {"127.0.0.1", bound_port(socket_)};
  const Address where = address_of(endpoint_);
  for (int i = 0; i < 4; ++i) {
    const int filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)connect(filler, where.get(), where.length);
    fillers_.push_back(filler);
  }
}

FullBacklog::~FullBacklog() {
  for (const int filler : fillers_) close(filler);
  close(socket_);
}

Server::Serve http_answers(std::vector<std::string> answers) {
  return [answers = std::move(answers)](Peer& peer) {
    std::string pending;
    for (const std::string& answer : answers) {
      while (pending.find("\r\n\r\n") == std::string::npos) {
        const std::string part = peer.read_some();
        if (part.empty()) return;
        pending += part;
      }
      pending.erase(0, pending.find("\r\n\r\n") + 4);
      if (answer.empty()) return peer.wait_for_end();
      peer.write(answer);
    }
  };
}

}  // namespace lkdoctor::test
