// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Where things are, below the prefix of the web (`--web.route-prefix`, without a slash at its end). Pages
/// and messages link to them, `Routes` finds them.
namespace lkdoctor::serve {

inline constexpr std::string_view kStylePlace = "/style.css";
inline constexpr std::string_view kScriptPlace = "/live.js";
inline constexpr std::string_view kEventsPlace = "/live";     ///< server-sent events
inline constexpr std::string_view kTargetPlaces = "/t/";      ///< before the name of a target
inline constexpr std::string_view kIncidents = "/incident/";  ///< behind it, before the begin of an incident
inline constexpr std::string_view kReportPlace = "/api/v1/report";

/// Everything but letters, digits and `-._~` as %XX (RFC 3986 §2.3).
std::string percent_encoded(std::string_view text);

std::string target_place(std::string_view target);  ///< "/t/lk01"
/// Of the spell that began then: "/t/lk01/incident/1795334400000".
std::string incident_place(std::string_view target, std::int64_t from_ms);
std::string report_place(std::string_view target);  ///< "/api/v1/report?target=lk01"

}  // namespace lkdoctor::serve
