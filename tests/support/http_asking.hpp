// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/net/http.hpp>

#include "support/run.hpp"
#include "support/servers.hpp"

/// Requests to servers of tests, once, in turn and at once.
namespace lkdoctor::test::http_asking {

using boost::asio::awaitable;
using namespace lkdoctor::net;

inline const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Name: One\r\nx-name: two\r\n\r\nOK";

inline HttpTarget target_of(const Endpoint& peer) {
  HttpTarget target;
  target.peer = peer;
  target.host = "livekit.example.org";
  target.port = peer.port;
  return target;
}

inline HttpRequest get(std::string path) {
  HttpRequest request;
  request.target = std::move(path);
  return request;
}

inline awaitable<HttpReply> ask_once(HttpTarget target, HttpRequest request, Deadline deadline) {
  HttpSession session(std::move(target));
  co_return co_await session.ask(std::move(request), deadline);
}
inline awaitable<std::vector<HttpReply>> ask_in_turn(HttpTarget target, std::vector<HttpRequest> requests,
                                                     Deadline deadline) {
  HttpSession session(std::move(target));
  std::vector<HttpReply> replies;
  for (HttpRequest& request : requests) {
    HttpReply reply = co_await session.ask(std::move(request), deadline);
    replies.push_back(std::move(reply));
  }
  co_return replies;
}
inline awaitable<std::vector<HttpReply>> ask_at_once(HttpTarget target, std::vector<HttpRequest> requests,
                                                     Deadline deadline) {
  HttpSession session(std::move(target));
  co_return co_await session.ask_all(std::move(requests), deadline);
}

inline HttpReply asked(const std::vector<std::string>& answers, HttpRequest request = {},
                       int deadline_ms = 2000) {
  test::Server server(test::http_answers(answers));
  return test::run(ask_once(target_of(server.endpoint()), std::move(request), test::in_ms(deadline_ms)));
}

}  // namespace lkdoctor::test::http_asking
