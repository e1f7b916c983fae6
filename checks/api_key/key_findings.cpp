// SPDX-License-Identifier: EUPL-1.2
#include "key_findings.hpp"

#include <algorithm>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/text.hpp>

namespace lkdoctor::checks::key {
namespace {

const LiveKitKey* known_key(const Deployment& deployment) {
  if (!deployment.livekit) return nullptr;
  const auto& keys = deployment.livekit->keys;
  const auto found =
      std::ranges::find_if(keys, [&](const LiveKitKey& key) { return key.name == deployment.api_key.value; });
  return found == keys.end() ? nullptr : &*found;
}

}  // namespace

void raise_unknown_key(const Scene& scene, const KeySide& side) {
  Finding& finding = scene.raise(findings::api_key_unknown, scene.key(), scene.deployment.api_key.origin)
                         .saying("LiveKit at " + side.url + " does not know the API key \"" +
                                 printable(scene.key(), 80) + "\".")
                         .with("url", side.url);
  if (!scene.deployment.livekit) return;
  Json names = Json::array();
  for (const LiveKitKey& key : scene.deployment.livekit->keys) names.push_back(key.name);
  finding.with("keys_in_file", names);
  if (known_key(scene.deployment) == nullptr) return;
  finding.change("Restart LiveKit: its file has this key, the running server does not")
      .also_at(known_key(scene.deployment)->origin);
}

void raise_wrong_secret(const Scene& scene, const KeySide& side) {
  const SecretTraits& mine = scene.deployment.api_secret.value;
  Finding& finding =
      scene.raise(findings::api_secret_mismatch, scene.key(), scene.deployment.api_secret.origin)
          .saying("LiveKit at " + side.url + " knows the API key \"" + printable(scene.key(), 80) +
                  "\", but has another secret for it.")
          .with("url", side.url)
          .with("secret_length", mine.length)
          .with("secret_fingerprint", mine.fingerprint);
  const LiveKitKey* theirs = known_key(scene.deployment);
  if (theirs == nullptr) return;
  finding.with("livekit_secret_length", theirs->secret.length)
      .with("livekit_secret_fingerprint", theirs->secret.fingerprint)
      .also_at(theirs->origin);
  if (theirs->secret.fingerprint == mine.fingerprint) {
    finding.change("Restart LiveKit: both files have the same secret, the running server has another");
  }
}

void raise_stripped(const Scene& scene, const KeySide& side) {
  const bool api = side.side == Side::service_url || !scene.deployment.service_url.is_set();
  scene
      .raise(findings::proxy_strips_authorization, side.url,
             probes::url_of(scene.deployment, side.side).origin)
      .graded(api ? Severity::failure : Severity::warning)
      .saying("The proxy of " + side.url +
              " removes the Authorization header: a token in it is not seen, in the query it is.")
      .with("broken_signature_accepted_in_header", true)
      .with("broken_signature_accepted_in_query", false);
}

}  // namespace lkdoctor::checks::key
