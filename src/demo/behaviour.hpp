// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace lkdoctor::demo {

enum class CertificateKind { good, expired, not_yet_valid, expires_soon, self_signed, leaf_only, wrong_name };
enum class IceTcpKind { mux, closed, web_server };

/// How the stand-in behaves. The default is a healthy deployment.
struct Behaviour {
  CertificateKind certificate = CertificateKind::good;
  bool tls = true;              ///< false: the public port speaks plain HTTP
  bool stalls = false;          ///< the public port accepts and says nothing
  bool strips_upgrade = false;  ///< the proxy drops Upgrade and Connection
  bool strips_authorization = false;
  bool hides_twirp = false;  ///< the proxy forwards only /rtc
  std::string mounted_at;    ///< the proxy forwards only below this prefix
  int gateway_error = 0;     ///< 502: the proxy cannot reach LiveKit
  bool asks_login = false;
  bool redirects = false;
  bool other_site = false;  ///< something else answers 200
  std::size_t request_line_limit = 65536;
  bool not_ready = false;  ///< LiveKit's node statistics are old (406)
  std::chrono::seconds clock_ahead{0};
  bool service_closed = false;  ///< nothing listens behind service_url
  IceTcpKind ice_tcp = IceTcpKind::mux;

  // What stands in the files.
  std::string controller_key = "demo-controller", livekit_key = "demo-controller";
  std::string controller_secret, livekit_secret;  ///< empty: one random secret for both
  std::string public_scheme = "https", livekit_lines;
  bool without_keys = false;
};

/// nullopt: not a fault that the stand-in knows.
std::optional<Behaviour> behaviour_for(std::string_view fault);

}  // namespace lkdoctor::demo
