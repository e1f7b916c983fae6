// SPDX-License-Identifier: EUPL-1.2
#include "probes/responder_place.hpp"

#include <lkdoctor/net/resolve.hpp>

namespace lkdoctor::probes {

awaitable<std::vector<std::string>> addresses_of_responder(const Deployment* deployment, HostPort place,
                                                           Deadline deadline) {
  for (const PinnedAddress& pin : deployment->run.pinned) {
    if (pin.host == place.host && pin.port == place.port) co_return std::vector{pin.address};
  }
  const net::Resolution found = co_await net::resolve(place.host, deadline);
  co_return found.addresses;
}

}  // namespace lkdoctor::probes
