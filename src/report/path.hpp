// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/report.hpp"

namespace lkdoctor::report {

/// A stretch of the way from a browser to media. worse: it works, but not for everybody. absent: switched
/// off.
enum class Leg { ok, broken, unknown, absent, worse };
std::string_view word_of(Leg leg);

struct MediaWay {
  Leg leg = Leg::unknown;
  std::string name;  ///< "UDP 20000-25000", "TCP 7881", "TURN over TLS"
};

/// browser ─▶ door ─▶ proxy ─▶ LiveKit ─▶ media. Only names that we know ourselves.
struct Path {
  Leg to_door = Leg::unknown, to_proxy = Leg::unknown, to_livekit = Leg::unknown;
  std::string door;   ///< "443 TLS"
  std::string proxy;  ///< "nginx", "OpenTalk controller"
  std::vector<MediaWay> media;
};
/// nullopt: nothing but files was looked at, or there is no public_url.
std::optional<Path> path_of(const Report& report);

/// True if nothing but files was looked at.
bool is_files_only(const Report& report);

}  // namespace lkdoctor::report
