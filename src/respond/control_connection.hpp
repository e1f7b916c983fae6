// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/proto/control_words.hpp>

#include "respond/desk.hpp"
#include "respond/psk_server.hpp"

namespace lkdoctor::respond {

/// One control connection without its sockets: what came in and the time go in; what is to be sent to the
/// client and to LiveKit, and how long to wait, come out. docs/port-test.md.
class ControlConnection {
 public:
  /// `desk` and what `tls` refers to must live as long, or until finish().
  ControlConnection(const PskContext& tls, Desk& desk, Endpoint from, Deadline now);
  ControlConnection(const ControlConnection&) = delete;
  ControlConnection& operator=(const ControlConnection&) = delete;

  void feed(ByteView bytes, Deadline now);
  /// The client's side of the TCP connection ended.
  void end(Deadline now);
  /// For the client.
  Bytes take() { return tls_.take(); }

  /// When to call `expire` if nothing came before.
  Deadline patience() const noexcept { return patience_; }
  void expire(Deadline now);
  /// Nothing follows what `take` gives now: send that and close.
  bool over() const noexcept { return stage_ == Stage::over; }
  void finish(Deadline now);
  /// It was ended by a fault on this side.
  void failed(const std::string& why) { desk_.failed(caller_.from, why); }
  const Endpoint& from() const noexcept { return caller_.from; }
  bool authenticated() const noexcept { return caller_.key != nullptr; }

  /// LiveKit's signalling port is to be connected to; then one of the two calls below.
  bool wants_upstream() const noexcept { return stage_ == Stage::connecting; }
  void upstream_opened(Deadline now);
  void upstream_refused(proto::RelayFault fault, const std::string& why, Deadline now);
  std::string take_upstream() { return std::exchange(to_upstream_, {}); }
  /// What `take_upstream` gave was the last.
  bool upstream_is_over() const noexcept { return upstream_is_over_; }
  void feed_upstream(ByteView bytes, Deadline now);
  void upstream_ended(Deadline now);

 private:
  /// `asked`: LiveKit has the request. `spliced`: it answered 101; before that nothing but the request
  /// reaches it, so that no second one is smuggled behind the first. `answering`: it answered something else.
  enum class Stage { handshake, request, connecting, asked, spliced, answering, over };

  void shake_hands(Deadline now);
  void client_ended(Deadline now);
  void proceed(Deadline now);
  bool next_request(Deadline now);
  bool serve(const std::string& head, Deadline now);
  void respond(unsigned status, const std::string& body, bool last, Deadline now);
  void judge_answer(ByteView bytes, Deadline now);
  void release(Deadline now);

  PskServer tls_;
  Desk& desk_;
  Caller caller_;
  Stage stage_ = Stage::handshake;
  Deadline patience_;
  bool between_requests_ = false;
  std::string inbox_;
  std::optional<std::uint64_t> relay_;
  std::string to_upstream_, answer_;
  bool upstream_is_over_ = false, upstream_ended_ = false, client_ended_ = false;
};

}  // namespace lkdoctor::respond
