// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/check.hpp>
#include <map>
#include <optional>
#include <string>

/// What sessions of this run prove of single ports, without a responder or beside it.
namespace lkdoctor::checks::udp_range {

/// "open", "blocked"; of others nothing is known.
using PortStates = std::map<std::uint32_t, std::string>;

/// In a session that connected, silence is another interface's.
PortStates ports_of_sessions(const std::optional<PortRange>& range, const Facts& facts,
                             const Deployment& deployment);

/// The contract's `intervals`: what is not in `seen` is untested.
Json intervals(const std::optional<PortRange>& range, const PortStates& seen);

/// Ports are not well that do not answer, or do so for a moment; media_udp says what is wrong.
void judge_answers(const PortStates& seen, const Facts& facts, Judgement& judgement);

/// Tells the rest of the range as not tested, with what `seen` says of it. REQUIRES: there is a rest.
void tell_rest(const std::optional<PortRange>& range, const PortStates& seen, const Facts& facts,
               const Deployment& deployment, Judgement& judgement);

}  // namespace lkdoctor::checks::udp_range
