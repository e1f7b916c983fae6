// SPDX-License-Identifier: EUPL-1.2
#include "model/secrets.hpp"

namespace lkdoctor {

Redactor redactor_for(const Deployment::Secrets& secrets) {
  Redactor redactor;
  redactor.add(secrets.api_secret);
  redactor.add(secrets.token);
  redactor.add(secrets.subscriber_token);
  for (const auto& [url, secret] : secrets.proxy_credentials) redactor.add(secret);
  for (const auto& [name, secret] : secrets.livekit_keys) redactor.add(secret);
  for (const TurnServerSecret& server : secrets.turn_servers) {
    redactor.add(server.credential);
    redactor.add(server.shared);
  }
  return redactor;
}

}  // namespace lkdoctor
