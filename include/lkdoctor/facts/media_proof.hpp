// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/fact.hpp>
#include <lkdoctor/json.hpp>
#include <lkdoctor/proto/candidate.hpp>
#include <optional>
#include <string>
#include <vector>

namespace lkdoctor::facts {

/// LiveKit's candidates as one session was told them. Given by media_udp as soon as a session has them.
struct ServerCandidates {
  std::vector<proto::Candidate> candidates;
  std::vector<Endpoint> answered;  ///< UDP candidates that answered an ICE check from here
  bool ice_lite = false;
};
LKDOCTOR_JSON(ServerCandidates, candidates, answered, ice_lite)
inline constexpr Fact<ServerCandidates> server_candidates{"server_candidates",
                                                          "the addresses LiveKit names for media"};

/// What is proven of one transport from here.
struct MediaProof {
  bool connected = false;                     ///< ICE and DTLS ended well
  bool by_punching = false;                   ///< only because LiveKit sent first
  std::string stage;                          ///< the one that did not end (MediaStage); "done"
  std::vector<std::string> answered, silent;  ///< "198.51.100.23:20017": candidates that were tried
  std::vector<std::string> blocked;           ///< silent ones of every session that did not connect
  std::vector<std::string> opened = {};       ///< TCP candidates that accept the connection
  /// As blocked, where LiveKit named several ports at one address: nobody was to use all but one of them.
  std::vector<std::string> blocked_or_spare = {};
  std::string flaw = {};  ///< of what answers at first: "cut", "loss"; "": none
};
LKDOCTOR_JSON(MediaProof, connected, by_punching, stage, answered, silent, blocked, opened, blocked_or_spare,
              flaw)

/// Given by media_udp, media_tcp, turn_udp and turn_tls; of the latter two, `answered` and `silent` are TURN
/// servers.
inline constexpr Fact<MediaProof> media_udp_proof{"media_udp_proof", "whether media passes over UDP"};
inline constexpr Fact<MediaProof> media_tcp_proof{"media_tcp_proof", "whether media passes over ICE/TCP"};
inline constexpr Fact<MediaProof> turn_udp_proof{"turn_udp_proof", "whether media passes over TURN/UDP"};
inline constexpr Fact<MediaProof> turn_tls_proof{"turn_tls_proof", "whether media passes over TURN/TLS"};

/// Whether media passes over this transport from here, as far as its check has seen: a flow that is cut off
/// carries nothing.
inline bool carries(const Facts& facts, const Fact<MediaProof>& transport) {
  const auto proof = facts.find(transport);
  return proof && proof->connected && proof->flaw != "cut";
}

}  // namespace lkdoctor::facts
