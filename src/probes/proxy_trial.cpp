// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/net/proxy.hpp>
#include <lkdoctor/net/tcp.hpp>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/probes/proxy_trial.hpp>

namespace lkdoctor::probes {
namespace {

using net::NetError;

/// Three SYNs, at 0, 1 and 3 s: a way that only loses packets is still a way.
constexpr Milliseconds kDirectPatience{3500};
constexpr Milliseconds kProxyPatience{4000};

awaitable<void> dial_into(net::Dialled* into, Endpoint peer, Deadline deadline) {
  *into = co_await net::dial(std::move(peer), deadline);
}

awaitable<bool> answers_directly(std::vector<std::string> addresses, std::uint16_t port, Deadline deadline) {
  std::vector<net::Dialled> dialled(addresses.size());
  std::vector<awaitable<void>> work;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    Endpoint peer{addresses[i], port};
    work.push_back(dial_into(&dialled[i], std::move(peer), deadline));
  }
  co_await net::all(std::move(work));
  co_return std::ranges::any_of(dialled, [](const net::Dialled& each) { return each.outcome.ok(); });
}

std::string words_of(const net::NetOutcome& outcome) {
  constexpr std::string_view kLead = "forward proxy: ";
  return outcome.text.substr(outcome.text.starts_with(kLead) ? kLead.size() : 0);
}

struct Scene {
  const ProxyTrial& trial;
  const Sourced<std::string>& url;
  Judgement& judgement;

  Finding& raise(const FindingDef& definition) const {
    Finding& finding = judgement.raise(definition, trial.proxy);
    return finding.with("url", url.value)
        .with("named_by", trial.source)
        .with("stage", trial.tunnel.stage)
        .with("error", trial.tunnel.error);
  }
  std::string proxy() const { return "The forward proxy " + trial.proxy + " (" + trial.source + ")"; }
  /// What the run knows without the proxy.
  std::string rest() const {
    return trial.always ? " Whether LiveKit works is not known from here."
                        : " No address answers directly, so whether LiveKit works is not known from here.";
  }
};

void judge_refusal(const Scene& scene) {
  const net::NetOutcome& tunnel = scene.trial.tunnel;
  if (tunnel.error == NetError::login_required) {
    scene.raise(findings::forward_proxy_needs_login)
        .saying(scene.proxy() + " wants a user name and password, or other ones (407)." + scene.rest());
    return;
  }
  if (tunnel.error == NetError::denied) {
    scene.raise(findings::forward_proxy_refuses)
        .saying(scene.proxy() + " does not open a tunnel to " + scene.url.value + "." + scene.rest())
        .with("answer", tunnel.text);
    return;
  }
  if (tunnel.error == NetError::not_reached) {
    scene.raise(findings::forward_proxy_cannot_reach)
        .sure(Confidence::likely)
        .saying(scene.proxy() + " is not able to reach " + scene.url.value + "." + scene.rest())
        .with("answer", tunnel.text);
    return;
  }
  const bool silent = tunnel.stage == net::Stage::tunnel;
  scene.raise(findings::forward_proxy_unreachable)
      .saying(scene.proxy() + (silent ? " takes the connection and opens no tunnel" : " cannot be used") +
              " (" + words_of(tunnel) + ")." + scene.rest())
      .with("answer", tunnel.text);
}

void say_what_was_seen(const Scene& scene, Side side) {
  const std::string way = "HTTP and WebSocket were seen through the forward proxy " + scene.trial.proxy +
                          " (" + scene.trial.source + ")";
  scene.judgement.not_tested(std::string(name_of(side)) + " without a proxy",
                             scene.trial.always ? way : "no address answers directly; " + way,
                             "run where there is a direct way");
  if (side == Side::service_url) return;
  scene.judgement.not_tested("media through the forward proxy",
                             "STUN, UDP and ICE/TCP go directly: the proxy does not carry them", "");
}

}  // namespace

bool is_proxys_fault(const ProxyTrial& trial, Side side) {
  if (trial.always) return true;
  return side == Side::public_url && trial.tunnel.error != NetError::not_reached;
}

const ForwardProxy& proxy_of(const Deployment& deployment, Side side) {
  return side == Side::public_url ? deployment.public_proxy : deployment.service_proxy;
}

awaitable<ProxyTrial> try_proxy(Probe& probe, Side side, std::vector<std::string> addresses) {
  ProxyTrial trial;
  const ForwardProxy& forward = proxy_of(probe.deployment(), side);
  const auto url = parse_url(url_of(probe.deployment(), side).value);
  if (!forward.is_set() || !url) co_return trial;
  if (!forward.always) {
    const Deadline soon = earlier(Clock::now() + kDirectPatience, probe.deadline() - Milliseconds(1000));
    const bool direct = co_await answers_directly(std::move(addresses), url->port, soon);
    if (direct) co_return trial;
  }
  trial.proxy = forward.url;
  trial.source = forward.source;
  trial.always = forward.always;
  const Deadline until = earlier(Clock::now() + kProxyPatience, probe.deadline() - Milliseconds(300));
  Endpoint peer{url->host, url->port};
  const net::Dialled dialled =
      co_await net::dial_through(proxy_named(forward.url, probe.deployment()), std::move(peer), until);
  trial.tunnel = dialled.outcome;
  probe.phase("proxy", dialled.took);
  co_return trial;
}

void judge_proxy(const ProxyTrial& trial, Side side, const Deployment& deployment, Judgement& judgement) {
  if (!trial.tried()) return;
  const Scene scene{trial, url_of(deployment, side), judgement};
  judgement.fact("proxy_tried", trial.proxy);
  judgement.fact("via_proxy", trial.works() ? Json(trial.proxy) : Json());
  if (trial.works()) return say_what_was_seen(scene, side);
  judge_refusal(scene);
}

}  // namespace lkdoctor::probes
