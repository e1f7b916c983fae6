// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/facts/refusals.hpp>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/probes/topology.hpp>

namespace lkdoctor::probes {
namespace {

using facts::Topology;
using proto::Meaning;

constexpr std::string_view kListRooms = "/twirp/livekit.RoomService/ListRooms";
constexpr std::uint16_t kOrchestratorPort = 11222, kRoomserverPort = 11333;
constexpr Milliseconds kExposure{1000};  ///< to answer, once it has accepted

awaitable<void> ask_into(Probe& probe, net::HttpTarget target, std::vector<Question> questions,
                         std::vector<Asked>* into, Deadline deadline) {
  net::HttpSession session(std::move(target));
  *into = co_await ask_all(probe, session, std::move(questions), deadline);
}

bool answered(const std::vector<Asked>& answers) {
  return std::ranges::any_of(answers, [](const Asked& asked) { return asked.answer.status != 0; });
}

/// For a port that ought to be closed.
awaitable<void> ask_exposed(Probe& probe, net::HttpTarget target, std::vector<Question> questions,
                            std::vector<Asked>* into) {
  target.connect_by = co_await exposure_patience(probe);
  if (!target.connect_by) co_return;
  const Deadline deadline = earlier(*target.connect_by + kExposure, patience(probe, Side::public_url));
  co_await ask_into(probe, std::move(target), std::move(questions), into, deadline);
}

std::vector<Question> questions_for(const facts::UrlAddresses& where) {
  std::vector<Question> out;
  out.push_back(question("twirp", path_under(where, kListRooms)));
  if (path_under(where, "").empty()) return out;
  out.push_back(question("rtc", path_under(where, "/rtc")));
  out.push_back(question("validate", path_under(where, "/rtc/validate")));
  out.push_back(question("well_known", "/.well-known/opentalk/api"));
  out.push_back(question("login", "/v1/auth/login"));
  return out;
}

/// LiveKit shows in the first answer, and refuses a later question.
awaitable<void> ask_sparingly(Probe& probe, net::HttpTarget target, std::vector<Question> questions,
                              std::vector<Asked>* into, Deadline deadline) {
  net::HttpSession session(std::move(target));
  std::vector<Question> first(1, questions.front());
  *into = co_await ask_all(probe, session, std::move(first), deadline);
  if (!answered(*into) || reading_of(*into, "twirp").meaning == Meaning::twirp_bad_route) co_return;
  questions.erase(questions.begin());
  std::vector<Asked> more = co_await ask_all(probe, session, std::move(questions), deadline);
  for (Asked& asked : more) into->push_back(std::move(asked));
}

std::vector<Question> fingerprint() {
  std::vector<Question> out;
  out.push_back(question("twirp", std::string(kListRooms)));
  return out;
}

bool may_be_proxied(const facts::UrlAddresses& where) {
  return path_under(where, "").ends_with("/livekit");
}

/// Ways past the proxy, at the same address; only from outside, where they ought to be closed.
void add_exposure(Probe& probe, TopologyObservation& observation, std::vector<awaitable<void>>& asking) {
  const bool wanted = may_be_proxied(observation.where) && observation.where.via_proxy.empty() &&
                      probe.deployment().run.vantage == Vantage::outside;
  if (!wanted) return;
  net::HttpTarget target = target_for(observation.where, observation.address, probe.deployment(), false);
  observation.old_host_name = old_host_name_for(observation.where.host);
  if (!observation.old_host_name.empty()) {
    net::HttpTarget old = target;
    old.host = observation.old_host_name;
    old.tls_options.server_name = observation.old_host_name;
    asking.push_back(ask_into(probe, std::move(old), fingerprint(), &observation.old_host,
                              patience(probe, Side::public_url)));
  }
  observation.plain_port = 7880;
  target.peer.port = target.port = observation.plain_port;
  target.tls = false;
  asking.push_back(ask_exposed(probe, std::move(target), fingerprint(), &observation.plain));
}

bool named(const facts::UrlAddresses& where, std::string_view word, std::uint16_t port) {
  return where.port == port || where.host.find(word) != std::string::npos;
}

Topology proxy_kind(const TopologyObservation& observation, const Asked& rtc, bool post_only) {
  if (rtc.answer.status == 403) return Topology::controller_proxy;
  if (named(observation.where, "orchestrator", kOrchestratorPort)) return Topology::orchestrator;
  if (post_only || named(observation.where, "roomserver", kRoomserverPort)) return Topology::roomserver;
  return Topology::controller_proxy;
}

}  // namespace

std::string old_host_name_for(const std::string& host) {
  if (is_numeric_address(host)) return "";
  const std::size_t dot = host.find('.');
  if (dot == std::string::npos || host.find('.', dot + 1) == std::string::npos) return "";
  const std::string name = "livekit" + host.substr(dot);
  return name == host ? "" : name;
}

awaitable<TopologyObservation> look_at_topology(Probe& probe) {
  TopologyObservation observation;
  observation.where = probe.fact(facts::public_addresses);
  for (const std::string& address : observation.where.addresses) {
    observation.address = address;
    std::vector<awaitable<void>> asking;
    const net::HttpTarget target = target_for(observation.where, address, probe.deployment(), false);
    const auto ask = probe.find(facts::refusals) ? ask_sparingly : ask_into;
    asking.push_back(ask(probe, target, questions_for(observation.where), &observation.answers,
                         patience(probe, Side::public_url)));
    add_exposure(probe, observation, asking);
    co_await net::all(std::move(asking));
    if (answered(observation.answers)) break;
  }
  co_return observation;
}

bool is_opentalk_host(const TopologyObservation& observation) {
  const Asked* api = find(observation.answers, "well_known");
  const Asked* login = find(observation.answers, "login");
  const bool by_api = api != nullptr && api->answer.status == 200 &&
                      api->answer.body.find("\"base_url\"") != std::string::npos;
  // A controller without the path says so in its own JSON.
  const Asked* rtc = find(observation.answers, "rtc");
  const bool by_error =
      may_be_proxied(observation.where) && rtc != nullptr && rtc->read().meaning == Meaning::proxy_refusal;
  const bool by_login = login != nullptr && login->answer.status == 200 &&
                        login->answer.body.find("\"oidc\"") != std::string::npos;
  return by_api || by_login || by_error;
}

facts::Topology topology_of(const TopologyObservation& observation) {
  const proto::Reading validate = reading_of(observation.answers, "validate");
  const proto::Reading twirp = reading_of(observation.answers, "twirp");
  if (twirp.meaning == Meaning::twirp_bad_route || validate.meaning == Meaning::validate_refused) {
    return Topology::direct;
  }
  const Asked* rtc = find(observation.answers, "rtc");
  const Asked* check = find(observation.answers, "validate");
  if (rtc == nullptr || check == nullptr) return Topology::unknown;
  const bool post_only = check->answer.status == 405 && may_be_proxied(observation.where);
  const int status = rtc->answer.status;
  const bool refuses = rtc->read().meaning == Meaning::proxy_refusal && status != 404 && status != 422;
  if (!refuses && !post_only) return Topology::unknown;
  return proxy_kind(observation, *rtc, post_only);
}

}  // namespace lkdoctor::probes
