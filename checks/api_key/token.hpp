// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "key_findings.hpp"

/// A token that was given to this run, instead of a key pair.
namespace lkdoctor::checks::key {

/// Whether its time is over.
void judge_token(const Scene& scene);
/// A token that is refused says nothing of the key pair in use: whoever made it may have had a wrong one.
void judge_refused_token(const Scene& scene);

}  // namespace lkdoctor::checks::key
