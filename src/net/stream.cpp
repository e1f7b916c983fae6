// SPDX-License-Identifier: EUPL-1.2
#include "net/stream.hpp"

#include <lkdoctor/net/resolve.hpp>
#include <lkdoctor/version.hpp>

#include "net/errors.hpp"
#include "net/reply_parser.hpp"
#include "net/ws_frames.hpp"

namespace lkdoctor::net {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kReadSize = 16384;

class PlainStream final : public Stream {
 public:
  explicit PlainStream(TcpStream tcp) : tcp_(std::move(tcp)) {}
  asio::awaitable<NetOutcome> send(std::vector<std::uint8_t> bytes, Deadline deadline) override {
    return tcp_.send(std::move(bytes), deadline);
  }
  asio::awaitable<TcpStream::Received> receive(Deadline deadline) override {
    return tcp_.receive(kReadSize, deadline);
  }

 private:
  TcpStream tcp_;
};

class TlsStream final : public Stream {
 public:
  TlsStream(StreamPtr below, TlsEngine engine) : below_(std::move(below)), engine_(std::move(engine)) {}
  asio::awaitable<NetOutcome> send(std::vector<std::uint8_t> bytes, Deadline deadline) override {
    if (engine_.write(bytes) == TlsEngine::Step::failed) co_return engine_.failure();
    std::vector<std::uint8_t> sealed = engine_.take();
    const NetOutcome sent = co_await below_->send(std::move(sealed), deadline);
    co_return sent;
  }
  asio::awaitable<TcpStream::Received> receive(Deadline deadline) override;

 private:
  StreamPtr below_;
  TlsEngine engine_;
};

asio::awaitable<TcpStream::Received> TlsStream::receive(Deadline deadline) {
  TcpStream::Received result;
  const auto start = Clock::now();
  while (true) {
    const TlsEngine::Step step = engine_.read(result.bytes);
    if (step == TlsEngine::Step::done) break;
    if (step == TlsEngine::Step::failed) {
      result.outcome = engine_.failure();
      result.outcome.stage = Stage::response;
      break;
    }
    // TLS itself may have to answer (key update, alert).
    std::vector<std::uint8_t> own = engine_.take();
    if (!own.empty()) (void)co_await below_->send(std::move(own), deadline);
    TcpStream::Received part = co_await below_->receive(deadline);
    if (!part.outcome.ok()) {
      result.outcome = part.outcome;
      break;
    }
    engine_.feed(part.bytes);
  }
  result.took = std::chrono::duration_cast<Microseconds>(Clock::now() - start);
  co_return result;
}

asio::awaitable<OpenedStream> open_direct(Endpoint peer, Deadline deadline, int max_segment = 0) {
  OpenedStream out;
  TcpStream tcp;
  const Dialled dialled = co_await tcp.connect(std::move(peer), deadline, max_segment);
  out.outcome = dialled.outcome;
  out.connect = dialled.took;
  if (dialled.outcome.ok()) out.stream = std::make_unique<PlainStream>(std::move(tcp));
  co_return out;
}

NetOutcome at(Stage stage, NetOutcome outcome) {
  outcome.stage = stage;
  outcome.text = "forward proxy: " + outcome.text;
  return outcome;
}

asio::awaitable<NetOutcome> secure_proxy(OpenedStream* opened, Proxy proxy, Deadline deadline) {
  TlsOptions options;
  options.server_name = proxy.host;
  options.ca_files = proxy.ca_files;
  options.padded_hello = false;
  TlsEngine engine(std::move(options));
  NetOutcome outcome = co_await shake_hands(opened->stream.get(), &engine, deadline);
  if (outcome.ok()) outcome = verify(engine, proxy.host);
  if (outcome.ok()) opened->stream = secured(std::move(opened->stream), std::move(engine));
  co_return outcome;
}

/// RFC 9110 §9.3.6, with Basic credentials (RFC 7617 §2) where there are some.
std::string connect_request(const Endpoint& peer, const Secret& credentials) {
  const std::string authority = text(peer);
  std::string request = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority +
                        "\r\nUser-Agent: lkdoctor/" + std::string(version()) + "\r\n";
  if (!credentials.empty()) {
    const std::string& plain = credentials.reveal();
    const Bytes bytes(plain.begin(), plain.end());
    request += "Proxy-Authorization: Basic " + base64(bytes) + "\r\n";
  }
  return request + "\r\n";
}

/// What the proxy's status for a CONNECT means. RFC 9110 §15.5.8: 407 asks for credentials; §15.6.3 to
/// §15.6.5: a gateway status speaks of the way behind the proxy.
NetOutcome refusal(int status) {
  const std::string words = "forward proxy: refused the tunnel with status " + std::to_string(status);
  if (status == 407) return failed(Stage::tunnel, NetError::login_required, words);
  if (status >= 502 && status <= 504) {
    return failed(Stage::tunnel, NetError::not_reached,
                  "forward proxy: cannot reach the host (status " + std::to_string(status) + ")");
  }
  return failed(Stage::tunnel, NetError::denied, words);
}

asio::awaitable<NetOutcome> ask_for_tunnel(Stream* stream, std::string request, Deadline deadline) {
  std::vector<std::uint8_t> bytes(request.begin(), request.end());
  const NetOutcome sent = co_await stream->send(std::move(bytes), deadline);
  if (!sent.ok()) co_return at(Stage::tunnel, sent);
  ReplyParser parser(true);
  std::string pending;
  while (!parser.done()) {
    const TcpStream::Received part = co_await stream->receive(deadline);
    if (!part.outcome.ok()) co_return at(Stage::tunnel, part.outcome);
    pending.append(part.bytes.begin(), part.bytes.end());
    parser.feed(pending);
    if (!parser.error().ok()) co_return at(Stage::tunnel, parser.error());
  }
  if (parser.status() / 100 != 2) co_return refusal(parser.status());
  if (pending.empty()) co_return NetOutcome{};
  co_return failed(Stage::tunnel, NetError::malformed, "forward proxy: speaks into the tunnel itself");
}

}  // namespace

