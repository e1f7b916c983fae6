// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <lkdoctor/finding.hpp>
#include <lkdoctor/text.hpp>
#include <regex>
#include <sstream>

using namespace lkdoctor;

namespace {

std::string read(const std::filesystem::path& file) {
  std::ostringstream out;
  out << std::ifstream(file).rdbuf();
  return out.str();
}

bool names_a_finding(const std::string& pattern) {
  return std::ranges::any_of(finding_catalogue(), [&](const FindingEntry& entry) {
    return matches_glob(pattern, entry.definition->id);
  });
}

}  // namespace

TEST_CASE("every finding that a rule names exists") {
  const std::filesystem::path folder = std::filesystem::path(LKDOCTOR_SOURCE_DIR) / "src/diagnosis";
  const std::regex quoted(R"re("([a-z0-9]+(-[a-z0-9*]+)+)")re");
  std::vector<std::filesystem::path> files = {folder / "cases.hpp"};
  for (const auto& entry : std::filesystem::directory_iterator(folder / "rules"))
    files.push_back(entry.path());
  for (const std::filesystem::path& file : files) {
    const std::string source = read(file);
    for (std::sregex_iterator at(source.begin(), source.end(), quoted), end; at != end; ++at) {
      const std::string id = (*at)[1];
      INFO(file.filename().string(), ": ", id);
      CHECK(names_a_finding(id));
    }
  }
}
