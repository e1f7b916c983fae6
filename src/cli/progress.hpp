// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <set>
#include <string>

#include "engine/collect.hpp"

namespace lkdoctor::cli {

/// One line on stderr while checks run, if stderr is a terminal; else nothing at all.
class ProgressLine {
 public:
  ProgressLine(bool wanted, std::size_t checks);
  void show(const engine::Progress& progress);
  /// Removes the line.
  void clear();

 private:
  bool wanted_;
  std::size_t checks_, done_ = 0;
  std::set<std::string> running_;
};

}  // namespace lkdoctor::cli
