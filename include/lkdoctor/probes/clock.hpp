// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/facts/local_clock.hpp>
#include <lkdoctor/probes/ask.hpp>

namespace lkdoctor::probes {

/// Peer minus this machine, in seconds, by the Date header (RFC 9110 §6.6.1); nullopt: there is none.
std::optional<double> date_offset(const Asked& asked);

/// What at least two hosts agree on within 5 s; nullopt: they do not, or there is one alone.
std::optional<double> agreed_error(const std::vector<facts::DateSeen>& peers);

/// How far this machine's clock is behind (positive) or ahead, if several peers on different hosts agree
/// against it by more than a minute. LiveKit's own clock, as its judgement of tokens shows it, counts beside
/// the proxy's where both are known to be different machines.
std::optional<double> clock_error(const Facts& facts, const Deployment& deployment);

}  // namespace lkdoctor::probes
