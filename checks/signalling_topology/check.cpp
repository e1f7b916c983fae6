// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/facts/http_identity.hpp>
#include <lkdoctor/facts/signalling_topology.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/probes/topology.hpp>

namespace lkdoctor::checks {
namespace {

using facts::Topology;
using probes::TopologyObservation;
using proto::Meaning;

constexpr std::string_view kNeeds[] = {facts::public_addresses.name};
constexpr std::string_view kGives[] = {facts::signalling_topology.name};
constexpr const FindingDef* kFindings[] = {&findings::controller_lacks_livekit_proxy,
                                           &findings::direct_signalling_exposed};
constexpr CheckInfo kInfo{
    .id = "signalling_topology",
    .title = "Who ends LiveKit signalling for browsers",
    .findings = kFindings,
    .needs = kNeeds,
    .gives = kGives,
};

void judge_missing_proxy(const TopologyObservation& observation, const Deployment& deployment,
                         Judgement& judgement) {
  const probes::Asked* rtc = probes::find(observation.answers, "rtc");
  if (rtc == nullptr || !probes::is_opentalk_host(observation)) return;
  const bool external = rtc->answer.body.find("LiveKit proxy not available") != std::string::npos;
  const int status = rtc->answer.status;
  if (status != 404 && status != 422) return;
  const std::string why = external        ? "its roomserver is another host, which public_url must name."
                          : status == 422 ? "it uses a roomserver, and the proxy of this version serves none."
                                          : "it is older than 0.31.4, or 0.32 before 0.32.7.";
  judgement.raise(findings::controller_lacks_livekit_proxy, observation.where.url)
      .saying("public_url " + observation.where.url +
              " names the signalling proxy of an OpenTalk controller that has none (HTTP " +
              std::to_string(status) + "): " + why)
      .with("status", status)
      .with("path", probes::path_under(observation.where, "/rtc"))
      .quoting("body", rtc->answer.body.substr(0, 120))
      .at(deployment.public_url.origin);
}

bool shows_livekit(const std::vector<probes::Asked>& answers) {
  return probes::reading_of(answers, "twirp").meaning == Meaning::twirp_bad_route;
}

void judge_exposure(const TopologyObservation& observation, const Facts& facts, const Deployment& deployment,
                    Judgement& judgement) {
  if (deployment.run.vantage != Vantage::outside || deployment.run.audience == Audience::lan) return;
  std::string open_at;
  const auto service = facts.find(facts::service_identity);
  if (service && service->answerer == facts::Answerer::livekit) open_at = deployment.service_url.value;
  if (shows_livekit(observation.plain)) open_at = text(Endpoint{observation.address, observation.plain_port});
  if (shows_livekit(observation.old_host)) open_at = "https://" + observation.old_host_name;
  if (open_at.empty()) return;
  judgement.raise(findings::direct_signalling_exposed, open_at)
      .saying("LiveKit's signalling is open from outside at " + open_at +
              ", past OpenTalk's own proxy that public_url names.")
      .with("public_url", observation.where.url)
      .with("address", observation.address);
}

class SignallingTopology final : public CheckOf<TopologyObservation> {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }
  std::optional<std::string> skip_reason(const Deployment& deployment) const override {
    if (deployment.public_url.is_set()) return std::nullopt;
    return "no public_url is known";
  }
  awaitable<TopologyObservation> collect(Probe& probe) const override {
    TopologyObservation observation = co_await probes::look_at_topology(probe);
    probe.publish(facts::signalling_topology, probes::topology_of(observation));
    co_return observation;
  }
  void judge(const TopologyObservation& observation, const Facts& facts, const Deployment& deployment,
             Judgement& judgement) const override {
    const Topology topology = probes::topology_of(observation);
    judgement.fact("topology", topology);
    judge_missing_proxy(observation, deployment, judgement);
    if (topology == Topology::unknown) {
      const probes::Asked* twirp = probes::find(observation.answers, "twirp");
      const std::string answer = twirp == nullptr ? "no answer" : probes::words_for(*twirp);
      return judgement.could_not_tell("neither LiveKit nor OpenTalk shows at " + observation.where.url +
                                      " (" + answer + ")");
    }
    if (topology != Topology::direct) judge_exposure(observation, facts, deployment, judgement);
  }
};

}  // namespace

std::unique_ptr<Check> make_signalling_topology() {
  return std::make_unique<SignallingTopology>();
}

}  // namespace lkdoctor::checks
