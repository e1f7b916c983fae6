// SPDX-License-Identifier: EUPL-1.2
#include "cli/progress.hpp"

#include <unistd.h>

#include <cstdlib>

#include "cli/terminal.hpp"

namespace lkdoctor::cli {

ProgressLine::ProgressLine(bool wanted, std::size_t checks)
    : wanted_(wanted && isatty(STDERR_FILENO) == 1), checks_(checks) {
  const char* terminal = std::getenv("TERM");
  if (terminal == nullptr || std::string_view(terminal) == "dumb") wanted_ = false;
}

void ProgressLine::show(const engine::Progress& progress) {
  if (!wanted_) return;
  if (progress.step == engine::Progress::Step::started) {
    running_.insert(progress.check);
  } else {
    done_ += running_.erase(progress.check);
  }
  std::string line = "\r\x1b[K" + std::to_string(done_) + "/" + std::to_string(checks_);
  constexpr std::size_t kWidest = 70;
  for (const std::string& check : running_) {
    if (line.size() + check.size() > kWidest) break;
    line += " " + check;
  }
  write_all(STDERR_FILENO, line);
}

void ProgressLine::clear() {
  if (wanted_) write_all(STDERR_FILENO, "\r\x1b[K");
}

}  // namespace lkdoctor::cli
