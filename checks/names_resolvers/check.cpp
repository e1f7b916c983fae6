// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/check.hpp>
#include <lkdoctor/facts/url_addresses.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/probes/names.hpp>
#include <lkdoctor/text.hpp>

namespace lkdoctor::checks {
namespace {

constexpr Milliseconds kPatience{2500};
constexpr std::size_t kMostServers = 4;

struct Resolvers {
  std::string host;
  std::vector<std::string> system;  ///< the system's answer
  std::vector<probes::ServerAnswer> servers;
  std::vector<std::string> third_parties;  ///< servers that were not asked
};
LKDOCTOR_JSON(Resolvers, host, system, servers, third_parties)

constexpr const FindingDef* kFindings[] = {&findings::split_horizon_mismatch};
constexpr std::string_view kNeeds[] = {"public_addresses"};
constexpr CheckInfo kInfo{.id = "names_resolvers",
                          .title = "Every name server of this machine gives the same addresses",
                          .findings = kFindings,
                          .needs = kNeeds};

awaitable<void> ask(probes::ServerAnswer* into, std::string host, Deadline deadline) {
  into->resolution = co_await net::ask_server(into->server, std::move(host), deadline);
}

struct View {
  std::string who;
  const std::vector<std::string>* addresses;
};

bool all_of_kind(const std::vector<std::string>& addresses, bool global) {
  return std::ranges::all_of(addresses,
                             [&](const std::string& address) { return is_global(address) == global; });
}

std::vector<View> views_of(const Resolvers& seen) {
  std::vector<View> views;
  if (!seen.system.empty()) views.push_back({"this machine's resolver", &seen.system});
  for (const probes::ServerAnswer& answer : seen.servers) {
    if (!answer.resolution.addresses.empty()) views.push_back({answer.server, &answer.resolution.addresses});
  }
  return views;
}

class NamesResolvers final : public CheckOf<Resolvers> {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }
  std::optional<std::string> skip_reason(const Deployment& deployment) const override {
    if (auto reason = probes::no_url(deployment, probes::Side::public_url)) return reason;
    const auto url = parse_url(deployment.public_url.value);
    if (is_numeric_address(url->host)) return "public_url names an address: no name server is asked";
    const bool pinned = std::ranges::any_of(deployment.run.pinned,
                                            [&](const PinnedAddress& pin) { return pin.host == url->host; });
    if (pinned) return "the address of public_url is pinned: no name server is asked";
    return std::nullopt;
  }

  awaitable<Resolvers> collect(Probe& probe) const override {
    const facts::UrlAddresses where = probe.fact(facts::public_addresses);
    Resolvers seen;
    seen.host = where.host;
    seen.system = where.numeric();
    const bool anyone = probe.deployment().run.third_party == ThirdParty::any;
    for (std::string& server : net::system_name_servers()) {
      if (is_global(server) && !anyone) {
        seen.third_parties.push_back(std::move(server));
      } else if (seen.servers.size() < kMostServers) {
        seen.servers.push_back({std::move(server), {}});
      }
    }
    const Deadline deadline = earlier(Clock::now() + kPatience, probe.deadline());
    std::vector<awaitable<void>> questions;
    for (probes::ServerAnswer& answer : seen.servers) questions.push_back(ask(&answer, seen.host, deadline));
    co_await net::all(std::move(questions));
    co_return seen;
  }

  void judge(const Resolvers& seen, const Facts&, const Deployment& deployment,
             Judgement& judgement) const override {
    Json answers = Json::object();
    for (const probes::ServerAnswer& answer : seen.servers)
      answers[answer.server] = answer.resolution.addresses;
    judgement.fact("servers", answers);
    if (seen.servers.empty()) {
      return judgement.skip(seen.third_parties.empty()
                                ? "no name server is configured here"
                                : "the name servers here are third parties: --third-party any asks them");
    }
    const std::vector<View> views = views_of(seen);
    const auto inner =
        std::ranges::find_if(views, [](const View& view) { return all_of_kind(*view.addresses, false); });
    const auto outer =
        std::ranges::find_if(views, [](const View& view) { return all_of_kind(*view.addresses, true); });
    if (inner == views.end() || outer == views.end()) return;
    const bool outside = deployment.run.vantage == Vantage::outside;
    judgement.raise(findings::split_horizon_mismatch, deployment.public_url.value)
        .graded(outside ? Severity::warning : Severity::info)
        .saying(shown_host(seen.host) + " is " + joined(*inner->addresses) + " by " + inner->who + " and " +
                joined(*outer->addresses) + " by " + outer->who + ".")
        .with("private_answer", *inner->addresses)
        .with("global_answer", *outer->addresses);
    if (outside) return;
    judgement.not_tested("users who get " + joined(*outer->addresses),
                         "this machine gets " + joined(seen.system), "run lkdoctor check from outside");
  }
};

}  // namespace

std::unique_ptr<Check> make_names_resolvers() {
  return std::make_unique<NamesResolvers>();
}

}  // namespace lkdoctor::checks
