// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/finding.hpp>

namespace lkdoctor {

const FindingEntry* find_finding(std::string_view id) {
  const auto catalogue = finding_catalogue();
  const auto found = std::lower_bound(
      catalogue.begin(), catalogue.end(), id,
      [](const FindingEntry& entry, std::string_view wanted) { return entry.definition->id < wanted; });
  return found != catalogue.end() && found->definition->id == id ? &*found : nullptr;
}

}  // namespace lkdoctor
