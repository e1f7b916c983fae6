// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>
#include <set>
#include <string>

#include "model/report.hpp"

namespace lkdoctor::serve {

/// Whether what a report says has lasted. A check's outcome and findings count once so many of its own runs
/// in a row gave them; runs of other checks, which judge its old observation again, prove nothing. The first
/// good state of a target needs no proof.
class Settling {
 public:
  explicit Settling(int runs = 1) : runs_(runs) {}

  /// `ran`: checks of the run that led to this report. True: everything has lasted.
  bool take(const Report& report, const std::set<std::string>& ran);
  /// Checks whose state has not lasted yet.
  std::set<std::string> doubted() const;
  /// How often the check that changes most has changed since everything had lasted: an outage changes many
  /// checks once.
  int flips() const noexcept { return flips_; }

 private:
  struct State {
    std::string told, seen;
    int runs = 0;   ///< that saw `seen`
    int flips = 0;  ///< since everything had lasted
  };
  bool has_lasted(State& state, std::string now, bool ran, bool good);

  int runs_;
  int flips_ = 0;
  std::map<std::string, State> states_;  ///< by check
};

}  // namespace lkdoctor::serve