StreamPtr secured(StreamPtr below, TlsEngine engine) {
  return std::make_unique<TlsStream>(std::move(below), std::move(engine));
}

NetOutcome verify(const TlsEngine& engine, const std::string& name) {
  TlsSession session;
  engine.describe(session);
  if (!session.trusted) return failed(Stage::tls, NetError::untrusted, session.trust_error);
  if (session.name_matches) return {};
  return failed(Stage::tls, NetError::untrusted, "the certificate is not for " + name);
}

asio::awaitable<OpenedStream> open_proxy(Proxy proxy, Deadline deadline) {
  OpenedStream out;
  const Resolution found = co_await resolve(proxy.host, deadline);
  out.outcome = at(Stage::proxy, found.outcome.ok() ? failed(Stage::proxy, NetError::name_not_found,
                                                             "the name has no address")
                                                    : found.outcome);
  for (const std::string& address : found.addresses) {
    Endpoint peer{address, proxy.port};
    out = co_await open_direct(std::move(peer), deadline);
    if (out.outcome.ok() && proxy.tls) out.outcome = co_await secure_proxy(&out, proxy, deadline);
    if (out.outcome.ok()) co_return out;
    out.outcome = at(Stage::proxy, out.outcome);
    out.stream.reset();
  }
  co_return out;
}

asio::awaitable<OpenedStream> open_stream(Endpoint peer, Proxy proxy, Deadline deadline, int max_segment) {
  const auto start = Clock::now();
  if (!proxy.in_use()) {
    OpenedStream direct = co_await open_direct(std::move(peer), deadline, max_segment);
    co_return direct;
  }
  std::string request = connect_request(peer, proxy.credentials);
  OpenedStream out = co_await open_proxy(std::move(proxy), deadline);
  if (!out.outcome.ok()) co_return out;
  out.outcome = co_await ask_for_tunnel(out.stream.get(), std::move(request), deadline);
  if (!out.outcome.ok()) out.stream.reset();
  out.connect = std::chrono::duration_cast<Microseconds>(Clock::now() - start);
  co_return out;
}

asio::awaitable<Dialled> dial_through(Proxy proxy, Endpoint peer, Deadline deadline) {
  const OpenedStream opened = co_await open_stream(std::move(peer), std::move(proxy), deadline);
  co_return Dialled{opened.outcome, opened.connect};
}

}  // namespace lkdoctor::net
