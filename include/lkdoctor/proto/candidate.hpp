// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <lkdoctor/address.hpp>
#include <lkdoctor/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace lkdoctor::proto {

enum class CandidateTransport { udp, tcp };
NLOHMANN_JSON_SERIALIZE_ENUM(CandidateTransport,
                             {{CandidateTransport::udp, "udp"}, {CandidateTransport::tcp, "tcp"}})

enum class CandidateType { host, srflx, prflx, relay };
NLOHMANN_JSON_SERIALIZE_ENUM(CandidateType, {{CandidateType::host, "host"},
                                             {CandidateType::srflx, "srflx"},
                                             {CandidateType::prflx, "prflx"},
                                             {CandidateType::relay, "relay"}})

/// An ICE candidate (RFC 8839 §5.1). Text fields are the peer's, bounded and printable.
struct Candidate {
  std::string foundation;
  std::uint32_t component = 1;
  CandidateTransport transport = CandidateTransport::udp;
  std::uint32_t priority = 0;
  Endpoint endpoint;  ///< a numeric address, or a name ending in ".local" (RFC 8828)
  CandidateType type = CandidateType::host;
  std::string tcp_type;             ///< "passive", "active", "so" (RFC 6544 §4.5); empty for UDP
  std::optional<Endpoint> related;  ///< raddr and rport

  /// False for a ".local" name, which only the peer's own network can resolve.
  bool is_numeric() const { return is_numeric_address(endpoint.address); }
};
LKDOCTOR_JSON(Candidate, foundation, component, transport, priority, endpoint, type, tcp_type, related)

/// "candidate:…", with or without "a=" in front and line end behind. nullopt: none, or longer than 512 bytes.
/// Unknown extensions are skipped.
std::optional<Candidate> parse_candidate(std::string_view line);
/// "candidate:1 1 udp 2130706431 192.0.2.1 50000 typ host": what a TrickleRequest carries.
std::string format_candidate(const Candidate& candidate);

/// RFC 8445 §5.1.2.1 with the type preferences recommended there.
std::uint32_t candidate_priority(CandidateType type, std::uint16_t local_preference, std::uint32_t component);

}  // namespace lkdoctor::proto
