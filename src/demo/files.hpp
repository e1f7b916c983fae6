// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <string>

#include "demo/behaviour.hpp"

namespace lkdoctor::demo {

struct Ports {
  std::uint16_t https = 0, http = 0, ice_tcp = 0, stun = 0;
};

/// The two files as an operator would write them. Pure.
std::string controller_toml(const Behaviour& behaviour, const Ports& ports);
std::string livekit_yaml(const Behaviour& behaviour, const Ports& ports);

}  // namespace lkdoctor::demo
