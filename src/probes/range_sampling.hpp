// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/media_session.hpp>

namespace lkdoctor::probes {

/// In a thorough run: many more sessions after `plan`, a few at a time, each fresh and so on other ports of
/// the range. Ends early if the first ones all fail, and in time for the check. One port alone needs no
/// sample, and a token alone makes one participant.
awaitable<void> sample_range(Probe& probe, MediaPlan plan, std::vector<MediaReport>* into);

}  // namespace lkdoctor::probes
