// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/report.hpp"
#include "serve/past.hpp"

/// The status page (contract §5). Pure: values in, HTML out. Every text is escaped; there is no script or
/// style inside, and nothing comes from elsewhere.
namespace lkdoctor::serve {

/// The prober, at the time of the request.
struct Site {
  std::string prober;  ///< name of this machine
  std::string prefix;  ///< --web.route-prefix without a slash at its end
  std::string version;
  std::int64_t now_ms = 0;
  /// Anybody can read it: verdict, time and title are shown, and of titles those without values.
  bool open = false;
};

/// A target as it is shown.
struct ShownTarget {
  std::string name;
  const Report* report = nullptr;  ///< redacted; null: no run has ended
  std::int64_t since_ms = 0;       ///< of its verdict; 0: not known
  bool stale = false;
  std::vector<std::int64_t> causes_since_ms;  ///< by place in report->diagnoses; 0 or missing: not known
  const Past* past = nullptr;                 ///< null: not known
};

/// A time in which a target was not healthy, without a break.
struct Incident {
  std::vector<Spell> spells;
  bool over = false;
  std::int64_t from_ms() const { return spells.front().from_ms; }
  std::int64_t until_ms() const { return spells.back().until_ms; }
};
/// The latest first.
std::vector<Incident> incidents_of(const Past& past);

/// `/`: every target, what is not in order first.
std::string overview_page(const Site& site, std::span<const ShownTarget> targets);
/// `/t/NAME`
std::string target_page(const Site& site, const ShownTarget& target);
/// `/t/NAME/incident/FROM`, made to be printed. nullopt: the past has no incident that began then.
std::optional<std::string> incident_page(const Site& site, const ShownTarget& target, std::int64_t from_ms);

/// Files of src/serve/page: /style.css and /live.js.
std::string_view style_sheet();
std::string_view live_script();

/// A server-sent event for live.js: `name` is "changed", whose text is read aloud, or "ran".
std::string live_event(std::string_view name, std::string_view text);

}  // namespace lkdoctor::serve
