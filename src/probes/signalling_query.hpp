// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/finding.hpp>
#include <lkdoctor/probes/signalling.hpp>
#include <optional>

namespace lkdoctor::probes {

/// The upgrade arrived: only LiveKit's handler behind the upgrade check speaks so. What LiveKit says at /
/// shows that the path got lost.
bool reached_handler(const proto::Reading& reading);

/// What a request as browsers send it, with its token in the query, meets on the way to LiveKit, where
/// shorter ones without a token arrive. Browsers can send the token nowhere else.
std::optional<Finding> met_by_query(const UpgradeSurvey& survey, const std::string& url);

/// LiveKit speaks of a bad token where none was sent: the proxy puts an Authorization header of its own
/// there. `outcome`: whose token never counts, and what comes of it.
std::optional<Finding> met_without_token(const UpgradeSurvey& survey, const std::string& url,
                                         const std::string& outcome);

}  // namespace lkdoctor::probes
