// SPDX-License-Identifier: EUPL-1.2
#include "demo/files.hpp"

#include <fmt/format.h>

#include "demo/demo.hpp"

namespace lkdoctor::demo {

std::string controller_toml(const Behaviour& behaviour, const Ports& ports) {
  return fmt::format(R"(# OpenTalk controller, the part that concerns LiveKit
[frontend]
base_url = "https://meet.demo.home.arpa"

[livekit]
api_key = "{}"
api_secret = "{}"
public_url = "{}://{}:{}"
service_url = "http://127.0.0.1:{}"
)",
                     behaviour.controller_key, behaviour.controller_secret, behaviour.public_scheme,
                     StandIn::kHost, ports.https, ports.http);
}

std::string livekit_yaml(const Behaviour& behaviour, const Ports& ports) {
  std::string text = fmt::format(R"(port: {}
{}rtc:
  tcp_port: {}
  port_range_start: 20000
  port_range_end: 25000
  use_external_ip: false
)",
                                 ports.http, behaviour.livekit_lines, ports.ice_tcp);
  if (!behaviour.without_keys) {
    text += fmt::format("keys:\n  {}: \"{}\"\n", behaviour.livekit_key, behaviour.livekit_secret);
  }
  return text;
}

}  // namespace lkdoctor::demo
