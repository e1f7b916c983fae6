// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/fact.hpp>
#include <lkdoctor/json.hpp>

namespace lkdoctor::facts {

/// How many answers 401 a run may cause at a LiveKit in order, where fail2ban and its like count them. What
/// is not in order may be asked everything.
enum class Refusals { few, none };
NLOHMANN_JSON_SERIALIZE_ENUM(Refusals, {{Refusals::few, "few"}, {Refusals::none, "none"}})

/// Known from the beginning of a run that is one of many; not there: any number.
inline constexpr Fact<Refusals> refusals{"refusals", "how many answers 401 the run may cause"};

}  // namespace lkdoctor::facts
