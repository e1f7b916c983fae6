// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/fact.hpp>

#include "model/report.hpp"

/// What is said of a run that could not tell: what it did find, and what is missing for a verdict.
/// `proxy`: OpenTalk's, if signalling goes through one; else empty.
namespace lkdoctor::diagnosis {

std::string incomplete(const Report& report, const Facts& facts, std::string_view proxy);
/// Adds to what was not tested how to test it.
void say_what_is_needed(Report& report, std::string_view proxy);

/// With its full stop, so that another sentence can follow.
std::string as_sentence(std::string text);

}  // namespace lkdoctor::diagnosis
