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
    {"media_loop", "audio through LiveKit and back", "let two people join a meeting from here", kUsers},
};

}  // namespace

bool demands(const CheckInfo& info, const Deployment& deployment) {
  if (!info.must_have.has(deployment.run.vantage)) return false;
  // One token is one participant: nobody is there to hear it.
  const bool alone = !deployment.has_key_pair() && deployment.token.is_set();
  return !(alone && info.id == "media_loop");
}

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

std::vector<NotTested> unrecorded(const CheckList& checks, const Recording& recording,
                                  const Deployment& deployment) {
  std::vector<NotTested> missing;
  for (const auto& check : checks) {
    const CheckInfo& info = check->info();
    const std::string id(info.id);
    const bool recorded = recording.collected.contains(id) || recording.skipped.contains(id);
    const bool selected = is_selected({recording.only, recording.skip}, id, info.findings);
    if (recorded || !selected || !demands(info, deployment)) continue;
    missing.push_back({id, "it was not part of the run that was recorded", "run lkdoctor check again"});
  }
  return missing;
}

}  // namespace lkdoctor::engine
