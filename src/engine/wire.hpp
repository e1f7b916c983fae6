// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string_view>

#include "engine/protocol.hpp"

namespace lkdoctor::engine {

/// The worker's mouth. Writes whole lines at once: what a check said before a crash has arrived.
class Wire {
 public:
  explicit Wire(int fd) : fd_(fd) {}
  /// False: too long or too deep; nothing was sent.
  bool send(const Message& message);

 private:
  void write_all(std::string_view rest);
  int fd_;
};

}  // namespace lkdoctor::engine
