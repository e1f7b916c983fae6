// SPDX-License-Identifier: EUPL-1.2
#include "net/connection.hpp"

#include "net/errors.hpp"

namespace lkdoctor::net {
namespace {

namespace asio = boost::asio;

constexpr std::uint16_t kHttpPort = 80, kHttpsPort = 443;

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

std::string host_header(const HttpTarget& target) {
  if (target.tls_options.by_psk()) return bracketed(target.host);  // no URL leads there
  const std::uint16_t usual = target.tls ? kHttpsPort : kHttpPort;
  const std::string host = bracketed(target.host);
  return target.port == usual || target.port == 0 ? host : host + ":" + std::to_string(target.port);
}

Connection::Connection(HttpTarget target) : target_(std::move(target)) {
  if (target_.port == 0) target_.port = target_.peer.port;
  const bool by_name = !target_.tls_options.by_psk();
  if (by_name && target_.tls_options.server_name.empty()) target_.tls_options.server_name = target_.host;
}

asio::awaitable<NetOutcome> Connection::open(Deadline deadline) {
  close();
  OpenedStream opened;
  if (proxy_reads()) {
    opened = co_await open_proxy(target_.proxy, deadline);
  } else {
    // The name goes to a proxy, which resolves it for itself.
    const bool tunnel = target_.proxy.in_use();
    Endpoint peer = tunnel ? Endpoint{target_.host, target_.port} : target_.peer;
    const Deadline connect_by = tunnel ? deadline : earlier(deadline, target_.connect_by.value_or(deadline));
    opened = co_await open_stream(std::move(peer), target_.proxy, connect_by);
  }
  connect_time_ = opened.connect;
  stream_ = std::move(opened.stream);
  NetOutcome outcome = opened.outcome;
  if (outcome.ok() && target_.tls) outcome = co_await secure(deadline);
  if (!outcome.ok()) close();
  co_return outcome;
}

asio::awaitable<NetOutcome> Connection::secure(Deadline deadline) {
  const auto start = Clock::now();
  TlsEngine engine(target_.tls_options);
  NetOutcome outcome = co_await shake_hands(stream_.get(), &engine, deadline);
  handshake_time_ = std::chrono::duration_cast<Microseconds>(Clock::now() - start);
  if (outcome.ok() && target_.require_trust && !target_.tls_options.by_psk())
    outcome = verify(engine, target_.tls_options.server_name);
  if (outcome.ok()) stream_ = secured(std::move(stream_), std::move(engine));
  co_return outcome;
}

asio::awaitable<NetOutcome> Connection::send(std::string text, Deadline deadline) {
  if (!stream_) co_return failed(Stage::request, NetError::closed, "not connected");
  std::vector<std::uint8_t> bytes(text.begin(), text.end());
  const NetOutcome sent = co_await stream_->send(std::move(bytes), deadline);
  co_return sent;
}

asio::awaitable<TcpStream::Received> Connection::receive(Deadline deadline) {
  TcpStream::Received result;
  if (stream_) {
    result = co_await stream_->receive(deadline);
  } else {
    result.outcome = failed(Stage::response, NetError::closed, "not connected");
  }
  co_return result;
}

}  // namespace lkdoctor::net
