// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <sys/types.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <lkdoctor/secret.hpp>
#include <optional>
#include <string>

namespace lkdoctor::serve {

/// A process that compares passwords with bcrypt hashes, which takes some 70 ms each and must not hold up
/// anything else. It is told one at a time, and knows nothing else. Ends with this object.
class PasswordProcess {
 public:
  /// Forks. Throws std::system_error. REQUIRES: this process has one thread.
  explicit PasswordProcess(boost::asio::io_context& context);
  ~PasswordProcess();
  PasswordProcess(const PasswordProcess&) = delete;
  PasswordProcess& operator=(const PasswordProcess&) = delete;

  /// nullopt: the process is gone. A password with a NUL in it or longer than bcrypt's library takes matches
  /// nothing. REQUIRES: one at a time, and not cancelled.
  boost::asio::awaitable<std::optional<bool>> matches(std::string hash, Secret password);

  pid_t id() const noexcept { return pid_; }

 private:
  pid_t pid_ = -1;
  boost::asio::local::stream_protocol::socket socket_;
};

}  // namespace lkdoctor::serve
