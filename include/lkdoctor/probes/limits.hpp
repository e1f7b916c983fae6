// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/ask.hpp>

/// Limits on requests and bans that a run meets on its way.
namespace lkdoctor::probes {

/// True if LiveKit itself answered something at this URL in this run, whichever check asked.
bool livekit_answered(Side side, const Facts& facts);

/// 429 of somebody else than LiveKit. 503 of nginx's own where LiveKit answers others: for an upstream that
/// is gone it would say 502.
bool refused_by_limit(const Asked& asked, bool livekit_answers);

/// How long to wait before the next try, after `tries` that a limit refused; nullopt: there is no sense in
/// one.
std::optional<Milliseconds> pause_for_limit(const Asked& refused, int tries);

/// The requests at one URL that a limit refused.
struct LimitMet {
  std::size_t refused = 0, asked = 0;
  const Asked* shown = nullptr;  ///< the first of them

  void count(const std::vector<Asked>& answers, bool livekit_answers);
};

/// REQUIRES: something was refused.
Finding& raise_limit(const LimitMet& met, Side side, const std::string& url, const Deployment& deployment,
                     Judgement& judgement);

/// True if TCP connections to public_url were answered when the run began. A silence that follows is no
/// closed port.
bool answered_before(Side side, const Facts& facts);
Finding& raise_banned(Side side, const std::string& url, const std::string& address,
                      const std::string& silence, const Deployment& deployment, Judgement& judgement);

}  // namespace lkdoctor::probes
