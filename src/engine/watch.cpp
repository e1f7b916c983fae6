// SPDX-License-Identifier: EUPL-1.2
#include "engine/watch.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace lkdoctor::engine {

Watch::Watch() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

Watch::~Watch() {
  close(epoll_);
}

void Watch::add(int fd) const {
  epoll_event event{EPOLLIN, {}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
}

void Watch::want_write(int fd, bool wanted) const {
  epoll_event event{wanted ? EPOLLIN | EPOLLOUT : EPOLLIN, {}};
  epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
}

void Watch::remove(int fd) const {
  epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
}

}  // namespace lkdoctor::engine
