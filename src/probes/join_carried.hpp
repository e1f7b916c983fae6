// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/join.hpp>

namespace lkdoctor::probes {

/// What a join through a responder shows. The relay leads to LiveKit itself on its own host, with a token of
/// the key pair of its own file: what is refused there is nobody else's doing, and blames no URL.
void judge_carried_join(const JoinAttempt& attempt, const Facts& facts, const Deployment& deployment,
                        Judgement& judgement);

}  // namespace lkdoctor::probes
