// SPDX-License-Identifier: EUPL-1.2
#include "net/connection.hpp"

#include <lkdoctor/net/resolve.hpp>
#include <lkdoctor/url.hpp>
#include <lkdoctor/version.hpp>

#include "net/errors.hpp"
#include "net/reply_parser.hpp"
#include "net/tls_link.hpp"

namespace lkdoctor::net {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kReadSize = 16384;
constexpr std::uint16_t kHttpPort = 80, kHttpsPort = 443;

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

NetOutcome at_proxy(NetOutcome outcome) {
  outcome.stage = Stage::proxy;
  outcome.text = "forward proxy: " + outcome.text;
  return outcome;
}

}  // namespace

std::string host_header(const HttpTarget& target) {
  const std::uint16_t usual = target.tls ? kHttpsPort : kHttpPort;
  const std::string host = bracketed(target.host);
  return target.port == usual || target.port == 0 ? host : host + ":" + std::to_string(target.port);
}

Connection::Connection(HttpTarget target) : target_(std::move(target)) {
  if (target_.port == 0) target_.port = target_.peer.port;
  if (target_.tls_options.server_name.empty()) target_.tls_options.server_name = target_.host;
}

void Connection::close() {
  tls_.reset();
  tcp_.reset();
}

asio::awaitable<NetOutcome> Connection::open(bool tunnel, Deadline deadline) {
  close();
  tunnelled_ = !target_.proxy.empty() && (tunnel || target_.tls);
  NetOutcome outcome;
  if (target_.proxy.empty()) {
    tcp_.emplace();
    const Deadline connect_by = earlier(deadline, target_.connect_by.value_or(deadline));
    const Dialled dialled = co_await tcp_->connect(target_.peer, connect_by);
    connect_time_ = dialled.took;
    outcome = dialled.outcome;
  } else {
    outcome = co_await dial_proxy(deadline);
  }
  if (outcome.ok() && tunnelled_) outcome = co_await ask_for_tunnel(deadline);
  if (outcome.ok() && target_.tls) outcome = co_await secure(deadline);
  if (!outcome.ok()) close();
  co_return outcome;
}

asio::awaitable<NetOutcome> Connection::dial_proxy(Deadline deadline) {
  const auto proxy = parse_url(target_.proxy);
  if (!proxy || proxy->tls()) {
    co_return failed(Stage::proxy, NetError::other, "forward proxy: only http://host:port is known");
  }
  const Resolution found = co_await resolve(proxy->host, deadline);
  if (!found.outcome.ok()) co_return at_proxy(found.outcome);
  NetOutcome last = failed(Stage::proxy, NetError::name_not_found, "forward proxy: the name has no address");
  for (const std::string& address : found.addresses) {
    tcp_.emplace();
    Endpoint peer{address, proxy->port};
    const Dialled dialled = co_await tcp_->connect(std::move(peer), deadline);
    connect_time_ = dialled.took;
    if (dialled.outcome.ok()) co_return NetOutcome{};
    last = at_proxy(dialled.outcome);
  }
  co_return last;
}

/// RFC 9110 §9.3.6. The name goes to the proxy, which resolves it for itself.
asio::awaitable<NetOutcome> Connection::ask_for_tunnel(Deadline deadline) {
  const std::string authority = bracketed(target_.host) + ":" + std::to_string(target_.port);
  std::string request = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority +
                        "\r\nUser-Agent: lkdoctor/" + std::string(version()) + "\r\n\r\n";
  std::vector<std::uint8_t> bytes(request.begin(), request.end());
  const NetOutcome sent = co_await tcp_->send(std::move(bytes), deadline);
  if (!sent.ok()) co_return at_proxy(sent);
  ReplyParser parser(true);
  std::string pending;
  while (!parser.done()) {
    const TcpStream::Received part = co_await tcp_->receive(kReadSize, deadline);
    if (!part.outcome.ok()) co_return at_proxy(part.outcome);
    pending.append(part.bytes.begin(), part.bytes.end());
    parser.feed(pending);
    if (!parser.error().ok()) co_return at_proxy(parser.error());
  }
  const int status = parser.status();
  if (status / 100 == 2) co_return NetOutcome{};
  co_return failed(Stage::proxy, NetError::other,
                   "forward proxy: refused the tunnel with status " + std::to_string(status));
}

asio::awaitable<NetOutcome> Connection::secure(Deadline deadline) {
  const auto start = Clock::now();
  tls_.emplace(target_.tls_options);
  const NetOutcome outcome = co_await shake_hands(&*tcp_, &*tls_, deadline);
  handshake_time_ = std::chrono::duration_cast<Microseconds>(Clock::now() - start);
  if (!outcome.ok() || !target_.require_trust) co_return outcome;
  TlsSession session;
  tls_->describe(session);
  if (!session.trusted) co_return failed(Stage::tls, NetError::untrusted, session.trust_error);
  if (!session.name_matches) {
    co_return failed(Stage::tls, NetError::untrusted,
                     "the certificate is not for " + target_.tls_options.server_name);
  }
  co_return outcome;
}

asio::awaitable<NetOutcome> Connection::send(std::string text, Deadline deadline) {
  if (!tcp_) co_return failed(Stage::request, NetError::closed, "not connected");
  std::vector<std::uint8_t> bytes(text.begin(), text.end());
  if (tls_) {
    if (tls_->write(bytes) == TlsEngine::Step::failed) co_return tls_->failure();
    bytes = tls_->take();
  }
  const NetOutcome sent = co_await tcp_->send(std::move(bytes), deadline);
  co_return sent;
}

asio::awaitable<TcpStream::Received> Connection::receive(Deadline deadline) {
  TcpStream::Received result;
  if (!tcp_) {
    result.outcome = failed(Stage::response, NetError::closed, "not connected");
    co_return result;
  }
  const auto start = Clock::now();
  while (true) {
    if (tls_) {
      const TlsEngine::Step step = tls_->read(result.bytes);
      if (step == TlsEngine::Step::done) break;
      if (step == TlsEngine::Step::failed) {
        result.outcome = tls_->failure();
        result.outcome.stage = Stage::response;
        break;
      }
      // TLS itself may have to answer (key update, alert).
      std::vector<std::uint8_t> own = tls_->take();
      if (!own.empty()) (void)co_await tcp_->send(std::move(own), deadline);
    }
    TcpStream::Received part = co_await tcp_->receive(kReadSize, deadline);
    if (!part.outcome.ok() || !tls_) {
      result.outcome = part.outcome;
      result.bytes = std::move(part.bytes);
      break;
    }
    tls_->feed(part.bytes);
  }
  result.took = std::chrono::duration_cast<Microseconds>(Clock::now() - start);
  co_return result;
}

}  // namespace lkdoctor::net
