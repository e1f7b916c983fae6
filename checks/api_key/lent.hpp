// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "key_findings.hpp"

/// A run whose session a responder carries.
namespace lkdoctor::checks::key {

/// Through a responder LiveKit took a token that this run was lent: that it is LiveKit's own key pair needs
/// no further proof, and a refusal by OpenTalk's proxy is none by LiveKit.
bool is_carried(const Scene& scene);
/// What was lent by a responder is nobody's fault; the controller's own pair was not seen.
void judge_lent(const Scene& scene, bool told);
/// Why no LiveKit took or refused a token.
std::string silence_of(const KeyObservation& observation);

}  // namespace lkdoctor::checks::key
