// SPDX-License-Identifier: EUPL-1.2
#include <openssl/rand.h>

#include <array>
#include <lkdoctor/net/websocket.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/wall_clock.hpp>

#include "net/connection.hpp"
#include "net/errors.hpp"
#include "net/reply_parser.hpp"
#include "net/request_text.hpp"
#include "net/ws_frames.hpp"

namespace lkdoctor::net {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kLargestMessage = 1024 * 1024;
constexpr int kNormalClosure = 1000, kProtocolError = 1002, kMessageTooBig = 1009,
              kNoStatus = 1005;  // RFC 6455 §7.4.1

std::uint32_t random_mask() {
  std::array<unsigned char, 4> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  return Reader(bytes).u32();
}

std::string random_key() {
  std::array<std::uint8_t, 16> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  return base64(bytes);
}

std::string close_payload(int code) {
  return {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
}

HttpRequest upgrade_request(std::string target, std::vector<std::pair<std::string, std::string>> headers,
                            const std::string& key) {
  HttpRequest request;
  request.target = std::move(target);
  request.headers = std::move(headers);
  request.headers.emplace_back("Connection", "Upgrade");
  request.headers.emplace_back("Upgrade", "websocket");
  request.headers.emplace_back("Sec-WebSocket-Version", "13");
  request.headers.emplace_back("Sec-WebSocket-Key", key);
  return request;
}

NetOutcome at_upgrade(NetOutcome outcome) {
  if (outcome.stage == Stage::request || outcome.stage == Stage::response) outcome.stage = Stage::upgrade;
  return outcome;
}

}  // namespace

struct WebSocket::State {
  explicit State(HttpTarget target) : connection(std::move(target)) {}

  asio::awaitable<NetOutcome> send_frame(WsOpcode opcode, Bytes payload, Deadline deadline);
  asio::awaitable<HttpReply> read_answer(Deadline deadline);
  asio::awaitable<bool> take(WsFrame frame, WsMessage* message, Deadline deadline);
  asio::awaitable<void> fail(WsMessage* message, NetError error, std::string text, int code,
                             Deadline deadline);
  void finish(const WsFrame& close, WsMessage* message) const;

