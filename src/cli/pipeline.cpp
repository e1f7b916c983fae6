// SPDX-License-Identifier: EUPL-1.2
#include "cli/pipeline.hpp"

#include <algorithm>
#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/probes/http_survey.hpp>
#include <lkdoctor/proto/jwt.hpp>

#include "cli/progress.hpp"
#include "config/livekit_keys.hpp"
#include "diagnosis/diagnose.hpp"
#include "engine/collect.hpp"
#include "engine/judge.hpp"
#include "engine/vantage.hpp"
#include "model/secrets.hpp"
#include "report/redact.hpp"

namespace lkdoctor::cli {
namespace {

constexpr std::int64_t kLiveKitLooks = 10;  // seconds from one look for empty rooms to the next, and to spare
constexpr std::int64_t kTwoMinutes = 120;

std::string within(std::int64_t seconds) {
  if (seconds < kTwoMinutes) return "within " + std::to_string(seconds) + " s";
  return "within " + std::to_string((seconds + 59) / 60) + " min";
}

/// A token of our own making says how long its room stays; with another LiveKit's settings do.
std::string stay_of_rooms(const Deployment& deployment) {
  if (deployment.has_key_pair() || deployment.secrets.token.empty()) return "within 20 s";
  const auto token = proto::decode_token(deployment.secrets.token.reveal());
  const Json config = token ? token->payload.value("roomConfig", Json()) : Json();
  const Json own = config.is_object() ? config.value("departureTimeout", Json()) : Json();
  if (own.is_number_unsigned()) return within(own.get<std::int64_t>() + kLiveKitLooks);
  const auto& livekit = deployment.livekit;
  const bool read = livekit && livekit->effective.is_object();
  const Json known = read ? livekit->effective.value("departure_timeout", Json()) : Json();
  if (known.is_number_unsigned())
    return within(known.get<std::int64_t>() + kLiveKitLooks) + " (room.departure_timeout)";
  return "within 20 s, unless LiveKit's room.departure_timeout is longer";
}

/// "1.13.5", as LiveKit says it to whom joins; "" where nobody joined or it is no version.
std::string running_version(const Recording& recording) {
  const auto stored = recording.facts.find(std::string(facts::join_response.name));
  if (stored == recording.facts.end()) return {};
  const std::string version = stored->second.get<facts::JoinResponse>().version;
  constexpr std::size_t kLongest = 40;
  const bool plain = version.find_first_not_of("0123456789.") == std::string::npos;
  return plain && version.size() <= kLongest && std::ranges::count(version, '.') == 2 ? version : "";
}

constexpr std::string_view kLastWithoutV1 = "1.9.9";
constexpr std::string_view kFirstWithV1 = "1.9.10";

/// Whoever answers as LiveKit has no /rtc/v1.
bool is_older_than_v1(const Recording& recording) {
  for (const char* check : {"http_public", "http_service"}) {
    const auto collected = recording.collected.find(check);
    if (collected == recording.collected.end() || !collected->second.observation) continue;
    const auto survey = collected->second.observation->get<probes::HttpSurvey>();
    const std::string path = probes::path_under(survey.where, "");
    const auto lacks = [&](const probes::AddressSurvey& one) { return probes::lacks_rtc_v1(one, path); };
    if (std::ranges::any_of(survey.addresses, lacks)) return true;
  }
  return false;
}

/// What runs, where that is not the version that was named: "1.8.4 runs"; "" where it may be.
std::string what_runs_instead(const std::string& named, const Recording& recording) {
  const std::string running = running_version(recording);
  if (!running.empty()) return running == named ? "" : running + " runs";
  const bool named_has_v1 = config::compare_versions(named, kFirstWithV1) >= 0;
  if (!named_has_v1 || !is_older_than_v1(recording)) return {};
  return "what runs is older than " + std::string(kFirstWithV1);
}

/// What --livekit-version says holds, also where another version runs; that one may read the file otherwise.
void note_other_version(Deployment& deployment, Recording& recording) {
  const std::string& named = deployment.livekit->version;
  const std::string other = what_runs_instead(named, recording);
  if (other.empty()) return;
  deployment.notes.push_back("judged for LiveKit " + named + ", as --livekit-version says; " + other +
                             " and may read the file otherwise.");
  recording.deployment = describe(deployment);
}

bool has_failure(const LiveKitSettings& settings) {
  return std::ranges::any_of(settings.findings,
                             [](const Finding& finding) { return finding.severity == Severity::failure; });
}

/// A proxy that rewrites /rtc/v1 looks the same as an old server: what is inferred accuses nobody.
void judge_as_before_v1(Deployment& deployment, const JudgeAs& livekit_as_of) {
  LiveKitSettings older = livekit_as_of(std::string(kLastWithoutV1)).first;
  if (has_failure(older) && !has_failure(*deployment.livekit)) {
    deployment.notes.push_back("judged for LiveKit " + deployment.livekit->version +
                               ", the newest known: the server shows no /rtc/v1, so it may be older than " +
                               std::string(kFirstWithV1) +
                               ", which would refuse this file. Say --livekit-version.");
    return;
  }
  deployment.livekit = std::move(older);
  deployment.notes.push_back(
      "LiveKit shows no /rtc/v1, so it is taken for older than 1.9.10: the file is judged as " +
      deployment.livekit->version + " reads it. For another version say --livekit-version.");
}

/// Without --livekit-version the server that answered says for which version its file is judged.
void settle_version(Deployment& deployment, Recording& recording, const JudgeAs& livekit_as_of) {
  if (!deployment.livekit || !recording.collected.contains("config_livekit")) return;
  if (deployment.livekit->version_declared) return note_other_version(deployment, recording);
  if (!livekit_as_of) return;
  const std::string running = running_version(recording);
  if (running.empty() && is_older_than_v1(recording)) {
    judge_as_before_v1(deployment, livekit_as_of);
  } else if (running.empty()) {
    deployment.notes.push_back(
        "judged for LiveKit " + deployment.livekit->version +
        ", the newest known: no running server said its version. Say --livekit-version.");
  } else if (running != deployment.livekit->version) {
    auto [settings, note] = livekit_as_of(running);
    deployment.livekit = std::move(settings);
    if (!note.empty()) deployment.notes.push_back(std::move(note));
  }
  recording.deployment = describe(deployment);
}

}  // namespace

Report judge_run(Deployment deployment, Recording& recording, const engine::CheckList& checks,
                 const JudgeAs& livekit_as_of) {
  settle_version(deployment, recording, livekit_as_of);
  Report report = engine::judge(checks, recording, deployment);
  report.rooms_stay = stay_of_rooms(deployment);
  if (recording.interrupted) {
    report.notes.push_back("stopped by a signal: what had not ended is unknown");
  }
  Facts facts;
  for (const auto& [name, value] : recording.facts) facts.set(name, value);
  diagnosis::diagnose(report, facts);
  report::redact(report, redactor_for(deployment));
  return report;
}

RunResult run_deployment(Deployment deployment, const engine::Selection& selection,
                         const engine::CheckList& checks, const RunOptions& options) {
  engine::settle_before(deployment, net::look_around());
  const auto plan = engine::make_plan(checks, deployment, selection);
  const auto runs = std::ranges::count_if(
      plan, [](const engine::PlannedCheck& planned) { return !planned.left_out && !planned.skip_reason; });
  ProgressLine line(options.progress, static_cast<std::size_t>(runs));
  engine::CollectOptions collecting;
  collecting.stop_fd = options.stop_fd;
  collecting.begun = options.begun;
  collecting.on_progress = [&](const engine::Progress& progress) { line.show(progress); };

  RunResult result;
  result.recording = engine::collect(plan, deployment, collecting);
  result.recording.only = selection.only;
  result.recording.skip = selection.skip;
  line.clear();
  result.report = judge_run(std::move(deployment), result.recording, checks, options.livekit_as_of);
  return result;
}

}  // namespace lkdoctor::cli
