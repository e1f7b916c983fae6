// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>

#include "probes/media_link_state.hpp"

namespace lkdoctor::probes {

using proto::PairId;

namespace {

constexpr std::size_t kMostCandidates = 64;

}  // namespace

void MediaLink::State::set_remote(const proto::SdpRemote& remote, bool controlling) {
  seen.ice_lite = remote.ice_lite;
  if (!ice) {
    proto::IceSettings settings;
    settings.controlling = controlling;
    ice.emplace(local, remote.ice, settings);
    proto::DtlsOptions options;
    options.expected_fingerprint = remote.fingerprint;
    dtls.emplace(proto::DtlsRole::client, identity, options);
    for (Remote& known : remotes) try_candidate(known);
  }
  for (const std::string& line : remote.candidates) add_candidate(line);
  if (remote.end_of_candidates) seen.end_of_candidates = true;
  kick();
  bell.ring();
}

void MediaLink::State::add_candidate(std::string_view line) {
  const auto candidate = proto::parse_candidate(line);
  // LiveKit lists candidates of its SDP for RTCP too, although everything is bundled.
  if (!candidate || candidate->component != 1 || remotes.size() == kMostCandidates) return;
  const bool known = std::ranges::any_of(remotes, [&](const Remote& remote) {
    const proto::Candidate& other = remote.report.candidate;
    return other.endpoint == candidate->endpoint && other.transport == candidate->transport;
  });
  if (known) return;
  Remote& remote = remotes.emplace_back();
  remote.report.candidate = *candidate;
  if (!seen.first_candidate) seen.first_candidate = since_begin();
  seen.last_candidate = since_begin();
  if (ice) try_candidate(remote);
  kick();
  bell.ring();
}

void MediaLink::State::try_candidate(Remote& remote) {
  const auto carrier = route(remote.report.candidate);
  if (!carrier || remote.path != nullptr) return;
  auto path = std::ranges::find(paths, carrier, [](const auto& known) { return known->carrier; });
  if (path == paths.end()) {
    paths.push_back(std::make_unique<Path>());
    path = std::prev(paths.end());
    (*path)->id = static_cast<proto::PathId>(paths.size() - 1);
    (*path)->carrier = carrier;
  }
  remote.path = path->get();
  remote.report.tried = true;
  last_try = Clock::now();
  weigh(remote);
  begin_checks(*remote.path);
}

/// Candidates whose carrier is ready and that are not checked yet.
void MediaLink::State::begin_checks(const Path& path) {
  if (!path.open || held) return;
  for (Remote& remote : remotes) {
    if (remote.path != &path || remote.pair) continue;
    remote.pair = ice->add_pair(path.id, remote.report.candidate, Clock::now());
    last_try = Clock::now();
  }
}

/// The first pair that answers carries: what is measured is the way, not the choice.
void MediaLink::State::settle_pair(Clock::time_point now) {
  if (connected_at) return;
  for (PairId id = 0; !nominee && ice->controlling() && id < ice->pairs(); ++id) {
    if (ice->state(id).status != proto::PairStatus::answered) continue;
    nominee = id;
    ice->nominate(id, now);
  }
  if (!ice->nominated()) return;
  connected_at = now;
  seen.ice = since_begin();
  dtls->start();
}

bool MediaLink::State::failed(const Remote& remote) const {
  if (remote.path == nullptr || remote.path->dead) return true;
  if (!remote.pair) return false;
  const proto::PairStatus status = ice->state(*remote.pair).status;
  return status != proto::PairStatus::checking && status != proto::PairStatus::answered;
}

void MediaLink::set_remote(const proto::SdpRemote& remote, bool controlling) {
  state_->set_remote(remote, controlling);
}
void MediaLink::add_candidate(std::string_view line) {
  state_->add_candidate(line);
}
void MediaLink::end_of_candidates() {
  state_->seen.end_of_candidates = true;
  state_->bell.ring();
}

bool MediaLink::hopeless() const {
  const State& state = *state_;
  if (state.dtls && state.dtls->state() == proto::DtlsState::failed) return true;
  if (connected()) return false;
  return state.seen.end_of_candidates && std::ranges::all_of(state.remotes, [&](const State::Remote& remote) {
           return state.failed(remote);
         });
}
std::optional<Deadline> MediaLink::last_try_began() const {
  return state_->last_try;
}
std::optional<Deadline> MediaLink::connected_since() const {
  return state_->connected_at;
}

void MediaLink::hold_checks() {
  state_->held = true;
}

void MediaLink::release_checks() {
  if (!std::exchange(state_->held, false)) return;
  for (const auto& path : state_->paths) state_->begin_checks(*path);
  state_->kick();
}

bool MediaLink::ready() const {
  return std::ranges::any_of(state_->paths, [](const auto& path) { return path->open; });
}

std::optional<PairId> MediaLink::pair() const {
  return state_->ice ? state_->ice->nominated() : std::nullopt;
}

const CandidateReport* LinkReport::carrier() const {
  const auto found = std::ranges::find_if(
      candidates, [](const CandidateReport& one) { return one.pair && one.pair->nominated; });
  return found == candidates.end() ? nullptr : &*found;
}

bool LinkReport::is_spare(const CandidateReport& one) const {
  const auto worth = [](const CandidateReport& candidate) {
    const bool host = candidate.candidate.type == proto::CandidateType::host;
    return (candidate.carrier.error == net::NetError::refused ? 0 : 2) + (host ? 1 : 0);
  };
  const auto better = [&](const CandidateReport& other) {
    const bool alike = other.candidate.endpoint.address == one.candidate.endpoint.address &&
                       other.candidate.transport == one.candidate.transport;
    const bool learned = other.pair && other.pair->learned;
    return other.tried && alike && !learned && worth(other) > worth(one);
  };
  return !one.answered() && std::ranges::any_of(candidates, better);
}

bool LinkReport::may_be_spare(const CandidateReport& one) const {
  const auto rival = [&](const CandidateReport& other) {
    const bool alike = other.candidate.endpoint.address == one.candidate.endpoint.address &&
                       other.candidate.transport == one.candidate.transport;
    const bool learned = other.pair && other.pair->learned;
    return &other != &one && other.tried && alike && !learned && !other.answered() && !is_spare(other);
  };
  return !one.answered() && std::ranges::any_of(candidates, rival);
}

LinkReport MediaLink::report() const {
  const State& state = *state_;
  LinkReport out = state.seen;
  std::vector<bool> listed(state.ice ? state.ice->pairs() : 0);
  for (const State::Remote& remote : state.remotes) {
    CandidateReport& kept = out.candidates.emplace_back(remote.report);
    if (remote.path != nullptr && kept.carrier.ok()) kept.carrier = remote.path->outcome;
    if (!remote.pair) continue;
    kept.pair = state.ice->state(*remote.pair);
    listed.at(*remote.pair) = true;
  }
  for (PairId id = 0; id < listed.size(); ++id) {
    if (!listed[id])
      out.candidates.push_back({state.ice->state(id).remote, true, {}, {}, state.ice->state(id)});
  }
  if (!state.dtls) return out;
  out.dtls_state = state.dtls->state();
  out.dtls_failure = state.dtls->failure();
  out.dtls_reason = state.dtls->reason();
  out.dtls_alert = state.dtls->alert();
  out.dtls_trace = state.dtls->trace();
  return out;
}

}  // namespace lkdoctor::probes
