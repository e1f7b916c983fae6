// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/address.hpp>
#include <lkdoctor/deployment.hpp>
#include <lkdoctor/facts/url_addresses.hpp>
#include <lkdoctor/url.hpp>
#include <string>
#include <vector>

/// Which addresses a deployment's files and names stand for. Several checks look at them.
namespace lkdoctor {

/// The addresses that LiveKit's file tells it to send clients to; empty: it finds them out by itself.
inline std::vector<std::string> configured_media_addresses(const Deployment& deployment) {
  std::vector<std::string> out;
  if (!deployment.livekit || deployment.livekit->use_external_ip.value) return out;
  for (const std::string& address : deployment.livekit->node_ip.value) {
    if (is_numeric_address(address)) out.push_back(address);
  }
  return out;
}

/// Where public_url leads, as far as known.
inline std::vector<std::string> signalling_addresses(const Deployment& deployment, const Facts& facts) {
  if (const auto known = facts.find(facts::public_addresses)) return known->numeric();
  const auto url = parse_url(deployment.public_url.value);
  if (!url) return {};
  if (is_numeric_address(url->host)) return {url->host};
  std::vector<std::string> pinned;
  for (const PinnedAddress& pin : deployment.run.pinned) {
    if (pin.host == url->host && pin.port == url->port) pinned.push_back(pin.address);
  }
  return pinned;
}

}  // namespace lkdoctor
