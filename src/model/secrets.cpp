// SPDX-License-Identifier: EUPL-1.2
#include "model/secrets.hpp"

namespace lkdoctor {

Redactor redactor_for(const Deployment::Secrets& secrets) {
  Redactor redactor;
  redactor.add(secrets.api_secret);
  redactor.add(secrets.token);
  redactor.add(secrets.subscriber_token);
  redactor.add(secrets.proxy_credentials);
  for (const auto& [name, secret] : secrets.livekit_keys) redactor.add(secret);
  return redactor;
}

}  // namespace lkdoctor
