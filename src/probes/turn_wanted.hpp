// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/net/resolve.hpp>
#include <lkdoctor/probes/turn_survey.hpp>
#include <string>
#include <vector>

namespace lkdoctor::probes {

inline constexpr std::size_t kLongestUrl = 200;
/// What LiveKit tells clients whatever turn.tls_port is.
inline constexpr std::uint16_t kToldTlsPort = 443;

/// A server's URL with what it takes to use it. Never part of an observation.
struct Wanted {
  std::string url;
  proto::IceUrl parsed;
  proto::TurnCredentials credentials;  ///< without a name: it is asked whether it wants any
  net::Resolution resolution;
  bool elsewhere = false;  ///< see RelayTry
  bool alone = false;      ///< see RelayTry
};

bool is_kind(const proto::IceUrl& url, RelayKind kind);

/// The TURN servers of LiveKit's file, as clients would be told them, for a run without a session; with the
/// credentials that stand there. Those of the embedded server belong to a session.
std::vector<Wanted> configured_servers(const Deployment& deployment, RelayKind kind);

/// Takes those out that --third-party none forbids: neither a host of the deployment nor at an address of it.
/// Gives their URLs. REQUIRES: names are resolved.
std::vector<std::string> drop_third_parties(std::vector<Wanted>& wanted, const Deployment& deployment,
                                            const Facts& facts);

}  // namespace lkdoctor::probes
