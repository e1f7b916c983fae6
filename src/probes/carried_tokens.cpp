// SPDX-License-Identifier: EUPL-1.2
#include "probes/carried_tokens.hpp"

#include <algorithm>

#include "model/secrets.hpp"

namespace lkdoctor::probes {
namespace {

void add_line(const Secret& line, Secret& text) {
  text = text.empty() ? line : Secret(text.reveal() + '\n' + line.reveal());
}

}  // namespace

std::vector<CarriedPair> carried_pairs(const Deployment& deployment) {
  const std::vector<Secret> publishers = lines_of(deployment.secrets.carried_token);
  const std::vector<Secret> subscribers = lines_of(deployment.secrets.carried_subscriber_token);
  std::vector<CarriedPair> out;
  for (std::size_t i = 0; i < std::min(publishers.size(), subscribers.size()); ++i)
    out.push_back({publishers[i], subscribers[i]});
  return out;
}

void add_carried_pair(const CarriedPair& pair, Deployment& deployment) {
  add_line(pair.publisher, deployment.secrets.carried_token);
  add_line(pair.subscriber, deployment.secrets.carried_subscriber_token);
}

void lend_token(Deployment& deployment) {
  const CarriedPair pair = carried_pairs(deployment).front();
  deployment.secrets.token = pair.publisher;
  deployment.secrets.subscriber_token = pair.subscriber;
  deployment.token = {traits_of(pair.publisher), {Origin::Kind::discovered, "a responder", 0, 0}};
}

}  // namespace lkdoctor::probes
