// SPDX-License-Identifier: EUPL-1.2
#include "serve/metrics.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "serve/phases.hpp"
#include "serve/readings.hpp"

namespace lkdoctor::serve {
namespace {

constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();

double seconds(Microseconds span) {
  return std::chrono::duration<double>(span).count();
}

double seconds_of_ms(std::int64_t milliseconds) {
  return static_cast<double>(milliseconds) / 1000;
}

double one_if(bool yes) {
  return yes ? 1 : 0;
}

double or_nan(const std::optional<double>& value) {
  return value.value_or(kNotMeasured);
}

std::string_view name_of(Severity severity) {
  constexpr std::array<std::string_view, 3> kNames{"info", "warning", "failure"};
  return kNames.at(static_cast<std::size_t>(severity));
}

const CheckResult* result_of(const TargetView& view, std::string_view check) {
  if (view.report == nullptr) return nullptr;
  const auto found = std::ranges::find(view.report->checks, check, &CheckResult::id);
  return found == view.report->checks.end() ? nullptr : &*found;
}

void write_verdict(const TargetView& view, Block& block) {
  const Verdict now = view.report == nullptr ? Verdict::unknown : view.report->verdict;
  const bool success = now == Verdict::healthy || now == Verdict::degraded;
  block.add(Metric::probe_success, {}, one_if(success));
  block.add(Metric::probe_duration, {},
            view.report == nullptr ? kNotMeasured : seconds(view.report->duration));
  for (const Verdict one : {Verdict::healthy, Verdict::degraded, Verdict::broken, Verdict::unknown}) {
    block.add(Metric::verdict, {{"verdict", lkdoctor::name_of(one)}}, one_if(one == now));
  }
  const bool known = view.verdict_since_ms > 0;
  block.add(Metric::verdict_since, {}, known ? seconds_of_ms(view.verdict_since_ms) : kNotMeasured);
  block.add(Metric::target_stale, {}, one_if(view.stale));
}

/// Root causes come gravest first.
void write_diagnoses(const TargetView& view, Block& block) {
  std::set<CauseLabel> shown;
  const auto show = [&](const CauseLabel& cause, double value) {
    if (shown.size() >= kMostCauses || !shown.insert(cause).second) return;
    block.add(Metric::diagnosis, {{"finding", cause.finding}, {"severity", name_of(cause.severity)}}, value);
  };
  if (view.report != nullptr) {
    for (const Diagnosis& one : view.report->diagnoses) show({one.finding.id, one.finding.severity}, 1);
  }
  for (const CauseLabel& cause : view.gone) show(cause, 0);
}

/// The worst severity of everything found, by id.
std::map<std::string_view, Severity> found_in(const Report* report) {
  std::map<std::string_view, Severity> out;
  if (report == nullptr) return out;
  for (const CheckResult& check : report->checks) {
    for (const ReportedFinding& reported : check.findings) {
      const auto [known, first] = out.emplace(reported.finding.id, reported.finding.severity);
      if (!first) known->second = std::max(known->second, reported.finding.severity);
    }
  }
  return out;
}

/// One series for each finding, whose severity is that of this run.
void write_findings(const TargetView& view, Block& block) {
  std::map<std::string_view, Severity> known;
  for (const CheckInfo* info : view.checks) {
    for (const FindingDef* finding : info->findings) known.emplace(finding->id, finding->severity);
  }
  const auto found = found_in(view.report);
  for (const auto& [id, severity] : known) {
    const auto here = found.find(id);
    const bool is_here = here != found.end();
    block.add(Metric::finding, {{"finding", id}, {"severity", name_of(is_here ? here->second : severity)}},
              one_if(is_here));
  }
}

void write_checks(const TargetView& view, Block& block) {
  for (const CheckInfo* info : view.checks) {
    const CheckResult* result = result_of(view, info->id);
    const Outcome now = result == nullptr ? Outcome::unknown : result->outcome;
    for (const Outcome one : {Outcome::pass, Outcome::warn, Outcome::fail, Outcome::skip, Outcome::unknown}) {
      block.add(Metric::check_state, {{"check", info->id}, {"state", lkdoctor::name_of(one)}},
                one_if(one == now));
    }
    const auto ended = view.check_ended_ms.find(std::string(info->id));
    const bool ran = ended != view.check_ended_ms.end();
    const bool measured = ran && result != nullptr && now != Outcome::skip;
    block.add(Metric::check_duration, {{"check", info->id}},
              measured ? seconds(result->duration) : kNotMeasured);
    block.add(Metric::check_last_run, {{"check", info->id}},
              ran ? seconds_of_ms(ended->second) : kNotMeasured);
  }
}

double phase_of(const CheckResult* result, std::string_view name) {
  if (result == nullptr) return kNotMeasured;
  const auto found = std::ranges::find(result->phases, name, &Phase::name);
  return found == result->phases.end() ? kNotMeasured : seconds(found->took);
}

void write_readings(const TargetView& view, Block& block) {
  for (const PhaseRow& row : kPhases) {
    block.add(Metric::phase_duration, {{"phase", row.phase}, {"transport", row.transport}},
              phase_of(result_of(view, row.check), row.name));
  }
  const Readings readings = view.report == nullptr ? Readings{} : readings_of(*view.report);
  for (std::size_t at = 0; at < kTransports.size(); ++at) {
    const std::string_view transport = kTransports[at].transport;
    block.add(Metric::ice_rtt, {{"transport", transport}}, or_nan(readings.rtt_seconds[at]));
    block.add(Metric::packet_loss, {{"transport", transport}}, or_nan(readings.loss_ratio[at]));
  }
  for (std::size_t at = 0; at < kPortResults.size(); ++at) {
    block.add(Metric::udp_ports, {{"result", kPortResults[at]}}, or_nan(readings.ports[at]));
  }
  block.add(Metric::certificate_expiry, {}, or_nan(readings.certificate_expiry));
  block.add(Metric::clock_skew, {}, or_nan(readings.clock_skew_seconds));
  block.add(Metric::external_address_match, {}, or_nan(readings.external_address_match));
}

void write_vantage(const TargetView& view, Block& block) {
  const Vantage vantage = view.report == nullptr ? Vantage::automatic : view.report->vantage.kind;
  const Audience audience = view.report == nullptr ? Audience::automatic : view.report->audience;
  block.add(Metric::vantage,
            {{"vantage", lkdoctor::name_of(vantage)}, {"audience", lkdoctor::name_of(audience)}}, 1);
}

void write_totals(const Totals& totals, Block& block) {
  const auto counted = [&](Metric metric, std::uint64_t value, const std::string& run, std::int64_t at_ms) {
    if (run.empty()) {
      block.add(metric, {}, static_cast<double>(value));
    } else {
      block.add(metric, static_cast<double>(value), {run, at_ms});
    }
  };
  counted(Metric::runs, totals.runs, totals.last_run, totals.last_run_ms);
  counted(Metric::unhealthy_runs, totals.unhealthy, totals.last_unhealthy_run, totals.last_unhealthy_run_ms);
  block.add(Metric::rooms, {}, static_cast<double>(totals.rooms));
  block.add(Metric::joins, {}, static_cast<double>(totals.joins));
  block.add(Metric::requests, {}, static_cast<double>(totals.requests));
  block.add(Metric::unauthorized, {}, static_cast<double>(totals.unauthorized));
}

}  // namespace

void write_target(const TargetView& view, Block& block) {
  write_verdict(view, block);
  write_diagnoses(view, block);
  write_findings(view, block);
  write_checks(view, block);
  write_readings(view, block);
  write_vantage(view, block);
  write_totals(view.totals, block);
}

void write_program(const ProgramView& view, Block& block) {
  block.add(Metric::reload_successful, {}, one_if(view.reload_successful));
  block.add(Metric::reload_time, {}, seconds_of_ms(view.reloaded_ms));
  block.add(Metric::build, {{"version", view.version}, {"revision", view.revision}}, 1);
}

}  // namespace lkdoctor::serve
