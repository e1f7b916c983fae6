// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lkdoctor::serve {

/// Where the server is to be reached.
struct ListenAddress {
  std::string address;  ///< numeric; "" for every address of both families
  std::uint16_t port = 0;
  bool is_loopback() const;
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};
std::string text(const ListenAddress& address);

/// "127.0.0.1:17880", "[::1]:17880", ":17880", "localhost:17880" (both loopback addresses). Port 0 is a free
/// one. Empty: none of these.
std::vector<ListenAddress> parse_listen_address(std::string_view text);

/// A listening TCP socket; closed with the object.
class ListeningSocket {
 public:
  /// Throws std::system_error, whose what() names the address, where it cannot be opened.
  explicit ListeningSocket(const ListenAddress& address);
  /// Takes over a descriptor. REQUIRES: it is one that inherited_sockets() gave.
  explicit ListeningSocket(int descriptor) : descriptor_(descriptor) {}
  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&& other) noexcept;
  ~ListeningSocket();

  int descriptor() const noexcept { return descriptor_; }
  /// Gives the descriptor away.
  int release() noexcept;
  /// Where it listens; nullopt for a socket without a port (AF_UNIX).
  std::optional<ListenAddress> address() const;

 private:
  int descriptor_ = -1;
};

/// What sd_listen_fds(3) tells: the sockets that systemd opened for this process. The variables are cleared,
/// so that no child takes them for its own.
struct Inherited {
  std::vector<ListeningSocket> sockets;
  std::string problem;  ///< a sentence where something that is no listening stream socket was handed over
};
Inherited inherited_sockets();

}  // namespace lkdoctor::serve
