// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/text.hpp>
#include <map>

#include "model/groups.hpp"
#include "report/text.hpp"

namespace lkdoctor::report {
namespace {

using Checks = std::vector<const CheckResult*>;

std::vector<std::pair<std::string, Checks>> by_group(const Report& report) {
  std::map<std::string, Checks> found;
  for (const CheckResult& check : report.checks) found[check.group].push_back(&check);
  std::vector<std::pair<std::string, Checks>> sorted(found.begin(), found.end());
  std::ranges::stable_sort(sorted, {}, [](const auto& group) { return rank_of_group(group.first); });
  return sorted;
}

bool ran(const CheckResult* check) {
  return check->outcome != Outcome::skip && check->outcome != Outcome::unknown;
}

Mark worst(const Checks& checks) {
  const auto any = [&](Outcome outcome) {
    return std::ranges::any_of(checks, [&](const CheckResult* check) { return check->outcome == outcome; });
  };
  if (any(Outcome::fail)) return Mark::fail;
  return any(Outcome::warn) ? Mark::warn : Mark::ok;
}

std::string certificate_days(const Checks& checks) {
  std::optional<double> least;
  for (const CheckResult* check : checks) {
    const auto found = check->facts.find("days_left");
    if (found == check->facts.end() || !found->is_number()) continue;
    least = std::min(least.value_or(found->get<double>()), found->get<double>());
  }
  return least && *least >= 0 ? " (" + std::to_string(static_cast<long>(*least)) + " d left)" : "";
}

std::string judged_line(const Report& report, const TextStyle& style) {
  std::string line;
  for (const auto& [group, checks] : by_group(report)) {
    const auto count = static_cast<std::size_t>(std::ranges::count_if(checks, ran));
    if (count == 0) continue;
    // No-break space keeps mark, name and number together; replaced below.
    std::string item = text(worst(checks), style) + "\x01" + group + "\x01" + std::to_string(count);
    std::string days = certificate_days(checks);
    std::ranges::replace(days, ' ', '\x01');
    line += (line.empty() ? "" : "   ") + item + days;
  }
  return line;
}

std::string flowed(const std::string& line, const TextStyle& style) {
  if (line.empty()) return {};
  std::string out = wrapped("", line, style.width);
  std::ranges::replace(out, '\x01', ' ');
  return out;
}

/// Checks that share a reason share a line.
struct ReasonLine {
  std::string reason, ids;
  bool essential = false;  ///< one of them is a must-have: without it the run is incomplete
};

std::vector<ReasonLine> reason_lines(const Report& report, Outcome outcome) {
  std::vector<ReasonLine> lines;
  for (const auto& [group, checks] : by_group(report)) {
    for (const CheckResult* check : checks) {
      if (check->outcome != outcome) continue;
      const std::string reason = check->reason.value_or("no reason was given");
      auto line = std::ranges::find(lines, reason, &ReasonLine::reason);
      if (line == lines.end()) line = lines.insert(line, {reason, "", false});
      line->ids += (line->ids.empty() ? "" : ", ") + check->id;
      line->essential |= check->must_have;
    }
  }
  return lines;
}

/// Unknown ones and must-haves say why; of the rest, which had nothing to do, the names are enough.
std::string without_result(const Report& report, Outcome outcome, const TextStyle& style) {
  const std::string lead = text(mark_of(outcome), style) + " ";
  std::string out, idle;
  for (const ReasonLine& line : reason_lines(report, outcome)) {
    if (outcome == Outcome::unknown || line.essential) {
      out += wrapped(lead, safe(line.ids + ": " + line.reason), style.width);
    } else {
      idle += (idle.empty() ? "" : ", ") + line.ids;
    }
  }
  if (!idle.empty()) out += wrapped(lead, safe(idle + "  (why: -v)"), style.width);
  return out;
}

std::string unfolded(const CheckResult& check, const TextStyle& style) {
  const auto ms = std::to_string((check.duration.count() + 500) / 1000);
  std::string out = wrapped(text(mark_of(check.outcome), style) + " ",
                            safe(check.id + "  " + check.title + "  (" + ms + " ms)"), style.width);
  if (check.reason) out += wrapped("     ", safe(*check.reason), style.width);
  for (const ReportedFinding& reported : check.findings) {
    const std::string under = reported.explained_by ? "  (follows from " + *reported.explained_by + ")" : "";
    out += wrapped("     " + text(mark_of(reported.finding.severity), style) + " ",
                   safe(reported.finding.id + ": " + reported.finding.title + under), style.width);
  }
  for (const Phase& phase : check.phases) {
    const double took = static_cast<double>(phase.took.count()) / 1000.0;
    out += wrapped("     ", safe(phase.name + " " + number(took) + " ms"), style.width);
  }
  for (const auto& [key, value] : check.facts.items()) {
    const std::string shown = value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
    out += wrapped("     ", key + " = " + printable(shown, 400), style.width);
  }
  for (const std::string& line : check.log) out += wrapped("     | ", printable(line, 400), style.width);
  return out;
}

}  // namespace

std::string judged_groups(const Report& report) {
  std::string out;
  // Without the names, what needs an address measures nothing.
  bool has_names = false;
  for (const auto& [group, checks] : by_group(report)) {
    const auto is = [](auto... outcomes) {
      return [=](const CheckResult* check) { return ((check->outcome == outcomes) || ...); };
    };
    const bool judged = std::ranges::any_of(checks, is(Outcome::pass, Outcome::warn)) &&
                        std::ranges::none_of(checks, is(Outcome::fail, Outcome::unknown));
    const bool on_files = group == "config" || group == "compose";
    has_names = has_names || (judged && group == "names");
    if (judged && (on_files || has_names)) out += (out.empty() ? "" : ",") + group;
  }
  return out;
}

std::string folded_checks(const Report& report, const TextStyle& style) {
  return flowed(judged_line(report, style), style) + without_result(report, Outcome::unknown, style) +
         without_result(report, Outcome::skip, style);
}

std::string unfolded_checks(const Report& report, const TextStyle& style) {
  std::string out;
  for (const auto& [group, checks] : by_group(report)) {
    for (const CheckResult* check : checks) out += unfolded(*check, style);
  }
  return out;
}

}  // namespace lkdoctor::report
