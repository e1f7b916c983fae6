// SPDX-License-Identifier: EUPL-1.2
// Prints what the table of checks says of itself, as JSON.
#include <iostream>
#include <lkdoctor/check.hpp>

using namespace lkdoctor;

int main() {
  Json out = Json::array();
  for (const MakeCheck make : checks::table()) {
    const auto check = make();
    const CheckInfo& info = check->info();
    Json findings = Json::array();
    for (const FindingDef* finding : info.findings) findings.push_back(finding->id);
    out.push_back({{"id", info.id},
                   {"title", info.title},
                   {"findings", findings},
                   {"needs", info.needs},
                   {"after", info.after},
                   {"gives", info.gives}});
  }
  std::cout << out.dump(1) << '\n';
  return 0;
}
