// SPDX-License-Identifier: EUPL-1.2
#include "serve/moment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/text.hpp>

#include "report/json.hpp"
#include "serve/readings.hpp"

namespace lkdoctor::serve {
namespace {

constexpr std::size_t kLongestTitle = 300;

std::map<std::string, double> remembered(const Readings& readings) {
  std::map<std::string, double> out;
  for (std::size_t i = 0; i < kTransports.size(); ++i) {
    const std::string transport(kTransports[i].transport);
    if (readings.rtt_seconds[i]) out[transport + "_rtt_seconds"] = *readings.rtt_seconds[i];
    if (readings.loss_ratio[i]) out[transport + "_loss_ratio"] = *readings.loss_ratio[i];
  }
  return out;
}

std::int64_t since(const Finding& finding, const std::vector<Standing>& causes, std::int64_t otherwise) {
  const auto found = std::ranges::find_if(causes, [&](const Standing& one) {
    return one.cause.finding == finding.id && one.subject == finding.subject;
  });
  return found == causes.end() ? otherwise : found->since_ms;
}

}  // namespace

Moment moment_of(const std::string& target, const Report& report, std::int64_t at_ms) {
  Moment out{target, at_ms, report.verdict, {}, remembered(readings_of(report))};
  for (const Diagnosis& diagnosis : report.diagnoses) {
    const Finding& cause = diagnosis.finding;
    out.causes.push_back({cause.id, cause.subject, cause.severity, cause.title, cause.remedy.text});
  }
  return out;
}

TargetState state_of(const Event& event, const Report& report, const std::vector<Standing>& causes) {
  TargetState out{event.target,   event.at_ms, event.now,        event.since_ms,
                  report.summary, {},          event.ever_judged};
  for (const Diagnosis& diagnosis : report.diagnoses) {
    const Finding& cause = diagnosis.finding;
    out.causes.push_back(
        {cause.id, cause.severity, cause.title, cause.remedy.text, since(cause, causes, event.since_ms)});
  }
  return out;
}

std::string sentence_of(const Event& event, const Report& report) {
  const std::string target = printable(event.target, kLongestTitle);
  if (event.kind == Event::Kind::flapping) {
    return fmt::format("{}: its state does not last; now {}: {}", target, name_of(event.now), report.summary);
  }
  std::string out = fmt::format("{}: {} since {}, before that {}", target, name_of(event.now),
                                report::iso_time(event.since_ms), name_of(event.before));
  std::vector<std::string> titles;
  for (const Diagnosis& diagnosis : report.diagnoses)
    titles.push_back(printable(diagnosis.finding.title, kLongestTitle));
  return titles.empty() ? out : out + ": " + joined(titles, "; ");
}

}  // namespace lkdoctor::serve
