// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "serve/web.hpp"

namespace lkdoctor::serve {

std::string text(const ListenAddress& address);

/// What sockets can be opened at: "localhost" is both loopback addresses.
std::vector<ListenAddress> numeric(const ListenAddress& address);

/// A listening TCP socket; closed with the object.
class ListeningSocket {
 public:
  /// Throws std::system_error, whose what() names the address, where it cannot be opened. REQUIRES: it is
  /// numeric().
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
