// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/deployment.hpp>

/// Why several checks cannot run, in the words of the report; nullopt: they can.
namespace lkdoctor {

std::optional<std::string> missing_credentials(const Deployment& deployment);  ///< to sign or to join
std::optional<std::string> missing_controller(const Deployment& deployment);   ///< OpenTalk's settings

}  // namespace lkdoctor
