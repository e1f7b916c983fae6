// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/net/http.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/version.hpp>
#include <lkdoctor/wall_clock.hpp>

#include "net/connection.hpp"
#include "net/errors.hpp"
#include "net/reply_parser.hpp"
#include "net/request_text.hpp"

namespace lkdoctor::net {
namespace {

namespace asio = boost::asio;

bool has_line_break(std::string_view text) {
  return text.find_first_of("\r\n") != std::string_view::npos;
}

bool peer_went_away(const HttpReply& reply) {
  return reply.status == 0 &&
         (reply.outcome.error == NetError::closed || reply.outcome.error == NetError::reset);
}

bool brings_host(const HttpRequest& request) {
  return std::ranges::any_of(request.headers,
                             [](const auto& header) { return to_lower_ascii(header.first) == "host"; });
}

}  // namespace

std::string HttpReply::header(std::string_view name) const {
  const auto found = std::ranges::find_if(headers, [&](const auto& header) { return header.first == name; });
  return found == headers.end() ? std::string() : found->second;
}

std::size_t HttpReply::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(headers, [&](const auto& header) { return header.first == name; }));
}

std::optional<std::string> request_text(const Connection& connection, const HttpRequest& request) {
  if (has_line_break(request.method) || request.target.find_first_of(" \r\n") != std::string::npos) {
    return std::nullopt;
  }
  const std::string host = host_header(connection.target());
  std::string text = request.method + " ";
  if (connection.proxy_reads()) text += "http://" + host;
  text += request.target + " HTTP/1.1\r\n";
  if (!brings_host(request)) text += "Host: " + host + "\r\n";
  text += "User-Agent: lkdoctor/" + std::string(version()) + "\r\n";
  for (const auto& [name, value] : request.headers) {
    if (has_line_break(name) || has_line_break(value)) return std::nullopt;
    text += name + ": " + value + "\r\n";
  }
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return text + "\r\n" + request.body;
}

namespace {

std::optional<std::string> requests_text(const Connection& connection,
                                         const std::vector<HttpRequest>& requests) {
  std::string all;
  for (const HttpRequest& request : requests) {
    const auto one = request_text(connection, request);
    if (!one) return std::nullopt;
    all += *one;
  }
  return all;
}

}  // namespace

struct HttpSession::State {
  explicit State(HttpTarget target) : connection(std::move(target)) {}

  asio::awaitable<NetOutcome> open_if_needed(Deadline deadline);
  asio::awaitable<HttpReply> read_reply(std::string method, Deadline deadline);
  asio::awaitable<HttpReply> exchange(HttpRequest request, Deadline deadline);

  Connection connection;
  std::string pending;      ///< received, not yet part of an answer
  bool keep_alive = false;  ///< after the last answer
};

HttpSession::HttpSession(HttpTarget target) : state_(std::make_unique<State>(std::move(target))) {}
HttpSession::HttpSession(HttpSession&&) noexcept = default;
HttpSession& HttpSession::operator=(HttpSession&&) noexcept = default;
HttpSession::~HttpSession() = default;

asio::awaitable<NetOutcome> HttpSession::State::open_if_needed(Deadline deadline) {
  if (connection.is_open()) co_return NetOutcome{};
  pending.clear();
  const NetOutcome outcome = co_await connection.open(deadline);
  co_return outcome;
}

asio::awaitable<HttpReply> HttpSession::State::read_reply(std::string method, Deadline deadline) {
  const auto asked = Clock::now();
  HttpReply reply;
  ReplyParser parser(method == "HEAD");
  bool any = !pending.empty();
  while (true) {
    parser.feed(pending);
    if (parser.head_done() && reply.received_at_ms == 0) reply.received_at_ms = wall_ms();
    if (parser.done() || !parser.error().ok()) break;
    const TcpStream::Received part = co_await connection.receive(deadline);
    if (part.outcome.error == NetError::closed && any) {
      parser.end();
      break;
    }
    if (!part.outcome.ok()) {
      reply.outcome = part.outcome;
      break;
    }
    if (!any) reply.first_byte = std::chrono::duration_cast<Microseconds>(Clock::now() - asked);
    any = true;
    pending.append(part.bytes.begin(), part.bytes.end());
  }
  if (reply.outcome.ok()) reply.outcome = parser.error();
  parser.fill(reply);
  keep_alive = parser.done() && parser.keep_alive();
  if (!keep_alive) connection.close();
  co_return reply;
}

asio::awaitable<HttpReply> HttpSession::State::exchange(HttpRequest request, Deadline deadline) {
  HttpReply reply;
  reply.outcome = co_await open_if_needed(deadline);
  if (!reply.outcome.ok()) co_return reply;
  auto text = request_text(connection, request);
  if (!text) {
    reply.outcome = failed(Stage::request, NetError::other, "the request holds a line break");
    co_return reply;
  }
  const NetOutcome sent = co_await connection.send(std::move(*text), deadline);
  if (!sent.ok() && sent.error != NetError::reset) {
    connection.close();
    reply.outcome = sent;
    co_return reply;
  }
  reply = co_await read_reply(std::move(request.method), deadline);
  co_return reply;
}

asio::awaitable<NetOutcome> HttpSession::open(Deadline deadline) {
  const NetOutcome outcome = co_await state_->open_if_needed(deadline);
  co_return outcome;
}

asio::awaitable<HttpReply> HttpSession::ask(HttpRequest request, Deadline deadline) {
  const bool reused = state_->connection.is_open();
  HttpReply reply = co_await state_->exchange(request, deadline);
  if (reused && peer_went_away(reply)) reply = co_await state_->exchange(std::move(request), deadline);
  co_return reply;
}

asio::awaitable<std::vector<HttpReply>> HttpSession::ask_all(std::vector<HttpRequest> requests,
                                                             Deadline deadline) {
  std::vector<HttpReply> replies;
  const bool reused = state_->connection.is_open();
  const NetOutcome opened = co_await state_->open_if_needed(deadline);
  NetOutcome failure = opened;
  auto text = requests_text(state_->connection, requests);
  bool pipelined = opened.ok() && text.has_value();
  if (pipelined) failure = co_await state_->connection.send(std::move(*text), deadline);
  for (HttpRequest& request : requests) {
    HttpReply reply;
    if (!opened.ok() || failure.error == NetError::timed_out) {
      reply.outcome = failure;
    } else if (!pipelined) {
      reply = co_await ask(std::move(request), deadline);
    } else {
      reply = co_await state_->read_reply(request.method, deadline);
      pipelined = state_->connection.is_open();
      if (reply.outcome.error == NetError::timed_out) failure = reply.outcome;
      // A peer that does not pipeline drops the rest without a word.
      const bool again = peer_went_away(reply) && (reused || !replies.empty());
      if (again) reply = co_await ask(std::move(request), deadline);
    }
    replies.push_back(std::move(reply));
  }
  co_return replies;
}

Microseconds HttpSession::connect_time() const {
  return state_->connection.connect_time();
}
Microseconds HttpSession::handshake_time() const {
  return state_->connection.handshake_time();
}

}  // namespace lkdoctor::net
