// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/deployment.hpp>

/// Why several checks cannot run, in the words of the report; nullopt: they can.
namespace lkdoctor {

/// A responder carries a session, or may do so: it was not asked yet.
bool may_be_carried(const Deployment& deployment);
/// A clause; empty: it carries one, or was not asked.
std::string why_not_carried(const Deployment& deployment);
std::optional<std::string> missing_credentials(const Deployment& deployment);  ///< to sign or to join
std::optional<std::string> missing_controller(const Deployment& deployment);   ///< OpenTalk's settings

}  // namespace lkdoctor
