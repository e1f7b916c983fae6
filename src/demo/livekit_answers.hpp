// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <chrono>
#include <lkdoctor/secret.hpp>
#include <string>
#include <utility>
#include <vector>

#include "demo/behaviour.hpp"

namespace lkdoctor::demo {

struct Request {
  std::string method, path, query, authorization, origin;
  bool upgrade = false;       ///< asks for a WebSocket
  std::size_t line_size = 0;  ///< bytes of the request line
};

struct Answer {
  int status = 200;
  std::string content_type, body;
  std::vector<std::pair<std::string, std::string>> headers;
  bool accept_upgrade = false;  ///< 101 and a JoinResponse
};

/// LiveKit 1.13.5's answers, as far as a checker asks (livekit-facts §1). Pure, but for the last room that
/// was joined, which it lists.
class LiveKit {
 public:
  LiveKit(const Behaviour& behaviour, std::string key, Secret secret);
  Answer answer(const Request& request, std::chrono::sys_seconds now) const;

 private:
  Answer after_authentication(const Request& request, const std::string& token) const;
  std::string refusal_of(const std::string& token, std::chrono::sys_seconds now) const;

  const Behaviour& behaviour_;
  std::string key_;
  Secret secret_;
  mutable std::string last_room_;
};

/// What the reverse proxy makes of a request: its own answer, or LiveKit's. Pure.
Answer through_proxy(const Behaviour& behaviour, const LiveKit& livekit, Request request,
                     std::chrono::sys_seconds now);

/// The first message of a session: SignalResponse{join}, enough of it to be recognised.
std::vector<std::uint8_t> join_response();

}  // namespace lkdoctor::demo
