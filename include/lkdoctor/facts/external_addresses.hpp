// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/fact.hpp>
#include <lkdoctor/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace lkdoctor::facts {

/// One STUN server's view of this machine.
struct StunView {
  std::string name;                   ///< "stun.l.google.com:19302"
  std::string address;                ///< the server's address that was asked; empty: did not resolve
  std::string family;                 ///< "ipv4", "ipv6"
  std::optional<std::string> mapped;  ///< "198.51.100.23:41234"; null: no answer
};
LKDOCTOR_JSON(StunView, name, address, family, mapped)

/// Given by address_external.
struct ExternalAddresses {
  std::vector<StunView> servers;
  std::vector<std::string> agreed;  ///< addresses on which all answering servers of a family agree
  std::string mapping;  ///< "endpoint-independent", "address-dependent", "address-and-port-dependent", "none"
                        ///< (no NAT), ""
};
LKDOCTOR_JSON(ExternalAddresses, servers, agreed, mapping)
inline constexpr Fact<ExternalAddresses> external_addresses{"external_addresses",
                                                            "this machine as STUN servers see it"};

}  // namespace lkdoctor::facts
