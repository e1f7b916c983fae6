// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <fmt/format.h>

#include <lkdoctor/probes/media_session.hpp>

/// How a session that came to nothing is told.
namespace lkdoctor::probes {

inline std::string last_words_of(const LinkReport& link) {
  if (!link.last_received) return "nothing came back";
  const double at = static_cast<double>(link.last_received->at.count()) / 1000;
  return fmt::format("the last packet was {} from {}, after {:.0f} ms", link.last_received->what,
                     link.last_received->peer, at);
}

}  // namespace lkdoctor::probes
