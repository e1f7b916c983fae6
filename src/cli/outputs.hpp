// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "cli/commands.hpp"
#include "model/report.hpp"

namespace lkdoctor::cli {

/// The places where the reports of a run go. Files are opened before anything runs, so that a wrong path
/// costs nothing.
class Outputs {
 public:
  /// Throws UsageError for a format this release does not write, or that cannot hold several reports.
  Outputs(const config::OutputSettings& settings, const Session& session, std::size_t targets);
  Outputs(const Outputs&) = delete;
  Outputs& operator=(const Outputs&) = delete;
  ~Outputs();

  /// Why a file cannot be written; empty: all are open.
  const std::string& problem() const noexcept { return problem_; }
  /// Renders one report to every place. False: something could not be written.
  bool write(const Report& report, int exit_status);

 private:
  struct Place {
    std::string format, file;
    int descriptor;
    bool used = false;
  };
  std::string render(const Place& place, const Report& report, int exit_status) const;
  void open_file(Place& place);

  const config::OutputSettings settings_;
  const Session& session_;
  std::vector<Place> places_;
  std::string problem_;
};

}  // namespace lkdoctor::cli
