// SPDX-License-Identifier: EUPL-1.2
#include "model/groups.hpp"

#include <algorithm>

namespace lkdoctor {
namespace {

constexpr std::string_view kGroups[] = {"config", "names",   "tls",   "http",     "signalling", "api",
                                        "clock",  "address", "tcp",   "udp",      "media",      "turn",
                                        "host",   "compose", "proxy", "recorder", "release"};

}  // namespace

std::span<const std::string_view> group_order() {
  return kGroups;
}

std::size_t rank_of_group(std::string_view group) {
  return static_cast<std::size_t>(std::ranges::find(kGroups, group) - std::begin(kGroups));
}

}  // namespace lkdoctor
