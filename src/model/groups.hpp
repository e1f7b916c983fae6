// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <span>
#include <string_view>

namespace lkdoctor {

/// The groups of contract §3, in the order in which they are shown and diagnoses are sorted.
std::span<const std::string_view> group_order();
std::size_t rank_of_group(std::string_view group);

}  // namespace lkdoctor
