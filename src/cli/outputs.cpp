// SPDX-License-Identifier: EUPL-1.2
#include "cli/outputs.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <lkdoctor/text.hpp>
#include <lkdoctor/version.hpp>

#include "report/json.hpp"
#include "report/text.hpp"

namespace lkdoctor::cli {
namespace {

namespace fs = std::filesystem;

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

/// The file that a path means: where it is a link, what it leads to.
std::string real_file(const std::string& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  return error ? path : real.string();
}

std::string folder_of(const std::string& file) {
  const std::string parent = fs::path(file).parent_path().string();
  return parent.empty() ? "." : parent;
}

bool is_replaceable(const std::string& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  return status.type() == fs::file_type::not_found || status.type() == fs::file_type::regular;
}

/// Before the run: nobody waits for a report that has no place.
void require_writable(const std::string& option, const std::string& file) {
  const auto refuse = [&](const std::string& why) {
    throw UsageError{option + " " + printable(file, 300) + ": " + why};
  };
  std::error_code error;
  const std::string folder = folder_of(file);
  if (!fs::is_directory(folder, error)) {
    refuse(fs::exists(folder, error) ? printable(folder, 300) + " is no folder"
                                     : "there is no folder " + printable(folder, 300));
  }
  if (fs::is_directory(file, error)) refuse("is a folder");
  const bool there = fs::exists(file, error);
  if (access((there ? file : folder).c_str(), W_OK) != 0) refuse(std::strerror(errno));
}

bool write_in_place(const std::string& file, const std::string& text, int flags) {
  constexpr mode_t kMode = 0644;
  const int descriptor = open(file.c_str(), O_WRONLY | O_CLOEXEC | flags, kMode);
  if (descriptor < 0) return false;
  const bool written = write_all(descriptor, text);
  return close(descriptor) == 0 && written;
}

/// Another program never sees half a report. Pipes and devices are written to as they are, and so is a file
/// in a folder that takes no other.
bool replace_file(const std::string& path, const std::string& text) {
  const std::string file = real_file(path);
  const std::string beside =
      folder_of(file) + "/." + fs::path(file).filename().string() + "." + std::to_string(getpid());
  if (!is_replaceable(file) || access(folder_of(file).c_str(), W_OK) != 0) {
    return write_in_place(file, text, O_CREAT | O_TRUNC);
  }
  const bool written = write_in_place(beside, text, O_CREAT | O_EXCL);
  if (written && rename(beside.c_str(), file.c_str()) == 0) return true;
  unlink(beside.c_str());
  return false;
}

}  // namespace

Outputs::Outputs(const config::OutputSettings& settings, const Session& session, std::size_t targets)
    : settings_(settings), session_(session) {
  for (const config::ReportTarget& report : settings.reports) require_format(report.format, targets);
  for (const config::ReportTarget& report : settings.reports) {
    const bool to_file = !report.file.empty() && report.file != "-";
    if (to_file) require_writable("--output", report.file);
    places_.push_back({report.format, to_file ? report.file : "", "", false});
  }
  if (!settings.record.empty()) require_writable("--record", settings.record);
}

std::string Outputs::render(const Place& place, const Report& report, int exit_status) const {
  const report::Tool tool{version(), source_revision()};
  if (place.format == "json") return report::json(report, tool);
  if (place.format == "jsonl") return report::jsonl(report, tool);
  report::TextOptions options;
  // Escapes in a file help nobody, unless they were asked for.
  constexpr int kNoTerminal = -1;
  const int descriptor = place.file.empty() ? STDOUT_FILENO : kNoTerminal;
  options.style = style_for(descriptor, settings_.color, session_.environment);
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
    std::string text = render(place, report, exit_status);
    if (place.used && place.format == "text" && !text.empty()) text.insert(0, "\n");
    place.used = true;
    if (place.file.empty()) {
      written &= write_all(STDOUT_FILENO, text);
    } else {
      place.written += text;
      // A device or a pipe keeps what it has got.
      written &= replace_file(place.file, is_replaceable(place.file) ? place.written : text);
    }
  }
  return written;
}

bool write_recording(const std::string& file, const Recording& recording, const Redactor& redactor) {
  constexpr mode_t kMode = 0600;  // it holds more than a report: addresses, answers
  const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode);
  if (descriptor < 0) {
    complain("--record " + file + ": " + std::strerror(errno));
    return false;
  }
  const bool written = write_all(descriptor, redactor.clean(dump_recording(recording)));
  close(descriptor);
  if (!written) complain("--record " + file + " cannot be written");
  return written;
}

}  // namespace lkdoctor::cli
