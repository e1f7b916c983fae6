// SPDX-License-Identifier: EUPL-1.2
#include "cli/outputs.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <lkdoctor/text.hpp>
#include <lkdoctor/version.hpp>

#include "report/json.hpp"
#include "report/text.hpp"

namespace lkdoctor::cli {
namespace {

constexpr std::string_view kWritten[] = {"text", "json", "jsonl"};
constexpr std::string_view kLater[] = {"junit",       "tap",  "nagios",   "prometheus",
                                       "openmetrics", "html", "markdown", "sarif"};

void require_format(const std::string& format, std::size_t targets) {
  if (std::ranges::find(kLater, format) != std::end(kLater)) {
    throw UsageError{"--format " + format + " is not in this release; there are text, json and jsonl"};
  }
  if (std::ranges::find(kWritten, format) == std::end(kWritten)) {
    std::vector<std::string_view> known(std::begin(kWritten), std::end(kWritten));
    const std::string near = nearest(format, known);
    throw UsageError{"unknown format \"" + printable(format, 40) + "\"" +
                     (near.empty() ? "; there are text, json and jsonl" : "; did you mean " + near + "?")};
  }
  if (format == "json" && targets > 1) {
    throw UsageError{"--format json is one report; for several targets use text or jsonl"};
  }
}

}  // namespace

Outputs::Outputs(const config::OutputSettings& settings, const Session& session, std::size_t targets)
    : settings_(settings), session_(session) {
  for (const config::ReportTarget& report : settings.reports) require_format(report.format, targets);
  for (const config::ReportTarget& report : settings.reports) {
    Place& place = places_.emplace_back(Place{report.format, report.file, STDOUT_FILENO});
    if (!place.file.empty() && place.file != "-") open_file(place);
  }
}

void Outputs::open_file(Place& place) {
  constexpr mode_t kMode = 0644;
  // Not emptied yet: a run that does not get as far keeps the report before.
  place.descriptor = open(place.file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, kMode);
  if (place.descriptor < 0 && problem_.empty()) {
    problem_ = "--output " + place.file + ": " + std::strerror(errno);
  }
}

Outputs::~Outputs() {
  for (const Place& place : places_) {
    if (place.descriptor > STDERR_FILENO) close(place.descriptor);
  }
}

std::string Outputs::render(const Place& place, const Report& report, int exit_status) const {
  const report::Tool tool{version(), source_revision()};
  if (place.format == "json") return report::json(report, tool);
  if (place.format == "jsonl") return report::jsonl(report, tool);
  report::TextOptions options;
  options.style = style_for(place.descriptor, settings_.color, session_.environment);
  // Escapes in a file help nobody, unless they were asked for.
  options.style.verbose = settings_.verbose;
  options.style.quiet = settings_.quiet;
  options.exit_status = exit_status;
  options.fail_on = settings_.fail_on;
  options.exit_zero = settings_.exit_zero;
  return report::text(report, options);
}

bool Outputs::write(const Report& report, int exit_status) {
  bool written = true;
  for (Place& place : places_) {
    if (!place.used && place.descriptor > STDERR_FILENO) {
      // Fails on pipes and devices, where there is nothing to empty.
      [[maybe_unused]] const int emptied = ftruncate(place.descriptor, 0);
    }
    const std::string text = render(place, report, exit_status);
    if (place.used && place.format == "text" && !text.empty()) written &= write_all(place.descriptor, "\n");
    written &= write_all(place.descriptor, text);
    place.used = true;
  }
  return written;
}

}  // namespace lkdoctor::cli
