// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/check.hpp>

#include "observation.hpp"

namespace lkdoctor::checks::tcp_ice {

/// Three connections at once; the control is waited for only as long as an open port needed.
/// REQUIRES: `target` outlives it.
awaitable<void> look_at(Target* target, std::uint16_t port, Deadline deadline);

}  // namespace lkdoctor::checks::tcp_ice
