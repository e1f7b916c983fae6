// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>

#include "serve/answers.hpp"
#include "serve/page.hpp"

/// Answers that show targets. Pure.
namespace lkdoctor::serve {

/// `past` of one target, or of all: nullopt: not known.
using Pasts = std::optional<std::map<std::string, Past>>;

Response overview_answer(const Site& site, const Board& board, const Settings& settings, const Pasts& past);
Response target_answer(const Site& site, const Board& board, const std::string& target, const Pasts& past);
Response incident_answer(const Site& site, const Board& board, const Call& call, const Pasts& past);

/// The report of contract §4. 503 before the first run has ended.
Response report_answer(const Site& site, const Board& board, const std::string& target,
                       const std::string& revision);
/// An array: name, verdict, since, stale, causes.
Response targets_answer(const Site& site, const Board& board, const Settings& settings);
/// Prometheus' http_sd: a group for each target, whose address is its name, to be relabelled to
/// `__param_target`; the target's module is `__param_module` already.
Response sd_answer(const Settings& settings);

}  // namespace lkdoctor::serve
