// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "serve/exposition.hpp"

namespace lkdoctor::serve {

/// The format for a request's Accept header (RFC 9110 §12.5.1); "" where it has none. OpenMetrics only for
/// who names it, in version 1.0.0 or without one, and likes it no less than text; text otherwise, also where
/// neither is acceptable: a scraper that gets something can say what it missed.
TextFormat negotiate(std::string_view accept);

}  // namespace lkdoctor::serve
