// SPDX-License-Identifier: EUPL-1.2
#include "lent.hpp"

#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/facts/signalling_topology.hpp>
#include <lkdoctor/probes/key_difference.hpp>

namespace lkdoctor::checks::key {

std::string silence_of(const KeyObservation& observation) {
  if (observation.sides.empty()) return "neither public_url nor service_url has an address here";
  std::string out;
  for (const KeySide& side : observation.sides) {
    const probes::Asked* good = probes::find(side.answers, "good");
    const bool plain_word = good != nullptr && good->outcome.error == net::NetError::untrusted;
    out += (out.empty() ? "" : "; ") + side.url + ": " +
           (plain_word ? "no token was sent, its certificate is not trusted"
                       : (good == nullptr ? "no answer" : probes::words_for(*good)));
  }
  return "no LiveKit took a token: " + out;
}

bool is_carried(const Scene& scene) {
  const auto joined = scene.facts.find(facts::join_response);
  return joined && joined->through == probes::name_of(probes::Side::responder);
}

void judge_lent(const Scene& scene, bool told) {
  if (is_carried(scene)) {
    scene.judgement.not_tested("the controller's key pair",
                               "LiveKit was joined with a token that the responder made",
                               "run lkdoctor check with the controller's files");
  }
  const auto topology = scene.facts.find(facts::signalling_topology);
  const bool proxied =
      topology && *topology != facts::Topology::direct && *topology != facts::Topology::unknown;
  for (const KeySide& side : scene.observation.sides) {
    const std::string why = probes::why_token_refused(probes::reading_of(side.answers, "good"));
    if (why.empty() || proxied) continue;
    return scene.judgement.could_not_tell(
        "LiveKit at " + side.url + " refuses the token of the responder's: " + why +
        "; another LiveKit than the responder's may answer there" +
        (is_carried(scene) ? "" : ", or LiveKit does not run with the file that the responder read"));
  }
  if (!is_carried(scene) && !told) scene.judgement.could_not_tell(silence_of(scene.observation));
}

}  // namespace lkdoctor::checks::key
