// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/fact.hpp>
#include <lkdoctor/secret.hpp>
#include <map>

#include "model/report.hpp"

namespace lkdoctor {

/// What one check brought home. Either an observation or the reason why there is none.
struct Collected {
  std::optional<Json> observation;
  std::string failure;  ///< "deadline: 10.0 s", "crashed (signal 11)", a CouldNotTell sentence; empty with an
                        ///< observation
  Microseconds took{0};
  std::vector<Phase> phases;
  std::vector<std::string> log;
};
LKDOCTOR_JSON(Collected, observation, failure, took, phases, log)

/// Everything a run saw, before anyone judged it. Stored as it is, so that newer rules can judge it again.
struct Recording {
  Json deployment;  ///< describe(): no secret inside
  std::string tool_version;
  std::int64_t started_ms = 0;
  Microseconds duration{0};
  std::string host;
  std::vector<std::string> local_addresses;
  bool interrupted = false;
  std::vector<std::string> only, skip;         ///< what --only and --skip said
  std::map<std::string, Collected> collected;  ///< by check id
  std::map<std::string, std::string> skipped;  ///< by check id: reason
  std::map<std::string, Json> facts;
  SideEffects side_effects;
};
LKDOCTOR_JSON(Recording, deployment, tool_version, started_ms, duration, host, local_addresses, interrupted,
              only, skip, collected, skipped, facts, side_effects)

/// Masks secrets in every text inside: what a peer echoed of them goes into no recording.
void redact(Json& value, const Redactor& redactor);

/// As it is stored: JSON with `"schema": "lkdoctor.recording/1"`, ends with a line feed.
std::string dump_recording(const Recording& recording);
/// Reads what dump_recording() wrote, whatever file that text comes from. Throws std::invalid_argument with a
/// sentence if it is no recording, longer than 64 MiB or nested too deeply.
Recording load_recording(std::string_view text);

}  // namespace lkdoctor
