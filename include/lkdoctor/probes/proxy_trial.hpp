// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/ask.hpp>

namespace lkdoctor::probes {

/// What became of a tunnel to a URL's host through the forward proxy.
struct ProxyTrial {
  std::string proxy, source;  ///< URL without credentials; who named it. Empty: none was tried
  bool always = false;        ///< else tried because no address answered directly
  net::NetOutcome tunnel;

  bool tried() const noexcept { return !proxy.empty(); }
  bool works() const noexcept { return tried() && tunnel.ok(); }
};
LKDOCTOR_JSON(ProxyTrial, proxy, source, always, tunnel)

/// The trial failed, and that hides what there would be to see: not so where the proxy cannot reach the host
/// either, nor for a service_url, which is the controller's alone and judged by the direct way.
/// REQUIRES: trial.tried() and not trial.works().
bool is_proxys_fault(const ProxyTrial& trial, Side side);

const ForwardProxy& proxy_of(const Deployment& deployment, Side side);

/// Tries the forward proxy of this side, if there is one and it is due: always, or because none of
/// `addresses` answers directly.
awaitable<ProxyTrial> try_proxy(Probe& probe, Side side, std::vector<std::string> addresses);

/// Raises what is the proxy's own fault, and says what was seen through it.
void judge_proxy(const ProxyTrial& trial, Side side, const Deployment& deployment, Judgement& judgement);

/// Everything judge_proxy can raise.
inline constexpr const FindingDef* kProxyFindings[] = {
    &findings::forward_proxy_unreachable, &findings::forward_proxy_refuses,
    &findings::forward_proxy_needs_login, &findings::forward_proxy_cannot_reach};

}  // namespace lkdoctor::probes
