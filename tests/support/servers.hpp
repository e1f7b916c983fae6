// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <lkdoctor/address.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/certificates.hpp"

namespace lkdoctor::test {

/// The server's end of one connection; blocking, plain or TLS. Every call ends after 5 s at the latest.
class Peer {
 public:
  virtual ~Peer() = default;
  virtual std::string read_some() = 0;  ///< "" at the end
  virtual void write(std::string_view bytes) = 0;
  virtual void reset() = 0;  ///< ends with RST
  /// Reads until `mark` has come; gives everything read.
  std::string read_until(std::string_view mark);
  /// Waits until the client closes.
  void wait_for_end();
  std::string server_name;  ///< SNI; "" without
};

struct ServerTls {
  Identity identity;              ///< what is served
  Identity without_name;          ///< served to clients that send no SNI; default: `identity`
  std::vector<std::string> alpn;  ///< what the server chooses from; empty: none
  int minimum_version = 0x0303, maximum_version = 0x0304;
  bool abort_on_unknown_alpn = false;
  std::string psk_identity,
      psk;  ///< not empty: an external PSK for TLS_AES_128_GCM_SHA256; `identity` may be
};

/// A server on a free loopback port with a thread for each connection. Ends with its last connection, which
/// the destructor cuts.
class Server {
 public:
  using Serve = std::function<void(Peer&)>;
  explicit Server(Serve serve, std::string address = "127.0.0.1");
  Server(ServerTls tls, Serve serve, std::string address = "127.0.0.1");
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  Endpoint endpoint() const;
  std::uint16_t port() const { return endpoint().port; }
  int accepted() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
  std::thread acceptor_;
};

/// A UDP server: `answer` gives what is sent back for each datagram; "" sends nothing.
class UdpServer {
 public:
  explicit UdpServer(std::function<std::string(std::string_view)> answer, std::string address = "127.0.0.1");
  UdpServer(const UdpServer&) = delete;
  UdpServer& operator=(const UdpServer&) = delete;
  ~UdpServer();
  Endpoint endpoint() const { return endpoint_; }

 private:
  int socket_ = -1;
  int stop_ = -1;
  Endpoint endpoint_;
  std::thread thread_;
};

/// A loopback port on which nothing listens.
Endpoint closed_port(std::string address = "127.0.0.1");
/// A loopback port that accepts nothing and refuses nothing: its backlog is full.
class FullBacklog {
 public:
  FullBacklog();
  FullBacklog(const FullBacklog&) = delete;
  FullBacklog& operator=(const FullBacklog&) = delete;
  ~FullBacklog();
  Endpoint endpoint() const { return endpoint_; }

 private:
  int socket_ = -1;
  std::vector<int> fillers_;
  Endpoint endpoint_;
};

/// Answers each request head by head with the next of `answers`, then closes. Empty answer: says nothing.
Server::Serve http_answers(std::vector<std::string> answers);

}  // namespace lkdoctor::test
