// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/options.hpp"

namespace lkdoctor::serve {

/// Where the front listens. `host`: a numeric address, "localhost" or "" (every address of both families).
struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;  ///< 0: any
  bool is_loopback() const;
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};
/// "127.0.0.1:17880", "[::1]:17880", ":17880", "localhost:17880".
std::optional<ListenAddress> parse_listen_address(std::string_view text);

inline constexpr std::uint16_t kDefaultPort = 17880;

struct WebSettings {
  std::vector<ListenAddress> listen;
  std::string config_file;   ///< of exporter-toolkit; "": neither TLS nor passwords
  std::string external_url;  ///< "" if not given
  std::string route_prefix;  ///< "" or "/path" without a slash at its end
  bool open = false;
};
struct MadeWeb {
  WebSettings web;
  std::optional<config::BadValue> fault;
};
/// The options web.*. What is not loopback needs a config file or web.open (contract §5).
MadeWeb make_web(const config::Layer& layer);

}  // namespace lkdoctor::serve
