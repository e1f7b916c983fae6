// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/key_difference.hpp>
#include <lkdoctor/probes/key_nodes.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>

namespace lkdoctor::probes {
namespace {

using facts::KeyState;
using proto::Meaning;
using proto::TokenFault;

bool is_good(KeyState state) {
  return state == KeyState::accepted || state == KeyState::stripped;
}

bool is_bad(KeyState state) {
  return state == KeyState::unknown_key || state == KeyState::wrong_secret || state == KeyState::clock;
}

/// Another server with other keys, told from one that finds fault with the token itself.
std::optional<KeyState> other_keys(const proto::Reading& reading) {
  if (reading.meaning != Meaning::token_refused) return std::nullopt;
  if (reading.fault == TokenFault::unknown_key) return KeyState::unknown_key;
  if (reading.fault == TokenFault::wrong_secret) return KeyState::wrong_secret;
  return std::nullopt;
}

/// `/` may be answered by a proxy alone: an OK there counts where a broken signature got none.
bool took_token(const Asked& asked, bool control_refused) {
  const proto::Reading reading = asked.read();
  if (asked.name == "validate") return passed_join_check(reading);
  const bool healthy = reading.meaning == Meaning::healthy || reading.meaning == Meaning::not_ready;
  if (asked.name == "good") return healthy && control_refused;
  return asked.name == "rooms" && asked.answer.status == 200 && asked.answer.body.starts_with("{\"rooms\"");
}

/// Who said what at one URL.
struct Split {
  std::vector<std::string> good, bad;
  KeyState refusal = KeyState::not_asked;

  void add(const std::string& address, KeyState state) {
    if (is_good(state)) good.push_back(address);
    if (!is_bad(state)) return;
    bad.push_back(address);
    refusal = state;
  }
};

std::string subject_of(const KeySide& side, const Split& split) {
  const auto url = parse_url(side.url);
  return split.bad.size() == 1 && url ? text(Endpoint{split.bad.front(), url->port}) : side.url;
}

Finding& raise(const KeySide& side, const std::string& subject, const Deployment& deployment,
               Judgement& judgement) {
  Finding& finding = judgement.raise(findings::nodes_inconsistent, subject).graded(Severity::failure);
  const Origin& origin = url_of(deployment, side.side).origin;
  if (origin.known()) finding.at(origin);
  return finding.with("url", side.url);
}

bool judge_addresses(const KeySide& side, const Deployment& deployment, Judgement& judgement) {
  Split split;
  split.add(side.address, state_of(side));
  for (const KeyElsewhere& elsewhere : side.elsewhere) {
    if (elsewhere.address != side.address) split.add(elsewhere.address, state_of(elsewhere));
  }
  if (split.good.empty() || split.bad.empty()) return false;
  const std::string good = joined(split.good), bad = joined(split.bad);
  const bool late = split.refusal == KeyState::clock;
  raise(side, subject_of(side, split), deployment, judgement)
      .saying("The addresses of " + side.url + " lead to different LiveKit servers: " + good +
              " accepts the key pair, " + bad + " " + words_of(split.refusal) +
              ". Who gets which address is luck.")
      .with("accepted_at", split.good)
      .with("refused_at", split.bad)
      .with("refusal", split.refusal)
      .change(late ? "Set the clock of the LiveKit behind " + bad
                   : "Give the LiveKit behind " + bad +
                         " the same key and secret, or take this address out of the name");
  return true;
}

bool judge_turns(const KeySide& side, const KeyTally& tally, const Deployment& deployment,
                 Judgement& judgement) {
  if (!tally.mixed()) return false;
  raise(side, side.url, deployment, judgement)
      .saying("Behind " + side.url + " are LiveKit servers with different keys: they accepted " +
              std::to_string(tally.accepted) + " of " + std::to_string(tally.accepted + tally.refused) +
              " requests with one key pair and refused " + std::to_string(tally.refused) + " (one " +
              words_of(tally.refusal) + ").")
      .with("address", side.address)
      .with("accepted", tally.accepted)
      .with("refused", tally.refused)
      .with("refusal", tally.refusal)
      .change(
          "Give every LiveKit behind this address the same key and secret, or take the other one out of "
          "the proxy's upstream");
  return true;
}

}  // namespace

Finding& raise_other_keys(Side side, const std::string& url, const std::string& said,
                          const Deployment& deployment, Judgement& judgement) {
  Finding& finding = judgement.raise(findings::nodes_inconsistent, url);
  const Origin& origin = url_of(deployment, side).origin;
  if (origin.known()) finding.at(origin);
  return finding.graded(Severity::failure)
      .saying("Behind " + url + " are LiveKit servers with different keys: " + said + ".")
      .change("Give every LiveKit behind this URL the same key and secret");
}

std::string words_of(KeyState state) {
  switch (state) {
    case KeyState::accepted:
    case KeyState::stripped:
      return "accepts the key pair";
    case KeyState::unknown_key:
      return "does not know the key";
    case KeyState::wrong_secret:
      return "has another secret";
    case KeyState::clock:
      return "refuses the time";
    default:
      return "gives no clear answer";
  }
}

KeyTally tally_of(const KeySide& side, const std::vector<LadderStep>& ladder_here) {
  const bool control_refused = reading_of(side.answers, "corrupt").meaning == Meaning::token_refused;
  KeyTally tally;
  for (const Asked& asked : side.answers) {
    if (asked.name.starts_with("corrupt")) continue;
    if (took_token(asked, control_refused)) ++tally.accepted;
    const auto refusal = other_keys(asked.read());
    if (!refusal) continue;
    ++tally.refused;
    tally.refusal = *refusal;
  }
  for (const LadderStep& step : ladder_here) {
    if (control_refused && step.accepted == true) ++tally.accepted;
    if (step.fault != TokenFault::unknown_key && step.fault != TokenFault::wrong_secret) continue;
    ++tally.refused;
    tally.refusal = step.fault == TokenFault::unknown_key ? KeyState::unknown_key : KeyState::wrong_secret;
  }
  return tally;
}

facts::KeyState state_of(const KeyElsewhere& elsewhere) {
  KeySide side;
  side.answers = elsewhere.answers;
  return state_of(side);
}

bool judge_nodes(const KeyObservation& observation, const KeySide& side, const Deployment& deployment,
                 Judgement& judgement) {
  const bool measured_here = observation.ladder_at == name_of(side.side);
  const KeyTally tally = tally_of(side, measured_here ? observation.ladder : std::vector<LadderStep>{});
  return judge_turns(side, tally, deployment, judgement) || judge_addresses(side, deployment, judgement);
}

}  // namespace lkdoctor::probes
