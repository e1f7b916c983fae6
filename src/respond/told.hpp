// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <set>
#include <string>
#include <utility>

#include "respond/event.hpp"

namespace lkdoctor::respond {

/// Each kind of event is told once a source. What strangers cause has its own budget, so that they cannot
/// keep what authenticated clients cause from being told.
class ToldOnce {
 public:
  /// True: it is to be told now.
  bool first(Event::Kind kind, const std::string& address);

 private:
  std::set<std::pair<Event::Kind, std::string>> by_strangers_, by_clients_;  // bounded
};

}  // namespace lkdoctor::respond
