// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/deployment.hpp>

namespace lkdoctor {

/// Knows everything secret in a deployment: the one list of what is masked, in the engine and in reports.
Redactor redactor_for(const Deployment::Secrets& secrets);

}  // namespace lkdoctor
