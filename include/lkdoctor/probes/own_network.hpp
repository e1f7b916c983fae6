// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/deployment.hpp>
#include <lkdoctor/fact.hpp>
#include <optional>
#include <string>

/// What this run's own network forbids. Silence of a deployment proves nothing there.
namespace lkdoctor::probes {

/// Words, if the way out of here is a forward proxy: it carries no media.
std::optional<std::string> only_a_forward_proxy_leads_out(const Facts& facts);

/// Every STUN server that was asked from outside was silent.
bool lets_no_udp_out(const Facts& facts, const Deployment& deployment);

/// Words, if silence on every way of media may not be held against LiveKit's side: one of the above, or this
/// is LiveKit's own host, whose way to its own public address says nothing about others.
std::optional<std::string> why_silence_proves_nothing(const Facts& facts, const Deployment& deployment);

}  // namespace lkdoctor::probes
