// SPDX-License-Identifier: EUPL-1.2
#include "engine/wire.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace lkdoctor::engine {

bool Wire::send(const Message& message) {
  const std::string line = encode(message);
  if (!is_bounded(line, kLineLimit, kDepthLimit)) return false;
  write_all(line);
  return true;
}

void Wire::write_all(std::string_view rest) {
  while (!rest.empty()) {
    const ssize_t sent = write(fd_, rest.data(), rest.size());
    if (sent >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      pollfd ready{fd_, POLLOUT, 0};
      poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return;  // nobody listens any more; the end of file says so to the reader, and cleaning up goes on
    }
  }
}

}  // namespace lkdoctor::engine
