// SPDX-License-Identifier: EUPL-1.2
#include "cli/respond_place.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/advertised.hpp>

namespace lkdoctor::cli {
namespace {

constexpr const char* kPlaceHolder = "PUBLIC-ADDRESS";

std::vector<std::string> addresses_here(const std::vector<net::LocalAddress>& own,
                                        const std::string& listens) {
  if (!listens.empty()) return {listens};
  std::vector<std::string> out;
  for (const net::LocalAddress& one : own) {
    if (!one.loopback) out.push_back(one.address);
  }
  return out;
}

std::string first_global(const std::vector<std::string>& addresses, std::optional<Family> family = {}) {
  const auto found = std::ranges::find_if(addresses, [&](const std::string& one) {
    return is_global(one) && (!family || family_of(one) == *family);
  });
  return found == addresses.end() ? "" : *found;
}

/// In a network of its own: node_ip, if this host has it, or its first address that is no bridge of Docker's.
std::string local_one(const std::vector<std::string>& configured, const std::vector<std::string>& here) {
  const auto is_configured = [&](const std::string& one) {
    return std::ranges::find(configured, one) != configured.end();
  };
  auto found = std::ranges::find_if(here, is_configured);
  if (found == here.end()) found = std::ranges::find_if_not(here, is_in_docker_pool);
  return found != here.end() ? *found : here.empty() ? "" : here.front();
}

}  // namespace

std::string RespondPlace::name() const {
  if (address.empty()) return kPlaceHolder;
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

RespondPlace place_to_name(const Deployment& deployment, const std::vector<net::LocalAddress>& own,
                           const std::string& listens) {
  const std::vector<std::string> here = addresses_here(own, listens);
  if (!listens.empty() && (is_global(listens) || kind_of(listens) == AddressKind::loopback))
    return {listens, ""};
  const std::vector<std::string> configured = configured_media_addresses(deployment);
  if (std::string one = first_global(configured); !one.empty()) return {one, ""};
  if (std::string one = first_global(here, Family::ipv4); !one.empty()) return {one, ""};
  const bool asks_stun = deployment.livekit && deployment.livekit->use_external_ip.value;
  if (asks_stun && !here.empty())
    return {"",
            fmt::format("{}: the address that people reach this host by (rtc.use_external_ip); its own, {}, "
                        "is not it",
                        kPlaceHolder, here.front())};
  if (std::string one = first_global(here); !one.empty()) return {one, ""};
  std::string one = local_one(configured, here);
  if (one.empty()) return {"", fmt::format("{}: the address that people reach this host by", kPlaceHolder)};
  std::string words = fmt::format(
      "{} is of this host's own network: from elsewhere, name the one that people reach it by", one);
  return {std::move(one), std::move(words)};
}

}  // namespace lkdoctor::cli