  Connection connection;
  std::string pending;
  WsReader reader{kLargestMessage};
  Bytes partial;  ///< of a message in several frames
  bool in_message = false, partial_is_binary = false;
  bool close_sent = false;
};

WebSocket::WebSocket(HttpTarget target) : state_(std::make_unique<State>(std::move(target))) {}
WebSocket::WebSocket(WebSocket&&) noexcept = default;
WebSocket& WebSocket::operator=(WebSocket&&) noexcept = default;
WebSocket::~WebSocket() = default;

asio::awaitable<NetOutcome> WebSocket::State::send_frame(WsOpcode opcode, Bytes payload, Deadline deadline) {
  const Bytes frame = masked_frame(opcode, payload, random_mask());
  std::string bytes(frame.begin(), frame.end());
  NetOutcome sent = co_await connection.send(std::move(bytes), deadline);
  if (!sent.ok()) sent.stage = Stage::message;
  co_return sent;
}

asio::awaitable<HttpReply> WebSocket::State::read_answer(Deadline deadline) {
  const auto asked = Clock::now();
  HttpReply reply;
  ReplyParser parser(false);
  while (!parser.done() && parser.error().ok()) {
    const TcpStream::Received part = co_await connection.receive(deadline);
    if (part.outcome.error == NetError::closed && parser.head_done()) {
      parser.end();
      break;
    }
    if (!part.outcome.ok()) {
      reply.outcome = part.outcome;
      break;
    }
    if (reply.received_at_ms == 0) {
      reply.received_at_ms = wall_ms();
      reply.first_byte = std::chrono::duration_cast<Microseconds>(Clock::now() - asked);
    }
    pending.append(part.bytes.begin(), part.bytes.end());
    parser.feed(pending);
  }
  if (reply.outcome.ok()) reply.outcome = parser.error();
  parser.fill(reply);
  co_return reply;
}

asio::awaitable<HttpReply> WebSocket::open(std::string path_and_query,
                                           std::vector<std::pair<std::string, std::string>> headers,
                                           Deadline deadline) {
  HttpReply reply;
  reply.outcome = co_await state_->connection.open(deadline);
  if (!reply.outcome.ok()) co_return reply;
  const std::string key = random_key();
  const HttpRequest request = upgrade_request(std::move(path_and_query), std::move(headers), key);
  auto text = request_text(state_->connection, request);
  if (!text) {
    reply.outcome = failed(Stage::request, NetError::other, "the request holds a line break");
    co_return reply;
  }
  const NetOutcome sent = co_await state_->connection.send(std::move(*text), deadline);
  if (!sent.ok()) {
    reply.outcome = at_upgrade(sent);
    co_return reply;
  }
  reply = co_await state_->read_answer(deadline);
  reply.outcome = at_upgrade(std::move(reply.outcome));
  if (reply.status == 101 && trimmed(reply.header("sec-websocket-accept")) != accept_for(key)) {
    reply.outcome = failed(Stage::upgrade, NetError::malformed, "101 without the right Sec-WebSocket-Accept");
  }
  if (reply.status != 101 || !reply.outcome.ok()) {
    state_->connection.close();
    co_return reply;
  }
  const std::string& rest = state_->pending;
  const Bytes bytes(rest.begin(), rest.end());
  state_->reader.feed(bytes);
  state_->pending.clear();
  co_return reply;
}

asio::awaitable<NetOutcome> WebSocket::send_binary(std::vector<std::uint8_t> bytes, Deadline deadline) {
  const NetOutcome sent = co_await state_->send_frame(WsOpcode::binary, std::move(bytes), deadline);
  co_return sent;
}

void WebSocket::State::finish(const WsFrame& close, WsMessage* message) const {
  Reader payload(close.payload);
  const std::uint16_t code = payload.u16();
  message->close_code = payload.failed() ? kNoStatus : code;
  const ByteView reason = payload.view(payload.left());
  message->bytes.assign(reason.begin(), reason.end());
  message->outcome = failed(Stage::message, NetError::closed,
                            "closed by the peer with code " + std::to_string(message->close_code));
}

asio::awaitable<void> WebSocket::State::fail(WsMessage* message, NetError error, std::string text, int code,
                                             Deadline deadline) {
  message->outcome = failed(Stage::message, error, std::move(text));
  const std::string payload = close_payload(code);
  Bytes bytes(payload.begin(), payload.end());
  (void)co_await send_frame(WsOpcode::close, std::move(bytes), deadline);
  connection.close();
}

/// True if the message is complete, or the connection has ended.
asio::awaitable<bool> WebSocket::State::take(WsFrame frame, WsMessage* message, Deadline deadline) {
  switch (frame.opcode) {
    case WsOpcode::ping:
      (void)co_await send_frame(WsOpcode::pong, std::move(frame.payload), deadline);
      co_return false;
    case WsOpcode::pong:
      co_return false;
    case WsOpcode::close:
      finish(frame, message);
      if (!close_sent) (void)co_await send_frame(WsOpcode::close, std::move(frame.payload), deadline);
      connection.close();
      co_return true;
    default:
      break;
  }
  const bool continues = frame.opcode == WsOpcode::continuation;
  if (continues != in_message) {
    co_await fail(message, NetError::malformed, "fragments out of order", kProtocolError, deadline);
    co_return true;
  }
  if (partial.size() + frame.payload.size() > kLargestMessage) {
    co_await fail(message, NetError::too_large, "a message longer than 1 MiB", kMessageTooBig, deadline);
    co_return true;
  }
  if (!continues) partial_is_binary = frame.opcode == WsOpcode::binary;
  partial.insert(partial.end(), frame.payload.begin(), frame.payload.end());
  in_message = !frame.final;
  if (in_message) co_return false;
  message->binary = partial_is_binary;
  message->bytes = std::exchange(partial, {});
  co_return true;
}

asio::awaitable<WsMessage> WebSocket::receive(Deadline deadline) {
  const auto start = Clock::now();
  WsMessage message;
  bool complete = false;
  while (!complete) {
    if (auto frame = state_->reader.next()) {
      complete = co_await state_->take(std::move(*frame), &message, deadline);
    } else if (state_->reader.error() == WsReader::Error::too_large) {
      co_await state_->fail(&message, NetError::too_large, "a message longer than 1 MiB", kMessageTooBig,
                            deadline);
      complete = true;
    } else if (state_->reader.error() == WsReader::Error::protocol) {
      co_await state_->fail(&message, NetError::malformed, "not a WebSocket frame", kProtocolError, deadline);
      complete = true;
    } else {
      const TcpStream::Received part = co_await state_->connection.receive(deadline);
      message.outcome = part.outcome;
      if (!part.outcome.ok()) message.outcome.stage = Stage::message;
      complete = !part.outcome.ok();
      state_->reader.feed(part.bytes);
    }
  }
  message.took = std::chrono::duration_cast<Microseconds>(Clock::now() - start);
  co_return message;
}

asio::awaitable<NetOutcome> WebSocket::close(Deadline deadline) {
  if (!state_->connection.is_open()) co_return NetOutcome{};
  const std::string payload = close_payload(kNormalClosure);
  Bytes bytes(payload.begin(), payload.end());
  NetOutcome outcome = co_await state_->send_frame(WsOpcode::close, std::move(bytes), deadline);
  state_->close_sent = true;
  while (outcome.ok()) {
    const WsMessage message = co_await receive(deadline);
    outcome = message.outcome;
  }
  state_->connection.close();
  if (outcome.error == NetError::closed) outcome = {};
  co_return outcome;
}

Microseconds WebSocket::connect_time() const {
  return state_->connection.connect_time();
}
Microseconds WebSocket::handshake_time() const {
  return state_->connection.handshake_time();
}

}  // namespace lkdoctor::net
