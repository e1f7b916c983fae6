// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/key_questions.hpp>
#include <memory>

namespace lkdoctor::probes {

/// The connection on which a side was asked; kept open for the ladder.
struct KeyLine {
  facts::UrlAddresses where;
  KeySide* side;
  std::unique_ptr<net::HttpSession> session;
};

Question authorized(std::string name, std::string target, const Secret& token);

/// LiveKit's clock to a second: rounds of graded tokens.
awaitable<void> climb(Probe& probe, KeyLine* line, FirstHint hint, KeyObservation* into);
/// The same to 10 ms: one token after the other, each sent when LiveKit's second is expected to turn.
awaitable<void> halve(Probe& probe, KeyLine* line, KeyObservation* into);

}  // namespace lkdoctor::probes
