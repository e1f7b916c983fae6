// SPDX-License-Identifier: EUPL-1.2
#include "support/provoked.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

namespace lkdoctor::test {
namespace {

std::set<std::string>& noted() {
  static std::set<std::string> ids;
  return ids;
}

}  // namespace

void provoked(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) noted().insert(finding.id);
}

void provoked(const Judgement& judgement) {
  for (const Finding& finding : judgement.findings()) noted().insert(finding.id);
}

void write_provoked() {
  const char* folder = std::getenv("LKDOCTOR_PROVOKED_DIR");
  if (folder == nullptr || noted().empty()) return;
  std::filesystem::create_directories(folder);
  std::ofstream out(std::filesystem::path(folder) / std::to_string(getpid()));
  for (const std::string& id : noted()) out << id << '\n';
}

Judgement judge(const Check& check, const Json& observation, const Facts& facts,
                const Deployment& deployment) {
  Judgement judgement;
  check.judge_json(observation, facts, deployment, judgement);
  provoked(judgement);
  return judgement;
}

std::vector<std::string> ids(const Judgement& judgement) {
  std::vector<std::string> out;
  for (const Finding& finding : judgement.findings()) out.push_back(finding.id);
  return out;
}

}  // namespace lkdoctor::test
