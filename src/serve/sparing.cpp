// SPDX-License-Identifier: EUPL-1.2
#include "serve/sparing.hpp"

#include <algorithm>
#include <lkdoctor/facts/key_verdict.hpp>

namespace lkdoctor::serve {
namespace {

bool was_content(const Report& known, std::string_view check) {
  const auto found = std::ranges::find(known.checks, check, &CheckResult::id);
  return found != known.checks.end() && found->outcome != Outcome::fail && found->outcome != Outcome::unknown;
}

const Json* observation_of_key(const Recording& recording) {
  const auto found = recording.collected.find("api_key");
  if (found == recording.collected.end() || !found->second.observation) return nullptr;
  return found->second.observation->is_object() ? &*found->second.observation : nullptr;
}

}  // namespace

bool lives_on_refusals(std::string_view check) {
  return check == "signalling_public" || check == "signalling_service";
}

facts::Refusals refusals_of(const DueRun& due, const Report* known) {
  return due.refusals || known == nullptr ? facts::Refusals::few : facts::Refusals::none;
}

std::vector<std::string> checks_to_run(const DueRun& due, const Report* known,
                                       const std::set<std::string>& doubted) {
  const bool may_wait = refusals_of(due, known) == facts::Refusals::none && known->verdict != Verdict::broken;
  std::vector<std::string> out;
  for (const std::string& check : due.checks) {
    const bool waits = may_wait && lives_on_refusals(check) && was_content(*known, check);
    if (!waits || doubted.contains(check)) out.push_back(check);
  }
  return out.empty() ? due.checks : out;
}

void keep_clock(Recording& run, const Recording& former) {
  const Json *now = observation_of_key(run), *then = observation_of_key(former);
  if (now == nullptr || then == nullptr || now->value("ladder_at", "") != "spared") return;
  Json& kept = *run.collected.at("api_key").observation;
  for (const char* part : {"ladder_at", "ladder"}) {
    if (then->contains(part)) kept[part] = then->at(part);
  }
  constexpr const char* kOffset = "server_clock_offset_seconds";
  const std::string fact(facts::key_verdict.name);
  const auto given = run.facts.find(fact);
  const auto measured = former.facts.find(fact);
  if (given == run.facts.end() || measured == former.facts.end()) return;
  if (measured->second.contains(kOffset)) given->second[kOffset] = measured->second.at(kOffset);
}

}  // namespace lkdoctor::serve
