// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/names.hpp>
#include <lkdoctor/text.hpp>

namespace lkdoctor::probes {
namespace {

constexpr const FindingDef* kPublicFindings[] = {&findings::dns_missing,
                                                 &findings::resolver_broken,
                                                 &findings::dns_private_address,
                                                 &findings::dns_only_ipv6,
                                                 &findings::forward_proxy_unreachable,
                                                 &findings::forward_proxy_refuses,
                                                 &findings::forward_proxy_needs_login,
                                                 &findings::forward_proxy_cannot_reach};
constexpr const FindingDef* kServiceFindings[] = {&findings::controller_cannot_resolve_service_url,
                                                  &findings::resolver_broken,
                                                  &findings::forward_proxy_unreachable,
                                                  &findings::forward_proxy_refuses,
                                                  &findings::forward_proxy_needs_login,
                                                  &findings::forward_proxy_cannot_reach};

struct Scene {
  const NameSurvey& survey;
  Side side;
  const Deployment& deployment;
  Judgement& judgement;

  const Sourced<std::string>& url() const { return url_of(deployment, side); }
  std::string host() const { return shown_host(survey.host); }
  bool at_controller() const { return deployment.run.vantage == Vantage::controller; }
  Finding& raise(const FindingDef& definition) const {
    Finding& finding = judgement.raise(definition, url().value);
    if (url().origin.known()) finding.at(url().origin);
    return finding.with("host", survey.host);
  }
};

/// "NXDOMAIN at 10.0.0.53", "SERVFAIL at 10.0.0.53, no answer in time at 10.0.0.54"; "" if none was asked.
std::string said_by_servers(const NameSurvey& survey) {
  std::string out;
  for (const ServerAnswer& answer : survey.servers) {
    if (answer.resolution.outcome.ok()) continue;
    out += (out.empty() ? "" : ", ") + answer.resolution.outcome.text + " at " + answer.server;
  }
  return out;
}

std::string in_brackets(const std::string& text) {
  return text.empty() ? "" : " (" + text + ")";
}

bool says_missing(const NameSurvey& survey) {
  return survey.resolution.outcome.error == net::NetError::name_not_found;
}

void judge_missing(const Scene& scene) {
  std::string proof = said_by_servers(scene.survey);
  if (proof.empty()) proof = scene.survey.resolution.outcome.text;
  if (scene.side == Side::service_url) {
    scene.raise(findings::controller_cannot_resolve_service_url)
        .saying("The controller cannot resolve the host of service_url, " + scene.host() +
                in_brackets(proof) + ".")
        .with("said", proof);
    return;
  }
  scene.raise(findings::dns_missing)
      .saying(scene.host() + " does not resolve" + in_brackets(proof) + ".")
      .with("said", proof)
      .change("Create an A record (and AAAA, where there is IPv6) for " + scene.survey.host +
              ", or correct public_url");
}

void judge_resolver(const Scene& scene) {
  std::string proof = said_by_servers(scene.survey);
  if (proof.empty()) proof = scene.survey.resolution.outcome.text;
  Finding& finding = scene.raise(findings::resolver_broken);
  if (scene.at_controller()) finding.graded(Severity::failure);
  finding
      .saying("The name servers of this machine do not answer for " + scene.host() + in_brackets(proof) + ".")
      .with("said", proof);
  scene.judgement.could_not_tell("the resolver of this machine failed" + in_brackets(proof));
}

/// service_url is for the controller alone: elsewhere a name that is not known is no fault.
void pass_over_service(const Scene& scene) {
  const std::string what = "service_url " + scene.url().value;
  scene.judgement.not_tested(what, "its host does not resolve here",
                             "run where the controller runs: lkdoctor check --vantage controller");
  scene.judgement.skip(what + " does not resolve here: a name that only the controller's network knows");
}

bool speaks_for_outside(Vantage vantage) {
  return vantage == Vantage::outside;
}

void judge_private(const Scene& scene) {
  const RunSettings& run = scene.deployment.run;
  if (run.audience != Audience::internet || scene.survey.numeric || scene.survey.pinned) return;
  std::vector<std::string> hidden, open;
  for (const std::string& address : scene.survey.resolution.addresses) {
    (is_global(address) ? open : hidden).push_back(address);
  }
  if (hidden.empty()) return;
  if (!speaks_for_outside(run.vantage)) {
    scene.judgement.not_tested("the addresses of " + scene.survey.host + " as outside users see them",
                               "here it is " + joined(hidden) + ", a name server outside may say otherwise",
                               "run lkdoctor check from outside");
    return;
  }
  Finding& finding = scene.raise(findings::dns_private_address).with("addresses", hidden);
  if (open.empty()) {
    finding.saying(scene.host() + " resolves to " + joined(hidden) +
                   ", which nobody on the internet can reach.");
  } else {
    finding.graded(Severity::warning)
        .saying(scene.host() + " resolves to " + joined(hidden) + " beside " + joined(open) +
                ": clients that try it first wait or fail.");
  }
}

void judge_families(const Scene& scene) {
  if (scene.deployment.run.audience != Audience::internet || scene.survey.numeric || scene.survey.pinned)
    return;
  const auto& addresses = scene.survey.resolution.addresses;
  const bool any_v4 = std::ranges::any_of(
      addresses, [](const std::string& address) { return family_of(address) == Family::ipv4; });
  if (any_v4) return;
  scene.raise(findings::dns_only_ipv6)
      .saying(scene.host() + " has only IPv6 addresses (" + joined(addresses) +
              "): users without IPv6 cannot connect.")
      .with("addresses", addresses);
}

/// The name is the proxy's to resolve. True: there is nothing more to judge.
bool judge_way_by_proxy(const Scene& scene) {
  const ProxyTrial& trial = scene.survey.trial;
  if (!trial.tried()) return false;
  const bool found_here = !scene.survey.resolution.addresses.empty();
  if (trial.works()) {
    judge_proxy(trial, scene.side, scene.deployment, scene.judgement);
    return true;
  }
  if (!is_proxys_fault(trial, scene.side) && (found_here || scene.side == Side::service_url)) return false;
  if (scene.side == Side::service_url && !scene.at_controller()) {
    scene.judgement.skip("service_url is not reached through the forward proxy " + trial.proxy + ": " +
                         trial.tunnel.text);
    return true;
  }
  judge_proxy(trial, scene.side, scene.deployment, scene.judgement);
  return true;
}

}  // namespace

std::span<const FindingDef* const> name_findings(Side side) {
  if (side == Side::public_url) return kPublicFindings;
  return kServiceFindings;
}

void judge_names(const NameSurvey& survey, Side side, const Deployment& deployment, Judgement& judgement) {
  const Scene scene{survey, side, deployment, judgement};
  judgement.fact("host", survey.host);
  judgement.fact("addresses", survey.resolution.addresses);
  judgement.fact("pinned", survey.pinned);
  if (judge_way_by_proxy(scene)) return;
  if (survey.resolution.addresses.empty()) {
    const bool concerns_us = side == Side::public_url || scene.at_controller();
    if (!concerns_us) return pass_over_service(scene);
    if (says_missing(survey)) return judge_missing(scene);
    return judge_resolver(scene);
  }
  if (side == Side::service_url) return;
  judge_private(scene);
  judge_families(scene);
}

}  // namespace lkdoctor::probes
