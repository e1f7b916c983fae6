// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/deployment.hpp>
#include <lkdoctor/net/outcome.hpp>

namespace lkdoctor::probes {

/// How far a connection came that was not opened.
CarriedState state_of_failure(const net::NetOutcome& outcome);

/// The one place where a state becomes words: a clause that says why no session is carried, and what to do.
/// `place`: "TCP 198.51.100.23:17881", or the name that does not resolve; `detail`: what the responder or the
/// system said.
std::string words_of(CarriedState state, const std::string& place, const std::string& detail);

}  // namespace lkdoctor::probes
