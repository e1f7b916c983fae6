// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/key_questions.hpp>

/// One URL, several LiveKit servers: do all of them take the key pair? Pure.
namespace lkdoctor::probes {

/// "accepts the key pair", "does not know the key", …
std::string words_of(facts::KeyState state);

/// How valid tokens of one key pair fared at one address of a URL, whichever request carried them.
struct KeyTally {
  std::size_t accepted = 0, refused = 0;
  facts::KeyState refusal = facts::KeyState::not_asked;

  bool mixed() const { return accepted > 0 && refused > 0; }
};
KeyTally tally_of(const KeySide& side, const std::vector<LadderStep>& ladder_here);

/// How a further address of the URL took the join token.
facts::KeyState state_of(const KeyElsewhere& elsewhere);

/// Raises nodes-inconsistent: the servers behind one URL have different keys. `said`: how that showed.
Finding& raise_other_keys(Side side, const std::string& url, const std::string& said,
                          const Deployment& deployment, Judgement& judgement);

/// Raises nodes-inconsistent, and returns true, if one key pair is accepted and refused at this URL: at one
/// address and another, or in turn at one.
bool judge_nodes(const KeyObservation& observation, const KeySide& side, const Deployment& deployment,
                 Judgement& judgement);

}  // namespace lkdoctor::probes
