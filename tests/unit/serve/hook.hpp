// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <doctest/doctest.h>
#include <poll.h>

#include <algorithm>
#include <mutex>

#include "serve/receiver.hpp"
#include "support/servers.hpp"

/// Receivers of state changes on loopback, and how what tells them is driven.
namespace lkdoctor::test {

inline const std::string kTaken = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
inline const std::string kSecret = "canary-0123456789abcdef0123456789";

/// Keeps every request, and answers each connection with the next of its answers, the last one again and
/// again; "": not at all.
class Hook {
 public:
  explicit Hook(std::vector<std::string> answers = {kTaken}, std::optional<ServerTls> tls = {})
      : answers_(std::move(answers)), server_(started(std::move(tls))) {}

  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::uint16_t port() const { return server_->port(); }
  std::string url(const std::string& path = {}) const {
    return "http://127.0.0.1:" + std::to_string(port()) + path;
  }
  serve::Receiver receiver(serve::Receiver::Kind kind = serve::Receiver::Kind::webhook) const {
    return {kind, url("/changes"), Secret("Bearer " + kSecret), {}};
  }

 private:
  std::unique_ptr<Server> started(std::optional<ServerTls> tls) {
    const auto serve = [this](Peer& peer) { take(peer); };
    return tls ? std::make_unique<Server>(*std::move(tls), serve) : std::make_unique<Server>(serve);
  }

  void take(Peer& peer) {
    std::string request;
    while (!is_whole(request)) {
      const std::string part = peer.read_some();
      if (part.empty()) return;
      request += part;
    }
    std::string answer;
    {
      const std::lock_guard lock(mutex_);
      answer = answers_[std::min(requests_.size(), answers_.size() - 1)];
      requests_.push_back(std::move(request));
    }
    if (!answer.empty()) peer.write(answer);
    peer.wait_for_end();
  }

  static bool is_whole(const std::string& request) {
    const std::size_t head = request.find("\r\n\r\n"), length = request.find("Content-Length: ");
    return head != std::string::npos && length < head &&
           request.size() >= head + 4 + std::stoul(request.substr(length + 16));
  }

  mutable std::mutex mutex_;
  const std::vector<std::string> answers_;
  std::vector<std::string> requests_;
  std::unique_ptr<Server> server_;  ///< last: its threads use the rest
};

inline std::string head_of(const std::string& request) {
  return request.substr(0, request.find("\r\n\r\n") + 4);
}
/// Of a request; `body_of` is an answer's.
inline std::string posted_body(const std::string& request) {
  return request.substr(request.find("\r\n\r\n") + 4);
}

/// Waits until there is something to hear, for 10 s at most.
inline void wait_for(int fd) {
  pollfd ready{fd, POLLIN, 0};
  REQUIRE(poll(&ready, 1, 10'000) == 1);
}

}  // namespace lkdoctor::test
