// SPDX-License-Identifier: EUPL-1.2
#include "demo/servers.hpp"

#include <openssl/evp.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <lkdoctor/bytes.hpp>
#include <lkdoctor/proto/stun.hpp>

namespace lkdoctor::demo {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using asio::ip::udp;
using TlsStream = asio::ssl::stream<tcp::socket>;
using HttpRequest = http::request<http::string_body>;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
/// LiveKit holds a connection with an unknown ufrag that long (livekit-facts §5.4).
constexpr std::chrono::seconds kIceTcpPatience{30};

std::chrono::sys_seconds now() {
  return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
}

Request read_request(const HttpRequest& from) {
  Request request;
  request.method = from.method_string();
  const std::string target(from.target());
  const auto question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string::npos) request.query = target.substr(question + 1);
  request.authorization = from[http::field::authorization];
  request.origin = from[http::field::origin];
  request.upgrade = http::token_list(from[http::field::connection]).exists("upgrade") &&
                    http::token_list(from[http::field::upgrade]).exists("websocket");
  request.line_size = request.method.size() + target.size() + sizeof " HTTP/1.1\r\n";
  return request;
}

http::response<http::string_body> as_response(const Answer& answer, bool keep_alive) {
  http::response<http::string_body> response;
  response.version(11);
  response.result(static_cast<unsigned>(answer.status));
  const auto when = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&when, &parts);
  std::array<char, 64> date{};
  response.set(
      http::field::date,
      std::string(date.data(), std::strftime(date.data(), date.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts)));
  if (!answer.content_type.empty()) response.set(http::field::content_type, answer.content_type);
  for (const auto& [name, value] : answer.headers) response.insert(name, value);
  response.keep_alive(keep_alive);
  response.body() = answer.body;
  response.prepare_payload();
  return response;
}

/// Sec-WebSocket-Accept (RFC 6455 §4.2.2).
std::string accept_key(const std::string& key) {
  const std::string joined = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(joined.data(), joined.size(), digest.data(), &length, EVP_sha1(), nullptr);
  std::array<unsigned char, 64> encoded{};
  const int size = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(length));
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(size)};
}

/// 101, the JoinResponse in one binary frame, then whatever the client says until it ends.
template <class Stream>
asio::awaitable<void> serve_websocket(Stream& stream, std::string key) {
  const auto join = join_response();
  std::string out = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  out += "Sec-WebSocket-Accept: " + accept_key(key) + "\r\n\r\n";
  out += '\x82';  // RFC 6455 §5.2: final fragment, binary
  out += static_cast<char>(join.size());
  out.append(join.begin(), join.end());
  const auto [write_error, written] = co_await asio::async_write(stream, asio::buffer(out), kNoThrow);
  if (write_error) co_return;
  std::array<unsigned char, 4096> in{};
  for (;;) {
    const auto [error, size] = co_await stream.async_read_some(asio::buffer(in), kNoThrow);
    if (error) co_return;
    if ((in[0] & 0x0fU) != 0x8U) continue;  // RFC 6455 §5.5.1: opcode 8 closes
    const std::array<unsigned char, 2> close{0x88, 0x00};
    co_await asio::async_write(stream, asio::buffer(close), kNoThrow);
    co_return;
  }
}

struct Site {
  const Behaviour& behaviour;
  const LiveKit& livekit;
  bool behind_proxy;

  Answer answer(const Request& request) const {
    return behind_proxy ? through_proxy(behaviour, livekit, request, now()) : livekit.answer(request, now());
  }
};

template <class Stream>
asio::awaitable<void> serve_http(Stream& stream, Site site) {
  boost::beast::flat_buffer buffer(256UL * 1024);
  for (;;) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(128U * 1024);
    parser.body_limit(64U * 1024);
    const auto [error, size] = co_await http::async_read(stream, buffer, parser, kNoThrow);
    if (error && error.category() == http::make_error_code(http::error::end_of_stream).category()) {
      // As a web server answers what is no HTTP, a TLS hello among it; silent where nothing came at all.
      const std::string bad = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
      if (error != http::error::end_of_stream)
        co_await asio::async_write(stream, asio::buffer(bad), kNoThrow);
    }
    if (error) co_return;
    const Answer answer = site.answer(read_request(parser.get()));
    if (answer.accept_upgrade) {
      co_await serve_websocket(stream, std::string(parser.get()[http::field::sec_websocket_key]));
      co_return;
    }
    auto response = as_response(answer, parser.get().keep_alive());
    const auto [write_error, written] = co_await http::async_write(stream, response, kNoThrow);
    if (write_error || !parser.get().keep_alive()) co_return;
  }
}

asio::awaitable<void> serve_plain(tcp::socket socket, Site site) {
  co_await serve_http(socket, site);
}

asio::awaitable<void> serve_tls(tcp::socket socket, asio::ssl::context& context, Site site) {
  TlsStream stream(std::move(socket), context);
  const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::server, kNoThrow);
  if (error) co_return;
  co_await serve_http(stream, site);
  co_await stream.async_shutdown(kNoThrow);
}

/// Reads and says nothing until the peer gives up.
asio::awaitable<void> stall(tcp::socket socket) {
  std::array<char, 4096> in{};
  for (;;) {
    const auto [error, size] = co_await socket.async_read_some(asio::buffer(in), kNoThrow);
    if (error) co_return;
  }
}

