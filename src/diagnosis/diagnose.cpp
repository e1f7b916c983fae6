// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/diagnose.hpp"

#include <algorithm>

#include "diagnosis/cases.hpp"
#include "diagnosis/summary.hpp"
#include "model/groups.hpp"

namespace lkdoctor::diagnosis {
namespace {

void apply_rules(Cases& cases) {
  std::vector<Rule> rules;
  for (const MakeRule make : rule_table()) rules.push_back(make());
  std::ranges::stable_sort(rules, {}, &Rule::rank);
  for (const Rule& rule : rules) rule.apply(cases);
}

/// One problem seen by two checks (one certificate at two URLs) is one diagnosis.
std::optional<std::size_t> twin(const std::vector<Case>& cases, std::size_t at) {
  for (std::size_t earlier = 0; earlier < at; ++earlier) {
    const Finding &one = cases[earlier].finding(), &other = cases[at].finding();
    if (!cases[earlier].cause && one.severity != Severity::info && one.id == other.id &&
        one.subject == other.subject) {
      return earlier;
    }
  }
  return std::nullopt;
}

struct Ranked {
  Diagnosis diagnosis;
  std::size_t group_rank;
};

bool before(const Ranked& left, const Ranked& right) {
  const Finding &a = left.diagnosis.finding, &b = right.diagnosis.finding;
  if (a.severity != b.severity) return a.severity > b.severity;
  if (a.confidence != b.confidence) return a.confidence > b.confidence;
  const std::size_t explained_a = left.diagnosis.explains.size(),
                    explained_b = right.diagnosis.explains.size();
  if (explained_a != explained_b) return explained_a > explained_b;
  return left.group_rank < right.group_rank;
}

/// One problem at several places: each of them is named.
void add_places(Finding& finding, const Finding& twin) {
  const auto url_of = [](const Finding& one) {
    return std::ranges::find(one.evidence, "url", &Evidence::key);
  };
  const auto other = url_of(twin);
  if (other == twin.evidence.end() || !other->value.is_string()) return;
  for (Evidence& evidence : finding.evidence) {
    if (evidence.key != "url" || evidence.untrusted || !evidence.value.is_string()) continue;
    const std::string here = evidence.value.get<std::string>(), there = other->value.get<std::string>();
    if (here.find(there) == std::string::npos) evidence.value = here + ", " + there;
    return;
  }
}

void add_explained(Diagnosis& diagnosis, const Finding& effect) {
  // A cause is at least as bad as what it brings about.
  diagnosis.finding.severity = std::max(diagnosis.finding.severity, effect.severity);
  if (effect.id == diagnosis.finding.id) {
    if (effect.origin && !diagnosis.finding.origin) diagnosis.finding.origin = effect.origin;
    if (effect.subject == diagnosis.finding.subject) add_places(diagnosis.finding, effect);
    return;
  }
  if (std::ranges::find(diagnosis.explains, effect.id) == diagnosis.explains.end()) {
    diagnosis.explains.push_back(effect.id);
  }
}

std::vector<Diagnosis> diagnoses_of(const Cases& cases) {
  const std::vector<Case>& all = cases.all();
  std::map<std::size_t, Ranked> roots;
  for (std::size_t at = 0; at < all.size(); ++at) {
    if (all[at].cause || all[at].finding().severity == Severity::info || twin(all, at)) continue;
    roots[at] = {{all[at].finding(), {}}, rank_of_group(all[at].check->group)};
  }
  for (std::size_t at = 0; at < all.size(); ++at) {
    const std::size_t root = cases.root(at);
    const std::size_t home = twin(all, root).value_or(root);
    if (home == at || !roots.contains(home)) continue;
    add_explained(roots.at(home).diagnosis, all[at].finding());
    all[at].reported().explained_by = all[home].finding().id;
  }
  std::vector<Ranked> ranked;
  for (auto& [at, entry] : roots) ranked.push_back(std::move(entry));
  std::ranges::stable_sort(ranked, before);
  std::vector<Diagnosis> out;
  for (Ranked& entry : ranked) out.push_back(std::move(entry.diagnosis));
  return out;
}

}  // namespace

void diagnose(Report& report, const Facts& facts) {
  Cases cases(report, facts);
  apply_rules(cases);
  report.diagnoses = diagnoses_of(cases);
  summarize(report, facts);
}

}  // namespace lkdoctor::diagnosis
