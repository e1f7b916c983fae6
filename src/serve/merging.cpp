// SPDX-License-Identifier: EUPL-1.2
#include "serve/merging.hpp"

#include "serve/sparing.hpp"

namespace lkdoctor::serve {
namespace {

/// A fact that the check's new run did not give again holds no longer.
void forget(Merged& into, const CheckInfo& info) {
  into.recording.collected.erase(std::string(info.id));
  into.recording.skipped.erase(std::string(info.id));
  for (const std::string_view fact : info.gives) into.recording.facts.erase(std::string(fact));
}

void take_head(Recording& into, Recording& run) {
  into.deployment = std::move(run.deployment);
  into.tool_version = std::move(run.tool_version);
  into.started_ms = run.started_ms;
  into.duration = run.duration;
  into.host = std::move(run.host);
  into.local_addresses = std::move(run.local_addresses);
  into.side_effects = run.side_effects;
}

void take_facts(Merged& into, Recording& run, const CheckInfo& info) {
  for (const std::string_view fact : info.gives) {
    auto given = run.facts.extract(std::string(fact));
    if (!given.empty()) into.recording.facts.insert_or_assign(given.key(), std::move(given.mapped()));
  }
}

}  // namespace

void merge(Merged& into, Recording run, std::int64_t ended_ms, const engine::CheckList& checks) {
  take_head(into.recording, run);
  keep_clock(run, into.recording);
  for (const auto& check : checks) {
    const CheckInfo& info = check->info();
    const std::string id(info.id);
    if (const auto found = run.collected.find(id); found != run.collected.end()) {
      if (run.interrupted && !found->second.observation) continue;
      forget(into, info);
      into.recording.collected[id] = std::move(found->second);
      into.ended_ms[id] = ended_ms;
      take_facts(into, run, info);
    } else if (const auto skipped = run.skipped.find(id); skipped != run.skipped.end() && !run.interrupted) {
      forget(into, info);
      into.recording.skipped[id] = std::move(skipped->second);
    }
  }
}

}  // namespace lkdoctor::serve
