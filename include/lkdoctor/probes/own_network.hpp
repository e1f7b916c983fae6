// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/deployment.hpp>
#include <lkdoctor/fact.hpp>
#include <optional>
#include <string>
#include <vector>

/// What this run's own network forbids. Silence of a deployment proves nothing there.
namespace lkdoctor::probes {

/// Words, if the way out of here is a forward proxy: it carries no media.
std::optional<std::string> only_a_forward_proxy_leads_out(const Facts& facts);

/// A STUN server, a TURN server or LiveKit answered over UDP: this network lets it out.
bool udp_was_heard(const Facts& facts);

/// Every STUN server that was asked kept silent.
bool all_stun_silent(const Facts& facts);

/// Nothing was heard over UDP here, and what is not LiveKit itself is silent as well: every STUN
/// server that was asked, or a TURN server of another host that answers over TCP or TLS.
bool lets_no_udp_out(const Facts& facts, const Deployment& deployment);

/// That as words: a fact only where others than LiveKit's side were asked. REQUIRES: lets_no_udp_out().
std::string who_drops_udp(const Facts& facts);

/// TURN servers that are silent over UDP and answer over TCP or TLS, at addresses where LiveKit's media is
/// not.
std::vector<std::string> turn_servers_mute_over_udp(const Facts& facts);

/// Media went through a TURN server.
bool a_relay_carries(const Facts& facts);

/// Words, if silence on every way of media may not be held against LiveKit's side: one of the above, or this
/// is LiveKit's own host, whose way to its own public address says nothing about others.
std::optional<std::string> why_silence_proves_nothing(const Facts& facts, const Deployment& deployment);

}  // namespace lkdoctor::probes
