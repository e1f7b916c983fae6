// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/facts/key_verdict.hpp>
#include <lkdoctor/probes/ask.hpp>
#include <lkdoctor/probes/clock_ladder.hpp>

namespace lkdoctor::probes {

/// A further address of the URL, asked with one token alone.
struct KeyElsewhere {
  std::string address;
  std::vector<Asked> answers;  ///< validate
};
LKDOCTOR_JSON(KeyElsewhere, address, answers)

/// How one URL took tokens of the configured key pair.
struct KeySide {
  Side side = Side::public_url;
  std::string url, address;
  std::vector<Asked> answers;  ///< by name: good corrupt rooms validate, then good_query corrupt_query …
  std::vector<KeyElsewhere> elsewhere;
};
LKDOCTOR_JSON(KeySide, side, url, address, answers, elsewhere)

struct KeyObservation {
  std::vector<KeySide> sides;
  bool by_token = false;                     ///< a token was given, no key pair
  std::optional<std::int64_t> token_past_s;  ///< since its end, by this machine's clock; below 0: still good
  std::string ladder_at;  ///< "public_url", "service_url", "spared"; empty: no clock was seen
  std::vector<LadderStep> ladder;
};
LKDOCTOR_JSON(KeyObservation, sides, by_token, token_past_s, ladder_at, ladder)

awaitable<KeyObservation> ask_with_key(Probe& probe);

facts::KeyState state_of(const KeySide& side);
/// True if the header with the token does not arrive, whatever becomes of the token.
bool strips_authorization(const KeySide& side);
/// The join check took the token as far as to look at the room.
bool passed_join_check(const proto::Reading& validate);
std::optional<double> clock_offset_of(const KeyObservation& observation);
/// What the offset may be wrong by, whichever way the requests were slow.
std::optional<double> clock_uncertainty_of(const KeyObservation& observation);
facts::KeyVerdict verdict_of(const KeyObservation& observation);

}  // namespace lkdoctor::probes
