// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/key_difference.hpp>
#include <lkdoctor/probes/key_nodes.hpp>

namespace lkdoctor::probes {
namespace {

using facts::KeyState;

struct Pair {
  const KeySide& service;
  const KeySide& visible;
  const Deployment& deployment;
  Judgement& judgement;

  Finding& raise() const {
    Finding& finding = judgement.raise(findings::service_url_other_server, service.url);
    if (deployment.service_url.origin.known()) finding.at(deployment.service_url.origin);
    return finding.also_at(deployment.public_url.origin);
  }
};

/// Both URLs answer as LiveKit, and differently: they do not lead to the same server.
bool judge_difference(const Pair& pair) {
  const KeyState one = state_of(pair.service), two = state_of(pair.visible);
  const auto comparable = [](KeyState state) {
    return state == KeyState::stripped ? KeyState::accepted : state;
  };
  if (!says_something(one) || !says_something(two) || comparable(one) == comparable(two)) return false;
  pair.raise()
      .saying("service_url and public_url lead to different LiveKit servers: " + pair.service.url + " " +
              words_of(one) + ", " + pair.visible.url + " " + words_of(two) + ".")
      .with("service_url", one)
      .with("public_url", two);
  return true;
}

/// Servers that word the same refusal differently are of different versions.
bool judge_versions(const Pair& pair) {
  const auto family = [](const KeySide& side) -> std::optional<bool> {
    const Asked* corrupt = find(side.answers, "corrupt");
    if (corrupt == nullptr || corrupt->read().fault != proto::TokenFault::wrong_secret) return std::nullopt;
    return corrupt->answer.body.find("cryptographic primitive") != std::string::npos;
  };
  const auto one = family(pair.service), two = family(pair.visible);
  if (!one || !two || *one == *two) return false;
  pair.raise()
      .saying("service_url and public_url lead to different LiveKit servers: " + pair.service.url + " is " +
              (*one ? "older" : "newer") + " than 1.13, " + pair.visible.url + " is " +
              (*two ? "older" : "newer") + ".")
      .with("service_url_before_1_13", *one)
      .with("public_url_before_1_13", *two);
  return true;
}

}  // namespace

std::string why_token_refused(const proto::Reading& reading) {
  if (reading.meaning == proto::Meaning::validate_refused) return "it does not permit to join";
  if (reading.meaning != proto::Meaning::token_refused) return {};
  switch (reading.fault) {
    case proto::TokenFault::unknown_key:
      return "LiveKit does not know the key that signed it";
    case proto::TokenFault::wrong_secret:
      return "LiveKit has another secret for the key that signed it";
    case proto::TokenFault::expired:
      return "it has expired";
    case proto::TokenFault::not_yet_valid:
      return "it is not valid yet";
    default:
      return "LiveKit cannot read it";
  }
}

bool says_something(KeyState state) {
  return state != KeyState::not_asked && state != KeyState::other;
}

bool judge_same_server(const KeySide& service, const KeySide& visible, const Deployment& deployment,
                       Judgement& judgement) {
  const Pair pair{service, visible, deployment, judgement};
  return judge_difference(pair) || judge_versions(pair);
}

}  // namespace lkdoctor::probes
