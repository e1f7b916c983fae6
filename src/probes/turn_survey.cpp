// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/net/bell.hpp>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/probes/turn_survey.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/wall_clock.hpp>

#include "probes/turn_look.hpp"
#include "probes/turn_wanted.hpp"

namespace lkdoctor::probes {
namespace {

constexpr Milliseconds kJoinPatience{5000};
constexpr Milliseconds kResolvePatience{5000};
constexpr std::size_t kMostUrls = 12;
constexpr std::size_t kMostAddresses = 4;  // of one name
constexpr std::size_t kMostTries = 12;

/// What the fact already tells; true: a join is needed to get the credentials.
bool read_urls(const facts::JoinResponse& response, RelayKind kind, TurnSurvey& survey) {
  bool any = false;
  for (const std::string& url : response.ice_urls) {
    if (survey.urls.size() == kMostUrls) break;
    survey.urls.push_back(printable(url, kLongestUrl));
    const auto parsed = proto::parse_ice_url(url);
    if (!parsed) survey.unusable.push_back(printable(url, kLongestUrl));
    any = any || (parsed && is_kind(*parsed, kind));
  }
  return any;
}

std::vector<Wanted> wanted_of(const proto::JoinInfo& info, RelayKind kind) {
  std::vector<Wanted> out;
  for (const proto::IceServer& server : info.ice_servers) {
    for (const std::string& url : server.urls) {
      const auto parsed = proto::parse_ice_url(url);
      if (!parsed || !is_kind(*parsed, kind) || out.size() == kMostUrls) continue;
      const proto::TurnCredentials credentials{server.username, server.credential};
      out.push_back({printable(url, kLongestUrl), *parsed, credentials, {}, false, false});
    }
  }
  return out;
}

/// The embedded server's own TLS port, where clients are told another: does it answer there at least?
void add_elsewhere(std::vector<Wanted>& wanted, const Deployment& deployment) {
  if (!deployment.livekit || !deployment.livekit->turn.enabled || deployment.livekit->turn.external_tls)
    return;
  const auto port = static_cast<std::uint16_t>(deployment.livekit->turn.tls_port);
  if (port == 0 || port == kToldTlsPort) return;
  for (const Wanted& one : wanted) {
    const bool embedded = one.parsed.secure && one.parsed.host == deployment.livekit->turn.domain;
    if (!embedded || one.parsed.port != kToldTlsPort) continue;
    Wanted other = one;
    other.elsewhere = true;
    other.parsed.port = port;
    other.url = "turns:" + one.parsed.host + ":" + std::to_string(port) + "?transport=tcp";
    wanted.push_back(std::move(other));
    return;
  }
}

awaitable<void> resolve_one(Wanted* wanted, std::vector<std::string> pinned, Deadline deadline) {
  wanted->resolution.addresses = std::move(pinned);
  if (!wanted->resolution.addresses.empty()) co_return;
  wanted->resolution = co_await net::resolve(wanted->parsed.host, deadline);
}

std::vector<std::string> pinned_for(const Deployment& deployment, const proto::IceUrl& url) {
  std::vector<std::string> addresses;
  for (const PinnedAddress& pin : deployment.run.pinned) {
    if (pin.host == url.host && pin.port == url.port) addresses.push_back(pin.address);
  }
  return addresses;
}

awaitable<void> read_servers(SignalSession* session, RelayKind kind, std::vector<Wanted>* into,
                             Deadline deadline) {
  const bool joined = co_await session->join(deadline);
  if (joined) *into = wanted_of(session->info(), kind);
}

awaitable<void> leave(SignalSession* session) {
  co_await session->leave();
}

/// Credentials are for one participant and outlive its session.
awaitable<std::vector<Wanted>> ask_for_servers(Probe& probe, RelayKind kind, TurnSurvey* survey) {
  SignalSession session(probe, SignalPlan{});
  std::vector<Wanted> wanted;
  const Deadline until = Clock::now() + session.patience(kJoinPatience);
  auto work = read_servers(&session, kind, &wanted, earlier(until, probe.deadline()));
  auto goodbye = leave(&session);
  co_await net::finally(std::move(work), std::move(goodbye));
  survey->joined = session.report();
  co_return wanted;
}

RelayTry try_of(const Wanted& wanted, std::string address) {
  RelayTry out;
  out.url = wanted.url;
  out.parsed = wanted.parsed;
  out.elsewhere = wanted.elsewhere;
  out.alone = wanted.alone;
  out.anonymous = wanted.alone && wanted.credentials.username.empty();
  out.resolved = wanted.resolution.outcome;
  out.address = std::move(address);
  out.relay.server = {out.address, wanted.parsed.port};
  return out;
}

RelayPlan plan_for(const Wanted& wanted, const RelayTry& one, const Deployment& deployment) {
  RelayPlan plan;
  plan.server = {one.address, one.parsed.port};
  plan.tcp = one.parsed.tcp;
  plan.credentials = wanted.credentials;
  plan.only_credentials = wanted.alone;
  if (one.parsed.secure) {
    plan.tls.emplace();
    plan.tls->server_name = one.parsed.host;
    plan.tls->alpn.clear();  // browsers offer none for TURN
    plan.tls->ca_files = deployment.run.ca_files;
  }
  return plan;
}

/// Every address of every server, each on its own.
void spread(const std::vector<Wanted>& wanted, const Deployment& deployment, TurnSurvey& survey,
            std::vector<RelayPlan>& plans) {
  for (const Wanted& one : wanted) {
    std::vector<std::string> addresses = one.resolution.addresses;
    if (addresses.empty()) addresses.emplace_back();
    if (addresses.size() > kMostAddresses) addresses.resize(kMostAddresses);
    for (std::string& address : addresses) {
      if (survey.tries.size() == kMostTries) return;
      survey.tries.push_back(try_of(one, std::move(address)));
      plans.push_back(plan_for(one, survey.tries.back(), deployment));
    }
  }
}

}  // namespace

awaitable<TurnSurvey> survey_turn(Probe& probe, RelayKind kind) {
  TurnSurvey survey;
  survey.seen_at_s = wall_seconds();
  const auto joined = probe.find(facts::join_response);
  survey.without_session = !joined;
  if (joined && !read_urls(*joined, kind, survey)) co_return survey;
  std::vector<Wanted> wanted = configured_servers(probe.deployment(), kind);
  if (joined) wanted = co_await ask_for_servers(probe, kind, &survey);
  if (kind == RelayKind::tls) add_elsewhere(wanted, probe.deployment());
  const Deadline patience = earlier(Clock::now() + kResolvePatience, probe.deadline());
  std::vector<awaitable<void>> lookups;
  for (Wanted& one : wanted) {
    lookups.push_back(resolve_one(&one, pinned_for(probe.deployment(), one.parsed), patience));
  }
  co_await net::all(std::move(lookups));
  survey.not_asked = drop_third_parties(wanted, probe.deployment(), probe.facts());
  std::vector<RelayPlan> plans;
  spread(wanted, probe.deployment(), survey, plans);
  std::vector<awaitable<void>> looks;
  for (std::size_t i = 0; i < survey.tries.size(); ++i) {
    if (survey.tries[i].address.empty()) continue;
    looks.push_back(look_through(probe, &survey.tries[i], std::move(plans[i])));
  }
  co_await net::all(std::move(looks));
  if (joined)
    probe.publish(kind == RelayKind::udp ? facts::turn_udp_proof : facts::turn_tls_proof, proof_of(survey));
  co_return survey;
}

}  // namespace lkdoctor::probes
