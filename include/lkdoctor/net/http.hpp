// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>
#include <lkdoctor/address.hpp>
#include <lkdoctor/clock.hpp>
#include <lkdoctor/net/outcome.hpp>
#include <lkdoctor/net/proxy.hpp>
#include <lkdoctor/net/tls.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lkdoctor::net {

/// Where to connect and as whom.
struct HttpTarget {
  Endpoint peer;
  std::string host;        ///< Host header and SNI, without port
  std::uint16_t port = 0;  ///< of the URL; put into Host if it is not the scheme's own
  bool tls = false;
  bool require_trust =
      true;  ///< false: for describing a deployment whose certificate is bad; never with credentials
  TlsOptions tls_options{};
  std::optional<Deadline> connect_by{};  ///< how long TCP may take, where that is less than the whole
  Proxy proxy{};  ///< in use: `peer` is not, the proxy is asked for a tunnel to host and port
  bool proxy_reads_requests = false;  ///< without TLS: no tunnel, requests name the whole URL
};

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";                                  ///< path and query
  std::vector<std::pair<std::string, std::string>> headers;  ///< added to Host and User-Agent
  std::string body;
};

/// Header names are lower case. Body and headers are text of the peer, at most 64 KiB.
struct HttpReply {
  NetOutcome outcome;
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Microseconds first_byte{0};  ///< from the request's last byte to the answer's first
  std::int64_t received_at_ms =
      0;  ///< wall clock of this machine when the head arrived, milliseconds since 1970

  std::string header(std::string_view name) const;  ///< "" if absent
  std::size_t count(std::string_view name) const;   ///< how often the header was sent
};
LKDOCTOR_JSON(HttpReply, outcome, status, headers, body, first_byte, received_at_ms)

/// One connection, opened by the first request and kept open; opened again if the peer closed it between two
/// requests. No redirect is followed, no cookie kept, no cache asked.
class HttpSession {
 public:
  explicit HttpSession(HttpTarget target);
  HttpSession(HttpSession&&) noexcept;
  HttpSession& operator=(HttpSession&&) noexcept;
  ~HttpSession();

  /// Connects, and shakes hands where there is TLS, before there is anything to ask.
  boost::asio::awaitable<NetOutcome> open(Deadline deadline);
  boost::asio::awaitable<HttpReply> ask(HttpRequest request, Deadline deadline);
  /// Sends all requests at once (HTTP/1.1 pipelining) and reads the answers in order: one round trip. After
  /// an answer with `Connection: close` the rest is asked one by one.
  boost::asio::awaitable<std::vector<HttpReply>> ask_all(std::vector<HttpRequest> requests,
                                                         Deadline deadline);

  Microseconds connect_time() const;    ///< TCP
  Microseconds handshake_time() const;  ///< TLS; 0 without

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lkdoctor::net
