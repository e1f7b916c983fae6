// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/address.hpp>
#include <lkdoctor/check.hpp>
#include <lkdoctor/facts/url_addresses.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/missing.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>

namespace lkdoctor::checks {
namespace {

/// Everything that src/config/controller finds while it reads, then what is judged here.
constexpr const FindingDef* kFindings[] = {&findings::controller_config_invalid,
                                           &findings::controller_environment_empty,
                                           &findings::controller_environment_ignored,
                                           &findings::controller_section_obsolete,
                                           &findings::controller_settings_ignored,
                                           &findings::legacy_config_toml_shadows,
                                           &findings::service_url_scheme_invalid,
                                           &findings::service_url_path,
                                           &findings::service_url_reinterpreted,
                                           &findings::variable_not_expanded,
                                           &findings::credential_malformed,
                                           &findings::credential_read_as_number,
                                           &findings::url_with_credentials,
                                           &findings::api_key_unknown,
                                           &findings::public_url_handed_out_is_wrong,
                                           &findings::plain_ws_from_https,
                                           &findings::placeholder_value};
constexpr CheckInfo kInfo{
    .id = "config_controller", .title = "The controller gets usable LiveKit settings", .findings = kFindings};

std::string quoted(const Sourced<std::string>& url) {
  return "\"" + printable(url.value, 120) + "\"";
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost") || kind_of(host) == AddressKind::loopback;
}

/// Names and addresses that mean something inside one network alone.
bool is_local(std::string_view host) {
  if (is_numeric_address(host)) return !is_global(host);
  constexpr std::array<std::string_view, 6> kLocal{".local",    ".lan",       ".internal",
                                                   ".intranet", ".home.arpa", ".corp"};
  return std::any_of(kLocal.begin(), kLocal.end(), [&](std::string_view end) { return host.ends_with(end); });
}

/// Why browsers cannot use this host, and how bad that is; nullopt: nothing to say.
struct HostProblem {
  std::string why;
  Severity severity = Severity::failure;
};
/// A trial on one machine: everything is there, and nobody else is meant to come.
bool is_all_on_loopback(const Deployment& deployment) {
  const auto service = parse_url(deployment.controller->service_url.value);
  const auto page = parse_url(deployment.controller->frontend_base_url.value);
  if (!service || !is_loopback(service->host) || (page && !is_loopback(page->host))) return false;
  if (deployment.run.audience == Audience::internet) return false;
  if (!deployment.livekit) return true;
  const auto& named = deployment.livekit->node_ip.value;
  return !deployment.livekit->use_external_ip.value && std::all_of(named.begin(), named.end(), is_loopback);
}

std::optional<HostProblem> problem_of(const std::string& host, const Deployment& deployment) {
  const bool internet = deployment.run.audience == Audience::internet;
  const bool named = !is_numeric_address(host);
  if (is_loopback(host)) {
    if (is_all_on_loopback(deployment)) return std::nullopt;
    return HostProblem{"leads every browser to its own machine"};
  }
  if (kind_of(host) == AddressKind::unspecified) return HostProblem{"names no machine at all"};
  if (host.front() == '.' || host.find("..") != std::string::npos) {
    return HostProblem{"has an empty part in its host name, as when a variable was empty"};
  }
  if (named && host.find('.') == std::string::npos) {
    const bool local_audience = deployment.run.audience_declared && !internet;
    if (local_audience) return std::nullopt;
    return HostProblem{"has a host name without a dot, which only machines of one network can resolve"};
  }
  if (internet && is_local(host)) return HostProblem{"cannot be reached from the internet"};
  return std::nullopt;
}

void judge_public_host(const Deployment& deployment, Judgement& judgement) {
  const Sourced<std::string>& value = deployment.controller->public_url;
  const auto url = parse_url(value.value);
  if (!url) return;
  const auto problem = problem_of(url->host, deployment);
  if (!problem) return;
  judgement.raise(findings::public_url_handed_out_is_wrong, value.value)
      .graded(problem->severity)
      .saying("public_url = " + quoted(value) + " " + problem->why +
              "; the controller hands it to every browser unchecked.")
      .at(value.origin);
}

void judge_scheme(const Deployment& deployment, Judgement& judgement) {
  const ControllerSettings& controller = *deployment.controller;
  const auto url = parse_url(controller.public_url.value);
  if (!url || url->tls() || is_loopback(url->host)) return;
  const auto page = parse_url(controller.frontend_base_url.value);
  if (page && !page->tls()) return;
  Finding& finding =
      judgement.raise(findings::plain_ws_from_https, controller.public_url.value)
          .saying("public_url = " + quoted(controller.public_url) + " is not encrypted; " +
                  (page ? "the web page is https (" + controller.frontend_base_url.value + ")"
                        : std::string("OpenTalk's page must be https for camera and microphone")) +
                  ", and browsers refuse to mix them.")
          .sure(page ? Confidence::proven : Confidence::likely)
          .at(controller.public_url.origin);
  if (page) finding.also_at(controller.frontend_base_url.origin);
}

/// Host names that documentation and examples print. Networks that use `.example` inside are left alone.
bool is_documentation_name(std::string_view host) {
  constexpr std::array<std::string_view, 6> kNames{"example.com",         "example.org", "example.net",
                                                   "your.livekit.server", "domain.tld",  "yourdomain.com"};
  return host.starts_with("your-") || std::any_of(kNames.begin(), kNames.end(), [&](std::string_view name) {
           return host == name || host.ends_with("." + std::string(name));
         });
}

bool resolves(const Facts& facts, const Fact<facts::UrlAddresses>& fact, const std::string& host) {
  const auto found = facts.find(fact);
  return found && found->host == host && !found->addresses.empty();
}

/// One finding for both URLs; a note only, when every such name resolves here.
void judge_placeholders(const Facts& facts, const Deployment& deployment, Judgement& judgement) {
  std::string names, hosts;
  std::vector<Origin> places;
  bool all_resolve = true;
  const auto look = [&](const char* name, const Sourced<std::string>& value,
                        const Fact<facts::UrlAddresses>& fact) {
    const auto url = parse_url(value.value);
    if (!url || !is_documentation_name(url->host)) return;
    names += (names.empty() ? "" : " and ") + std::string(name);
    if (hosts.find(url->host) == std::string::npos) hosts += (hosts.empty() ? "" : ", ") + url->host;
    places.push_back(value.origin);
    all_resolve = all_resolve && resolves(facts, fact, url->host);
  };
  look("public_url", deployment.controller->public_url, facts::public_addresses);
  look("service_url", deployment.controller->service_url, facts::service_addresses);
  if (places.empty()) return;
  Finding& finding = judgement.raise(findings::placeholder_value, names)
                         .saying(names + (places.size() > 1 ? " still carry" : " still carries") +
                                 " the documentation's names (" + hosts + ").")
                         .graded(all_resolve ? Severity::info : Severity::warning)
                         .at(places.front());
  for (std::size_t i = 1; i < places.size(); ++i) finding.also_at(places[i]);
}

Json or_null(const Sourced<std::string>& value) {
  return value.is_set() ? Json(value.value) : Json();
}

void give_facts(const ControllerSettings& controller, Judgement& judgement) {
  judgement.fact("accepted", controller.accepted);
  judgement.fact("reason", controller.reason.empty() ? Json() : Json(controller.reason));
  judgement.fact("file", controller.file.empty() ? Json() : Json(controller.file));
  judgement.fact("section", controller.section.empty() ? Json() : Json(controller.section));
  judgement.fact("public_url", or_null(controller.public_url));
  judgement.fact("service_url", or_null(controller.service_url));
  judgement.fact("api_key", or_null(controller.api_key));
  judgement.fact("secret_length",
                 controller.api_secret.is_set() ? Json(controller.api_secret.value.length) : Json());
}

class ConfigController final : public FileCheck {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }
  std::optional<std::string> skip_reason(const Deployment& deployment) const override {
    return missing_controller(deployment);
  }
  using FileCheck::judge;
  void judge(const Facts& facts, const Deployment& deployment, Judgement& judgement) const override {
    if (const auto missing = missing_controller(deployment)) return judgement.skip(*missing);
    const ControllerSettings& controller = *deployment.controller;
    for (const Finding& finding : controller.findings) judgement.raise(finding);
    give_facts(controller, judgement);
    judge_public_host(deployment, judgement);
    judge_scheme(deployment, judgement);
    judge_placeholders(facts, deployment, judgement);
    if (!controller.accepted) {
      judgement.could_not_tell("the environment has LiveKit settings, but there is no configuration file");
    }
  }
};

}  // namespace

std::unique_ptr<Check> make_config_controller() {
  return std::make_unique<ConfigController>();
}

}  // namespace lkdoctor::checks
