// SPDX-License-Identifier: EUPL-1.2
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <lkdoctor/redaction.hpp>
#include <lkdoctor/text.hpp>

#include "cli/commands.hpp"
#include "cli/texts.hpp"
#include "model/groups.hpp"

namespace lkdoctor::cli {
namespace {

constexpr int kWidth = 100;
constexpr int kNothingKnown = 1;

std::string checks_raising(const engine::CheckList& checks, std::string_view finding) {
  std::string out;
  for (const auto& check : checks) {
    const auto& findings = check->info().findings;
    const bool raises =
        std::ranges::any_of(findings, [&](const FindingDef* one) { return one->id == finding; });
    if (raises) out += (out.empty() ? "" : ", ") + std::string(check->info().id);
  }
  return out;
}

std::string about_finding(const FindingEntry& entry, const engine::CheckList& checks) {
  const FindingDef& finding = *entry.definition;
  std::string out = std::string(finding.id) + "  (" + Json(finding.severity).get<std::string>() + ")\n";
  out += report::wrapped("", std::string(finding.title) + ".", kWidth) + "\n" + std::string(entry.prose);
  if (!out.ends_with('\n')) out += "\n";
  out += "\n" + report::wrapped("Change:     ", std::string(finding.remedy) + ".", kWidth);
  const std::string raised = checks_raising(checks, finding.id);
  return raised.empty() ? out : out + report::wrapped("Raised by:  ", raised, kWidth);
}

std::string about_check(const CheckInfo& info) {
  std::string out = std::string(info.id) + "  (check)\n" + std::string(info.title) + "\n";
  const auto texts = check_texts();
  const auto found = std::ranges::find(texts, info.id, &CheckText::id);
  if (found != texts.end()) out += "\n" + std::string(found->text);
  std::string findings;
  for (const FindingDef* finding : info.findings) {
    findings += (findings.empty() ? "" : ", ") + std::string(finding->id);
  }
  return findings.empty() ? out : out + "\n" + report::wrapped("Can find:  ", findings, kWidth);
}

/// How much of `text` the longest pattern of `known` that occurs in it names; 0: none occurs.
std::size_t weight(const KnownText& known, std::string_view lower) {
  std::size_t longest = 0;
  std::string_view rest = known.patterns;
  while (!rest.empty()) {
    const std::string_view pattern = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(pattern.size() + 1, rest.size()));
    if (pattern.size() <= longest) continue;
    const std::string wanted = to_lower_ascii(pattern);
    const bool glob = wanted.find_first_of("*?") != std::string::npos;
    if (glob ? matches_glob("*" + wanted + "*", lower) : lower.find(wanted) != std::string_view::npos) {
      longest = pattern.size();
    }
  }
  return longest;
}

/// The one known text that says most about `text`, or null. An error often ends in words of the system
/// ("connection refused"): what stands around them tells more.
const KnownText* known_in(std::string_view text) {
  const std::string lower = to_lower_ascii(text);
  const KnownText* best = nullptr;
  std::size_t most = 0;
  for (const KnownText& known : known_texts()) {
    const std::size_t here = weight(known, lower);
    if (here == 0) continue;
    const bool better = best == nullptr || (best->generic && !known.generic) ||
                        (best->generic == known.generic && here > most);
    if (!better) continue;
    best = &known;
    most = here;
  }
  return best;
}

std::string about_text(const KnownText& known) {
  std::string out = report::wrapped(
      "", "This text is " + std::string(known.says) + ". " + std::string(known.meaning), kWidth);
  if (!known.causes.empty()) {
    out += report::wrapped("Causes, most frequent first:  ", known.causes, kWidth);
  }
  if (!known.ask.empty()) out += report::wrapped("Ask for:  ", known.ask, kWidth);
  return out;
}

struct Hit {
  const KnownText* known;
  std::size_t count;
  std::string first_line;
};

std::vector<Hit> hits_in(std::string_view log) {
  std::vector<Hit> hits;
  while (!log.empty()) {
    const std::size_t end = std::min(log.find('\n'), log.size());
    const std::string_view line = trimmed(log.substr(0, end));
    log.remove_prefix(std::min(end + 1, log.size()));
    constexpr std::size_t kLongestLine = 4096;
    const std::string_view looked_at = line.substr(0, kLongestLine);
    const KnownText* known = known_in(looked_at);
    if (known == nullptr) continue;
    const auto before = std::ranges::find(hits, known, &Hit::known);
    if (before != hits.end()) {
      ++before->count;
    } else {
      hits.push_back({known, 1, std::string(looked_at)});
    }
  }
  return hits;
}

int explain_log(const Session& session) {
  const std::vector<Hit> hits = hits_in(whole_input());
  if (hits.empty()) {
    complain("no line of stdin is a text that this release knows");
    return kNothingKnown;
  }
  const Redactor redactor;
  std::string out;
  for (const Hit& hit : hits) {
    if (!out.empty()) out += "\n";
    out += "> " + printable(without_secrets(redactor.clean(hit.first_line)), 160);
    if (hit.count > 1) out += "   (" + std::to_string(hit.count) + " times)";
    out += "\n" + about_text(*hit.known);
  }
  return print(session, out);
}

std::string about_group(std::string_view group, const engine::CheckList& checks) {
  std::string out;
  for (const auto& check : checks) {
    if (check->info().group() == group)
      out += "  " + std::string(check->info().id) + "  " + std::string(check->info().title) + "\n";
  }
  return out.empty() ? out : std::string(group) + "  (group of checks)\n" + out;
}

std::string about_id(const std::string& id, const engine::CheckList& checks) {
  if (const FindingEntry* finding = find_finding(id)) return about_finding(*finding, checks);
  for (const auto& check : checks) {
    if (check->info().id == id) return about_check(check->info());
  }
  return about_group(id, checks);
}

/// Named as a cause by a text that this release knows.
bool is_named_cause(std::string_view id) {
  return std::ranges::any_of(known_texts(), [&](const KnownText& known) {
    const std::string causes = ", " + std::string(known.causes) + ", ";
    return causes.find(", " + std::string(id) + ", ") != std::string::npos;
  });
}

/// Words for a check or group in the style of ours that this release does not have; empty: no such id.
std::string not_here_yet(const std::string& id, const engine::CheckList& checks) {
  const auto is_of_an_id = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  if (!std::ranges::all_of(id, is_of_an_id)) return {};
  const std::string group = id.substr(0, id.find('_'));
  if (std::ranges::find(group_order(), group) == group_order().end()) return {};
  std::string there;
  for (const auto& check : checks) {
    if (check->info().group() == group) there += (there.empty() ? "" : ", ") + std::string(check->info().id);
  }
  const std::string what =
      id == group ? "the group \"" + group + "\" has no check" : "no check is called \"" + id + "\"";
  if (there.empty()) return what + " in this release, nor any other of that group; see lkdoctor list checks";
  return what + " in this release; of that group there are " + there;
}

[[noreturn]] void unknown(const std::string& text, const engine::CheckList& checks) {
  std::vector<std::string_view> known(group_order().begin(), group_order().end());
  for (const FindingEntry& entry : finding_catalogue()) known.push_back(entry.definition->id);
  for (const auto& check : checks) known.push_back(check->info().id);
  const std::string shown = printable(without_secrets(Redactor().clean(text)), 80);
  const bool group = std::ranges::find(group_order(), text) != group_order().end();
  if (is_named_cause(text)) {
    throw UsageError{"the finding \"" + text + "\" is not in this release: nothing here looks for it yet"};
  }
  if (const std::string near = group ? "" : nearest(text, known); !near.empty()) {
    throw UsageError{"nothing is known of \"" + shown + "\"; did you mean " + near + "?"};
  }
  if (const std::string words = not_here_yet(text, checks); !words.empty()) throw UsageError{words};
  throw UsageError{"nothing is known of \"" + shown + "\"; see lkdoctor list findings"};
}

}  // namespace

int run_explain(const Session& session) {
  std::string text;
  for (const std::string& word : session.arguments.positionals) text += (text.empty() ? "" : " ") + word;
  if (text.empty()) throw UsageError{"explain what? An id, an error text in quotes, or - for a log on stdin"};
  if (text == "-") return explain_log(session);
  std::string out = about_id(text, session.checks);
  if (out.empty()) {
    if (const KnownText* known = known_in(text)) out = about_text(*known);
  }
  if (out.empty()) unknown(text, session.checks);
  return print(session, out);
}

}  // namespace lkdoctor::cli
