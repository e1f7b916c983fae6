// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <csignal>

namespace lkdoctor::cli {

/// Turns SIGINT and SIGTERM into something that can be waited for, as long as it lives.
class StopSignals {
 public:
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  /// Readable once a signal came; -1 if the system has none to give.
  int descriptor() const noexcept { return descriptor_; }
  /// 130 or 143, once a signal came; else 0.
  int exit_status();

 private:
  sigset_t before_{};
  int descriptor_ = -1;
  int status_ = 0;
};

}  // namespace lkdoctor::cli
