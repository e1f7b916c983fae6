// SPDX-License-Identifier: EUPL-1.2
#include "cli/stop.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

namespace lkdoctor::cli {

StopSignals::StopSignals() {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGINT);
  sigaddset(&wanted, SIGTERM);
  sigprocmask(SIG_BLOCK, &wanted, &before_);
  descriptor_ = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
}

StopSignals::~StopSignals() {
  exit_status();
  if (descriptor_ >= 0) close(descriptor_);
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

int StopSignals::exit_status() {
  signalfd_siginfo info{};
  while (descriptor_ >= 0 && read(descriptor_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    status_ = 128 + static_cast<int>(info.ssi_signo);
  }
  return status_;
}

}  // namespace lkdoctor::cli
