// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/probes/media_survey.hpp>
#include <lkdoctor/probes/milliseconds.hpp>
#include <lkdoctor/probes/tokens.hpp>
#include <set>

#include "probes/range_sampling.hpp"

namespace lkdoctor::probes {
namespace {

constexpr std::size_t kSamples = 4, kMoreSamples = 8;
constexpr int kSilentEnd = 4;  ///< packets of a short train
constexpr Milliseconds kIcePatience{2'600};
constexpr Milliseconds kDoubt{1'000};          ///< nothing was answered until then: look closer
constexpr Milliseconds kForATurn{6'000};       ///< a long train with all its looks, and leaving
constexpr Milliseconds kOtherCandidates{350};  ///< for the rest of them, once one has carried

bool all_answered(MediaSession& session) {
  const LinkReport seen = session.link().report();
  return std::ranges::none_of(seen.candidates, [](const CandidateReport& candidate) {
    return candidate.tried && candidate.pair && candidate.pair->status == proto::PairStatus::checking;
  });
}

awaitable<void> await_other_candidates(MediaSession& session) {
  const Deadline until = Clock::now() + kOtherCandidates;
  bool waiting = true;
  while (waiting && !all_answered(session)) waiting = co_await session.bell().wait(until);
}

awaitable<void> look_closely(MediaSession& session) {
  co_await measure_path(session, &session.path());
  co_await await_other_candidates(session);
}

/// The sessions of one survey, all on this thread.
struct Sampling {
  explicit Sampling(Probe& with) : probe(with), reports(kSamples) {}
  Probe& probe;
  std::vector<std::optional<MediaReport>> reports, more{kMoreSamples};
  std::optional<MediaReport> offered;
  net::Bell ended, train_ended;
  bool measured = false, train_runs = false;
  std::optional<bool> cut;  ///< of the flow that was looked at closely; empty: none was

  bool any_connected() const {
    return std::ranges::any_of(reports, [](const auto& report) { return report && report->connected(); });
  }
  bool all_ended() const {
    return std::ranges::all_of(reports, [](const auto& report) { return report.has_value(); });
  }
  /// Not even a description came: there is nothing to look closer at.
  bool pointless() const {
    return all_ended() && std::ranges::all_of(reports, [](const auto& report) {
             return report->stage == MediaStage::signalling || report->stage == MediaStage::description;
           });
  }
};

/// Several long trains at once would fill a thin line by themselves: one session has its turn.
struct Turn {
  explicit Turn(Sampling* all) : sampling(all) { sampling->train_runs = true; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    sampling->train_runs = false;
    sampling->train_ended.ring();
  }
  Sampling* sampling;
};

/// A short train for each; a long one for the first that misses any of it, and for others until one of them
/// proves to be cut.
awaitable<void> measure_in_turn(Sampling* sampling, MediaSession* session) {
  PathQuality* path = &session->path();
  co_await measure_briefly(*session, path);
  if (path->answered == path->sent) co_return;
  const Deadline last = sampling->probe.deadline() - kForATurn;
  while (sampling->train_runs && Clock::now() < last) (void)co_await sampling->train_ended.wait(last);
  if (sampling->train_runs || Clock::now() >= last) co_return;
  const bool looks_cut = path->sent - path->sent_until_last_answer >= kSilentEnd;
  if (sampling->cut && (!looks_cut || *sampling->cut)) co_return;
  const Turn turn(sampling);
  co_await measure_closely(*session, path);
  sampling->cut = path->was_cut();
}

MediaPlan sampling_plan(Sampling* sampling) {
  MediaPlan plan;
  plan.ice_patience = kIcePatience;
  plan.dtls_unanswered = [sampling](MediaSession& session) { return measure_in_turn(sampling, &session); };
  return plan;
}

/// The first that connects measures. The others prove their ports, and that their flows go on: what cuts
/// flows may do so at a part of the ports.
awaitable<void> measured_body(Sampling* sampling, MediaSession* session) {
  const bool first = !sampling->measured;
  sampling->measured = true;
  PathQuality* path = &session->path();
  co_await measure_in_turn(sampling, session);
  if (!first) co_return;
  if (!path->was_cut() && sampling->probe.deployment().run.thorough)
    co_await measure_for_long(*session, path);
  co_await await_other_candidates(*session);
}

awaitable<void> sample(Sampling* sampling, std::optional<MediaReport>* into, MediaPlan plan) {
  MediaBody body = [sampling](MediaSession& session) { return measured_body(sampling, &session); };
  *into = co_await hold_session(sampling->probe, std::move(plan), std::move(body));
  sampling->ended.ring();
}

/// The other half of what is tried, if the first half gets no answer.
awaitable<void> doubt(Sampling* sampling) {
  const Deadline until = Clock::now() + kDoubt;
  bool waiting = true;
  while (waiting && !sampling->any_connected() && !sampling->all_ended()) {
    waiting = co_await sampling->ended.wait(until);
  }
  // One that is just being measured has not ended yet, and is connected all the same.
  if (sampling->any_connected() || sampling->measured || sampling->pointless()) co_return;
  std::vector<awaitable<void>> tries;
  MediaPlan telling = sampling_plan(sampling);
  telling.send_candidates = true;
  tries.push_back(sample(sampling, &sampling->offered, std::move(telling)));
  for (auto& report : sampling->more) tries.push_back(sample(sampling, &report, sampling_plan(sampling)));
  co_await net::all(std::move(tries));
}

facts::ServerCandidates candidates_of(const MediaSurvey& survey) {
  facts::ServerCandidates out;
  const MediaReport* best = survey.best();
  if (best == nullptr) return out;
  out.ice_lite = best->link.ice_lite;
  for (const CandidateReport& one : best->link.candidates) {
    if (one.pair && one.pair->learned) continue;
    out.candidates.push_back(one.candidate);
    if (one.answered()) out.answered.push_back(one.candidate.endpoint);
  }
  return out;
}

/// How long each stage of the best session took.
void tell_phases(Probe& probe, const MediaSurvey& survey) {
  const MediaReport* best = survey.best();
  if (best == nullptr) return;
  if (best->signalling.joined_after) probe.phase("signalling", *best->signalling.joined_after);
  if (best->described && best->link.ice)
    probe.phase("ice", *best->link.ice - std::min(*best->described, *best->link.ice));
  if (best->link.ice && best->link.dtls) probe.phase("dtls", *best->link.dtls - *best->link.ice);
  if (!best->connected())
    probe.log(std::string("stopped at ") + Json(best->stage).get<std::string>() + ": " + best->why);
}

void take_all(std::vector<std::optional<MediaReport>>& from, std::vector<MediaReport>& into) {
  for (auto& report : from) {
    if (report) into.push_back(std::move(*report));
  }
}

awaitable<void> only_session(Probe* probe, MediaSurvey* survey, MediaPlan plan) {
  MediaBody body = [](MediaSession& session) { return look_closely(session); };
  MediaReport report = co_await hold_session(*probe, std::move(plan), std::move(body));
  survey->quality = report.path;
  survey->withheld.push_back(std::move(report));
}

}  // namespace

const MediaReport* MediaSurvey::best() const {
  const auto found = std::ranges::find_if(withheld, &MediaReport::connected);
  if (found != withheld.end()) return &*found;
  if (offered && offered->connected()) return &*offered;
  const auto furthest = std::ranges::max_element(withheld, {}, &MediaReport::stage);
  return furthest == withheld.end() ? nullptr : &*furthest;
}

bool MediaSurvey::connected() const {
  return std::ranges::any_of(withheld, &MediaReport::connected);
}

namespace {

/// How long the slowest join took; empty: nobody joined.
std::optional<Microseconds> slowest_join(const MediaSurvey& survey) {
  std::optional<Microseconds> slowest;
  for (const MediaReport& report : survey.withheld) {
    slowest = std::max(slowest, report.signalling.joined_after);
  }
  return slowest;
}

/// A session failed after it was joined, or was cut: is LiveKit still there?
bool needs_a_second_look(const MediaSurvey& survey) {
  const bool carried = std::ranges::all_of(survey.withheld, &MediaReport::connected);
  return slowest_join(survey) && (!carried || survey.quality.was_cut());
}

/// Where some of a flow still comes through after a while, the others are not cut either: something limits
/// what all of them share.
int weight_of(const PathQuality& path) {
  if (path.comes_and_goes()) return 2;
  return path.was_cut() ? 1 : 0;
}

/// Of the flows that were measured.
PathQuality most_telling(const MediaSurvey& survey) {
  PathQuality most;
  const auto weigh = [&](const PathQuality& path) {
    if (std::pair(weight_of(path), path.sent) > std::pair(weight_of(most), most.sent)) most = path;
  };
  for (const MediaReport& report : survey.withheld) weigh(report.path);
  if (survey.offered) weigh(survey.offered->path);
  return most;
}

bool met_several_servers(const MediaSurvey& survey) {
  std::set<std::string> nodes;
  for (const MediaReport& report : survey.withheld) nodes.insert(report.signalling.node);
  nodes.erase("");
  return nodes.size() > 1;
}

}  // namespace

awaitable<MediaSurvey> survey_udp(Probe& probe) {
  Sampling sampling(probe);
  std::vector<awaitable<void>> tries;
  // One participant alone can be there with a token that was given.
  const std::size_t samples = mints_tokens(probe) ? kSamples : 1;
  sampling.reports.resize(samples);
  if (samples == 1) sampling.more.clear();
  for (auto& report : sampling.reports) tries.push_back(sample(&sampling, &report, sampling_plan(&sampling)));
  tries.push_back(doubt(&sampling));
  co_await net::all(std::move(tries));
  MediaSurvey survey;
  take_all(sampling.reports, survey.withheld);
  take_all(sampling.more, survey.withheld);
  survey.offered = std::move(sampling.offered);
  survey.quality = most_telling(survey);
  if (survey.connected()) {
    MediaPlan plan = sampling_plan(&sampling);
    co_await sample_range(probe, std::move(plan), &survey.withheld);
  }
  if (needs_a_second_look(survey)) survey.afterwards = co_await ask_again(probe, slowest_join(survey));
  // A restart in between gives a new name, too; rooms tell.
  if (met_several_servers(survey)) survey.shared = co_await share_rooms(probe);
  tell_phases(probe, survey);
  probe.publish(facts::server_candidates, candidates_of(survey));
  probe.publish(facts::media_udp_proof, proof_of(survey));
  co_return survey;
}

awaitable<MediaSurvey> survey_tcp(Probe& probe) {
  MediaSurvey survey;
  MediaPlan plan;
  plan.transport = Transport::tcp;
  co_await only_session(&probe, &survey, std::move(plan));
  tell_phases(probe, survey);
  probe.publish(facts::media_tcp_proof, proof_of(survey));
  co_return survey;
}

/// By WHIP a session ends by a DELETE; where that does not get through, LiveKit finds out by itself.
static int unended_sessions(const MediaSurvey& survey) {
  const auto unended = [](const MediaReport& report) {
    const SignalReport& signalling = report.signalling;
    const bool begun = signalling.first_message == "answer" || signalling.status == 0;
    return signalling.by_whip && begun && !signalling.left && !signalling.leave_reason;
  };
  const auto withheld = std::ranges::count_if(survey.withheld, unended);
  return static_cast<int>(withheld) + (survey.offered && unended(*survey.offered) ? 1 : 0);
}

void state_media_facts(const MediaSurvey& survey, Transport transport, Judgement& judgement) {
  const MediaReport* best = survey.best();
  const bool measured = best != nullptr && best->stage > MediaStage::description;
  judgement.fact("transport", transport);
  judgement.fact("connected", measured ? Json(best->connected()) : Json());
  judgement.fact("rtt_ms", milliseconds(survey.quality.rtt));
  const auto loss = survey.quality.loss_ratio();
  judgement.fact("loss_ratio", loss ? Json(*loss) : Json());
  judgement.fact("candidates", best != nullptr ? candidates_json(best->link) : Json::array());
  judgement.fact("stage", best != nullptr ? Json(best->stage) : Json());
  judgement.fact("ice_ms", best != nullptr ? milliseconds(best->link.ice) : Json());
  judgement.fact("dtls_ms", best != nullptr ? milliseconds(best->link.dtls) : Json());
  judgement.fact("sessions", survey.withheld.size() + (survey.offered ? 1 : 0));
  if (const int unended = unended_sessions(survey); unended > 0) judgement.fact("unended_sessions", unended);
}

}  // namespace lkdoctor::probes
