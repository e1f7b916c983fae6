// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/net/byte_stream.hpp>
#include <utility>

#include "net/errors.hpp"
#include "net/stream.hpp"

namespace lkdoctor::net {

namespace asio = boost::asio;

struct ByteStream::State {
  explicit State(std::optional<TlsOptions> wanted) : options(std::move(wanted)) {}

  std::optional<TlsOptions> options;
  StreamPtr below;
  std::optional<TlsEngine> tls;
  std::optional<TlsSession> session;
  Microseconds connect_time{0};
  std::vector<std::uint8_t> waiting;  // to be sent by whoever is sending already
  bool sending = false;

  asio::awaitable<NetOutcome> shake(Deadline deadline);
  asio::awaitable<NetOutcome> drain(Deadline deadline);
};

ByteStream::ByteStream(std::optional<TlsOptions> tls) : state_(std::make_unique<State>(std::move(tls))) {}
ByteStream::ByteStream(ByteStream&&) noexcept = default;
ByteStream& ByteStream::operator=(ByteStream&&) noexcept = default;
ByteStream::~ByteStream() = default;

Microseconds ByteStream::connect_time() const {
  return state_->connect_time;
}
const std::optional<TlsSession>& ByteStream::session() const {
  return state_->session;
}

asio::awaitable<NetOutcome> ByteStream::connect(Endpoint peer, Deadline deadline) {
  const Proxy none;
  OpenedStream opened = co_await open_stream(std::move(peer), none, deadline);
  state_->connect_time = opened.connect;
  state_->below = std::move(opened.stream);
  if (!opened.outcome.ok() || !state_->options) co_return opened.outcome;
  co_return co_await state_->shake(deadline);
}

asio::awaitable<NetOutcome> ByteStream::State::shake(Deadline deadline) {
  const auto start = Clock::now();
  session.emplace();
  session->connect = connect_time;
  tls.emplace(*options);
  session->outcome = co_await shake_hands(below.get(), &*tls, deadline);
  session->handshake = std::chrono::duration_cast<Microseconds>(Clock::now() - start);
  tls->describe(*session);
  co_return session->outcome;
}

asio::awaitable<NetOutcome> ByteStream::send(std::vector<std::uint8_t> bytes, Deadline deadline) {
  if (!state_->below) co_return failed(Stage::request, NetError::closed, "not connected");
  if (state_->tls) {
    if (state_->tls->write(bytes) == TlsEngine::Step::failed) co_return state_->tls->failure();
    bytes = state_->tls->take();
  }
  state_->waiting.insert(state_->waiting.end(), bytes.begin(), bytes.end());
  if (state_->sending) co_return NetOutcome{};
  co_return co_await state_->drain(deadline);
}

/// One writer at a time: records must not mix.
asio::awaitable<NetOutcome> ByteStream::State::drain(Deadline deadline) {
  NetOutcome outcome;
  sending = true;
  while (outcome.ok() && !waiting.empty()) {
    std::vector<std::uint8_t> now = std::exchange(waiting, {});
    outcome = co_await below->send(std::move(now), deadline);
  }
  sending = false;
  co_return outcome;
}

asio::awaitable<TcpStream::Received> ByteStream::receive(Deadline deadline) {
  TcpStream::Received result;
  if (!state_->below) {
    result.outcome = failed(Stage::response, NetError::closed, "not connected");
    co_return result;
  }
  const auto start = Clock::now();
  while (true) {
    if (state_->tls) {
      const TlsEngine::Step step = state_->tls->read(result.bytes);
      if (step == TlsEngine::Step::done) break;
      if (step == TlsEngine::Step::failed) {
        result.outcome = state_->tls->failure();
        result.outcome.stage = Stage::response;
        break;
      }
    }
    TcpStream::Received part = co_await state_->below->receive(deadline);
    if (!part.outcome.ok() || !state_->tls) {
      result.outcome = part.outcome;
      result.bytes = std::move(part.bytes);
      break;
    }
    state_->tls->feed(part.bytes);
  }
  result.took = std::chrono::duration_cast<Microseconds>(Clock::now() - start);
  co_return result;
}

}  // namespace lkdoctor::net
