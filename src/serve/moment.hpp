// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "serve/board.hpp"
#include "serve/outbox.hpp"
#include "serve/past.hpp"

/// What others are given of a report. Pure; the report is redacted already.
namespace lkdoctor::serve {

/// For the history.
Moment moment_of(const std::string& target, const Report& report, std::int64_t at_ms);

/// For those who are told of `event`.
TargetState state_of(const Event& event, const Report& report, const std::vector<Standing>& causes);

/// For the log: "lk01: broken since 2026-11-22T08:00:00Z, before that healthy: the UDP range is filtered".
std::string sentence_of(const Event& event, const Report& report);

}  // namespace lkdoctor::serve
