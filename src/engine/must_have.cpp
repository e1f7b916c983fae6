// SPDX-License-Identifier: EUPL-1.2
#include "engine/must_have.hpp"

#include <algorithm>

namespace lkdoctor::engine {
namespace {

struct MustHave {
  std::string_view check;  ///< the check that gives the result
  std::string_view what;
  std::string_view how;
  Vantages vantages;
};

constexpr Vantages kUsers = at({Vantage::outside, Vantage::inside, Vantage::livekit_host});

constexpr MustHave kMustHaves[] = {
    {"media_udp", "media over UDP",
     "this release carries no media; let two people join a meeting from here and look at their transport",
     kUsers},
    {"media_loop", "audio through LiveKit and back",
     "this release carries no media; let two people join a meeting from here", kUsers},
    {"media_udp", "media from the recorder", "this release carries no media; record a short meeting",
     at({Vantage::recorder})},
};

}  // namespace

std::vector<NotTested> unfulfilled(const CheckList& checks, const Selection& selection, Vantage vantage) {
  std::vector<NotTested> missing;
  for (const MustHave& wanted : kMustHaves) {
    const bool there =
        std::ranges::any_of(checks, [&](const auto& check) { return check->info().id == wanted.check; });
    if (there || !wanted.vantages.has(vantage) || !is_selected(selection, wanted.check)) continue;
    missing.push_back({std::string(wanted.what), "no check for it in this release", std::string(wanted.how)});
  }
  return missing;
}

}  // namespace lkdoctor::engine
