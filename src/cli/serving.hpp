// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "cli/commands.hpp"
#include "serve/settings.hpp"

namespace lkdoctor::cli {

/// Probes and answers until a signal ends it; gives the exit status. REQUIRES: settings without an error.
int serve_until_stopped(const Session& session, serve::Settings settings);

}  // namespace lkdoctor::cli
