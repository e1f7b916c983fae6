// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/key_questions.hpp>

namespace lkdoctor::probes {

/// Why LiveKit did not take the one token of the run: "it does not know the key that signed it"; empty: it
/// did not refuse it.
std::string why_token_refused(const proto::Reading& reading);

bool says_something(facts::KeyState state);  ///< LiveKit answered as such

/// Raises service-url-other-server, and returns true, if the two URLs cannot lead to the same server: they
/// answer the same key pair differently, or word the same refusal as different versions do.
bool judge_same_server(const KeySide& service, const KeySide& visible, const Deployment& deployment,
                       Judgement& judgement);

}  // namespace lkdoctor::probes
