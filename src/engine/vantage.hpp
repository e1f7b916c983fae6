// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/deployment.hpp>
#include <lkdoctor/fact.hpp>
#include <lkdoctor/net/local.hpp>

#include "model/recording.hpp"

/// Where a run stands and whom it speaks for (contract §2). Two pure steps: before planning, what this
/// machine shows by itself; after collecting, what names and STUN servers said. What an option declared is
/// never changed.
namespace lkdoctor::engine {

/// First step. `vantage` becomes livekit_host or controller, or stays automatic: then the run stands outside
/// or inside, and every check that applies at either is planned. `audience` is set if the files tell it.
void settle_before(Deployment& deployment, const net::Surroundings& surroundings);
/// The same for each, looking around itself once, if that is needed at all.
void settle_before(std::vector<Deployment>& deployments);

/// That files were judged for a LAN, where the internet may be meant: no address of a public name is known
/// here, and LiveKit's own are private. "": nothing to say. REQUIRES: the audience is settled.
std::string audience_note(const Deployment& deployment, const Facts& facts);

/// Second step. Nothing is automatic afterwards. `local_addresses`: this machine's own, without loopback.
void settle_after(Deployment& deployment, const Facts& facts,
                  const std::vector<std::string>& local_addresses);

/// The report's view of the vantage. `deployment` has been through both steps.
VantageView vantage_view(const Deployment& deployment, const Recording& recording);

}  // namespace lkdoctor::engine
