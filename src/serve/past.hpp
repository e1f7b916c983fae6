// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <lkdoctor/finding.hpp>
#include <lkdoctor/json.hpp>
#include <map>
#include <string>
#include <vector>

#include "model/report.hpp"

namespace lkdoctor {
NLOHMANN_JSON_SERIALIZE_ENUM(Verdict, {{Verdict::unknown, "unknown"},
                                       {Verdict::healthy, "healthy"},
                                       {Verdict::degraded, "degraded"},
                                       {Verdict::broken, "broken"}})
}  // namespace lkdoctor

namespace lkdoctor::serve {

/// A root cause as it is remembered: redacted, in the words of its last run.
struct PastCause {
  std::string finding, subject;
  Severity severity = Severity::failure;
  std::string title, remedy;
  friend bool operator==(const PastCause&, const PastCause&) = default;
};
LKDOCTOR_JSON(PastCause, finding, subject, severity, title, remedy)

/// What a run leaves behind.
struct Moment {
  std::string target;
  std::int64_t at_ms = 0;  ///< wall clock, when it ended
  Verdict verdict = Verdict::unknown;
  std::vector<PastCause> causes;
  std::map<std::string, double> readings;  ///< what was measured: by name, in base units ("udp_rtt_seconds")
};
LKDOCTOR_JSON(Moment, target, at_ms, verdict, causes, readings)

/// A time during which verdict and causes stayed the same.
struct Spell {
  std::int64_t from_ms = 0, until_ms = 0;  ///< first and last run that saw it
  Verdict verdict = Verdict::unknown;
  std::vector<PastCause> causes;
  friend bool operator==(const Spell&, const Spell&) = default;
};
LKDOCTOR_JSON(Spell, from_ms, until_ms, verdict, causes)

/// What a reading was in one slot of `kSlot`.
struct Slot {
  std::int64_t at_ms = 0;  ///< its begin
  double least = 0, mean = 0, most = 0;
  friend bool operator==(const Slot&, const Slot&) = default;
};
LKDOCTOR_JSON(Slot, at_ms, least, mean, most)
inline constexpr std::int64_t kSlotMs = 300'000;

/// The past of one target, the oldest first.
struct Past {
  std::vector<Spell> spells;
  std::map<std::string, std::vector<Slot>> readings;
};
LKDOCTOR_JSON(Past, spells, readings)

struct PastQuestion {
  std::string target;  ///< empty: every target
  std::int64_t since_ms = 0;
  bool readings = true;  ///< else spells alone
};
LKDOCTOR_JSON(PastQuestion, target, since_ms, readings)

}  // namespace lkdoctor::serve
