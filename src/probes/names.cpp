// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/facts/forward_proxy.hpp>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/probes/names.hpp>

namespace lkdoctor::probes {
namespace {

/// glibc gives a silent server 5 s; what is left of the budget is for asking the servers themselves.
constexpr Milliseconds kPatience{6500};
constexpr Milliseconds kServerPatience{2000};
/// Where a proxy resolves the name, this machine's own answer is wanted for media alone.
constexpr Milliseconds kPatienceBesideProxy{1500};
constexpr std::size_t kMostServers = 3;
constexpr std::size_t kMostAddresses = 16;

std::vector<std::string> pinned_for(const Deployment& deployment, const Url& url) {
  std::vector<std::string> addresses;
  for (const PinnedAddress& pin : deployment.run.pinned) {
    if (pin.host == url.host && pin.port == url.port) addresses.push_back(pin.address);
  }
  return addresses;
}

awaitable<void> ask_one(ServerAnswer* into, std::string host, Deadline deadline) {
  into->resolution = co_await net::ask_server(into->server, std::move(host), deadline);
}

awaitable<std::vector<ServerAnswer>> ask_servers(std::string host, Deadline deadline) {
  std::vector<ServerAnswer> answers;
  for (std::string& server : net::system_name_servers()) {
    if (answers.size() < kMostServers) answers.push_back({std::move(server), {}});
  }
  std::vector<awaitable<void>> questions;
  for (ServerAnswer& answer : answers) questions.push_back(ask_one(&answer, host, deadline));
  co_await net::all(std::move(questions));
  co_return answers;
}

facts::UrlAddresses where_of(const Url& url, const std::string& text, std::vector<std::string> addresses) {
  facts::UrlAddresses where;
  where.url = text;
  where.host = url.host;
  where.port = url.port;
  where.tls = url.tls();
  where.path = url.path;
  if (addresses.size() > kMostAddresses) addresses.resize(kMostAddresses);
  where.addresses = std::move(addresses);
  return where;
}

/// The fact of this side, unless the proxy that ought to be used cannot be: then nothing can be asked.
void publish_where(Probe& probe, Side side, const Url& url, const NameSurvey& survey) {
  const ProxyTrial& trial = survey.trial;
  const bool in_the_way = trial.tried() && (trial.works() || is_proxys_fault(trial, side));
  if (in_the_way && side == Side::public_url) {
    probe.publish(facts::forward_proxy, facts::ProxyWay{trial.proxy, trial.works()});
  }
  const std::vector<std::string>& found = survey.resolution.addresses;
  facts::UrlAddresses where = where_of(url, url_of(probe.deployment(), side).value, found);
  if (trial.works()) {
    where.resolved = std::move(where.addresses);
    where.addresses = {url.host};
    where.via_proxy = trial.proxy;
  } else if (found.empty() || in_the_way) {
    return;
  }
  probe.publish(addresses_of(side), where);
}

}  // namespace

std::optional<std::string> no_url(const Deployment& deployment, Side side) {
  const Sourced<std::string>& url = url_of(deployment, side);
  const std::string name(name_of(side));
  if (!url.is_set()) return "no " + name + " is known";
  if (!parse_url(url.value)) return name + " is not a URL with http, https, ws or wss";
  return std::nullopt;
}

awaitable<NameSurvey> survey_names(Probe& probe, Side side) {
  const std::string text = url_of(probe.deployment(), side).value;
  const auto url = parse_url(text);
  if (!url) throw CouldNotTell(std::string(name_of(side)) + " is not a URL");
  NameSurvey survey;
  survey.host = url->host;
  survey.numeric = is_numeric_address(url->host);
  survey.resolution.addresses = pinned_for(probe.deployment(), *url);
  survey.pinned = !survey.resolution.addresses.empty();
  if (!survey.pinned) {
    const bool by_proxy = proxy_of(probe.deployment(), side).always;
    const Deadline patience =
        earlier(Clock::now() + (by_proxy ? kPatienceBesideProxy : kPatience), probe.deadline());
    survey.resolution = co_await net::resolve(url->host, patience);
    probe.phase("resolve", survey.resolution.took);
  }
  survey.trial = co_await try_proxy(probe, side, survey.resolution.addresses);
  publish_where(probe, side, *url, survey);
  if (!survey.resolution.addresses.empty() || survey.trial.tried()) co_return survey;
  const Deadline patience = earlier(Clock::now() + kServerPatience, probe.deadline() - Milliseconds(200));
  survey.servers = co_await ask_servers(url->host, patience);
  co_return survey;
}

}  // namespace lkdoctor::probes
