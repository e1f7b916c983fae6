// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/net/resolve.hpp>
#include <lkdoctor/probes/ask.hpp>
#include <lkdoctor/probes/proxy_trial.hpp>

namespace lkdoctor::probes {

/// What one name server said, asked directly.
struct ServerAnswer {
  std::string server;
  net::Resolution resolution;
};
LKDOCTOR_JSON(ServerAnswer, server, resolution)

/// How the host of a URL resolves here.
struct NameSurvey {
  std::string host;
  bool numeric = false, pinned = false;
  net::Resolution resolution;  ///< as programs on this machine resolve; pinned addresses in place of it
  std::vector<ServerAnswer> servers;  ///< asked only where the system's own lookup failed
  ProxyTrial trial;                   ///< of the forward proxy
};
LKDOCTOR_JSON(NameSurvey, host, numeric, pinned, resolution, servers, trial)

/// Resolves and publishes the fact of this side as soon as an address is known.
awaitable<NameSurvey> survey_names(Probe& probe, Side side);

/// Raises the findings of names_public and names_service.
void judge_names(const NameSurvey& survey, Side side, const Deployment& deployment, Judgement& judgement);
std::span<const FindingDef* const> name_findings(Side side);

/// Why there is nothing to resolve; nullopt: there is.
std::optional<std::string> no_url(const Deployment& deployment, Side side);

}  // namespace lkdoctor::probes