/// The ICE/TCP port: a framed Binding with USERNAME is held, other frames are closed, the rest is reset.
asio::awaitable<void> serve_ice_tcp(tcp::socket socket) {
  std::array<std::uint8_t, 514> in{};
  const auto [head_error, head] = co_await asio::async_read(socket, asio::buffer(in, 2), kNoThrow);
  if (head_error) co_return;
  const std::size_t length = static_cast<std::size_t>(in[0]) << 8U | in[1];
  if (length > 512) {
    socket.set_option(asio::socket_base::linger(true, 0));
    co_return;
  }
  const auto [error, size] = co_await asio::async_read(socket, asio::buffer(in, length), kNoThrow);
  if (error) co_return;
  constexpr std::uint16_t kUsername = 0x0006;  // RFC 8489 §14.3
  const auto message = proto::decode_stun(ByteView(in.data(), length));
  if (!message || message->find(kUsername) == nullptr) co_return;
  asio::steady_timer patience(socket.get_executor(), kIceTcpPatience);
  co_await patience.async_wait(kNoThrow);
}

asio::awaitable<void> serve_stun(udp::socket& socket) {
  std::array<std::uint8_t, 1500> in{};
  for (;;) {
    udp::endpoint from;
    const auto [error, size] = co_await socket.async_receive_from(asio::buffer(in), from, kNoThrow);
    if (error == asio::error::operation_aborted) co_return;
    const auto request = proto::decode_stun(ByteView(in.data(), size));
    if (error || !request || request->kind != proto::StunClass::request) continue;
    proto::StunMessage reply;
    reply.kind = proto::StunClass::success;
    reply.id = request->id;
    // XOR-MAPPED-ADDRESS (RFC 8489 §14.2): family 1, port and address XORed with the magic cookie.
    constexpr std::uint32_t kCookie = 0x2112a442;
    Writer mapped;
    mapped.u8(0).u8(1).u16(static_cast<std::uint16_t>(from.port() ^ (kCookie >> 16U)));
    mapped.u32(from.address().to_v4().to_uint() ^ kCookie);
    reply.attributes.push_back({0x0020, mapped.take()});
    const Bytes bytes = proto::encode_stun(reply);
    co_await socket.async_send_to(asio::buffer(bytes), from, kNoThrow);
  }
}

/// Every connection is a coroutine of its own; one that fails ends alone.
void ignore_end(const std::exception_ptr&) {}

template <class Handler>
asio::awaitable<void> accept_all(tcp::acceptor& acceptor, Handler handle) {
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(kNoThrow);
    if (error == asio::error::operation_aborted) co_return;
    if (error) continue;
    socket.set_option(tcp::no_delay(true));
    asio::co_spawn(acceptor.get_executor(), handle(std::move(socket)), ignore_end);
  }
}

asio::awaitable<void> stop_at_end_of(asio::posix::stream_descriptor& life, asio::io_context& io) {
  std::array<char, 1> in{};
  co_await life.async_read_some(asio::buffer(in), kNoThrow);
  io.stop();
}

tcp::acceptor acceptor_for(asio::io_context& io, int descriptor) {
  tcp::acceptor acceptor(io);
  if (descriptor >= 0) acceptor.assign(tcp::v4(), descriptor);
  return acceptor;
}

asio::ssl::context tls_context(const Certificates& certificates) {
  asio::ssl::context context(asio::ssl::context::tls_server);
  context.use_certificate_chain(asio::buffer(certificates.chain));
  context.use_private_key(asio::buffer(certificates.key), asio::ssl::context::pem);
  return context;
}

}  // namespace

void serve(const Sockets& sockets, const Behaviour& behaviour, const LiveKit& livekit,
           const Certificates& certificates) {
  asio::ssl::context context = tls_context(certificates);
  asio::io_context io;
  tcp::acceptor https = acceptor_for(io, sockets.https), plain = acceptor_for(io, sockets.http);
  tcp::acceptor ice_tcp = acceptor_for(io, sockets.ice_tcp);
  udp::socket stun(io, udp::v4(), sockets.stun);
  asio::posix::stream_descriptor life(io, sockets.life);

  const Site front{behaviour, livekit, true}, back{behaviour, livekit, false};
  const auto on_https = [&](tcp::socket socket) {
    if (behaviour.stalls) return stall(std::move(socket));
    return behaviour.tls ? serve_tls(std::move(socket), context, front)
                         : serve_plain(std::move(socket), front);
  };
  const auto on_http = [&](tcp::socket socket) { return serve_plain(std::move(socket), back); };
  const auto on_ice = [&](tcp::socket socket) {
    return behaviour.ice_tcp == IceTcpKind::web_server ? serve_plain(std::move(socket), front)
                                                       : serve_ice_tcp(std::move(socket));
  };
  asio::co_spawn(io, accept_all(https, on_https), ignore_end);
  if (plain.is_open()) asio::co_spawn(io, accept_all(plain, on_http), ignore_end);
  if (ice_tcp.is_open()) asio::co_spawn(io, accept_all(ice_tcp, on_ice), ignore_end);
  asio::co_spawn(io, serve_stun(stun), ignore_end);
  asio::co_spawn(io, stop_at_end_of(life, io), ignore_end);
  io.run();
}

}  // namespace lkdoctor::demo
