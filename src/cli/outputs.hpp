// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "cli/commands.hpp"
#include "model/recording.hpp"
#include "model/report.hpp"

namespace lkdoctor::cli {

/// The places where the reports of a run go. A place that cannot be written is refused before anything runs.
/// A file appears, or replaces the one before, complete or not at all.
class Outputs {
 public:
  /// Throws UsageError for a format this release does not write or that cannot hold several reports, and for
  /// a file that cannot be written.
  Outputs(const config::OutputSettings& settings, const Session& session, std::size_t targets);
  Outputs(const Outputs&) = delete;
  Outputs& operator=(const Outputs&) = delete;

  /// Renders one report to every place. False: something could not be written.
  bool write(const Report& report, int exit_status);

 private:
  struct Place {
    std::string format;
    std::string file;     ///< empty: stdout
    std::string written;  ///< all reports so far
    bool used = false;
  };
  std::string render(const Place& place, const Report& report, int exit_status) const;

  const config::OutputSettings settings_;
  const Session& session_;
  std::vector<Place> places_;
};

/// --record: what a run saw, for judging it again. False, with words on stderr: it could not be written.
bool write_recording(const std::string& file, const Recording& recording, const Redactor& redactor);

}  // namespace lkdoctor::cli
