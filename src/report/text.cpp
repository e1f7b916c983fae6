// SPDX-License-Identifier: EUPL-1.2
#include "report/text.hpp"

#include <algorithm>
#include <lkdoctor/text.hpp>
#include <set>

namespace lkdoctor::report {
namespace {

std::string verdict_word(Verdict verdict, const TextStyle& style) {
  constexpr std::array<std::string_view, 4> kWords{"HEALTHY", "DEGRADED", "BROKEN", "INCOMPLETE"};
  constexpr std::array<std::string_view, 4> kColours{"1;32", "1;33", "1;31", "1;35"};
  const auto at = static_cast<std::size_t>(verdict);
  if (!style.colour) return std::string(kWords.at(at));
  return "\x1b[" + std::string(kColours.at(at)) + "m" + std::string(kWords.at(at)) + "\x1b[0m";
}

std::size_t files_named(const Report& report) {
  std::set<std::string> files;
  const auto add = [&](const Origin& origin) {
    if (origin.kind == Origin::Kind::file) files.insert(origin.name);
  };
  for (const Setting& setting : report.settings) add(setting.origin);
  for (const CheckResult& check : report.checks) {
    for (const ReportedFinding& reported : check.findings) {
      if (reported.finding.origin) add(*reported.finding.origin);
    }
  }
  return files.size();
}

std::string files_only_sentence(const Report& report) {
  const auto count = [&](Severity severity) {
    return static_cast<std::size_t>(std::ranges::count_if(report.diagnoses, [&](const Diagnosis& diagnosis) {
      return diagnosis.finding.severity == severity;
    }));
  };
  const std::size_t failures = count(Severity::failure), warnings = count(Severity::warning);
  std::string found;
  if (failures > 0) found = counted(failures, "failure", "failures");
  if (warnings > 0) found += (found.empty() ? "" : ", ") + counted(warnings, "warning", "warnings");
  if (found.empty()) found = report.verdict == Verdict::unknown ? report.summary : "no problem";
  const std::size_t files = files_named(report);
  if (files > 0 && report.verdict != Verdict::unknown) found += " in " + counted(files, "file", "files");
  const bool in_part =
      failures + warnings == 0 && report.verdict != Verdict::unknown &&
      std::ranges::any_of(report.checks, [](const auto& check) { return check.outcome == Outcome::unknown; });
  if (in_part) found += ", as far as it could be judged here";
  if (!found.ends_with('.')) found += '.';
  return found + " Files only: nothing was contacted.";
}

std::string seconds(Microseconds took) {
  const auto tenths = (took.count() + 50'000) / 100'000;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

std::string seen_from(const Report& report) {
  const VantageView& vantage = report.vantage;
  std::string out = vantage.host.empty() ? "this machine" : vantage.host;
  for (std::size_t i = 0; i < vantage.addresses.size() && i < 2; ++i) out += ", " + vantage.addresses[i];
  out += " (" + std::string(name_of(vantage.kind));
  if (!vantage.declared) {
    // A reason that is no proof begins with "guessed".
    const bool guess = vantage.reason.starts_with("guessed");
    out += vantage.reason.empty() ? ", guessed" : (guess ? ", " : ": ") + vantage.reason;
  }
  out += "), audience " + std::string(name_of(report.audience));
  return out + ". " + seconds(report.duration) + ".";
}

/// The forward proxy through which HTTP went; empty: none.
std::string way_out(const Report& report) {
  for (const CheckResult& check : report.checks) {
    const auto found = check.facts.find("via_proxy");
    if (found != check.facts.end() && found->is_string()) return found->get<std::string>();
  }
  return {};
}

std::string head(const Report& report, const TextStyle& style) {
  const bool files_only = is_files_only(report);
  const std::string sentence = files_only ? files_only_sentence(report) : report.summary;
  std::string out = wrapped(verdict_word(report.verdict, style) + "  ", safe(sentence), style.width);
  if (!files_only) out += wrapped("  seen from  ", safe(seen_from(report)), style.width);
  const std::string proxy = way_out(report);
  if (!proxy.empty()) {
    out += wrapped("  through    ",
                   "the forward proxy " + safe(proxy) + ": HTTP and WebSocket; media goes directly",
                   style.width);
  }
  return out;
}

std::string untested(const Report& report, const TextStyle& style) {
  if (report.not_tested.empty()) return {};
  if (style.verbose || report.not_tested.size() <= 4) {
    std::string out;
    for (const NotTested& item : report.not_tested) {
      std::string line = item.what + (item.reason.empty() ? "" : ": " + item.reason);
      if (!item.how.empty()) line += (item.reason.empty() ? ": " : "; ") + item.how;
      out += wrapped("  not tested  ", safe(line), style.width);
    }
    return out;
  }
  std::string line;
  for (const NotTested& item : report.not_tested) {
    line += (line.empty() ? "" : " · ") + item.what + (item.reason.empty() ? "" : " (" + item.reason + ")");
  }
  return wrapped("  not tested  ", safe(line), style.width);
}

std::string remarks(const Report& report, const TextStyle& style) {
  const std::string lead = text(Mark::info, style) + "  ";
  std::string out;
  for (const CheckResult& check : report.checks) {
    for (const ReportedFinding& reported : check.findings) {
      const Finding& finding = reported.finding;
      if (finding.severity != Severity::info || reported.explained_by) continue;
      const std::string where = finding.origin ? " (" + text(*finding.origin) + ")" : "";
      out += wrapped(lead, safe(finding.title + where), style.width);
    }
  }
  for (const std::string& note : report.notes) out += wrapped(lead, safe(note), style.width);
  for (const Suppressed& item : report.suppressed) {
    const std::string until = item.expires.empty() ? "" : ", until " + item.expires;
    out += wrapped(lead, safe("not shown: " + item.id + " (" + item.reason + until + ")"), style.width);
  }
  return out;
}

/// Of sessions by WHIP: what stands between refuses the DELETE by which they end.
bool has_unended_sessions(const CheckResult& check) {
  const auto found = check.facts.find("unended_sessions");
  return found != check.facts.end() && found->is_number() && *found > 0;
}

std::string left_behind(const Report& report, const TextStyle& style) {
  if (report.side_effects.rooms == 0) return {};
  const auto rooms = static_cast<std::size_t>(report.side_effects.rooms);
  const bool stuck = std::ranges::any_of(report.checks, has_unended_sessions);
  const std::string until =
      stuck ? "within a minute: LiveKit did not take the leave (DELETE) of sessions by WHIP"
            : report.rooms_stay;
  const std::string what = counted(rooms, "room", "rooms") + " lkdoctor-…, gone by themselves ";
  return wrapped("", "left behind: " + what + until, style.width);
}

std::string last_line(const Report& report, const TextOptions& options) {
  std::string out = "  exit " + std::to_string(options.exit_status);
  const bool warned = report.verdict == Verdict::degraded;
  if (options.exit_status == 0 && options.exit_zero && report.verdict != Verdict::healthy && !warned) {
    out += " (--exit-zero)";
  } else if (options.exit_status == 0 && warned) {
    out += " (warnings do not fail; in cron use --fail-on warn)";
  } else if (options.exit_status == 3) {
    const std::string groups = judged_groups(report);
    if (!groups.empty()) out += ". For a check that shall end with 0 here: --only " + groups;
  }
  return out + "\n";
}

std::string whole(const Report& report, const TextOptions& options) {
  const TextStyle& style = options.style;
  std::string out = head(report, style);
  const std::string causes = cause_paragraphs(report, style);
  if (style.quiet) return out + causes;
  if (!causes.empty()) out += "\n" + causes;
  const std::string picture = path_picture(report, style);
  out += "\n";
  if (!picture.empty()) out += picture;
  out += range_strip(report, style);
  out += style.verbose ? unfolded_checks(report, style) : folded_checks(report, style);
  out += remarks(report, style) + untested(report, style) + left_behind(report, style);
  return out + last_line(report, options);
}

}  // namespace

bool is_files_only(const Report& report) {
  bool any = false;
  for (const CheckResult& check : report.checks) {
    if (check.outcome == Outcome::skip) continue;
    any = true;
    if (check.group != "config" && check.group != "compose") return false;
  }
  return any && report.side_effects.requests == 0 && !report.asked_responder;
}

std::string text(const Report& report, const TextOptions& options) {
  if (options.style.quiet && options.exit_status == 0) return {};
  std::string out = whole(report, options);
  return options.style.utf8 ? out : to_ascii(out);
}

}  // namespace lkdoctor::report
