// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/json.hpp>
#include <string_view>

namespace lkdoctor::engine {

/// The facts of check `id` with all those in front that contract §4 promises, in its order, however the check
/// ended: what was not measured is null, a list of what was seen is empty.
OrderedJson with_promised_facts(std::string_view id, OrderedJson facts);

}  // namespace lkdoctor::engine
