// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/net/tls.hpp>

#include "net/errors.hpp"
#include "net/stream.hpp"

namespace lkdoctor::net {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kLongestHandshake = 512 * 1024;  // a chain of 100 kB is already absurd

NetOutcome at_tls(NetOutcome outcome) {
  outcome.stage = Stage::tls;
  if (outcome.error == NetError::timed_out) outcome.text = "no answer to the ClientHello in time";
  if (outcome.error == NetError::closed) outcome.text = "closed by the peer during the handshake";
  if (outcome.error == NetError::reset) outcome.text = "reset by the peer during the handshake";
  return outcome;
}

}  // namespace

asio::awaitable<NetOutcome> shake_hands(Stream* stream, TlsEngine* engine, Deadline deadline) {
  std::size_t received = 0;
  while (true) {
    const TlsEngine::Step step = engine->handshake();
    std::vector<std::uint8_t> flight = engine->take();
    if (!flight.empty()) {
      const NetOutcome sent = co_await stream->send(std::move(flight), deadline);
      if (!sent.ok() && step != TlsEngine::Step::failed) co_return at_tls(sent);
    }
    if (step == TlsEngine::Step::done) co_return NetOutcome{};
    if (step == TlsEngine::Step::failed) {
      NetOutcome failure = engine->failure();
      failure.stage = Stage::tls;
      co_return failure;
    }
    const TcpStream::Received part = co_await stream->receive(deadline);
    if (!part.outcome.ok()) co_return at_tls(part.outcome);
    received += part.bytes.size();
    if (received > kLongestHandshake) {
      co_return failed(Stage::tls, NetError::too_large, "the handshake does not end");
    }
    engine->feed(part.bytes);
  }
}

asio::awaitable<TlsSession> probe_tls(Endpoint peer, TlsOptions options, Deadline deadline, Proxy proxy) {
  TlsSession session;
  const OpenedStream opened =
      co_await open_stream(std::move(peer), std::move(proxy), deadline, options.max_segment);
  session.outcome = opened.outcome;
  session.connect = opened.connect;
  if (!opened.outcome.ok()) co_return session;
  const auto start = Clock::now();
  TlsEngine engine(std::move(options));
  session.outcome = co_await shake_hands(opened.stream.get(), &engine, deadline);
  session.handshake = std::chrono::duration_cast<Microseconds>(Clock::now() - start);
  engine.describe(session);
  co_return session;
}

}  // namespace lkdoctor::net
