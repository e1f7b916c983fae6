// SPDX-License-Identifier: EUPL-1.2
#include "respond/control_connection.hpp"

#include <fmt/format.h>

#include "respond/control_head.hpp"

namespace lkdoctor::respond {
namespace {

using std::chrono::seconds;

constexpr seconds kForHandshake{5}, kForHead{5}, kForUpstream{5}, kForClose{5};
constexpr seconds kBetweenRequests{30}, kRelayIdle{120};
constexpr std::size_t kMostHeld = std::size_t{64} << 10U;  // of a client that does not wait for the answer
constexpr std::string_view kEndOfHead = "\r\n\r\n";        // RFC 9112 §2.1

ByteView view_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

ControlConnection::ControlConnection(const PskContext& tls, Desk& desk, Endpoint from, Deadline now)
    : tls_(tls), desk_(desk), caller_{std::move(from), nullptr}, patience_(now + kForHandshake) {}

void ControlConnection::finish(Deadline now) {
  if (stage_ == Stage::over) return;
  tls_.end();
  stage_ = Stage::over;
  upstream_is_over_ = true;
  release(now);
}

void ControlConnection::release(Deadline now) {
  if (relay_) desk_.relay_ended(*relay_, now);
  relay_.reset();
}

void ControlConnection::expire(Deadline now) {
  if (stage_ == Stage::handshake) desk_.handshake_failed(caller_.from, tls_.named(), tls_.named_any());
  finish(now);
}

void ControlConnection::end(Deadline now) {
  if (stage_ == Stage::handshake) desk_.handshake_failed(caller_.from, tls_.named(), tls_.named_any());
  client_ended(now);
}

void ControlConnection::client_ended(Deadline now) {
  client_ended_ = true;
  const bool relays = stage_ == Stage::asked || stage_ == Stage::spliced || stage_ == Stage::answering;
  if (!relays || upstream_ended_) return finish(now);
  upstream_is_over_ = true;
}

void ControlConnection::feed(ByteView bytes, Deadline now) {
  if (stage_ == Stage::over) return;
  tls_.feed(bytes);
  if (stage_ == Stage::handshake) shake_hands(now);
  if (stage_ == Stage::handshake || stage_ == Stage::over) return;
  const PskServer::Step step = tls_.read(inbox_);
  if (step == PskServer::Step::failed) return finish(now);
  proceed(now);
  if (step == PskServer::Step::ended && stage_ != Stage::over) client_ended(now);
}

void ControlConnection::shake_hands(Deadline now) {
  const PskServer::Step step = tls_.handshake();
  if (step == PskServer::Step::wants_input) return;
  if (step != PskServer::Step::done) {
    desk_.handshake_failed(caller_.from, tls_.named(), tls_.named_any());
    stage_ = Stage::over;
    return;
  }
  caller_.key = tls_.key();
  stage_ = Stage::request;
  patience_ = now + kForHead;
}

void ControlConnection::proceed(Deadline now) {
  if (between_requests_ && stage_ == Stage::request && !inbox_.empty()) {
    patience_ = now + kForHead;
    between_requests_ = false;
  }
  while (stage_ == Stage::request && next_request(now)) {
  }
  if (stage_ == Stage::spliced && !inbox_.empty()) {
    to_upstream_ += std::exchange(inbox_, {});
    patience_ = now + kRelayIdle;
  }
  if (stage_ == Stage::answering) inbox_.clear();
  if (inbox_.size() > kMostHeld) finish(now);
}

/// False: more must come first.
bool ControlConnection::next_request(Deadline now) {
  const std::size_t end = inbox_.find(kEndOfHead);
  const std::size_t size = end == std::string::npos ? inbox_.size() : end + kEndOfHead.size();
  if (size > kLongestHead) {
    respond(431, R"({"error":"the head is too long"})", true, now);
    return false;
  }
  return end != std::string::npos && serve(inbox_.substr(0, size), now);
}

bool ControlConnection::serve(const std::string& head, Deadline now) {
  const ControlHead read = read_head(head);
  if (read.refused != 0) {
    respond(read.refused, R"({"error":"this request cannot be read"})", true, now);
    return false;
  }
  if (inbox_.size() < head.size() + read.body_size) return false;
  ControlRequest request = read.request;
  request.body = inbox_.substr(head.size(), read.body_size);
  const ControlAnswer answer = desk_.answer(caller_, request, now);
  inbox_.erase(0, head.size() + read.body_size);
  if (!answer.relay) {
    respond(answer.status, answer.body, !read.keep_alive, now);
    return true;
  }
  relay_ = answer.relay;
  to_upstream_ = head + request.body;
  stage_ = Stage::connecting;
  patience_ = now + kForUpstream;
  return false;
}

void ControlConnection::respond(unsigned status, const std::string& body, bool last, Deadline now) {
  std::string out = fmt::format("HTTP/1.1 {} {}\r\nCache-Control: no-store\r\n", status, reason_of(status));
  // RFC 9110 §8.6: a 204 has no Content-Length.
  if (status != 204)
    out += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
  if (last) out += "Connection: close\r\n";
  out += "\r\n" + body;
  (void)tls_.write(view_of(out));
  stage_ = Stage::request;
  between_requests_ = inbox_.empty();
  patience_ = now + (between_requests_ ? kBetweenRequests : kForHead);
  if (last) finish(now);
}

void ControlConnection::upstream_opened(Deadline now) {
  if (stage_ != Stage::connecting) return;
  stage_ = Stage::asked;
  patience_ = now + kRelayIdle;
}

void ControlConnection::upstream_refused(proto::RelayFault fault, const std::string& why, Deadline now) {
  if (stage_ != Stage::connecting) return;
  release(now);
  to_upstream_.clear();
  respond(502, dump_line({{"error", why}, {"livekit", fault}}), true, now);
}

void ControlConnection::feed_upstream(ByteView bytes, Deadline now) {
  if (stage_ == Stage::over) return;
  patience_ = now + kRelayIdle;
  if (!client_ended_) (void)tls_.write(bytes);
  if (stage_ == Stage::asked) judge_answer(bytes, now);
}

void ControlConnection::judge_answer(ByteView bytes, Deadline now) {
  constexpr std::string_view kSwitched = "HTTP/1.1 101";
  answer_.append(bytes.begin(), bytes.end());
  if (answer_.size() < kSwitched.size()) return;
  stage_ = answer_.starts_with(kSwitched) ? Stage::spliced : Stage::answering;
  upstream_is_over_ = upstream_is_over_ || stage_ == Stage::answering;
  answer_.clear();
  proceed(now);
}

void ControlConnection::upstream_ended(Deadline now) {
  if (stage_ == Stage::over) return;
  upstream_ended_ = true;
  if (client_ended_) return finish(now);
  tls_.end();
  patience_ = now + kForClose;
}

}  // namespace lkdoctor::respond
