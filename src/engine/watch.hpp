// SPDX-License-Identifier: EUPL-1.2
#pragma once

namespace lkdoctor::engine {

/// Many descriptors seen as one: its own is readable as long as one of those inside is ready. Workers come
/// and go, what a loop waits for stays.
class Watch {
 public:
  Watch();  ///< throws std::system_error
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  int fd() const noexcept { return epoll_; }
  void add(int fd) const;  ///< one that is none (-1), or one too many for the system, is never seen ready
  void want_write(int fd, bool wanted) const;
  void remove(int fd) const;  ///< before it is closed

 private:
  int epoll_;
};

}  // namespace lkdoctor::engine
