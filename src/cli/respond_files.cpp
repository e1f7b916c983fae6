// SPDX-License-Identifier: EUPL-1.2
#include "cli/respond_files.hpp"

#include <algorithm>
#include <lkdoctor/findings.hpp>

#include "config/own.hpp"

namespace lkdoctor::cli {
namespace {

/// The place once: a title that names the file needs none in front, and an excerpt none above it.
std::string with_its_line(const Finding& finding) {
  if (!finding.origin) return finding.title;
  const std::string place = text(*finding.origin);
  const bool told = finding.title.find(finding.origin->name) != std::string::npos;
  std::string lines = finding.excerpt;
  if (lines.starts_with(place + "\n")) lines.erase(0, place.size() + 1);
  while (lines.ends_with('\n')) lines.pop_back();
  return (told ? "" : place + ": ") + finding.title + (lines.empty() ? "" : "\n" + lines);
}

}  // namespace

std::string defect_of_file(const Deployment& deployment) {
  if (!deployment.livekit || deployment.livekit->accepted != false) return {};
  const auto found = std::ranges::find_if(deployment.livekit->findings, [](const Finding& one) {
    return one.severity == Severity::failure && one.id.starts_with("config-");
  });
  return found == deployment.livekit->findings.end() ? "" : with_its_line(*found);
}

std::string doubt_of_range(const Deployment& deployment) {
  if (!deployment.livekit || deployment.livekit->accepted == false) return {};
  const auto found =
      std::ranges::find(deployment.livekit->findings, findings::config_port_invalid.id, &Finding::id);
  return found == deployment.livekit->findings.end() ? "" : with_its_line(*found);
}

std::vector<std::string> files_read(const config::Loaded& loaded) {
  std::vector<std::string> out;
  const auto add = [&](const std::string& file) {
    if (!file.empty() && std::ranges::find(out, file) == out.end()) out.push_back(file);
  };
  if (loaded.own) add(loaded.own->file);
  if (loaded.deployment.controller) add(loaded.deployment.controller->file);
  if (loaded.deployment.livekit) add(loaded.deployment.livekit->file);
  return out;
}

}  // namespace lkdoctor::cli
