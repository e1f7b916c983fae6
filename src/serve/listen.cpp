// SPDX-License-Identifier: EUPL-1.2
#include "serve/listen.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <lkdoctor/address.hpp>
#include <system_error>
#include <utility>

namespace lkdoctor::serve {
namespace {

constexpr int kFirstInherited = 3;  // sd_listen_fds(3): SD_LISTEN_FDS_START
constexpr int kMostInherited = 64;
constexpr int kBacklog = 1024;

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_storage storage;
};

socklen_t fill(const ListenAddress& from, SocketAddress& into) {
  std::memset(&into, 0, sizeof into);
  if (inet_pton(AF_INET, from.host.c_str(), &into.v4.sin_addr) == 1) {
    into.v4.sin_family = AF_INET;
    into.v4.sin_port = htons(from.port);
    return sizeof into.v4;
  }
  into.v6.sin6_family = AF_INET6;
  into.v6.sin6_port = htons(from.port);
  if (!from.host.empty()) inet_pton(AF_INET6, from.host.c_str(), &into.v6.sin6_addr);
  return sizeof into.v6;
}

/// -1 with errno.
int open_listening(const ListenAddress& where) {
  SocketAddress address{};
  const socklen_t size = fill(where, address);
  const int one = 1, only_v6 = where.host.empty() ? 0 : 1;
  const int out = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (out < 0) return -1;
  setsockopt(out, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (address.any.sa_family == AF_INET6) setsockopt(out, IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof only_v6);
  if (bind(out, &address.any, size) == 0 && listen(out, kBacklog) == 0) return out;
  const int error = errno;
  close(out);
  errno = error;
  return -1;
}

bool is_listening_stream(int descriptor) {
  int type = 0, listening = 0;
  socklen_t size = sizeof type;
  return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM &&
         getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening == 1;
}

int number_of(const char* variable) {
  const char* text = std::getenv(variable);
  int out = 0;
  if (text == nullptr) return 0;
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, out);
  return error == std::errc{} && stop == end ? out : 0;
}

}  // namespace

std::string text(const ListenAddress& address) {
  return address.host.empty() ? ":" + std::to_string(address.port)
                              : text(Endpoint{address.host, address.port});
}

std::vector<ListenAddress> numeric(const ListenAddress& address) {
  if (address.host != "localhost") return {address};
  return {{"127.0.0.1", address.port}, {"::1", address.port}};
}

ListeningSocket::ListeningSocket(const ListenAddress& address) : descriptor_(open_listening(address)) {
  // A host may be without IPv6; then every address is every IPv4 address.
  if (descriptor_ < 0 && address.host.empty() && errno == EAFNOSUPPORT)
    descriptor_ = open_listening({"0.0.0.0", address.port});
  if (descriptor_ < 0)
    throw std::system_error(errno, std::generic_category(), "cannot listen on " + text(address));
}
ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept : descriptor_(other.release()) {}
ListeningSocket& ListeningSocket::operator=(ListeningSocket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}
ListeningSocket::~ListeningSocket() {
  if (descriptor_ >= 0) close(descriptor_);
}

int ListeningSocket::release() noexcept {
  return std::exchange(descriptor_, -1);
}

std::optional<ListenAddress> ListeningSocket::address() const {
  SocketAddress address{};
  socklen_t size = sizeof address;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (getsockname(descriptor_, &address.any, &size) != 0) return std::nullopt;
  if (address.any.sa_family == AF_INET) {
    inet_ntop(AF_INET, &address.v4.sin_addr, text.data(), text.size());
    return ListenAddress{text.data(), ntohs(address.v4.sin_port)};
  }
  if (address.any.sa_family != AF_INET6) return std::nullopt;
  const bool every = IN6_IS_ADDR_UNSPECIFIED(&address.v6.sin6_addr);
  if (!every) inet_ntop(AF_INET6, &address.v6.sin6_addr, text.data(), text.size());
  return ListenAddress{text.data(), ntohs(address.v6.sin6_port)};
}

Inherited inherited_sockets() {
  Inherited out;
  const int count = number_of("LISTEN_PID") == getpid() ? number_of("LISTEN_FDS") : 0;
  for (const char* variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) unsetenv(variable);
  for (int i = 0; i < count && i < kMostInherited; ++i) {
    const int descriptor = kFirstInherited + i;
    if (!is_listening_stream(descriptor)) {
      out.problem = "Descriptor " + std::to_string(descriptor) +
                    " of LISTEN_FDS is no listening stream socket; give the socket unit ListenStream=.";
      continue;
    }
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
    out.sockets.emplace_back(descriptor);
  }
  return out;
}

}  // namespace lkdoctor::serve
