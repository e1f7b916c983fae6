// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/env_proxy.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/ask.hpp>

namespace lkdoctor::checks {
namespace {

using proto::Meaning;

/// What the environment does, and what came back through the proxy.
struct ProxyObservation {
  facts::UrlAddresses where;
  std::string variable, proxy;
  bool exempt = false, has_credentials = false;
  std::vector<probes::Asked> through;
};
LKDOCTOR_JSON(ProxyObservation, where, variable, proxy, exempt, has_credentials, through)

constexpr std::string_view kNeeds[] = {facts::service_addresses.name};
constexpr const FindingDef* kFindings[] = {&findings::service_url_through_proxy};
constexpr CheckInfo kInfo{
    .id = "proxy_service",
    .title = "No forward proxy stands between the controller and LiveKit",
    .findings = kFindings,
    .needs = kNeeds,
    .vantages = at({Vantage::controller}),
};

class ProxyService final : public CheckOf<ProxyObservation> {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }
  std::optional<std::string> skip_reason(const Deployment& deployment) const override {
    if (deployment.service_url.is_set()) return std::nullopt;
    return "no service_url is known";
  }
  awaitable<ProxyObservation> collect(Probe& probe) const override {
    ProxyObservation out;
    out.where = probe.fact(facts::service_addresses);
    const EnvProxy proxy = proxy_for(out.where.tls ? "https" : "http", out.where.host, proxy_environment());
    out.variable = proxy.variable;
    out.proxy = proxy.url;
    out.exempt = proxy.exempt;
    out.has_credentials = !proxy.credentials.empty();
    // The password in the environment is the controller's: without it the proxy would refuse us alone.
    const auto url = parse_url(proxy.url);
    if (!proxy.applies() || out.has_credentials || !url || url->scheme != "http") co_return out;
    net::HttpTarget target =
        probes::target_for(out.where, out.where.addresses.front(), probe.deployment(), false);
    // The controller's HTTP client makes a tunnel for https alone.
    target.proxy = {.host = url->host, .port = url->port};
    target.proxy_reads_requests = true;
    net::HttpSession session(std::move(target));
    std::vector<probes::Question> questions;
    questions.push_back(probes::question("health", probes::path_under(out.where, "/")));
    questions.push_back(
        probes::question("twirp", probes::path_under(out.where, "/twirp/livekit.RoomService/ListRooms")));
    const Deadline until = probes::patience(probe, probes::Side::service_url);
    out.through = co_await probes::ask_all(probe, session, std::move(questions), until);
    co_return out;
  }
  void judge(const ProxyObservation& observation, const Facts&, const Deployment& deployment,
             Judgement& judgement) const override {
    judgement.fact("variable", observation.variable.empty() ? Json() : Json(observation.variable));
    if (observation.variable.empty() || observation.exempt) return;
    const bool reaches = probes::reading_of(observation.through, "twirp").meaning == Meaning::twirp_bad_route;
    const probes::Asked* twirp = probes::find(observation.through, "twirp");
    const std::string answer = twirp == nullptr ? "not asked" : probes::words_for(*twirp);
    const bool fails = !reaches && !observation.has_credentials;
    judgement.raise(findings::service_url_through_proxy, observation.where.url)
        .graded(fails ? Severity::failure : Severity::warning)
        .sure(reaches || twirp != nullptr ? Confidence::proven : Confidence::likely)
        .saying("The controller's environment sends service_url " + observation.where.url +
                " through a forward proxy (" + observation.variable + "), which " +
                (reaches ? "reaches LiveKit."
                 : fails ? "does not reach LiveKit (" + answer + ")."
                         : "wants a password; whether it reaches LiveKit was not tried."))
        .with("variable", observation.variable)
        .with("proxy", observation.proxy)
        .with("reaches_livekit", reaches || fails ? Json(reaches) : Json())
        .at(deployment.service_url.origin)
        .change("Add " + observation.where.host + " to NO_PROXY in the controller's environment");
  }
};

}  // namespace

std::unique_ptr<Check> make_proxy_service() {
  return std::make_unique<ProxyService>();
}

}  // namespace lkdoctor::checks
